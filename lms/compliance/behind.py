"""The people behind a number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.clock import FOR_EVER
from lms.compliance import cells
from lms.compliance.models import OVERALL, Span
from lms.compliance.spans import State
from lms.compliance.tallies import active, within
from lms.db import day_in, known
from lms.people.models import Membership, Person
from lms.people.queries import found_by


def with_job(day: date, jobs: Collection[str], professions: Collection[str]) -> Select[int]:
    """The ids of the people who hold one of these jobs and professions (empty: any) by primary membership on ``day``."""
    query = select(Membership.person_id).where(
        known(Membership), Membership.primary, day_in(day, Membership.from_day, Membership.to_day)
    )
    if jobs:
        query = query.where(Membership.job.in_(jobs))
    return query.where(Membership.profession.in_(professions)) if professions else query


class Found(NamedTuple):
    """One person behind a number."""

    person_id: int
    number: str
    name: str
    department_id: int
    job: str
    profession: str
    state: State
    beneath: State | None
    due: date | None
    valid_until: date | None
    because: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of people, and how many there are altogether."""

    rows: tuple[Found, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Needing:
    """Who is late or falls due soon: the first of them, and how many there are altogether."""

    rows: tuple[Found, ...]
    late: int
    soon: int


LATE = (State.OVERDUE, State.IN_GRACE)

BATCH = 2000
"""So many people are read at once where all of them are wanted."""

FEW = 60
"""Up to so many departments, people are found by their memberships; for more, by reading all spans of the requirement."""

SORTS = ("name", "number", "department", "job", "state", "due")


def people_in(
    session: Session,
    day: date,
    *,
    requirement_id: int = OVERALL,
    departments: Collection[int] | None = None,
    states: Collection[State] | None = None,
    due_soon: bool = False,
    job: str | None = None,
    profession: str | None = None,
    search: str | None = None,
    visible: Select[int] | None = None,
    sort: str = "name",
    page: int = 1,
    size: int = 50,
) -> Page:
    """The people who are in these states (None: any) for a requirement on ``day``, in these departments (None: all).

    ``search`` looks for each of its words in name, number and address. ``visible`` (see ``people.queries.visible_to``) holds the ids
    that the viewer may see. ``sort`` is one of :data:`SORTS`, with ``-`` before it for descending; ``page`` counts from 1. Two
    statements.
    """
    if search or job or profession or visible is not None or (departments is not None and len(departments) <= FEW):
        where = _filtered(day, requirement_id, departments, states, due_soon, job, profession, search, visible)
        total = select(func.count()).select_from(Span).join(Person, Person.id == Span.person_id).where(*where)
        query = _lines(day, where).order_by(*_order(sort)).offset((page - 1) * size).limit(size)
        return Page(tuple(_found(session, query)), session.scalar(total) or 0)
    cell = cells.Cell(day, requirement_id, departments, states, due_soon)
    number = cells.size_of(session, cell)
    if sort.removeprefix("-") not in cells.SORTS:
        query = _lines(day, cell.where()).order_by(*_order(sort)).offset((page - 1) * size).limit(size)
        return Page(tuple(_found(session, query)), number)
    chosen = cells.page_of(session, cell, number, sort, (page - 1) * size, size)
    mine = (within(active()), Span.requirement_id == requirement_id, Span.person_id.in_(chosen))
    of_these = _found(session, _lines(day, [*mine, day_in(day, Span.from_day, Span.to_day)]))
    place = {person: place for place, person in enumerate(chosen)}
    return Page(tuple(sorted(of_these, key=lambda row: place[row.person_id])), number)


def everyone_in(
    session: Session,
    day: date,
    *,
    requirement_id: int = OVERALL,
    departments: Collection[int] | None = None,
    states: Collection[State] | None = None,
    due_soon: bool = False,
    job: str | None = None,
    profession: str | None = None,
    search: str | None = None,
    visible: Select[int] | None = None,
    sort: str = "name",
) -> Iterator[Found]:
    """All of the people of :func:`people_in`, in the same order, read while they are taken. One statement."""
    where = _filtered(day, requirement_id, departments, states, due_soon, job, profession, search, visible)
    return _found(session, _lines(day, where).order_by(*_order(sort)).execution_options(yield_per=BATCH))


def _filtered(
    day: date,
    requirement_id: int,
    departments: Collection[int] | None,
    states: Collection[State] | None,
    due_soon: bool,
    job: str | None,
    profession: str | None,
    search: str | None,
    visible: Select[int] | None,
) -> list[ColumnElement[bool]]:
    where = _among(day, requirement_id, departments, visible)
    if states is not None:
        where.append(Span.state.in_([int(state) for state in states]))
    if due_soon:
        where.append(Span.soon_from <= day)
    if job or profession:
        where.append(Span.person_id.in_(with_job(day, [job] if job else (), [profession] if profession else ())))
    return where + found_by(search or "")


def needing(
    session: Session,
    day: date,
    *,
    departments: Collection[int] | None = None,
    visible: Select[int] | None = None,
    size: int = 100,
) -> Needing:
    """Who is late, the longest first, then who falls due soon, the nearest first, over all requirements. Two statements."""
    where = _among(day, OVERALL, departments, visible)
    late = Span.state.in_([int(state) for state in LATE])
    soon = Span.soon_from <= day
    query = _lines(day, [*where, or_(late, soon)]).order_by(case((late, 0), else_=1), *_order("due")).limit(size)
    counted = select(func.sum(case((late, 1), else_=0)), func.sum(case((soon, 1), else_=0))).where(*where)
    many = session.execute(counted).one()
    return Needing(tuple(_found(session, query)), int(many[0] or 0), int(many[1] or 0))


def _among(
    day: date, requirement_id: int, departments: Collection[int] | None, visible: Select[int] | None
) -> list[ColumnElement[bool]]:
    """The spans of a requirement that hold on a day, in the departments and of the people that may be seen."""
    where: list[ColumnElement[bool]] = [
        Span.generation_id == active(),
        Span.requirement_id == requirement_id,
        day_in(day, Span.from_day, Span.to_day),
    ]
    if departments is not None:
        where.append(Span.department_id.in_(departments))
        if len(departments) <= FEW:
            where.append(Span.person_id.in_(_members(day, departments)))
    if visible is not None:
        where.append(Span.person_id.in_(visible))
    return where


def _lines(day: date, where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """What :class:`Found` says of each; of several memberships the primary one, where there is one."""
    held = aliased(Membership)
    home = (
        select(held.id)
        .where(held.person_id == Span.person_id, known(held), day_in(day, held.from_day, held.to_day))
        .order_by(held.primary.desc(), held.id)
        .limit(1)
        .correlate(Span)
        .scalar_subquery()
    )
    columns = (Span.department_id, Membership.job, Membership.profession, Span.state, Span.beneath, Span.due)
    names = (Person.id, Person.number, Person.given_name, Person.family_name)
    wanted: list[Any] = [*names, *columns, Span.valid_until, Span.because]
    query: Select[Any] = (
        select(*wanted)
        .select_from(Span)
        .join(Person, Person.id == Span.person_id)
        .outerjoin(Membership, Membership.id == home)
        .where(*where)
    )
    return query


def _found(session: Session, query: Select[Any]) -> Iterator[Found]:
    for row in session.execute(query):
        id, number, given, family, department, job, profession, state, beneath, due, valid_until, because = row
        name = f"{given} {family}".strip()
        found = (
            id,
            number,
            name,
            department,
            job or "",
            profession or "",
            STATES[state],
            STATES.get(beneath),
            due,
            valid_until,
            because,
        )
        yield tuple.__new__(Found, found)  # made by the hundred thousand: past the constructor with its eleven names


STATES: dict[int | None, State] = {int(state): state for state in State}
"""The states by their codes."""


def _members(day: date, departments: Collection[int]) -> Select[int]:
    """Who has any membership there: whoever counts in a department has one."""
    return select(Membership.person_id).where(
        known(Membership),
        Membership.department_id.in_(departments),
        day_in(day, Membership.from_day, Membership.to_day),
    )


def _order(sort: str) -> list[Any]:
    by: dict[str, list[Any]] = {
        "name": [Person.family_name, Person.given_name],
        "number": [Person.number],
        "department": [Span.department_id],
        "job": [Membership.job],
        "state": [Span.state],
        "due": [func.coalesce(Span.due, FOR_EVER)],
    }
    columns = by.get(sort.removeprefix("-"), by["name"])
    return [*(column.desc() if sort.startswith("-") else column for column in columns), Person.id]
