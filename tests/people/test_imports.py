"""Imports against a real database: all or nothing, the fuse, undo that restores exactly, and a past that never changes."""

from __future__ import annotations

import time
from datetime import date, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select

from lms.accounts.invitations import open_account
from lms.audit import Actor, AuditEntry, record
from lms.audit import queries as log
from lms.db import Database, known
from lms.errors import Conflict, Invalid
from lms.flows import staffing
from lms.outbox import Job
from lms.people import actions, departments, import_log, imports, queries
from lms.people.listing import by_number
from lms.people.models import Employment, ImportRun, Membership, Person
from lms.people.plan import Verdict
from lms.people.preparing import prepare
from tests.accounts.conftest import Hospital
from tests.people.conftest import AS_OF, STAFF, TREE, Office, People, as_file, as_options
from tests.support.clocks import SetClock
from tests.support.queries import statements

HEAD, ANA, BO, CY = STAFF.strip().split("\n")


def text(*lines: str) -> str:
    return "\n".join([HEAD, *lines]) + "\n"


def test_the_first_file_brings_people_and_departments(staffed: Office, db: Database, number: People) -> None:
    with db.session() as session:
        ana = queries.held(session, number("1001"), AS_OF)
        assert (ana.path, ana.job) == ("Main campus › Surgery › Operating rooms", "Nurse")
        assert queries.held(session, number("1001"), date(2020, 1, 15)).path == ana.path
        supervisor = session.scalars(
            select(Membership.supervisor_id).where(Membership.person_id == number("1001"))
        ).one()
        assert supervisor == number("1003")
        assert session.get_one(Person, number("1001")).email == "ana@mercy.test"


def test_the_same_file_again_changes_nothing(staffed: Office) -> None:
    before = staffed.contents()
    found = staffed.look(STAFF, TREE)
    assert found.counts == {Verdict.UNCHANGED: 3} and found.departments == []
    staffed.take_in(STAFF, TREE)
    assert staffed.contents() == before


def test_a_dry_run_tells_and_writes_nothing(staffed: Office) -> None:
    before = staffed.contents()
    found = staffed.look(
        text(ANA.replace("OR", "ED"), CY.replace("Chief", "Head"), ANA.replace("1001", "9").replace("ana", "di"))
    )
    assert found.counts == {Verdict.MOVED: 1, Verdict.CHANGED: 1, Verdict.NEW: 1, Verdict.ENDED: 1}
    assert str(found.named[Verdict.MOVED][0].detail) == "From Operating rooms to Emergency."
    assert str(found.named[Verdict.ENDED][0].detail) == "Last day 2026-05-31."
    assert staffed.contents() == before


def test_one_fault_and_nothing_is_taken_in(staffed: Office) -> None:
    before = staffed.contents()
    bad = text(ANA, BO.replace("bo@", "ana@"), CY.replace("ED", "XX"), ANA.replace("1003", "77"))
    found = staffed.look(bad)
    assert {(p.line, p.where, p.value) for p in found.problems} == {
        (3, "email", "ana@mercy.test"), (4, "department_code", "XX"), (5, "number", "1001"), (5, "supervisor_number", "77"),
        (5, "email", "ana@mercy.test"),
    }  # fmt: skip
    with pytest.raises(Invalid):
        staffed.take_in(bad, confirmed=True)
    assert staffed.contents() == before


def test_an_address_that_somebody_else_has_is_refused_unless_they_give_it_up(
    staffed: Office, db: Database, number: People
) -> None:
    other = ANA.replace("1001", "5").replace("1003", "")
    found = staffed.look(text(other), source="agency")
    assert [(p.line, p.where) for p in found.problems] == [(2, "email")]
    staffed.take_in(text(ANA.replace("ana@", "bo@"), BO.replace("bo@", "ana@"), CY))
    newcomer = "1005,Di,Ek,OR,Aide,2026-05-01,,,bo@mercy.test,no"
    staffed.take_in(text(ANA.replace("ana@", "new@"), BO.replace("bo@", "ana@"), CY, newcomer))
    with db.session() as session:
        emails = dict(session.execute(select(Person.number, Person.email)).all())
    assert (
        emails["1001"] == "new@mercy.test" and emails["1002"] == "ana@mercy.test" and emails["1005"] == "bo@mercy.test"
    )


