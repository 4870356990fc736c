"""States, windows and recurrence: each test quotes or paraphrases the line of the rules page that it holds to."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lms.compliance.facts import Event, Licence, Record
from lms.compliance.spans import State

from .making import d, exemption, extension, leave, line, member, on, person, requirement, rule, state, told, version


def done(*records: tuple[int, str, str]) -> list[Record]:
    return [Record(number, course, d(day)) for number, course, day in records]


# --- first cycles


def test_a_first_cycle_is_open_from_its_first_day() -> None:
    assert state(line(person("2026-03-01"), rule(90)), "2026-03-01") == "open"


def test_a_first_cycle_is_upcoming_before_a_first_opens_before_that_the_rule_names() -> None:
    spans = line(person("2026-03-01"), rule(90, first={"opens_before": 30}))
    assert told(spans)[:2] == ["2026-03-01 upcoming due 2026-05-30", "2026-04-30 open due 2026-05-30"]


def test_a_first_time_window_in_months_is_clamped_to_the_end_of_the_month() -> None:
    assert told(line(person("2026-01-31"), rule({"months": 1})))[0] == "2026-01-31 open due 2026-02-28"


def test_a_first_time_window_runs_from_the_later_of_hire_and_entering_the_audience() -> None:
    moves = [member("2026-01-01", "2026-03-01", codes=("HR",)), member("2026-03-01", department=7)]
    audience = {"field": "department", "in": ["ED"]}
    spans = line(person("2026-01-01", memberships=moves), rule(30, audience=audience))
    assert told(spans)[0] == "2026-03-01 open due 2026-03-31"
    assert spans[0].because == "entered:7"


def test_the_rule_may_name_a_date_for_incumbents_and_new_people_have_the_window() -> None:
    data = rule(30, first={"incumbents_due": "2026-09-30"})
    old, new = person("2020-01-01"), person("2026-07-15")
    on_the_day = person("2026-06-01")
    begins = version(data, begin="2026-06-01")
    assert told(line(old, begins))[0] == "2026-06-01 open due 2026-09-30"
    assert told(line(new, begins))[0] == "2026-07-15 open due 2026-08-14"
    assert told(line(on_the_day, begins))[0] == "2026-06-01 open due 2026-07-01"
    assert line(old, begins)[0].because == "rule:1"


def test_a_date_for_incumbents_that_has_passed_gives_way_to_the_window() -> None:
    begins = version(rule(30, first={"incumbents_due": "2026-05-01"}), begin="2026-06-01")
    assert told(line(person("2020-01-01"), begins))[0] == "2026-06-01 open due 2026-07-01"


@pytest.mark.parametrize(
    ("issued", "due"),
    [("2026-01-15", "2026-07-15"), ("2024-01-15", "2026-03-01"), ("2026-05-01", "2026-11-01")],
)
def test_who_is_due_by_the_licence_to_the_day_is_not_late_on_arrival(issued: str, due: str) -> None:
    held = person("2026-03-01", licences=[Licence(1, "RN", "CA", d(issued))])
    of_licence = {"within": {"months": 6}, "of": "licence", "exactly": True}
    data = {"courses": ["cc-101"], "first": of_licence, "licence": {"kinds": ["RN"]}}
    assert told(line(held, data))[0] == f"2026-03-01 open due {due}"


def test_after_a_new_version_of_a_course_an_older_one_renews_nothing() -> None:
    changed = [Event(1, "cc-101", 2, d("2026-06-01"))]
    twice = rule(90, again_on={"courses": ["cc-101"], "within": {"days": 14}})
    for version_done, expected in ((1, "overdue"), (2, "compliant")):
        records = [
            Record(1, "cc-101", d("2026-04-01"), 1),
            Record(2, "cc-101", d("2026-06-10"), 2),
            Record(3, "cc-101", d("2027-05-01"), version_done),
        ]
        spans = line(person("2026-03-01", records=records, events=changed), twice)
        assert (state(spans, "2026-06-10"), state(spans, "2027-07-01")) == ("compliant", expected)


def test_a_version_that_came_out_in_a_gap_asks_from_the_return_on() -> None:
    changed = [Event(1, "cc-101", 2, d("2026-05-20"))]
    stays = [member("2026-03-01", "2026-05-01"), member("2026-06-15")]
    facts = person("2026-03-01", memberships=stays, done=["2026-03-10"], events=changed)
    spans = line(facts, rule(90, every=None, again_on={"courses": ["cc-101"], "within": {"days": 14}}))
    assert told(spans)[-2:] == ["2026-06-15 renewal_open due 2026-06-29", "2026-06-30 overdue due 2026-06-29"]


# --- look-back


@pytest.mark.parametrize(
    ("completed", "expected"),
    [
        ("2026-02-28", ["2026-03-01 compliant due 2027-02-27"]),
        ("2025-03-02", ["2026-03-01 renewal_open due 2026-03-01", "2026-03-02 overdue due 2026-03-01"]),
        ("2025-03-01", ["2026-03-01 open due 2026-05-30"]),
    ],
)
def test_earlier_records_count_within_the_recurrence_period_after_f_minus_n(
    completed: str, expected: list[str]
) -> None:
    spans = line(person("2026-03-01", done=[completed]), rule(90))
    assert told(spans)[: len(expected)] == expected


def test_for_one_time_rules_earlier_records_count_from_any_time() -> None:
    spans = line(person("2026-03-01", done=["1999-03-01"]), rule(90, every=None))
    assert told(spans) == ["2026-03-01 compliant"]
    assert spans[0].valid_until is None and spans[0].to_day == date.max


def test_a_rule_may_bar_earlier_records() -> None:
    spans = line(person("2026-03-01", done=["2026-02-28"]), rule(90, look_back="none"))
    assert told(spans)[0] == "2026-03-01 open due 2026-05-30"


def test_of_earlier_records_the_latest_counts_and_a_cycle_met_so_is_valid_no_longer_than_its_completion_and_period() -> (
    None
):
    spans = line(person("2026-03-01", done=["2025-04-01", "2025-12-01"]), rule(90))
    assert told(spans)[0] == "2026-03-01 compliant due 2026-11-30"
    cadence = line(person("2026-03-01", done=["2025-12-01"]), rule(90, kind="cadence"))
    assert told(cadence)[:3] == [
        "2026-03-01 compliant due 2027-05-30",
        "2026-05-31 renewal_open due 2027-05-30",
        "2026-12-01 open due 2027-05-30",
    ]
    assert state(cadence, "2026-12-01") == "open"


def test_a_look_back_longer_than_the_validity_does_not_make_anybody_late_on_the_first_day() -> None:
    spans = line(person("2026-03-01", done=["2024-06-01"]), rule(90, look_back={"months": 36}))
    assert told(spans)[0] == "2026-03-01 open due 2026-05-30"


def test_with_several_courses_the_oldest_record_that_was_used_from_before_ends_the_validity() -> None:
    data = rule(90) | {"courses": ["cc-101", "la-110"]}
    facts = person("2026-03-01", records=done((1, "cc-101", "2025-10-01"), (2, "la-110", "2026-04-01")))
    assert told(line(facts, data))[:2] == ["2026-03-01 open due 2026-05-30", "2026-04-01 compliant due 2026-09-30"]


# --- satisfied


def test_all_courses_are_needed_and_the_last_one_satisfies() -> None:
    data = rule(90) | {"courses": ["cc-101", "la-110"]}
    facts = person("2026-03-01", records=done((1, "cc-101", "2026-03-10"), (2, "la-110", "2026-04-01")))
    spans = line(facts, data)
    assert told(spans)[:2] == ["2026-03-01 open due 2026-05-30", "2026-04-01 compliant due 2027-03-31"]
    assert spans[1].because == "record:2"


def test_with_any_of_several_courses_the_first_one_satisfies() -> None:
    data = rule(90, needs="any") | {"courses": ["cc-101", "la-110"]}
    facts = person("2026-03-01", records=done((1, "la-110", "2026-03-10"), (2, "xx-1", "2026-03-05")))
    assert told(line(facts, data))[1] == "2026-03-10 compliant due 2027-03-09"


def test_a_record_counts_on_its_completion_day_and_that_day_is_compliant() -> None:
    spans = line(person("2026-03-01", done=["2026-05-30"]), rule(90))
    assert (state(spans, "2026-05-29"), state(spans, "2026-05-30")) == ("open", "compliant")


def test_late_completion_ends_overdue_on_its_day_and_the_days_before_stay_overdue() -> None:
    spans = line(person("2026-03-01", done=["2026-07-01"]), rule(90))
    assert told(spans)[1:3] == ["2026-05-31 overdue due 2026-05-30", "2026-07-01 compliant due 2027-06-30"]


# --- rolling


def test_rolling_renewal_opens_90_days_before_due_or_as_the_rule_says() -> None:
    facts = person("2026-03-01", done=["2026-04-10"])
    assert told(line(facts, rule(90)))[2] == "2027-01-09 renewal_open due 2027-04-09"
    assert told(line(facts, rule(90, opens_before=30)))[2] == "2027-03-10 renewal_open due 2027-04-09"


def test_any_completion_restarts_a_rolling_cycle_however_early() -> None:
    spans = line(person("2026-03-01", done=["2026-04-10", "2026-06-01"]), rule(90))
    assert told(spans)[1:3] == ["2026-04-10 compliant due 2027-04-09", "2026-06-01 compliant due 2027-05-31"]


def test_where_early_does_not_count_a_completion_before_opens_is_recorded_but_does_not_restart() -> None:
    data = rule(90, recurs={"early_counts": False})
    spans = line(person("2026-03-01", done=["2026-04-10", "2027-01-08", "2027-01-09"]), data)
    assert told(spans)[1:3] == ["2026-04-10 compliant due 2027-04-09", "2027-01-09 compliant due 2028-01-08"]


def test_a_period_shorter_than_the_opening_opens_at_once() -> None:
    spans = line(person("2026-03-01", done=["2026-03-10"]), rule(30, every=1))
    assert told(spans)[1:3] == ["2026-03-10 compliant due 2026-04-09", "2026-03-11 renewal_open due 2026-04-09"]


def test_completed_on_29_february_is_valid_through_27_february() -> None:
    spans = line(person("2024-01-01", done=["2024-02-29"]), rule(90))
    assert on(spans, "2024-02-29").due == d("2025-02-27")  # type: ignore[union-attr]
    four_years = line(person("2024-01-01", done=["2024-02-29"]), rule(90, every=48))
    assert on(four_years, "2024-02-29").due == d("2028-02-28")  # type: ignore[union-attr]


def test_align_end_of_month_moves_a_due_day_to_the_end_of_its_month() -> None:
    spans = line(person("2026-03-01", done=["2026-04-10"]), rule(90, align="end_of_month"))
    assert told(spans)[:2] == ["2026-03-01 open due 2026-05-31", "2026-04-10 compliant due 2027-04-30"]


# --- cadence and fixed dates


def test_a_cadence_counts_from_the_first_due_whether_done_early_or_late() -> None:
    late = line(person("2026-01-01", done=["2026-05-15"]), rule(30, kind="cadence", opens_before=60))
    assert told(late) == [
        "2026-01-01 open due 2026-01-31",
        "2026-02-01 overdue due 2026-01-31",
        "2026-05-15 compliant due 2027-01-31",
        "2026-12-02 renewal_open due 2027-01-31",
        "2027-02-01 overdue due 2027-01-31",
    ]
    early = line(person("2026-01-01", done=["2026-01-05", "2026-12-03"]), rule(30, kind="cadence", opens_before=60))
    assert told(early)[1:4] == [
        "2026-01-05 compliant due 2027-01-31",
        "2026-12-02 renewal_open due 2027-01-31",
        "2026-12-03 compliant due 2028-01-31",
    ]


def test_what_is_done_between_two_openings_of_a_cadence_counts_for_nothing_more() -> None:
    spans = line(person("2026-01-01", done=["2026-01-05", "2026-06-01"]), rule(30, kind="cadence", opens_before=60))
    assert told(spans)[1:3] == ["2026-01-05 compliant due 2027-01-31", "2026-12-02 renewal_open due 2027-01-31"]


def test_without_opens_before_a_cadence_opens_the_day_after_the_previous_due() -> None:
    spans = line(person("2026-01-01", done=["2026-01-05"]), rule(30, kind="cadence"))
    assert told(spans)[1:] == [
        "2026-01-05 compliant due 2027-01-31",
        "2026-02-01 renewal_open due 2027-01-31",
        "2027-02-01 overdue due 2027-01-31",
    ]


def test_without_opens_before_what_is_done_fills_the_oldest_unmet_cycle_until_the_next_one_falls_due() -> None:
    first = line(person("2026-01-01", done=["2026-12-01"]), rule(30, kind="cadence"))
    assert told(first)[2:] == ["2026-12-01 renewal_open due 2027-01-31", "2027-02-01 overdue due 2027-01-31"]
    both = line(person("2026-01-01", done=["2026-12-01", "2026-12-05"]), rule(30, kind="cadence"))
    assert told(both)[3] == "2026-12-05 compliant due 2028-01-31"
    second = line(person("2026-01-01", done=["2027-02-01"]), rule(30, kind="cadence"))
    assert told(second)[2] == "2027-02-01 renewal_open due 2028-01-31"


def test_until_something_is_done_the_state_stays_overdue_from_its_first_day() -> None:
    spans = line(person("2026-01-01"), rule(30, kind="cadence", opens_before=60))
    assert told(spans) == ["2026-01-01 open due 2026-01-31", "2026-02-01 overdue due 2026-01-31"]


def test_a_monthly_cadence_from_31_january_clamps_without_drifting() -> None:
    dones = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    spans = line(person("2026-01-01", done=dones), rule(30, every=1, kind="cadence"))
    assert [on(spans, day).due for day in dones] == [  # type: ignore[union-attr]
        d("2026-02-28"),
        d("2026-03-31"),
        d("2026-04-30"),
        d("2026-05-31"),
    ]


FIXED = rule(60, kind="fixed", recurs={"month": 1, "day": 31, "minimum_window": 45}, opens_before=60)


@pytest.mark.parametrize(
    ("hired", "first", "second"),
    [
        ("2025-06-01", "2026-01-31", "2027-01-31"),
        ("2025-12-17", "2026-01-31", "2027-01-31"),
        ("2025-12-18", "2026-02-16", "2027-01-31"),
        ("2026-01-31", "2026-04-01", "2027-01-31"),
        ("2026-02-01", "2027-01-31", "2028-01-31"),
    ],
)
def test_who_enters_too_shortly_before_a_fixed_date_is_due_at_entry_plus_window_and_next_a_period_after_that_date(
    hired: str, first: str, second: str
) -> None:
    spans = line(person(hired, done=[hired]), FIXED)
    assert told(line(person(hired), FIXED))[0] == f"{hired} open due {first}"
    assert on(spans, hired).due == d(second)  # type: ignore[union-attr]


def test_a_fixed_29_february_falls_to_28_february_in_common_years_and_comes_back() -> None:
    data = rule(30, kind="fixed", recurs={"month": 2, "day": 29}, opens_before=60)
    dones = ["2026-02-01", "2027-02-01", "2028-02-01"]
    spans = line(person("2025-06-01", done=dones), version(data, begin="2025-01-01"))
    assert [on(spans, day).due for day in dones] == [d("2027-02-28"), d("2028-02-29"), d("2029-02-28")]  # type: ignore[union-attr]


# --- life


@pytest.mark.parametrize(
    ("leave_days", "due"),
    [
        (("2026-05-01", "2026-07-15"), "2026-09-13"),  # the worked example
        (("2026-06-25", "2026-07-05"), "2026-08-04"),  # at least to + return window
        (("2026-03-01", "2026-04-11"), "2026-07-10"),  # only the days since the cycle began
        (("2026-03-01", "2026-04-01"), "2026-06-30"),  # over before the cycle began
        (("2026-06-30", "2026-07-10"), "2026-08-09"),  # due on the first day of the leave
    ],
)
def test_a_window_moves_by_the_leave_days_since_the_cycle_began(leave_days: tuple[str, str], due: str) -> None:
    spans = line(person("2026-04-01", leaves=[leave(*leave_days)]), rule(90))
    assert spans[-1].due == d(due) and spans[-1].state == State.OVERDUE


@pytest.mark.parametrize(
    ("leave_days", "due"),
    [
        (("2026-12-01", "2027-02-01"), "2027-04-09"),  # neither in the leave nor within the return window after it
        (("2027-02-01", "2027-04-01"), "2027-05-01"),  # within the return window after it
        (("2027-04-01", "2027-06-01"), "2027-07-01"),  # in the leave
        (("2027-04-09", "2027-04-10"), "2027-05-10"),  # due on its only day
    ],
)
def test_a_renewal_moves_only_if_it_falls_due_in_the_leave_or_within_the_return_window_after(
    leave_days: tuple[str, str], due: str
) -> None:
    spans = line(person("2026-03-01", done=["2026-04-10"], leaves=[leave(*leave_days)]), rule(90))
    assert spans[-1].due == d(due) and spans[-1].state == State.OVERDUE


def test_where_validity_is_over_but_the_due_day_was_moved_the_state_is_open_marked_lapsed_extended() -> None:
    facts = person("2026-03-01", done=["2026-04-10"], leaves=[leave("2027-03-01", "2027-05-01")])
    spans = line(facts, rule(90))
    assert told(spans)[2:] == [
        "2027-01-09 renewal_open due 2027-05-31",
        "2027-03-01 on_leave due 2027-05-31",
        "2027-04-10 on_leave due 2027-05-31",
        "2027-05-01 open* due 2027-05-31",
        "2027-06-01 overdue due 2027-05-31",
    ]
    assert [span.beneath for span in spans[3:5]] == [State.RENEWAL_OPEN, State.OPEN]


@pytest.mark.parametrize(
    ("data", "due"),
    [
        (rule(90, first={"incumbents_due": "2026-06-30"}), "2026-08-14"),
        (rule(90, kind="cadence"), "2026-08-14"),
        (rule(90, kind="fixed", recurs={"month": 6, "day": 30}), "2026-08-14"),
    ],
)
def test_a_first_cycle_due_on_a_calendar_or_cadence_date_moves_like_a_renewal(data: dict[str, Any], due: str) -> None:
    facts = person("2020-01-01", leaves=[leave("2026-05-01", "2026-07-15")])
    assert line(facts, version(data, begin="2026-04-01"))[-1].due == d(due)


def test_what_was_late_when_the_leave_began_stays_late_and_is_open_after_it() -> None:
    spans = line(person("2026-01-01", leaves=[leave("2026-05-01", "2026-07-15")]), rule(30, grace=10))
    assert told(spans) == [
        "2026-01-01 open due 2026-01-31",
        "2026-02-01 in_grace due 2026-01-31",
        "2026-02-11 overdue due 2026-01-31",
        "2026-05-01 on_leave due 2026-01-31",
        "2026-07-15 open due 2026-08-14",
        "2026-08-15 in_grace due 2026-08-14",
        "2026-08-25 overdue due 2026-08-14",
    ]
    assert spans[3].beneath == State.OVERDUE and spans[4].because == "leave:1"


def test_an_open_ended_leave_has_no_due_day_until_it_ends() -> None:
    spans = line(person("2026-04-01", leaves=[leave("2026-05-01", None)]), rule(90))
    assert told(spans) == ["2026-04-01 open", "2026-05-01 on_leave"]
    assert spans[1].to_day == date.max


def test_overlapping_and_touching_leaves_are_united() -> None:
    apart = [leave("2026-05-01", "2026-06-10", 1), leave("2026-06-01", "2026-07-15", 2)]
    touching = [leave("2026-05-01", "2026-06-01", 1), leave("2026-06-01", "2026-07-15", 2)]
    for leaves in (apart, touching):
        spans = line(person("2026-04-01", leaves=leaves), rule(90))
        assert told(spans)[1:3] == ["2026-05-01 on_leave due 2026-09-13", "2026-07-15 open due 2026-09-13"]
        assert spans[2].because == "leave:1", "the first of them says why"


def test_leaves_are_taken_in_order_each_against_the_due_day_as_already_moved() -> None:
    leaves = [leave("2026-08-01", "2026-08-11", 2), leave("2026-05-01", "2026-07-15", 1)]
    spans = line(person("2026-04-01", leaves=leaves), rule(90))
    assert spans[-1].due == d("2026-09-23")


def test_a_leave_of_kind_none_does_nothing() -> None:
    plain = line(person("2026-04-01"), rule(90))
    assert line(person("2026-04-01", leaves=[leave("2026-05-01", "2026-07-15", kind="none")]), rule(90)) == plain
    assert line(person("2026-04-01", leaves=[leave("2026-05-01", "2026-07-15")]), rule(90, leave="none")) == plain


def test_a_leave_that_extends_moves_validity_and_due_by_the_leave_days() -> None:
    facts = person("2026-03-01", done=["2026-04-10"], leaves=[leave("2026-12-01", "2027-02-01", kind="extends")])
    spans = line(facts, rule(90))
    assert spans[-1].due == d("2027-06-10")
    assert state(spans, "2027-06-10") == "renewal_open"
    assert on(spans, "2027-06-10").valid_until == d("2027-06-10")  # type: ignore[union-attr]


def test_a_leave_that_extends_goes_on_counting_the_grace_where_it_stood() -> None:
    facts = person("2026-01-01", leaves=[leave("2026-02-06", "2026-03-06", kind="extends")])
    spans = line(facts, rule(30, grace=10))
    assert told(spans)[1:] == [
        "2026-02-01 in_grace due 2026-01-31",
        "2026-02-06 on_leave due 2026-01-31",
        "2026-02-11 on_leave due 2026-01-31",
        "2026-03-06 in_grace due 2026-02-28",
        "2026-03-11 overdue due 2026-02-28",
    ]


def test_a_leave_with_a_fresh_window_gives_the_first_time_window_from_its_end_and_never_less() -> None:
    facts = person("2026-03-01", done=["2026-04-10"], leaves=[leave("2027-03-01", "2027-05-01", kind="fresh_window")])
    assert line(facts, rule(90))[-1].due == d("2027-07-30")
    early = person("2026-03-01", done=["2026-04-10"], leaves=[leave("2026-05-01", "2026-06-01", kind="fresh_window")])
    assert line(early, rule(90))[-1].due == d("2027-04-09")


def test_done_during_the_leave_counts_and_shows_beneath() -> None:
    spans = line(person("2026-04-01", done=["2026-06-01"], leaves=[leave("2026-05-01", "2026-07-15")]), rule(90))
    assert [(span.state, span.beneath) for span in spans[1:3]] == [
        (State.ON_LEAVE, State.OPEN),
        (State.ON_LEAVE, State.COMPLIANT),
    ]
    assert state(spans, "2026-07-15") == "compliant"


def test_exempt_goes_before_on_leave_and_carries_it_beneath() -> None:
    facts = person(
        "2026-04-01", leaves=[leave("2026-05-01", "2026-07-15")], exemptions=[exemption("2026-06-01", "2026-07-01")]
    )
    found = on(line(facts, rule(90)), "2026-06-15")
    assert found is not None
    assert (found.state, found.beneath, found.because) == (State.EXEMPT, State.ON_LEAVE, "exemption:1")


def test_after_an_exemption_the_own_due_day_holds_if_it_is_later() -> None:
    facts = person("2026-04-01", exemptions=[exemption("2026-04-10", "2026-04-20")])
    assert line(facts, rule(90))[-1].due == d("2026-06-30")


def test_an_exemption_without_end_has_no_due_day() -> None:
    spans = line(person("2026-04-01", exemptions=[exemption("2026-05-01", None)]), rule(90))
    assert told(spans) == ["2026-04-01 open", "2026-05-01 exempt"]


def test_a_valid_cycle_goes_on_after_an_exemption() -> None:
    facts = person("2026-03-01", done=["2026-04-10"], exemptions=[exemption("2026-06-01", "2026-08-01")])
    spans = line(facts, rule(90))
    assert told(spans)[2:4] == ["2026-06-01 exempt due 2027-04-09", "2026-08-01 compliant due 2027-04-09"]
    assert spans[2].beneath == State.COMPLIANT


def test_due_days_moved_by_leave_or_extension_never_shift_later_ones() -> None:
    data = rule(30, kind="cadence", opens_before=60)
    facts = person("2026-01-01", done=["2026-02-20"], extensions=[extension(1, "2026-03-15", granted="2026-01-20")])
    spans = line(facts, data)
    assert told(spans)[:2] == ["2026-01-01 open due 2026-03-15", "2026-02-20 compliant due 2027-01-31"]


def test_an_extension_of_a_renewal_shows_as_lapsed_extended_between_validity_and_the_new_due_day() -> None:
    facts = person("2026-03-01", done=["2026-04-10"], extensions=[extension(2, "2027-05-31", granted="2027-04-20")])
    spans = line(facts, rule(90, grace=5))
    assert told(spans)[2:] == [
        "2027-01-09 renewal_open due 2027-05-31",
        "2027-04-10 open* due 2027-05-31",
        "2027-06-01 in_grace due 2027-05-31",
        "2027-06-06 overdue due 2027-05-31",
    ]
    assert spans[3].because == "extension:1" and spans[3].cycle == 2


def test_a_leave_that_begins_after_an_extension_moves_the_new_day_again_and_one_before_does_not() -> None:
    ext = [extension(1, "2026-08-31", granted="2026-06-01")]
    after = person("2026-04-01", extensions=ext, leaves=[leave("2026-08-01", "2026-09-01")])
    before = person("2026-04-01", extensions=ext, leaves=[leave("2026-05-01", "2026-05-20")])
    assert line(after, rule(90))[-1].due == d("2026-10-01")
    assert line(before, rule(90))[-1].due == d("2026-08-31")


def test_an_extension_of_a_later_cycle_closes_older_ones_as_missed_from_the_day_it_was_granted() -> None:
    data = rule(30, kind="cadence", opens_before=60)
    facts = person("2025-01-01", extensions=[extension(2, "2026-04-30", granted="2026-03-01")])
    assert told(line(facts, data)) == [
        "2025-01-01 open due 2025-01-31",
        "2025-02-01 overdue due 2025-01-31",
        "2026-03-01 open due 2026-04-30",
        "2026-05-01 overdue due 2026-04-30",
    ]


def test_a_revoked_record_never_counted_on_any_day() -> None:
    kept = person("2026-03-01")
    revoked = person("2026-03-01", records=[Record(1, "cc-101", d("2026-04-10"), revoked=True)])
    assert line(revoked, rule(90)) == line(kept, rule(90))


def test_a_corrected_record_counts_instead_of_the_one_it_replaces() -> None:
    records = [Record(1, "cc-101", d("2026-04-10")), Record(2, "cc-101", d("2026-04-20"), replaces=1)]
    spans = line(person("2026-03-01", records=records), rule(90))
    assert told(spans)[1] == "2026-04-20 compliant due 2027-04-19"


# --- periods


def test_a_gap_up_to_rejoin_within_does_not_break_the_period_and_an_unmet_cycle_keeps_its_due_day() -> None:
    moves = [member("2026-03-01", "2026-03-20"), member("2026-04-20")]
    spans = line(person("2026-03-01", memberships=moves), rule(90))
    assert told(spans) == [
        "2026-03-01 open due 2026-05-30",
        "2026-04-20 open due 2026-05-30",
        "2026-05-31 overdue due 2026-05-30",
    ]
    assert spans[0].to_day == d("2026-03-20")


@pytest.mark.parametrize(("back", "due"), [("2026-06-15", "2026-07-15"), ("2026-05-30", "2026-05-30")])
def test_a_due_day_that_passed_during_the_gap_is_a_return_window_after_the_return(back: str, due: str) -> None:
    moves = [member("2026-03-01", "2026-05-20"), member(back)]
    spans = line(person("2026-03-01", memberships=moves), rule(90))
    assert on(spans, back).due == d(due)  # type: ignore[union-attr]
    assert state(spans, back) == "open"


def test_who_was_late_before_the_gap_is_late_after_it() -> None:
    moves = [member("2026-03-01", "2026-06-20"), member("2026-07-20")]
    assert told(line(person("2026-03-01", memberships=moves), rule(90)))[-1] == "2026-07-20 overdue due 2026-05-30"


def test_a_longer_gap_starts_a_new_period_with_a_new_first_cycle() -> None:
    gone = {"employments": [(d("2026-03-01"), d("2026-04-01")), (d("2026-07-01"), None)]}
    moves = [member("2026-03-01", "2026-04-01"), member("2026-07-01")]
    spans = line(person("2026-03-01", memberships=moves, **gone), rule(90))
    assert told(spans) == [
        "2026-03-01 open due 2026-05-30",
        "2026-07-01 open due 2026-09-29",
        "2026-09-30 overdue due 2026-09-29",
    ]
    assert [span.cycle for span in spans] == [1, 2, 2] and spans[1].because == "hire"
    exactly_90 = [member("2026-03-01", "2026-04-02"), member("2026-07-01")]
    assert line(person("2026-03-01", memberships=exactly_90), rule(90))[1].due == d("2026-07-31")


def test_what_is_done_while_outside_counts() -> None:
    moves = [member("2026-03-01", "2026-04-01"), member("2026-06-15")]
    spans = line(person("2026-03-01", memberships=moves, done=["2026-05-01"]), rule(90))
    assert told(spans)[1] == "2026-06-15 compliant due 2027-04-30"


def test_after_a_longer_gap_the_last_days_before_the_return_count_even_without_look_back() -> None:
    moves = [member("2025-03-01", "2025-04-01"), member("2026-06-15")]
    data = rule(90, look_back="none")
    inside = person("2025-03-01", memberships=moves, done=["2026-03-17"])
    outside = person("2025-03-01", memberships=moves, done=["2026-03-16"])
    assert state(line(inside, data), "2026-06-15") == "compliant"
    assert state(line(outside, data), "2026-06-15") == "open"


def test_a_renewal_that_lapsed_in_a_short_gap_is_open_lapsed_extended_on_return() -> None:
    moves = [member("2026-03-01", "2027-04-01"), member("2027-05-01")]
    spans = line(person("2026-03-01", memberships=moves, done=["2026-04-10"]), rule(90))
    assert told(spans)[-2:] == ["2027-05-01 open* due 2027-05-31", "2027-06-01 overdue due 2027-05-31"]
    assert spans[-2].because == "return"


def test_transfers_within_the_audience_change_nothing() -> None:
    moves = [member("2026-03-01", "2026-04-01", 10), member("2026-04-01", None, 11, ("ICU",))]
    assert line(person("2026-03-01", memberships=moves), rule(90)) == line(person("2026-03-01"), rule(90))


def test_with_two_memberships_the_requirement_applies_if_either_is_in_the_audience() -> None:
    data = rule(30, audience={"field": "department", "in": ["ED"]})
    both = [member("2026-01-01", None, 5, ("HR",)), member("2026-03-01", "2026-06-01", 10, primary=False)]
    spans = line(person("2026-01-01", memberships=both), data)
    assert (spans[0].from_day, spans[-1].to_day) == (d("2026-03-01"), d("2026-06-01"))


def test_nobody_is_asked_outside_an_employment_or_before_a_version_is_in_force() -> None:
    spans = line(person("2019-03-01", "2021-01-01", memberships=[member("2019-01-01")]), rule(90))
    assert (spans[0].from_day, spans[-1].to_day) == (d("2020-01-01"), d("2021-01-01"))
    assert line(person("2018-01-01", "2019-01-01"), rule(90)) == ()


# --- versions


def test_the_version_in_force_on_the_day_a_cycle_begins_governs_it_whole() -> None:
    old, new = version(rule(90), 1), version(rule(30, every=6, grace=5), 2, begin="2026-04-01")
    spans = line(person("2026-03-01", done=["2026-05-10"]), old, new)
    assert told(spans) == [
        "2026-03-01 open due 2026-05-30",
        "2026-05-10 compliant due 2026-11-09",
        "2026-08-11 renewal_open due 2026-11-09",
        "2026-11-10 in_grace due 2026-11-09",
        "2026-11-15 overdue due 2026-11-09",
    ]


def test_apply_to_running_applies_a_version_to_unmet_cycles_from_its_first_day() -> None:
    old = version(rule(90), 1)
    new = version(rule(60, grace=5), 2, begin="2026-04-01", apply_to_running=True)
    spans = line(person("2026-03-01"), old, new)
    assert told(spans) == [
        "2026-03-01 open due 2026-05-30",
        "2026-04-01 open due 2026-04-30",
        "2026-05-01 in_grace due 2026-04-30",
        "2026-05-06 overdue due 2026-04-30",
    ]
    assert spans[1].because == "rule:2"


def test_no_cycle_becomes_due_before_the_day_of_the_version_that_takes_it_over() -> None:
    new = version(rule(10), 2, begin="2026-04-01", apply_to_running=True)
    spans = line(person("2026-03-01"), version(rule(90), 1), new)
    assert told(spans)[1:] == ["2026-04-01 open due 2026-04-01", "2026-04-02 overdue due 2026-04-01"]


def test_who_is_late_under_both_versions_stays_late_and_a_longer_window_opens_again() -> None:
    shorter = version(rule(20), 2, begin="2026-07-01", apply_to_running=True)
    longer = version(rule(150), 2, begin="2026-07-01", apply_to_running=True)
    assert told(line(person("2026-03-01"), version(rule(90)), shorter))[1:] == ["2026-05-31 overdue due 2026-05-30"]
    assert told(line(person("2026-03-01"), version(rule(90)), longer))[2] == "2026-07-01 open due 2026-07-29"


def test_apply_to_running_shortens_a_running_renewal_and_its_validity_with_it() -> None:
    new = version(rule(90, every=6), 2, begin="2026-08-01", apply_to_running=True)
    spans = line(person("2026-03-01", done=["2026-04-10"]), version(rule(90)), new)
    assert on(spans, "2026-07-31").due == d("2027-04-09")  # type: ignore[union-attr]
    assert on(spans, "2026-08-01").due == d("2026-10-09")  # type: ignore[union-attr]
    assert (state(spans, "2026-10-09"), state(spans, "2026-10-10")) == ("renewal_open", "overdue")


def test_a_course_done_before_the_version_that_asks_for_it_counts_from_that_version_on() -> None:
    new = version(rule(90) | {"courses": ["la-110"]}, 2, begin="2026-04-01", apply_to_running=True)
    facts = person("2026-03-01", records=done((1, "la-110", "2026-03-10")))
    spans = line(facts, version(rule(90)), new)
    assert told(spans)[:2] == ["2026-03-01 open due 2026-05-30", "2026-04-01 compliant due 2027-03-09"]


def test_a_version_adopted_for_a_past_date_binds_from_adoption_and_nobody_is_due_before_adoption_plus_return_window() -> (
    None
):
    late = version(rule(10), 1, begin="2026-01-01", adopted="2026-06-01")
    spans = line(person("2025-01-01"), late)
    assert told(spans) == ["2026-06-01 open due 2026-07-01", "2026-07-02 overdue due 2026-07-01"]
    hired_after = line(person("2026-06-10"), late)
    assert told(hired_after)[0] == "2026-06-10 open due 2026-07-01"


def test_a_new_version_that_leaves_a_department_out_ends_the_duty_there() -> None:
    new = version(rule(90, audience={"field": "department", "in": ["ICU"]}), 2, begin="2026-04-01")
    spans = line(person("2026-03-01"), version(rule(90)), new)
    assert [(span.from_day, span.to_day) for span in spans] == [(d("2026-03-01"), d("2026-04-01"))]


def test_a_one_time_rule_that_becomes_yearly_asks_again_but_gives_the_first_time_window() -> None:
    new = version(rule(60), 2, begin="2026-01-01")
    spans = line(person("2022-01-01", done=["2022-02-01"]), version(rule(60, every=None)), new)
    assert told(spans) == [
        "2022-01-01 open due 2022-03-02",
        "2022-02-01 compliant due 2026-03-02",
        "2026-01-01 renewal_open due 2026-03-02",
        "2026-03-03 overdue due 2026-03-02",
    ]


def test_a_rolling_rule_that_becomes_a_fixed_date_is_due_on_that_date_from_the_next_cycle_on() -> None:
    fixed = rule(60, kind="fixed", recurs={"month": 1, "day": 31}, opens_before=60)
    facts = person("2025-03-01", done=["2025-04-10", "2026-04-01"])
    spans = line(facts, version(rule(90)), version(fixed, 2, begin="2026-01-01"))
    assert on(spans, "2025-12-31").due == d("2026-04-09")  # type: ignore[union-attr]
    assert on(spans, "2026-04-01").due == d("2027-01-31")  # type: ignore[union-attr]


def test_the_horizon_leaves_out_what_begins_after_it_and_keeps_true_ends() -> None:
    facts = person("2026-03-01", done=["2026-04-10"])
    whole = line(facts, rule(90))
    assert line(facts, rule(90), horizon=d("2026-12-31")) == whole[:2]
    assert line(facts, rule(90), horizon=d("2026-02-28")) == ()
    assert requirement(rule(90)).phases[0].to_day == date.max.toordinal()
