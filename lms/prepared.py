"""Statements that are sent again and again: put together once, then handed to the driver as they are.

SQLAlchemy writes the SQL of each database and knows how its values go in and come out; what it does around every single execution takes
several times as long as the driver itself, and an answer to a question is three statements. Whoever listens to statements hears these, too,
and errors come out as SQLAlchemy's.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Select,
    String,
    TypeDecorator,
    bindparam,
    insert,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import Insert, ReturningInsert, Update
from sqlalchemy.sql.type_api import TypeEngine

from lms.db import Moment

Convert = Callable[[Any], Any]
Sent = Select[*tuple[Any, ...]] | Insert | Update | ReturningInsert[*tuple[Any, ...]]


class Prepared:
    """One statement with its ``bindparam``s; a list of numbers goes in by :func:`among`."""

    def __init__(self, statement: Sent) -> None:
        self._statement = statement
        self._written: dict[str, _Written] = {}

    def rows(self, session: Session, **values: Any) -> list[Any]:
        """Send it in the session's transaction, after what the session has still to write: the rows, by the names of the columns.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refused it, or is gone.
        """
        session.flush()
        connection = _connection(session)
        name = connection.dialect.name
        written = self._written.get(name)
        if written is None:
            written = self._written[name] = _Written(self._statement, connection.dialect)
        lists = written.lists
        if lists and name == "postgresql":
            values = values | {each: list(values[each]) for each in lists}
            if all(len(values[each]) == 1 for each in lists):
                written = self._written.get(ALONE)
                if written is None:
                    written = self._written[ALONE] = _Written(self._statement, connection.dialect, alone=True)
                values = values | {each: values[each][0] for each in lists}
        return written.send(connection, values)

    def row(self, session: Session, **values: Any) -> Any | None:
        """The first row, or None where there is none."""
        return next(iter(self.rows(session, **values)), None)


ALONE = "one number in each list"
"""PostgreSQL plans a statement about a list anew each time, for it cannot know how long it will be; about one number it does so no more
than five times. Learners are alone in most of theirs."""

CONNECTION = "prepared connection"
"""In a session's info: a transaction, and its connection."""


def _connection(session: Session) -> Connection:
    """The connection of the session's transaction, looked up once in each transaction."""
    transaction, connection = session.info.get(CONNECTION, (None, None))
    if transaction is None or transaction is not session.get_transaction():
        connection = session.connection()
        session.info[CONNECTION] = session.get_transaction(), connection
    return cast(Connection, connection)


CURSOR = "prepared cursor"
"""In the info of a connection to the database, which lasts as long as it does: the cursor that sends all of these statements. A new one for
each would find out anew how every value goes in and comes out."""

MANY = 1000
"""Rows after which a cursor is closed, for it holds on to what it read last."""


class New:
    """The INSERT of one row with these columns, put together once: the object layer takes several times as long."""

    def __init__(self, model: Any, *names: str) -> None:
        table, self._names = model.__table__, names
        values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
        self._statement = Prepared(insert(table).values(values).returning(table.c.id))
        self._empty = [
            column.name
            for column in table.c
            if column.nullable and not column.server_default and column.name not in names
        ]

    def write(self, session: Session, row: Any) -> None:
        """Write ``row``; the session then holds it like one that it has read. Columns that are not named are empty, or get what
        the database gives.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refused it, or is gone.
        """
        found = self._statement.row(session, **{f"new_{name}": getattr(row, name) for name in self._names})
        assert found is not None
        row.id = found.id
        for name in self._empty:
            set_committed_value(row, name, None)
        make_transient_to_detached(row)
        session.add(row)


class Changed:
    """The UPDATE of these columns of one row, put together once."""

    def __init__(self, model: Any, *names: str) -> None:
        table = model.__table__
        values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
        self._statement = Prepared(update(table).where(table.c.id == bindparam("row_id")).values(values))

    def write(self, session: Session, row: Any, **values: Any) -> None:
        """Change the row, and what the session holds of it.

        Raises:
            sqlalchemy.exc.DBAPIError: the database refused it, or is gone.
        """
        self._statement.rows(session, row_id=row.id, **{f"new_{name}": value for name, value in values.items()})
        for name, value in values.items():
            set_committed_value(row, name, value)


