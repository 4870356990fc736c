"""What holds for every rule and every person, whatever the facts."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.compliance.calendar import add_months
from lms.compliance.departments import split_by_department
from lms.compliance.facts import Exemption, Extension, Leave, LeaveKind, Membership, PersonFacts, Record
from lms.compliance.overall import overall
from lms.compliance.rules import RequirementFacts, Rule, RuleVersion
from lms.compliance.spans import MET, Span, State
from lms.compliance.timeline import timeline

from .making import REQUIREMENT, d, line, person, rule

FIRST = d("2021-01-01")
LAST = d("2027-12-31")
days = st.dates(FIRST, LAST)
lengths = st.one_of(
    st.builds(lambda n: {"days": n}, st.integers(1, 200)), st.builds(lambda n: {"months": n}, st.integers(1, 36))
)
months = st.builds(lambda n: {"months": n}, st.sampled_from([1, 3, 6, 12, 24]))


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["once", "rolling", "cadence", "fixed"]))
    first: dict[str, Any] = {"within": draw(lengths)}
    recurs: dict[str, Any] = {"kind": kind}
    if kind == "rolling":
        recurs |= {"every": draw(lengths), "early_counts": draw(st.booleans())}
    elif kind == "cadence":
        recurs |= {"every": draw(months)}
    elif kind == "fixed":
        recurs |= {"every": draw(months), "month": draw(st.integers(1, 12)), "day": draw(st.integers(1, 28))}
    if kind != "fixed" and draw(st.booleans()):
        first["incumbents_due"] = draw(days).isoformat()
    if draw(st.booleans()):
        first["opens_before"] = draw(st.integers(0, 120))
    data: dict[str, Any] = {
        "courses": draw(st.sampled_from([["a"], ["a", "b"], ["b"]])),
        "first": first,
        "recurs": recurs,
    }
    data["needs"] = draw(st.sampled_from(["all", "any"]))
    data["audience"] = draw(
        st.sampled_from(
            [{"everyone": True}, {"field": "department", "in": ["ED"]}, {"field": "patient_contact", "is": True}]
        )
    )
    for name in ("opens_before", "grace", "rejoin_within", "return_window"):
        if draw(st.booleans()):
            data[name] = draw(st.integers(0, 120))
    data["leave"] = draw(st.sampled_from([kind.value for kind in LeaveKind]))
    if draw(st.booleans()):
        data["look_back"] = draw(st.one_of(st.sampled_from(["any", "none"]), lengths))
    if draw(st.booleans()):
        data["align"] = "end_of_month"
    return data


@st.composite
def stretches(draw: st.DrawFn) -> tuple[date, date | None]:
    start = draw(days)
    return start, draw(st.one_of(st.none(), st.integers(1, 900).map(lambda n: start + timedelta(days=n))))


@st.composite
def requirements(draw: st.DrawFn) -> RequirementFacts:
    versions = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        start, end = draw(stretches())
        adopted = start + timedelta(days=draw(st.sampled_from([-30, 0, 0, 45])))
        versions.append(RuleVersion(number, Rule.parse(draw(rules())), start, end, adopted, draw(st.booleans())))
    return RequirementFacts(REQUIREMENT, versions)


@st.composite
def people(draw: st.DrawFn) -> PersonFacts:
    def some(made: st.SearchStrategy[Any], most: int) -> list[Any]:
        return draw(st.lists(made, max_size=most))

    memberships = [
        Membership(*stretch, department, codes, None, None, contact, primary)
        for stretch, department, codes, contact, primary in some(
            st.tuples(
                stretches(),
                st.integers(1, 4),
                st.sampled_from([frozenset({"ED"}), frozenset({"HR"})]),
                st.booleans(),
                st.booleans(),
            ),
            4,
        )
    ]
    leaves = [
        Leave(number, *stretch, kind)
        for number, (stretch, kind) in enumerate(
            some(st.tuples(stretches(), st.one_of(st.none(), st.sampled_from(LeaveKind))), 3), 1
        )
    ]
    exemptions = [
        Exemption(number, which, *stretch)
        for number, (stretch, which) in enumerate(
            some(st.tuples(stretches(), st.sampled_from([None, REQUIREMENT, 99])), 2), 1
        )
    ]
    extensions = [
        Extension(number, REQUIREMENT, cycle, due, granted)
        for number, (cycle, due, granted) in enumerate(some(st.tuples(st.integers(1, 4), days, days), 2), 1)
    ]
    records = [
        Record(number, course, day, revoked=revoked)
        for number, (course, day, revoked) in enumerate(
            some(st.tuples(st.sampled_from("abc"), days, st.sampled_from([False, False, True])), 6), 1
        )
    ]
    employments = some(stretches(), 3) or [(FIRST, None)]
    return PersonFacts(7, employments, memberships, leaves, exemptions, extensions, records)


many = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
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
    found |= {record.completed_on for record in facts.records}
    return {day for day in found if day is not None}


@many
@given(requirements(), people())
def test_spans_follow_each_other_without_overlap_and_cover_the_days_of_the_audience(
    requirement: RequirementFacts, facts: PersonFacts
) -> None:
    spans = timeline(requirement, facts, date.max)
    assert all(span.from_day < span.to_day for span in spans)
    assert all(before.to_day <= after.from_day for before, after in pairwise(spans))
    marks = edges(facts, requirement) | {FIRST, date(2040, 1, 1)} | {span.from_day for span in spans}
    for mark in marks:
        for day in (mark - timedelta(days=1), mark, mark + timedelta(days=1)):
            covered = any(span.from_day <= day < span.to_day for span in spans)
            assert covered == required(requirement, facts, day), day


@many
@given(requirements(), people(), st.randoms(use_true_random=False))
def test_the_same_facts_in_any_order_give_the_same_timeline(
    requirement: RequirementFacts, facts: PersonFacts, chance: random.Random
) -> None:
    def mixed(things: Any) -> list[Any]:
        return chance.sample(list(things), len(things))

    other = PersonFacts(
        facts.person_id,
        mixed(facts.employments),
        mixed(facts.memberships),
        mixed(facts.leaves),
        mixed(facts.exemptions),
        mixed(facts.extensions),
        mixed(facts.records),
    )
    shuffled = RequirementFacts(REQUIREMENT, mixed(requirement.versions))
    spans = timeline(requirement, facts, date.max)
    assert timeline(shuffled, other, date.max) == spans
    assert split_by_department(spans, other.memberships) == split_by_department(spans, facts.memberships)


BADNESS = {
    State.COMPLIANT: 0,
    State.RENEWAL_OPEN: 1,
    State.UPCOMING: 2,
    State.OPEN: 3,
    State.IN_GRACE: 4,
    State.OVERDUE: 5,
}


@many
@given(requirements(), people())
def test_a_state_never_improves_without_a_new_fact(requirement: RequirementFacts, facts: PersonFacts) -> None:
    marks = edges(facts, requirement)
    for before, after in pairwise(timeline(requirement, facts, date.max)):
        if before.state in BADNESS and after.state in BADNESS and BADNESS[after.state] < BADNESS[before.state]:
            assert after.from_day in marks


@many
@given(requirements(), people())
def test_what_a_span_says_fits_together(requirement: RequirementFacts, facts: PersonFacts) -> None:
    for span in timeline(requirement, facts, date.max):
        last = span.to_day - timedelta(days=1)
        assert (span.beneath is not None) == (span.state in (State.EXEMPT, State.ON_LEAVE))
        if span.state in MET:
            assert span.because.startswith("record:")
            assert span.valid_until is None or last <= span.valid_until
        if span.state in (State.OPEN, State.UPCOMING):
            assert span.due is None or last <= span.due
        if span.state in (State.IN_GRACE, State.OVERDUE):
            assert span.due is not None and span.due < span.from_day
        assert not span.lapsed_extended or (
            span.state == State.OPEN and span.valid_until is not None and span.valid_until < span.from_day
        )


@many
@given(requirements(), people(), days)
def test_a_nearer_horizon_only_leaves_out_what_begins_after_it(
    requirement: RequirementFacts, facts: PersonFacts, horizon: date
) -> None:
    whole = timeline(requirement, facts, date.max)
    assert timeline(requirement, facts, horizon) == tuple(span for span in whole if span.from_day <= horizon)


@many
@given(st.lists(st.tuples(requirements(), st.just(0)), min_size=1, max_size=3), people())
def test_overall_covers_the_days_of_all_requirements_and_columns_add_up(
    several: list[tuple[RequirementFacts, int]], facts: PersonFacts
) -> None:
    lines = {number: timeline(each, facts, date.max) for number, (each, _) in enumerate(several, 1)}
    total = overall(lines)
    assert all(before.to_day <= after.from_day for before, after in pairwise(total))
    for day in {span.from_day for spans in lines.values() for span in spans} | {d("2024-07-01")}:
        states = [span.state for spans in lines.values() for span in spans if span.from_day <= day < span.to_day]
        found = [span.state for span in total if span.from_day <= day < span.to_day]
        assert len(found) == (1 if states else 0)
        if states and State.ON_LEAVE not in states:
            assert (State.OVERDUE in states) == (found == [State.OVERDUE])


@many
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


@many
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


@many
@given(st.lists(st.dates(d("2024-03-01"), d("2028-01-01")), max_size=6), st.dates(d("2024-03-01"), d("2028-01-01")))
def test_one_more_completion_never_makes_any_day_worse(done: list[date], more: date) -> None:
    def badness(spans: tuple[Span, ...], day: date) -> int:
        return next(BADNESS[span.state] for span in spans if span.from_day <= day < span.to_day)

    for data in (rule(60), rule(60, kind="cadence", opens_before=60), rule(60, every=None)):
        less = line(person("2024-03-01", done=[str(day) for day in done]), data)
        plus = line(person("2024-03-01", done=[str(day) for day in [*done, more]]), data)
        for day in {span.from_day for span in (*less, *plus)}:
            assert badness(plus, day) <= badness(less, day), day
