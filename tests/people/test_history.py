"""Completions of another system: read, mapped, taken in whole, counted, and taken back."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date
from typing import Any
from unittest.mock import ANY

import pytest
from sqlalchemy import func, select

from config import Config
from lms.access import Role
from lms.audit import Actor
from lms.audit.models import AuditEntry
from lms.catalogue.models import Course, CourseVersion
from lms.certificates.models import Certificate
from lms.compliance.actions import publish_requirement, rebuild
from lms.compliance.building import build_step
from lms.compliance.models import OVERALL, Generation, Span
from lms.compliance.spans import State as Standing
from lms.db import Database
from lms.errors import Conflict, Invalid
from lms.files import FileStore
from lms.flows.history import begin_history, begin_undo, step_history
from lms.notices.models import Mail
from lms.outbox import Job
from lms.people.csv_text import Table
from lms.people.mapping import AS_USUAL
from lms.people.models import Person
from lms.records.actions import revoke
from lms.records.history import queries, staging, taking
from lms.records.history.file import Claim, Fault, HistoryReader
from lms.records.history.models import HistoryRow, Phase, State
from lms.records.models import RecordRevocation, TrainingRecord
from tests.accounts.conftest import Hospital
from tests.people.conftest import Office, People
from tests.support.clocks import SetClock
from tests.support.pages import page_of

MANY = "multipart/form-data"
DONE = """Emp ID,E-mail,Training Title,Completion Date,Score,Minutes,Certificate,Expires,Vendor
1001,,Interpreters 101,3/4/2024,85%,60,AB-1,3/3/2027,Teachers Ltd
,bo@mercy.test,la-110,5/6/2025,,,,,
1001,,Interpreters 101,3/4/2024,85%,60,AB-1,3/3/2027,Teachers Ltd
1002,,Fire drill,5/6/2025,,,,,
4711,,la-110,5/6/2025,,,,,
1003,,la-110,13/6/2025,,,,,
"""


@pytest.mark.parametrize(
    ("line", "column", "what"),
    [
        ("1,x,2027-01-01,,,", "completed", "still to come"),
        ("1,x,1/2/2024,,,", "completed", "two ways"),
        ("1,x,2024-02-30,,,", "completed", "no such day"),
        ("1,x,,,,", "completed", "empty"),
        (",x,2024-01-01,,,", "number", "names nobody"),
        ("1,,2024-01-01,,,", "course", "empty"),
        ("1,x,2024-01-01,101,,", "score", "no score"),
        ("1,x,2024-01-01,passed,,", "score", "no score"),
        ("1,x,2024-01-01,,1:30,", "minutes", "not a number"),
        ("1,x,2024-01-01,,,2023-12-31", "expires", "over before"),
        (f"1,{'x' * 201},2024-01-01,,,", "course", "longer than 200"),
    ],
)
def test_a_bad_line_is_told_with_its_column(line: str, column: str, what: str) -> None:
    table = Table(["number,course,completed,score,minutes,expires\n", line + "\n"], "done.csv")
    (fault,) = HistoryReader(table, AS_USUAL, None, date(2026, 6, 15)).lines()
    assert isinstance(fault, Fault) and fault.line == 2 and fault.column == column and what in str(fault.message)


def test_a_good_line_is_understood_whatever_the_system_calls_its_columns() -> None:
    table = Table(
        ["Employee Number;Course Name;Date Completed;Final Score\n", "7;Names;2024-05-06T10:11:12;92,5 %\n"], "x"
    )
    (claim,) = HistoryReader(table, AS_USUAL, None, date(2026, 6, 15)).lines()
    assert isinstance(claim, Claim)
    assert (claim.number, claim.course, claim.day, claim.score, claim.minutes) == (
        "7",
        "Names",
        date(2024, 5, 6),
        92.5,
        0,
    )
    with pytest.raises(Invalid) as refused:
        HistoryReader(Table(["name,when\n"], "x"), AS_USUAL, None, date(2026, 6, 15))
    assert {problem.where for problem in refused.value.problems} == {"course", "completed", "number"}


def test_hr_takes_a_file_in_through_the_pages_and_takes_it_back(
    db: Database, clock: SetClock, staffed: Office, hr: int, number: People, signed_in: Any
) -> None:
    _course(db, clock)
    _rule(db, clock)
    with db.transaction() as session:
        bo = session.get_one(Person, number("1002"))
        bo.given_name, bo.family_name = "小明", "王"
    desk = signed_in(hr)
    desk.budget = None
    upload = desk.page("/people/import/completions/")
    said = {"source": "Old LMS", "dates": "us", "file": (io.BytesIO(DONE.encode()), "done.csv")}
    looked = page_of(desk.submit(upload, said, form="upload", content_type=MANY))
    assert "Which course is which" in looked.text and "Interpreters 101" in looked.text and "Fire drill" in looked.text
    assert "Nobody of hr has this number." in looked.text and "There is no such day" in looked.text
    mapped = page_of(desk.submit(looked, {"course-1": "la-110", "course-2": "-"}, form="courses"))
    assert (
        "2 names are settled" in mapped.text
        and "2 completions are from before the course was published here" in mapped.text
    )
    assert "Said twice in the file" in mapped.text and "No course of ours" in mapped.text
    refused = page_of(desk.submit(mapped, form="take-in"), 422)
    assert "2 lines cannot be used" in refused.text
    with db.session() as session:
        assert session.scalar(select(func.count(TrainingRecord.id))) == 0
    done = page_of(desk.submit(refused, {"leave_out": "1"}, form="take-in"))
    assert "Taken in: it is about 2 people." in done.text and "2 records of it count." in done.text
    ana = number("1001")
    with db.session() as session:
        one = session.scalars(select(TrainingRecord).where(TrainingRecord.person_id == ana)).one()
        assert (one.how, one.version_id, one.version_number, one.course_title) == (
            "elsewhere",
            None,
            None,
            "Interpreters 101",
        )
        assert (one.completed_on, one.score, one.minutes, one.outside_number) == (date(2024, 3, 4), 85.0, 60, "AB-1")
        assert (one.provider, one.expires, one.job) == ("Teachers Ltd", date(2027, 3, 3), "Nurse")
        assert one.department_path == "Main campus › Surgery › Operating rooms"
        names = select(TrainingRecord.person_name).where(TrainingRecord.person_id == number("1002"))
        assert session.scalar(names) == "王小明"
        assert session.scalar(select(func.count(Certificate.id))) == session.scalar(select(func.count(Mail.id))) == 0
        assert _standing(session, ana) == _standing(session, number("1002")) == Standing.COMPLIANT
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.about_id == ana, AuditEntry.action == "record.import")
        ).one()
        assert entry.after is not None and entry.after["records"][0]["day"] == "2024-03-04" and entry.actor_id == hr
    training = desk.page(f"/people/{ana}/training").text
    assert "Recorded elsewhere" in training and "Number AB-1 there" in training
    # the same file again: nothing is new, and the names are known
    again = page_of(
        desk.submit(upload, said | {"file": (io.BytesIO(DONE.encode()), "done.csv")}, form="upload", content_type=MANY)
    )
    assert "Recorded already" in again.text and "Course not known yet" not in again.text
    assert all(form.get("id") != "take-in" for form in again.all("form"))
    desk.submit(again, form="/drop")
    back = page_of(desk.submit(desk.page(done.link("Take this import back")), {"reason": "Wrong file"}, form="change"))
    assert "This import was undone" in back.text and "Wrong file" in back.text
    with db.session() as session:
        assert session.scalar(select(func.count(RecordRevocation.id))) == 2
        assert session.scalar(select(func.count(TrainingRecord.id))) == 2
        assert _standing(session, ana) == Standing.OVERDUE
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "record.import.undo")).all()) == 3


def test_reading_goes_on_where_it_was_cut_off_and_takes_nothing_twice(
    db: Database, clock: SetClock, config: Config, staffed: Office, hr: int, number: People
) -> None:
    _course(db, clock)
    files, by = FileStore(config.data_dir / "files"), Actor(hr, clock.now())
    text = "number,course,completed\n" + "".join(f"100{1 + n % 3},LA-110,2025-01-{1 + n:02}\n" for n in range(20))
    with db.transaction() as session:
        stored = files.put(
            session, io.BytesIO(text.encode()), name="h.csv", media_type="text/csv", purpose="import", owner_id=hr, now=by.now
        )  # fmt: skip
        run_id = staging.begin(session, "Old", "hr", stored, None, None, by).id
    with pytest.raises(RuntimeError), db.transaction() as session:
        staging.step(session, run_id, files, by, 7)
        raise RuntimeError("the worker dies")
    steps = 0
    finished = False
    while not finished:
        with db.transaction() as session:
            finished, steps = staging.step(session, run_id, files, by, 7), steps + 1
    with db.session() as session:
        run = queries.one(session, run_id)
        assert steps == 3 and run.phase == Phase.READY and run.lines == 20
        assert queries.counts(session, run) == {State.NEW: 20}
        assert session.scalar(select(func.count()).select_from(HistoryRow)) == 20
    with db.transaction() as session:
        assert begin_history(session, queries.one(session, run_id), by)
        assert queries.one(session, run_id).summary["people"] == 3
    with pytest.raises(Conflict), db.transaction() as session:
        begin_history(session, queries.one(session, run_id), by)
    with db.transaction() as session:  # one is revoked by hand before: it stays as it was
        first = session.scalars(select(TrainingRecord)).first()
        assert first is not None
        session.add(RecordRevocation(record_id=first.id, revoked_at=by.now, revoked_by=hr, reason="By hand"))
    with db.transaction() as session:
        assert begin_undo(session, queries.one(session, run_id), "All of it", by)
    with db.session() as session:
        assert session.scalars(select(RecordRevocation.reason).distinct().order_by(RecordRevocation.reason)).all() == [
            "All of it",
            "By hand",
        ]
        assert queries.still_count(session, queries.one(session, run_id)) == 0


def test_a_large_file_is_taken_in_and_back_in_slices_that_go_on_where_they_were_cut_off(
    db: Database, clock: SetClock, config: Config, staffed: Office, hr: int, number: People, signed_in: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(taking, "AT_ONCE", 5)
    _course(db, clock)
    _rule(db, clock)
    files, by = FileStore(config.data_dir / "files"), Actor(hr, clock.now())
    text = "number,course,completed\n" + "".join(f"100{1 + n % 3},LA-110,2025-01-{1 + n:02}\n" for n in range(20))
    run_id = _read_in(db, files, text, by)
    desk = signed_in(hr)
    shown = desk.page(f"/people/import/completions/{run_id}")
    begun = page_of(desk.submit(shown, form="take-in"))
    assert "0 of 20 completions are taken in" in begun.text and "figures and due days stay as they were" in begun.text
    with db.transaction() as session:
        course = session.scalars(select(Course.id)).one()
        session.add(  # the third line says the same, and was new when the file was read
            TrainingRecord(
                person_id=number("1003"), course_id=course, completed_on=date(2025, 1, 3), completed_at=clock.now(), language="en",
                how="elsewhere", minutes=0, topics={}, course_code="LA-110", course_title="x", person_name="x", department_path="", job="",
                profession="", recorded_at=clock.now(), recorded_by=hr,
            )
        )  # fmt: skip
    with db.transaction() as session:
        assert not taking.step(session, run_id, clock.now(), None, 10)
    with pytest.raises(RuntimeError), db.transaction() as session:
        taking.step(session, run_id, clock.now(), None, 10)
        raise RuntimeError("the worker dies")
    half = desk.page(f"/people/import/completions/{run_id}", budget=12)
    assert "7 of 20 completions are taken in" in half.text, "whole people only"
    with db.transaction() as session:
        rebuild(session, [number("1001")], now=clock.now())  # for another reason
        assert _standing(session, number("1001")) == Standing.OVERDUE, "figures wait until all of it is there"
        assert session.scalars(select(Job.payload).where(Job.kind == taking.TAKE)).all() == [
            {"run": run_id, "origin": ANY}
        ]
    finished = False
    while not finished:
        with db.transaction() as session:
            finished = step_history(session, run_id, clock.now(), None)
    with db.session() as session:
        run = queries.one(session, run_id)
        assert (run.phase, run.summary["new"], run.summary["there"], run.summary["people"]) == (Phase.TAKEN, 19, 1, 3)
        assert queries.still_count(session, run) == 19
        assert _standing(session, number("1001")) == Standing.COMPLIANT
        told = select(func.count()).where(AuditEntry.action == "record.import")
        assert session.scalar(told) == 3 + 1, "one for each person, and one for the file"
    with db.transaction() as session:
        assert not begin_undo(session, queries.one(session, run_id), "Wrong file", by)
        assert not taking.step(session, run_id, clock.now(), None, 10)
    going = desk.page(f"/people/import/completions/{run_id}", budget=12)
    assert "10 of 19 records are revoked" in going.text
    finished = False
    while not finished:
        with db.transaction() as session:
            finished = step_history(session, run_id, clock.now(), None)
    with db.session() as session:
        assert queries.one(session, run_id).phase == Phase.UNDONE
        assert session.scalar(select(func.count(RecordRevocation.id))) == 19, "what was recorded here stays"
        assert _standing(session, number("1001")) == Standing.OVERDUE


def test_what_is_no_file_of_completions_is_told(
    db: Database, clock: SetClock, staffed: Office, hospital: Hospital, hr: int, signed_in: Callable[[int], Any]
) -> None:
    desk = signed_in(hr)
    for data, what in (
        (b"name,when\n1,2\n", "Columns are missing"),
        (b"PK\x03\x04 book", "This is a workbook"),
        (b"number,course,completed\n", "only a heading"),
    ):
        page = desk.page("/people/import/completions/")
        told = page_of(
            desk.submit(page, {"source": "Old", "file": (io.BytesIO(data), "x.csv")}, form="upload", content_type=MANY)
        )
        assert what in told.text and "Take" not in told.h1
    reader = signed_in(hospital.person("AU", grants=((Role.AUDITOR, None),)))
    told = reader.page("/people/import/completions/")
    assert "x.csv" in told.text and "See what would happen" not in told.text, "an auditor reads what was uploaded"
    assert "Throw it away" not in reader.page("/people/import/completions/1").text
    department = hospital.department("X")
    scoped = signed_in(hospital.person("H2", grants=((Role.HR, department),)))
    assert scoped.open("/people/import/completions/").status_code == 403


def _course(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        course = Course(slug="la-110", created_at=clock.now(), retired_at=None)
        session.add(course)
        session.flush()
        session.add(
            CourseVersion(
                course_id=course.id, number=1, content={}, content_hash="x", change="material", change_note="", title="Language access",
                code="LA-110", minutes=45, enrolment="open", published_at=clock.now(), published_by=None, withdrawn_at=None,
            )
        )  # fmt: skip


def _read_in(db: Database, files: FileStore, text: str, by: Actor) -> int:
    """A file of completions, stored and read; the number of its run."""
    with db.transaction() as session:
        stored = files.put(
            session, io.BytesIO(text.encode()), name="h.csv", media_type="text/csv", purpose="import", owner_id=by.person_id,
            now=by.now,
        )  # fmt: skip
        run_id = staging.begin(session, "Old", "hr", stored, None, None, by).id
        assert staging.step(session, run_id, files, by)
    return run_id


def _rule(db: Database, clock: SetClock) -> None:
    rule = {"courses": ["la-110"], "first": {"within": {"days": 30}}}
    with db.transaction() as session:
        publish_requirement(session, "LA", "Language access", rule, date(2026, 1, 1), Actor(None, clock.now()))
        generation = session.scalars(select(Generation.id).where(Generation.building)).one()
        while not build_step(session, generation, clock.now()):
            pass


def _standing(session: Any, person_id: int) -> Standing:
    day = date(2026, 8, 1)
    return Standing(
        session.scalars(
            select(Span.state).join(Generation, Generation.id == Span.generation_id).where(
                Span.person_id == person_id, Generation.active, Span.requirement_id != OVERALL, Span.from_day <= day, Span.to_day > day
            )
        ).one()
    )  # fmt: skip


def test_a_record_that_somebody_revokes_while_its_file_is_taken_back_is_revoked_once(
    db: Database, clock: SetClock, config: Config, staffed: Office, hr: int, number: People
) -> None:
    _course(db, clock)
    files, by = FileStore(config.data_dir / "files"), Actor(hr, clock.now())
    text = "number,course,completed\n1001,LA-110,2025-01-01\n1002,LA-110,2025-01-02\n"
    run_id = _read_in(db, files, text, by)
    with db.transaction() as session:
        assert begin_history(session, queries.one(session, run_id), by)

    def take_back() -> None:
        with db.transaction() as session:
            assert begin_undo(session, queries.one(session, run_id), "Wrong file", by)

    with ThreadPoolExecutor(1) as other:
        with db.transaction() as session:
            one = session.scalars(select(TrainingRecord).where(TrainingRecord.person_id == number("1001"))).one()
            revoke(session, one, reason="By hand", now=clock.now(), by=hr)
            waiting = other.submit(take_back)
            wait([waiting], timeout=0.5)  # it is to come upon the row that is held
        waiting.result(timeout=30)
    with db.session() as session:
        told = session.scalars(select(RecordRevocation.reason).order_by(RecordRevocation.reason)).all()
        assert told == ["By hand", "Wrong file"] and queries.one(session, run_id).phase == Phase.UNDONE
