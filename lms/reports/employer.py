"""The employer's report on one requirement and one year: everybody who was asked in it, each once, and who has not completed it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, not_, or_, select
from sqlalchemy.orm import Session, aliased

from lms.compliance.behind import Found
from lms.compliance.models import Span
from lms.compliance.spans import MET, State
from lms.compliance.tallies import active
from lms.db import day_in, known
from lms.people.models import Membership, Person, display_name

LATE, OPEN = (State.IN_GRACE, State.OVERDUE), (State.OPEN, State.UPCOMING)
BATCH = 2000


class Group(StrEnum):
    """Where somebody stands at the end of the year, or on the last day on which the requirement applied to them in it."""

    LATE = "late"
    NOT_DUE = "not_due"
    ON_LEAVE = "on_leave"
    EXEMPT = "exempt"
    ENDED = "ended"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is about: a requirement, the days ``first`` to ``last`` (both included), these departments (None: all)."""

    requirement_id: int
    first: date
    last: date
    departments: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Line:
    """One person: ``found`` as on ``day``, the last one in the year on which they were asked."""

    group: Group
    day: date
    found: Found


def year_of(requirement_id: int, year: int, today: date, departments: frozenset[int] | None) -> Asked:
    """A year as far as it has passed."""
    return Asked(requirement_id, date(year, 1, 1), min(date(year, 12, 31), today), departments)


def counts(session: Session, asked: Asked) -> dict[Group, int]:
    """How many people stand in each group. One statement."""
    sums = [func.coalesce(func.sum(case((_condition(group, asked), 1), else_=0)), 0) for group in Group]
    row = session.execute(select(*sums).select_from(Span).where(*_last_spans(asked))).one()
    return {group: int(people) for group, people in zip(Group, row, strict=True)}


def lines(
    session: Session, asked: Asked, group: Group | None = None, *, page: int | None = None, size: int = 50
) -> Iterator[Line]:
    """The people of a group (None: all, group by group), by name; a page (from 1) of them, or everybody. One statement."""
    groups = [group] if group is not None else list(Group)
    rank = case(*((_condition(each, asked), place) for place, each in enumerate(groups)))
    query = _lines(asked).add_columns(rank.label("rank")).where(*_last_spans(asked))
    if group is not None:
        query = query.where(_condition(group, asked))
    query = query.order_by(rank, Person.family_name, Person.given_name, Person.id)
    if page is not None:
        query = query.offset((page - 1) * size).limit(size)
    for to_day, place, *rest in _told(session, query):
        yield Line(groups[place], min(asked.last, _before(to_day)), Found(*rest))


def _before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _last_spans(asked: Asked) -> list[ColumnElement[bool]]:
    """The last span of each person that touches the year."""
    later = aliased(Span)
    goes_on = (
        select(literal(1))
        .where(
            later.generation_id == Span.generation_id,
            later.requirement_id == Span.requirement_id,
            later.person_id == Span.person_id,
            later.from_day >= Span.to_day,
            later.from_day <= asked.last,
        )
        .exists()
    )
    ended = and_(Span.to_day > asked.first, Span.to_day <= asked.last, ~goes_on)
    where: list[ColumnElement[bool]] = [
        Span.generation_id == active(),
        Span.requirement_id == asked.requirement_id,
        or_(day_in(asked.last, Span.from_day, Span.to_day), ended),
    ]
    if asked.departments is not None:
        where.append(Span.department_id.in_(asked.departments))
    return where


def _condition(group: Group, asked: Asked) -> ColumnElement[bool]:
    """The groups exclude each other, and everybody is in one."""
    running = Span.to_day > asked.last
    done = _in(MET)
    by_group: dict[Group, ColumnElement[bool]] = {
        Group.LATE: and_(running, _in(LATE)),
        Group.NOT_DUE: and_(running, _in(OPEN)),
        Group.ON_LEAVE: and_(running, _in([State.ON_LEAVE])),
        Group.EXEMPT: and_(running, _in([State.EXEMPT])),
        Group.ENDED: and_(not_(running), not_(done)),
        Group.DONE: done,
    }
    return by_group[group]


def _in(states: Collection[State]) -> ColumnElement[bool]:
    return Span.state.in_([int(state) for state in states])


def _lines(asked: Asked) -> Select[Any]:
    held = aliased(Membership)
    day = case((Span.to_day > asked.last, asked.last), else_=Span.to_day)
    home = (
        select(held.id)
        .where(held.person_id == Span.person_id, known(held), held.from_day <= day, held.to_day >= day)
        .order_by(held.primary.desc(), held.from_day.desc(), held.id)
        .limit(1)
        .correlate(Span)
        .scalar_subquery()
    )
    columns: list[Any] = [
        Span.to_day, Person.id, Person.number, Person.given_name, Person.family_name, Span.department_id, Membership.job,
        Membership.profession, Span.state, Span.beneath, Span.due, Span.valid_until, Span.because,
    ]  # fmt: skip
    query: Select[Any] = select(*columns)
    return (
        query.select_from(Span).join(Person, Person.id == Span.person_id).outerjoin(Membership, Membership.id == home)
    )


def _told(session: Session, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    for row in session.execute(query.execution_options(yield_per=BATCH)):
        to_day, id, number, given, family, department, job, profession, state, beneath, due, until, because, place = row
        under = None if beneath is None else State(beneath)
        name = display_name(given, family)
        yield (
            to_day, place, id, number, name, department, job or "", profession or "", State(state), under, due, until,
            because,
        )  # fmt: skip
