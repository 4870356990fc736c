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


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows for ``spans_chart``, its ends in words, and where today is, 0 to 1."""

    rows: list[dict[str, Any]]
    start: str
    end: str
    today: float


def picture(lines: Sequence[Line], today: date) -> Picture:
    """Two years back, one ahead."""
    first, last = add_months(today, -MONTHS_BACK), add_months(today, MONTHS_AHEAD)
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
    return Picture(rows, format_date(first), format_date(last), place(today))


def _days(from_day: date, to_day: date) -> str:
    if to_day.year >= 9999:
        return str(gettext("From %(first)s", first=format_date(from_day)))
    last = to_day - timedelta(days=1)
    return str(gettext("%(first)s to %(last)s", first=format_date(from_day), last=format_date(last)))
