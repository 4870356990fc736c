"""``lms records``: completions that another system recorded."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lms.cli.house import Opened, opened
from lms.cli.people import table, within_limit
from lms.errors import N_, Invalid, Message, NotFound
from lms.flows.history import begin_history, step_history
from lms.organisation import Organisation, load
from lms.people import sources
from lms.people.sources import COMPLETIONS
from lms.records.history import courses, queries, staging
from lms.records.history.courses import OUTSIDE
from lms.records.history.models import State
from lms.records.history.taking import HINDERS

WORDS = {
    State.NEW: "New",
    State.THERE: "Recorded already",
    State.TWICE: "Said twice",
    State.OUTSIDE: "No course of ours",
    State.UNMAPPED: "Course not known yet",
    State.UNKNOWN: "Person not known",
    State.FAULT: "Faulty",
}
LISTED = 5000


@click.group()
def records() -> None:
    """Training records: take in what another system recorded."""


@records.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--source", required=True, help="The system that recorded the completions; what is settled is kept under it."
)
@click.option("--numbers-of", default="hr", show_default=True, help="The system that the employee numbers come from.")
@click.option(
    "--dates", type=click.Choice(["iso", "us", "eu"]), help="How dates are written: 2026-06-30, 6/30/2026, 30/6/2026."
)
@click.option("--encoding", help="The file's encoding, such as utf-8 or cp1252 (default: found out).")
@click.option(
    "--course",
    "said",
    multiple=True,
    metavar="NAME=SLUG",
    help="What a course of the file is here; “-” for none. Kept for the next file.",
)
@click.option("--leave-out", is_flag=True, help="Leave lines out that cannot be used, and take the others.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
def import_(
    file: Path,
    source: str,
    numbers_of: str,
    dates: str | None,
    encoding: str | None,
    said: tuple[str, ...],
    leave_out: bool,
    dry_run: bool,
) -> None:
    """Take in a CSV FILE of completions, whole or not at all.

    \b
    See what would happen:  lms records import done.csv --source "Old LMS" --dates us --dry-run
    Say what a course is:   lms records import done.csv --source "Old LMS" --course "Interpreters 101=la-110"
    Take it in:             lms records import done.csv --source "Old LMS" --dates us

    docs/records-import.md describes the columns. Ends with exit code 1 when lines cannot be used, each named with line, column,
    value and remedy. It is taken back in the browser, with a reason.
    """
    with opened() as house:
        with house.database.session() as session:
            own = load(session)
            settled = sources.reading(session, source.strip(), COMPLETIONS)
        if own is None:
            raise NotFound(N_("Attune is not set up yet. Run: lms setup"))
        run_id = _read(house, file, source, numbers_of, dates or settled.dates, encoding or settled.encoding)
        _settle(house, run_id, said)
        hindered, new = _tell(house, own, run_id)
        refused = bool(hindered) and not leave_out
        if dry_run or refused or not new:
            with house.database.transaction() as session:
                staging.drop(session, queries.one(session, run_id))
            if refused:
                raise click.exceptions.Exit(1)
            return
        with house.database.transaction() as session:
            done = begin_history(session, queries.one(session, run_id), house.actor(), leave_out=leave_out)
        while not done:
            with house.database.transaction() as session:
                done = step_history(session, run_id, house.clock.now(), house.actor().origin)
        with house.database.session() as session:
            run = queries.one(session, run_id)
            taken, people = queries.still_count(session, run), run.summary["people"]
        click.echo(f"Import {run_id} is done: {taken:,} records of {people:,} people.")


def _read(house: Opened, file: Path, source: str, numbers_of: str, dates: str | None, encoding: str | None) -> int:
    with within_limit(file, house.config.upload_limit) as opened_file, house.database.transaction() as session:
        stored = house.files.put(
            session,
            opened_file,
            name=file.name,
            media_type="text/csv",
            purpose="import",
            owner_id=None,
            now=house.clock.now(),
        )
        run_id = staging.begin(session, source, numbers_of, stored, dates, encoding, house.actor()).id
    finished = False
    while not finished:
        with house.database.transaction() as session:
            finished = staging.step(session, run_id, house.files, house.actor())
            lines = queries.one(session, run_id).lines
        if sys.stderr.isatty():
            click.echo(f"\rReading: {lines:,}", nl=finished, err=True)
    return run_id


def _settle(house: Opened, run_id: int, said: tuple[str, ...]) -> None:
    if not said:
        return
    pairs = [each.rpartition("=") for each in said]
    if not all(equals and name.strip() and slug.strip() for name, equals, slug in pairs):
        raise click.BadParameter("Write it as NAME=SLUG.", param_hint="--course")
    with house.database.transaction() as session:
        meant = {" ".join(name.split()): slug.strip() for name, _, slug in pairs}
        courses.settle(session, queries.one(session, run_id), meant, house.actor())


def _tell(house: Opened, own: Organisation, run_id: int) -> tuple[int, int]:
    """Say what the file would do; gives how many lines cannot be used, and how many are new."""
    with house.database.session() as session:
        run = queries.one(session, run_id)
        if run.problem is not None:
            more = [Message(each["text"], each["params"]) for each in run.problem["more"]]
            raise Invalid(_with_more(Message(run.problem["text"], run.problem["params"]), more))
        counts, doubts = queries.counts(session, run), queries.doubts(session, run, own.zone)
        click.echo(f"{run.file_name}: {run.lines:,} rows, encoding {run.encoding}")
        faults = queries.lines(session, run, (State.FAULT, State.UNKNOWN), LISTED)
        if faults:
            rows: list[tuple[str, ...]] = [
                (str(f.line), f.column or "", f.value or "", _said(f.message), _said(f.remedy)) for f in faults
            ]
            table(("Line", "Column", "Value", "What is wrong", "Remedy"), rows)
        for _, name, _, state, number in courses.names(session, run):
            if state == State.UNMAPPED:
                click.echo(
                    f'Not known: {number:,} lines of "{name}". Say --course "{name}=SLUG", or "{name}={OUTSIDE}" if it is none of ours.'
                )
    for number, words in (
        (doubts.before_course, "from before the course was published here"),
        (doubts.not_employed, "from days on which the person was not employed here"),
        (doubts.without_minutes, "without minutes: they add nothing to rules in hours"),
    ):
        if number:
            click.echo(f"Note: {number:,} completions are {words}.")
    table(("Lines", "Count"), [(word, f"{counts[state]:,}") for state, word in WORDS.items() if counts[state]])
    return sum(counts[state] for state in HINDERS), counts[State.NEW]


def _with_more(message: Message, more: list[Message]) -> str:
    return " ".join(str(each).replace("%", "%%") for each in (message, *more))


def _said(kept: dict[str, object] | None) -> str:
    return str(Message(str(kept["text"]), kept["params"])) if kept else ""  # type: ignore[arg-type]


COMMANDS = (records,)
