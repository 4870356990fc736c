"""A text that a spreadsheet would take for a formula is a text in every file, wherever in the row it stands."""

from __future__ import annotations

import csv

import pytest

from lms.reports.export import FORMULA, Column, Sheet, csv_lines


@pytest.mark.parametrize("kind", ["text", "share"])
def test_no_cell_of_a_csv_file_is_a_formula(kind: str) -> None:
    cells = [f"{mark}SUM(A1)" for mark in ("=", "+", "-", "@", "\t", "\r")] + ["a, b", 'a "b"', "a=b", "5-1"]
    columns = [Column("First"), Column("Second"), Column("Third", kind)]
    sheet = Sheet("Sheet", "=title", ["@note"], columns, [(cell, cell, 0.5) for cell in cells], [])
    title, note, _, _, *rows = csv.reader(line for line in "".join(csv_lines(sheet)).splitlines(keepends=True))
    assert (title, note) == (["\ufeff'=title"], ["'@note"])
    expected = ["'" + cell if cell.startswith(FORMULA) else cell for cell in cells]
    assert [row[0] for row in rows] == [row[1] for row in rows] == expected
    assert sum(cell.startswith("'") for cell in expected) == 6
