"""What counts as a course though it is another: the pure core, by tables."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from lms.compliance.facts import Equivalency, Event, Membership, PersonFacts, Record
from lms.compliance.rules import RequirementFacts, Rule, RuleVersion
from lms.compliance.spans import State
from lms.compliance.timeline import timeline
from tests.compliance.hospital import d

HIRED = d("2025-01-01")
AGAIN = {"again_on": {"courses": ["a"], "within": {"days": 30}}}


def person(records: list[Record], equal: list[Equivalency], events: tuple[Event, ...] = ()) -> PersonFacts:
    held = Membership(HIRED, None, 1, frozenset({"ED"}))
    return PersonFacts(1, [(HIRED, None)], [held], records=records, equivalencies=equal, events=events)


def on(day: str, who: PersonFacts, **rule: Any) -> str:
    parsed = Rule.parse({"courses": ["a"], "first": {"within": {"days": 30}}} | rule)
    requirement = RequirementFacts(1, (RuleVersion(1, parsed, HIRED, None, HIRED),))
    spans = timeline(requirement, who, date.max)
    return next(State(span.state).name.lower() for span in spans if span.from_day <= d(day) < span.to_day)


@pytest.mark.parametrize(
    ("done", "equal", "state"),
    [
        ("b", [("b", "a", "2025-01-01", None)], "compliant"),
        ("b", [], "overdue"),
        ("a", [("b", "a", "2025-01-01", None)], "compliant"),
        ("b", [("a", "b", "2025-01-01", None)], "overdue"),  # the other way round
        ("b", [("b", "c", "2025-01-01", None), ("c", "a", "2025-01-01", None)], "overdue"),  # two steps
        ("b", [("b", "a", "2025-02-11", None)], "overdue"),  # done the day before
        ("b", [("b", "a", "2025-02-10", None)], "compliant"),
        ("b", [("b", "a", "2025-01-01", "2025-02-10")], "overdue"),  # its end is the day after the last
        ("b", [("b", "a", "2025-01-01", "2025-02-11")], "compliant"),
        ("external:state/bias", [("external:state/bias", "a", "2025-01-01", None)], "compliant"),
    ],
)
def test_it_counts_one_way_one_step_and_on_its_days(done: str, equal: list[tuple[Any, ...]], state: str) -> None:
    facts = [
        Equivalency(n, source, target, d(start), d(end) if end else None)
        for n, (source, target, start, end) in enumerate(equal)
    ]
    for order in permutations(facts):
        assert on("2025-03-01", person([Record(1, done, d("2025-02-10"))], list(order))) == state


def test_it_counts_as_the_version_that_was_in_force_then() -> None:
    """A record of b, in its seventh version, is no proof of what is new in a since March; one of April is."""
    change = (Event(9, "a", 2, d("2025-03-01")),)
    equal = [Equivalency(1, "b", "a", HIRED)]
    before, after = Record(1, "b", d("2025-01-10"), version=7), Record(2, "b", d("2025-04-10"), version=1)
    assert on("2025-02-01", person([before], equal, change), **AGAIN) == "compliant"
    assert on("2025-05-01", person([before], equal, change), **AGAIN) == "overdue"
    assert on("2025-05-01", person([before, after], equal, change), **AGAIN) == "compliant"


def test_minutes_are_counted_once_however_many_courses_a_record_counts_as() -> None:
    hours = {"satisfied_by": {"hours": {"minutes": 90, "courses": ["a", "c"]}}}
    equal = [Equivalency(1, "b", "a", HIRED), Equivalency(2, "b", "c", HIRED)]
    rule = Rule.parse({"first": {"within": {"days": 30}}} | hours)
    requirement = RequirementFacts(1, (RuleVersion(1, rule, HIRED, None, HIRED),))
    for minutes, state in ((60, State.OVERDUE), (90, State.COMPLIANT)):
        spans = timeline(requirement, person([Record(1, "b", d("2025-01-10"), minutes=minutes)], equal), date.max)
        assert next(span.state for span in spans if span.from_day <= d("2025-03-01") < span.to_day) is state
