"""On which days a view is mailed. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from lms.compliance.calendar import add_months


class Every(StrEnum):
    """How often."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def following(first: date, every: Every, day: date) -> date:
    """The first day of the plan after ``day``: the weekday, or the day of the month, of ``first`` (its last day in a shorter month)."""
    if day < first:
        return first
    if every is Every.DAY:
        return day + timedelta(days=1)
    if every is Every.WEEK:
        return first + timedelta(days=((day - first).days // 7 + 1) * 7)
    months = (day.year - first.year) * 12 + day.month - first.month
    return next(found for step in (0, 1, 2) if (found := add_months(first, months + step)) > day)
