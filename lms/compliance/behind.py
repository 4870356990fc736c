"""The people behind a number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from lms.clock import FOR_EVER
from lms.compliance import cells
from lms.compliance.cells import FEW, Who, home_of, members
from lms.compliance.models import OVERALL, Span
from lms.compliance.spans import State
from lms.compliance.tallies import active
from lms.db import day_in
from lms.people.models import Membership, Person, display_name


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


def people_in(session: Session, who: Who, *, sort: str = "name", page: int = 1, size: int = 50) -> Page:
    """One page (from 1) of these people. ``sort`` is one of :data:`SORTS`, with ``-`` before it for descending. Six statements at most."""
    offset = (page - 1) * size
    out: Sequence[int] | None = None if who.few else cells.kept_out(session, who) if who.narrowed else ()
    if out is None:
        chosen, total = cells.found_of(session, who, sort, offset, size)
    else:
        total = cells.size_of(session, who) - len(out)
        chosen = cells.page_of(session, who, total, sort, offset, size, out)
    mine = (Span.generation_id == active(), Span.requirement_id == who.requirement_id, Span.person_id.in_(chosen))
    rows = _found(session, _lines(who.day, [*mine, day_in(who.day, Span.from_day, Span.to_day)])) if chosen else ()
    place = {person: place for place, person in enumerate(chosen)}
    return Page(tuple(sorted(rows, key=lambda row: place[row.person_id])), total)


def everyone_in(session: Session, who: Who, *, sort: str = "name") -> Iterator[Found]:
    """All of the people of :func:`people_in`, in the same order, read while they are taken. One statement."""
    where = [*_among(who.day, who.requirement_id, who.departments, who.visible), *who.people(Span.person_id)]
    if who.states is not None:
        where.append(Span.state.in_([int(state) for state in who.states]))
    if who.due_soon:
        where.append(Span.soon_from <= who.day)
    return _found(session, _lines(who.day, where).order_by(*_order(sort)).execution_options(yield_per=BATCH))


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
            where.append(Span.person_id.in_(members(day, departments)))
    if visible is not None:
        where.append(Span.person_id.in_(visible))
    return where


def _lines(day: date, where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """What :class:`Found` says of each; of several memberships the primary one, where there is one."""
    columns = (Span.department_id, Membership.job, Membership.profession, Span.state, Span.beneath, Span.due)
    names = (Person.id, Person.number, Person.given_name, Person.family_name)
    wanted: list[Any] = [*names, *columns, Span.valid_until, Span.because]
    query: Select[Any] = (
        select(*wanted)
        .select_from(Span)
        .join(Person, Person.id == Span.person_id)
        .outerjoin(Membership, Membership.id == home_of(Span.person_id, day))
        .where(*where)
    )
    return query


def _found(session: Session, query: Select[Any]) -> Iterator[Found]:
    for row in session.connection().execute(query):  # the driver's rows: nothing here is an object that a session keeps
        id, number, given, family, department, job, profession, state, beneath, due, valid_until, because = row
        name = display_name(given, family)
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
        yield tuple.__new__(Found, found)  # made by the hundred thousand: past the constructor of named tuples


STATES: dict[int | None, State] = {int(state): state for state in State}
"""The states by their codes."""


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
