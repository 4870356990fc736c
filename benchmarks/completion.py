"""Completion by department for any day, against the bare GROUP BY over the spans; and how quickly spans are rebuilt.

    python -m benchmarks.completion --staff 1200 --requirements 2
    python -m benchmarks.completion --staff 100000 --requirements 30 --runs 40 --database-url postgresql+psycopg://...

The people are fictional and made by arithmetic. A template of people with three years of hires, moves, leaves and completions is
built through the product's own code, timed; then its spans are copied to the number of people asked for, and the tallies are built
by the product's own code. Needs an empty database (SQLite: a new file); a PostgreSQL of its own is started with --postgres.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Date, bindparam, func, insert, select, text
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.catalogue.models import Course, CourseVersion
from lms.cli.house import upgrade
from lms.clock import FOR_EVER
from lms.compliance import actions, queries, store
from lms.compliance.models import OVERALL, Generation, Span, TallyBase, TallyDay
from lms.compliance.spans import State
from lms.db import Database
from lms.people.models import Department, DepartmentVersion, Employment, Leave, Membership, Person
from lms.records.models import TrainingRecord

NOW = datetime(2026, 6, 15, 14, 0, tzinfo=UTC)
TODAY = NOW.date()
BEGAN = TODAY - timedelta(days=3 * 365)
JOBS = ("RN", "MD", "LPN", "CNA", "PT", "OT", "RT", "RD", "SW", "PHARM", "TECH", "CLERK", "EVS", "FOOD", "IT", "ADMIN")


def many(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
    """Insert rows, whatever their number."""
    for start in range(0, len(rows), 5000):
        session.execute(insert(model), rows[start : start + 5000])


def departments(session: Session, number: int) -> list[int]:
    """A tree of three levels; gives the ids of its leaves."""
    many(session, Department, [{"id": n, "code": f"D{n:04}", "created_at": NOW} for n in range(1, number + 1)])
    tops = max(1, number // 40)
    hung = [
        {
            "department_id": n,
            "name": f"Department {n}",
            "kind": "department",
            "parent_id": None if n <= tops else 1 + n % tops,
            "from_day": date(2000, 1, 1),
            "to_day": FOR_EVER,
            "recorded_at": NOW,
        }
        for n in range(1, number + 1)
    ]
    many(session, DepartmentVersion, hung)
    return list(range(tops + 1, number + 1)) or [1]


def requirements(session: Session, number: int) -> None:
    """Yearly, two-yearly and one-time duties with a course of each, some with grace, some for patient contact only."""
    for n in range(1, number + 1):
        session.add(Course(id=n, slug=f"c-{n}", created_at=NOW))
        session.flush()
        session.add(
            CourseVersion(
                id=n, course_id=n, number=1, content={}, content_hash=str(n), change="material", change_note="", title="",
                code=f"C-{n}", minutes=30, enrolment="open", published_at=NOW,
            )
        )  # fmt: skip
        rule = {
            "courses": [f"c-{n}"],
            "first": {"within": {"days": (30, 60, 90)[n % 3]}},
            "grace": 14 * (n % 2),
        } | (
            {"recurs": {"kind": "rolling", "every": {"months": (12, 0, 24)[n % 3]}}, "opens_before": 60}
            if n % 3 != 1
            else {}
        )
        rule |= {"audience": {"field": "patient_contact", "is": True}} if n % 5 == 4 else {}
        begins = BEGAN + timedelta(days=180 * (n % 5))
        adopted = datetime.combine(begins, NOW.timetz())
        actions.publish_requirement(session, f"R{n}", f"Requirement {n}", rule, begins, Actor(None, adopted))


def staff(session: Session, number: int, leaves: list[int], asked: int) -> None:
    """People with hires, leavers, moves, leaves and completions that are mostly in time."""
    chance = random.Random(7)
    people, employed, held, away, done = [], [], [], [], []
    said = {"source": "bench", "created_at": NOW}
    known = {"recorded_at": NOW}
    for person in range(1, number + 1):
        people.append(said | {"id": person, "number": f"{person:07}", "given_name": "P", "family_name": f"{person:07}"})
        hired = TODAY - timedelta(days=chance.randrange(10, 2600))
        left = hired + timedelta(days=chance.randrange(300, 1500)) if chance.random() < 0.15 else FOR_EVER
        dated = known | {"person_id": person, "kind": "employee"}
        employed.append(dated | {"from_day": hired, "to_day": left})
        moved = hired + timedelta(days=chance.randrange(200, 1200))
        stretches = [(hired, moved), (moved, left)] if chance.random() < 0.25 and moved < left else [(hired, left)]
        for start, end in stretches:
            place = {"department_id": chance.choice(leaves), "primary": True, "job": chance.choice(JOBS)}
            what = {"profession": "staff", "patient_contact": chance.random() < 0.7, "from_day": start, "to_day": end}
            held.append(known | {"person_id": person} | place | what)
        if chance.random() < 0.08:
            start = TODAY - timedelta(days=chance.randrange(1, 900))
            away.append(known | {"person_id": person, "kind": "stops", "reason": "", "from_day": start})
            away[-1]["to_day"] = start + timedelta(days=chance.randrange(20, 200))
        for course in range(1, asked + 1):
            day = max(hired, BEGAN) + timedelta(days=chance.randrange(1, 100))
            while day <= TODAY:
                if chance.random() < 0.93:
                    done.append((person, course, day))
                if course % 3 == 1:
                    break
                day += timedelta(days=chance.randrange(310, 375) * (2 if course % 3 == 2 else 1))
    for model, rows in ((Person, people), (Employment, employed), (Membership, held), (Leave, away)):
        many(session, model, rows)
    empty = {"language": "en", "minutes": 30, "topics": {}, "course_title": "", "version_number": 1, "person_name": ""}
    more = {"department_path": "", "job": "", "profession": "", "recorded_at": NOW, "completed_at": NOW}
    records = [
        {"person_id": p, "course_id": c, "version_id": c, "completed_on": day, "course_code": f"C-{c}"} | empty | more
        for p, c, day in done
    ]
    many(session, TrainingRecord, records)


def copies(session: Session, times: int, template: int, leaves: list[int]) -> None:
    """Copy people, memberships and spans, each copy in other departments."""
    first, number = leaves[0], len(leaves)
    shift = f"{first} + (department_id - {first} + :n * 37) % {number}"
    spans = [c.key for c in Span.__table__.c if c.key not in {"person_id", "department_id"}]
    people = [c.key for c in Person.__table__.c if c.key not in {"id", "number"}]
    held = [c.key for c in Membership.__table__.c if c.key not in {"id", "person_id", "department_id"}]
    digits = "lpad" if session.get_bind().dialect.name == "postgresql" else "printf"
    new = f"CAST(id + :n * {template} AS text)" if digits == "lpad" else f"id + :n * {template}"
    numbered = f"lpad({new}, 7, '0')" if digits == "lpad" else f"printf('%07d', {new})"

    def listed(names: list[str]) -> str:
        return ", ".join(f'"{name}"' for name in names)

    for n in range(1, times):
        old = {"n": n, "most": template}
        session.execute(
            text(
                f"INSERT INTO person (id, number, {listed(people)}) SELECT id + :n * {template}, {numbered},"
                f" {listed(people)} FROM person WHERE id <= :most"
            ),
            old,
        )
        for table, names in (("membership", held), ("span", spans)):
            session.execute(
                text(
                    f"INSERT INTO {table} (person_id, department_id, {listed(names)})"
                    f" SELECT person_id + :n * {template}, {shift}, {listed(names)} FROM {table} WHERE person_id <= :most"
                ),
                old,
            )
        session.commit()


def build(database: Database, generation_id: int, until: str) -> float:
    """Run the steps of a build until a phase begins; gives the seconds."""
    began = time.perf_counter()
    while True:
        with database.transaction() as session:
            generation = session.get_one(Generation, generation_id)
            if generation.phase == until:
                return time.perf_counter() - began
            if actions.build_step(session, generation_id, NOW):
                return time.perf_counter() - began


def median(run: Callable[[], object], runs: int) -> float:
    """The median of so many runs after two warm ones, in milliseconds."""
    took = []
    for number in range(runs + 2):
        began = time.perf_counter()
        run()
        if number >= 2:
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


@contextmanager
def opened(url: str | None, postgres: bool) -> Iterator[Database]:
    """An empty, migrated database."""
    if postgres:
        from tests.support.databases import as_psycopg
        from tests.support.postgres import Postgres

        server = Postgres()
        url = as_psycopg(server.url)
    with tempfile.TemporaryDirectory(prefix="attune-bench-") as folder:
        database = Database(url or f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        try:
            upgrade(database)
            yield database
        finally:
            database.close()
            if postgres:
                server.stop()


@click.command()
@click.option("--staff", "number", default=1200, show_default=True)
@click.option("--requirements", "asked", default=2, show_default=True)
@click.option("--departments", "places", type=int, help="Default: one for 250 people, at least 40.")
@click.option("--template", default=1000, show_default=True, help="How many people are built; the others are copies.")
@click.option("--runs", default=200, show_default=True)
@click.option("--bare-runs", default=5, show_default=True, help="Runs of the bare GROUP BY, which can take seconds.")
@click.option("--database-url")
@click.option("--postgres", is_flag=True)
def main(
    number: int, asked: int, places: int | None, template: int, runs: int, bare_runs: int, database_url: str | None,
    postgres: bool,
) -> None:  # fmt: skip
    """Print medians and ratios."""
    template = min(template, number)
    with opened(database_url, postgres) as database:
        with database.transaction() as session:
            leaves = departments(session, places or max(40, number // 250))
            requirements(session, asked)
            staff(session, template, leaves, asked)
            generation_id = session.scalars(select(Generation.id).where(Generation.building)).one()
        processor = time.process_time()
        took = build(database, generation_id, "days")
        processor = time.process_time() - processor
        pairs = template * asked
        print(f"{database.engine.dialect.name}: {number} people, {asked} requirements, {len(leaves)} departments")
        print(f"spans rebuilt: {pairs / took:,.0f} pairs of person and requirement a second,")
        print(f"  {pairs / processor:,.0f} a second of this process's processor time")
        with database.open(write=True) as session:
            began = time.perf_counter()
            copies(session, number // template, template, leaves)
            rows = session.scalar(select(func.count()).select_from(Span))
            print(f"spans: {rows:,} (copied in {time.perf_counter() - began:.0f} s)")
        print(f"tallies built in {build(database, generation_id, 'none'):.0f} s")
        if not database.is_sqlite:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        with database.session() as session:
            for table in (TallyBase, TallyDay):
                print(f"{table.__tablename__}: {session.scalar(select(func.count()).select_from(table)):,} rows")
            measure(session, runs, bare_runs, leaves, generation_id)
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
    group_by = median(lambda: session.execute(typed, {"generation": generation_id, "day": TODAY}).all(), bare_runs)
    told = iter(days)
    any_day = median(lambda: queries.counts(session, next(told)), runs)
    today = median(lambda: queries.counts(session, TODAY), runs)
    one = median(lambda: queries.counts(session, TODAY, requirement_id=OVERALL), runs)
    print(f"bare GROUP BY {group_by:.1f} ms")
    print(f"counts, any day {any_day:.1f} ms = {any_day / group_by:.3f} of it")
    print(f"counts, today {today:.1f} ms = {today / group_by:.3f} of it; one requirement {one:.1f} ms")
    cell = {leaves[3]}
    late = {State.OVERDUE}
    few = max(3, runs // 10)
    shown = median(lambda: queries.people_in(session, queries.Who(TODAY, departments=cell, states=late)), few)
    every = queries.Who(TODAY, states=late)
    print(f"people behind a department's number {shown:.1f} ms")
    pages = -(-queries.people_in(session, every).total // 50)
    for sort in queries.SORTS:
        said = ", ".join(
            f"page {page:,} {people_page(session, every, sort, page, few):.0f} ms" for page in (1, pages // 2, pages)
        )
        print(f"everybody overdue by {sort}: {said}")
    some = queries.Who(TODAY, jobs=("RN",))
    page = median(lambda: queries.filtered_counts(session, some), few)
    print(
        f"filtered by job: figures {page:.0f} ms, people {median(lambda: queries.people_in(session, some), few):.0f} ms"
    )
    told = queries.Who(TODAY, search="0001")
    print(f"searched: people {median(lambda: queries.people_in(session, told), few):.0f} ms")
    print(f"lapsing in 90 days {median(lambda: queries.lapsing(session, TODAY, 90), 3):.0f} ms")
    print(f"duties of a person {median(lambda: queries.duties(session, 5, TODAY), runs):.1f} ms")


def people_page(session: Session, who: queries.Who, sort: str, page: int, runs: int) -> float:
    """The median of one page of a list of people, in milliseconds."""
    return median(lambda: queries.people_in(session, who, sort=sort, page=page), runs)


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
