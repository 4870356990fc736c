"""What the tables and the reasons are made of: overall states, departments, due soon, explanations."""

from __future__ import annotations

from datetime import date

import pytest

from lms.compliance.departments import due_soon
from lms.compliance.explain import explain, why_assigned
from lms.compliance.facts import Exemption
from lms.compliance.overall import overall
from lms.compliance.rows import OVERALL, rows_of
from lms.compliance.spans import Span, State
from lms.compliance.timeline import timeline

from .making import d, exemption, extension, leave, line, member, on, person, requirement, rule, told


def span(begin: str, until: str, state: State, due: str | None = None, because: str = "hire") -> Span:
    return Span(d(begin), d(until), state, None, d(due) if due else None, None, 1, because)


A, B = "2026-01-01", "2026-02-01"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((State.OVERDUE, State.ON_LEAVE), State.ON_LEAVE),
        ((State.EXEMPT, State.EXEMPT), State.EXEMPT),
        ((State.EXEMPT, State.OPEN), State.OPEN),
        ((State.EXEMPT, State.OVERDUE, State.COMPLIANT), State.OVERDUE),
        ((State.IN_GRACE, State.OVERDUE), State.OVERDUE),
        ((State.IN_GRACE, State.COMPLIANT), State.IN_GRACE),
        ((State.COMPLIANT, State.OPEN, State.UPCOMING), State.COMPLIANT),
        ((State.RENEWAL_OPEN, State.OPEN), State.COMPLIANT),
        ((State.OPEN, State.UPCOMING), State.OPEN),
        ((State.UPCOMING, State.UPCOMING), State.UPCOMING),
    ],
)
def test_the_overall_state_is_the_first_that_applies_over_all_requirements(
    states: tuple[State, ...], expected: State
) -> None:
    for order in (states, states[::-1]):
        (found,) = overall({number: [span(A, B, each)] for number, each in enumerate(order, 1)})
        assert (found.state, found.from_day, found.to_day) == (expected, d(A), d(B))


def test_overall_spans_cover_the_days_on_which_any_requirement_applies_and_no_others() -> None:
    found = overall(
        {
            1: [span("2026-01-01", "2026-01-10", State.OPEN, "2026-02-01")],
            2: [
                span("2026-01-05", "2026-01-20", State.OPEN, "2026-01-19"),
                span("2026-01-20", "2026-02-01", State.OVERDUE, "2026-01-19"),
                span("2026-03-01", "2026-04-01", State.COMPLIANT),
            ],
        }
    )
    assert told(found) == [
        "2026-01-01 open due 2026-02-01",
        "2026-01-05 open due 2026-01-19",
        "2026-01-20 overdue due 2026-01-19",
        "2026-03-01 compliant",
    ]
    assert found[2].to_day == d("2026-02-01")
    assert [each.because for each in found[:3]] == ["requirement:1", "requirement:2", "requirement:2"]


def test_overall_is_one_span_where_nothing_that_counts_changes() -> None:
    found = overall(
        {
            1: [span("2026-01-01", "2026-06-01", State.OVERDUE, "2025-12-01")],
            2: [
                span("2026-01-01", "2026-02-01", State.OPEN, "2026-01-31"),
                span("2026-02-01", "2026-06-01", State.OVERDUE, "2026-01-31"),
            ],
        }
    )
    assert told(found) == ["2026-01-01 overdue due 2025-12-01"]


def test_overall_of_no_requirement_is_empty() -> None:
    assert overall({}) == () == overall({1: ()})


def test_spans_are_cut_where_the_primary_department_changes() -> None:
    moves = [
        member("2026-01-01", "2026-03-01", 10),
        member("2026-03-01", "2026-03-15", 20),
        member("2026-03-15", "2026-05-01", 20, job="RN3"),
        member("2026-02-01", None, 30, primary=False),
    ]
    for order in (moves, moves[::-1]):
        rows = rows_of([requirement(rule(90))], person("2026-01-01", memberships=order), 0)
        assert [
            (str(row.from_day), str(row.to_day), State(row.state).name, row.department_id)
            for row in rows
            if row.requirement_id != OVERALL
        ] == [
            ("2026-01-01", "2026-03-01", "OPEN", 10),
            ("2026-03-01", "2026-04-02", "OPEN", 20),
            ("2026-04-02", "2026-05-01", "OVERDUE", 20),
            ("2026-05-01", "9999-12-31", "OVERDUE", 30),
        ]


