"""As known then, as known now: where people stood on a day by what had been written down at a moment, and by what is known today."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.compliance import gathering
from lms.compliance.explain import explain
from lms.compliance.facts import PersonFacts
from lms.compliance.hindsight import later
from lms.compliance.models import OVERALL
from lms.compliance.rows import Row, rows_of
from lms.compliance.rules import RequirementFacts
from lms.compliance.spans import Span, State
from lms.compliance.surroundings import asked_by
from lms.db import day_in, known
from lms.errors import N_, Message
from lms.organisation import load
from lms.people.models import Membership


class Side(NamedTuple):
    """Where somebody stood by one state of knowledge; ``state`` None: the requirement did not include the person."""

    state: State | None
    department_id: int | None
    due: date | None
    why: Message | None


NOWHERE = Side(None, None, None, None)


class Difference(NamedTuple):
    """One person and requirement on which the two states of knowledge differ, with what was learnt in between."""

    person_id: int
    requirement_id: int
    then: Side
    now: Side
    later: tuple[Message, ...]


class Compared(NamedTuple):
    """``overall``: for each person where they stood overall, then and now; ``differences`` in the order of people and requirements."""

    overall: Mapping[int, tuple[Side, Side]]
    differences: Sequence[Difference]


def there(session: Session, departments: Collection[int] | None, day: date, known_at: datetime) -> list[int]:
    """Who had a membership in these departments (None: any) on ``day``, as known just before ``known_at`` or as known now."""
    query = select(Membership.person_id).where(
        or_(known(Membership), known(Membership, known_at)), day_in(day, Membership.from_day, Membership.to_day)
    )
    if departments is not None:
        query = query.where(Membership.department_id.in_(departments))
    return sorted(session.scalars(query.distinct()))


def pairs(session: Session, people: int) -> int:
    """How many pairs of person and requirement a comparison of so many people works out, twice."""
    return people * max(1, len(gathering.requirements(session)))


def compare(session: Session, person_ids: Sequence[int], day: date, known_at: datetime) -> Compared:
    """Where these people stood on ``day``, as known just before ``known_at`` and as known now.

    Both are worked out from the facts, by the same functions as the stored spans. About thirty statements, however many people.
    """
    then = _Knowledge(session, person_ids, day, known_at)
    today = _Knowledge(session, person_ids, day, None)
    overall: dict[int, tuple[Side, Side]] = {}
    differences: list[Difference] = []
    for person in person_ids:
        old, new = then.rows[person], today.rows[person]
        overall[person] = (_side(old.get(OVERALL)), _side(new.get(OVERALL)))
        for requirement_id in sorted({*old, *new} - {OVERALL}):
            before, after = old.get(requirement_id), new.get(requirement_id)
            if _side(before) == _side(after):
                continue
            learnt = later(then.people[person], today.people[person])
            if then.rules.get(requirement_id) != today.rules.get(requirement_id):
                learnt.append(Message(N_("The requirement was written down or changed later.")))
            sides = then.explained(person, before), today.explained(person, after)
            differences.append(Difference(person, requirement_id, *sides, tuple(learnt)))
    return Compared(overall, differences)


class _Knowledge:
    """Rules, facts and the rows of a day, by one state of knowledge."""

    def __init__(self, session: Session, person_ids: Sequence[int], day: date, known_at: datetime | None) -> None:
        organisation = load(session)
        soon_days = organisation.due_soon_days if organisation else 30
        self.rules: Mapping[int, RequirementFacts] = gathering.requirements(session, known_at)
        asks = asked_by(self.rules.values())
        self.people: Mapping[int, PersonFacts] = gathering.people(session, person_ids, known_at, asks)
        self.rows: Mapping[int, Mapping[int, Row]] = {
            person: {
                row.requirement_id: row
                for row in rows_of(self.rules.values(), facts, soon_days)
                if row.from_day <= day < row.to_day
            }
            for person, facts in self.people.items()
        }

    def explained(self, person_id: int, row: Row | None) -> Side:
        if row is None:
            return NOWHERE
        span = Span(
            row.from_day, row.to_day, State(row.state), None, row.due, row.valid_until, row.cycle, row.because,
            row.lapsed_extended,
        )  # fmt: skip
        return _side(row)._replace(why=explain(span, self.people[person_id]))


def _side(row: Row | None) -> Side:
    return NOWHERE if row is None else Side(State(row.state), row.department_id or None, row.due, None)
