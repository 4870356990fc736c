"""Gathers the facts of many people for the timeline, with a constant number of statements (as known now)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.catalogue.models import Course
from lms.clock import FOR_EVER
from lms.compliance import facts
from lms.compliance.lineage import Hung, Lineage
from lms.compliance.models import Exemption, Extension, RequirementVersion
from lms.compliance.rules import RequirementFacts, Rule, RuleVersion
from lms.db import known
from lms.people.models import Department, DepartmentVersion, Employment, Leave, LeaveKind, Membership
from lms.records.models import RecordRevocation, TrainingRecord


def requirements(session: Session) -> dict[int, RequirementFacts]:
    """Every requirement with its versions, by id. One statement."""
    version = RequirementVersion
    found: dict[int, list[RuleVersion]] = {}
    for row in session.execute(
        select(
            version.requirement_id,
            version.id,
            version.rule,
            version.from_day,
            version.to_day,
            version.adopted_on,
            version.apply_to_running,
        ).where(known(version))
    ):
        rule = Rule.parse(row.rule)
        found.setdefault(row.requirement_id, []).append(
            RuleVersion(row.id, rule, row.from_day, _open(row.to_day), row.adopted_on, row.apply_to_running)
        )
    return {requirement_id: RequirementFacts(requirement_id, versions) for requirement_id, versions in found.items()}


def people(session: Session, person_ids: Sequence[int]) -> dict[int, facts.PersonFacts]:
    """What the timeline must know of these people, by id; somebody of whom nothing is known has empty facts.

    Eight statements, however many people. A leave of the kind ``stops`` leaves the decision to the rule, whose own default it is.
    """
    lineage = _lineage(session)
    employments = _by_person(
        session, select(Employment.person_id, Employment.from_day, Employment.to_day), Employment, person_ids
    )
    leaves = _by_person(
        session, select(Leave.person_id, Leave.id, Leave.from_day, Leave.to_day, Leave.kind), Leave, person_ids
    )
    columns = (Exemption.person_id, Exemption.id, Exemption.requirement_id, Exemption.from_day, Exemption.to_day)
    exemptions = _by_person(session, select(*columns, Exemption.reason), Exemption, person_ids)
    given = select(
        Extension.person_id,
        Extension.id,
        Extension.requirement_id,
        Extension.cycle,
        Extension.due,
        Extension.granted_on,
    )
    extensions = _by_person(session, given, Extension, person_ids)
    memberships = _memberships(session, person_ids, lineage)
    records = _records(session, person_ids)
    return {
        person: facts.PersonFacts(
            person,
            employments=[(start, _open(end)) for start, end in employments.get(person, ())],
            memberships=memberships.get(person, ()),
            leaves=[
                facts.Leave(id, start, _open(end), None if kind == LeaveKind.STOPS else facts.LeaveKind(kind))
                for id, start, end, kind in leaves.get(person, ())
            ],
            exemptions=[
                facts.Exemption(id, requirement, start, _open(end), reason)
                for id, requirement, start, end, reason in exemptions.get(person, ())
            ],
            extensions=[facts.Extension(*row) for row in extensions.get(person, ())],
            records=records.get(person, ()),
        )
        for person in person_ids
    }


def _open(to_day: date) -> date | None:
    return None if to_day >= FOR_EVER else to_day


def _by_person(session: Session, query: Any, model: Any, person_ids: Sequence[int]) -> dict[int, list[Any]]:
    """The known rows of these people without their first column, the person's id, by that id."""
    found: dict[int, list[Any]] = {}
    for person, *rest in session.execute(query.where(model.person_id.in_(person_ids), known(model)).order_by(model.id)):
        found.setdefault(person, []).append(rest)
    return found


def _lineage(session: Session) -> Lineage:
    version = DepartmentVersion
    rows = session.execute(
        select(Department.id, Department.code, version.parent_id, version.from_day, version.to_day).outerjoin(
            version, (version.department_id == Department.id) & known(version)
        )
    ).all()
    hung = [Hung(id, parent, start, end) for id, _, parent, start, end in rows if start is not None]
    return Lineage({id: code for id, code, *_ in rows}, hung)


def _memberships(session: Session, person_ids: Sequence[int], lineage: Lineage) -> dict[int, list[facts.Membership]]:
    columns = (Membership.person_id, Membership.from_day, Membership.to_day, Membership.department_id)
    held = (Membership.job, Membership.profession, Membership.patient_contact, Membership.primary)
    found: dict[int, list[facts.Membership]] = {}
    for person, rows in _by_person(session, select(*columns, *held), Membership, person_ids).items():
        found[person] = [
            facts.Membership(max(start, first), _open(min(end, last)), department, codes, *rest)
            for start, end, department, *rest in rows
            for first, last, codes in lineage.stretches(department)
            if first < end and last > start
        ]
    return found


def _records(session: Session, person_ids: Iterable[int]) -> dict[int, list[facts.Record]]:
    """Minutes per topic stay where they are: no rule asks for them yet."""
    record = TrainingRecord
    found: dict[int, list[facts.Record]] = {}
    for row in session.execute(
        select(
            record.person_id,
            record.id,
            Course.slug,
            record.completed_on,
            record.version_number,
            record.minutes,
            RecordRevocation.id.label("revocation"),
        )
        .join(Course, Course.id == record.course_id)
        .outerjoin(RecordRevocation, RecordRevocation.record_id == record.id)
        .where(record.person_id.in_(person_ids))
    ):
        found.setdefault(row.person_id, []).append(
            facts.Record(
                row.id,
                row.slug,
                row.completed_on,
                row.version_number,
                row.minutes,
                revoked=row.revocation is not None,
            )
        )
    return found
