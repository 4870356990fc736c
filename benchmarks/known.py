"""What was known then beside what is known now: one person, a department, and everybody as the worker does it.

    python -m benchmarks.known --staff 1000 --requirements 30 [--postgres]

The people are those of benchmarks.completion. Two cases: nothing was learnt between the two moments, and everything was, which is the most
that there can be to work out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.completion import NOW, TODAY, build, departments, opened, requirements, staff
from lms.audit import Actor
from lms.compliance.comparing import actions
from lms.compliance.known_then import Comparison
from lms.compliance.models import Generation
from lms.db import Database

LATER = NOW + timedelta(days=2)
DEPARTMENT = 250


def took(run: Callable[[], object], runs: int) -> tuple[float, float]:
    """Milliseconds of this process's processor time and on the wall, the least of so many runs."""
    found = []
    for _ in range(runs):
        began, processor = time.perf_counter(), time.process_time()
        run()
        found.append(((time.process_time() - processor) * 1000, (time.perf_counter() - began) * 1000))
    return min(found)


def compared(session: Session, person_ids: list[int], days: int) -> None:
    """All that a page asks of a comparison."""
    found = Comparison(session, person_ids, TODAY, NOW + timedelta(days=days), LATER)
    for person_id in person_ids:
        found.standing(person_id)
    list(found.differences())


def everybody(database: Database, days: int) -> None:
    """The job of the worker, step by step."""
    with database.transaction() as session:
        known_on = (NOW + timedelta(days=days)).date()
        comparison_id = actions.ask(session, TODAY, known_on, "UTC", Actor(None, LATER), again=True).id
    while True:
        with database.session() as session:
            worked = actions.work_out(session, comparison_id)
        if worked is None:
            return
        with database.transaction() as session:
            actions.keep(session, worked, LATER)


@click.command()
@click.option("--staff", "number", default=1000, show_default=True)
@click.option("--requirements", "asked", default=30, show_default=True)
@click.option("--postgres", is_flag=True)
def main(number: int, asked: int, postgres: bool) -> None:
    """Print milliseconds, and pairs of person and requirement a second."""
    with opened(None, postgres) as database:
        with database.transaction() as session:
            leaves = departments(session, 40)
            requirements(session, asked)
            staff(session, number, leaves, asked)
            generation_id = session.scalars(select(Generation.id).where(Generation.building)).one()
        build(database, generation_id, "done")
        for days, what in ((1, "nothing learnt since"), (-30, "everything learnt since")):
            print(f"{database.engine.dialect.name}, {asked} requirements, {what}:")
            with database.session() as session:
                for people, runs in ((1, 10), (DEPARTMENT, 3)):
                    ids = list(range(5, 5 + people))
                    processor, wall = took(lambda: compared(session, ids, days), runs)  # noqa: B023
                    print(f"  {people} people: {processor:.0f} ms of processor time, {wall:.0f} ms on the wall")
            processor, wall = took(lambda: everybody(database, days), 1)  # noqa: B023
            print(
                f"  everybody, kept: {number * asked / processor * 1000:,.0f} pairs a second of processor time, {wall:.0f} ms"
            )


if __name__ == "__main__":
    main()