def test_the_fuse_refuses_and_confirmation_lets_through(staffed: Office, db: Database, number: People) -> None:
    before = staffed.contents()
    with pytest.raises(Conflict) as refused:
        staffed.take_in(text(ANA, CY))
    assert "1 of 3 people" in str(refused.value) and staffed.contents() == before
    staffed.take_in(text(ANA, CY), fuse=0.34)
    with db.session() as session:
        assert not queries.employed(session, number("1002"), AS_OF)
        assert queries.employed(session, number("1002"), AS_OF - timedelta(days=1))


def test_a_partial_file_ends_nobody_and_another_source_is_left_alone(staffed: Office) -> None:
    assert staffed.look(text(ANA), partial=True).counts == {Verdict.UNCHANGED: 1}
    assert staffed.look(text("1001,X,Y,ED,Temp,2026-01-01,,,,no"), source="agency").counts == {Verdict.NEW: 1}


def test_undo_restores_exactly_what_was(staffed: Office, db: Database) -> None:
    before = staffed.contents()
    file = text(
        ANA.replace("OR", "ICU").replace("Ana", "Anna"), CY, "1009,Di,Ek,ICU,Aide,2026-05-01,,1001,di@mercy.test,no"
    )
    tree = TREE.replace("Surgery,MAIN", "Surgical services,MAIN") + "ICU,Intensive care,SURG\n"
    run = staffed.take_in(file, tree, confirmed=True)
    assert staffed.contents() != before
    staffed.undo(run)
    assert staffed.contents() == before
    with pytest.raises(Conflict):
        staffed.undo(run)


def test_an_auditor_sees_what_an_import_changed_for_whom(
    staffed: Office, db: Database, clock: SetClock, number: People
) -> None:
    """An entry for each person whom it changed: what was there, what came in its place; told in steps, and once."""
    clock.advance(hours=1)
    file = text(
        ANA.replace("OR", "ED").replace("Ana", "Anna"),
        BO,
        CY,
        "1009,Di,Ek,ED,Aide,2026-05-01,,1001,di@mercy.test,no",
    )
    run = staffed.take_in(file, confirmed=True)
    payload = _payload(db, run)
    told = _told(db, "person.import", payload)
    assert told.keys() == {number("1001"), number("1009")}, "nobody whom it left as they were"
    ana, new = told[number("1001")], told[number("1009")]
    assert ana.about_id == number("1001") and ana.actor_id == new.actor_id and ana.at == clock.now()
    assert ana.after["own"]["given_name"] == ["Ana", "Anna"] and ana.after["import"] == run
    was, now = ana.before["memberships"], ana.after["memberships"]
    assert len(was) == 1 and {each["department_id"] for each in now} - {was[0]["department_id"]}
    assert [each["patient_contact"] for each in now] == [True, True]
    assert (new.about_id, new.before) == (None, None) and "Di" not in str(new.after), (
        "no name, so that an undo leaves none"
    )
    assert new.after["memberships"][0]["job"] == "Aide"
    with db.transaction() as session:
        while not import_log.step(session, payload):
            pass
    assert len(_told(db, "person.import", payload)) == 2, "done again after a crash it tells nothing twice"
    with db.session() as session:
        seen = log.listed(session, log.Wish(about_id=number("1009")))
        assert [entry.action for entry in seen] == ["person.import"]
    di = number("1009")
    staffed.undo(run)
    undone = _told(db, "person.import.undo", payload)
    assert undone.keys() == {number("1001"), di}
    assert undone[number("1001")].after["memberships"] == was


