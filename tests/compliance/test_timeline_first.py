"""The worked examples of the rules page, and the plain course of a rolling requirement."""

from __future__ import annotations

from datetime import date

from lms.compliance.spans import State

from .making import d, exemption, extension, leave, line, on, person, rule, state, told


def test_within_90_days_of_hire_on_1_march_is_due_30_may_then_overdue_for_ever() -> None:
    spans = line(person("2026-03-01"), rule(90))
    assert told(spans) == ["2026-03-01 open due 2026-05-30", "2026-05-31 overdue due 2026-05-30"]
    assert spans[-1].to_day == date.max
    assert [span.because for span in spans] == ["hire", "hire"]


def test_valid_12_months_lasts_through_the_day_before_and_that_day_is_the_last_good_day_of_the_next_cycle() -> None:
    spans = line(person("2026-03-01", done=["2026-04-10"]), rule(90))
    assert told(spans) == [
        "2026-03-01 open due 2026-05-30",
        "2026-04-10 compliant due 2027-04-09",
        "2027-01-09 renewal_open due 2027-04-09",
        "2027-04-10 overdue due 2027-04-09",
    ]
    assert spans[1].valid_until == d("2027-04-09") and spans[1].because == "record:1"


def test_who_renews_on_the_last_good_day_has_no_gap() -> None:
    spans = line(person("2026-03-01", done=["2026-04-10", "2027-04-09"]), rule(90))
    assert state(spans, "2027-04-09") == "compliant"
    assert not any(span.state == State.OVERDUE and span.from_day < d("2028-04-09") for span in spans)


def test_grace_is_the_days_after_due_then_overdue() -> None:
    spans = line(person("2026-03-01"), rule(90, grace=14))
    assert told(spans)[1:] == ["2026-05-31 in_grace due 2026-05-30", "2026-06-14 overdue due 2026-05-30"]


def test_leave_1_may_to_15_july_moves_a_first_cycle_due_30_june_to_13_september() -> None:
    spans = line(person("2026-04-01", leaves=[leave("2026-05-01", "2026-07-15")]), rule(90))
    assert told(spans) == [
        "2026-04-01 open due 2026-09-13",
        "2026-05-01 on_leave due 2026-09-13",
        "2026-07-15 open due 2026-09-13",
        "2026-09-14 overdue due 2026-09-13",
    ]
    assert spans[1].beneath == State.OPEN and spans[1].because == "leave:1"


def test_an_exemption_keeps_the_days_before_it_and_at_its_end_the_cycle_is_due_a_return_window_later() -> None:
    spans = line(person("2026-03-01", exemptions=[exemption("2026-06-10", "2026-08-01")]), rule(90))
    assert told(spans) == [
        "2026-03-01 open due 2026-05-30",
        "2026-05-31 overdue due 2026-05-30",
        "2026-06-10 exempt due 2026-05-30",
        "2026-08-01 open due 2026-08-31",
        "2026-09-01 overdue due 2026-08-31",
    ]


def test_an_extension_holds_for_the_whole_cycle_past_days_included() -> None:
    facts = person("2026-03-01", extensions=[extension(1, "2026-07-31", granted="2026-06-20")])
    assert told(line(facts, rule(90, grace=10))) == [
        "2026-03-01 open due 2026-07-31",
        "2026-08-01 in_grace due 2026-07-31",
        "2026-08-11 overdue due 2026-07-31",
    ]


def test_no_extension_makes_a_cycle_due_before_it_begins() -> None:
    facts = person("2026-03-01", extensions=[extension(1, "2026-01-15", granted="2026-03-01")])
    assert told(line(facts, rule(90))) == ["2026-03-01 open due 2026-03-01", "2026-03-02 overdue due 2026-03-01"]


def test_overdue_for_31_january_2026_opens_60_days_before_done_10_december_2026_is_the_january_2027_cycle() -> None:
    data = rule(30, kind="fixed", recurs={"month": 1, "day": 31}, opens_before=60)
    spans = line(person("2025-10-01", done=["2026-12-10"]), data)
    assert told(spans) == [
        "2025-10-01 open due 2026-01-31",
        "2026-02-01 overdue due 2026-01-31",
        "2026-12-10 compliant due 2028-01-31",
        "2027-12-02 renewal_open due 2028-01-31",
        "2028-02-01 overdue due 2028-01-31",
    ]
    met = on(spans, "2026-12-10")
    assert met is not None and met.cycle == 2
