"""The database: one declarative base, the column types the house uses, and sessions. SQLite is embedded; PostgreSQL is the real one."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Connection, DateTime, Dialect, ForeignKey, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

RESTED = 1.0
"""Seconds a connection to PostgreSQL may lie unused before it is asked, ahead of its next use, whether it still lives."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored as UTC in both databases; a naive one is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments; store UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError("A moment must carry its time zone.")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite gives naive values back: they are UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Moment, dict[str, Any]: JSON, list[Any]: JSON}


class Database:
    """An engine and its sessions.

    ``session()`` reads; ``session(write=True)`` begins as a writer. On SQLite a writer takes the write lock when it begins
    (``BEGIN IMMEDIATE``), so two writers wait for each other instead of failing half-way; readers never wait (WAL).
    PostgreSQL refuses what a reader would change.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(attune_write=True)
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(postgresql_readonly=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def open(self, *, write: bool = False) -> Session:
        """A new session that the caller closes; nothing is committed for it."""
        if write or self.is_sqlite:
            return Session(self._writer if write else self._reader, expire_on_commit=False)
        return _ReadOnly(self._reader, expire_on_commit=False)

    @contextmanager
    def session(self, *, write: bool = False) -> Iterator[Session]:
        """A session that is closed, and rolled back unless the edge committed it."""
        with self.open(write=write) as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A writing session that commits when the block ends and rolls back when it raises: for edges only."""
        with self.open(write=True) as session, session.begin():
            yield session

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """One connection for a long piece of work, closed at the end together with the temporary tables made on it."""
        with self.engine.connect() as connection:
            connection.detach()
            yield Desk(connection)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


class _ReadOnly(Session):
    """A session whose transactions PostgreSQL lets change nothing, so that they can end with COMMIT: on ROLLBACK psycopg throws away
    every statement that is prepared on the connection, and PostgreSQL would plan each one anew for every page."""

    def close(self) -> None:
        """Give the connection back."""
        self.expunge_all()
        if self.in_transaction():
            with suppress(SQLAlchemyError):
                self.commit()
        super().close()


class Desk:
    """One connection on which work is prepared while nobody waits (``reading``) and then written down quickly (``writing``).

    What is put into temporary tables in one of its transactions is there in the next ones.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that may write temporary tables only; no writer waits for it."""
        with Session(self._connection.execution_options(attune_write=False), expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A writing session that commits when the block ends and rolls back when it raises."""
        with Session(self._connection.execution_options(attune_write=True), expire_on_commit=False) as session:
            with session.begin():
                yield session

    def give_way(self) -> None:
        """Let those who wait for SQLite's one writer come first: they look again every tenth of a second at least."""
        if self._connection.dialect.name == "sqlite":
            time.sleep(0.11)


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    return _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)


def _postgresql(url: URL) -> Engine:
    """The connection used last is used next, so that few are busy; one that has rested is asked first whether it still lives.

    Unless the address says otherwise (``?options=``), statements are not compiled to machine code, which takes longer than any of
    them gains by it; a list of a hundred thousand people is put in order in memory; and a page of a table costs about the same wherever
    it lies, as on the disks and in the memory of today: else the figures of one job would be read from the spans of everybody.
    """
    wishes = {} if "options" in url.query else {"options": "-c jit=off -c work_mem=16MB -c random_page_cost=1.1"}
    engine = create_engine(url, connect_args=wishes, pool_size=10, max_overflow=20, pool_use_lifo=True)

    @event.listens_for(engine, "checkin")
    def _rest(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _wake(connection: DBAPIConnection, record: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        if time.monotonic() - record.info.get("rests_since", time.monotonic()) > RESTED:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as gone:
                raise InvalidatePoolError from gone  # the pool opens another one

    return engine


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 15, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "busy_timeout=15000",
            "synchronous=FULL",
            "cache_size=-32768",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("attune_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def is_sqlite(session: Session) -> bool:
    """Whether a session works on the embedded database, which has one writer at a time: nobody need hold a row there."""
    return session.get_bind().dialect.name == "sqlite"


def day_in(day: date, start: Any, end: Any) -> Any:
    """The SQL condition that ``day`` lies in [start, end)."""
    return (start <= day) & (end > day)


def plain(column: Any) -> Any:
    """The value of a column, apart from the column: no index of it is searched, so that a statement begins elsewhere; and SQLite, which
    keeps days as text, does not try at each comparison whether the text is a number (a fifth of reading all spans of a requirement)."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


class Recorded:
    """A fact says who wrote it down and when; a correction supersedes it and never changes it.

    ``recorded_by`` is a person (None: the system). What was known at moment T is
    ``recorded_at <= T and (superseded_at is null or superseded_at > T)``.
    """

    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    superseded_at: Mapped[datetime | None]
    superseded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Dated(Recorded):
    """A recorded fact that holds on the days [from_day, to_day); without an end ``to_day`` is ``clock.FOR_EVER``."""

    from_day: Mapped[date]
    to_day: Mapped[date]


def known(model: Any, at: datetime | None = None) -> Any:
    """The SQL condition that a fact is known: now (not superseded), or as it was known just before the moment ``at``."""
    if at is None:
        return model.superseded_at.is_(None)
    return (model.recorded_at < at) & (model.superseded_at.is_(None) | (model.superseded_at >= at))
