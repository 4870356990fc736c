"""Small cells: what may be shown, and that no total gives away what may not."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.reports.rollup import STATES, Figures, Row
from lms.reports.suppression import COLUMNS, LIMIT, Shown, count, cover_list, safe_rate, suppress, whole


def row(name: str, **people: int) -> Row:
    figures = Figures(**people)
    return Row(hash(name) % 1000, name, name, name, 1, 0, figures, figures.rate())


def test_eleven_is_the_smallest_number_of_people_that_is_shown() -> None:
    assert [count(people) for people in (0, 1, 10, 11, 12)] == [0, None, None, 11, 12]
    assert safe_rate(Figures(compliant=8, overdue=2), 0.8) is None
    assert safe_rate(Figures(compliant=8, overdue=3), 8 / 11) == 8 / 11


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


def test_a_rate_beside_a_suppressed_count_is_rounded_until_it_says_no_number() -> None:
    big, _ = suppress([row("A", compliant=995, overdue=1), row("B", compliant=900, overdue=100)])
    assert big.rounded and big.rate == 0.99, "never everybody"
    division, _ = suppress([row("A", compliant=39, in_grace=3, overdue=1), row("B", compliant=900, overdue=100)])
    assert division.rounded and division.rate == 0.9, "91 % of 43 would say 4 late; 90 % is 39 or 40 of them"
    tiny, _ = suppress([row("A", compliant=9, overdue=2), row("B", compliant=900, overdue=100)])
    assert tiny.rate is None, "whatever it is rounded to, 82 % of 11 are 2 late"
    told, _ = suppress(
        [row("A", compliant=90, overdue=10, in_grace=2), row("B", compliant=80, overdue=30, in_grace=20)]
    )
    assert told.rate == pytest.approx(90 / 102) and not told.rounded, "it follows from what is shown"


def test_a_number_that_is_alone_in_its_column_hides_behind_a_zero() -> None:
    found = [row("A", compliant=50, overdue=20, open=1), row("B", compliant=60, overdue=30), row("C", compliant=70)]
    shown = suppress(found)
    assert sum(each.counts["open"] is None for each in shown) >= 2, "else the total of the column would say 1"
    assert not worked_out(shown)


def test_no_chain_of_subtractions_leads_to_a_small_number() -> None:
    shown = suppress(
        [
            row("A", compliant=15, overdue=4, exempt=17),
            row("B", compliant=200, overdue=30, exempt=6, on_leave=12),
            row("C", compliant=90, open=3, upcoming=40),
            row("D", compliant=80, open=30, upcoming=8),
        ]
    )
    assert not worked_out(shown)


def test_the_whole_is_shown_unless_it_is_itself_a_small_group() -> None:
    assert whole(row("All", compliant=100, overdue=3)).counts["overdue"] == 3
    assert whole(row("All", compliant=3)).hidden


def test_lists_with_a_shown_sum_cover_each_other() -> None:
    assert cover_list([3, 20, 30]) == [None, None, 30]
    assert cover_list([3, 4, 5, 30]) == [None, None, None, 30]
    assert cover_list([0, 20, 30]) == [0, 20, 30]


def worked_out(shown: Sequence[Shown]) -> list[tuple[int, str]]:
    """The suppressed cells that a reader can work out who knows all totals: by elimination, as in any set of equations."""
    names = ("required", *STATES)
    unknown = [(place, name) for place, each in enumerate(shown) for name in names if each.counts[name] is None]
    sums = [{(place, name): Fraction(-1 if name == "required" else 1) for name in names} for place in range(len(shown))]
    sums += [{(place, name): Fraction(1) for place in range(len(shown))} for name in names]
    solved: dict[tuple[int, str], dict[tuple[int, str], Fraction]] = {}
    for equation in ({cell: one for cell, one in line.items() if cell in unknown} for line in sums):
        left = equation
        for head, other in solved.items():
            left = less(left, other, head)
        if left:
            first = min(left)
            left = {cell: one / left[first] for cell, one in left.items()}
            solved = {head: less(other, left, first) for head, other in solved.items()} | {first: left}
    return [head for head, line in solved.items() if len(line) == 1]


def less(
    line: dict[tuple[int, str], Fraction], other: dict[tuple[int, str], Fraction], cell: tuple[int, str]
) -> dict[tuple[int, str], Fraction]:
    """``line`` without ``cell``, by taking as much of ``other`` away."""
    times = line.get(cell, Fraction(0))
    found = {
        each: line.get(each, Fraction(0)) - times * other.get(each, Fraction(0)) for each in line.keys() | other.keys()
    }
    return {each: one for each, one in found.items() if one}


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
    small_cells = [(place, name) for place, name in worked_out(shown) if 0 < getattr(found[place], name) < LIMIT]
    assert not small_cells or len(found) == 1
    for name in STATES:
        gone_rows = [place for place, each in enumerate(shown) if each.counts[name] is None]
        left = [figures for place, figures in enumerate(found) if place not in gone_rows and getattr(figures, name)]
        if gone_rows and left:
            assert len(gone_rows) >= 2 and sum(getattr(found[place], name) for place in gone_rows) >= LIMIT
