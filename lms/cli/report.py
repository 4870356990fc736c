"""``lms report``: the figures of the pages, for programs and for paper."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import click
import flask_babel

from lms.cli.house import Day, Opened, opened
from lms.clock import local_day
from lms.db import Database
from lms.organisation import Organisation
from lms.organisation import load as load_organisation
from lms.reports import queries
from lms.reports.export import (
    NAMES,
    RATE_DEFINITION,
    Column,
    Sheet,
    Value,
    completion_json,
    csv_lines,
    leadership_json,
    plain_row,
    xlsx,
)
from lms.reports.leadership import Leadership
from lms.reports.leadership import leadership as leadership_rollup
from lms.reports.pdf import leadership_pdf
from lms.reports.queries import Report
from lms.reports.rollup import Row

AS_OF = click.option("--as-of", type=Day(), help="The day the figures are for, past or future (default: today).")
OUT = click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
OUTSIDE = "No department on this day"


@click.group()
def report() -> None:
    """Completion by department, and the leadership rollup, as of any day."""


@report.command()
@AS_OF
@click.option(
    "--format",
    "kind",
    type=click.Choice(["table", "json", "csv", "xlsx"]),
    default="table",
    show_default=True,
    help="How the figures are written.",
)
@OUT
def completion(as_of: date | None, kind: str, out: Path | None) -> None:
    """Every department × requirement, and overall: who is compliant, late, open, on leave, exempt."""
    with opened() as house:
        with house.database.session() as session:
            own = _own(load_organisation(session))
            found = queries.report(session, own.name, as_of or _today(house, own), outside=OUTSIDE)
    if kind == "json":
        _give(json.dumps(completion_json(found, house.clock.now()), indent=2, ensure_ascii=False) + "\n", out)
    elif kind == "csv":
        _give("".join(csv_lines(_sheet(found))), out)
    elif kind == "xlsx":
        _give(xlsx(_sheet(found)), out)
    else:
        _give("\n".join(_lines(found)) + "\n", out)


@report.command()
@AS_OF
@click.option(
    "--format",
    "kind",
    type=click.Choice(["json", "pdf", "xlsx"]),
    default="json",
    show_default=True,
    help="How the figures are written.",
)
@OUT
def leadership(as_of: date | None, kind: str, out: Path | None) -> None:
    """Overall and by division, the trend of 24 months, what lapses in 90 days, and who needs attention; small groups suppressed."""
    with opened() as house:
        with house.database.session() as session:
            own = _own(load_organisation(session))
            day = as_of or _today(house, own)
            found = leadership_rollup(session, own, day, house.clock.now(), outside=OUTSIDE)
        if kind == "json":
            _give(json.dumps(leadership_json(found), indent=2, ensure_ascii=False) + "\n", out)
        else:
            _give(_document(house, own, found, kind), out)


def _document(house: Opened, own: Organisation, found: Leadership, kind: str) -> bytes:
    """The PDF or workbook, in the organisation's first language."""
    from lms.app import create_app
    from lms.web.reports import leadership_words as words

    language = next((tag for tag in own.languages if tag in ("en", "es")), "en")
    app = create_app(house.config, house.clock, Database(house.config.database_url))
    with app.test_request_context(), flask_babel.force_locale(language):
        if kind == "pdf":
            return leadership_pdf(words.page_for_pdf(found, language))
        return xlsx(words.sheet(found))


def _own(found: Organisation | None) -> Organisation:
    return found or Organisation(name="")


def _today(house: Opened, own: Organisation) -> date:
    return local_day(house.clock.now(), own.zone)


def _give(content: str | bytes, out: Path | None) -> None:
    if out is not None:
        out.write_bytes(content.encode() if isinstance(content, str) else content)
        click.echo(f"Written: {out}", err=True)
    elif isinstance(content, str):
        click.echo(content, nl=False)
    else:
        if sys.stdout.isatty():
            raise click.UsageError("This is not text. Name a file with --out.")
        click.echo(content, nl=False)


def _sheet(found: Report) -> Sheet:
    kinds = {"department_code": "text", "path": "text", "requirement": "text", "rate": "share"}
    columns = [Column(name, kinds.get(name, "count"), 60 if name == "path" else 14) for name in NAMES]
    return Sheet(
        "Completion",
        f"Completion by department as of {found.day.isoformat()}",
        ["All departments, every requirement; rows without a requirement are overall"],
        columns,
        [
            [_value(line[name]) for name in NAMES]
            for line in (plain_row(row, found.codes) for row in _everything(found))
        ],
        [
            ("rate", RATE_DEFINITION),
            ("required", "the sum of the columns from compliant to exempt"),
            ("due_soon", "an of-which"),
        ],
    )


def _everything(found: Report) -> Sequence[Row]:
    return [*found.rows, found.total]


def _value(value: object) -> Value:
    return value if isinstance(value, str | int | float) else None


def _lines(found: Report) -> Iterator[str]:
    """The overall rows as a table for a terminal, then one total for each requirement."""
    heads = ["required", "compliant", "in grace", "overdue", "open", "upcoming", "leave", "exempt", "due soon", "rate"]
    names = ("required", "compliant", "in_grace", "overdue", "open", "upcoming", "on_leave", "exempt", "due_soon")
    overall = [row for row in found.rows if not row.requirement_id]
    labels = ["Department", "Requirement", found.total.name, *found.codes.values()]
    wide = max([*map(len, labels), *(2 * row.level - 2 + len(row.name) for row in overall)])

    def line(label: str, row: Row) -> str:
        rate = "–" if row.rate is None else f"{row.rate:.1%}"
        return label.ljust(wide) + "".join(f"{getattr(row.figures, name):>10,}" for name in names) + rate.rjust(10)

    yield f"Completion by department as of {found.day.isoformat()}, overall"
    yield "Department".ljust(wide) + "".join(head.rjust(10) for head in heads)
    for row in [*overall, found.total]:
        yield line("  " * (row.level - 1) + row.name, row)
    yield ""
    yield "Requirement".ljust(wide) + "".join(head.rjust(10) for head in heads)
    for row in found.by_requirement:
        yield line(row.name, row)
    yield ""
    yield f"rate: {RATE_DEFINITION}"


COMMANDS = (report,)
