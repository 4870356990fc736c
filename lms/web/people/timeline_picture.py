"""The timeline of a person as fractions of a width, for the chart that draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date, gettext

from lms.compliance.calendar import add_months
from lms.compliance.queries import Line

MONTHS_BACK, MONTHS_AHEAD = 24, 12
MOST_YEARS = 8
"""So many years are named at most, so that they fit on a phone; of more, every second, third and so on."""

ROOM = 0.05
"""No name this near to an end of the picture, where it would stand out over it."""

NEVER = 9999
"""The year of a day that does not come: the state has no end."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows for ``spans_chart``, its ends in words, and where today is, 0 to 1. ``whole``: from the first day to the last.

    ``years``: where each year begins, with its name or nothing.
    """

    rows: list[dict[str, Any]]
    start: str
    end: str
    today: float
    whole: bool
    years: list[tuple[str, float]]


def picture(lines: Sequence[Line], today: date, *, whole: bool = False) -> Picture:
    """Two years back, one ahead. ``whole``: from the first day that any state began, until the last one that has an end."""
    first, last = add_months(today, -MONTHS_BACK), add_months(today, MONTHS_AHEAD)
    if whole:
        spans = [span for line in lines for span in line.spans]
        first = min((span.from_day for span in spans), default=first)
        last = max([last, *(span.to_day for span in spans if span.to_day.year < NEVER)])
    width = (last - first).days

    def place(day: date) -> float:
        return min(max((day - first).days / width, 0.0), 1.0)

    rows = []
    for line in lines:
        parts = []
        marks = set()
        for span in line.spans:
            if span.to_day <= first or span.from_day >= last:
                continue
            parts.append(
                {
                    "state": span.state.name.lower(),
                    "start": place(span.from_day),
                    "end": place(span.to_day),
                    "text": _days(span.from_day, span.to_day),
                }
            )
            if span.because.startswith("record:") and span.state.name == "COMPLIANT":
                marks.add(round(place(span.from_day), 4))
        if parts:
            rows.append({"label": line.title or gettext("Overall"), "parts": parts, "marks": sorted(marks)})
    return Picture(rows, format_date(first), format_date(last), place(today), whole, _years(first, last))


def _years(first: date, last: date) -> list[tuple[str, float]]:
    starts = [date(year, 1, 1) for year in range(first.year + 1, last.year + 1)]
    step = -(-len(starts) // MOST_YEARS)
    found = []
    for start in starts:
        at = (start - first).days / (last - first).days
        named = start.year % step == 0 and ROOM < at < 1 - ROOM
        found.append((format_date(start, "y") if named else "", at))
    return found


def _days(from_day: date, to_day: date) -> str:
    if to_day.year >= NEVER:
        return str(gettext("From %(first)s", first=format_date(from_day)))
    last = to_day - timedelta(days=1)
    return str(gettext("%(first)s to %(last)s", first=format_date(from_day), last=format_date(last)))
