"""Making a backup: one consistent picture of the database, also while others write, and every file it names."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, select

from lms.backup.archive import Manifest, TableEntry, write_file, write_manifest, write_table
from lms.db import Base, Database
from lms.errors import N_, Invalid
from lms.files import FileStore, StoredFile

Progress = Callable[[int], None]


def count(database: Database) -> int:
    """How many rows and files there are, for a progress bar."""
    with snapshot(database) as connection:
        rows = sum(
            connection.scalar(select(func.count()).select_from(table)) or 0 for table in Base.metadata.sorted_tables
        )
        return rows + (connection.scalar(select(func.count(StoredFile.sha256.distinct()))) or 0)


def backup(
    database: Database,
    files: FileStore,
    target: Path,
    *,
    revision: str,
    program: str,
    now: datetime,
    progress: Progress,
) -> Manifest:
    """Write the archive ``target`` (readable by its owner only, because it holds everything); gives what is in it.

    It is written under another name and renamed when complete: a disk that runs full leaves no half archive.

    Raises:
        Invalid: the file is there already.
        OSError: it cannot be written.
    """
    if target.exists():
        raise Invalid(N_("%(file)s is there already. Choose another name."), file=str(target))
    manifest = Manifest(revision=revision, program=program, made_at=now.astimezone(UTC).isoformat())
    part = target.with_name(f".{target.name}.part")
    try:
        with (
            open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out,
            snapshot(database) as connection,
        ):
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
                for table in Base.metadata.sorted_tables:
                    entry = TableEntry(table.name, [column.name for column in table.columns])
                    manifest.tables.append(entry)
                    for written in write_table(archive, entry, _rows(connection, table)):
                        progress(written)
                _copy_files(archive, manifest, connection, files, progress)
                write_manifest(archive, manifest)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return manifest


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees one moment and keeps seeing it; it makes nobody wait."""
    if database.is_sqlite:
        with database.engine.connect() as connection:
            yield connection
        return
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with database.engine.connect().execution_options(**options) as connection:
        yield connection


def _rows(connection: Connection, table: Table) -> Iterator[list[Any]]:
    keys = list(table.primary_key.columns)
    streamed = connection.execution_options(stream_results=True, yield_per=2000)
    for row in streamed.execute(select(*table.columns).order_by(*keys)):
        yield [_plain(value) for value in row]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _copy_files(
    archive: zipfile.ZipFile, manifest: Manifest, connection: Connection, files: FileStore, progress: Progress
) -> None:
    """Files are never changed or removed, so those that the snapshot names are there, whatever is added meanwhile."""
    wanted = connection.scalars(select(StoredFile.sha256).distinct().order_by(StoredFile.sha256)).all()
    for sha256 in wanted:
        try:
            with files.path(sha256).open("rb") as source:
                good = write_file(archive, sha256, source)
        except FileNotFoundError:
            good = False
        (manifest.files if good else manifest.missing).append(sha256)
        progress(1)
