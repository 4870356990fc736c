"""Gathers the facts of many people for the timeline, with a constant number of statements (as known now, or then)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, String, cast, select, true
from sqlalchemy.orm import Session

from lms.catalogue.models import Course
from lms.clock import FOR_EVER
from lms.compliance import elsewhere, facts
from lms.compliance import held as holdings
from lms.compliance.lineage import Hung, Lineage
from lms.compliance.models import AssignedPerson, Assignment, Exemption, Extension, RequirementVersion
from lms.compliance.rules import RequirementFacts, Rule, RuleVersion, Status
from lms.compliance.situations import Employment as Employed
from lms.compliance.surroundings import EVERYTHING, Asks, filled, material_changes, read_held, supervised_by
from lms.db import known
from lms.people.models import Department, DepartmentVersion, Employment, Leave, LeaveKind, Membership
from lms.records.models import RecordRevocation, TrainingRecord


def requirements(
    session: Session, known_at: datetime | None = None, *, of: Collection[int] | None = None
) -> dict[int, RequirementFacts]:
    """Every requirement with its versions, by id, as known now or just before ``known_at``. One statement.

    ``of``: assignments that name none of these people are left out, so that hundreds of them cost nobody else anything.
    """
    version = RequirementVersion
    wanted: ColumnElement[bool] = true()
    if of is not None:
        theirs = select(AssignedPerson.requirement_id).where(AssignedPerson.person_id.in_(of))
        wanted = version.requirement_id.not_in(select(Assignment.requirement_id)) | version.requirement_id.in_(theirs)
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
            version.about,
        ).where(known(version, known_at), wanted)
    ):
        rule = Rule.parse(row.rule)
        found.setdefault(row.requirement_id, []).append(
            RuleVersion(
                row.id,
                rule,
                row.from_day,
                _open(row.to_day),
                row.adopted_on,
                row.apply_to_running,
                Status(row.about.get("status", Status.OWN_POLICY)),
            )
        )
    return {requirement_id: RequirementFacts(requirement_id, versions) for requirement_id, versions in found.items()}


def people(
    session: Session, person_ids: Sequence[int], known_at: datetime | None = None, asks: Asks = EVERYTHING
) -> dict[int, facts.PersonFacts]:
    """What the timeline must know of these people, by id; somebody of whom nothing is known has empty facts.

    As known now, or as it was known just before the moment ``known_at``. Eleven statements, however many people,
    and up to sixteen for what ``asks`` says that rules ask beyond the person's own rows.
    A leave of the kind ``stops`` leaves the decision to the rule, whose own default it is.
    """
    lineage = _lineage(session, known_at)
    employments = _by_person(
        session,
        select(Employment.person_id, Employment.from_day, Employment.to_day, Employment.kind),
        Employment,
        person_ids,
        known_at,
    )
    leaves = _by_person(
        session,
        select(Leave.person_id, Leave.id, Leave.from_day, Leave.to_day, Leave.kind),
        Leave,
        person_ids,
        known_at,
    )
    columns = (Exemption.person_id, Exemption.id, Exemption.requirement_id, Exemption.from_day, Exemption.to_day)
    exemptions = _by_person(session, select(*columns, Exemption.reason), Exemption, person_ids, known_at)
    given = select(
        Extension.person_id,
        Extension.id,
        Extension.requirement_id,
        Extension.cycle,
        Extension.due,
        Extension.granted_on,
    )
    extensions = _by_person(session, given, Extension, person_ids, known_at)
    memberships = _memberships(session, person_ids, lineage, known_at)
    records = _records(session, person_ids, known_at)
    supervised = supervised_by(session, person_ids, lineage, known_at, asks) if asks.supervised else {}
    held = read_held(session, person_ids, known_at, asks)
    assigned = holdings.assigned(session, person_ids, known_at) if asks.assigned else {}
    months = holdings.birth_months(session, person_ids, known_at) if asks.birth_months else {}
    agreed = holdings.acknowledgements(session, person_ids, known_at) if asks.policies else {}
    made = holdings.attestations(session, person_ids, known_at) if asks.attestations else {}
    outside = elsewhere.outside(session, person_ids, known_at)
    everybody, alone = elsewhere.equivalencies(session, person_ids, known_at)
    changes = material_changes(session, known_at) if asks.changes else []
    changes += holdings.policy_versions(session, known_at) if asks.changes else []
    return {
        person: facts.PersonFacts(
            person,
            employments=[(start, _open(end)) for start, end, _ in employments.get(person, ())],
            memberships=filled(
                memberships.get(person, ()),
                [Employed(start, _open(end), kind) for start, end, kind in employments.get(person, ())],
                supervised.get(person, ()),
                asks,
                held.of(person),
                held.sizes,
                assigned.get(person, ()),
            ),
            leaves=[
                facts.Leave(id, start, _open(end), None if kind == LeaveKind.STOPS else LeaveKind(kind))
                for id, start, end, kind in leaves.get(person, ())
            ],
            exemptions=[
                facts.Exemption(id, requirement, start, _open(end), reason)
                for id, requirement, start, end, reason in exemptions.get(person, ())
            ],
            extensions=[facts.Extension(*row) for row in extensions.get(person, ())],
            records=[
                *records.get(person, ()),
                *agreed.get(person, ()),
                *made.get(person, ()),
                *outside.get(person, ()),
                *(holdings.shown(each) for each in held.licences.get(person, ())),
            ],
            licences=held.licences.get(person, ()),
            events=changes,
            birth_month=months.get(person),
            equivalencies=[*everybody, *alone.get(person, ())],
            assigned=assigned.get(person, ()),
        )
        for person in person_ids
    }


def _open(to_day: date) -> date | None:
    return None if to_day >= FOR_EVER else to_day


def _by_person(
    session: Session, query: Any, model: Any, person_ids: Sequence[int], known_at: datetime | None
) -> dict[int, list[Any]]:
    """The known rows of these people without their first column, the person's id, by that id."""
    found: dict[int, list[Any]] = {}
    of_these = query.where(model.person_id.in_(person_ids), known(model, known_at))
    for person, *rest in session.execute(of_these.order_by(model.id)):
        found.setdefault(person, []).append(rest)
    return found


