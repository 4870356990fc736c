"""A fresh, migrated database for every test, quickly: a copy of a template that is migrated once for each worker."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from config import ROOT
from lms.db import Database
from tests.support.postgres import VARIABLE

STEADY = "steady"
"""The name of the database that tests of a worker have one after the other, each its own."""


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


class SqliteDatabases:
    """Databases that are files in ``folder``."""

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
        with self.empty(name) as url:
            shutil.copyfile(self._migrated(), str(make_url(url).database))
            yield url

    def fill(self, template: Path, make: Callable[[str], None]) -> None:
        """Let ``make`` fill a migrated database once, to be copied by :meth:`like`; one caller at a time."""
        if not template.exists():
            part = template.with_suffix(".part")
            part.unlink(missing_ok=True)
            migrate(f"sqlite:///{part}")
            make(f"sqlite:///{part}")
            part.rename(template)

    @contextmanager
    def like(self, template: Path) -> Iterator[str]:
        """The address of a copy of what :meth:`fill` made, removed afterwards."""
        with self.empty() as url:
            shutil.copyfile(template, str(make_url(url).database))
            yield url


class PostgresDatabases:
    """Databases on the server named in the environment. ``worker`` keeps parallel workers apart."""

    def __init__(self, worker: str) -> None:
        self._server = make_url(as_psycopg(os.environ[VARIABLE]))
        self._admin = create_engine(self._server, isolation_level="AUTOCOMMIT")
        self._prefix = f"attune_test_{os.getpid()}_{worker}"
        self._number = itertools.count()
        self._template: str | None = None
        self._filled: set[str] = set()

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _migrated(self) -> str:
        if self._template is None:
            name = f"{self._prefix}_template"
            self._execute(f"CREATE DATABASE {name}")
            migrate(self._url(name))
            self._template = name
        return self._template

    @contextmanager
    def _created(self, template: str, name: str | None = None) -> Iterator[str]:
        name = f"{self._prefix}_{name or next(self._number)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
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
        """The address of a migrated database without data, dropped afterwards; ``name`` it, and the address is always the same."""
        with self._created(self._migrated(), name) as url:
            yield url

    def fill(self, template: Path, make: Callable[[str], None]) -> None:
        """Let ``make`` fill a migrated database once for this worker, to be copied by :meth:`like`."""
        name = f"{self._prefix}_{template.stem}"
        if name not in self._filled:
            self._execute(f"CREATE DATABASE {name} TEMPLATE {self._migrated()}")
            self._filled.add(name)
            make(self._url(name))

    @contextmanager
    def like(self, template: Path) -> Iterator[str]:
        """The address of a copy of what :meth:`fill` made, dropped afterwards."""
        with self._created(f"{self._prefix}_{template.stem}") as url:
            yield url

    def close(self) -> None:
        """Drop the templates and the connections."""
        for name in (*self._filled, *([self._template] if self._template else [])):
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")
        self._admin.dispose()


def as_psycopg(url: str) -> str:
    """A PostgreSQL address as people write it, with the driver that Attune uses."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]
