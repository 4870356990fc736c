"""Charts: what is drawn stands where it belongs."""

from __future__ import annotations

import re

from flask import Flask


def test_a_column_stands_over_its_own_period_though_others_are_left_out(app: Flask) -> None:
    weeks = [("a", None), ("b", 5), ("c", 0), ("d", 10)]
    with app.test_request_context("/"):
        charts = app.jinja_env.get_template("components/charts.html").module
        drawn = charts.line_chart("Lapsing", weeks, "People", "Week", percent=False, high=10, columns=True)  # type: ignore[attr-defined]
    columns = re.findall(r'class="column" x="([0-9.]+)".*?height="([0-9.]+)"', str(drawn))
    assert [(float(left), float(height)) for left, height in columns] == [(28.75, 50.0), (78.75, 100.0)]
