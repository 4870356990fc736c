"""Small cells: what may be shown, and that no total gives away what may not."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.reports.rollup import STATES, Figures, Row
from lms.reports.suppression import COLUMNS, LIMIT, cover_list, suppress, whole


def row(name: str, **people: int) -> Row:
    figures = Figures(**people)
    return Row(hash(name) % 1000, name, name, name, 1, 0, figures, figures.rate())


def test_counts_from_one_to_ten_are_suppressed_and_nobody_is_not() -> None:
    (shown, _) = suppress(
        [row("A", compliant=90, overdue=10, in_grace=2, exempt=0), row("B", compliant=80, overdue=30, in_grace=20)]
    )
    assert shown.counts["overdue"] is None and shown.counts["in_grace"] is None
    assert shown.counts["exempt"] == 0
    assert shown.counts["compliant"] == 90


def test_what_stands_alone_takes_the_next_smallest_with_it() -> None:
    first, second = suppress([row("A", compliant=90, overdue=5), row("B", compliant=80, overdue=30)])
    assert first.counts["overdue"] is None
    assert first.counts["compliant"] is None, "else 95 required less 90 compliant would say 5"
    assert second.counts["overdue"] is None, "else the total of the column would say 5"
    assert first.counts["required"] == 95


def test_a_group_of_fewer_than_eleven_is_suppressed_whole_with_the_next_smallest() -> None:
    shown = suppress([row("A", compliant=4), row("B", compliant=40, overdue=20), row("C", compliant=100, overdue=50)])
    assert [each.hidden for each in shown] == [True, True, False]
    assert shown[0].rate is None and shown[1].rate is None
    assert shown[2].rate == pytest.approx(2 / 3)


def test_a_rate_beside_a_suppressed_count_is_in_whole_per_cent_and_never_all_or_nobody() -> None:
    shown = suppress([row("A", compliant=995, overdue=1), row("B", compliant=900, overdue=100)])[0]
    assert shown.rounded and shown.rate == 0.99


def test_the_whole_is_shown_unless_it_is_itself_a_small_group() -> None:
    assert whole(row("All", compliant=100, overdue=3)).counts["overdue"] == 3
    assert whole(row("All", compliant=3)).hidden


def test_lists_with_a_shown_sum_cover_each_other() -> None:
    assert cover_list([3, 20, 30]) == [None, None, 30]
    assert cover_list([3, 4, 5, 30]) == [None, None, None, 30]
    assert cover_list([0, 20, 30]) == [0, 20, 30]


people = st.integers(0, 40)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.builds(Figures, *([people] * 7), st.just(0)), min_size=1, max_size=6))
def test_nothing_small_is_shown_or_can_be_worked_out_from_one_total(found: list[Figures]) -> None:
    rows = [Row(place, str(place), "", "", 1, 0, figures, figures.rate()) for place, figures in enumerate(found)]
    shown = suppress(rows)
    for each, figures in zip(shown, found, strict=True):
        for name in COLUMNS:
            count = each.counts[name]
            assert count is None or count == 0 or count >= LIMIT
            assert count is None or count == getattr(figures, name)
        gone = [name for name in STATES if each.counts[name] is None]
        if gone and not each.hidden:
            hidden = sum(getattr(figures, name) for name in gone)
            everything = all(not getattr(figures, name) for name in STATES if name not in gone)
            assert (len(gone) >= 2 and hidden >= LIMIT) or everything
    for name in STATES:
        gone_rows = [place for place, each in enumerate(shown) if each.counts[name] is None]
        left = [figures for place, figures in enumerate(found) if place not in gone_rows and getattr(figures, name)]
        if gone_rows and left:
            assert len(gone_rows) >= 2 and sum(getattr(found[place], name) for place in gone_rows) >= LIMIT
