"""Figures as files: the table of departments and the people behind a number, as CSV and XLSX."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from flask import Response, abort, stream_with_context

from lms.compliance.models import OVERALL
from lms.compliance.queries import Found
from lms.compliance.spans import State
from lms.people.tree import Tree
from lms.reports.export import Column, Sheet, Value, csv_lines, xlsx
from lms.reports.queries import Completion
from lms.reports.rollup import Row
from lms.web.reports import figures
from lms.web.reports.asked import Asked
from lms.web.reports.figures import COUNTS
from lms.web.words import gettext

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def departments_sheet(shown: Completion, rows: Sequence[Row], asked: Asked) -> Sheet:
    """The table of departments as a file."""
    words = figures.column_words()
    title = figures.requirement_title(shown.requirements, asked.requirement)
    columns = [
        Column(gettext("Code"), width=14),
        Column(words["name"], width=44),
        Column(gettext("Path"), width=60),
        Column(words["rate"], "share"),
        *(Column(words[name], "count") for name in COUNTS),
    ]
    lines: list[Sequence[Value]] = [
        [row.code, row.name, row.path, row.rate, *(_amount(row, name) for name in COUNTS)]
        for row in [*rows, shown.total]
    ]
    return Sheet(
        gettext("Completion"),
        gettext("Completion by department as of %(day)s", day=figures.long_day(asked.as_of)),
        figures.filter_words(asked, shown.tree, title),
        columns,
        lines,
        figures.definitions(shown),
        gettext("Definitions"),
        totals=1,
    )


def departments_answer(asked: Asked, seen: Collection[int] | None, whole: str, kind: str, name: str) -> Response:
    """The table of departments below ``seen`` (None: all) as a file; ``whole`` names the total, ``name`` begins the file's name.

    Raises:
        NotFound: the department is not there on the day, or the viewer may not see it.
    """
    if kind not in ("csv", "xlsx"):
        abort(404)
    shown, rows = figures.table(asked, seen, whole)
    return file_answer(departments_sheet(shown, rows, asked), kind, f"{name}-{asked.as_of}")


def _amount(row: Row, name: str) -> int:
    return row.also_here if name == "also_here" else int(getattr(row.figures, name))


def people_sheet(
    found: Iterable[Found],
    tree: Tree,
    asked: Asked,
    requirement: str,
    said: Mapping[str, str],
    terms: Sequence[tuple[str, str]],
) -> Sheet:
    """The people behind a number as a file; ``said`` gives the word of each state. Until when something is valid is said for one
    requirement only: of all together there is nothing that was done."""
    columns = [
        Column(gettext("Number"), width=12),
        Column(gettext("Name"), width=28),
        Column(gettext("Department"), width=60),
        Column(gettext("Job"), width=28),
        Column(gettext("Profession"), width=14),
        Column(gettext("State"), width=16),
        Column(gettext("Due"), "day"),
    ]
    if one := asked.requirement != OVERALL:
        columns.append(Column(gettext("Valid until"), "day"))
    path = cache(tree.path)
    words = {state: said[state.name.lower()] for state in State}
    lines = (
        [row.number, row.name, path(row.department_id), row.job, row.profession, words[row.state], row.due]
        + ([row.valid_until] if one else [])
        for row in found
    )  # fmt: skip
    return Sheet(
        gettext("People"),
        gettext("People as of %(day)s", day=figures.long_day(asked.as_of)),
        figures.filter_words(asked, tree, requirement),
        columns,
        lines,
        terms,
        gettext("Definitions"),
    )


def file_answer(sheet: Sheet, kind: str, name: str) -> Response:
    """The file as an attachment: CSV is sent as it is read, XLSX when it is whole."""
    if kind == "xlsx":
        answer = Response(xlsx(sheet), mimetype=XLSX)
    else:
        lines = stream_with_context(line.encode() for line in csv_lines(sheet))  # it reads people while it is sent
        answer = Response(lines, mimetype="text/csv", content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer
