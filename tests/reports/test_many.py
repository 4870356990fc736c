"""What HR decides: for one person with a document, and for a pasted list of people, all of them or nobody."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from lms.access import Role
from lms.audit.models import AuditEntry
from lms.compliance import queries
from lms.compliance.models import Exemption, Extension
from lms.db import Database
from lms.errors import Invalid
from lms.files import StoredFile
from lms.notices.models import Mail
from lms.people.documents import kind_of, safe_name
from lms.people.models import Leave, Person
from lms.records.models import ManualCompletion, RecordRevocation, TrainingRecord
from tests.reports.conftest import Enter
from tests.reports.house import TODAY, House

PDF = b"%PDF-1.7 a letter"


def numbers(db: Database, *person_ids: int) -> str:
    with db.session() as session:
        return "\n".join(session.get_one(Person, each).number for each in person_ids)


def test_a_document_is_known_by_what_it_holds() -> None:
    table = [
        (PDF, "application/pdf"), (b"\x89PNG\r\n\x1a\n1", "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("Grüße".encode(), "text/plain; charset=utf-8"),
    ]  # fmt: skip
    for data, kind in table:
        assert kind_of(data) == kind
    for wrong in (
        b"",
        b"MZ\x90\x00",
        b"#!/bin/sh\nrm",
        b"\x7fELF\x02",
        b" <html><script>",
        b"<svg onload=x>",
        b"PK\x03\x04",
    ):
        with pytest.raises(Invalid):
            kind_of(wrong)
    assert safe_name("..\\evil/\x00letter.pdf") == "letter.pdf" and safe_name("/") == "document"


def test_a_list_is_looked_at_by_name_and_then_done_for_all_or_for_nobody(
    house: House, enter: Enter, db: Database
) -> None:
    with db.transaction() as session:
        session.get_one(Person, house.newcomer).email = "new@house.test"
    hr = enter(Role.HR)
    page = hr.page(hr.page("/people/").link("For several people"))

    # leaves: who is away already cannot be taken in; the others are done together
    form = {"from_day": "2026-07-01", "last_day": "2026-07-31", "kind": "stops", "reason": "Summer programme"}
    listed = numbers(db, house.away, house.overdue) + "\nNEW@house.test;nobody"
    start = hr.page(page.links("A leave of absence")[0])
    look = hr.submit(start, form | {"people": listed}, form="several").page
    assert "2 people can be taken in. 1 person cannot. 1 line names nobody for sure." in look.text
    assert "A leave from January 10, 2025 is written down" in look.text
    backwards = hr.submit(start, form | {"people": listed, "last_day": "2026-06-01"}, form="several")
    assert backwards.status_code == 422 and "The last day lies before the first day." in backwards.text
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Leave)) == 1, "nothing is done by looking"
    with db.transaction() as session:
        house.hospital(session).leave(house.newcomer, date(2026, 7, 20), 30)
    late = hr.submit(look, {}, form="confirm", button="Record the leave")
    assert late.status_code == 409 and "Nothing was changed for anybody." in late.page.text
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Leave)) == 2, "all or nobody"
    upload = {"document": (io.BytesIO(b"#!/bin/sh"), "x.pdf")}
    look = hr.submit(start, form | {"people": numbers(db, house.overdue, house.grace)}, form="several").page
    program = hr.submit(look, upload, form="confirm", button="Record the leave")
    assert program.status_code == 422 and "A document is a PDF" in program.page.text
    look = hr.submit(start, form | {"people": numbers(db, house.overdue, house.grace)}, form="several").page
    done = hr.submit(look, {"document": (io.BytesIO(PDF), "memo.pdf")}, form="confirm", button="Record the leave")
    assert "Done for 2 people." in done.page.text
    with db.session() as session:
        made = session.scalars(select(Leave).where(Leave.reason == "Summer programme")).all()
        files = [session.get_one(StoredFile, row.file_id) for row in made]
        assert {row.person_id for row in made} == {house.overdue, house.grace}
        assert {(file.owner_id, file.sha256) for file in files} == {(row.person_id, files[0].sha256) for row in made}
        where = {file.owner_id: file.id for file in files}
    shown = hr.page(f"/people/{house.grace}")
    assert hr.get(shown.link("Document")).data == PDF
    other = f"/people/{house.overdue}/documents/{where[house.grace]}"
    assert hr.get(other).status_code == 404, "a document is opened through its own person only"
    assert enter(Role.HR, house.clinics).get(shown.link("Document")).status_code == 404
    assert enter(Role.MANAGER, house.acute).get(shown.link("Document")).status_code == 403

    # more time, an exemption, completions and revoking them
    assert not hr.page("/people/list/").links("Attendance"), "no live session has taken place"
    start = hr.page("/people/list/more-time")
    form = {"requirement": str(house.culture), "until": "2026-08-15", "reason": "The classroom burnt down"}
    look = hr.submit(start, form | {"people": numbers(db, house.overdue, house.compliant)}, form="several").page
    assert "1 person can be taken in. 1 person cannot." in look.text and "Due by Aug 15, 2026 instead of" in look.text
    hr.submit(look, {}, form="confirm", button="Move the due day")
    start = hr.page("/people/list/exemption")
    form = {"requirement": str(house.culture), "from_day": "2026-06-15", "last_day": "", "reason": "Research only"}
    look = hr.submit(start, form | {"people": numbers(db, house.compliant, house.renewing)}, form="several").page
    assert "does not apply" not in look.text, "it concerns both of them"
    past = form | {"from_day": "2001-01-01", "last_day": "2001-02-01", "people": numbers(db, house.compliant)}
    assert "it does not apply to them on any of these days" in hr.submit(start, past, form="several").page.text
    hr.submit(look, {}, form="confirm", button="Grant the exemption")
    twice = hr.submit(look, {}, form="confirm", button="Grant the exemption")
    assert twice.status_code == 409 and "Nobody can be taken in" in twice.page.text, "a form that is sent twice"
    start = hr.page("/people/list/completion")
    with db.session() as session:
        course = session.scalars(select(TrainingRecord.course_id)).first()
    form = {"course": str(course), "day": "2026-06-14", "reason": "Signed sheet"}
    future = hr.submit(start, form | {"day": "2026-06-16", "people": numbers(db, house.overdue)}, form="several").page
    assert "The day is still to come." in future.text and "Nobody can be taken in" in future.text
    before = hr.submit(start, form | {"day": "2022-06-16", "people": numbers(db, house.overdue)}, form="several").page
    assert "No version of this course was offered on that day" in before.text
    look = hr.submit(start, form | {"people": numbers(db, house.overdue, house.newcomer)}, form="several").page
    hr.submit(look, {}, form="confirm", button="Record the completion")
    with db.session() as session:
        state = {
            each: queries.duties(session, each, TODAY)[0].state
            for each in (house.overdue, house.newcomer, house.compliant)
        }
        assert state == {house.overdue: "compliant", house.newcomer: "compliant", house.compliant: "exempt"}
        (moved,) = session.scalars(select(Extension)).all()
        assert (moved.person_id, moved.due) == (house.overdue, date(2026, 8, 15))
        assert len(session.scalars(select(Exemption)).all()) == 2
        assert [row.reason for row in session.scalars(select(ManualCompletion))] == ["Signed sheet"] * 2
    assert "Recorded by hand" in hr.page(f"/people/{house.overdue}/training").text
    start = hr.page("/people/list/revocation")
    form = {
        "course": str(course),
        "first_day": "2026-06-14",
        "last_day": "2026-06-14",
        "reason": "The sheet was forged",
    }
    look = hr.submit(
        start, form | {"people": numbers(db, house.overdue, house.newcomer, house.grace)}, form="several"
    ).page
    assert "2 people can be taken in. 1 person cannot." in look.text
    hr.submit(look, {}, form="confirm", button="Revoke the records")
    with db.session() as session:
        assert len(session.scalars(select(RecordRevocation)).all()) == 2
        assert queries.duties(session, house.overdue, TODAY)[0].due == date(2026, 9, 15), (
            "15 August and the 31 days of leave"
        )
        said = session.execute(
            select(AuditEntry.action, func.count()).where(AuditEntry.actor_id.is_not(None)).group_by(AuditEntry.action)
        )
        counts = dict(said.all())
    assert counts["leave.record"] == 2 and counts["exemption.grant"] == 2 and counts["record.revoke"] == 2


def test_oneself_on_a_list_is_left_out_and_cannot_be_smuggled_in(house: House, enter: Enter, db: Database) -> None:
    hr = enter(Role.HR, person_id=house.overdue)
    start = hr.page("/people/list/completion")
    look = hr.submit(start, {"reason": "Seen", "people": numbers(db, house.overdue, house.grace)}, form="several").page
    assert "Nobody decides this for themselves" in look.text and "1 person can be taken in." in look.text
    done = look.fields(look.form("confirm")) | {"confirmed": str(house.overdue), "do": "act"}
    for sent in ([str(house.overdue)], ["9" * 30], [str(number) for number in range(1, 600)]):
        assert hr.post("/people/list/completion", data=done | {"confirmed": sent}).status_code == 409
    with db.session() as session:
        assert not session.scalars(select(ManualCompletion)).all()


def test_people_are_ticked_on_lists_or_taken_as_found(house: House, enter: Enter, db: Database) -> None:
    hr = enter(Role.HR)
    listed = hr.page(f"/people/?department={house.ed}")
    ticks = [box for box in listed.all("input") if box.get("name") == "who"]
    assert len(ticks) == 8 and all((box.get("aria-label") or "").startswith("Choose Test Person") for box in ticks)

    # ticked, then the decision; whoever is unticked on its form is out, whoever is pasted comes in
    two = [str(house.grace), str(house.newcomer)]
    menu = hr.submit(listed, {"who": two}, form="choose", button="Something else").page
    assert "2 people are chosen." in menu.text
    form = hr.page(menu.link("A leave of absence"))
    assert form.fields(form.form("several"))["who"] == sorted(two, key=int)
    words = {"from_day": "2026-07-01", "last_day": "2026-07-31", "reason": "Summer"}
    look = hr.submit(form, words | {"who": two[:1], "people": numbers(db, house.compliant)}, form="several").page
    assert "2 people can be taken in." in look.text
    back = hr.submit(look, {}, form="confirm", button="Change the list").page
    assert "1 person is chosen" in back.text and back.fields(back.form("several"))["who"] == two[:1]
    hr.submit(look, {}, form="confirm", button="Record the leave")
    with db.session() as session:
        assert house.grace in session.scalars(select(Leave.person_id)).all()
        assert house.newcomer not in session.scalars(select(Leave.person_id)).all()

    # everybody a search finds
    everybody = hr.submit(listed, {"everybody": "1"}, form="choose", button="Assign a course").page
    assert "8 people are chosen" in everybody.text
    nobody = hr.submit(listed, {}, form="choose", button="Assign a course").page
    assert "Nobody was ticked." in nobody.text

    # from the list behind a number: extend these, for the duty that was looked at
    behind = hr.page(f"/completion/people?requirement={house.culture}&state=overdue")
    many = hr.submit(behind, {"everybody": "1"}, form="choose", button="Give more time").page
    assert "5 people are chosen" in many.text
    assert many.fields(many.form("several"))["requirement"] == [str(house.culture)]
    look = hr.submit(many, {"until": "2026-08-15", "reason": "The classroom burnt down"}, form="several").page
    assert "5 people can be taken in." in look.text
    assert "Done for 5 people." in hr.submit(look, {}, form="confirm", button="Move the due day").page.text
    assert not hr.page(f"/completion/people?requirement={house.culture}&state=overdue").all("fieldset")

    # who looks after one department reaches its people only, and who only reads has no ticks
    clerk = enter(Role.HR, house.clinics)
    few = clerk.page(f"/people/list/leave?who={house.grace}&who={house.overdue}")
    assert "not among those for whom you may decide this" in few.text and "chosen" not in few.text
    auditor = enter(Role.AUDITOR)
    for page in ("/people/", "/completion/people"):
        assert not [box for box in auditor.page(page).all("input") if box.get("name") == "who"]


def test_hr_moves_one_due_day_and_records_a_completion_and_a_learner_takes_a_request_back(
    house: House, enter: Enter, db: Database
) -> None:
    with db.transaction() as session:
        session.get_one(Person, house.overdue).email = "late@house.test"
    learner = enter(Role.EXECUTIVE, person_id=house.overdue)
    ask = learner.page(f"/more-time/{house.culture}")
    waiting = learner.submit(ask, {"wished": "2026-07-31", "reason": "Night shifts"}, form="change").page
    back = learner.submit(waiting, {}, form="take-back")
    assert "You no longer ask for more time." in back.page.text
    assert learner.submit(waiting, {}, form="take-back").status_code == 200
    assert "Nobody is waiting" in enter(Role.MANAGER, house.acute).page("/team/attempts").text
    learner.submit(
        learner.page(f"/more-time/{house.culture}"), {"wished": "2026-07-31", "reason": "Exams"}, form="change"
    )
    hr = enter(Role.HR)
    page = hr.page(hr.page(f"/people/{house.overdue}/training").link("Give more time"))
    far = hr.submit(page, {"until": "2031-01-01", "reason": "x"}, form="change")
    assert far.status_code == 422
    given = hr.submit(
        page,
        {"until": "2026-07-20", "reason": "Agreed by phone", "document": (io.BytesIO(PDF), "call.pdf")},
        form="change",
    ).page
    assert "Taken back" in given.text and "Granted until Jul 20, 2026" in given.text and "Agreed by phone" in given.text
    assert hr.get(given.links("Document")[0]).data == PDF
    with db.session() as session:
        assert queries.duties(session, house.overdue, TODAY)[0].due == date(2026, 7, 20)
        assert session.scalars(select(Mail.kind)).all() == ["more_time_given"]
        assert list(session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("extension.%")))) == [
            "extension.ask", "extension.take_back", "extension.ask", "extension.grant",
        ]  # fmt: skip
    page = hr.page(f"/people/{house.overdue}/completion")
    done = hr.submit(page, {"day": (TODAY - timedelta(days=1)).isoformat(), "reason": "Skills lab"}, form="change").page
    assert "Skills lab" in done.text
    again = hr.submit(page, {"day": (TODAY - timedelta(days=1)).isoformat(), "reason": "Skills lab"}, form="change")
    assert again.status_code == 409
    with db.session() as session:
        assert queries.duties(session, house.overdue, TODAY)[0].state == "compliant"
    assert enter(Role.AUDITOR).get(f"/people/{house.overdue}/completion").status_code == 403
