"""``lms evidence``: build a pack that proves who learnt what, and check one anywhere."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TextIO

import click

from lms.audit import actions as audit
from lms.audit import record
from lms.cli.house import Day, opened
from lms.clock import local_day
from lms.errors import N_, Invalid
from lms.evidence.building import build
from lms.evidence.folder import sha256
from lms.evidence.people import found
from lms.evidence.scope import Scope
from lms.evidence.verification import verify
from lms.organisation import Organisation, load
from lms.people.pasted import entries


@click.group()
def evidence() -> None:
    """Evidence packs: one ZIP that proves who had to learn what by when, and did."""


@evidence.command("build")
@click.option("--requirement", default="", help="The code of a requirement: everybody to whom it applies on the day.")
@click.option("--department", default="", help="The code of a department: everybody in it or below it on the day.")
@click.option(
    "--number", "numbers", multiple=True, help="A person's number, leavers included; may be given many times."
)
@click.option(
    "--numbers", "listed", type=click.File("r", encoding="utf-8-sig"), help="A file with numbers, one a line."
)
@click.option("--as-of", type=Day(), help="The day it speaks of (default: today).")
@click.option(
    "--known-at",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]),
    help="Leave out what was written down later than this moment in UTC (default: now). With it, the same bytes again.",
)
@click.option("--language", type=click.Choice(["en", "es"]), default="en", help="The language of the summary.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Write the pack to this file."
)
def build_(
    requirement: str,
    department: str,
    numbers: tuple[str, ...],
    listed: TextIO | None,
    as_of: date | None,
    known_at: datetime | None,
    language: str,
    out: Path,
) -> None:
    """Build a pack for a requirement, a department, or people by their numbers.

    \b
    A surveyor's sample:   lms evidence build --numbers sample.txt --as-of 2026-06-30 --out pack.zip
    Check it anywhere:     lms evidence verify pack.zip

    The same question gives the same bytes, whenever it is asked.
    """
    everyone = tuple(dict.fromkeys([*numbers, *(entries(listed.read()) if listed else ())]))
    with opened() as house:
        now = house.clock.now()
        moment = known_at.replace(tzinfo=UTC) if known_at else now.replace(microsecond=0)
        if moment > now:
            raise Invalid(N_("Nobody knows yet what will be written down: choose a moment that has come."))
        with house.database.session() as session:
            own = load(session) or Organisation(name="")
        scope = Scope(as_of or local_day(now, own.zone), moment, requirement, department, everyone, language)
        with house.database.transaction() as session:
            while audit.seal(session, now):
                pass
        with house.database.session() as session:
            who = found(session, scope)
            if not who.person_ids:
                raise Invalid(N_("Nobody is found. Check the numbers, the department and the day."))
            with click.progressbar(length=len(who.person_ids), label="People", file=sys.stderr) as bar:
                pack = build(session, scope, who, own, lambda done: bar.update(done - bar.pos))
        out.write_bytes(pack.data)
        told = {**scope.plain(), "numbers": len(everyone), "people": pack.people, "sha256": sha256(pack.data)}
        with house.database.transaction() as session:
            record(session, house.actor(), "evidence.build", "evidence_pack", after=told)
    for number in who.unknown:
        click.echo(f"Nobody has the number {number}.", err=True)
    click.echo(f"Written: {out}, {pack.people} people, as of {scope.as_of}, known at {moment:%Y-%m-%dT%H:%M:%SZ}")
    click.echo(f"SHA-256: {sha256(pack.data)}")


@evidence.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify_(file: Path) -> None:
    """Check a pack, without a database or a network; exit code 1 when something is wrong, each fault with its place."""
    checked = verify(file.read_bytes())
    for fault in checked.faults:
        click.echo(str(fault))
    if checked.faults:
        click.echo(f"{len(checked.faults)} faults: this pack is not what was built.")
        sys.exit(1)
    told = checked.pack
    click.echo(f"{told['organisation']}, as of {told['as_of']}, known at {told['known_at']}, {told['people']} people")
    click.echo(
        f"{checked.files} files, {checked.links} links of the audit chain, {checked.entries} audit entries: all whole."
    )
    click.echo(f"SHA-256 of the pack: {checked.sha256} (compare it with the one written down when it was built)")


COMMANDS = (evidence,)
