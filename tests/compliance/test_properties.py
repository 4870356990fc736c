"""What holds for every rule and every person, whatever the facts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.compliance.calendar import add_months
from lms.compliance.departments import homes
from lms.compliance.facts import PersonFacts
from lms.compliance.overall import overall
from lms.compliance.rules import RequirementFacts
from lms.compliance.spans import MET, Span, State
from lms.compliance.timeline import satisfied_on, timeline

from .drawing import FIRST, cases, days, plain_people, plain_requirements, rich_people, rich_requirements
from .making import d, line, person, rule

Spans = tuple[Span, ...]
BADNESS = {
    State.COMPLIANT: 0,
    State.RENEWAL_OPEN: 1,
    State.UPCOMING: 2,
    State.OPEN: 3,
    State.IN_GRACE: 4,
    State.OVERDUE: 5,
}


def often(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
    )


def within(day: date, start: date, end: date | None) -> bool:
    return start <= day and (end is None or day < end)


def required(requirement: RequirementFacts, facts: PersonFacts, day: date) -> bool:
    """The audience, asked the slow way: is there a membership in it, in an employment, under the version in force?"""
    phase = next((p for p in requirement.phases if p.from_day <= day.toordinal() < p.to_day), None)
    return (
        phase is not None
        and any(within(day, *stretch) for stretch in facts.employments)
        and any(within(day, m.from_day, m.to_day) and phase.rule.audience.holds(m) for m in facts.memberships)
    )


def edges(facts: PersonFacts, requirement: RequirementFacts) -> set[date]:
    """Every day on which a fact begins or ends."""
    found = {day for stretch in facts.employments for day in stretch}
    for fact in (*facts.memberships, *facts.leaves, *facts.exemptions, *requirement.versions):
        found |= {fact.from_day, fact.to_day}
    found |= {version.adopted_on for version in requirement.versions}
    found |= {extension.granted_on for extension in facts.extensions}
    found |= {record.completed_on for record in facts.records} | {event.day for event in facts.events}
    found |= {record.expires + timedelta(days=1) for record in facts.records if record.expires}
    for licence in facts.licences:
        found |= {licence.issued, *licence.renewals}
    return {day for day in found if day is not None}


# Drawing a person costs more than any of these checks: they all look at the same one, and the traceback tells which failed.


@often(220)
@given(cases, days, st.randoms(use_true_random=False))
def test_what_holds_for_every_timeline(
    case: tuple[RequirementFacts, PersonFacts], day: date, chance: random.Random
) -> None:
    requirement, facts = case
    spans = timeline(requirement, facts, date.max)
    they_follow_each_other_and_cover_the_days_of_the_audience(spans, requirement, facts)
    a_state_never_improves_without_a_new_fact(spans, requirement, facts)
    what_a_span_says_fits_together(spans, requirement)
    what_is_said_of_a_day_fits_its_span(spans, requirement, facts, day)
    the_order_of_facts_does_not_matter(spans, requirement, facts, chance)
    a_nearer_horizon_only_leaves_out_what_begins_after_it(spans, requirement, facts, day)
    what_is_done_later_changes_no_day_before_it(spans, requirement, facts, day)


def they_follow_each_other_and_cover_the_days_of_the_audience(
    spans: Spans, requirement: RequirementFacts, facts: PersonFacts
) -> None:
    assert all(span.from_day < span.to_day for span in spans)
    assert all(before.to_day <= after.from_day for before, after in pairwise(spans))
    marks = edges(facts, requirement) | {FIRST, date(2040, 1, 1)} | {span.from_day for span in spans}
    for mark in marks:
        for day in (mark - timedelta(days=1), mark, mark + timedelta(days=1)):
            covered = any(span.from_day <= day < span.to_day for span in spans)
            assert covered == required(requirement, facts, day), day


def a_state_never_improves_without_a_new_fact(spans: Spans, requirement: RequirementFacts, facts: PersonFacts) -> None:
    """But for hours that are carried over: they meet a cycle on its first day."""
    marks = edges(facts, requirement)
    hours = any(version.rule.hours for version in requirement.versions)
    for before, after in pairwise(spans):
        if hours and before.cycle != after.cycle and after.because == "carried":
            continue
        if before.state in BADNESS and after.state in BADNESS and BADNESS[after.state] < BADNESS[before.state]:
            assert after.from_day in marks or (hours and after.state in MET and before.state in MET)


def what_a_span_says_fits_together(spans: Spans, requirement: RequirementFacts) -> None:
    for span in spans:
        last = span.to_day - timedelta(days=1)
        assert (span.beneath is not None) == (span.state in (State.EXEMPT, State.ON_LEAVE))
        if span.state in MET:
            assert span.because.startswith("record:") or (requirement.counts_hours and span.because == "carried")
            assert span.valid_until is None or last <= span.valid_until
        if span.state in (State.OPEN, State.UPCOMING):
            assert span.due is None or last <= span.due
        if span.state in (State.IN_GRACE, State.OVERDUE):
            assert span.due is not None and span.due < span.from_day
        assert not span.lapsed_extended or (
            span.state == State.OPEN and span.valid_until is not None and span.valid_until < span.from_day
        )


def what_is_said_of_a_day_fits_its_span(
    spans: Spans, requirement: RequirementFacts, facts: PersonFacts, day: date
) -> None:
    satisfied = satisfied_on(requirement, facts, day)
    assert satisfied is None or satisfied <= day
    if any(span.from_day <= day < span.to_day and span.state in MET for span in spans):
        assert satisfied is not None


def the_order_of_facts_does_not_matter(
    spans: Spans, requirement: RequirementFacts, facts: PersonFacts, chance: random.Random
) -> None:
    def mixed(things: Sequence[Any]) -> list[Any]:
        return chance.sample(list(things), len(things))

    other = replace(
        facts, employments=mixed(facts.employments), memberships=mixed(facts.memberships), leaves=mixed(facts.leaves),
        exemptions=mixed(facts.exemptions), extensions=mixed(facts.extensions), records=mixed(facts.records),
        licences=mixed(facts.licences), events=mixed(facts.events),
    )  # fmt: skip
    shuffled = RequirementFacts(requirement.requirement_id, mixed(requirement.versions))
    assert timeline(shuffled, other, date.max) == spans
    assert homes(other.memberships) == homes(facts.memberships)


def a_nearer_horizon_only_leaves_out_what_begins_after_it(
    spans: Spans, requirement: RequirementFacts, facts: PersonFacts, horizon: date
) -> None:
    assert timeline(requirement, facts, horizon) == tuple(span for span in spans if span.from_day <= horizon)


def what_is_done_later_changes_no_day_before_it(
    spans: Spans, requirement: RequirementFacts, facts: PersonFacts, day: date
) -> None:
    """As known now, a record changes the state of no day before it (due days of a calendar may be seen further ahead)."""
    before = [record for record in facts.records if record.completed_on <= day]
    less = timeline(requirement, replace(facts, records=before), date.max)

    def state(given: Spans, asked: date) -> State | None:
        return next((span.state for span in given if span.from_day <= asked < span.to_day), None)

    for asked in {day, *(record.completed_on for record in before)}:
        assert state(less, asked) == state(spans, asked), asked


@often(110)
@given(
    st.one_of(
        st.tuples(st.lists(plain_requirements(), min_size=1, max_size=3), plain_people()),
        st.tuples(st.lists(rich_requirements(), min_size=1, max_size=3), rich_people()),
    )
)
def test_overall_covers_the_days_of_all_requirements_and_columns_add_up(
    case: tuple[list[RequirementFacts], PersonFacts],
) -> None:
    several, facts = case
    lines = {number: timeline(each, facts, date.max) for number, each in enumerate(several, 1)}
    total = overall(lines)
    assert all(before.to_day <= after.from_day for before, after in pairwise(total))
    for day in {span.from_day for spans in lines.values() for span in spans} | {d("2024-07-01")}:
        states = [span.state for spans in lines.values() for span in spans if span.from_day <= day < span.to_day]
        found = [span.state for span in total if span.from_day <= day < span.to_day]
        assert len(found) == (1 if states else 0)
        if states and State.ON_LEAVE not in states:
            assert (State.OVERDUE in states) == (found == [State.OVERDUE])


@often(100)
@given(st.lists(st.dates(d("2024-03-01"), d("2030-01-01")), max_size=8), st.integers(0, 40), st.integers(10, 120))
def test_a_rolling_rule_agrees_with_a_plain_calculation_for_each_day(done: list[date], grace: int, window: int) -> None:
    spans = line(
        person("2024-03-01", done=sorted(str(day) for day in done)), rule(window, grace=grace, opens_before=60)
    )
    probes = {
        day + timedelta(days=n) for day in [*done, d("2024-03-01")] for n in (0, 1, window, window + 1, 304, 364, 370)
    }
    for day in sorted(probes):
        before = [each for each in done if each <= day]
        if before:
            due = add_months(max(before), 12) - timedelta(days=1)
            good = State.RENEWAL_OPEN if day >= due - timedelta(days=60) else State.COMPLIANT
        else:
            due, good = d("2024-03-01") + timedelta(days=window), State.OPEN
        late = State.IN_GRACE if day <= due + timedelta(days=grace) else State.OVERDUE
        span = next(each for each in spans if each.from_day <= day < each.to_day)
        assert (span.state, span.due) == (good if day <= due else late, due)


@often(100)
@given(st.lists(st.dates(d("2024-01-01"), d("2029-12-31")), max_size=8), st.integers(1, 28), st.integers(1, 12))
def test_a_fixed_date_agrees_with_a_plain_calculation_for_each_day(done: list[date], day_of: int, month: int) -> None:
    data = rule(30, kind="fixed", recurs={"month": month, "day": day_of, "minimum_window": 0}, opens_before=60)
    spans = line(person("2024-01-01", done=sorted(str(day) for day in done)), data)
    dues = [date(year, month, day_of) for year in range(2024, 2036)]
    opens = [d("2024-01-01")] + [due - timedelta(days=60) for due in dues[1:]]

    def turn(day: date) -> int:
        return max(place for place, opened in enumerate(opens) if opened <= day)

    for day in sorted({*done, *(due + timedelta(days=n) for due in dues[:6] for n in (0, 1, 30))}):
        met = {turn(each) for each in done if each <= day}
        latest = max(met, default=-1)
        if day > dues[latest + 1]:
            expected = State.OVERDUE
        elif latest < 0:
            expected = State.OPEN
        else:
            expected = State.RENEWAL_OPEN if day >= opens[latest + 1] else State.COMPLIANT
        span = next(each for each in spans if each.from_day <= day < each.to_day)
        assert span.state == expected, day


@often(100)
@given(st.lists(st.dates(d("2024-03-01"), d("2028-01-01")), max_size=6), st.dates(d("2024-03-01"), d("2028-01-01")))
def test_one_more_completion_never_makes_any_day_worse(done: list[date], more: date) -> None:
    def badness(spans: tuple[Span, ...], day: date) -> int:
        return next(BADNESS[span.state] for span in spans if span.from_day <= day < span.to_day)

    for data in (rule(60), rule(60, kind="cadence", opens_before=60), rule(60, every=None)):
        less = line(person("2024-03-01", done=[str(day) for day in done]), data)
        plus = line(person("2024-03-01", done=[str(day) for day in [*done, more]]), data)
        for day in {span.from_day for span in (*less, *plus)}:
            assert badness(plus, day) <= badness(less, day), day
