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
from lms.compliance.on_day import Stand, stand, stand_again
from lms.compliance.rules import RequirementFacts
from lms.compliance.spans import Span, State
from lms.compliance.surroundings import asked_by
from lms.compliance.uncollected import not_collecting
from lms.db import day_in, known
from lms.errors import N_, Message
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

    Both are worked out from the facts, by the same functions as the stored spans. About thirty statements, however many people. What
    the same facts and the same rules say at both times is worked out once.
    """

    def __init__(
        self, session: Session, person_ids: Sequence[int], day: date, then: datetime, now: datetime | None = None
    ) -> None:
        with not_collecting():
            self._read(session, person_ids, day, then, now)

    def _read(
        self, session: Session, person_ids: Sequence[int], day: date, then: datetime, now: datetime | None
    ) -> None:
        self._then = _Knowledge(session, person_ids, then)
        self._now = _Knowledge(session, person_ids, now)
        self.changed_rules = frozenset(
            id for id in {*self._then.rules, *self._now.rules} if self._then.rules.get(id) != self._now.rules.get(id)
        )
        """The requirements that were written down or changed in between."""
        self._stands: dict[int, tuple[Stand, Stand]] = {}
        for person in person_ids:
            was, known_now = self._then.people[person], self._now.people[person]
            old = stand(self._then.rules, was, day)
            self._stands[person] = old, stand_again(self._now.rules, known_now, day, old, self._then.rules, was)

    def standing(self, person_id: int) -> dict[int, tuple[Side, Side]]:
        """Where somebody stood then and now, for each requirement that applied at either time, the overall one among them."""
        old, new = self._stands[person_id]
        return {id: (_side(old, id), _side(new, id)) for id in sorted({*old.spans, *new.spans})}

    def learnt(self, person_id: int) -> list[Message]:
        """What was learnt in between about somebody, one sentence for each fact."""
        return later(self._then.people[person_id], self._now.people[person_id])

    def differences(self) -> Iterator[Difference]:
        """Every person and requirement on which the two differ, explained, in the order of people and requirements."""
        for person, (old, new) in self._stands.items():
            if old is new:
                continue
            standing = self.standing(person)
            differing = [id for id, (then, now) in standing.items() if id != OVERALL and then != now]
            learnt = tuple(self.learnt(person)) if differing else ()
            for id in differing:
                then, now = standing[id]
                because = (*learnt, Message(RULE_CHANGED)) if id in self.changed_rules else learnt
                before = self._then.explained(person, then, old.spans.get(id))
                after = self._now.explained(person, now, new.spans.get(id))
                yield Difference(person, id, before, after, because)


RULE_CHANGED = N_("The requirement was written down or changed later.")


class _Knowledge:
    """Rules and facts, by one state of knowledge."""

    def __init__(self, session: Session, person_ids: Sequence[int], known_at: datetime | None) -> None:
        self.rules: Mapping[int, RequirementFacts] = gathering.requirements(session, known_at)
        asks = asked_by(self.rules.values())
        self.people: Mapping[int, PersonFacts] = gathering.people(session, person_ids, known_at, asks)

    def explained(self, person_id: int, side: Side, span: Span | None) -> Side:
        """The side with its sentence."""
        return NOWHERE if span is None else side._replace(why=explain(span, self.people[person_id]))


def _side(there: Stand, requirement_id: int) -> Side:
    span = there.spans.get(requirement_id)
    return NOWHERE if span is None else Side(span.state, there.department_id or None, span.due, None)
