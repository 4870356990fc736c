"""Where one person stands on one day, by two states of knowledge; pure, and without the rest of the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from .departments import homes
from .facts import PersonFacts
from .overall import overall_on
from .rows import OVERALL
from .rules import RequirementFacts
from .spans import Span
from .timeline import counting, timeline

Rules = Mapping[int, RequirementFacts]


class Stand(NamedTuple):
    """The department in which a person counts on a day (None: in none), and what is in force of each requirement, by its id.

    The overall span, of that one day, stands beside them; where no requirement applies there is none.
    """

    department_id: int | None
    spans: Mapping[int, Span]


def stand(rules: Rules, person: PersonFacts, day: date) -> Stand:
    """Where a person stands on ``day``."""
    found = {id: span for id, rule in rules.items() if (span := _on(rule, person, day)) is not None}
    return Stand(_home(person, day), _with_overall(found, day))


def stand_again(
    rules: Rules, person: PersonFacts, day: date, before: Stand, rules_before: Rules, was: PersonFacts
) -> Stand:
    """The same as :func:`stand`, taken over from ``before`` where rules and facts say nothing else than ``was`` and ``rules_before``.

    Most of what is learnt is one more thing done: it can change only the requirements that count it.
    """
    if person == was and rules == rules_before:
        return before
    alike = replace(person, records=()) == replace(was, records=())
    found: dict[int, Span] = {}
    for id, rule in rules.items():
        same = alike and rule == rules_before.get(id) and counting(rule, person) == counting(rule, was)
        span = before.spans.get(id) if same else _on(rule, person, day)
        if span is not None:
            found[id] = span
    return Stand(before.department_id if alike else _home(person, day), _with_overall(found, day))


def _on(rule: RequirementFacts, person: PersonFacts, day: date) -> Span | None:
    """The span of a day, with its true end; None where the requirement does not apply."""
    spans = timeline(rule, person, day)
    return spans[-1] if spans and day < spans[-1].to_day else None


def _home(person: PersonFacts, day: date) -> int | None:
    return next(place for start, end, place in homes(person.memberships) if start <= day < end)


def _with_overall(found: dict[int, Span], day: date) -> Mapping[int, Span]:
    if found:
        state, due, because, lapsed = overall_on(found)
        found[OVERALL] = Span(day, day + timedelta(days=1), state, None, due, None, 0, because, lapsed)
    return found
