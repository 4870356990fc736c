"""Import of 100,000 staff against reading the CSV and bulk-inserting its bare rows, in the same run, on the same kind of database; and
taking it back.

    python -m benchmarks.people_import [--staff 100000] [--postgres]

Prints seconds, the ratio, the peak of memory for the staff and for a quarter of it, and how long a learner's save waited at most while the
import ran, and while it was taken back. Exit code 1 when a bound of the house is broken: ratio 8 (of processor time, that of the database's
server included), wait 1 second.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, Table, Text, insert

from benchmarks.databases import Cost, Meter, opened, peak
from lms import organisation
from lms.audit import Actor, record
from lms.db import Database
from lms.flows import staffing
from lms.organisation import Organisation
from lms.people import undoing
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


def bare(database: Database, path: Path) -> Cost:
    """What reading the file and bulk-inserting its rows as they are costs."""
    columns = [Column(f"c{place}", Text) for place in range(len(HEADING))]
    table = Table("bare_row", MetaData(), Column("id", Integer, primary_key=True), *columns)
    with database.transaction() as session:
        table.drop(session.connection(), checkfirst=True)
        table.create(session.connection())
    with path.open(newline="", encoding="utf-8") as text, database.open(write=True) as session:
        meter = Meter(session)
        rows = csv.reader(text)
        next(rows)
        names = [column.name for column in columns]
        batch = [dict(zip(names, row, strict=True)) for row in rows]
        session.connection().execute(insert(table), batch)
        session.commit()
        took = meter.read()
    with database.transaction() as session:
        table.drop(session.connection())
    return took


def imported(database: Database, path: Path, departments: Path, as_of: date) -> tuple[Cost, Prepared]:
    """What the whole import costs, from the first byte read to the last commit."""
    with path.open("rb") as staff, departments.open("rb") as tree, database.desk() as desk:
        with desk.reading() as session:
            meter = Meter(session)
            prepared = prepare(session, staff, tree, Options("hr", as_of, "us"), 0.1)
        staffing.import_people(desk, prepared, None, Actor(None, datetime.now(UTC)))
        return meter.read(), prepared


def taken_back(database: Database) -> Cost:
    """What taking the last import back costs, in the steps of the worker with its pauses on SQLite."""
    with database.session() as session:
        run = undoing.last_run(session)
        assert run is not None
        undoing.refuse_if_built_on(session, run.id)
    began, own, server, finished = time.perf_counter(), time.process_time(), 0.0, False
    while not finished:
        with database.transaction() as session:
            meter = Meter(session)
            finished = staffing.step_undo(session, run.id, Actor(None, datetime.now(UTC)))
            server += meter.read().server
        time.sleep(0.1 if database.is_sqlite else 0)
    return Cost(time.perf_counter() - began, time.process_time() - own, server)


class Learner(threading.Thread):
    """Somebody who saves all the time while the import runs, in committed transactions of one row."""

    def __init__(self, database: Database) -> None:
        super().__init__(daemon=True)
        self.database, self.waits, self.stop = database, [0.0], threading.Event()

    def run(self) -> None:
        """Save, note how long it took, wait a moment; the first save, which opens the connection and writes the statements, is none."""
        self.save()
        while not self.stop.is_set():
            begun = time.perf_counter()
            self.save()
            self.waits.append(time.perf_counter() - begun)
            time.sleep(0.02)

    def save(self) -> None:
        """One row in a committed transaction."""
        with self.database.transaction() as session:
            record(session, Actor(None, NOW), "benchmark.save", "benchmark")


def memory(staff: int, postgres: bool) -> int:
    """The peak of memory in MB of a process of its own that imports this many."""
    command = [sys.executable, "-m", "benchmarks.people_import", "--staff", str(staff), "--only-memory"]
    ran = subprocess.run([*command, *(["--postgres"] if postgres else [])], check=True, capture_output=True, text=True)
    return int(ran.stdout.split()[-1])


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--staff", type=int, default=100_000)
    asked.add_argument("--postgres", action="store_true")
    asked.add_argument("--only-memory", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path, departments = write_files(Path(name), given.staff)
        # a child counts the memory of its parent as its own until it begins, so ask before this one grows
        sizes = [] if given.only_memory else [given.staff, given.staff // 4]
        for size in sizes:
            print(f"memory for {size:,}     {memory(size, given.postgres)} MB", flush=True)
        with opened(None, given.postgres) as database:
            with database.transaction() as session:
                organisation.save(session, Organisation(name="Benchmark"), NOW)
            if given.only_memory:
                imported(database, path, departments, NOW.date())
                print(peak())
                return
            sys.exit(compared(database, path, departments, given.staff))


def compared(database: Database, path: Path, departments: Path, staff: int) -> bool:
    """Print the bare rows, the import while somebody saves, the same import again, and both taken back; gives whether a bound is broken."""
    floor = sorted((bare(database, path) for _ in range(3)), key=lambda took: took.processor)[1]
    learner = Learner(database)
    learner.start()
    first, prepared = imported(database, path, departments, NOW.date())
    learner.stop.set()
    learner.join()
    database.close()
    time.sleep(1)  # what the ended connections took is told by now, and not among what the next import takes
    again, unchanged = imported(database, path, departments, NOW.date() + timedelta(days=1))
    assert prepared.touched == staff and unchanged.touched == 0
    print(f"database             {database.engine.dialect.name}")
    for what, took in (("bare rows", floor), ("import, all new", first), ("import, all the same", again)):
        print(
            f"{what:20} {took.processor:8.2f} s of the processor ({took.server:.2f} s the server's), {took.wall:.2f} s on the wall:"
            f" {took.processor / floor.processor:.1f} × and {took.wall / floor.wall:.1f} ×"
        )
    taken_back(database)  # the second, which changed nothing
    undoer = Learner(database)
    undoer.start()
    took = taken_back(database)
    undoer.stop.set()
    undoer.join()
    print(f"taken back           {took}")
    longest = []
    for what, waits in (("import", sorted(learner.waits)), ("undo", sorted(undoer.waits))):
        print(f"a save beside the {what:6} waited {waits[-1]:8.2f} s at most, {waits[len(waits) // 2]:.3f} s as a rule")
        longest.append(waits[-1])
    return first.processor / floor.processor > RATIO or max(longest) > WAIT


if __name__ == "__main__":
    main()
