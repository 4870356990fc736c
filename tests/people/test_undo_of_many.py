"""What an import of many facts changed is told, and taken back, in a time that grows with the file and no faster."""

from __future__ import annotations

import io
from collections.abc import Iterator

from sqlalchemy import insert

from lms.audit import Actor
from lms.clock import FOR_EVER
from lms.db import Database
from lms.flows import staffing
from lms.people import fact_feed
from lms.people.importing import Options
from lms.people.models import Employment, Person
from tests.people.conftest import AS_OF, TREE, Office
from tests.support.clocks import SetClock


def _counted(db: Database, run_id: int, by: Actor) -> int:
    """Thousands of steps that SQLite takes to take an import back."""
    with db.transaction() as session:
        count: Iterator[int] = iter(range(1 << 60))
        connection = session.connection().connection.driver_connection
        assert connection is not None
        connection.set_progress_handler(lambda: next(count) < 0, 1000)
        staffing.undo_import(session, run_id, by)
        connection.set_progress_handler(None, 0)
    return next(count)


def _steps_of_undo(db: Database, clock: SetClock, people: int) -> int:
    """Thousands of steps that SQLite takes to take back a file that changed the birth month of so many."""
    source, by = f"of {people}", Actor(None, clock.now())
    blank = {"source": source, "given_name": "A", "family_name": "B", "folded": "", "created_at": clock.now()}
    with db.transaction() as session:
        session.execute(insert(Person), [{**blank, "number": str(one)} for one in range(people)])
    for month in (1, 2):
        text = "Number,Birth month\n" + "".join(f"{one},{month}\n" for one in range(people))
        with db.desk() as desk:
            with desk.reading() as session:
                options = Options(source, AS_OF, "iso", None, False)
                plan = fact_feed.look(session, io.BytesIO(text.encode()), "birth_months", options, 1.0)
            run = staffing.import_facts(desk, plan, None, by, confirmed=True)
    return _counted(db, run.id, by)


def test_undoing_twice_as_much_takes_twice_as_long(db: Database, clock: SetClock) -> None:
    if not db.is_sqlite:
        return  # a server's planner joins such lists by itself
    few, many = _steps_of_undo(db, clock, 400), _steps_of_undo(db, clock, 800)
    assert many < 2.5 * few, (few, many)


def test_undoing_people_looks_through_the_house_once_and_not_for_each_of_them(
    db: Database, clock: SetClock, office: Office
) -> None:
    if not db.is_sqlite:
        return
    blank = {"source": "others", "given_name": "A", "family_name": "B", "folded": "", "created_at": clock.now()}
    span = {"kind": "employee", "from_day": AS_OF, "to_day": FOR_EVER, "recorded_at": clock.now()}
    with db.transaction() as session:
        ids = session.scalars(
            insert(Person).returning(Person.id), [{**blank, "number": str(one)} for one in range(2000)]
        ).all()
        session.execute(insert(Employment), [{**span, "person_id": one} for one in ids])
    steps = []
    for new in (10, 60):
        lines = "".join(f"{new}-{one},A,B,ED,Clerk\n" for one in range(new))
        text = "Employee ID,First Name,Last Name,Dept Code,Job Title\n" + lines
        run_id = office.take_in(text, TREE, source="new", partial=True)
        steps.append(_counted(db, run_id, Actor(None, clock.now())))
    assert steps[1] < 1.5 * steps[0], steps
