"""Reads of compliance. Everything about states comes from the spans and tallies of the active generation, for any day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from lms.compliance.behind import LATE, Found, Needing, Page, everyone_in, needing, people_in
from lms.compliance.cells import SORTS, Who
from lms.compliance.models import COUNTED, DUE_SOON, OVERALL, Generation, Span
from lms.compliance.one_person import Duty, Line, duties, exemptions, timeline_of
from lms.compliance.rulebook import codes, doubts, not_in_force, requirement_versions, requirements, sources_to_read
from lms.compliance.tallies import active, counted, grouped, requirement_ids
from lms.compliance.turned import lapses
from lms.db import day_in, known, plain
from lms.people.models import Membership, Person

__all__ = [
    "COUNTED", "DUE_SOON", "LATE", "OVERALL", "SORTS", "AlsoHere", "Cell", "Duty", "Found", "Lapse", "Line", "Needing", "Page", "Status",
    "Who", "also_here", "codes", "counts", "doubts", "duties", "everyone_in", "exemptions", "filtered_counts", "lapsing", "needing",
    "not_in_force", "people_in", "rebuild_status", "requirement_versions", "requirements", "sources_to_read", "timeline_of",
]  # fmt: skip


class Cell(NamedTuple):
    """So many people of a department (not of its subtree) are in a state (a code of ``State``, or :data:`DUE_SOON`) for a requirement."""

    requirement_id: int
    department_id: int
    state: int
    people: int


def counts(session: Session, day: date, *, requirement_id: int | None = None) -> list[Cell]:
    """Department × requirement × state on any day, :data:`OVERALL` among the requirements; cells without people are left out.

    One statement over the tallies, after one that asks which requirements there are. Each person stands in one state and one
    department for each requirement; those who are due soon are counted again under :data:`DUE_SOON`.
    """
    asked = requirement_ids(session) if requirement_id is None else [requirement_id]
    return _cells(counted(session, day, asked))


def filtered_counts(session: Session, who: Who, *, every: bool = False) -> list[Cell]:
    """The same cells for these people, whatever their state. This reads spans. ``every``: of every requirement, not only of theirs.

    Every requirement is named: SQLite then goes along the key, from each of them to each of the people, and need not look every span
    of a person up.
    """
    asked = requirement_ids(session) if every else [who.requirement_id]
    where = [Span.requirement_id.in_(asked), *who.people(Span.person_id)]
    if who.departments is not None:
        where.append(Span.department_id.in_(who.departments))
    return _cells(session.execute(grouped(who.day, Span.generation_id == active(), and_(*where))))


def _cells(rows: Iterable[tuple[Any, ...]]) -> list[Cell]:
    return [
        Cell(requirement, department, code, int(people))
        for requirement, department, *counted_people in rows
        for code, people in enumerate(counted_people, 1)
        if people
    ]


class AlsoHere(NamedTuple):
    """So many people whose primary membership is in ``home_id`` hold a secondary one in ``department_id``."""

    department_id: int
    home_id: int
    people: int


def also_here(
    session: Session, day: date, departments: Collection[int] | None = None, *, requirement_id: int = OVERALL
) -> list[AlsoHere]:
    """People for whom the requirement applies and who are in a department by a secondary membership on ``day``.

    A row of the tree adds up those of its subtree whose home lies outside it.
    """
    query = (
        select(Membership.department_id, Span.department_id, func.count(func.distinct(Membership.person_id)))
        .join(Span, Span.person_id == plain(Membership.person_id))
        .where(
            known(Membership),
            ~Membership.primary,
            day_in(day, Membership.from_day, Membership.to_day),
            Span.generation_id == active(),
            Span.requirement_id == requirement_id,
            day_in(day, Span.from_day, Span.to_day),
            Span.department_id != Membership.department_id,
        )
        .group_by(Membership.department_id, Span.department_id)
    )
    if departments is not None:
        query = query.where(Membership.department_id.in_(departments))
    return [AlsoHere(*row) for row in session.execute(query)]


class Lapse(NamedTuple):
    """So many people of a department stop being compliant in the week of seven days that begins on ``week``."""

    week: date
    department_id: int
    people: int


def lapsing(session: Session, day: date, days: int, *, requirement_id: int = OVERALL) -> list[Lapse]:
    """Who is compliant on ``day`` and will no longer be within ``days`` days if nothing is done, by week and department.

    The first week begins on the day after ``day``. Those who leave, go on leave or become exempt do not lapse.
    """
    lapsed = lapses(day, days, requirement_id=requirement_id).subquery()
    query = select(lapsed.c.on_day, lapsed.c.department_id, func.count()).group_by(
        lapsed.c.on_day, lapsed.c.department_id
    )
    first = day + timedelta(days=1)
    found: dict[tuple[date, int], int] = {}
    for lapsed_on, department, people in session.execute(query):
        week = first + timedelta(days=(lapsed_on - first).days // 7 * 7)
        found[week, department] = found.get((week, department), 0) + people
    return [Lapse(*key, people) for key, people in sorted(found.items())]


@dataclass(frozen=True, slots=True)
class Status:
    """What is being worked in, since when, and for how many people it is still to be done."""

    reason: str
    started_at: datetime
    people_left: int


def rebuild_status(session: Session) -> Status | None:
    """What the figures do not show yet; None when they show everything. One statement, two while a build is under way."""
    generation = session.scalar(select(Generation).where(Generation.building))
    if generation is None:
        return None
    left = 0
    if generation.phase == "people":
        query = select(func.count()).select_from(Person).where(Person.id > generation.position)
        left = session.scalar(query) or 0
    return Status(generation.reason, generation.started_at, left)
