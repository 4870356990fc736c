"""The people behind a whole cell, however many they are: their number from the tallies, and the page asked for from an index in its
order, so that nobody is read who is not on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, literal_column, or_, select, true
from sqlalchemy.orm import Session, aliased

from lms.clock import FOR_EVER
from lms.compliance.models import COUNTED, DUE_SOON, OVERALL, Span
from lms.compliance.spans import State
from lms.compliance.tallies import active, counted
from lms.db import day_in, known
from lms.people.models import Membership, Person
from lms.people.queries import found_by

BY_PERSON = ("name", "number", "job")
BY_SPAN = ("due", "state", "department")
SORTS = (*BY_PERSON, *BY_SPAN)
"""The orders of a list of people."""

PROBES = 10
"""A page is found by asking person after person whether they are in the cell, if at most one in so many of all people must be asked;
for a page further on the whole cell is read first."""


@dataclass(frozen=True, slots=True)
class Who:
    """Which people: in these states (None: any) for a requirement on a day, in these departments (None: all).

    ``due_soon``: only those who are. ``jobs`` and ``professions`` are those of the primary membership (empty: any). ``search`` looks
    for each of its words in name, number and address. ``visible`` (see ``people.queries.visible_to``) holds the ids that the viewer
    may see.
    """

    day: date
    requirement_id: int = OVERALL
    departments: Collection[int] | None = None
    states: Collection[State] | None = None
    due_soon: bool = False
    jobs: Collection[str] = ()
    professions: Collection[str] = ()
    search: str = ""
    visible: Select[int] | None = None

    @property
    def narrowed(self) -> bool:
        """Whether it is asked for people by more than a cell says, so that spans must be read even to count them."""
        return bool(self.jobs or self.professions or self.search) or self.visible is not None

    def spans(self, *, by_person: bool = False) -> list[ColumnElement[bool]]:
        """The spans of the cell. ``by_person``: said so that a planner finds those of one person by the key and not by the state."""
        state: Any = Span.state + 0 if by_person else Span.state
        where: list[ColumnElement[bool]] = [
            Span.generation_id == active(),
            # written out, because SQLite's index over the overall states holds no other requirement
            Span.requirement_id == literal_column(str(int(self.requirement_id))),
            state.in_([int(each) for each in self.states or State]),
            day_in(self.day, Span.from_day, Span.to_day),
        ]
        if self.departments is not None:
            where.append(Span.department_id.in_(self.departments))
        if self.due_soon:
            where.append(Span.soon_from <= self.day)
        return where

    def people(self, person_id: Any) -> list[ColumnElement[bool]]:
        """What narrows the people beyond the cell."""
        where: list[ColumnElement[bool]] = []
        if self.jobs or self.professions:
            where.append(person_id.in_(with_job(self.day, self.jobs, self.professions)))
        if self.visible is not None:
            where.append(person_id.in_(self.visible))
        if self.search:
            where.append(person_id.in_(select(Person.id).where(*found_by(self.search))))
        return where


def with_job(day: date, jobs: Collection[str], professions: Collection[str], held: Any = Membership) -> Select[int]:
    """The ids of the people who hold one of these jobs and professions (empty: any) by primary membership on ``day``."""
    query = select(held.person_id).where(known(held), held.primary, day_in(day, held.from_day, held.to_day))
    if jobs:
        query = query.where(held.job.in_(jobs))
    return query.where(held.profession.in_(professions)) if professions else query


def widened(session: Session, who: Who) -> Who:
    """The same people without jobs and professions that exclude nobody, so that they are found like a cell that is not narrowed. One
    statement if there are such, which stops at the first person who is excluded.
    """
    if not (who.jobs or who.professions):
        return who
    held, same = Membership, aliased(Membership)
    also = with_job(who.day, who.jobs, who.professions, same).where(same.person_id == held.person_id)
    others = (
        select(held.id)
        .where(
            known(held),
            day_in(who.day, held.from_day, held.to_day),
            or_(
                ~held.primary,
                held.job.not_in(who.jobs) if who.jobs else false(),
                held.profession.not_in(who.professions) if who.professions else false(),
            ),
            ~also.exists(),
        )
        .limit(1)
    )
    return who if session.scalar(others) is not None else replace(who, jobs=(), professions=())


def home_of(person_id: Any, day: date) -> Any:
    """The id of the membership somebody is shown with: the primary one, else the oldest, as a subquery."""
    held = aliased(Membership)
    return (
        select(held.id)
        .where(held.person_id == person_id, known(held), day_in(day, held.from_day, held.to_day))
        .order_by(held.primary.desc(), held.id)
        .limit(1)
        .scalar_subquery()
    )


def size_of(session: Session, who: Who) -> int:
    """How many people are in a cell that is not narrowed. One statement."""
    if who.due_soon and who.states is not None:
        return session.scalar(select(func.count()).select_from(Span).where(*who.spans())) or 0
    codes = [DUE_SOON] if who.due_soon else [int(state) for state in who.states or State]
    names = [COUNTED[code - 1] for code in codes]
    return sum(
        getattr(row, name)
        for row in counted(session, who.day, [who.requirement_id])
        if who.departments is None or row.department_id in who.departments
        for name in names
    )


def page_of(session: Session, who: Who, total: int, sort: str, offset: int, limit: int) -> Sequence[int]:
    """The ids of the people on a page of a cell of ``total`` people that is not narrowed, in order. ``sort`` is one of :data:`SORTS`,
    with ``-`` before it for descending. Two statements.

    A page in the second half is found from the end.
    """
    limit = min(limit, total - offset)
    if limit <= 0:
        return []
    turned = offset > total // 2
    skip = total - offset - limit if turned else offset
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name in BY_SPAN:
        query = select(Span.person_id).where(*who.spans())
        order = _ordered([_SPAN[name]], Span.person_id, down, turned)
    else:
        everybody = session.scalar(select(func.max(Person.id))) or 0
        near = (skip + limit) * everybody <= total * everybody // PROBES
        query, columns, person_id = _walk(who, name, near=near)
        order = _ordered(columns, person_id, down, turned)
    found = session.scalars(query.order_by(*order).offset(skip).limit(limit)).all()
    return found[::-1] if turned else found


_SPAN: dict[str, Any] = {
    "due": func.coalesce(Span.due, FOR_EVER),
    "state": Span.state,
    "department": Span.department_id,
}


def _walk(who: Who, name: str, *, near: bool) -> tuple[Select[int], list[Any], Any]:
    """The people of the cell along an index in the order of ``name``: its columns, and that of the person's id."""
    held = Membership
    person_id: Any = held.person_id if name == "job" else Person.id
    # said so that a planner goes along the order and looks each person up, and does not turn it into a join that is put in order
    # afterwards: a limit, or the comparison with true, keeps PostgreSQL from it, a sum SQLite
    inside: ColumnElement[bool]
    if near:
        mine: Select[Any] = select(literal_column("1")).where(*who.spans(by_person=True), Span.person_id == person_id)
        inside = mine.limit(1).scalar_subquery().is_not(None)
    else:
        inside = (person_id + 0).in_(select(Span.person_id).where(*who.spans())).is_(true())
    query: Select[int] = select(person_id).where(inside)
    if name == "job":
        return query.where(*_shown(who.day)), [held.job], person_id
    return query, [Person.number] if name == "number" else [Person.family_name, Person.given_name], person_id


