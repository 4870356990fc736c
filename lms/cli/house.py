"""What commands share: the configuration, the database, and who acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click
from alembic import command as alembic
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from config import ROOT, Config, environment
from lms.audit import Actor
from lms.clock import Clock, SystemClock
from lms.db import Database
from lms.errors import N_, Invalid
from lms.files import FileStore


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened house: configuration, database, files and clock."""

    config: Config
    database: Database
    files: FileStore
    clock: Clock

    def actor(self) -> Actor:
        """The command line acts as the system."""
        return Actor(None, self.clock.now(), "command line")


@contextmanager
def opened(*, migrated: bool = True) -> Iterator[Opened]:
    """Open the configured house; unless told otherwise its database must have the current schema."""
    config = Config.from_environ(environment())
    database = Database(config.database_url)
    try:
        if migrated:
            require_current(database)
        yield Opened(config, database, FileStore(config.data_dir / "files"), SystemClock())
    finally:
        database.close()


def migrations(database: Database) -> AlembicConfig:
    """Alembic's configuration for this database."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    settings.attributes["engine"] = database.engine
    return settings


def is_empty(database: Database) -> bool:
    """Whether there is no table yet, or, embedded, not even a file (which asking would make)."""
    if database.is_sqlite and database.engine.url.database and not Path(database.engine.url.database).exists():
        return True
    return not inspect(database.engine).get_table_names()


def upgrade(database: Database) -> None:
    """Bring the schema up to date; creates it in an empty database."""
    if database.is_sqlite and database.engine.url.database:
        Path(database.engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    alembic.upgrade(migrations(database), "head")


def require_current(database: Database) -> None:
    """Refuse to work on a schema of another version.

    Raises:
        Invalid: with the command that mends it.
    """
    head = ScriptDirectory.from_config(migrations(database)).get_current_head()
    if database.is_sqlite and database.engine.url.database and not Path(database.engine.url.database).exists():
        raise Invalid(N_("There is no database yet. Run: lms setup (or lms demo to try it)."))
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current is None:
            raise Invalid(N_("There is no database yet. Run: lms setup (or lms demo to try it)."))
        if current != head:
            raise Invalid(N_("The database has another version than the program. Run: lms db upgrade"))


class Day(click.ParamType[date]):
    """A calendar day written as 2026-11-22."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Parse, or fail with the form that is expected."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2026-06-30.", param, ctx)
