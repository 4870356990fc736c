"""Tables as files: JSON for programs, CSV that is written as it is read, XLSX with real types. Figures come from elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import xlsxwriter

from lms.compliance.models import OVERALL
from lms.reports.attention import AboutPoints, AboutShare, Share
from lms.reports.leadership import Leadership
from lms.reports.queries import Report
from lms.reports.rollup import STATES, Row
from lms.reports.suppression import COLUMNS, LIMIT, Shown

RATE_DEFINITION = "compliant / (compliant + in grace + overdue): of those whose duty has fallen due or been met"
NAMES = ("department_code", "path", "requirement", *COLUMNS[:-1], "due_soon", "rate")
"""The keys of a row, in order."""

Value = str | int | float | date | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file. ``kind``: text, count, share (0 to 1), day or moment (UTC); ``width`` in characters."""

    label: str
    kind: str = "text"
    width: int = 12


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as a file shows it: what it is and as of when (``title``, ``notes``), columns, rows, and what the words mean. The last
    ``totals`` rows stay where they are when a reader filters or sorts the others."""

    name: str
    title: str
    notes: Sequence[str]
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    definitions: Sequence[tuple[str, str]]
    definitions_name: str = "Definitions"
    totals: int = 0


# --- JSON -------------------------------------------------------------------------------------------------------------


def plain_row(row: Row, codes: Mapping[int, str]) -> dict[str, Any]:
    """A row with the keys of ``docs/schemas/report-completion.schema.json``; the total has neither department nor requirement."""
    code = codes.get(row.requirement_id) if row.requirement_id != OVERALL else None
    counts = {name: getattr(row.figures, name) for name in COLUMNS}
    return {"department_code": row.code or None, "path": row.path, "requirement": code} | counts | {"rate": row.rate}


def plain_shown(shown: Shown) -> dict[str, Any]:
    """The same keys of an overall row as it may be shown; None where a figure is suppressed."""
    named = {"department_code": shown.code or None, "path": shown.path, "requirement": None}
    return named | {name: shown.counts[name] for name in COLUMNS} | {"rate": shown.rate}


def completion_json(report: Report, generated_at: datetime) -> dict[str, Any]:
    """The report as ``docs/schemas/report-completion.schema.json`` describes it."""
    definition = RATE_DEFINITION
    if report.lenient:
        definition += f"; people in grace count as compliant for {', '.join(report.lenient)}"
    return {
        "as_of": report.day.isoformat(),
        "generated_at": generated_at.isoformat(timespec="seconds"),
        "rate_definition": definition,
        "rows": [plain_row(row, report.codes) for row in report.rows],
        "total": plain_row(report.total, report.codes),
    }


def leadership_json(rollup: Leadership) -> dict[str, Any]:
    """The rollup as ``docs/schemas/report-leadership.schema.json`` describes it; sentences are in English."""
    return {
        "as_of": rollup.day.isoformat(),
        "overall": plain_shown(rollup.overall),
        "divisions": [plain_shown(division.shown) for division in rollup.divisions],
        "trend": [
            {
                "month": f"{point.day:%Y-%m}",
                "as_of": point.day.isoformat(),
                "rate": point.rate,
                "denominator": point.denominator,
            }
            for point in rollup.trend
        ],
        "lapses_90": {
            "people": rollup.lapses,
            "weeks": [
                {"from": week.first.isoformat(), "to": week.last.isoformat(), "people": week.people}
                for week in rollup.weeks
            ],
            "divisions": [
                {"department_code": each.shown.code or None, "path": each.shown.path, "people": each.lapsing}
                for each in rollup.divisions
            ],
        },
        "attention": [
            {
                "department_code": each.code,
                "path": each.path,
                "rate": each.rate,
                "reasons": [in_english(reason.msgid, reason.params) for reason in each.reasons],
            }
            for each in rollup.attention
        ],
        "suppressed": {
            "below": LIMIT,
            "cells": [
                {
                    "department_code": each.shown.code or None,
                    "path": each.shown.path,
                    "columns": list(each.shown.suppressed),
                }
                for each in rollup.divisions
                if each.shown.suppressed
            ],
            "rounded_rates": [each.shown.code or None for each in rollup.divisions if each.shown.rounded],
        },
    }


def in_english(msgid: str, params: Mapping[str, object]) -> str:
    """A reason in English, with shares in whole per cent and differences in whole points."""
    return msgid % {name: _spoken(value) for name, value in params.items()}


def _spoken(value: object) -> str:
    if isinstance(value, float):
        about = "~" if isinstance(value, AboutShare | AboutPoints) else ""
        percent = f"{about}{value * 100:.0f}"
        return f"{percent}%" if isinstance(value, Share) else percent
    return str(value)


# --- CSV --------------------------------------------------------------------------------------------------------------


LINES = 500
"""So many rows are sent at once: line by line, sending would take longer than writing."""


def csv_lines(sheet: Sheet) -> Iterator[str]:
    """The table as comma-separated text, piece by piece, with a byte-order mark so that spreadsheets read it as UTF-8.

    The title (with the as-of date) and the notes (the filter) stand in lines of their own before the headings; text that a
    spreadsheet would take for a formula gets an apostrophe. Most pieces hold none, which is seen in what was written: only the others
    are gone through value by value.
    """
    buffer = io.StringIO()
    write = csv.writer(buffer).writerows
    shares = any(column.kind == "share" for column in sheet.columns)

    def written(lines: Iterable[Sequence[Value]]) -> str:
        write(lines)
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text

    def careful(lines: Iterable[Sequence[Value]]) -> str:
        return written([[_text(value) for value in line] for line in lines])

    yield "\ufeff" + careful([[sheet.title], *([note] for note in sheet.notes)])
    yield "\r\n"
    yield careful([[column.label for column in sheet.columns]])
    rows = iter(sheet.rows)
    while piece := list(islice(rows, LINES)):
        text = careful(piece) if shares else written(piece)
        yield careful(piece) if not shares and _suspect(text) else text


def _suspect(text: str) -> bool:
    lines = "\n" + text
    return any(beginning in lines for beginning in _SUSPECT)


def _text(value: Value) -> str | int | None:
    if isinstance(value, str):
        return "'" + value if value.startswith(FORMULA) else value
    if isinstance(value, float):
        return f"{value:.4f}"
    return str(value) if isinstance(value, date) else value


FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SUSPECT = tuple(
    before + mark for mark in FORMULA for before in (",", "\n", ',"', '\n"') if mark != "\r" or before.endswith('"')
)
"""The beginning of a cell that may be a formula, as it is written: a carriage return never stands there without quotes."""


# --- XLSX -------------------------------------------------------------------------------------------------------------


def xlsx(sheet: Sheet) -> bytes:
    """The table as a workbook: title and notes, a frozen header with a filter, numbers as numbers, and a sheet of definitions."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    bold = book.add_format({"bold": True})
    formats = {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"}),
        "text": book.add_format({}),
        "count": book.add_format({"num_format": "#,##0"}),
        "share": book.add_format({"num_format": "0.0%"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }
    _main_sheet(book, sheet, formats)
    terms = book.add_worksheet(sheet.definitions_name[:31])
    terms.set_column(0, 0, 24)
    terms.set_column(1, 1, 110)
    for place, (term, meaning) in enumerate(sheet.definitions):
        terms.write_string(place, 0, term, bold)
        terms.write_string(place, 1, meaning)
    book.close()
    return out.getvalue()


def _main_sheet(book: Any, sheet: Sheet, formats: Mapping[str, Any]) -> None:
    main = book.add_worksheet(sheet.name[:31])
    for place, column in enumerate(sheet.columns):
        main.set_column(place, place, column.width)
    main.write_string(0, 0, sheet.title, formats["title"])
    for place, note in enumerate(sheet.notes, 1):
        main.write_string(place, 0, note)
    head = len(sheet.notes) + 2
    for place, column in enumerate(sheet.columns):
        main.write_string(head, place, column.label, formats["head"])
    main.freeze_panes(head + 1, 1)
    main.set_landscape()
    main.fit_to_pages(1, 0)
    main.repeat_rows(head)
    last = head
    for last, row in enumerate(sheet.rows, head + 1):
        for place, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            _cell(main, last, place, value, formats[column.kind])
    main.autofilter(head, 0, max(last - sheet.totals, head + 1), len(sheet.columns) - 1)


def _cell(main: Any, row: int, place: int, value: Value, style: Any) -> None:
    if value is None:
        return
    if isinstance(value, datetime):  # a workbook knows no time zones
        main.write_datetime(row, place, value.astimezone(UTC).replace(tzinfo=None), style)
    elif isinstance(value, date):
        main.write_datetime(row, place, value, style)
    elif isinstance(value, str):
        main.write_string(row, place, value, style)
    else:
        main.write_number(row, place, value, style)


COUNTS = ("required", *STATES, "due_soon")
"""The counts of a row in the order of files and pages."""
