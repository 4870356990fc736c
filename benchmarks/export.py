"""The detail export of everybody as CSV, against the bare SQL and csv.writer in the same run: first byte, whole, memory.

    python -m benchmarks.export --staff 310000 [--postgres]

The people are those of benchmarks.completion. The bare SQL reads the same columns of the same rows in the same order. The peak of memory is
that of a process of its own for the whole staff and for a quarter of it.
"""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import click
from sqlalchemy import select, text

from benchmarks.completion import NOW, TODAY, build, copies, departments, opened, requirements, staff
from lms import organisation
from lms.compliance import queries
from lms.compliance.models import Generation
from lms.compliance.tallies import bindparam
from lms.db import Database
from lms.organisation import Organisation
from lms.people.queries import tree
from lms.reports.export import Column, Sheet, csv_lines

BARE = """
SELECT p.number, p.given_name || ' ' || p.family_name, s.department_id, m.job, m.profession, s.state, s.due, s.valid_until
FROM span s JOIN person p ON p.id = s.person_id
LEFT JOIN membership m ON m.id = (
    SELECT h.id FROM membership h WHERE h.person_id = s.person_id AND h.superseded_at IS NULL AND h.from_day <= :day AND h.to_day > :day
    ORDER BY h."primary" DESC, h.id LIMIT 1)
WHERE s.generation_id = (SELECT id FROM generation WHERE active) AND s.requirement_id = 1 AND s.from_day <= :day AND s.to_day > :day
ORDER BY p.family_name, p.given_name, p.id
"""
HEADINGS = ("Number", "Name", "Department", "Job", "Profession", "State", "Due", "Valid until")
DAY = bindparam("day", TODAY, type_=Generation.first_checkpoint.type)


def bare(database: Database, path: Path) -> float:
    """Seconds for the bare SQL into csv.writer."""
    began = time.perf_counter()
    with database.session() as session, path.open("w", newline="", encoding="utf-8") as out:
        rows = session.execute(text(BARE).bindparams(DAY).execution_options(yield_per=2000))
        writer = csv.writer(out)
        writer.writerow(HEADINGS)
        writer.writerows(rows)
    return time.perf_counter() - began


def exported(database: Database, path: Path) -> tuple[float, float, int]:
    """Seconds to the first byte and to the last, and the number of rows."""
    began = time.perf_counter()
    first = count = 0.0
    with database.session() as session, path.open("wb") as out:
        places = cache(tree(session, TODAY).path)
        lines = (
            [row.number, row.name, places(row.department_id), row.job, row.profession, row.state.name, row.due, row.valid_until]
            for row in queries.everyone_in(session, queries.Who(TODAY, 1))
        )  # fmt: skip
        sheet = Sheet("People", "People", [], [Column(heading) for heading in HEADINGS], lines, [])
        for piece in csv_lines(sheet):
            first = first or time.perf_counter() - began
            count += out.write(piece.encode()) and piece.count("\n")
    return first, time.perf_counter() - began, int(count)


def made(database: Database, number: int) -> None:
    """People with the spans of one requirement, of the product's own making, in use."""
    template = min(1000, number)
    with database.transaction() as session:
        organisation.save(session, Organisation(name="Benchmark"), NOW)
        leaves = departments(session, max(40, number // 250))
        requirements(session, 1)
        staff(session, template, leaves, 1)
        generation_id = session.scalars(select(Generation.id).where(Generation.building)).one()
    build(database, generation_id, "days")
    with database.open(write=True) as session:
        copies(session, number // template, template, leaves)
    build(database, generation_id, "done")
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def memory(url: str) -> int:
    """The peak of memory in MB of a process of its own that exports."""
    command = [sys.executable, "-m", "benchmarks.export", "--only-memory", url]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


@click.command()
@click.option("--staff", "number", default=310_000, show_default=True)
@click.option("--runs", default=3, show_default=True)
@click.option("--postgres", is_flag=True)
@click.option("--only-memory", "url", hidden=True)
def main(number: int, runs: int, postgres: bool, url: str | None) -> None:
    """Print seconds, ratio and memory."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "people.csv"
        if url:
            exported(Database(url), path)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
            return
        for size in (number // 4, number):
            with opened(None, postgres) as database:
                made(database, size)
                peak = memory(database.url)
                floor = min(bare(database, path) for _ in range(runs))
                first, whole, rows = min((exported(database, path) for _ in range(runs)), key=lambda took: took[1])
                print(f"{database.engine.dialect.name}: {rows:,} lines, peak of memory {peak} MB")
                print(
                    f"  bare {floor:.2f} s; first byte {first * 1000:.0f} ms, all {whole:.2f} s = {whole / floor:.2f} ×"
                )


if __name__ == "__main__":
    main()
