"""What audiences and rules ask beyond a person's own rows: employment, what they hold, those they supervise, courses that changed
materially."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import String, cast, exists, select, true
from sqlalchemy.orm import Session

from lms.catalogue.models import Change, Course, CourseVersion
from lms.clock import FOR_EVER, local_day
from lms.compliance import facts
from lms.compliance import held as holdings
from lms.compliance.audience import (
    AssignedTo,
    EmployedAs,
    EmployerSize,
    HasDuty,
    HiredBetween,
    HoldsLicence,
    LicensedIn,
    Supervises,
    parts_of,
)  # fmt: skip
from lms.compliance.held import NOTHING, Held
from lms.compliance.lineage import Lineage
from lms.compliance.models import RequirementVersion
from lms.compliance.rules import First, Recurs, RequirementFacts, Rule
from lms.compliance.situations import Employment, Size, Tag, cut
from lms.db import known
from lms.organisation import load
from lms.people import models as stored
from lms.people.models import Membership
from lms.prepared import Prepared, among


class Asks(NamedTuple):
    """What some rules ask; what none asks need not be read."""

    employment: bool
    supervised: bool
    changes: bool
    licences: bool = True
    duties: bool = True
    sizes: bool = True
    birth_months: bool = True
    policies: bool = True
    attestations: bool = True
    assigned: bool = True


EVERYTHING = Asks(True, True, True)


def asked_by(requirements: Iterable[RequirementFacts]) -> Asks:
    """What these requirements ask."""
    rules = [phase.rule for requirement in requirements for phase in requirement.phases]
    parts = [part for rule in rules for part in parts_of(rule.audience)]
    return Asks(
        employment=any(isinstance(part, EmployedAs | HiredBetween) for part in parts),
        supervised=any(isinstance(part, Supervises) for part in parts),
        changes=any(rule.again_on for rule in rules),
        licences=any(isinstance(part, LicensedIn | HoldsLicence) for part in parts) or any(map(_by_licence, rules)),
        duties=any(isinstance(part, HasDuty) for part in parts),
        sizes=any(isinstance(part, EmployerSize) for part in parts),
        birth_months=any(rule.recurs == Recurs.BIRTH_MONTH for rule in rules),
        policies=any(name.startswith("policy:") for rule in rules for name in rule.courses),
        attestations=any(name.startswith("attestation:") for rule in rules for name in rule.courses),
        assigned=any(isinstance(part, AssignedTo) for part in parts),
    )


def _by_licence(rule: Rule) -> bool:
    """Whether days of a licence, or holding one, matter to a rule."""
    by_days = rule.first != First.ENTERING or rule.recurs == Recurs.LICENCE
    return by_days or any(name.startswith("licence:") for name in rule.courses)


def read_held(session: Session, person_ids: Sequence[int], known_at: datetime | None, asks: Asks) -> Held:
    """What is asked of licences, duties and the employer's size. At most three statements."""
    if not (asks.licences or asks.duties or asks.sizes):
        return NOTHING
    return Held(
        holdings.licences(session, person_ids, known_at) if asks.licences else {},
        holdings.duties(session, person_ids, known_at) if asks.duties else {},
        holdings.sizes(session, known_at) if asks.sizes else (),
    )


def filled(
    memberships: Sequence[facts.Membership],
    employments: Sequence[Employment],
    supervised: Sequence[facts.Membership],
    asks: Asks,
    held: tuple[Sequence[facts.Licence], Sequence[Tag]] = ((), ()),
    sizes: Sequence[Size] = (),
    assigned: Sequence[facts.Assigned] = (),
) -> Sequence[facts.Membership]:
    """The memberships with what is asked filled in, cut where it changes."""
    licences, duties = held
    if not (asks.employment or supervised or licences or duties or sizes or assigned):
        return memberships
    return cut(memberships, employments if asks.employment else (), licences, supervised, sizes, duties, assigned)


