"""``lms people pseudonymise``: take away who somebody was once nothing asks to keep it."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

import click

from lms.cli.house import Day, Opened, opened
from lms.cli.people import people
from lms.clock import local_day
from lms.organisation import load
from lms.retention import actions, queries
from lms.retention.clocks import CLOCKS

AT_ONCE = 100
STAFF_FILES = max(clock.years for clock in CLOCKS if clock.start == "left")


@people.command()
@click.option("--as-of", type=Day(), help="The day on which the clocks are read (default: today; never a later one).")
@click.option("--dry-run", is_flag=True, help="Only say who would be pseudonymised, and which clock ran longest.")
@click.option("--confirm", is_flag=True, help="Do it: names cannot be brought back.")
def pseudonymise(as_of: date | None, dry_run: bool, confirm: bool) -> None:
    """Take away the names of people who left so long ago that no clock of retention asks to keep them.

    \b
    See who it would be:   lms people pseudonymise --dry-run
    Do it:                 lms people pseudonymise --confirm

    Names, numbers, addresses, free words, certificates' files and the values in the audit log go; days, scores and states stay, so that
    every report of the past counts what it counted. docs/evidence.md lists the clocks. Old backups still hold the names.
    """
    with opened() as house:
        with house.database.session() as session:
            own = load(session)
            zone = own.zone if own else "UTC"
            today = local_day(house.clock.now(), zone)
            if as_of is not None and as_of > today:
                raise click.UsageError("The clocks cannot be read on a day that has not come.")
            day = as_of or today
            found = list(queries.due(session, day, zone))
        longest = Counter(each.verdict.clock.code for each in found if each.verdict.clock)
        click.echo(f"{len(found)} people need not be kept by name after {day}.")
        for code, number in sorted(longest.items()):
            click.echo(f"  {number} kept longest by: {next(clock.source for clock in CLOCKS if clock.code == code)}")
        if dry_run:
            for each in found[:50]:
                click.echo(f"  Person {each.person_id}, kept until {each.verdict.until}")
            return
        if found and not confirm:
            raise click.UsageError("Names cannot be brought back. Look with --dry-run, then say --confirm.")
        _do(house, found, datetime.combine(_years_before(day, STAFF_FILES), time(), ZoneInfo(zone)))


def _do(house: Opened, found: list[queries.Due], files_before: datetime) -> None:
    waiting, done = iter(found), 0
    while batch := list(islice(waiting, AT_ONCE)):
        with house.database.transaction() as session:
            gone = actions.pseudonymise(session, batch, house.actor())
        house.files.remove(gone)
        done += len(batch)
    with house.database.transaction() as session:
        gone = actions.old_staff_files(session, files_before)
    house.files.remove(gone)
    click.echo(f"{done} people are pseudonymised; {len(gone)} old staff files are removed.")


def _years_before(day: date, years: int) -> date:
    """The same day years ago; 29 February falls to the 28th."""
    year = day.year - years
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)
