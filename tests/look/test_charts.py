"""Charts: what is drawn stands where it belongs."""

from __future__ import annotations

import re
from datetime import date

from flask import Flask

from lms.compliance.queries import Line
from lms.compliance.spans import Span, State
from lms.web.people.timeline_picture import picture


def test_a_column_stands_over_its_own_period_though_others_are_left_out(app: Flask) -> None:
    weeks = [("a", None), ("b", 5), ("c", 0), ("d", 10)]
    with app.test_request_context("/"):
        charts = app.jinja_env.get_template("components/charts.html").module
        drawn = charts.line_chart("Lapsing", weeks, "People", "Week", percent=False, high=10, columns=True)  # type: ignore[attr-defined]
    columns = re.findall(r'class="column" x="([0-9.]+)".*?height="([0-9.]+)"', str(drawn))
    assert [(float(left), float(height)) for left, height in columns] == [(28.75, 50.0), (78.75, 100.0)]


def test_a_timeline_marks_the_years_and_names_no_more_than_fit(app: Flask) -> None:
    def years(first: date) -> list[tuple[str, float]]:
        line = Line(
            1, "LA", "Language access", (Span(first, date(2028, 3, 1), State.OPEN, None, None, None, 1, "hire"),), ()
        )
        return picture([line], date(2026, 11, 23), whole=True).years

    with app.test_request_context("/"):
        assert [name for name, _ in years(date(2024, 11, 23))] == [
            "",
            "2026",
            "2027",
            "2028",
        ]  # 2025 begins too near to the edge
        long = years(date(1996, 6, 1))
        assert [name for name, _ in long if name] == ["2000", "2004", "2008", "2012", "2016", "2020", "2024"]
        assert len(long) == 32 and long[-1][1] < 1
        charts = app.jinja_env.get_template("components/charts.html").module
        drawn = charts.spans_chart("Timeline", [], "1996", "2028", years=[("2026", 0.25), ("", 0.5)])  # type: ignore[attr-defined]
    assert re.findall(r'<line x1="([0-9.]+)%"', str(drawn)) == ["25.0", "50.0"] and ">2026</text>" in str(drawn)
