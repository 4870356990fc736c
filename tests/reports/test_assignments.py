"""A course assigned to people by name: who is taken in, what they read, what counts, and what withdrawing leaves."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from lms.access import Role
from lms.audit.models import AuditEntry
from lms.compliance import queries, store
from lms.compliance.models import AssignedPerson, Assignment, Generation, Span
from lms.db import Database
from lms.people.models import Person
from tests.reports.conftest import Enter
from tests.reports.house import TODAY, House

FORM = {
    "course": "cc-101",
    "due": "2026-07-10",
    "reason": "Event 2026-114",
    "shown": "A family member was asked to interpret.",
}


def number(db: Database, person_id: int) -> str:
    with db.session() as session:
        return session.get_one(Person, person_id).number


def test_a_course_is_assigned_by_name_read_as_the_reason_and_withdrawn(
    house: House, enter: Enter, db: Database
) -> None:
    done, late, away = (number(db, each) for each in (house.compliant, house.overdue, house.away))
    with db.transaction() as session:
        writer = house.hospital(session)
        writer.number = 900
        gone = writer.hire(house.ed, "2025-01-01")
        writer.leaves(gone, date(2026, 3, 1))
        left = session.get_one(Person, gone).number
        generations = session.scalars(select(Generation.id)).all()
    hr = enter(Role.HR)
    assert "Nothing is assigned by name" in hr.page("/assignments/").text
    page = hr.page(hr.page("/requirements").link("Assignments"))
    page = hr.page(page.links("Assign a course")[0])
    past = hr.submit(page, FORM | {"due": "2026-06-14", "people": done}, form="several")
    assert past.status_code == 422 and "Choose a due day from June 15, 2026" in past.page.text, past.page.text
    look = hr.submit(page, FORM | {"people": f"{done}\n{late}, {away}; {left}\nno-such\n{done}"}, form="several").page
    assert "3 people can be taken in. 1 person cannot. 1 line names nobody for sure." in look.text
    assert "no-such" in look.text and "Not employed today" in look.text
    with db.session() as session:
        assert session.scalar(select(Assignment)) is None, "a look changes nothing"
    shown = hr.submit(look, {}, form="confirm", button="Assign the course").page
    assert "The course is assigned to 3 people." in shown.text and "0 done, 3 to do, 0 withdrawn." in shown.text
    there = shown.links("In completion")[0]
    tab = f"requirement={there.partition('requirement=')[2].partition('&')[0]}"
    assert any(tab in each for each in hr.page(there).links()), "it has a tab where it is looked at"
    assert not any(tab in each for each in hr.page("/completion").links()), "and none among the rules"
    with db.session() as session:
        made = session.scalars(select(Assignment)).one()
        assert session.scalars(select(Generation.id)).all() == generations, "only the named people are worked out"
        spans = session.scalars(select(Span).where(Span.requirement_id == made.requirement_id)).all()
        assert {span.person_id for span in spans} == {house.compliant, house.overdue, house.away}
        mine = next(
            d for d in queries.duties(session, house.compliant, TODAY) if d.requirement_id == made.requirement_id
        )
        assert (mine.state, mine.due) == ("open", date(2026, 7, 10)), "what was done before does not count"
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "assignment.give")).all()
        assert {(entry.subject_id, entry.reason) for entry in noted} == {
            (each, "Event 2026-114") for each in (house.compliant, house.overdue, house.away)
        }
    learner = enter(Role.EXECUTIVE, person_id=house.compliant)
    home = learner.page("/learning").text
    assert "Assigned on June 15, 2026, due on July 10, 2026. Reason: A family member was asked to interpret." in home
    assert "Event 2026-114" not in home
    requirements = hr.page("/requirements").text
    assert "CULTURE" in requirements and "ASSIGNED" not in requirements, "no part of the rules that HR builds"
    assert "assigned on" in hr.page(there).text
    with db.transaction() as session:
        house.hospital(session).complete(house.compliant, TODAY + timedelta(days=3))
        assert (
            next(
                d
                for d in queries.duties(session, house.compliant, TODAY + timedelta(days=3))
                if d.requirement_id == made.requirement_id
            ).state
            == "compliant"
        )
    address = f"/assignments/{made.requirement_id}"
    one = hr.page(f"{address}/withdraw?person={house.overdue}")
    assert hr.submit(one, {"reason": " "}, form="change").status_code == 422
    after = hr.submit(one, {"reason": "The wrong colleague", "mistake": "y"}, form="change").page
    assert "1 withdrawn" in after.text and "The wrong colleague" in after.text
    again = hr.submit(one, {"reason": "The wrong colleague"}, form="change")
    assert again.status_code == 409
    with db.session() as session:
        assert not session.scalars(
            select(Span).where(Span.requirement_id == made.requirement_id, Span.person_id == house.overdue)
        ).all(), "as if it had never been"
        rows = session.scalars(select(AssignedPerson).where(AssignedPerson.person_id == house.overdue)).all()
        assert [(row.superseded_at is None, row.withdrawal) for row in rows] == [(False, "The wrong colleague")]
        people = session.scalars(select(Person.id)).all()
        fresh = {row for rows in store.work_out(session, people).values() for row in rows}
        assert store.stored(session, generations[-1], people) == fresh


def test_what_is_assigned_for_today_is_due_today(house: House, enter: Enter, db: Database) -> None:
    hr = enter(Role.HR)
    page = hr.page(f"/people/list/assignment?who={house.compliant}")
    look = hr.submit(page, FORM | {"due": TODAY.isoformat()}, form="several").page
    shown = hr.submit(look, {}, form="confirm", button="Assign the course")
    assert "The course is assigned to 1 person." in shown.text
    twice = hr.submit(look, {}, form="confirm", button="Assign the course")
    assert twice.status_code == 409 and "The same course is assigned already" in twice.page.text
    with db.session() as session:
        assert len(session.scalars(select(Assignment)).all()) == 1, "a form that is sent twice assigns once"
        duties = {each.due: each.state for each in queries.duties(session, house.compliant, TODAY)}
    assert duties[TODAY] == "open"
    # a colleague who is named as well withdraws it from the others
    page = hr.page("/people/list/assignment")
    both = f"{number(db, house.grace)},{number(db, house.overdue)}"
    shown = hr.submit(
        hr.submit(page, FORM | {"people": both}, form="several").page, {}, form="confirm", button="Assign the course"
    )
    withdraw = enter(Role.HR, person_id=house.grace).page(
        shown.page.link("Withdraw from everybody who has not done it")
    )
    assert "of the 1 person who has not done it. You are named as well" in withdraw.text


def test_only_for_people_in_scope_and_only_by_hr(house: House, enter: Enter, db: Database) -> None:
    elsewhere = number(db, house.overdue)
    clerk = enter(Role.HR, house.clinics)
    look = clerk.submit(clerk.page("/people/list/assignment"), FORM | {"people": f"{elsewhere}"}, form="several").page
    assert "names nobody you look after" in look.text and "Nobody can be taken in" in look.text
    token = look.fields(look.form("confirm"))
    forged = clerk.post("/people/list/assignment", data=token | {"do": "act", "confirmed": [str(house.overdue)]})
    assert forged.status_code == 409
    with db.session() as session:
        assert session.scalar(select(Assignment)) is None
    for role in (Role.AUDITOR, Role.MANAGER, Role.EXECUTIVE):
        assert enter(role, house.acute).get("/people/list/assignment").status_code == 403
