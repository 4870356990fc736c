"""What audiences and rules ask beyond a person's own rows: employment, those they supervise, courses that changed materially."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import String, cast, exists, select, true
from sqlalchemy.orm import Session

from lms.catalogue.models import Change, Course, CourseVersion
from lms.clock import local_day
from lms.compliance import facts
from lms.compliance.audience import EmployedAs, HiredBetween, Supervises, parts_of
from lms.compliance.lineage import Lineage
from lms.compliance.models import RequirementVersion
from lms.compliance.rules import RequirementFacts
from lms.compliance.situations import Employment, cut
from lms.db import known
from lms.organisation import load
from lms.people.models import Membership


class Asks(NamedTuple):
    """What some rules ask; what none asks need not be read."""

    employment: bool
    supervised: bool
    changes: bool


EVERYTHING = Asks(True, True, True)


def asked_by(requirements: Iterable[RequirementFacts]) -> Asks:
    """What these requirements ask."""
    rules = [phase.rule for requirement in requirements for phase in requirement.phases]
    parts = [part for rule in rules for part in parts_of(rule.audience)]
    return Asks(
        employment=any(isinstance(part, EmployedAs | HiredBetween) for part in parts),
        supervised=any(isinstance(part, Supervises) for part in parts),
        changes=any(rule.again_on for rule in rules),
    )


def filled(
    memberships: Sequence[facts.Membership],
    employments: Sequence[Employment],
    supervised: Sequence[facts.Membership],
    asks: Asks,
) -> Sequence[facts.Membership]:
    """The memberships with what is asked filled in, cut where it changes."""
    if not asks.employment and not supervised:
        return memberships
    return cut(memberships, employments if asks.employment else (), supervised=supervised)


def supervised_by(
    session: Session, person_ids: Sequence[int], lineage: Lineage, known_at: datetime | None
) -> dict[int, list[facts.Membership]]:
    """The memberships whose supervisor is one of these people, by that person. One statement."""
    held = select(
        Membership.supervisor_id, Membership.from_day, Membership.to_day, Membership.department_id, Membership.job,
        Membership.profession, Membership.patient_contact, Membership.primary,
    ).where(Membership.supervisor_id.in_(person_ids), known(Membership, known_at))  # fmt: skip
    found: dict[int, list[facts.Membership]] = {}
    for row in session.execute(held.order_by(Membership.id)):
        found.setdefault(row.supervisor_id, []).extend(
            facts.Membership(
                max(row.from_day, first), min(row.to_day, last), row.department_id, codes,
                row.job, row.profession, row.patient_contact, row.primary,
            )
            for first, last, codes in lineage.stretches(row.department_id)
            if first < row.to_day and last > row.from_day
        )  # fmt: skip
    return found


def supervisors_of(session: Session, person_ids: Sequence[int]) -> set[int]:
    """Who supervises or supervised any of these people, where a rule that stands asks for that; else nobody. One statement."""
    asking = exists().where(known(RequirementVersion), cast(RequirementVersion.rule, String).contains('"supervises"'))
    query = select(Membership.supervisor_id).where(
        Membership.person_id.in_(person_ids), Membership.supervisor_id.is_not(None), asking
    )
    return {person for person in session.scalars(query.distinct()) if person is not None}


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


def change_days(session: Session, version_ids: Sequence[int]) -> dict[int, date]:
    """The days on which these course versions were published, by id. At most two statements."""
    if not version_ids:
        return {}
    organisation = load(session)
    zone = organisation.zone if organisation else "UTC"
    query = select(CourseVersion.id, CourseVersion.published_at).where(CourseVersion.id.in_(version_ids))
    return {id: local_day(moment, zone) for id, moment in session.execute(query)}