@pytest.mark.parametrize(
    ("state", "due", "expected"),
    [
        (State.OPEN, "2026-01-31", ("2026-01-01", "2026-02-01")),
        (State.OPEN, "2026-02-20", ("2026-01-21", "2026-02-01")),
        (State.COMPLIANT, "2026-03-02", ("2026-01-31", "2026-02-01")),
        (State.RENEWAL_OPEN, "2026-03-03", None),
        (State.UPCOMING, "2026-01-10", ("2026-01-01", "2026-01-11")),
        (State.OVERDUE, "2026-01-31", None),
        (State.ON_LEAVE, "2026-01-31", None),
        (State.OPEN, None, None),
    ],
)
def test_due_soon_is_the_part_of_a_span_whose_due_day_is_at_most_30_days_away(
    state: State, due: str | None, expected: tuple[str, str] | None
) -> None:
    found = due_soon(span("2026-01-01", "2026-02-01", state, due), 30)
    assert found == (None if expected is None else (d(expected[0]), d(expected[1])))


def test_due_soon_stands_at_the_ends_of_time() -> None:
    assert due_soon(Span(date.min, date.max, State.OPEN, None, date.min, None, 1, "hire"), 30) == (
        date.min,
        date(1, 1, 2),
    )
    assert due_soon(Span(d(A), date.max, State.OPEN, None, date.max, None, 1, "hire"), 30) == (
        date(9999, 12, 1),
        date.max,
    )


EVERYTHING = person(
    "2026-03-01",
    done=["2026-05-01"],
    leaves=[leave("2027-04-01", "2027-05-01")],
    exemptions=[exemption("2026-08-01", "2026-08-11")],
)


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2026-03-01", "Due on 2026-05-30, counted from the first day of employment."),
        ("2026-05-01", "Completed on 2026-05-01 and valid until 2027-04-30."),
        ("2026-08-05", "Exempt from 2026-08-01 until 2026-08-10. Reason: decided"),
        ("2027-03-01", "Completed on 2026-05-01 and valid until 2027-04-30. It can be renewed now."),
        ("2027-04-05", "On leave from 2027-04-01 until 2027-04-30. Nothing falls due in this time."),
        (
            "2027-05-05",
            "Valid until 2027-04-30; because of the leave that began on 2027-04-01, renewal is due on 2027-05-31.",
        ),
        ("2027-06-01", "It was due on 2027-05-31 and is in its grace period."),
        ("2027-06-09", "It was due on 2027-05-31 and has not been completed."),
    ],
)
def test_every_state_is_explained_in_one_sentence_by_the_fact_that_caused_it(day: str, sentence: str) -> None:
    found = on(line(EVERYTHING, rule(90, grace=7)), day)
    assert found is not None and str(explain(found, EVERYTHING)) == sentence


def test_an_overdue_renewal_an_extension_and_open_ends_are_explained_too() -> None:
    renewal = person("2026-03-01", done=["2026-05-01"])
    assert str(explain(line(renewal, rule(90))[-1], renewal)) == (
        "Last completed on 2026-05-01; the renewal was due on 2027-04-30."
    )
    extended = person("2026-03-01", extensions=[extension(1, "2026-07-31", granted="2026-05-20")])
    assert (
        str(explain(line(extended, rule(90))[0], extended))
        == "Due on 2026-07-31, extended by a decision of 2026-05-20."
    )
    away = person("2026-03-01", leaves=[leave("2026-04-01", None)])
    assert [str(explain(each, away)) for each in line(away, rule(90))] == [
        "Open, and nothing falls due as things stand.",
        "On leave since 2026-04-01. Nothing falls due in this time.",
    ]
    once = person("2026-03-01", done=["2026-05-01"])
    assert (
        str(explain(line(once, rule(90, every=None))[-1], once)) == "Completed on 2026-05-01. It need not be repeated."
    )


def test_why_am_i_assigned_this() -> None:
    moves = [member("2026-01-01", "2026-03-01", 5, ("HR",)), member("2026-03-01", None, 7)]
    moved = person("2026-01-01", memberships=moves)
    emergency = requirement(rule(30, audience={"field": "department", "in": ["ED"]}))
    told_why = why_assigned(emergency, moved, d("2026-04-01"), {7: "Emergency"})
    assert str(told_why) == "Required since 2026-03-01, the day of joining Emergency."
    assert why_assigned(emergency, moved, d("2026-02-01"), {}) is None
    everyone = requirement(rule(30))
    assert str(why_assigned(everyone, moved, d("2026-04-01"), {})) == (
        "Required since 2026-01-01, the first day of employment."
    )
    veteran = person("2010-01-01")
    assert str(why_assigned(everyone, veteran, d("2026-04-01"), {})) == (
        "Required since 2020-01-01, when this requirement began to include this role."
    )


def test_an_exemption_from_all_requirements_reaches_every_one_and_one_for_another_none() -> None:
    from_all = person("2026-03-01", exemptions=[Exemption(4, None, d("2026-04-01"), d("2026-05-01"))])
    other = person("2026-03-01", exemptions=[Exemption(4, 99, d("2026-04-01"), d("2026-05-01"))])
    assert on(line(from_all, rule(90)), "2026-04-01").state == State.EXEMPT  # type: ignore[union-attr]
    assert line(other, rule(90)) == line(person("2026-03-01"), rule(90))
    assert timeline(requirement(), from_all, date.max) == ()