def _ordered(columns: Sequence[Any], person_id: Any, down: bool, turned: bool) -> list[Any]:
    """The columns, then the person's id upwards; all of it the other way round if it is ``turned``."""
    ordered = [column.desc() if down != turned else column for column in columns]
    return [*ordered, person_id.desc() if turned else person_id]


def found_of(session: Session, who: Who, sort: str, offset: int, limit: int) -> tuple[Sequence[int], int]:
    """The ids of the people on a page, in order, and how many there are altogether, however it is narrowed. One statement; two for a
    page behind the last.

    The people are found once, apart from their order: a planner that sees the two together takes the limit for a reason to go along the
    order, and looks up everybody's spans until the page is full.
    """
    name, down = sort.removeprefix("-"), sort.startswith("-")
    where = [*who.spans(), *who.people(Span.person_id)]
    if who.departments is not None:
        where.append(Span.person_id.in_(members(who.day, who.departments)))
    columns: list[Any] = [Span.person_id, *([_SPAN[name].label("place")] if name in BY_SPAN else [])]
    found = select(*columns).where(*where).cte("found")
    # asked for twice, so that both databases work it out once and keep it
    total = select(func.count()).select_from(found).scalar_subquery()
    person_id = found.c.person_id
    query: Select[Any] = select(person_id, total).select_from(found)
    if name in BY_SPAN:
        ordered: list[Any] = [found.c.place]
    elif name == "job":
        query = query.outerjoin(Membership, and_(Membership.person_id == person_id, *_shown(who.day)))
        ordered = [Membership.job]
    else:
        query = query.join(Person, Person.id == person_id)
        ordered = [Person.number] if name == "number" else [Person.family_name, Person.given_name]
    rows = session.execute(query.order_by(*_ordered(ordered, person_id, down, False)).offset(offset).limit(limit)).all()
    if rows or not offset:
        return [person for person, _ in rows], rows[0][1] if rows else 0
    return [], session.scalar(select(func.count()).select_from(Span).where(*where)) or 0


def _shown(day: date) -> list[ColumnElement[bool]]:
    """That a membership is the one its person is shown with (:func:`home_of`); asked only where it is no primary one."""
    held = Membership
    return [
        known(held),
        day_in(day, held.from_day, held.to_day),
        or_(held.primary, held.id == home_of(held.person_id, day)),
    ]


def members(day: date, departments: Collection[int]) -> Select[int]:
    """Who has any membership there: whoever counts in a department has one."""
    return select(Membership.person_id).where(
        known(Membership),
        Membership.department_id.in_(departments),
        day_in(day, Membership.from_day, Membership.to_day),
    )
