"""The people behind a whole cell, however many they are: their number from the tallies, and the page asked for from an index in its
order, so that nobody is read who is not on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from lms.clock import FOR_EVER
from lms.compliance.models import COUNTED, DUE_SOON, OVERALL, Span
from lms.compliance.spans import CAN_FALL_DUE, State
from lms.compliance.tallies import active, counted
from lms.db import day_in, is_sqlite, known, plain
from lms.people.models import Membership, Person
from lms.people.queries import found_by

BY_PERSON = ("name", "number", "job")
BY_SPAN = ("due", "state", "department")
SORTS = (*BY_PERSON, *BY_SPAN)
"""The orders of a list of people."""

FEW = 60
"""Up to so many departments, people are found by their memberships; for more, by reading all spans of the requirement."""

SHARE = 4
"""People who are narrowed by what they do or by a search are found as everybody but those who are kept out, if these are at most one in
so many of all people."""

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

    @property
    def few(self) -> bool:
        """Whether the people are of a team or of :data:`FEW` departments at most."""
        return self.visible is not None or (self.departments is not None and len(self.departments) <= FEW)

    def indexed(self, session: Session) -> bool:
        """Whether an index holds the spans of the cell; without one all spans of the requirement are read, which takes longer than to
        ask half of the people for theirs."""
        return not is_sqlite(session) or (self.requirement_id == OVERALL and not self.due_soon)

    def spans(self) -> list[ColumnElement[bool]]:
        """The spans of the cell: where they stand, the day, then what is looked at one by one, in the order in which SQLite asks."""
        return [*self._duty(), day_in(self.day, Span.from_day, Span.to_day), *self._kind(Span.state)]

    def read(self, session: Session) -> list[ColumnElement[bool]]:
        """The same where nothing else says whose spans they are: without an index as little as can be is asked of each span."""
        if self.indexed(session):
            return self.spans()
        days = day_in(self.day, plain(Span.from_day), plain(Span.to_day))
        return [*self._duty(), days, *(self._kind(Span.state) if self.states or self.due_soon else self._places())]

    def at(self, person_id: Any) -> Any:
        """1 for somebody who is in the cell, as a subquery: by the key to the last span that has begun: those before have ended."""
        inside = and_(Span.to_day > self.day, *self._kind(Span.state + 0))
        return (
            select(case((inside, 1)))
            .where(*self._duty(), Span.person_id == person_id, Span.from_day <= self.day)
            .order_by(Span.from_day.desc())
            .limit(1)
            .scalar_subquery()
        )

    def _duty(self) -> list[ColumnElement[bool]]:
        # written out, because SQLite's index over the overall states holds no other requirement
        duty: Any = literal_column(str(int(self.requirement_id)))
        return [Span.generation_id == active(), Span.requirement_id == duty]

    def _kind(self, state: Any) -> list[ColumnElement[bool]]:
        states = self.states or (CAN_FALL_DUE if self.due_soon else State)
        where: list[ColumnElement[bool]] = [state.in_(sorted(int(each) for each in states)), *self._places()]
        if self.due_soon:
            where.append(Span.soon_from <= self.day)
        return where

    def _places(self) -> list[ColumnElement[bool]]:
        return [] if self.departments is None else [Span.department_id.in_(self.departments)]

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


def kept_out(session: Session, who: Who) -> Sequence[int] | None:
    """The ids of the people of a cell whom jobs, professions and search exclude; None where they exclude many, or are not
    asked for. Four statements at most; where they exclude many, fewer that stop early.
    """
    everybody = session.scalar(select(func.max(Person.id))) or 0
    most = everybody // SHARE
    others: list[Select[int]] = []
    if who.jobs or who.professions:
        enough = everybody - 2 * most  # not all but the few: some of everybody have left
        holding = with_job(who.day, who.jobs, who.professions).limit(max(enough, 0)).subquery()
        if (session.scalar(select(func.count()).select_from(holding)) or 0) < enough:
            return None
        held, same = Membership, aliased(Membership)
        also = with_job(who.day, who.jobs, who.professions, same).where(same.person_id == held.person_id)
        differ = or_(
            ~held.primary,
            held.job.not_in(who.jobs) if who.jobs else false(),
            held.profession.not_in(who.professions) if who.professions else false(),
        )
        others.append(
            # said so that SQLite reads the table as it lies, and does not look each row up by the index over jobs
            select(held.person_id).where(
                known(held).is_(true()), day_in(who.day, held.from_day, held.to_day), differ, ~also.exists()
            )
        )
    if who.search:
        others.append(select(Person.id).where(not_(and_(*found_by(who.search)))))
    out = session.scalars(union_all(*others).limit(most + 1)).all()
    if len(out) > most:
        return None
    inside = select(Span.person_id).where(*who.spans(), Span.person_id.in_(_listed(session, out)))
    return session.scalars(inside).all() if out else []


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
    """How many people are in a cell; what narrows it is left aside. One statement."""
    if who.due_soon and who.states is not None:
        return session.scalar(select(func.count()).select_from(Span).where(*who.read(session))) or 0
    codes = [DUE_SOON] if who.due_soon else [int(state) for state in who.states or State]
    names = [COUNTED[code - 1] for code in codes]
    return sum(
        getattr(row, name)
        for row in counted(session, who.day, [who.requirement_id])
        if who.departments is None or row.department_id in who.departments
        for name in names
    )


def page_of(
    session: Session, who: Who, total: int, sort: str, offset: int, limit: int, without: Sequence[int] = ()
) -> Sequence[int]:
    """The ids of the people on a page of a cell of ``total`` people ``without`` some, in order; what narrows it is left aside. ``sort``
    is one of :data:`SORTS`, with ``-`` before it for descending. One statement.

    A page in the second half is found from the end.
    """
    limit = min(limit, total - offset)
    if limit <= 0:
        return []
    turned = offset > total // 2
    skip = total - offset - limit if turned else offset
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name in BY_SPAN:
        person_id: Any = Span.person_id
        query = select(person_id).where(*who.read(session))
        order = _ordered([_SPAN[name]], person_id, down, turned)
    else:
        near = (skip + limit) * PROBES <= total or not who.indexed(session)
        found = select(Span.person_id).where(*who.read(session))
        query, columns, person_id = _walk(
            who.day, name, lambda person: who.at(person).is_not(None) if near else _among(person, found)
        )
        order = _ordered(columns, person_id, down, turned)
    if without:
        query = query.where((person_id + 0).not_in(_listed(session, without)))
    chosen = session.scalars(query.order_by(*order).offset(skip).limit(limit)).all()
    return chosen[::-1] if turned else chosen


def _listed(session: Session, ids: Sequence[int]) -> Select[Any]:
    """These ids as rows, however many there are."""
    if is_sqlite(session):
        return select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value)
    return select(func.unnest(literal(list(ids), ARRAY(Integer))))


_SPAN: dict[str, Any] = {
    "due": func.coalesce(Span.due, FOR_EVER),
    "state": Span.state,
    "department": Span.department_id,
}


def _walk(day: date, name: str, inside: Callable[[Any], ColumnElement[bool]]) -> tuple[Select[int], list[Any], Any]:
    """The people of whom ``inside`` is true along an index in the order of ``name``: its columns, and that of the person's id."""
    held = Membership
    person_id: Any = held.person_id if name == "job" else Person.id
    query: Select[int] = select(person_id).where(inside(person_id))
    if name == "job":
        return query.where(*_shown(day)), [held.job], person_id
    return query, [Person.number] if name == "number" else [Person.family_name, Person.given_name], person_id


def _among(person_id: Any, found: Select[int]) -> ColumnElement[bool]:
    """That somebody is among those found, said so that a planner goes along the order and looks each person up, and does not turn it
    into a join that is put in order afterwards: the comparison with true keeps PostgreSQL from it, a sum SQLite."""
    among: ColumnElement[bool] = (person_id + 0).in_(found).is_(true())
    return among


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
    person_id: Any = found.c.person_id
    query: Select[Any] = select(person_id).select_from(found)
    if name in BY_SPAN:
        ordered: list[Any] = [found.c.place]
    elif not who.few:
        query, ordered, person_id = _walk(who.day, name, lambda person: _among(person, select(found.c.person_id)))
    elif name == "job":
        query = query.outerjoin(Membership, and_(Membership.person_id == person_id, *_shown(who.day)))
        ordered = [Membership.job]
    else:
        query = query.join(Person, Person.id == person_id)
        ordered = [Person.number] if name == "number" else [Person.family_name, Person.given_name]
    query = query.add_columns(total)
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
