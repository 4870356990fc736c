"""Alembic's environment: the engine comes from the program, the tables from the models."""

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.engine import Engine

from config import Config, environment
from lms import models
from lms.db import Base, Database

assert models  # imported so that every table is known


def migrate(connection: Connection) -> None:
    """Run the migrations on one connection, in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if orphans:
                raise RuntimeError(f"The migration would leave rows that refer to nothing: {orphans[:5]}")


def without_foreign_keys(connection: Connection) -> None:
    """SQLite makes a table anew to change a column, and must not take the rows that refer to it for orphans meanwhile. Within a
    transaction this cannot be said, so it is said to the driver; every reference is checked before the migration is committed."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        migrate(connection)
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


engine: Engine | None = context.config.attributes.get("engine")
opened = engine if engine is not None else Database(Config.from_environ(environment()).database_url).engine
with opened.connect() as found:
    if found.dialect.name == "sqlite":
        without_foreign_keys(found)
    else:
        migrate(found)
