"""Date arithmetic of the compliance rules: whole local days, half-open intervals.

A *day number* is ``date.toordinal()``; the timeline works in day numbers because adding and comparing ints is quick
and the end of time needs no special case. ``FOREVER`` is the day number that stands for "no end" and for "no due day".
An interval ``(from, to)`` holds the days ``from <= day < to``.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

FOREVER = date.max.toordinal()

Interval = tuple[int, int]


def add_months(day: date, months: int) -> date:
    """``day`` moved by whole months (negative: back), keeping its day of the month, clamped to the end of the month.

    31 Jan + 1 month = 28 or 29 Feb; 29 Feb + 12 months = 28 Feb; 29 Feb + 48 months = 29 Feb. Always add the whole
    number of months to the anchor; adding step by step drifts. Beyond the year 9999 the answer is ``date.max``.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if year > date.max.year:
        return date.max
    if year < date.min.year:
        return date.min
    if day.day <= 28:
        return date(year, month, day.day)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def end_of_month(day: date) -> date:
    """The last day of the month of ``day``."""
    return date(day.year, day.month, monthrange(day.year, day.month)[1])


def number(day: date | None) -> int:
    """Day number of a stored, exclusive end: None is for ever."""
    return FOREVER if day is None else day.toordinal()


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time as a rule writes it: months and years keep the day of the anchor, days are plain."""

    months: int = 0
    days: int = 0

    def after(self, day: int, times: int = 1) -> int:
        """Day number ``times`` lengths after ``day`` (negative: before), never beyond ``FOREVER``."""
        if self.months:
            day = months_after(day, self.months * times)
        day += self.days * times
        return day if 1 <= day <= FOREVER else max(1, min(day, FOREVER))


@lru_cache(maxsize=1 << 16)
def months_after(day: int, months: int) -> int:
    """:func:`add_months` for day numbers, remembered: the same days come again for person after person."""
    return add_months(date.fromordinal(day), months).toordinal()


def united(intervals: Iterable[Interval]) -> list[Interval]:
    """The same days as ``intervals``, as few intervals as possible, in order; touching ones are joined."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if result and start <= result[-1][1]:
            if end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result
