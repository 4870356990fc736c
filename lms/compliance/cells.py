"""The people behind a whole cell, however many they are: their number from the tallies, and the page asked for from an index in its
order, so that nobody is read who is not on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from lms.clock import FOR_EVER
from lms.compliance.models import COUNTED, DUE_SOON, Span
from lms.compliance.spans import State
from lms.compliance.tallies import active, counted
from lms.db import day_in
from lms.people.models import Person

BY_PERSON = ("name", "number")
BY_SPAN = ("due", "state", "department")
SORTS = (*BY_PERSON, *BY_SPAN)
"""The orders in which a page can be had without reading everybody."""

SHARE = 20
"""Where at least one in so many people is in the cell, people are asked in their order until the page is full."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Who is in these states (None: any), or due soon, for a requirement on a day, in these departments (None: all)."""

    day: date
    requirement_id: int
    departments: Collection[int] | None
    states: Collection[State] | None
    due_soon: bool

    def where(self, *, by_person: bool = False) -> list[ColumnElement[bool]]:
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


def size_of(session: Session, cell: Cell) -> int:
    """How many people are in a cell. One statement."""
    if cell.due_soon and cell.states is not None:
        return session.scalar(select(func.count()).select_from(Span).where(*cell.where())) or 0
    codes = [DUE_SOON] if cell.due_soon else [int(state) for state in cell.states or State]
    names = [COUNTED[code - 1] for code in codes]
    return sum(
        getattr(row, name)
        for row in counted(session, cell.day, [cell.requirement_id])
        if cell.departments is None or row.department_id in cell.departments
        for name in names
    )


def page_of(session: Session, cell: Cell, total: int, sort: str, offset: int, limit: int) -> Sequence[int]:
    """The ids of the people on a page of a cell of ``total`` people, in order. ``sort`` is one of :data:`SORTS`, with ``-`` before it
    for descending. Two statements."""
    name = sort.removeprefix("-")
    down = sort.startswith("-")
    if name in BY_SPAN:
        column: Any = {
            "due": func.coalesce(Span.due, FOR_EVER),
            "state": Span.state,
            "department": Span.department_id,
        }[name]
        query = select(Span.person_id).where(*cell.where()).order_by(*_ordered([column], down), Span.person_id)
    elif name == "name" and total * SHARE >= (session.scalar(select(func.max(Person.id))) or 0):
        columns: list[Any] = [Person.family_name, Person.given_name]
        found = select(Span.person_id).where(*cell.where(by_person=True), Span.person_id == Person.id).exists()
        query = select(Person.id).where(found).order_by(*_ordered(columns, down), Person.id)
    else:
        # functions, so that a planner finds the cell first and puts it in order then
        named = [Person.number] if name == "number" else [Person.family_name, Person.given_name]
        columns = [func.coalesce(each, "") for each in named]
        query = select(Person.id).join(Span, Span.person_id == Person.id).where(*cell.where())
        query = query.order_by(*_ordered(columns, down), Person.id)
    return session.scalars(query.offset(offset).limit(limit)).all()


def _ordered(columns: Sequence[Any], down: bool) -> list[Any]:
    return [column.desc() if down else column for column in columns]
