"""Whom a grant for a department shows: who is there on the day, and who was there last; nobody before they come."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from lms.access import Grant, Permission, Role, Viewer
from lms.clock import FOR_EVER
from lms.db import Database
from lms.people.models import Membership, Person
from lms.people.queries import tree, visible_to
from lms.people.reach import reach
from tests.accounts.conftest import Hospital
from tests.support.clocks import SetClock

MOVE = date(2026, 7, 1)


def test_a_department_sees_people_from_the_day_they_come_to_the_day_they_move(
    hospital: Hospital, db: Database, clock: SetClock
) -> None:
    main = hospital.department("MAIN")
    ward, lab = hospital.department("WARD", main), hospital.department("LAB", main)
    places = {
        "stays": [(ward, date(2021, 3, 1), FOR_EVER)],
        "moves": [(ward, date(2021, 3, 1), MOVE), (lab, MOVE, FOR_EVER)],
        "comes": [(ward, MOVE, FOR_EVER)],
        "left": [(ward, date(2021, 3, 1), date(2026, 1, 1))],
        "elsewhere": [(lab, date(2021, 3, 1), FOR_EVER)],
    }
    for number, stays in places.items():
        person_id = hospital.person(number, account=False)
        with db.transaction() as session:
            session.add_all(
                Membership(
                    person_id=person_id, department_id=place, primary=True, job="RN", profession="nursing", patient_contact=True,
                    from_day=first, to_day=after,
                    recorded_at=clock.now(),
                )
                for place, first, after in stays
            )  # fmt: skip

    def seen(department_id: int | None, day: date) -> set[str]:
        viewer = Viewer(0, 0, "M", frozenset({Grant(Role.MANAGER, department_id)}))
        with db.session() as session:
            asked = visible_to(session, viewer, Permission.TEAM_VIEW, day)
            found = dict(session.execute(select(Person.id, Person.number).where(Person.id.in_(asked))).all())
            everybody = session.scalars(select(Person.id)).all()
            at_once = reach(session, tree(session, day), everybody, day).seen_by(viewer, Permission.TEAM_VIEW)
            assert at_once == set(found), "asked for many viewers at once it is the same"
            return set(found.values())

    assert seen(ward, date(2026, 6, 30)) == {"stays", "moves", "left"}
    assert seen(ward, MOVE) == {"stays", "comes", "left"}
    assert seen(lab, date(2026, 6, 30)) == {"elsewhere"}
    assert seen(lab, MOVE) == {"elsewhere", "moves"}
    assert seen(main, MOVE) == {"stays", "comes", "left", "moves", "elsewhere"}
    assert seen(None, MOVE) == set(places)
