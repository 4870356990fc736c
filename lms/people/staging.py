"""Temporary tables of an import: they live on one connection, so preparing 100,000 rows keeps no writer waiting and no memory full.

People whom the import brings have no id yet: in references (``person_ref``, ``supervisor_ref``) they are minus their line.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, Index, Integer, MetaData, Table, Text
from sqlalchemy.orm import Session

staged = MetaData()

ROWS = Table(
    "import_row", staged,
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("number", Text), Column("given_name", Text), Column("family_name", Text), Column("email", Text), Column("kind", Text),
    Column("department_id", Integer), Column("job", Text), Column("profession", Text), Column("patient_contact", Boolean),
    Column("supervisor", Text), Column("hire", Date), Column("to_day", Date), Column("language", Text), Column("zone", Text),
    Column("also", Text), Column("folded", Text),
    Column("person_id", Integer), Column("supervisor_ref", Integer), Column("brought", Boolean),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""The file as it was understood. ``brought``: the person is new with this import."""

PLACES = Table(
    "import_place", staged,
    Column("department_id", Integer, primary_key=True, autoincrement=False), Column("first_day", Date),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""The first day of every department there is or will be."""

NEW_PLACES = Table(
    "import_new_place", staged,
    Column("provisional", Integer, primary_key=True, autoincrement=False), Column("real", Integer),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""What the provisional ids of new departments turned out to be."""

PEOPLE = Table(
    "import_person", staged,
    Column("person_ref", Integer, primary_key=True, autoincrement=False),
    Column("given_name", Text), Column("family_name", Text), Column("email", Text), Column("language", Text), Column("zone", Text),
    Column("folded", Text), Column("before", JSON),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""People whose own data change: all of it as it will be, and what it was."""

EMPLOYMENTS = Table(
    "import_employment", staged,
    Column("position", Integer, primary_key=True, autoincrement=False), Column("person_ref", Integer), Column("kind", Text),
    Column("from_day", Date), Column("to_day", Date),
    prefixes=["TEMPORARY"],
)  # fmt: skip

MEMBERSHIPS = Table(
    "import_membership", staged,
    Column("position", Integer, primary_key=True, autoincrement=False), Column("person_ref", Integer),
    Column("department_id", Integer), Column("is_primary", Boolean), Column("job", Text), Column("profession", Text),
    Column("patient_contact", Boolean), Column("supervisor_ref", Integer), Column("from_day", Date), Column("to_day", Date),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""Facts to write, beside those of new people, which are read from ``import_row`` itself."""

GONE = Table(
    "import_gone", staged,
    Column("position", Integer, primary_key=True, autoincrement=False), Column("table_name", Text), Column("row_id", Integer),
    prefixes=["TEMPORARY"],
)  # fmt: skip
"""Facts to supersede."""

Index("import_row_number", ROWS.c.number)
Index("import_row_email", ROWS.c.email)
Index("import_row_person", ROWS.c.person_id)
Index("import_gone_row", GONE.c.table_name, GONE.c.row_id)


def clear(session: Session) -> None:
    """Make the tables anew, empty."""
    connection = session.connection()
    staged.drop_all(connection)
    staged.create_all(connection, checkfirst=False)