class AsKnown:
    """A statement about facts, as they are known now or were known just before a moment.

    ``query`` makes it, given what :func:`lms.db.known` takes.
    """

    def __init__(self, query: Callable[[Any], Any]) -> None:
        self._now, self._then = Prepared(query(None)), Prepared(query(bindparam("known_at", type_=Moment)))

    def rows(self, session: Session, known_at: datetime | None, **values: Any) -> list[Any]:
        """The rows as known now, or then."""
        if known_at is None:
            return self._now.rows(session, **values)
        return self._then.rows(session, known_at=known_at, **values)


class _Written:
    """A statement as one kind of database reads it."""

    def __init__(self, statement: Sent, dialect: Dialect, *, alone: bool = False) -> None:
        compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"alone": alone})
        self._text: str = compiled.string
        self._order: list[str] | None = compiled.positiontup
        self.lists: list[str] = (
            [] if alone else [name for name, bind in compiled.binds.items() if type(bind.type) is _Ids]
        )
        self._fixed: Mapping[str, Any] = {
            name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required
        }
        into = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        self._into: dict[str, Convert] = {name: convert for name, convert in into.items() if convert is not None}
        columns = statement.exported_columns
        self._row: Any = namedtuple("Row", [column.key for column in columns]) if columns else None  # type: ignore[misc]
        # PostgreSQL reads and plans it once for each connection, from the first time on: psycopg waits until the fifth otherwise.
        self._at_once = {"prepare": True} if dialect.name == "postgresql" else {}
        out = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._out: list[tuple[int, Convert]] = [(at, convert) for at, convert in enumerate(out) if convert is not None]

    def send(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        given = {**self._fixed, **values}
        for name, convert in self._into.items():
            given[name] = convert(given[name])
        parameters = given if self._order is None else tuple(given[name] for name in self._order)
        info = connection.info
        cursor: Any = info.get(CURSOR) or info.setdefault(CURSOR, connection.connection.cursor())
        try:
            for listener in connection.dispatch.before_cursor_execute:
                listener(connection, cursor, self._text, parameters, None, False)
            cursor.execute(self._text, parameters, **self._at_once)
            found = cursor.fetchall() if self._row is not None else []
        except connection.dialect.loaded_dbapi.Error as fault:
            del info[CURSOR]
            raise self._told(connection, cursor, parameters, fault) from fault
        if len(found) > MANY:
            del info[CURSOR]
            cursor.close()
        if not self._out:
            return [self._row._make(each) for each in found]
        return [self._converted(list(each)) for each in found]

    def _converted(self, values: list[Any]) -> Any:
        for at, convert in self._out:
            values[at] = convert(values[at])
        return self._row._make(values)

    def _told(self, connection: Connection, cursor: Any, parameters: Any, fault: Any) -> BaseException:
        """The fault as SQLAlchemy tells it; a connection that is gone is not used again."""
        dialect = connection.dialect
        gone = dialect.is_disconnect(fault, connection.connection.dbapi_connection, cursor)
        if gone:
            connection.invalidate(fault)
        told: BaseException = DBAPIError.instance(
            self._text, parameters, fault, dialect.loaded_dbapi.Error, connection_invalidated=gone, dialect=dialect
        )
        return told


class _Ids(TypeDecorator[list[int]]):
    """Numbers of rows as one value: an array on PostgreSQL, JSON elsewhere."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Integer) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


class _Among(ColumnElement[bool]):
    """The condition behind :func:`among`."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: Any, name: str) -> None:
        self.column, self.ids, self.alone = column, bindparam(name, type_=_Ids()), bindparam(name, type_=Integer())

    def self_group(self, against: Any = None) -> _Among:
        """It is a condition as it stands: SQLAlchemy would compare it with 1 where booleans are numbers, and SQLite then reads every row
        instead of going to the numbers by an index."""
        return self


@compiles(_Among)
def _in_json(condition: _Among, compiler: Any, **kwargs: Any) -> str:
    written = compiler.process(condition.column, **kwargs), compiler.process(condition.ids, **kwargs)
    return "{} IN (SELECT value FROM json_each({}))".format(*written)


@compiles(_Among, "postgresql")
def _in_array(condition: _Among, compiler: Any, **kwargs: Any) -> str:
    if kwargs.get("alone"):
        return f"{compiler.process(condition.column)} = {compiler.process(condition.alone)}"
    written = compiler.process(condition.column, **kwargs), compiler.process(condition.ids, **kwargs)
    return "{} = ANY ({})".format(*written)


def among(column: Any, name: str) -> ColumnElement[bool]:
    """The condition that ``column`` is one of the numbers given as the value ``name``: the text does not depend on how many."""
    return _Among(column, name)
