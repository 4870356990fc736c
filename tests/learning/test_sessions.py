"""Live sessions: written down, attended by a list, struck out again; with records, certificates and timelines."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import func, select, update

from lms.access import Role
from lms.audit import Actor
from lms.audit.models import AuditEntry
from lms.certificates.models import Certificate
from lms.compliance import gathering
from lms.compliance.actions import publish_requirement
from lms.compliance.building import build_step
from lms.compliance.models import OVERALL, Generation, Span
from lms.compliance.spans import State
from lms.db import Database
from lms.errors import Conflict
from lms.people.models import Employment, Person
from lms.records import sessions
from lms.records.models import LiveSession, RecordRevocation, TrainingRecord
from lms.web.people.decisions import records as decisions_on_records
from tests.accounts.conftest import Hospital
from tests.support.clocks import SetClock
from tests.support.pages import PageClient, page_of

SignedIn = Callable[[int], PageClient]
ONCE = {"courses": ["la-110"], "first": {"within": {"days": 30}}}
LA_110 = "1"
"""Published first."""
MANY = "multipart/form-data"


def test_a_session_gives_everybody_who_was_there_a_record_and_takes_it_back_from_one_who_was_not(
    db: Database,
    hospital: Hospital,
    published: None,
    signed_in: SignedIn,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ed = hospital.department("ED")
    ana = hospital.person("1001", email="ana@mercy.test", department=ed)
    bo = hospital.person("1002", department=ed)
    gone = hospital.person("1003", department=ed, employed=(date(2021, 3, 1), date(2026, 6, 1)))
    _rule(db, clock)
    desk = signed_in(hospital.person("HR1", grants=((Role.HR, None),)))
    made = _session(desk, minutes="60", topics="language_access = 40")
    assert "60" in made.text and "Nobody has a record of this session yet." in made.text
    attend = desk.page(made.link("Say who was there"))
    looked = page_of(desk.submit(attend, {"people": "ana@mercy.test, 1002\n1003 \n9999"}, form="several"))
    assert "Test Person 1001" in looked.text and "9999" in looked.text and "Not employed here on" in looked.text
    with db.session() as session:
        assert session.scalar(select(func.count(TrainingRecord.id))) == 0
    done = page_of(desk.submit(looked, form="confirm", button="Record it"))
    assert "2 people have a record now." in done.text
    with db.session() as session:
        records = {row.person_id: row for row in session.scalars(select(TrainingRecord))}
        assert set(records) == {ana, bo} and gone not in records
        one = records[ana]
        assert (one.how, one.modality, one.minutes, one.topics) == (
            "live_session",
            "in_person",
            60,
            {"language_access": 40},
        )
        assert (one.job, one.department_path, one.version_number, one.score) == ("Nurse", "Ed", 1, None)
        assert gathering.people(session, [ana])[ana].records[0].modality == "in_person"
        assert session.scalar(select(func.count(Certificate.id))) == 2
        assert _state(session, ana) == State.COMPLIANT
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.about_id == ana, AuditEntry.action == "record.award")
        ).one()
        assert entry.after is not None and entry.after["how"] == "live_session" and entry.after["minutes"] == 60
    # again: who is there already is named, nobody gets a second record
    again = page_of(desk.submit(desk.page(made.link("Say who was there")), {"people": "1001"}, form="several"))
    assert "Has a record of this course from that day already." in again.text and "Nobody can be taken in" in again.text
    with db.session(write=True) as session, pytest.raises(Conflict, match="has a record of this session"):
        sessions.call_off(session, session.scalars(select(LiveSession)).one(), Actor(None, clock.now()))
    # struck out
    strike = next(link for link in done.links() if link.endswith(f"/people/{bo}/records/{records[bo].id}/revoke"))
    desk.submit(desk.page(strike), {"reason": "Left before it began"}, form="change")
    with db.session() as session:
        assert session.scalars(select(RecordRevocation.record_id)).one() == records[bo].id
        assert _state(session, bo) == State.OPEN
    assert "Struck out" in desk.page(_address(db)).text and "1 record counts." in desk.page(_address(db)).text
    assert "Live session" in desk.page(f"/people/{ana}/training").text
    assert "Live session" in signed_in(ana).page("/transcript").text
    # a later one pushed it off the list of the latest
    _session(desk)
    monkeypatch.setattr(decisions_on_records, "RECENT", 1)
    looked = page_of(desk.submit(desk.page(made.link("Say who was there")), {"people": "1002"}, form="several"))
    assert "1 person can be taken in." in looked.text
    done = page_of(desk.submit(looked, form="confirm", button="Record it"))
    assert "1 person has a record now." in done.text and "2 records count." in done.text


def test_what_cannot_be_a_session_is_refused_and_one_to_come_has_a_sheet_and_no_attendance(
    db: Database, hospital: Hospital, published: None, signed_in: SignedIn
) -> None:
    ed = hospital.department("ED")
    ana = hospital.person("1001", department=ed)
    desk = signed_in(hospital.person("HR1", grants=((Role.HR, None),)))
    for said, why in (
        ({"day": "2026-06-01"}, "No version of this course was offered on that day"),
        ({"topics": "language_access = 500"}, "The topics add up to 500 minutes"),
        ({"topics": "no-such = 5"}, "The course has no topic"),
        ({"minutes": "0"}, "between 1 minute and 24 hours"),
    ):
        refused = page_of(desk.submit(_form(desk), {"course": LA_110, **said}, form="change"), 422)
        assert why in refused.text, said
    later = _session(desk, day="2026-07-01")
    assert "This session is still to come" in later.text
    sheet = desk.open(later.link("Sign-in sheet"))
    assert sheet.data.startswith(b"%PDF-") and desk.open(f"{_address(db)}/sheet.pdf?department={ed}").status_code == 200
    early = desk.open(f"/people/list/attendance?live={_address(db).rpartition('/')[2]}")
    assert early.status_code == 404 and "No live session has taken place yet." in early.text
    with db.session() as session:
        to_come, person = session.scalars(select(LiveSession)).one(), session.get_one(Person, ana)
        why = sessions.refusal(session, to_come, person, date(2026, 6, 30))
        assert why is not None and "still to come" in why.msgid
        assert sessions.refusal(session, to_come, person, to_come.day) is None
    with db.session(write=True) as session:  # rolled back
        session.execute(update(Employment).where(Employment.person_id == ana).values(from_day=date(2026, 7, 5)))
        why = sessions.refusal(session, to_come, person, date(2026, 7, 10))
        assert why is not None and "Not employed here" in why.msgid, "employed since, and not on the day"
    called = page_of(desk.submit(desk.page(_address(db)), form="/call-off"))
    assert "called off" in called.text
    today = _session(desk)
    refused = page_of(
        desk.submit(today, {"file": (io.BytesIO(b"MZ\x90\0a program"), "sheet.pdf")}, form="attach", content_type=MANY)
    )
    assert "neither a PDF" in refused.text
    kept = page_of(
        desk.submit(today, {"file": (io.BytesIO(b"%PDF-1.7 signed"), "sheet.pdf")}, form="attach", content_type=MANY)
    )
    assert desk.open(kept.link("Download")).data == b"%PDF-1.7 signed"
    ticks = desk.page(f"{_address(db)}/tick?department={ed}")
    nobody = page_of(desk.submit(ticks, {}, form="ticks"), 422)
    assert "Tick somebody on a list of people" in nobody.text
    looked = page_of(desk.submit(ticks, {"who": [str(ana)]}, form="ticks"))
    assert "Gets a record of" in looked.text


def test_hr_of_one_department_sees_and_records_its_own_people_only(
    db: Database, hospital: Hospital, published: None, signed_in: SignedIn
) -> None:
    ed, lab = hospital.department("ED"), hospital.department("LAB")
    hospital.person("1001", department=ed)
    hospital.person("1002", department=lab)
    whole = signed_in(hospital.person("HR1", grants=((Role.HR, None),)))
    made = _session(whole)
    whole.submit(made, {"file": (io.BytesIO(b"%PDF-1.7 x"), "sheet.pdf")}, form="attach", content_type=MANY)
    looked = page_of(whole.submit(whole.page(made.link("Say who was there")), {"people": "1002"}, form="several"))
    whole.submit(looked, form="confirm", button="Record it")
    own = signed_in(hospital.person("HR2", department=ed, grants=((Role.HR, ed),)))
    shown = own.page(_address(db))
    assert "1 person was there, who is not among those you look after." in shown.text and "1002" not in shown.text
    assert own.open(f"{_address(db)}/documents/1").status_code == 404
    looked = page_of(
        own.submit(
            own.page(shown.link("Say who was there")),
            {"people": "1001\n1002"},
            form="several",
        )
    )
    assert "1 line names nobody you look after" in looked.text
    own.submit(looked, form="confirm", button="Record it")
    with db.session() as session:
        assert session.scalar(select(func.count(TrainingRecord.id))) == 2
    auditor = signed_in(hospital.person("AU", grants=((Role.AUDITOR, None),)))
    assert "1002" in auditor.page(_address(db)).text and auditor.open("/people/sessions/new").status_code == 403
    assert signed_in(hospital.person("N1")).open("/people/sessions/").status_code == 403
    # an empty session is called off by who wrote it down, or by HR of everybody
    empty = _session(whole, day="2026-07-01")
    assert "Call this session off" in empty.text and "Call this session off" not in own.page(empty.url).text
    token = own.page("/people/sessions/new").fields(own.page("/people/sessions/new").form("change"))["csrf_token"]
    assert own.post(f"{_address(db)}/call-off", data={"csrf_token": token}).status_code == 403
    with db.session() as session:
        assert session.scalar(select(LiveSession.called_off_at).order_by(LiveSession.id.desc()).limit(1)) is None
    _session(own, day="2026-07-02")
    assert "called off" in page_of(own.submit(own.page(_address(db)), form="/call-off")).text


def _session(desk: PageClient, **said: str):  # type: ignore[no-untyped-def]
    return page_of(desk.submit(_form(desk), {"course": LA_110, "place": "Room 4", **said}, form="change"))


def _form(desk: PageClient):  # type: ignore[no-untyped-def]
    return desk.page("/people/sessions/new")


def _address(db: Database) -> str:
    with db.session() as session:
        return f"/people/sessions/{session.scalar(select(func.max(LiveSession.id)))}"


def _rule(db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        publish_requirement(session, "LA", "Language access", ONCE, date(2026, 6, 10), Actor(None, clock.now()))
        generation = session.scalars(select(Generation.id).where(Generation.building)).one()
        while not build_step(session, generation, clock.now()):
            pass


def _state(session, person_id: int) -> State:  # type: ignore[no-untyped-def]
    found = session.scalars(
        select(Span.state).join(Generation, Generation.id == Span.generation_id).where(
            Span.person_id == person_id, Generation.active, Span.requirement_id != OVERALL,
            Span.from_day <= date(2026, 6, 15), Span.to_day > date(2026, 6, 15),
        )
    ).all()  # fmt: skip
    return State(found[0])
