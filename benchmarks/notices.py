"""The notices of one night: planning, one mail for each person, and queueing, without delivery; seconds, mails and memory.

    python -m benchmarks.notices --staff 100000 --requirements 30 [--postgres] [--at FOLDER]     (one that another benchmark kept, too)

The people are those of ``benchmarks.staffed``, each with an address; notices of an earlier run are thrown away. Four nights are measured:
one like any other; one on which as many as there can be are written to; the night after it, when none of those mails has gone out, so
that all are taken back and said anew; and the one after that, when all have gone out, and every calendar is looked at. The steps are
those of the worker, with its pauses on the wall.
"""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import click
from sqlalchemy import delete, func, literal, select, update

from benchmarks.databases import Cost, Meter, opened, peak, tidied
from benchmarks.staffed import NOW, TODAY, made
from lms import organisation
from lms.db import Database
from lms.notices import nightly
from lms.notices.models import Mail, NoticeLine, NoticePlanRow, NoticeRun
from lms.notices.plan import NoticePlan
from lms.organisation import MailServer, Organisation
from lms.outbox import Job
from lms.people.models import Person
from lms.worker.jobs import BREATHER

LONG = tuple(range(1, 60))
"""Reminders on every day before the due day: nearly everybody is written to."""


def prepared(database: Database, plan: NoticePlan) -> None:
    """Everybody has an address, the plan is on, and nobody was written to yet."""
    for model in (NoticeLine, NoticeRun, Job, Mail, NoticePlanRow):
        with database.transaction() as session:
            session.execute(delete(model))
        tidied(database)  # else PostgreSQL looks through the lines that are gone, once for each mail
    with database.transaction() as session:
        organisation.save(
            session, Organisation(name="Benchmark", base_url="https://training.example", mail=MailServer("mail.example", 25)), NOW
        )  # fmt: skip
        session.add(NoticePlanRow(id=1, plan=plan.data(), changed_at=NOW))
        without = update(Person).where(Person.email.is_(None))
        session.execute(without.values(email=literal("p") + Person.number + "@example.org"))


def sent(database: Database) -> None:
    """All that waits has gone out."""
    with database.transaction() as session:
        session.execute(delete(Job))
        session.execute(update(Mail).values(sent_at=NOW))


def night(database: Database, day: date) -> tuple[Cost, int, float]:
    """What the night costs, the steps, and the longest of them in seconds on the wall."""
    steps, longest = 0, 0.0
    finished = False
    began, own, server = time.perf_counter(), time.process_time(), 0.0
    while not finished:
        step = time.perf_counter()
        with database.transaction() as session:
            meter = Meter(session)
            finished = nightly.step(session, day, NOW)
            server += meter.read().server
        steps += 1
        longest = max(longest, time.perf_counter() - step)
        time.sleep(BREATHER if database.is_sqlite else 0)
    return Cost(time.perf_counter() - began, time.process_time() - own, server), steps, longest


@click.command()
@click.option("--staff", "number", default=10_000, show_default=True)
@click.option("--requirements", "asked", default=5, show_default=True)
@click.option("--postgres", is_flag=True)
@click.option("--at", type=click.Path(path_type=Path, file_okay=False), help="Keep the database in this folder.")
@click.option("--database-url")
def main(number: int, asked: int, postgres: bool, at: Path | None, database_url: str | None) -> None:
    """Print seconds, steps, mails and memory."""
    with opened(database_url, postgres, at) as database:
        made(database, number, asked)
        before = peak()
        full = NoticePlan(on=True, before=LONG)
        for name, before_it, day in (
            ("a night like any other", lambda: prepared(database, NoticePlan(on=True)), TODAY),
            ("nearly everybody", lambda: prepared(database, full), TODAY + timedelta(days=14)),
            ("the night after, nothing sent", lambda: None, TODAY + timedelta(days=15)),
            ("the night after, all sent", lambda: sent(database), TODAY + timedelta(days=16)),
        ):
            before_it()
            tidied(database)
            took, steps, longest = night(database, day)
            with database.session() as session:
                people, lines, mails, jobs = (
                    session.scalar(select(func.count()).select_from(model)) for model in (Person, NoticeLine, Mail, Job)
                )
            print(
                f"{database.engine.dialect.name}, {people:,} people, {name}: {lines:,} lines, {mails:,} mails, {jobs:,} queued"
            )
            print(f"  {took}, in {steps} steps, the longest {longest:.2f} s", flush=True)
            print(f"  peak of memory so far {peak()} MB, {before} MB before the first night", flush=True)


if __name__ == "__main__":
    main()
