"""What was known then beside what is known now: one person, a department, and everybody as the worker does it.

    python -m benchmarks.known --staff 1000 --requirements 30 [--postgres]

The people are those of benchmarks.completion. Four cases: nothing was learnt between the two moments; one completion of everybody was
handed in late; everybody's first day was corrected, so that each requirement is worked out twice; and everything was learnt since.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import click
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from benchmarks.databases import opened
from benchmarks.staffed import NOW, TODAY, build, departments, many, requirements, staff
from lms.audit import Actor
from lms.compliance.comparing import actions
from lms.compliance.known_then import Comparison
from lms.compliance.models import Generation
from lms.db import Database
from lms.people.models import Employment
from lms.records.models import TrainingRecord

LATER = NOW + timedelta(days=2)
DEPARTMENT = 250
LEARNT = NOW + timedelta(days=1, hours=12)


def nothing(session: Session) -> None:
    """Nothing is learnt."""


def one_completion(session: Session) -> None:
    """One course of everybody was completed ten days ago, and is written down now."""
    record = TrainingRecord
    columns = [c.key for c in record.__table__.c if c.key not in {"id", "completed_on", "recorded_at"}]
    first = select(record).where(record.course_id == 1).order_by(record.person_id, record.id)
    rows = {each.person_id: {name: getattr(each, name) for name in columns} for each in session.scalars(first)}
    late = {"completed_on": TODAY - timedelta(days=10), "recorded_at": LEARNT}
    many(session, record, [row | late for row in rows.values()])


def first_days(session: Session) -> None:
    """Everybody was hired a day earlier than it was said."""
    columns = [c.key for c in Employment.__table__.c if c.key not in {"id", "recorded_at", "from_day", "superseded_at"}]
    rows = [
        {name: getattr(each, name) for name in columns}
        | {"from_day": each.from_day - timedelta(days=1), "recorded_at": LEARNT}
        for each in session.scalars(select(Employment))
    ]
    session.execute(update(Employment).values(superseded_at=LEARNT))
    many(session, Employment, rows)


CASES = (
    (1, "nothing learnt since", nothing),
    (1, "one completion of everybody learnt since", one_completion),
    (1, "everybody's first day corrected since", first_days),
    (-30, "everything learnt since", nothing),
)


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
        for days, what, learn in CASES:
            with database.transaction() as session:
                learn(session)
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