def _lineage(session: Session, known_at: datetime | None) -> Lineage:
    version = DepartmentVersion
    rows = session.execute(
        select(Department.id, Department.code, version.parent_id, version.from_day, version.to_day).outerjoin(
            version, (version.department_id == Department.id) & known(version, known_at)
        )
    ).all()
    hung = [Hung(id, parent, start, end) for id, _, parent, start, end in rows if start is not None]
    return Lineage({id: code for id, code, *_ in rows}, hung)


def _memberships(
    session: Session, person_ids: Sequence[int], lineage: Lineage, known_at: datetime | None
) -> dict[int, list[facts.Membership]]:
    columns = (Membership.person_id, Membership.from_day, Membership.to_day, Membership.department_id)
    held = (Membership.job, Membership.profession, Membership.patient_contact, Membership.primary)
    found: dict[int, list[facts.Membership]] = {}
    stretches = _by_person(session, select(*columns, *held), Membership, person_ids, known_at)
    for person, rows in stretches.items():
        found[person] = [
            facts.Membership(max(start, first), _open(min(end, last)), department, codes, *rest)
            for start, end, department, *rest in rows
            for first, last, codes in lineage.stretches(department)
            if first < end and last > start
        ]
    return found


NOBODY: frozenset[str] = frozenset()
NO_VERSION = 0
"""The version of what was recorded elsewhere: before every one of ours, so that no change of a course is met by it."""


def _records(session: Session, person_ids: Iterable[int], known_at: datetime | None) -> dict[int, list[facts.Record]]:
    """What these people completed, by person. Two statements; the topics are read as text, because most of them are alike."""
    record = TrainingRecord
    slugs = {row.id: row.slug for row in session.execute(select(Course.id, Course.slug))}
    rows = session.execute(
        select(
            record.person_id,
            record.id,
            record.course_id,
            record.completed_on,
            record.version_number,
            record.minutes,
            cast(record.topics, String),
            RecordRevocation.id,
            record.modality,
            record.provider,
            record.expires,
        )
        .outerjoin(RecordRevocation, _revoked(known_at))
        .where(record.person_id.in_(person_ids), true() if known_at is None else record.recorded_at < known_at)
    )
    found: defaultdict[int, list[facts.Record]] = defaultdict(list)
    for person, id, course, day, version, minutes, topics, revocation, modality, provider, expires in rows:
        approved = frozenset((provider,)) if provider else NOBODY
        found[person].append(
            facts.Record(
                id, slugs[course], day, version or NO_VERSION, minutes, _topics(topics), revocation is not None, None,
                modality or "asynchronous", approved, (), expires,
            )
        )  # fmt: skip
    return found


@lru_cache(maxsize=1 << 12)
def _topics(text: str) -> tuple[tuple[str, int], ...]:
    """Minutes by topic, from the JSON of a record."""
    return tuple((topic, int(minutes)) for topic, minutes in (json.loads(text) or {}).items())


def _revoked(known_at: datetime | None) -> Any:
    then = RecordRevocation.record_id == TrainingRecord.id
    return then if known_at is None else then & (RecordRevocation.revoked_at < known_at)
