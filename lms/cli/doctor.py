"""``lms doctor``: is everything that is derived what the facts say, and is everything there that rows speak of?"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
from sqlalchemy import select

from lms.audit import queries as audit
from lms.certificates.checking import foreign_facts
from lms.cli.house import Opened, opened
from lms.clock import local_day
from lms.compliance import actions, checking
from lms.compliance.queries import rebuild_status
from lms.db import Database
from lms.errors import N_, Message
from lms.files import StoredFile
from lms.organisation import load


@click.command()
@click.option("--sample", type=click.IntRange(1), help="Check the spans of this many people only, spread over all.")
@click.option("--repair", is_flag=True, help="Work out all spans and counts again.")
def doctor(sample: int | None, repair: bool) -> None:
    """Check spans against the facts, counts against the spans, memberships, foreign facts, the audit log, and files.

    Exit code 1 when something is wrong. The last link of the audit log, written down elsewhere, proves later that nothing before it
    was changed.
    """
    with opened() as house:
        if repair:
            mend(house)
        with house.database.session() as session:
            status = rebuild_status(session)
        if status is not None:
            click.echo(
                f"A rebuild ({status.reason}) is under way, {status.people_left} people left: spans are checked later."
            )
        faults = list(examine(house, sample, with_spans=status is None))
    for fault in faults:
        click.echo(str(fault))
    with opened() as house, house.database.session() as session:
        sealed, link = audit.head(session)
    click.echo(f"Audit log: {sealed} entries sealed, the last link is {link}")
    if faults:
        click.echo(f"{len(faults)} faults. Spans and counts are mended by: lms doctor --repair")
        sys.exit(1)
    click.echo("Everything is as it should be.")


def examine(house: Opened, sample: int | None = None, *, with_spans: bool = True) -> Iterator[Message]:
    """Every fault in words. Reads only."""
    if with_spans:
        with house.database.session() as session:
            ids = checking.people(session, sample)
        yield from _spans(house.database, ids)
    with house.database.session() as session:
        organisation = load(session)
        today = local_day(house.clock.now(), organisation.zone if organisation else "UTC")
        for day in checking.days_to_check(today):
            cells = checking.wrong_counts(session, day)
            if cells:
                told = {"number": cells, "day": day}
                yield Message(N_("On %(day)s, %(number)s counts differ from the spans."), told)
        yield from checking.faulty_memberships(session)
        waiting = audit.unsealed(session, house.clock.now())
        if waiting:
            late = N_(
                "Audit log: %(number)s entries have waited for a seal for more than 5 minutes. Is a worker running?"
            )
            yield Message(late, {"number": waiting})
    with house.database.session() as session:
        yield from foreign_facts(session)
        yield from audit.faults(session)
    yield from _files(house)


def mend(house: Opened) -> None:
    """Work everything out again in a new generation, as a bulk change does, and fold what is pending."""
    now = house.clock.now()
    with house.database.transaction() as session:
        generation_id = actions.begin_generation(session, "repair", now).id
    for step in (
        lambda session: actions.build_step(session, generation_id, now),
        lambda session: actions.fold_pending(session, now),
        actions.drop_step,
    ):
        finished = False
        while not finished:
            with house.database.transaction() as session:
                finished = step(session)


def _spans(database: Database, ids: list[int]) -> Iterator[Message]:
    """Looked at twice before it is said: what was written in between two reads is no fault."""
    with database.session() as session:
        doubtful = list(checking.wrong_spans(session, ids))
    with database.session() as session:
        for person_id in checking.wrong_spans(session, doubtful):
            yield Message(N_("The spans of person %(id)s are not what the facts say."), {"id": person_id})


def _files(house: Opened) -> Iterator[Message]:
    with house.database.session() as session:
        for sha256, name, size in session.execute(select(StoredFile.sha256, StoredFile.name, StoredFile.size)):
            path = house.files.path(sha256)
            if not path.exists():
                yield Message(N_("The file “%(name)s” is missing from the data folder."), {"name": name})
            elif path.stat().st_size != size:
                yield Message(N_("The file “%(name)s” has another size than when it was stored."), {"name": name})


COMMANDS = (doctor,)
