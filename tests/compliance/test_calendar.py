"""Date arithmetic against the rules page and, as an oracle, python-dateutil."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import example, given
from hypothesis import strategies as st

from lms.compliance.calendar import FOREVER, Length, add_months, end_of_month, number, united

from .making import d


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2100-02-28", 12, "2101-02-28"),
    ],
)
def test_adding_months_keeps_the_day_of_the_anchor_clamped_to_the_end_of_the_month(
    anchor: str, months: int, expected: str
) -> None:
    assert add_months(d(anchor), months) == d(expected)


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)), st.integers(-600, 600))
@example(date(2024, 2, 29), 12)
@example(date(2000, 2, 29), 1200)
def test_adding_months_agrees_with_dateutil(day: date, months: int) -> None:
    assert add_months(day, months) == day + relativedelta(months=months)


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)))
def test_end_of_month_agrees_with_dateutil(day: date) -> None:
    assert end_of_month(day) == day + relativedelta(day=31)


def test_adding_days_is_plain_and_nothing_goes_beyond_the_end_of_time() -> None:
    assert Length(days=90).after(d("2026-03-01").toordinal()) == d("2026-05-30").toordinal()
    assert Length(days=90).after(FOREVER) == FOREVER
    assert Length(months=12).after(FOREVER) == FOREVER
    assert Length(days=FOREVER).after(d("2026-03-01").toordinal(), -1) == 1
    assert add_months(date(1, 1, 5), -1) == date.min


def test_the_nth_due_of_a_cadence_is_first_due_plus_n_periods_never_step_by_step() -> None:
    monthly = Length(months=1)
    first = d("2026-01-31").toordinal()
    days = [str(date.fromordinal(monthly.after(first, turn))) for turn in range(5)]
    assert days == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


def test_an_end_that_is_open_is_for_ever() -> None:
    assert number(None) == number(date.max) == FOREVER


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), max_size=8))
def test_united_intervals_hold_the_same_days_in_order_and_neither_touch_nor_overlap(
    parts: list[tuple[int, int]],
) -> None:
    result = united(parts)
    assert {day for a, b in parts for day in range(a, b)} == {day for a, b in result for day in range(a, b)}
    assert all(left[1] < right[0] for left, right in pairwise(result))
