"""As known then, as known now: where people stood on a day by what had been written down at a moment, and by what is known today."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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


def there(
    session: Session, departments: Collection[int] | None, day: date, known_at: datetime, person_id: int | None = None
) -> list[int]:
    """Who had a membership in these departments (None: any) on ``day``, as known just before ``known_at`` or as known now.

    ``person_id``: only this person is asked about.
    """
    query = select(Membership.person_id).where(
        or_(known(Membership), known(Membership, known_at)), day_in(day, Membership.from_day, Membership.to_day)
    )
    if departments is not None:
        query = query.where(Membership.department_id.in_(departments))
    if person_id is not None:
        query = query.where(Membership.person_id == person_id)
    return sorted(session.scalars(query.distinct()))


def pairs(session: Session, people: int) -> int:
    """How many pairs of person and requirement a comparison of so many people works out, twice."""
    return people * max(1, len(gathering.requirements(session)))


class Comparison:
    """Where these people stood on ``day``, as known just before ``then`` and as known just before ``now`` (None: at this moment).

    Both are worked out from the facts, by the same functions as the stored spans. About thirty statements, however many people. Who was
    known by the same facts at both times, and by the same rules, is worked out once.
    """

    def __init__(
        self, session: Session, person_ids: Sequence[int], day: date, then: datetime, now: datetime | None = None
    ) -> None:
        organisation = load(session)
        soon_days = organisation.due_soon_days if organisation else 30
        self._then = _Knowledge(session, person_ids, then)
        self._now = _Knowledge(session, person_ids, now)
        self.changed_rules = frozenset(
            id for id in {*self._then.rules, *self._now.rules} if self._then.rules.get(id) != self._now.rules.get(id)
        )
        """The requirements that were written down or changed in between."""
        self._rows: dict[int, tuple[_Rows, _Rows]] = {}
        for person in person_ids:
            old = self._then.rows(person, day, soon_days)
            same = not self.changed_rules and self._then.people[person] == self._now.people[person]
            self._rows[person] = old, old if same else self._now.rows(person, day, soon_days)

    def standing(self, person_id: int) -> dict[int, tuple[Side, Side]]:
        """Where somebody stood then and now, for each requirement that applied at either time, the overall one among them."""
        old, new = self._rows[person_id]
        return {id: (_side(old.get(id)), _side(new.get(id))) for id in sorted({*old, *new})}

    def learnt(self, person_id: int) -> list[Message]:
        """What was learnt in between about somebody, one sentence for each fact."""
        return later(self._then.people[person_id], self._now.people[person_id])

    def differences(self) -> Iterator[Difference]:
        """Every person and requirement on which the two differ, explained, in the order of people and requirements."""
        for person, (old, new) in self._rows.items():
            if old is new:
                continue
            for requirement_id, (then, now) in self.standing(person).items():
                if requirement_id == OVERALL or then == now:
                    continue
                learnt = self.learnt(person)
                if requirement_id in self.changed_rules:
                    learnt.append(Message(RULE_CHANGED))
                before = self._then.explained(person, old.get(requirement_id))
                after = self._now.explained(person, new.get(requirement_id))
                yield Difference(person, requirement_id, before, after, tuple(learnt))


RULE_CHANGED = N_("The requirement was written down or changed later.")

_Rows = Mapping[int, Row]


class _Knowledge:
    """Rules and facts, by one state of knowledge."""

    def __init__(self, session: Session, person_ids: Sequence[int], known_at: datetime | None) -> None:
        self.rules: Mapping[int, RequirementFacts] = gathering.requirements(session, known_at)
        asks = asked_by(self.rules.values())
        self.people: Mapping[int, PersonFacts] = gathering.people(session, person_ids, known_at, asks)

    def rows(self, person_id: int, day: date, soon_days: int) -> _Rows:
        """The rows of a day, by requirement."""
        return {
            row.requirement_id: row
            for row in rows_of(self.rules.values(), self.people[person_id], soon_days)
            if row.from_day <= day < row.to_day
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
