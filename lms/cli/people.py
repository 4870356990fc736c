"""``lms people``: take in HR files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import click

from lms.cli.house import Day, Opened, opened
from lms.clock import local_day
from lms.errors import N_, Invalid, NotFound, Problem
from lms.files import StoredFile
from lms.flows import staffing
from lms.organisation import Organisation, load
from lms.people import fact_feed, sources, undoing
from lms.people.importing import Options
from lms.people.plan import Verdict
from lms.people.prepared import Prepared
from lms.people.preparing import prepare
from lms.people.report import Report, refuse

WORDS = {
    Verdict.NEW: "New",
    Verdict.REHIRED: "Rehired",
    Verdict.MOVED: "Moved",
    Verdict.CHANGED: "Changed",
    Verdict.ENDED: "Ended",
    Verdict.UNCHANGED: "Unchanged",
}
PHASES = {"reading": "Reading", "checking": "Checking", "deciding": "Comparing", "writing": "Writing"}


@click.group()
def people() -> None:
    """Staff and departments: take in files of the HR system."""


@people.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--departments", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A departments CSV.")
@click.option("--source", default="hr", show_default=True, help="The system that the employee numbers come from.")
@click.option("--as-of", type=Day(), help="The day the file speaks of (default: today).")
@click.option(
    "--dates", type=click.Choice(["iso", "us", "eu"]), help="How dates are written: 2026-06-30, 6/30/2026, 30/6/2026."
)
@click.option("--encoding", help="The file's encoding, such as utf-8 or cp1252 (default: found out, and reported).")
@click.option(
    "--what", type=click.Choice(sources.WHATS), default=sources.STAFF, show_default=True, help="What the file holds."
)
@click.option(
    "--partial/--full", default=None, help="The file does not list everybody: nobody ends by being absent; or it does."
)
@click.option("--good-rows", is_flag=True, help="Take the lines without a fault; the others wait in the work list.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--confirm", is_flag=True, help="Take it in even if it ends or moves more people than the set share.")
@click.option("--undo", is_flag=True, help="Take back the last import that is in force, after asking.")
@click.option("--yes", is_flag=True, help="With --undo: do not ask.")
def import_(
    file: Path | None,
    departments: Path | None,
    source: str,
    as_of: date | None,
    dates: str | None,
    encoding: str | None,
    what: str,
    partial: bool | None,
    good_rows: bool,
    dry_run: bool,
    confirm: bool,
    undo: bool,
    yes: bool,
) -> None:
    """Take in a CSV FILE of staff, whole or not at all.

    \b
    See what would happen:   lms people import staff.csv --dates us --dry-run
    Take it in:              lms people import staff.csv --dates us
    Take it back:            lms people import --undo
    As settled on the page:  lms people import staff.csv --source NAME
    Licences:                lms people import licences.csv --what licences

    People of the same source who are missing from the file end on its day, unless it is --partial. docs/people-import.md
    describes the columns. Ends with exit code 1 when the file has faults, each named with line, column, value and remedy.
    """
    with opened() as house:
        if undo:
            _undo(house, yes=yes)
            return
        if file is None:
            raise click.UsageError("Name the FILE to take in, or --undo.")
        with house.database.session() as session:
            own = load(session)
        if own is None:
            raise NotFound(N_("Attune is not set up yet. Run: lms setup"))
        day = as_of or local_day(house.clock.now(), own.zone)
        source = source.strip()
        if not 0 < len(source) <= 60:
            raise click.BadParameter(
                "Name the system that the numbers come from, in 60 characters at most.", param_hint="--source"
            )
        with house.database.session() as session:
            reading = sources.reading(session, source, what)
        options = Options(
            source, day, dates or reading.dates, encoding or reading.encoding,
            reading.partial if partial is None else partial, reading, good_rows,
        )  # fmt: skip
        if what != sources.STAFF:
            _import_facts(house, own, file, what, options, dry_run=dry_run, confirm=confirm)
        else:
            _import(house, own, file, departments, options, dry_run=dry_run, confirm=confirm)


def _import(
    house: Opened,
    own: Organisation,
    file: Path,
    departments: Path | None,
    options: Options,
    *,
    dry_run: bool,
    confirm: bool,
) -> None:
    with ExitStack() as stack:
        staff = stack.enter_context(within_limit(file, house.config.upload_limit))
        tree = stack.enter_context(within_limit(departments, house.config.upload_limit)) if departments else None
        desk = stack.enter_context(house.database.desk())
        with desk.reading() as session:
            prepared = prepare(session, staff, tree, options, own.import_fuse, _progress)
        _tell(prepared, file.name)
        report = Report.of_staff(prepared)
        if prepared.faults or dry_run:
            if prepared.faults:
                if not dry_run:
                    _keep_faults(house, options.source, sources.STAFF, report, file.name)
                raise click.exceptions.Exit(1)
            if report.blown(None):
                click.echo("The fuse would refuse this file; look at it again, then add --confirm.")
            return
        refuse(report, staff=True, confirmed=confirm, asker=None)
        with house.database.transaction() as session, file.open("rb") as source:
            kept = house.files.put(
                session, source, name=file.name, media_type="text/csv", purpose="import", owner_id=None, now=house.clock.now()
            )  # fmt: skip
        run = staffing.import_people(desk, prepared, kept.id, house.actor(), confirmed=confirm, progress=_progress)
        click.echo(f"Import {run.id} is done. To take it back: lms people import --undo")


def _import_facts(
    house: Opened, own: Organisation, file: Path, what: str, options: Options, *, dry_run: bool, confirm: bool
) -> None:
    """Licences, duties, leaves or birth months: looked at, then written in short transactions that nobody sees, and a last one that
    makes all of it known; what is interrupted leaves nothing."""
    with within_limit(file, house.config.upload_limit) as opened_file, house.database.session() as session:
        plan = fact_feed.look(session, opened_file, what, options, own.import_fuse)
    click.echo(f"{file.name}: {plan.rows:,} rows, encoding {plan.encoding}, speaking of {options.as_of}")
    _tell_faults(plan.problems, plan.faults)
    _tell_aside(plan.aside)
    if not plan.faults:
        table(("People", "Count"), [(WORDS[verdict], f"{plan.counts[verdict]:,}") for verdict in WORDS])
    if dry_run or plan.faults:
        if plan.faults:
            if not dry_run:
                _keep_faults(house, options.source, what, Report.of_facts(plan), file.name)
            raise click.exceptions.Exit(1)
        return
    refuse(Report.of_facts(plan), staff=False, confirmed=confirm, asker=None)
    with house.database.transaction() as session, file.open("rb") as source:
        kept = house.files.put(
            session, source, name=file.name, media_type="text/csv", purpose="import", owner_id=None, now=house.clock.now()
        )  # fmt: skip
    begun: list[int] = []
    with house.database.desk() as desk:
        try:
            run = staffing.import_facts(
                desk, plan, kept.id, house.actor(), confirmed=confirm, progress=_progress,
                begun=lambda session, made: begun.append(made.id),
            )  # fmt: skip
        except BaseException:
            for run_id in begun:
                staffing.abandon(desk, run_id)
            raise
    click.echo(f"Import {run.id} is done. To take it back: lms people import --undo")


def _keep_faults(house: Opened, source: str, what: str, report: Report, file_name: str) -> None:
    with house.database.transaction() as session:
        new = staffing.note_faults(session, source, what, report, file_name, house.actor())
    click.echo(f"{new:,} of these faults are new in the work list (People, Import, Problems).")


def _tell_aside(aside: Sequence[Problem]) -> None:
    if aside:
        lines = len({each.line for each in aside})
        click.echo(f"\n{lines:,} line{'' if lines == 1 else 's'} set aside, to wait in the work list:\n")
        _tell_problems(aside)


@contextmanager
def within_limit(file: Path, limit: int) -> Iterator[BinaryIO]:
    """An opened file that is not too large; Invalid where it is."""
    if file.stat().st_size > limit:
        raise Invalid(N_("The file is larger than %(megabytes)s MB. Nothing was stored."), megabytes=limit >> 20)
    with file.open("rb") as opened_file:
        yield opened_file


def _undo(house: Opened, *, yes: bool) -> None:
    """Name the last import in force and ask: after an undo it is the one before, which few mean to take back as well."""
    with house.database.session() as session:
        run = undoing.last_run(session)
        if run is None:
            raise NotFound(N_("There is no import that could be undone."))
        own = load(session)
        file = session.get(StoredFile, run.file_id) if run.file_id else None
    taken = run.imported_at.astimezone(ZoneInfo(own.zone if own else "UTC"))
    counts = ", ".join(
        f"{run.summary.get(verdict.value, 0):,} {WORDS[verdict].lower()}"
        for verdict in WORDS
        if verdict is not Verdict.UNCHANGED
    )
    click.echo(
        f"The last import in force is {run.id}: {file.name if file else 'a file'} of {run.source}, speaking of {run.as_of}, "
        f"taken in {taken:%Y-%m-%d %H:%M}: {counts}."
    )
    if not yes:
        click.confirm("Take it back?", abort=True)
    with house.database.transaction() as session:
        staffing.undo_import(session, run.id, house.actor())
    click.echo(f"Import {run.id} is undone: people, departments and facts are what they were before it.")


def _progress(phase: str, done: int, total: int | None) -> None:
    """One line that goes on at a terminal; silence elsewhere."""
    if sys.stderr.isatty():
        share = f"{done:,} of {total:,}" if total else f"{done:,}"
        click.echo(f"\r{PHASES[phase]}: {share}".ljust(60), nl=done == total, err=True)


def _tell(prepared: Prepared, name: str) -> None:
    how = "declared" if prepared.declared else "found out"
    click.echo(
        f"{name}: {prepared.rows:,} rows, encoding {prepared.encoding} ({how}), speaking of {prepared.options.as_of}"
    )
    for warning in prepared.warnings:
        click.echo(f"Note: {warning}")
    if prepared.letters:
        shown = "; ".join(f"{letter} in {one.name} ({one.number})" for letter, one in prepared.letters.items())
        click.echo(f"Letters beyond A-Z; if they look wrong, declare another --encoding: {shown}")
    _tell_faults(prepared.problems, prepared.faults)
    if prepared.faults:
        return
    _tell_aside(prepared.aside)
    if prepared.kept_count:
        click.echo(f"\n{prepared.kept_count:,} people are kept as HR wrote them where the file says otherwise:")
        for one in prepared.kept[:20]:
            click.echo(f"  {one.number} {one.name}. {one.detail or ''}")
    click.echo("")
    table(("People", "Count"), [(WORDS[verdict], f"{prepared.counts[verdict]:,}") for verdict in WORDS])
    if prepared.departments:
        new = sum(one.new for one in prepared.departments)
        click.echo(f"\nDepartments: {new:,} new, {len(prepared.departments) - new:,} changed")
    for verdict in (Verdict.ENDED, Verdict.MOVED, Verdict.REHIRED):
        for one in prepared.named.get(verdict, [])[:20]:
            click.echo(f"  {WORDS[verdict]}: {one.number} {one.name}. {one.detail or ''}")
    click.echo("")


def _tell_faults(problems: Sequence[Problem], faults: int) -> None:
    if faults:
        click.echo(f"\n{faults:,} fault{'' if faults == 1 else 's'}; nothing was changed.\n")
        _tell_problems(problems)


def _tell_problems(problems: Sequence[Problem]) -> None:
    table(
        ("File", "Line", "Column", "Value", "What is wrong", "Remedy"),
        [
            (p.file or "", str(p.line or ""), p.where or "", p.value or "", str(p.message), str(p.remedy or ""))
            for p in problems
        ],
    )


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Say a table, each column as wide as its longest cell."""
    widths = [min(max(len(row[place]) for row in [head, *rows]), 60) for place in range(len(head))]
    for row in [head, tuple("-" * width for width in widths), *rows]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


COMMANDS = (people,)
