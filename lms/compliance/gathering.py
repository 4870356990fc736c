"""Gathers the facts of many people for the timeline, with a constant number of statements (as known now, or then)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import String, cast, select, true
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
from lms.db import day_in, known
from lms.people.models import Department, DepartmentVersion, Employment, Leave, LeaveKind, Membership
from lms.prepared import AsKnown, among
from lms.records.history.queries import WHOLE
from lms.records.models import RecordRevocation, TrainingRecord


def _of_people(model: Any, *names: str) -> AsKnown:
    """These columns of the facts of people, the person's id first, in the order in which they were written down."""
    columns = [getattr(model, name) for name in ("person_id", *names)]
    query = select(*columns).where(among(model.person_id, "people")).order_by(model.id)
    return AsKnown(lambda at: query.where(known(model, at)))


EMPLOYMENTS = _of_people(Employment, "from_day", "to_day", "kind")
LEAVES = _of_people(Leave, "id", "from_day", "to_day", "kind")
EXEMPTIONS = _of_people(Exemption, "id", "requirement_id", "from_day", "to_day", "reason")
EXTENSIONS = _of_people(Extension, "id", "requirement_id", "cycle", "due", "granted_on")
MEMBERSHIPS = _of_people(
    Membership, "from_day", "to_day", "department_id", "job", "profession", "patient_contact", "primary"
)


_VERSION = RequirementVersion
_VERSIONS = select(
    *(
        _VERSION.requirement_id,
        _VERSION.id,
        cast(_VERSION.rule, String).label("rule"),
        _VERSION.from_day,
        _VERSION.to_day,
    ),
    *(_VERSION.adopted_on, _VERSION.apply_to_running, _VERSION.about),
)
VERSIONS = AsKnown(lambda at: _VERSIONS.where(known(_VERSION, at)))
_NAMED = select(AssignedPerson.requirement_id).where(among(AssignedPerson.person_id, "people"))
VERSIONS_OF = AsKnown(
    lambda at: _VERSIONS.where(
        known(_VERSION, at),
        _VERSION.requirement_id.not_in(select(Assignment.requirement_id)) | _VERSION.requirement_id.in_(_NAMED),
    )
)


@lru_cache(maxsize=1 << 12)
def _rule(text: str) -> Rule:
    """A rule from its JSON; the same text is always the same rule."""
    return Rule.parse(json.loads(text))


def requirements(
    session: Session, known_at: datetime | None = None, *, of: Collection[int] | None = None
) -> dict[int, RequirementFacts]:
    """Every requirement with its versions, by id, as known now or just before ``known_at``. One statement.

    ``of``: assignments that name none of these people are left out, so that hundreds of them cost nobody else anything.
    """
    rows = VERSIONS.rows(session, known_at) if of is None else VERSIONS_OF.rows(session, known_at, people=of)
    found: dict[int, list[RuleVersion]] = {}
    for row in rows:
        rule = _rule(row.rule)
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

    As known now, or as it was known just before the moment ``known_at``. Nine statements, however many people,
    and up to fifteen for what ``asks`` says that rules ask beyond the person's own rows.
    A leave of the kind ``stops`` leaves the decision to the rule, whose own default it is.
    """
    lineage = _lineage(session, known_at)
    employments = _by_person(session, EMPLOYMENTS, person_ids, known_at)
    leaves = _by_person(session, LEAVES, person_ids, known_at)
    exemptions = _by_person(session, EXEMPTIONS, person_ids, known_at)
    extensions = _by_person(session, EXTENSIONS, person_ids, known_at)
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
    session: Session, query: AsKnown, person_ids: Sequence[int], known_at: datetime | None
) -> dict[int, list[Any]]:
    """The rows of these people without their first column, the person's id, by that id."""
    found: dict[int, list[Any]] = {}
    for person, *rest in query.rows(session, known_at, people=person_ids):
        found.setdefault(person, []).append(rest)
    return found


_PLACE = DepartmentVersion
HUNG = AsKnown(
    lambda at: select(Department.id, Department.code, _PLACE.parent_id, _PLACE.from_day, _PLACE.to_day).outerjoin(
        _PLACE, (_PLACE.department_id == Department.id) & known(_PLACE, at)
    )
)


