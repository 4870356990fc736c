"""Import of 100,000 staff against reading the CSV and bulk-inserting its bare rows, in the same run, on the same kind of database.

    python -m benchmarks.people_import [--staff 100000] [--database ADDRESS_OF_AN_EMPTY_DATABASE]

Prints rows a second, the ratio, the peak of memory for one and for four times the staff, and how long a learner's save waited at
most while the import ran. Exit code 1 when a bound of the house is broken: ratio 8, wait 1 second.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select

from lms import organisation
from lms.audit import Actor, record
from lms.cli.house import upgrade
from lms.db import Database
from lms.flows import staffing
from lms.organisation import Organisation
from lms.people.importing import Options
from lms.people.prepared import Prepared
from lms.people.preparing import prepare

HEADING = [
    "Employee ID", "Legal First Name", "Legal Last Name", "Email - Work", "Worker Type", "Cost Center", "Job Title", "Job Family",
    "Patient Contact", "Supervisor ID", "Hire Date", "Termination Date", "Preferred Language", "Time Zone",
]  # fmt: skip
RATIO, WAIT = 8.0, 1.0
NOW = datetime(2026, 6, 15, 14, 0, tzinfo=UTC)


def write_files(folder: Path, staff: int) -> tuple[Path, Path]:
    """A staff file and its departments: 400 in a tree, ten reports for each supervisor."""
    dice = random.Random(7)
    departments = folder / "departments.csv"
    with departments.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["Code", "Name", "Parent Code"])
        for one in range(400):
            parent = "" if one < 4 else f"D{(one - 4) // 10 % max(one, 1):04}"
            rows.writerow([f"D{one:04}", f"Department {one}", parent])
    path = folder / "staff.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(HEADING)
        for one in range(staff):
            hired = date(2005, 1, 1) + timedelta(days=dice.randrange(7600))
            rows.writerow([
                f"E{one:07}", f"Given{dice.randrange(900)}", f"Family{dice.randrange(20000)}", f"person{one}@hospital.test",
                dice.choice(["Regular", "Contingent Worker", "Student"]), f"D{dice.randrange(400):04}",
                f"Job title {dice.randrange(120)}", dice.choice(["nursing", "medicine", "administration"]),
                dice.choice(["Yes", "No"]), f"E{one // 10:07}" if one >= 10 else "", hired.strftime("%m/%d/%Y"), "",
                dice.choice(["", "en", "es"]), "",
            ])  # fmt: skip
    return path, departments


def fresh(folder: Path, name: str, address: str | None) -> Database:
    """An empty, migrated database with an organisation."""
    database = Database(address or f"sqlite:///{folder / name}")
    upgrade(database)
    with database.transaction() as session:
        organisation.save(session, Organisation(name="Benchmark"), NOW)
    return database


def bare(database: Database, path: Path) -> float:
    """Seconds for reading the file and bulk-inserting its rows as they are."""
    columns = [Column(f"c{place}", Text) for place in range(len(HEADING))]
    table = Table("bare_row", MetaData(), Column("id", Integer, primary_key=True), *columns)
    with database.transaction() as session:
        table.drop(session.connection(), checkfirst=True)
        table.create(session.connection())
    begun = time.perf_counter()
    with path.open(newline="", encoding="utf-8") as text, database.transaction() as session:
        rows = csv.reader(text)
        next(rows)
        names = [column.name for column in columns]
        batch = [dict(zip(names, row, strict=True)) for row in rows]
        session.connection().execute(insert(table), batch)
    took = time.perf_counter() - begun
    with database.transaction() as session:
        table.drop(session.connection())
    return took


def imported(database: Database, path: Path, departments: Path, as_of: date) -> tuple[float, Prepared]:
    """Seconds for the whole import, from the first byte read to the last commit."""
    begun = time.perf_counter()
    with path.open("rb") as staff, departments.open("rb") as tree, database.desk() as desk:
        with desk.reading() as session:
            prepared = prepare(session, staff, tree, Options("hr", as_of, "us"), 0.1)
        staffing.import_people(desk, prepared, None, Actor(None, datetime.now(UTC)))
    return time.perf_counter() - begun, prepared


class Learner(threading.Thread):
    """Somebody who saves all the time while the import runs, in committed transactions of one row."""

    def __init__(self, database: Database) -> None:
        super().__init__(daemon=True)
        self.database, self.waits, self.stop = database, [0.0], threading.Event()

    def run(self) -> None:
        """Save, note how long it took, wait a moment."""
        while not self.stop.is_set():
            begun = time.perf_counter()
            with self.database.transaction() as session:
                record(session, Actor(None, NOW), "benchmark.save", "benchmark")
            self.waits.append(time.perf_counter() - begun)
            time.sleep(0.02)


def memory(staff: int) -> int:
    """The peak of memory in MB of a process of its own that imports this many."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.people_import", "--staff", str(staff), "--only-memory"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return int(ran.stdout.split()[-1])


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--staff", type=int, default=100_000)
    asked.add_argument("--database")
    asked.add_argument("--only-memory", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, departments = write_files(folder, given.staff)
        database = fresh(folder, "import.sqlite", given.database)
        if given.only_memory:
            imported(database, path, departments, NOW.date())
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
            return
        # a child counts the memory of its parent as its own until it begins, so ask before this one grows
        peaks = (memory(given.staff), memory(given.staff // 4)) if given.database is None else None
        yardsticks = [bare(database, path) for _ in range(3)]
        learner = Learner(database)
        learner.start()
        took, prepared = imported(database, path, departments, NOW.date())
        learner.stop.set()
        learner.join()
        again, unchanged = imported(database, path, departments, NOW.date() + timedelta(days=1))
        yardstick = sorted(yardsticks)[1]
        print(f"database             {database.engine.dialect.name}")
        print(f"bare rows            {yardstick:8.2f} s  {given.staff / yardstick:10,.0f} rows/s")
        print(f"import, all new      {took:8.2f} s  {given.staff / took:10,.0f} rows/s  ratio {took / yardstick:.1f}")
        print(
            f"import, all the same {again:8.2f} s  {given.staff / again:10,.0f} rows/s  ratio {again / yardstick:.1f}"
        )
        print(
            f"a save waited        {max(learner.waits):8.2f} s at most, {sorted(learner.waits)[len(learner.waits) // 2]:.3f} s as a rule"
        )
        assert prepared.touched == given.staff and unchanged.touched == 0
        with database.session() as session:
            assert session.scalar(select(1)) == 1
        if peaks:
            print(f"memory               {peaks[0]} MB, with a quarter of the staff {peaks[1]} MB")
        sys.exit(took / yardstick > RATIO or max(learner.waits) > WAIT)


if __name__ == "__main__":
    main()
