"""The small hospital of the accounts' tests, with a tree of departments and an HR person."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from lms.access import Role
from lms.audit import Actor
from lms.db import Base, Database
from lms.flows import staffing
from lms.people.importing import Options
from lms.people.prepared import Prepared
from lms.people.preparing import prepare
from tests.accounts.conftest import Hospital, hospital
from tests.support.clocks import SetClock

__all__ = ["hospital"]

TREE = "code,name,parent\nMAIN,Main campus,\nSURG,Surgery,MAIN\nOR,Operating rooms,SURG\nED,Emergency,MAIN\nLAB,Laboratory,MAIN\n"
STAFF = """Employee ID,First Name,Last Name,Dept Code,Job Title,Hire Date,Last Day Worked,Supervisor ID,Email - Work,Patient Contact
1001,Ana,Núñez,OR,Nurse,2020-01-15,,1003,ana@mercy.test,yes
1002,Bo,Li,ED,Clerk,2021-02-15,,1003,bo@mercy.test,no
1003,Cy,Oh,ED,Chief,2019-02-15,,,,yes
"""
AS_OF = date(2026, 6, 1)


class Office:
    """HR at work: imports texts, and reads back what the database holds."""

    def __init__(self, db: Database, clock: SetClock) -> None:
        self.db, self.clock = db, clock

    def look(self, staff: str | bytes, tree: str | None = None, **how: Any) -> Prepared:
        """A dry run."""
        with self.db.desk() as desk, desk.reading() as session:
            return prepare(
                session, as_file(staff), as_file(tree) if tree else None, as_options(how), how.get("fuse", 0.1)
            )

    def take_in(self, staff: str | bytes, tree: str | None = None, confirmed: bool = False, **how: Any) -> int:
        """An import; gives its id."""
        with self.db.desk() as desk:
            with desk.reading() as session:
                prepared = prepare(
                    session, as_file(staff), as_file(tree) if tree else None, as_options(how), how.get("fuse", 0.1)
                )
            run = staffing.import_people(desk, prepared, None, Actor(None, self.clock.now()), confirmed=confirmed)
        return run.id

    def undo(self, run_id: int) -> None:
        """Take an import back."""
        with self.db.transaction() as session:
            staffing.undo_import(session, run_id, Actor(None, self.clock.now()))

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of the tables that an import changes."""
        tables = ("person", "employment", "membership", "department", "department_version", "import_change")
        with self.db.session() as session:
            return {
                name: sorted((tuple(row) for row in session.execute(select(Base.metadata.tables[name]))), key=repr)
                for name in tables
            }


def as_options(how: dict[str, Any]) -> Options:
    named = {
        name: how[name]
        for name in ("source", "as_of", "dates", "encoding", "partial", "reading", "good_rows")
        if name in how
    }
    return Options(**{"source": "hr", "as_of": AS_OF, **named})


def as_file(text: str | bytes) -> io.BytesIO:
    return io.BytesIO(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def office(db: Database, clock: SetClock) -> Office:
    """HR's desk."""
    return Office(db, clock)


@pytest.fixture
def staffed(hospital: Hospital, office: Office) -> Office:
    """Three people in two of five departments, imported."""
    office.take_in(STAFF, TREE)
    return office


@pytest.fixture
def hr(hospital: Hospital) -> int:
    """Somebody in HR, for the whole organisation."""
    return hospital.person("HR1", grants=((Role.HR, None),))


People = Callable[[str], int]


@pytest.fixture
def number(db: Database) -> People:
    """``number("1001")`` gives the id of the person with this number."""
    from lms.people.listing import by_number

    def find(text: str) -> int:
        with db.session() as session:
            found = by_number(session, text)
            assert found is not None
            return found.id

    return find
