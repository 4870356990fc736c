"""The people of the benchmarks: fictional, made by arithmetic, with three years of hires, moves, leaves and completions.

A template of people is built through the product's own code; its people, memberships and spans are copied to the number asked for, and
the tallies are built by the product's own code.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from benchmarks.databases import is_built, tidied
from lms import organisation
from lms.audit import Actor
from lms.catalogue.models import Course, CourseVersion
from lms.clock import FOR_EVER
from lms.compliance import actions
from lms.compliance.models import Generation, Span
from lms.db import Database
from lms.organisation import Organisation
from lms.people.models import Department, DepartmentVersion, Employment, Leave, Membership, Person
from lms.records.models import TrainingRecord

NOW = datetime(2026, 6, 15, 14, 0, tzinfo=UTC)
TODAY = NOW.date()
BEGAN = TODAY - timedelta(days=3 * 365)
JOBS = ("RN", "MD", "LPN", "CNA", "PT", "OT", "RT", "RD", "SW", "PHARM", "TECH", "CLERK", "EVS", "FOOD", "IT", "ADMIN")


@dataclass(frozen=True, slots=True)
class Built:
    """What the making took: seconds on the wall and of this process's processor for the spans of ``pairs`` of person and requirement."""

    pairs: int
    wall: float
    processor: float


def made(database: Database, number: int, asked: int, places: int | None = None, template: int = 1000) -> Built | None:
    """So many people with their spans, in use; None when the database is kept and has them already."""
    if is_built(database):
        return None
    template = min(template, number)
    with database.transaction() as session:
        organisation.save(session, Organisation(name="Benchmark"), NOW)
        leaves = departments(session, places or max(40, number // 250))
        requirements(session, asked)
        staff(session, template, leaves, asked)
        generation_id = session.scalars(select(Generation.id).where(Generation.building)).one()
    processor = time.process_time()
    took = build(database, generation_id, "days")
    built = Built(template * asked, took, time.process_time() - processor)
    with database.open(write=True) as session:
        began = time.perf_counter()
        copies(session, number // template, template, leaves)
        rows = session.scalar(select(func.count()).select_from(Span))
        print(f"spans: {rows:,} (copied in {time.perf_counter() - began:.0f} s)", flush=True)
    print(f"tallies built in {build(database, generation_id, 'none'):.0f} s", flush=True)
    tidied(database)
    return built


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
    """Copy people, memberships and spans, each copy in other departments; without the indexes of the spans, which are made afterwards.

    On SQLite, whose table is the key, the spans are written in the order of the key; on PostgreSQL person by person, as a build would.
    """
    first, number = leaves[0], len(leaves)
    shift = f"{first} + (department_id - {first} + :n * 37) % {number}"
    sqlite = session.get_bind().dialect.name == "sqlite"
    new = f"id + :n * {template}" if sqlite else f"CAST(id + :n * {template} AS text)"
    numbered = f"printf('%07d', {new})" if sqlite else f"lpad({new}, 7, '0')"

    def listed(model: Any, *without: str) -> str:
        return ", ".join(f'"{column.key}"' for column in model.__table__.c if column.key not in without)

    def copied(table: str, origin: str, names: str, where: str, **values: int) -> None:
        session.execute(
            text(
                f"INSERT INTO {table} (person_id, department_id, {names})"
                f" SELECT person_id + :n * {template}, {shift}, {names} FROM {origin} WHERE person_id <= {template} {where}"
            ),
            values,
        )

    people = listed(Person, "id", "number")
    spans = listed(Span, "person_id", "department_id")
    for n in range(1, times):
        session.execute(
            text(
                f"INSERT INTO person (id, number, {people}) SELECT id + :n * {template}, {numbered}, {people}"
                f" FROM person WHERE id <= {template}"
            ),
            {"n": n},
        )
        copied("membership", "membership", listed(Membership, "id", "person_id", "department_id"), "", n=n)
    for index in Span.__table__.indexes:
        index.drop(session.connection())
    if sqlite:
        built = select(Span.generation_id, Span.requirement_id).distinct()
        keys = session.execute(built.order_by(Span.generation_id, Span.requirement_id)).all()
        for generation_id, requirement_id in keys:
            where = f"AND generation_id = {generation_id} AND requirement_id = {requirement_id} ORDER BY person_id, from_day"
            for n in range(1, times):
                copied("span", "span", spans, where, n=n)
    else:
        session.execute(text("CREATE TEMPORARY TABLE first_span AS SELECT * FROM span"))
        for n in range(1, times):
            copied("span", "first_span", spans, "", n=n)
    for index in Span.__table__.indexes:
        index.create(session.connection())
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
