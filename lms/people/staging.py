"""Temporary tables of an import: they live on one connection, so preparing 100,000 rows keeps no writer waiting and no memory full.

People whom the import brings have no id yet: in references (``person_ref``, ``supervisor_ref``) they are minus their line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import JSON, Boolean, Column, Date, Index, Integer, MetaData, Table, Text
from sqlalchemy.orm import Session

T = TypeVar("T")

BATCH = 5000
"""Rows that are read, decided or written together."""

staged = MetaData()

ROWS = Table(
    "import_row", staged,
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("number", Text), Column("given_name", Text), Column("family_name", Text), Column("email", Text), Column("kind", Text),
    Column("department_id", Integer), Column("job", Text), Column("profession", Text), Column("patient_contact", Boolean),
    Column("supervisor", Text), Column("hire", Date), Column("to_day", Date), Column("language", Text), Column("zone", Text),
    Column("also", Text), Column("folded", Text),
    Column("person_id", Integer), Column("supervisor_ref", Integer), Column("brought", Boolean),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""The file as it was understood. ``brought``: the person is new with this import."""

PLACES = Table(
    "import_place", staged,
    Column("department_id", Integer, primary_key=True, autoincrement=False), Column("first_day", Date),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""The first day of every department there is or will be."""

NEW_PLACES = Table(
    "import_new_place", staged,
    Column("provisional", Integer, primary_key=True, autoincrement=False), Column("real", Integer),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""What the provisional ids of new departments turned out to be."""

PEOPLE = Table(
    "import_person", staged,
    Column("person_ref", Integer, primary_key=True, autoincrement=False),
    Column("given_name", Text), Column("family_name", Text), Column("email", Text), Column("language", Text), Column("zone", Text),
    Column("folded", Text), Column("before", JSON),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""People whose own data change: all of it as it will be, and what it was."""

EMPLOYMENTS = Table(
    "import_employment", staged,
    Column("position", Integer, primary_key=True, autoincrement=False), Column("person_ref", Integer), Column("kind", Text),
    Column("from_day", Date), Column("to_day", Date),
    prefixes=["TEMPORARY"],
)  # fmt: skip

MEMBERSHIPS = Table(
    "import_membership", staged,
    Column("position", Integer, primary_key=True, autoincrement=False), Column("person_ref", Integer),
    Column("department_id", Integer), Column("is_primary", Boolean), Column("job", Text), Column("profession", Text),
    Column("patient_contact", Boolean), Column("supervisor_ref", Integer), Column("from_day", Date), Column("to_day", Date),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""Facts to write, beside those of new people, which are read from ``import_row`` itself."""

GONE = Table(
    "import_gone", staged,
    Column("position", Integer, primary_key=True, autoincrement=False), Column("table_name", Text), Column("row_id", Integer),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""Facts to supersede."""

Index("import_row_number", ROWS.c.number)
Index("import_row_email", ROWS.c.email)
Index("import_row_person", ROWS.c.person_id)
Index("import_gone_row", GONE.c.table_name, GONE.c.row_id)


def clear(session: Session) -> None:
    """Make the tables anew, empty."""
    connection = session.connection()
    staged.drop_all(connection)
    staged.create_all(connection, checkfirst=False)


def bulk(
    session: Session,
    table: Table,
    rows: Iterable[tuple[Any, ...]],
    columns: int | None = None,
    only: Sequence[str] | None = None,
) -> None:
    """Write many rows, their first ``columns`` columns (or ``only`` those named), by the quickest way the driver has. Days are ISO texts,
    moments texts in UTC as :func:`moment_text` writes them, JSON is text."""
    names = [f'"{name}"' for name in only or [column.name for column in list(table.columns)[:columns]]]
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        places = ",".join("?" * len(names))
        for batch in batches(rows):
            connection.exec_driver_sql(f"INSERT INTO {table.name} ({','.join(names)}) VALUES ({places})", batch)
        return
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {table.name} ({','.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def moment_text(moment: datetime) -> str:
    """A moment as both databases read it from text: SQLite keeps UTC without saying so, and PostgreSQL takes the mark."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The items in lists of at most ``size``."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
