"""Migrations: up, down and up again, with data in every table, and what they build is what the models say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import lms.models  # noqa: F401 - so that Base knows every table
from lms.cli.house import migrations, require_current, upgrade
from lms.db import Base, Database
from lms.errors import Invalid


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    """A database without tables."""
    database = Database(empty_database_url)
    yield database
    database.close()


def test_models_and_migrated_schema_agree(empty: Database) -> None:
    upgrade(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, Base.metadata)
    assert differences == [], "make a migration for: " + "\n".join(map(repr, differences))


def test_check_and_index_rules_are_in_the_migrated_schema(empty: Database) -> None:
    """Alembic does not compare check constraints and the conditions of partial indexes, so this does."""
    upgrade(empty)
    migrated, modelled = sa.inspect(empty.engine), Base.metadata.tables
    for name, table in modelled.items():
        checks = {str(c.name) for c in table.constraints if isinstance(c, sa.CheckConstraint) and c.name}
        assert {c["name"] for c in migrated.get_check_constraints(name)} >= checks, name
        for index in table.indexes:
            condition = index.dialect_options[empty.engine.dialect.name].get("where")
            found = next((i for i in migrated.get_indexes(name) if i["name"] == index.name), None)
            assert found is not None, f"{name}: {index.name}"
            assert bool(found["unique"]) == bool(index.unique), index.name
            has_condition = any(key.endswith("_where") for key in found.get("dialect_options", {}))
            assert has_condition == (condition is not None), index.name


def test_there_is_one_head() -> None:
    database = Database("sqlite://")
    assert len(ScriptDirectory.from_config(migrations(database)).get_heads()) == 1
    database.close()


def test_up_down_up_with_data(empty: Database) -> None:
    """Every revision in turn: up to it, a row in every table, down again, up to the newest; rows of older tables stay."""
    settings = migrations(empty)
    revisions = [s.revision for s in reversed(list(ScriptDirectory.from_config(settings).walk_revisions()))]
    for revision in revisions:
        command.upgrade(settings, revision)
        _fill(empty)
    command.downgrade(settings, "base")
    assert set(sa.inspect(empty.engine).get_table_names()) <= {"alembic_version"}
    command.upgrade(settings, "head")
    _fill(empty)
    kept = _count(empty)
    if len(revisions) > 1:
        command.downgrade(settings, "-1")
        command.upgrade(settings, "head")
        after = _count(empty)
        assert {name: after[name] for name in after if after[name]}.keys() <= kept.keys()
    assert all(kept.values()), kept


def test_a_program_refuses_a_schema_of_another_version(empty: Database) -> None:
    upgrade(empty)
    require_current(empty)
    with empty.engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = 'older'"))
    with pytest.raises(Invalid, match="lms db upgrade"):
        require_current(empty)


def _count(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0
            for name in sa.inspect(connection).get_table_names()
            if name != "alembic_version"
        }


def _fill(database: Database) -> None:
    """Put one row into every table that has none, whatever the schema of the moment, foreign keys in order."""
    without = [name for name, rows in _count(database).items() if not rows]
    if not without:
        return
    reflected = sa.MetaData()
    reflected.reflect(database.engine, only=without)  # and what they refer to
    with database.session(write=True) as session:
        keys: dict[str, dict[str, Any]] = {}
        for table in reflected.sorted_tables:
            if table.name == "alembic_version":
                continue
            row = session.execute(sa.select(table).limit(1)).mappings().first()
            if row is None:
                session.execute(sa.insert(table).values(_row(table, keys)))
                row = session.execute(sa.select(table).limit(1)).mappings().one()
            keys[table.name] = dict(row)
        session.commit()


def _row(table: sa.Table, keys: dict[str, dict[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in table.columns:
        target = next(iter(column.foreign_keys), None)
        if target is not None:
            if target.column.table is not table and not column.nullable:
                values[column.name] = keys[target.column.table.name][target.column.name]
        elif not column.nullable and column is not table.autoincrement_column:
            values[column.name] = _value(column)
    return values


def _value(column: sa.Column[Any]) -> object:
    kind = column.type
    if column.name == "to_day":  # the exclusive end of a stretch of days
        return dt.date(9999, 12, 31)
    examples: list[tuple[type[Any], object]] = [
        (sa.Boolean, True), (sa.DateTime, dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)), (sa.Date, dt.date(2026, 1, 2)),
        (sa.Integer, 1), (sa.Numeric, 1), (sa.JSON, {}), (sa.LargeBinary, b"x"), (sa.String, "x"), (sa.Uuid, "0" * 32),
    ]  # fmt: skip
    return next(value for type_, value in examples if isinstance(kind, type_))
