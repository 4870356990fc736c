"""Restoring a backup: checked from end to end first, then put in place in one transaction, also while others read."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Date, DateTime, MetaData, Table, func, inspect, select, text

from lms.backup.archive import Manifest, TableEntry, read_manifest, read_table, verify
from lms.db import Database
from lms.errors import N_, Conflict, Invalid
from lms.files import FileStore

Progress = Callable[[int], None]
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Schema:
    """What the migrations can do: the revision a database has, whether one is known, and bringing a database to one."""

    current: Callable[[], str | None]
    knows: Callable[[str], bool]
    upgrade: Callable[[str], None]


@contextmanager
def opened(source: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Open an archive and check every byte of it.

    Raises:
        Invalid: it is missing, not a backup, or damaged.
    """
    try:
        archive = zipfile.ZipFile(source)
    except FileNotFoundError:
        raise Invalid(N_("There is no file %(file)s."), file=str(source)) from None
    except (zipfile.BadZipFile, OSError) as error:
        raise Invalid(
            N_("%(file)s is not a backup, or only a part of one. Nothing was changed."), file=str(source)
        ) from error
    with archive:
        manifest = read_manifest(archive)
        verify(archive, manifest)
        yield archive, manifest


def restore(
    archive: zipfile.ZipFile,
    manifest: Manifest,
    database: Database,
    files: FileStore,
    schema: Schema,
    *,
    replace: bool,
    progress: Progress,
) -> None:
    """Put everything in place. The files come first: they are named by their content and harm nobody if the rest fails.

    Raises:
        Conflict: the database holds data and ``replace`` is not given, or its schema is not the archive's.
        Invalid: the archive comes from a later version.
    """
    if not schema.knows(manifest.revision):
        raise Invalid(N_("This backup was made by a newer Attune. Update the program first. Nothing was changed."))
    current = schema.current()
    if current is not None and not replace and _holds_data(database):
        raise Conflict(
            N_("The database holds data. Restore into an empty one, or add --replace to throw its data away.")
        )
    if current not in {None, manifest.revision}:
        raise Conflict(
            N_(
                "The backup has the schema %(theirs)s and the database %(ours)s. Restore it into a database without tables."
            ),
            theirs=manifest.revision,
            ours=current,
        )
    for sha256 in manifest.files:
        if not files.path(sha256).exists():
            with archive.open(f"files/{sha256}") as source:
                files.write(source)  # type: ignore[arg-type]
        progress(1)
    if current is None:
        schema.upgrade(manifest.revision)
    with database.open(write=True) as session, session.begin():
        _load(session.connection(), archive, manifest, progress)
    schema.upgrade("head")


def _holds_data(database: Database) -> bool:
    with database.engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        return any(connection.scalar(text(f'select 1 from "{name}" limit 1')) for name in names)


def _load(connection: Connection, archive: zipfile.ZipFile, manifest: Manifest, progress: Progress) -> None:
    tables = [(entry, _table(connection, entry)) for entry in manifest.tables]
    _empty(connection, [table for _, table in tables])
    for entry, table in tables:
        naive = connection.dialect.name == "sqlite"
        makers = [_maker(table.columns[name], naive) for name in entry.columns]
        rows = (
            {name: make(value) for name, make, value in zip(entry.columns, makers, row, strict=True)}
            for row in read_table(archive, entry)
        )
        while batch := list(islice(rows, BATCH)):
            connection.execute(table.insert(), batch)
            progress(len(batch))
        if connection.scalar(select(func.count()).select_from(table)) != entry.rows:
            raise Invalid(N_("The backup is damaged at %(entry)s. Nothing was changed."), entry=entry.name)
        if connection.dialect.name == "postgresql" and "id" in entry.columns:
            _continue_numbers(connection, entry.name)


def _table(connection: Connection, entry: TableEntry) -> Table:
    """The table as this database has it, which may be of an older schema than the models."""
    columns = inspect(connection).get_columns(entry.name)
    if {column["name"] for column in columns} != set(entry.columns):
        raise Invalid(N_("The backup is damaged at %(entry)s. Nothing was changed."), entry=entry.name)
    return Table(entry.name, MetaData(), *(Column(column["name"], column["type"]) for column in columns))


def _empty(connection: Connection, tables: list[Table]) -> None:
    if connection.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in tables)
        connection.execute(text(f"truncate {names}"))
        return
    connection.execute(text("pragma defer_foreign_keys = on"))  # until the commit, which checks them all
    for table in reversed(tables):
        connection.execute(table.delete())


def _maker(column: Column[Any], naive: bool) -> Callable[[Any], Any]:
    """How a value of the archive becomes one of this column."""
    if isinstance(column.type, DateTime):
        return lambda value: _moment(value, naive)
    if isinstance(column.type, Date):
        return lambda value: date.fromisoformat(value) if value is not None else None
    return lambda value: value


def _moment(value: str | None, naive: bool) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value).astimezone(UTC)
    return moment.replace(tzinfo=None) if naive else moment


def _continue_numbers(connection: Connection, table: str) -> None:
    """New rows are numbered after those that came from the archive."""
    connection.execute(
        text(
            f"select setval(pg_get_serial_sequence('\"{table}\"', 'id'), coalesce(max(id), 1), max(id) is not null) "
            f'from "{table}"'
        )
    )