def _payload(db: Database, run: int) -> dict[str, Any]:
    with db.session() as session:
        return dict(session.scalars(select(Job.payload).where(Job.kind == import_log.TELL, Job.key == str(run))).one())


def _told(db: Database, action: str, payload: dict[str, Any]) -> dict[int | None, Any]:
    with db.transaction() as session:
        while not import_log.step(session, payload):
            pass
    with db.session() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()
        assert len({row.subject_id for row in rows}) == len(rows)
        return {row.subject_id: row for row in rows}


def test_undo_is_refused_where_something_builds_on_it(
    staffed: Office, db: Database, clock: SetClock, hospital: Hospital, number: People
) -> None:
    clock.advance(hours=1)
    run = staffed.take_in(text(ANA, BO, CY, "1009,Di,Ek,ED,Aide,2026-05-01,,1001,di@mercy.test,no"))
    before = staffed.contents()
    clock.advance(hours=1)
    with db.transaction() as session:
        person = number("1009")
        actions.end_employment(session, person, date(2026, 6, 10), Actor(None, clock.now()))
    changed = staffed.contents()
    with pytest.raises(Conflict) as refused:
        staffed.undo(run)
    assert "1009" in str(refused.value) and staffed.contents() == changed != before


def test_undo_is_refused_when_a_new_person_has_an_account(
    staffed: Office, db: Database, clock: SetClock, number: People
) -> None:
    clock.advance(hours=1)
    run = staffed.take_in(text(ANA, BO, CY, "1009,Di,Ek,ED,Aide,2026-05-01,,,,no"))
    with db.transaction() as session:
        open_account(session, session.get_one(Person, number("1009")), Actor(None, clock.now()))
    with pytest.raises(Conflict) as refused:
        staffed.undo(run)
    assert "1009" in str(refused.value)


def test_only_the_last_import_can_be_undone(staffed: Office) -> None:
    first = staffed.take_in(text(ANA.replace("Nurse", "Lead"), BO, CY))
    staffed.take_in(text(ANA.replace("Nurse", "Head"), BO, CY))
    with pytest.raises(Conflict):
        staffed.undo(first)


def test_a_rehire_is_the_same_person(staffed: Office, db: Database, number: People) -> None:
    who = number("1002")
    staffed.take_in(text(ANA, CY), confirmed=True)
    run = staffed.take_in(STAFF, as_of=date(2026, 6, 10))
    assert number("1002") == who
    with db.session() as session:
        found = session.scalars(
            select(Employment).where(Employment.person_id == who, known(Employment)).order_by(Employment.from_day)
        )
        assert next((e.from_day, e.to_day) for e in found) == (date(2021, 2, 15), AS_OF)
        assert session.get_one(ImportRun, run).summary["rehired"] == 1


def test_the_account_closes_the_day_employment_ends_and_opens_with_a_rehire(
    staffed: Office, db: Database, hospital: Hospital, clock: SetClock, number: People
) -> None:
    with db.transaction() as session:
        open_account(session, session.get_one(Person, number("1002")), Actor(None, clock.now()))
    staffed.take_in(text(ANA, CY), confirmed=True)
    assert hospital.account(number("1002")).closed_at is not None
    staffed.take_in(STAFF, as_of=date(2026, 6, 10))
    assert hospital.account(number("1002")).closed_at is None


