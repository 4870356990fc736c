"""Reads of kept comparisons."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from lms.compliance.comparing.models import Comparison, ComparisonCell, ComparisonLine, ComparisonPerson
from lms.compliance.known_then import RULE_CHANGED
from lms.compliance.models import OVERALL
from lms.compliance.spans import State
from lms.errors import N_, Message, NotFound
from lms.people.models import Person


def comparison(session: Session, comparison_id: int) -> Comparison:
    """One comparison.

    Raises:
        NotFound: there is none.
    """
    found = session.get(Comparison, comparison_id, populate_existing=True)
    if found is None:
        raise NotFound(N_("There is no such comparison."))
    return found


def answering(session: Session, day: date, known_on: date) -> Comparison | None:
    """The latest comparison that was asked for these two days."""
    query = select(Comparison).where(Comparison.day == day, Comparison.known_on == known_on)
    return session.scalar(query.order_by(Comparison.id.desc()).limit(1))


def listed(session: Session, page: int, size: int = 50) -> list[tuple[Comparison, str]]:
    """One page (from 1) of what is kept or under way, the newest first, with who asked; and one more when there is a next page."""
    query = select(Comparison, Person).outerjoin(Person, Person.id == Comparison.asked_by)
    rows = session.execute(query.order_by(Comparison.id.desc()).offset((page - 1) * size).limit(size + 1))
    return [(found, person.display_name if person else "") for found, person in rows]


class Cell(NamedTuple):
    """So many people of a department are in a state for a requirement, by one state of knowledge."""

    requirement_id: int
    department_id: int
    state: int
    people: int


def cells(session: Session, comparison_id: int, requirement_id: int | None = None) -> tuple[list[Cell], list[Cell]]:
    """The cells as known then, and those as known now. One statement."""
    cell = ComparisonCell
    query = select(cell.requirement_id, cell.department_id, cell.state, cell.then, cell.now)
    query = query.where(cell.comparison_id == comparison_id)
    if requirement_id is not None:
        query = query.where(cell.requirement_id == requirement_id)
    then, now = [], []
    for requirement, department, state, before, after in session.execute(query):
        then.append(Cell(requirement, department, state, before))
        now.append(Cell(requirement, department, state, after))
    return then, now


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the people who stand elsewhere: for a requirement (0: any), in these departments then or now (None: all)."""

    comparison_id: int
    requirement_id: int = OVERALL
    departments: Collection[int] | None = None

    def where(self) -> list[ColumnElement[bool]]:
        """The condition on :class:`ComparisonPerson`."""
        person, line = ComparisonPerson, ComparisonLine
        found: list[ColumnElement[bool]] = [person.comparison_id == self.comparison_id]
        if self.departments is not None:
            found.append(or_(person.then_department.in_(self.departments), person.now_department.in_(self.departments)))
        if self.requirement_id != OVERALL:
            differs = select(line.person_id).where(
                line.comparison_id == self.comparison_id,
                line.person_id == person.person_id,
                line.requirement_id == self.requirement_id,
            )
            found.append(differs.exists())
        return found


class Stand(NamedTuple):
    """Where somebody stood by one state of knowledge; ``state`` None: the requirement did not include the person."""

    state: State | None
    department_id: int | None
    due: date | None


class Change(NamedTuple):
    """One requirement in which somebody stands elsewhere."""

    requirement_id: int
    then: Stand
    now: Stand
    learnt: tuple[Message, ...]


class Moved(NamedTuple):
    """Somebody who stands elsewhere, with every requirement in which (only the one that is wanted, if one is)."""

    person_id: int
    number: str
    name: str
    changes: tuple[Change, ...]


def how_many(session: Session, wanted: Wanted) -> int:
    """How many people stand elsewhere."""
    return session.scalar(select(func.count()).select_from(ComparisonPerson).where(*wanted.where())) or 0


def moved(session: Session, kept: Comparison, wanted: Wanted, page: int, size: int = 50) -> list[Moved]:
    """One page (from 1) of the people who stand elsewhere, by name. Two statements."""
    query = select(Person, ComparisonPerson).join(ComparisonPerson, ComparisonPerson.person_id == Person.id)
    query = query.where(*wanted.where()).order_by(Person.family_name, Person.given_name, Person.id)
    found = session.execute(query.offset((page - 1) * size).limit(size)).all()
    return _moved(session, kept, wanted, [(person, row) for person, row in found])


def everybody_moved(session: Session, kept: Comparison, wanted: Wanted, size: int = 1000) -> Iterator[Moved]:
    """All of them, in the order of their ids, read while they are taken."""
    query = select(Person, ComparisonPerson).join(ComparisonPerson, ComparisonPerson.person_id == Person.id)
    after = 0
    while True:
        here = query.where(*wanted.where(), ComparisonPerson.person_id > after).order_by(ComparisonPerson.person_id)
        found = [(person, row) for person, row in session.execute(here.limit(size))]
        if not found:
            return
        yield from _moved(session, kept, wanted, found)
        after = found[-1][1].person_id
        session.expunge_all()


def _moved(
    session: Session, kept: Comparison, wanted: Wanted, found: Sequence[tuple[Person, ComparisonPerson]]
) -> list[Moved]:
    line = ComparisonLine
    query = select(line).where(line.comparison_id == wanted.comparison_id).order_by(line.person_id, line.requirement_id)
    query = query.where(line.person_id.in_([person.id for person, _ in found]))
    if wanted.requirement_id != OVERALL:
        query = query.where(line.requirement_id == wanted.requirement_id)
    lines: dict[int, list[ComparisonLine]] = {}
    for row in session.scalars(query):
        lines.setdefault(row.person_id, []).append(row)
    return [
        Moved(person.id, person.number, person.display_name, tuple(_change(kept, row, each) for each in lines[person.id]))
        for person, row in found
    ]  # fmt: skip


def _change(kept: Comparison, person: ComparisonPerson, row: ComparisonLine) -> Change:
    then = Stand(_state(row.then_state), person.then_department, row.then_due)
    now = Stand(_state(row.now_state), person.now_department, row.now_due)
    learnt = read(person.learnt)
    if row.requirement_id in kept.changed_rules:
        learnt.append(Message(RULE_CHANGED))
    return Change(row.requirement_id, then, now, tuple(learnt))


def _state(code: int | None) -> State | None:
    return None if code is None else State(code)


def written(learnt: Sequence[Message]) -> list[Any]:
    """The sentences of ``compliance.hindsight`` as they are kept, days as ``{"day": "2026-06-30"}``."""
    return [[each.msgid, {name: _plain(value) for name, value in each.params.items()}] for each in learnt]


def _plain(value: object) -> object:
    return {"day": value.isoformat()} if isinstance(value, date) else value


def read(learnt: Sequence[Any]) -> list[Message]:
    """The sentences again."""
    return [
        Message(msgid, {name: date.fromisoformat(value["day"]) if isinstance(value, dict) else value for name, value in params.items()})
        for msgid, params in learnt
    ]  # fmt: skip