def supervised_by(
    session: Session, person_ids: Sequence[int], lineage: Lineage, known_at: datetime | None, asks: Asks = EVERYTHING
) -> dict[int, list[facts.Membership]]:
    """The memberships whose supervisor is one of these people, by that person, with what those whom they supervise hold. One
    statement, and up to four for what is asked."""
    member = select(
        Membership.supervisor_id, Membership.person_id, Membership.from_day, Membership.to_day, Membership.department_id,
        Membership.job, Membership.profession, Membership.patient_contact, Membership.primary,
    ).where(Membership.supervisor_id.in_(person_ids), known(Membership, known_at))  # fmt: skip
    rows = session.execute(member.order_by(Membership.id)).all()
    below = sorted({row.person_id for row in rows})
    held = read_held(session, below, known_at, asks) if below else NOTHING
    employed = _employed(session, below, known_at) if below and asks.employment else {}
    found: dict[int, list[facts.Membership]] = {}
    for row in rows:
        stretches = [
            facts.Membership(
                max(row.from_day, first), min(row.to_day, last), row.department_id, codes,
                row.job, row.profession, row.patient_contact, row.primary,
            )
            for first, last, codes in lineage.stretches(row.department_id)
            if first < row.to_day and last > row.from_day
        ]  # fmt: skip
        of_one = filled(stretches, employed.get(row.person_id, ()), (), asks, held.of(row.person_id), held.sizes)
        found.setdefault(row.supervisor_id, []).extend(of_one)
    return found


def _employed(session: Session, person_ids: Sequence[int], known_at: datetime | None) -> dict[int, list[Employment]]:
    found: dict[int, list[Employment]] = {}
    own = stored.Employment
    rows = select(own.person_id, own.from_day, own.to_day, own.kind).where(
        own.person_id.in_(person_ids), known(own, known_at)
    )
    for person, start, end, kind in session.execute(rows.order_by(own.id)):
        found.setdefault(person, []).append(Employment(start, None if end >= FOR_EVER else end, kind))
    return found


SUPERVISORS = Prepared(
    select(Membership.supervisor_id)
    .where(
        *(among(Membership.person_id, "people"), Membership.supervisor_id.is_not(None)),
        exists().where(known(RequirementVersion), cast(RequirementVersion.rule, String).contains('"supervises"')),
    )
    .distinct()
)


def supervisors_of(session: Session, person_ids: Sequence[int]) -> set[int]:
    """Who supervises or supervised any of these people, where a rule that stands asks for that; else nobody. One statement."""
    return {row.supervisor_id for row in SUPERVISORS.rows(session, people=person_ids)}


def material_changes(session: Session, known_at: datetime | None) -> list[facts.Event]:
    """The published versions that changed a course materially, but for its first. At most two statements."""
    version = CourseVersion
    rows = session.execute(
        select(version.id, Course.slug, version.number, version.published_at)
        .join(Course, Course.id == version.course_id)
        .where(
            version.change == Change.MATERIAL,
            version.number > 1,
            true() if known_at is None else version.published_at < known_at,
        )
    ).all()
    if not rows:
        return []
    organisation = load(session)
    zone = organisation.zone if organisation else "UTC"
    return [facts.Event(id, slug, number, local_day(moment, zone)) for id, slug, number, moment in rows]


def change_days(session: Session, event_ids: Sequence[int]) -> dict[int, date]:
    """The days of these events, by id: course versions that were published, and (below zero) policy versions. At most three
    statements."""
    policies = holdings.policy_days(session, [-ident for ident in event_ids if ident < 0])
    days = {-ident: day for ident, day in policies.items()}
    version_ids = [ident for ident in event_ids if ident > 0]
    if not version_ids:
        return days
    organisation = load(session)
    zone = organisation.zone if organisation else "UTC"
    query = select(CourseVersion.id, CourseVersion.published_at).where(CourseVersion.id.in_(version_ids))
    return days | {id: local_day(moment, zone) for id, moment in session.execute(query)}
