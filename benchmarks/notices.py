"""The notices of one night: planning, one mail for each person, and queueing, without delivery; seconds, mails and memory.

    python -m benchmarks.notices --staff 10000 [--postgres]
    python -m benchmarks.notices --database-url sqlite:///... (one that benchmarks.completion has built; its notices are thrown away)

The people are those of benchmarks.completion, each with an address. Two nights are measured: one like any other, and a first one after
an outage of two weeks on which as many as there can be are written to. The steps are those of the worker, without its pauses; how many
pauses there are is told.
"""

from __future__ import annotations

import resource
import time
from datetime import date, timedelta

import click
from sqlalchemy import delete, func, literal, select, update

from benchmarks.completion import NOW, TODAY, build, copies, departments, opened, requirements, staff
from lms import organisation
from lms.compliance.models import Generation
from lms.db import Database
from lms.notices import nightly
from lms.notices.models import Mail, NoticeLine, NoticePlanRow, NoticeRun
from lms.notices.plan import NoticePlan
from lms.organisation import MailServer, Organisation
from lms.outbox import Job
from lms.people.models import Person

LONG = tuple(range(1, 60))
"""Reminders on every day before the due day: nearly everybody is written to."""


def made(database: Database, number: int, asked: int) -> None:
    """People with their spans, of the product's own making, in use."""
    template = min(1000, number)
    with database.transaction() as session:
        leaves = departments(session, max(40, number // 250))
        requirements(session, asked)
        staff(session, template, leaves, asked)
        generation_id = session.scalars(select(Generation.id).where(Generation.building)).one()
    build(database, generation_id, "days")
    with database.open(write=True) as session:
        copies(session, number // template, template, leaves)
    build(database, generation_id, "done")
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def prepared(database: Database, plan: NoticePlan) -> None:
    """Everybody has an address, the plan is on, and nobody was written to yet."""
    with database.transaction() as session:
        organisation.save(
            session, Organisation(name="Benchmark", base_url="https://training.example", mail=MailServer("mail.example", 25)), NOW
        )  # fmt: skip
        for model in (NoticeLine, NoticeRun, Job, Mail, NoticePlanRow):
            session.execute(delete(model))
        session.add(NoticePlanRow(id=1, plan=plan.data(), changed_at=NOW))
        without = update(Person).where(Person.email.is_(None))
        session.execute(without.values(email=literal("p") + Person.number + "@example.org"))


def night(database: Database, day: date) -> tuple[float, float, int, float]:
    """Seconds on the wall, of this process's processor time, the steps, and the longest of them."""
    began, processor, steps, longest = time.perf_counter(), time.process_time(), 0, 0.0
    finished = False
    while not finished:
        step = time.perf_counter()
        with database.transaction() as session:
            finished = nightly.step(session, day, NOW)
        steps += 1
        longest = max(longest, time.perf_counter() - step)
    return time.perf_counter() - began, time.process_time() - processor, steps, longest


@click.command()
@click.option("--staff", "number", default=10_000, show_default=True)
@click.option("--requirements", "asked", default=5, show_default=True)
@click.option("--postgres", is_flag=True)
@click.option("--database-url")
def main(number: int, asked: int, postgres: bool, database_url: str | None) -> None:
    """Print seconds, steps, mails and memory."""
    with opened(database_url, postgres) as database:
        if database_url is None:
            made(database, number, asked)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        for name, plan, day in (
            ("a night like any other", NoticePlan(on=True), TODAY),
            ("nearly everybody", NoticePlan(on=True, before=LONG), TODAY + timedelta(days=14)),
        ):
            prepared(database, plan)
            wall, processor, steps, longest = night(database, day)
            with database.session() as session:
                people = session.scalar(select(func.count()).select_from(Person))
                lines = session.scalar(select(func.count()).select_from(NoticeLine))
                mails = session.scalar(select(func.count()).select_from(Mail))
                jobs = session.scalar(select(func.count()).select_from(Job))
            print(
                f"{database.engine.dialect.name}, {people:,} people, {name}: {lines:,} lines, {mails:,} mails, {jobs:,} queued"
            )
            print(
                f"  {wall:.1f} s, {processor:.1f} s of this process's processor time, in {steps} steps, the longest {longest:.2f} s"
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"peak of memory {peak} MB, {before} MB before the first night")


if __name__ == "__main__":
    main()