def test_departments_change_from_a_day_and_the_past_stays(
    staffed: Office, db: Database, clock: SetClock, number: People
) -> None:
    by = Actor(None, clock.now())
    with db.session() as session:
        old = queries.tree(session, date(2026, 5, 1))
        ids = {code: node.id for code, node in old.by_code.items()}
    staffed.take_in(STAFF, TREE.replace("OR,Operating rooms,SURG", "OR,Theatres,LAB"), as_of=AS_OF)
    with db.transaction() as session:
        departments.merge(session, ids["ED"], ids["LAB"], date(2026, 6, 10), by)
    with db.session() as session:
        assert queries.tree(session, date(2026, 5, 1)).nodes == old.nodes
        new = queries.tree(session, date(2026, 6, 10))
        assert new.path(ids["OR"]) == "Main campus › Laboratory › Theatres" and ids["ED"] not in new.nodes
        assert queries.held(session, number("1002"), date(2026, 6, 9)).department_id == ids["ED"]
        assert queries.held(session, number("1002"), date(2026, 6, 10)).department_id == ids["LAB"]
    with db.transaction() as session, pytest.raises(Invalid):
        departments.change(session, ids["MAIN"], "Main", "facility", ids["OR"], date(2026, 7, 1), by)


def test_a_circle_of_departments_is_refused_with_its_line(staffed: Office) -> None:
    found = staffed.look(STAFF, TREE.replace("MAIN,Main campus,", "MAIN,Main campus,OR"))
    assert {(p.file, p.where) for p in found.problems} == {("departments", "parent_code")}
    assert "MAIN > OR > SURG > MAIN" in {str(p.message).split(": ")[1].rstrip(".") for p in found.problems}


def test_supervisors_in_a_circle_are_refused_with_the_chain(staffed: Office) -> None:
    own = staffed.look(STAFF.replace("1002,Bo,Li,ED,Clerk,2021-02-15,,1003", "1002,Bo,Li,ED,Clerk,2021-02-15,,1002"))
    assert [(p.line, p.where, str(p.message)) for p in own.problems] == [
        (3, "supervisor_number", "Nobody is their own supervisor.")
    ]
    round_about = (
        STAFF.replace("ED,Chief,2019-02-15,,,", "ED,Chief,2019-02-15,,2001,")
        + "2001,Di,New,ED,Clerk,2026-06-01,,1002,,no\n"
    )
    (problem,) = staffed.look(round_about).problems
    assert (problem.line, problem.where, problem.value) == (3, "supervisor_number", "1003")
    assert (
        str(problem.message)
        == "Supervisors go in a circle: Bo Li (1002) → Cy Oh (1003) → Di New (2001) → Bo Li (1002)."
    )
    part = STAFF.splitlines()[0] + "\n1003,Cy,Oh,ED,Chief,2019-02-15,,1002,,yes\n"  # 1002 is not in it, and stays
    (problem,) = staffed.look(part, partial=True).problems
    assert "Cy Oh (1003) → Bo Li (1002) → Cy Oh (1003)" in str(problem.message)
    assert not staffed.look(part, fuse=1.0).problems, (
        "who is missing from a whole file ends, and is nobody's supervisor"
    )


def test_windows_1252_and_semicolons_arrive_whole(staffed: Office, db: Database, number: People) -> None:
    raw = text(ANA, BO.replace("Bo", "Zoë"), CY).replace(",", ";").encode("cp1252")
    assert staffed.look(raw).encoding == "cp1252"
    found = staffed.look(raw)
    assert {letter: one.name for letter, one in found.letters.items()} == {
        "ë": "Zoë Li",
        "ñ": "Ana Núñez",
        "ú": "Ana Núñez",
    }
    staffed.take_in(raw)
    with db.session() as session:
        assert session.get_one(Person, number("1002")).given_name == "Zoë"
    with pytest.raises(Invalid):
        staffed.look(raw, encoding="utf-8")


def test_every_change_is_in_the_audit_log(staffed: Office, db: Database, clock: SetClock, number: People) -> None:
    with db.transaction() as session:
        actions.end_employment(
            session, number("1002"), date(2026, 6, 30), Actor(number("1003"), clock.now()), "resigned"
        )
    with db.session() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None and entry.action == "employment.end" and entry.reason == "resigned"
        assert entry.after is not None and entry.after["employments"][0]["to"] == "2026-07-01"
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "people.import")).all()