def _lineage(session: Session, known_at: datetime | None) -> Lineage:
    rows = HUNG.rows(session, known_at)
    hung = [Hung(id, parent, start, end) for id, _, parent, start, end in rows if start is not None]
    return Lineage({id: code for id, code, *_ in rows}, hung)


def _memberships(
    session: Session, person_ids: Sequence[int], lineage: Lineage, known_at: datetime | None
) -> dict[int, list[facts.Membership]]:
    found: dict[int, list[facts.Membership]] = {}
    for person, rows in _by_person(session, MEMBERSHIPS, person_ids, known_at).items():
        found[person] = [
            facts.Membership(max(start, first), _open(min(end, last)), department, codes, *rest)
            for start, end, department, *rest in rows
            for first, last, codes in lineage.stretches(department)
            if first < end and last > start
        ]
    return found


def different_memberships(session: Session, day: date) -> list[facts.Membership]:
    """The memberships of those employed on ``day``, each kind of them once, without who has it. Two statements.

    What is asked beyond place, work and kind of employment (duties, licences, whom one supervises...) is not filled in.
    """
    query = (
        select(
            Membership.department_id, Membership.job, Membership.profession, Membership.patient_contact, Employment.kind
        )
        .join(Employment, Employment.person_id == Membership.person_id)
        .where(known(Membership), day_in(day, Membership.from_day, Membership.to_day))
        .where(known(Employment), day_in(day, Employment.from_day, Employment.to_day))
        .distinct()
    )
    rows, lineage = session.execute(query).all(), _lineage(session, None)
    above = {
        department: codes
        for department in {row.department_id for row in rows}
        for first, last, codes in lineage.stretches(department)
        if first <= day < last
    }
    return [
        facts.Membership(
            day, None, department, above.get(department, NOBODY), job, profession, contact, employment=kind
        )
        for department, job, profession, contact, kind in rows
    ]


NOBODY: frozenset[str] = frozenset()
NO_VERSION = 0
"""The version of what was recorded elsewhere: before every one of ours, so that no change of a course is met by it."""


def _revoked(at: Any) -> Any:
    then = RecordRevocation.record_id == TrainingRecord.id
    return then if at is None else then & (RecordRevocation.revoked_at < at)


_RECORD = TrainingRecord
RECORDS = AsKnown(
    lambda at: (
        select(
            *(
                _RECORD.person_id,
                _RECORD.id,
                Course.slug,
                _RECORD.completed_on,
                _RECORD.version_number,
                _RECORD.minutes,
            ),
            *(cast(_RECORD.topics, String).label("topics"), RecordRevocation.id.label("revocation")),
            *(_RECORD.modality, _RECORD.provider, _RECORD.expires),
        )
        .join(Course, Course.id == _RECORD.course_id)
        .outerjoin(RecordRevocation, _revoked(at))
        .where(among(_RECORD.person_id, "people"), WHOLE, true() if at is None else _RECORD.recorded_at < at)
    )
)


def _records(session: Session, person_ids: Sequence[int], known_at: datetime | None) -> dict[int, list[facts.Record]]:
    """What these people completed, by person; the topics are read as text, because most of them are alike."""
    found: defaultdict[int, list[facts.Record]] = defaultdict(list)
    for person, id, course, day, version, minutes, topics, revocation, modality, provider, expires in RECORDS.rows(
        session, known_at, people=person_ids
    ):
        approved = frozenset((provider,)) if provider else NOBODY
        found[person].append(
            facts.Record(
                id, course, day, version or NO_VERSION, minutes, _topics(topics), revocation is not None, None,
                modality or "asynchronous", approved, (), expires,
            )
        )  # fmt: skip
    return found


@lru_cache(maxsize=1 << 12)
def _topics(text: str) -> tuple[tuple[str, int], ...]:
    """Minutes by topic, from the JSON of a record."""
    return tuple((topic, int(minutes)) for topic, minutes in (json.loads(text) or {}).items())
