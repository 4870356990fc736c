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


engine: Engine | None = context.config.attributes.get("engine")
opened = engine if engine is not None else Database(Config.from_environ(environment()).database_url).engine
with opened.connect() as found:
    migrate(found)
