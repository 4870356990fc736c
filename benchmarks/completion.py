"""Completion by department for any day, against the bare GROUP BY over the spans; and how quickly spans are rebuilt.

    python -m benchmarks.completion --staff 1200 --requirements 2
    python -m benchmarks.completion --staff 100000 --requirements 30 --runs 40 --at FOLDER [--postgres]

The people are those of ``benchmarks.staffed``. Needs an empty database, or one that it has built before: ``--at`` keeps it. A PostgreSQL of
its own is started with --postgres. Processor time is that of this process and of the server.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import product
from pathlib import Path

import click
from sqlalchemy import Date, bindparam, func, select, text
from sqlalchemy.orm import Session

from benchmarks.databases import Cost, cost, opened
from benchmarks.staffed import JOBS, NOW, TODAY, made
from lms.compliance import actions, queries, store
from lms.compliance.models import OVERALL, Generation, Span, TallyBase, TallyDay
from lms.compliance.spans import State
from lms.db import Database
from lms.people.models import Department


def median(run: Callable[[], object], runs: int) -> float:
    """The median of so many runs after two warm ones, in milliseconds."""
    took = []
    for number in range(runs + 2):
        began = time.perf_counter()
        run()
        if number >= 2:
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


@click.command()
@click.option("--staff", "number", default=1200, show_default=True)
@click.option("--requirements", "asked", default=2, show_default=True)
@click.option("--departments", "places", type=int, help="Default: one for 250 people, at least 40.")
@click.option("--template", default=1000, show_default=True, help="How many people are built; the others are copies.")
@click.option("--runs", default=200, show_default=True)
@click.option("--bare-runs", default=5, show_default=True, help="Runs of the bare GROUP BY, which can take seconds.")
@click.option("--database-url")
@click.option("--postgres", is_flag=True)
@click.option("--at", type=click.Path(path_type=Path, file_okay=False), help="Keep the database in this folder.")
def main(
    number: int, asked: int, places: int | None, template: int, runs: int, bare_runs: int, database_url: str | None,
    postgres: bool, at: Path | None,
) -> None:  # fmt: skip
    """Print medians and ratios."""
    with opened(database_url, postgres, at) as database:
        built = made(database, number, asked, places, template)
        print(f"{database.engine.dialect.name}: {number} people, {asked} requirements")
        if built is not None:
            print(f"spans rebuilt: {built.pairs / built.wall:,.0f} pairs of person and requirement a second,")
            print(f"  {built.pairs / built.processor:,.0f} a second of this process's processor time")
        with database.session() as session:
            for table in (Span, TallyBase, TallyDay):
                print(f"{table.__tablename__}: {session.scalar(select(func.count()).select_from(table)):,} rows")
            leaves = list(session.scalars(select(Department.id).order_by(Department.id.desc()).limit(10)))
            generation_id = session.scalars(select(Generation.id).where(Generation.active)).one()
            measure(session, runs, bare_runs, leaves, generation_id)
        if built is not None:
            rebuild_one(database)


def measure(session: Session, runs: int, bare_runs: int, leaves: list[int], generation_id: int) -> None:
    """The numbers of the day, and the people behind one."""
    chance = random.Random(1)
    days = [TODAY - timedelta(days=chance.randrange(-300, 1000)) for _ in range(runs + 2)]
    bare = text(
        "SELECT requirement_id, department_id, state, count(*) FROM span"
        " WHERE generation_id = :generation AND from_day <= :day AND to_day > :day"
        " GROUP BY requirement_id, department_id, state"
    )
    typed = bare.bindparams(*(bindparam("day", type_=Date),))
    floor = cost(session, lambda: session.execute(typed, {"generation": generation_id, "day": TODAY}).all(), bare_runs)
    print(f"bare GROUP BY: {floor}")

    def told(what: str, run: Callable[[], object], times: int = runs) -> Cost:
        took = cost(session, run, times)
        print(f"{what}: {took}", flush=True)
        return took

    each = iter(days)
    for what, run in (
        ("counts, any day", lambda: queries.counts(session, next(each))),
        ("counts, today", lambda: queries.counts(session, TODAY)),
    ):
        took = told(what, run)
        print(
            f"  = {took.wall / floor.wall:.3f} of the bare GROUP BY, {took.processor / floor.processor:.3f} of its processor time"
        )
    told("counts, today, one requirement", lambda: queries.counts(session, TODAY, requirement_id=OVERALL))
    few = max(3, runs // 10)
    late = {State.OVERDUE}
    whos = {
        "a department's overdue": queries.Who(TODAY, departments={leaves[3]}, states=late),
        "everybody overdue": queries.Who(TODAY, states=late),
        "everybody of any state": queries.Who(TODAY),
        "everybody overdue in one requirement": queries.Who(TODAY, 3, states=late),
        "everybody of any state in one requirement": queries.Who(TODAY, 3),
        "half of the jobs, any state": queries.Who(TODAY, jobs=JOBS[:8]),
        "half of the jobs in one requirement": queries.Who(TODAY, 3, jobs=JOBS[:8]),
        "a profession of all, any state": queries.Who(TODAY, professions=("staff",)),
        "RNs overdue": queries.Who(TODAY, states=late, jobs=("RN",)),
        "RNs of any state": queries.Who(TODAY, jobs=("RN",)),
        "overdue, found by 0001": queries.Who(TODAY, states=late, search="0001"),
        "overdue, found by a letter": queries.Who(TODAY, states=late, search="p"),
    }
    for what, who in whos.items():
        people = queries.people_in(session, who).total
        last = max(1, -(-people // 50))
        pages = {"first": 1, "middle": max(1, last // 2), "last": last}
        for sort, (name, page) in product(queries.SORTS, pages.items()):
            shown = partial(queries.people_in, session, who, sort=sort, page=page)
            told(f"{what} ({people:,}) by {sort}, {name} page", shown, few)
    some = queries.Who(TODAY, jobs=("RN",))
    told("figures of one job", lambda: queries.filtered_counts(session, some), few)
    told("figures of one job, every requirement", lambda: queries.filtered_counts(session, some, every=True), few)
    told("lapsing in 90 days", lambda: queries.lapsing(session, TODAY, 90), 3)
    told("duties of a person", lambda: queries.duties(session, 5, TODAY))


def rebuild_one(database: Database) -> None:
    """A single completion, as a learner's last answer causes it: rebuilt and committed."""

    def once() -> None:
        with database.transaction() as session:
            actions.rebuild(session, [5], now=NOW)

    print(f"rebuild of one person {median(once, 20):.1f} ms")
    with database.session() as session:
        ids = list(range(1, 101))
        took = median(lambda: store.work_out(session, ids), 3)
    print(f"working out 100 people, without writing {took:.0f} ms")


if __name__ == "__main__":
    main()
