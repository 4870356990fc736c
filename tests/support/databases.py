"""A fresh, migrated database for every test, quickly: a copy of a template."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from config import ROOT
from lms.db import Database
from tests.support.postgres import VARIABLE

STEADY = "steady"
"""The name of the database that tests of a worker have one after the other, each its own."""

RUN = "LMS_TEST_RUN"
"""Says in the environment which run a worker belongs to."""


def kind() -> str:
    """``sqlite`` or ``postgres``: which database this run is about (``LMS_TEST_DATABASE``)."""
    chosen = os.environ.get("LMS_TEST_DATABASE", "sqlite")
    if chosen not in {"sqlite", "postgres"}:
        raise ValueError(f"LMS_TEST_DATABASE must be sqlite or postgres, but is {chosen!r}.")
    return chosen


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest schema."""
    database = Database(url)
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    settings.attributes["engine"] = database.engine
    command.upgrade(settings, "head")
    database.close()


def steady(request: pytest.FixtureRequest) -> str | None:
    """The name of the steady database where nothing of the test can go on after its end: then the next one may take over its engine
    and its application."""
    return None if {"live_server", "server_process"} & set(request.fixturenames) else STEADY


def of_the_run(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that all workers of this run share."""
    base = factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / name
    folder.mkdir(exist_ok=True)
    return folder


class SqliteDatabases:
    """Databases that are files in ``folder``. No connection outlives a test, so ``anew`` (see :class:`PostgresDatabases`) is never true."""

    anew = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._number = itertools.count()
        self._template: Path | None = None

    def _migrated(self) -> Path:
        if self._template is None:
            template = self.folder / "template.sqlite"
            migrate(f"sqlite:///{template}")
            self._template = template
        return self._template

    @contextmanager
    def empty(self, name: str | None = None) -> Iterator[str]:
        """The address of a database without tables, removed afterwards."""
        path = self.folder / f"{name or next(self._number)}.sqlite"
        yield f"sqlite:///{path}"
        for leftover in self.folder.glob(f"{path.name}*"):
            leftover.unlink()

    @contextmanager
    def fresh(self, name: str | None = None) -> Iterator[str]:
        """The address of a migrated database without data, removed afterwards; ``name`` it, and the address is always the same."""
        with self.like(self._migrated(), name) as url:
            yield url

    def fill(self, template: Path, make: Callable[[str], None], start: Path | None = None) -> None:
        """Let ``make`` fill a migrated database once, or one like ``start``, to be copied by :meth:`like`; one caller at a time."""
        if not template.exists():
            part = template.with_suffix(".part")
            shutil.copyfile(start or self._migrated(), part)
            make(f"sqlite:///{part}")
            part.rename(template)

    @contextmanager
    def like(self, template: Path, name: str | None = None) -> Iterator[str]:
        """The address of a copy of what :meth:`fill` made, removed afterwards; ``name`` it as in :meth:`fresh`."""
        with self.empty(name) as url:
            shutil.copyfile(template, str(make_url(url).database))
            yield url


class Emptied:
    """A migrated database that is emptied for each test: deleting some rows takes a hundredth of a second, making a database and
    letting the server learn about it a fifth. Its schema brings no rows with it; a test that changes a schema asks for an empty
    database.
    """

    TESTS = 60
    """After so many a new one is made: nothing vacuums a server for tests, and what was deleted would be felt."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.url = name, url
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._used = 0
        tables = sorted(set(inspect(self._engine).get_table_names()) - {"alembic_version"})
        deleting = [f'DELETE FROM "{table}"' for table in tables]
        self._statements = "; ".join(
            [
                "BEGIN",
                "SET LOCAL lock_timeout = '5s'",
                "SET LOCAL session_replication_role = replica",  # in any order, whatever refers to what
                *deleting,
                "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'",
                "COMMIT",
            ]
        )

    def empty(self) -> bool:
        """Empty it; False where it must be made anew."""
        self._used += 1
        if self._used > self.TESTS:
            return False
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(self._statements)
            return True
        except DBAPIError:  # somebody holds a lock, a table is gone, or the server's user may not set the role
            return False

    def close(self) -> None:
        """Give its connection back."""
        self._engine.dispose()


class Rows:
    """Every row of a database on a server, and where its sequences stand: put into an empty one far sooner than written anew."""

    def __init__(self, database: Database) -> None:
        self._tables: dict[str, bytes] = {}
        with database.engine.connect() as connection:
            for table in set(inspect(connection).get_table_names()) - {"alembic_version"}:
                with _cursor(connection).copy(f'COPY "{table}" TO STDOUT (FORMAT binary)') as copy:
                    self._tables[table] = b"".join(bytes(part) for part in copy)
            found = connection.exec_driver_sql("SELECT sequencename, last_value FROM pg_sequences").all()
        self._sequences = [f"setval('\"{name}\"', {last})" for name, last in found if last is not None]

    def put(self, database: Database) -> None:
        """Write them down and commit."""
        with database.engine.begin() as connection:
            connection.exec_driver_sql(
                "SET LOCAL session_replication_role = replica"
            )  # in any order, whatever refers to what
            for table, data in self._tables.items():
                if len(data) > NO_ROWS:
                    with _cursor(connection).copy(f'COPY "{table}" FROM STDIN (FORMAT binary)') as copy:
                        copy.write(data)
            connection.exec_driver_sql(f"SELECT {', '.join(self._sequences)}")


NO_ROWS = 21
"""Bytes of a binary copy without rows: its head and its end."""


def _cursor(connection: Connection) -> Any:
    return connection.connection.driver_connection.cursor()  # type: ignore[union-attr]


class PostgresDatabases:
    """Databases on the server named in the environment. ``worker`` keeps parallel workers apart; templates they share."""

    def __init__(self, worker: str) -> None:
        self._server = make_url(as_psycopg(os.environ[VARIABLE]))
        self._admin = create_engine(self._server, isolation_level="AUTOCOMMIT")
        self._prefix = f"attune_test_{os.getpid()}_{worker}"
        self._number = itertools.count()
        self._known: set[str] = set()
        self._steady: Emptied | None = None
        self.anew = False
        """Whether the steady database was made anew just now: connections to the one before have died."""

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    @cached_property
    def _strategy(self) -> str:
        """Files are copied sooner than their blocks are logged, on a server of our own that need not wait for a disk."""
        with self._admin.connect() as connection:
            asked = "SELECT current_setting('server_version_num')::int >= 150000 AND current_setting('fsync') = 'off'"
            return " STRATEGY file_copy" if connection.exec_driver_sql(asked).scalar() else ""

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _migrated(self) -> str:
        return self._shared("template", "template0", migrate)

    def _shared(self, stem: str, template: str, make: Callable[[str], None]) -> str:
        """The name of a database that the first worker to ask for it makes, for all of them."""
        name = f"{_shared_prefix()}{stem}"
        if name not in self._known:
            with self._admin.connect() as connection:
                connection.exec_driver_sql(
                    f"SELECT pg_advisory_lock({os.environ[RUN]})"
                )  # until the connection is given back
                try:
                    found = connection.exec_driver_sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'").first()
                    if found is None:
                        self._execute(f"CREATE DATABASE {name}_part TEMPLATE {template}")
                        make(self._url(f"{name}_part"))
                        self._execute(f"ALTER DATABASE {name}_part RENAME TO {name}")
                finally:
                    connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
            self._known.add(name)
        return name

    @classmethod
    def drop_shared(cls) -> None:
        """Drop what the workers of this run shared, after the last of them."""
        admin = create_engine(as_psycopg(os.environ[VARIABLE]), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for (name,) in connection.exec_driver_sql("SELECT datname FROM pg_database").all():
                if name.startswith(_shared_prefix()):
                    connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()

    @contextmanager
    def _created(self, template: str, stem: str | None = None) -> Iterator[str]:
        name = f"{self._prefix}_{stem or next(self._number)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}{self._strategy}")
        try:
            yield self._url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The address of a database without tables, dropped afterwards."""
        with self._created("template0") as url:
            yield url

    @contextmanager
    def fresh(self, name: str | None = None) -> Iterator[str]:
        """The address of a migrated database without data, dropped afterwards; ``name`` it, and it is emptied for the next one."""
        if name is None:
            with self._created(self._migrated()) as url:
                yield url
            return
        self.anew = self._steady is None or not self._steady.empty()
        if self.anew:
            self._forget()
            place = f"{self._prefix}_{name}"
            self._execute(f"CREATE DATABASE {place} TEMPLATE {self._migrated()}")
            self._steady = Emptied(place, self._url(place))
        assert self._steady is not None
        yield self._steady.url

    def _forget(self) -> None:
        if self._steady is not None:
            self._steady.close()
            self._execute(f"DROP DATABASE {self._steady.name} WITH (FORCE)")
            self._steady = None

    def fill(self, template: Path, make: Callable[[str], None], start: Path | None = None) -> None:
        """Let ``make`` fill a migrated database once for all workers, or one like ``start``, to be copied by :meth:`like`."""
        self._shared(template.stem, _shared_name(start) if start else self._migrated(), make)

    @contextmanager
    def like(self, template: Path, name: str | None = None) -> Iterator[str]:
        """The address of a copy of what :meth:`fill` made, dropped afterwards; ``name`` it, and the address is always the same."""
        with self._created(_shared_name(template), f"{name}_{template.stem}" if name else None) as url:
            self.anew = True
            yield url

    def close(self) -> None:
        """Drop what is this worker's own, and the connections."""
        self._forget()
        self._admin.dispose()


def _shared_prefix() -> str:
    return f"attune_test_{os.environ[RUN]}_shared_"


def _shared_name(template: Path) -> str:
    return f"{_shared_prefix()}{template.stem}"


def as_psycopg(url: str) -> str:
    """A PostgreSQL address as people write it, with the driver that Attune uses."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]
