"""The detail export of everybody as CSV, against the bare SQL and csv.writer in the same run: first byte, first person, whole, memory.

    python -m benchmarks.export --staff 345000 [--postgres] [--at FOLDER]      (345,000 people: 310,000 rows)

The people are those of ``benchmarks.staffed`` with one requirement. The bare SQL reads the same columns of the same rows in the same order.
The peak of memory is that of a process of its own, for the whole staff and for a quarter of it.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import click
from sqlalchemy import text

from benchmarks.databases import Cost, Meter, opened, peak
from benchmarks.staffed import TODAY, made
from lms.compliance import queries
from lms.compliance.models import Generation
from lms.compliance.tallies import bindparam
from lms.db import Database
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


def bare(database: Database, path: Path) -> Cost:
    """What the bare SQL into csv.writer costs."""
    with database.session() as session, path.open("w", newline="", encoding="utf-8") as out:
        meter = Meter(session)
        rows = session.execute(text(BARE).bindparams(DAY).execution_options(yield_per=2000))
        writer = csv.writer(out)
        writer.writerow(HEADINGS)
        writer.writerows(rows)
        return meter.read()


def exported(database: Database, path: Path) -> tuple[Cost, float, float, int]:
    """What the export costs, the seconds to the first byte and to the first person, and the number of rows."""
    moments: list[float] = []
    count = 0
    with database.session() as session, path.open("wb") as out:
        meter = Meter(session)
        began = time.perf_counter()
        places = cache(tree(session, TODAY).path)
        lines = (
            [row.number, row.name, places(row.department_id), row.job, row.profession, row.state.name, row.due, row.valid_until]
            for row in queries.everyone_in(session, queries.Who(TODAY, 1))
        )  # fmt: skip
        sheet = Sheet("People", "People", [], [Column(heading) for heading in HEADINGS], lines, [])
        for piece in csv_lines(sheet):
            moments = moments if len(moments) > 3 else [*moments, time.perf_counter() - began]
            count += out.write(piece.encode()) and piece.count("\n")
        return meter.read(), moments[0], moments[3], count - 3  # title, an empty line, headings, and then people


def memory(url: str) -> int:
    """The peak of memory in MB of a process of its own that exports."""
    command = [sys.executable, "-m", "benchmarks.export", "--only-memory", url]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


@click.command()
@click.option("--staff", "number", default=345_000, show_default=True)
@click.option("--runs", default=3, show_default=True)
@click.option("--postgres", is_flag=True)
@click.option("--at", type=click.Path(path_type=Path, file_okay=False), help="Keep the databases in this folder.")
@click.option("--only-memory", "url", hidden=True)
def main(number: int, runs: int, postgres: bool, at: Path | None, url: str | None) -> None:
    """Print seconds, ratio and memory."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "people.csv"
        if url:
            exported(Database(url), path)
            print(peak())
            return
        for size in (number // 4, number):
            with opened(None, postgres, at and at / str(size)) as database:
                made(database, size, 1)
                most = memory(database.url)
                floor = min((bare(database, path) for _ in range(runs)), key=lambda took: took.processor)
                whole, first, person, rows = min(
                    (exported(database, path) for _ in range(runs)), key=lambda took: took[0].processor
                )
                print(f"{database.engine.dialect.name}: {rows:,} rows, peak of memory {most} MB")
                print(f"  bare: {floor}; first byte {first * 1000:.0f} ms, first person {person * 1000:.0f} ms")
                print(
                    f"  all: {whole}: {whole.wall / floor.wall:.2f} × on the wall,"
                    f" {whole.processor / floor.processor:.2f} × of the processor",
                    flush=True,
                )


if __name__ == "__main__":
    main()
