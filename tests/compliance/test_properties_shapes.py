"""What holds for the rarer shapes of rules too: hours, own days, licences, look-back windows, events, versions that are not enforced."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.compliance.calendar import Length
from lms.compliance.facts import Event, Leave, LeaveKind, Licence, Membership, PersonFacts, Record
from lms.compliance.rules import RequirementFacts, Rule, RuleVersion, Status
from lms.compliance.situations import Employment, cut
from lms.compliance.spans import MET, State
from lms.compliance.timeline import satisfied_on, timeline

from .making import REQUIREMENT
from .test_properties import BADNESS, FIRST, days, edges, lengths, months, required, stretches

TOPICS = ("bias", "culture")
many = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@st.composite
def hours(draw: st.DrawFn, calendar: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"hour": draw(st.sampled_from([50, 60]))}
    if calendar and draw(st.booleans()):
        found |= {
            "per_year": draw(st.sampled_from([0.5, 1, 2])),
            "part_year": draw(st.sampled_from(["whole", "pro_rata"])),
        }
    else:
        found["amount"] = draw(st.sampled_from([1, 2.5, 4]))
    if calendar and draw(st.booleans()):
        found["average_over"] = draw(st.integers(1, 3))
    if draw(st.booleans()):
        found["topics"] = draw(st.sampled_from([["bias"], ["bias", "culture"]]))
    if draw(st.booleans()):
        found["at_least"] = [{"topics": ["bias"], "percent": draw(st.integers(10, 50))}]
    if draw(st.booleans()):
        found["at_most"] = [{"modalities": ["independent"], "percent": 50}]
    for name in ("no_repeat", "no_repeat_next", "no_carry_over"):
        found[name] = draw(st.booleans())
    found["rounding"] = draw(st.sampled_from(["none", "quarter_down", "quarter_nearest"]))
    return found


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(
            [
                *("once", "rolling", "cadence", "fixed", "anniversary_of_hire", "birth_month", "licence_renewal"),
                *("look_back_window", "while_valid"),
            ]
        )
    )
    calendar = kind in ("cadence", "fixed", "anniversary_of_hire", "birth_month", "licence_renewal")
    recurs: dict[str, Any] = {"kind": kind}
    if kind not in ("once", "while_valid", "licence_renewal"):
        recurs["every"] = draw(months)
    if kind == "fixed":
        recurs |= {"month": draw(st.integers(1, 12)), "day": draw(st.integers(1, 28))}
    of = draw(st.sampled_from(["entering", "entering", "licence", "licence_renewal"]))
    first: dict[str, Any] = {"within": draw(lengths), "of": of}
    if of == "licence" and draw(st.booleans()):
        first = {"before": "licence", "within": draw(lengths)} if draw(st.booleans()) else first | {"exactly": True}
    data: dict[str, Any] = {"first": first, "recurs": recurs}
    one = st.sampled_from([{"course": "a"}, {"attestation": "x"}, {"acknowledgement": "p"}, {"licence": "RN"}])
    in_hours = hours(calendar).map(lambda each: {"hours": each})
    data["satisfied_by"] = draw(
        in_hours
        if kind == "look_back_window"
        else st.one_of(one, in_hours, st.lists(st.one_of(one, in_hours), min_size=1, max_size=3).map(lambda p: {"all": p}),
                       st.lists(one, min_size=1, max_size=3).map(lambda p: {"any": p}))
    )  # fmt: skip
    if kind in ("once", "rolling") and draw(st.booleans()):
        data["again_on"] = {"policies": ["p"], "courses": ["a"], "within": draw(lengths)}
    if draw(st.booleans()):
        data["look_back"] = draw(st.one_of(st.sampled_from(["any", "none", "term"]), lengths))
    data["audience"] = draw(
        st.sampled_from(
            [
                {"everyone": True},
                {"field": "licence_state", "in": ["CA"]},
                {"field": "employment", "in": ["employee"]},
                {"supervises": {"field": "patient_contact", "is": True}},
                {"not": {"field": "licence", "in": ["RN:CA"]}},
            ]
        )
    )
    for name in ("opens_before", "grace", "return_window"):
        if draw(st.booleans()):
            data[name] = draw(st.integers(0, 120))
    data["leave"] = draw(st.sampled_from([kind.value for kind in LeaveKind]))
    return data


@st.composite
def requirements(draw: st.DrawFn) -> RequirementFacts:
    versions = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        start, end = draw(stretches())
        status = draw(st.sampled_from([Status.ENACTED, Status.OWN_POLICY, Status.PENDING, Status.LITIGATED]))
        running = draw(st.booleans())
        versions.append(RuleVersion(number, Rule.parse(draw(rules())), start, end, start, running, status))
    return RequirementFacts(REQUIREMENT, versions)


@st.composite
def people(draw: st.DrawFn) -> PersonFacts:
    def some(made: st.SearchStrategy[Any], most: int) -> list[Any]:
        return draw(st.lists(made, max_size=most))

    employments = [Employment(*s, draw(st.sampled_from(["employee", "agency"]))) for s in some(stretches(), 2)]
    employments = employments or [Employment(FIRST, None, "employee")]
    licences = [
        Licence(number, kind, "CA", *issued, tuple(sorted(renewals)), Length(24))
        for number, (kind, issued, renewals) in enumerate(
            some(st.tuples(st.sampled_from(["RN", "CHI"]), stretches(), st.lists(days, max_size=2)), 2), 1
        )
    ]
    held = [Membership(*s, n, frozenset({"ED"})) for n, s in enumerate(some(stretches(), 3), 1)]
    team = [Membership(*s, 9, frozenset(), patient_contact=True) for s in some(stretches(), 2)]
    names = st.sampled_from(["a", "b", "attestation:x", "policy:p", "external:e", "licence:RN"])
    records = [
        Record(
            number, name, day, version, minutes, ((TOPICS[number % 2], minutes),), modality=modality, expires=expires,
            counts_as=("a",) if number == 3 else (),
        )
        for number, (name, day, version, minutes, modality, expires) in enumerate(
            some(
                st.tuples(
                    names, days, st.integers(1, 3), st.sampled_from([0, 45, 100, 300]),
                    st.sampled_from(["live", "independent"]), st.one_of(st.none(), days),
                ), 7,
            ), 1,
        )
    ]  # fmt: skip
    events = [
        Event(number, about, version, day)
        for number, (about, version, day) in enumerate(
            some(st.tuples(st.sampled_from(["policy:p", "a"]), st.integers(1, 3), days), 2), 1
        )
    ]
    leaves = [Leave(number, *stretch) for number, stretch in enumerate(some(stretches(), 2), 1)]
    return PersonFacts(
        7,
        [(each.from_day, each.to_day) for each in employments],
        cut(held, employments, licences, team),
        leaves,
        records=records,
        licences=licences,
        events=events,
        birth_month=draw(st.one_of(st.none(), st.integers(1, 12))),
    )


def every_edge(facts: PersonFacts, requirement: RequirementFacts) -> set[date]:
    """Every day on which a fact begins or ends, those of licences and events too."""
    found = edges(facts, requirement) | {event.day for event in facts.events}
    found |= {r.expires + timedelta(days=1) for r in facts.records if r.expires}
    for licence in facts.licences:
        found |= {licence.issued, *licence.renewals}
    return found


@many
@given(requirements(), people())
def test_spans_follow_each_other_and_cover_the_days_of_the_audience(
    requirement: RequirementFacts, facts: PersonFacts
) -> None:
    spans = timeline(requirement, facts, date.max)
    assert all(span.from_day < span.to_day for span in spans)
    assert all(before.to_day <= after.from_day for before, after in pairwise(spans))
    marks = every_edge(facts, requirement) | {FIRST, date(2040, 1, 1)} | {span.from_day for span in spans}
    for mark in marks:
        for day in (mark - timedelta(days=1), mark, mark + timedelta(days=1)):
            covered = any(span.from_day <= day < span.to_day for span in spans)
            assert covered == required(requirement, facts, day), day


@many
@given(requirements(), people(), st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_matter(
    requirement: RequirementFacts, facts: PersonFacts, chance: random.Random
) -> None:
    def mixed(things: Any) -> list[Any]:
        return chance.sample(list(things), len(things))

    other = PersonFacts(
        7, mixed(facts.employments), mixed(facts.memberships), mixed(facts.leaves), records=mixed(facts.records),
        licences=mixed(facts.licences), events=mixed(facts.events), birth_month=facts.birth_month,
    )  # fmt: skip
    shuffled = RequirementFacts(REQUIREMENT, mixed(requirement.versions))
    assert timeline(shuffled, other, date.max) == timeline(requirement, facts, date.max)


@many
@given(requirements(), people())
def test_a_state_never_improves_without_a_new_fact(requirement: RequirementFacts, facts: PersonFacts) -> None:
    marks = every_edge(facts, requirement)
    spans = timeline(requirement, facts, date.max)
    for before, after in pairwise(spans):
        if before.cycle != after.cycle and after.because == "carried":
            continue
        if before.state in BADNESS and after.state in BADNESS and BADNESS[after.state] < BADNESS[before.state]:
            hours = any(v.rule.hours is not None for v in requirement.versions)
            begins = hours and after.state in MET and before.state in MET  # carried over: met on its first day
            assert after.from_day in marks or begins


@many
@given(requirements(), people(), days)
def test_what_is_said_of_a_day_fits_its_span(requirement: RequirementFacts, facts: PersonFacts, day: date) -> None:
    satisfied = satisfied_on(requirement, facts, day)
    assert satisfied is None or satisfied <= day
    for span in timeline(requirement, facts, date.max):
        last = span.to_day - timedelta(days=1)
        if span.state in MET:
            assert span.valid_until is None or last <= span.valid_until
        if span.from_day <= day < span.to_day and span.state in MET:
            assert satisfied is not None
        if span.state in (State.IN_GRACE, State.OVERDUE):
            assert span.due is not None and span.due < span.from_day


@many
@given(requirements(), people(), days)
def test_what_is_done_later_changes_no_day_before_it_but_moves_by_events(
    requirement: RequirementFacts, facts: PersonFacts, day: date
) -> None:
    """As known now, a record changes the state of no day before it (due days of a calendar may be seen further ahead)."""
    before = [r for r in facts.records if r.completed_on <= day]
    less = PersonFacts(
        7, facts.employments, facts.memberships, facts.leaves, records=before, licences=facts.licences,
        events=facts.events, birth_month=facts.birth_month,
    )  # fmt: skip

    def state(given_facts: PersonFacts, asked: date) -> State | None:
        found = [s for s in timeline(requirement, given_facts, date.max) if s.from_day <= asked < s.to_day]
        return found[0].state if found else None

    for asked in {day, *(r.completed_on for r in before)}:
        assert state(less, asked) == state(facts, asked), asked
