"""Writing many rows at once, past the object layer, by the quickest way each database's driver has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Table
from sqlalchemy.orm import Session

from lms.db import is_sqlite

T = TypeVar("T")

BATCH = 5000
"""Rows that are read, decided or written together."""


def bulk(
    session: Session,
    table: Table,
    rows: Iterable[tuple[Any, ...]],
    columns: int | None = None,
    only: Sequence[str] | None = None,
) -> None:
    """Write many rows, their first ``columns`` columns (or ``only`` those named). Days are ISO texts, moments texts as
    :func:`moment_text` writes them, JSON is text; columns that are not named get what the database gives."""
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


def moment_text(session: Session, moment: datetime) -> str:
    """An aware moment as the session's database reads it from text: SQLite keeps UTC without saying so, PostgreSQL wants it said."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") + ("" if is_sqlite(session) else "+00")


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The items in lists of at most ``size``."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
