"""Rows of a departments file, checked together: codes, parents, circles. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lms.errors import N_, Invalid, Message, Problem
from lms.people import headings
from lms.people.csv_text import Table
from lms.people.importing import LONGEST
from lms.people.kinds import DepartmentKind
from lms.people.vocabulary import LEVELS


class DepartmentRow(NamedTuple):
    """A department as a file wants it. ``kind`` None: by its depth."""

    line: int
    code: str
    name: str
    kind: str | None
    parent_code: str | None


def read_departments(
    table: Table, known: Mapping[str, str | None]
) -> tuple[list[DepartmentRow], list[Problem], list[str]]:
    """(rows, faults, headings not used). ``known`` gives the parent's code of every department there is by code.

    Raises:
        Invalid: columns are missing.
    """
    columns, unused = headings.columns(table.heading, headings.DEPARTMENTS)
    lacking = [name for name in headings.REQUIRED["departments"] if name not in columns]
    if lacking:
        faults = [
            Problem(
                Message(N_("The heading has no column “%(column)s”."), {"column": name}),
                Message(N_("Add the column, or name it as the import guide says.")),
                file=table.file, line=1, where=name,
            )
            for name in lacking
        ]  # fmt: skip
        raise Invalid(N_("Columns are missing, so the file cannot be used. Nothing was changed."), faults)
    rows: list[DepartmentRow] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}

    def bad(line: int, column: str, value: str, message: str, remedy: str, **params: object) -> None:
        problems.append(
            Problem(Message(message, params), Message(remedy, params), table.file, line, column, value[:200])
        )

    for line, cells in table.rows():
        got = {name: " ".join(cells[place].split()) if place < len(cells) else "" for name, place in columns.items()}
        for column in ("code", "name"):
            if not got[column]:
                bad(line, column, "", N_("This cell is empty."), N_("Fill it in; every department needs one."))
            elif len(got[column]) > LONGEST:
                bad(
                    line, column, got[column], N_("This is longer than %(most)s characters."),
                    N_("Shorten it; also look for a quotation mark that is opened and not closed."), most=LONGEST,
                )  # fmt: skip
        kind = LEVELS.get(headings.folded(got.get("kind", "")))
        if got.get("kind") and kind is None:
            options = ", ".join(DepartmentKind)
            bad(
                line,
                "kind",
                got["kind"],
                N_("There is no such level."),
                N_("Use one of: %(options)s."),
                options=options,
            )
        if got["code"] in seen:
            bad(
                line, "code", got["code"], N_("Line %(other)s has the same code."),
                N_("Keep one of the two lines."), other=seen[got["code"]],
            )  # fmt: skip
        seen.setdefault(got["code"], line)
        rows.append(DepartmentRow(line, got["code"], got["name"], kind, got.get("parent_code") or None))
    parents = {**known, **{row.code: row.parent_code for row in rows}}
    for row in rows:
        if row.parent_code is not None and row.parent_code not in parents:
            bad(
                row.line, "parent_code", row.parent_code, N_("There is no department with this code."),
                N_("Correct the code, or add a line for it."),
            )  # fmt: skip
        elif (circle := _circle(row.code, parents)) is not None:
            bad(
                row.line, "parent_code", row.parent_code or "",
                N_("These departments hang below each other in a circle: %(codes)s."),
                N_("Give one of them another parent, or none."), codes=" > ".join(circle),
            )  # fmt: skip
    return rows, problems, unused


def _circle(code: str, parents: Mapping[str, str | None]) -> list[str] | None:
    """The circle that a department is part of, or None."""
    line = [code]
    above = parents.get(code)
    while above is not None and above not in line:
        line.append(above)
        above = parents.get(above)
    return [*line, code] if above == code else None