def test_a_change_while_the_file_is_compared_stops_it(
    staffed: Office, db: Database, clock: SetClock, number: People
) -> None:
    before = staffed.contents()
    with db.desk() as desk:
        with desk.reading() as session:
            prepared = prepare(session, as_file(text(ANA, BO, CY, "7,A,B,ED,Aide,,,,,")), None, as_options({}), 0.1)
        with db.transaction() as session:
            record(session, Actor(None, clock.now()), "person.change", "person", number("1001"))
        with pytest.raises(Conflict):
            staffing.import_people(desk, prepared, None, Actor(None, clock.now()))
    assert staffed.contents() == before


def test_an_interrupted_import_is_cleared_away_by_the_next(staffed: Office, db: Database, clock: SetClock) -> None:
    before = staffed.contents()
    more = text(ANA, BO, CY, "7,A,B,ED,Aide,,,,,")
    with db.desk() as desk:
        with desk.reading() as session:
            prepared = prepare(session, as_file(more), None, as_options({}), 0.1)
        with desk.writing() as session:
            run = imports.begin(session, prepared, None, Actor(None, clock.now()))
        with desk.reading() as session:
            steps = imports.people_steps(session, prepared, run, Actor(None, clock.now()))
        with desk.writing() as session:
            steps[0](session)
    with pytest.raises(Conflict):
        staffed.take_in(STAFF)
    clock.advance(minutes=11)
    staffed.take_in(STAFF)
    assert staffed.contents() == before


def test_a_learner_saves_while_an_import_runs(staffed: Office, db: Database, clock: SetClock) -> None:
    many = [f"B{n},Given {n},Family {n % 97},ED,Aide,2024-01-01,,,b{n}@mercy.test,no" for n in range(4000)]
    waits: list[float] = []
    stop = Event()

    def save() -> None:
        while not stop.is_set():
            begun = time.perf_counter()
            with db.transaction() as session:
                record(session, Actor(None, clock.now()), "answer.save", "answer")
            waits.append(time.perf_counter() - begun)
            time.sleep(0.01)

    learner = Thread(target=save)
    learner.start()
    try:
        staffed.take_in(text(ANA, BO, CY, *many))
    finally:
        stop.set()
        learner.join()
    with db.session() as session:
        assert by_number(session, "B3999") is not None
    assert (
        waits and max(waits) < 5
    )  # the bound of one second is measured by the benchmark, on a machine that does nothing else


def test_people_are_found_without_accents_whatever_wrote_them(
    staffed: Office, db: Database, clock: SetClock, number: People
) -> None:
    def found(term: str) -> set[str]:
        with db.session() as session:
            return set(session.scalars(select(Person.number).where(*queries.found_by(term))))

    assert found("nunez ANA") == {"1001"} and found("100%") == set() and found("mercy.test") == {"1001", "1002"}
    run = staffed.take_in(STAFF.replace("Bo,Li", "Bố,Lý") + "1004,Zoë,Đặng,ED,Clerk,2026-06-01,,1003,,no\n")
    assert found("bo ly") == {"1002"} and found("zoe dang") == {"1004"} and found("li") == set()
    staffed.undo(run)
    assert found("bo li") == {"1002"} and found("dang") == set()
    with db.transaction() as session:
        actions.change_person(session, number("1003"), actions.OwnData("Çağla", "Öz"), Actor(None, clock.now()))
    assert found("cagla oz") == {"1003"} and found("cy oh") == set()


def test_a_dry_run_asks_as_often_for_many_as_for_few(staffed: Office) -> None:
    asked = []
    for count in (3, 1500):
        rows = [f"{8000 + one},Ana,Núñez,OR,Nurse,2020-01-15,,1003,,yes" for one in range(count)]
        with statements() as sent:
            staffed.look(text(ANA, BO, CY, *rows))
        asked.append(len(sent.all))
    assert asked[0] == asked[1] < 50, "the steps of a comparison, each for up to 5,000 people at once"
