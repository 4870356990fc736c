"""Training done elsewhere: handed in, decided, counted; and never taken for granted."""

from __future__ import annotations

import io
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from lms.access import Role
from lms.audit import Actor
from lms.audit.models import AuditEntry
from lms.clock import FOR_EVER
from lms.compliance import actions
from lms.compliance import queries as compliance
from lms.compliance.equivalencies.actions import KEPT, Stated
from lms.compliance.equivalencies.models import Equivalency
from lms.compliance.models import Generation
from lms.db import Database
from lms.errors import Conflict, Denied, Invalid, NotFound
from lms.files import StoredFile
from lms.flows.outside import decide_outside, end_equivalency, state_equivalency
from lms.notices.models import Mail
from lms.people.models import DutyTag, Person
from lms.records.outside import judging
from lms.records.outside.actions import decide, hand_in
from lms.records.outside.judging import (
    Claim,
    Counting,
    Other,
    check_claim,
    check_counting,
    check_step,
    doubts,
    likenesses,
)
from lms.records.outside.models import Outcome, OutsideDecision
from lms.records.outside.papers import MOST, kind_of
from tests.reports.conftest import Enter
from tests.reports.house import NOW, TODAY, House
from tests.support.pages import page_of

MANY = "multipart/form-data"
PDF = b"%PDF-1.4\n1 0 obj <</Type/Catalog>> endobj\n"
CLAIM = Claim("Implicit Bias in Perinatal Care", "State University", date(2026, 3, 1), 60)
LIBRARY = Path(__file__).parents[2] / "courses" / "requirements"


def paper(data: bytes = PDF, name: str = "c.pdf") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


# --- pure -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"title": " "}, "title"),
        ({"provider": ""}, "title"),
        ({"finished_on": date(2026, 6, 16)}, "still to come"),
        ({"finished_on": date(1926, 3, 1)}, "Check the year"),
        ({"expires_on": date(2026, 2, 28)}, "expires before"),
        ({"minutes": -1}, "minutes from 0"),
        ({"minutes": 60_001}, "minutes from 0"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], why: str) -> None:
    said = {name: getattr(CLAIM, name) for name in CLAIM.__slots__} | change
    with pytest.raises(Invalid, match=why):
        check_claim(Claim(**said), with_paper=True, today=TODAY)


def test_a_claim_needs_proof_and_an_approval_must_count_for_something() -> None:
    with pytest.raises(Invalid, match="in your own words"):
        check_claim(CLAIM, with_paper=False, today=TODAY)
    with pytest.raises(Invalid, match="in your own words"):
        check_claim(Claim("A", "B", TODAY, 0, attested=" "), with_paper=False, today=TODAY)
    check_claim(Claim("A", "B", TODAY, 0, attested="I was there."), with_paper=False, today=TODAY)
    with pytest.raises(Invalid, match="what it counts for"):
        check_counting(Counting("A", "B", TODAY, 0), today=TODAY)
    with pytest.raises(Invalid, match="more minutes than the whole"):
        check_counting(Counting("A", "B", TODAY, 60, {"bias": 40, "equity": 30}), today=TODAY)
    check_counting(Counting("A", "B", TODAY, 0, names=("bias",)), today=TODAY)


@pytest.mark.parametrize(
    "data", [b"MZ\x90\x00", b"#!/bin/sh\n", b"PK\x03\x04", b" %PDF-1.4", b"<svg/>", b"", b"%PDF-" + bytes(MOST)]
)
def test_only_documents_and_pictures_are_taken_whatever_they_are_called(data: bytes) -> None:
    with pytest.raises(Invalid):
        kind_of(data)


def test_steps_follow_each_other_and_owe_reasons() -> None:
    for step, state, reason in (
        ("approved", "waiting", ""), ("approved", "asked", ""), ("approved", "rejected", "A mistake"), ("approved", "approved", "Typo"),
        ("rejected", "waiting", "Not ours"), ("asked", "waiting", "Which day?"), ("answered", "asked", ""),
        ("revoked", "approved", "Forged"), ("withdrawn", "waiting", ""),
    ):  # fmt: skip
        check_step(step, state, reason)
    for step, state in (
        ("asked", "asked"),
        ("answered", "waiting"),
        ("revoked", "waiting"),
        ("rejected", "approved"),
        ("withdrawn", "approved"),
    ):
        with pytest.raises(Conflict):
            check_step(step, state, "because")
    for step, state in (
        ("rejected", "waiting"),
        ("asked", "waiting"),
        ("revoked", "approved"),
        ("approved", "approved"),
    ):
        with pytest.raises(Invalid, match="reason"):
            check_step(step, state, " ")


def test_what_may_have_been_handed_in_before_is_noticed() -> None:
    claim = Claim("Bias", "State", date(2026, 3, 1), 60, certificate_number="A-7")
    others = [
        Other(2, 9, "Else", date(2020, 1, 1), sha256="f00"),
        Other(3, 9, "Else", date(2020, 1, 1), certificate_number="a-7"),
        Other(4, 1, " BIAS ", date(2026, 3, 1)),
        Other(5, 9, "Bias", date(2026, 3, 1)),  # somebody else at the same training
        Other(6, 1, "Bias", date(2026, 3, 2)),  # the second day of it
        Other(None, 1, "Cultural competency", date(2026, 4, 1), course="cc-101"),
        Other(None, 1, "Cultural competency", date(2026, 4, 2), course="cc-101"),  # 32 days
        Other(None, 1, "Bias", date(2026, 2, 1), course="ib-200"),
    ]
    found = likenesses(claim, "f00", 1, others, ["cc-101"])
    assert [(each.why, each.other.training_id or each.other.course) for each in found] == [
        ("paper", 2), ("number", 3), ("same", 4), ("record", "ib-200"), ("record", "cc-101"),
    ]  # fmt: skip
    told = [message.msgid for message in doubts(claim, hired=date(2026, 4, 1), began=date(2026, 5, 1), today=TODAY)]
    assert len(told) == 2 and "first day of employment" in told[0] and "existed" in told[1]
    assert judging.outside_name("State  University", "Bias") == judging.outside_name("state university", " bÍas")


# --- the whole way --------------------------------------------------------------------------------------------------------


def adopt(db: Database, house: House, name: str) -> tuple[int, int]:
    """A rule of the library as it stands there, in force since 2025; gives the requirement and somebody whom it is asked of."""
    version = yaml.safe_load((LIBRARY / f"{name}.yaml").read_text())["versions"][0]
    with db.transaction() as session:
        person = house.overdue
        session.add(
            DutyTag(person_id=person, tag="perinatal", from_day=date(2025, 3, 1), to_day=FOR_EVER, recorded_at=NOW)
        )
        row = session.get_one(Person, person)
        row.email, row.language = "nurse@house.test", "en"
        own = actions.publish_requirement(
            session, "NJ", "Bias in perinatal care", version["rule"], date(2025, 1, 1), Actor(None, NOW)
        )
        own.adopted_on = date(2025, 1, 1)
        session.flush()
        house.hospital(session).build()
        return own.requirement_id, person


def state(db: Database, person: int, requirement: int) -> tuple[str, Any, str]:
    with db.session() as session:
        duty = next(each for each in compliance.duties(session, person, TODAY) if each.requirement_id == requirement)
    return duty.state, duty.valid_until, str(duty.why)


def test_from_a_rule_of_the_library_to_a_span(house: House, enter: Enter, db: Database) -> None:
    requirement, person = adopt(db, house, "nj-maternity-hospital")
    assert state(db, person, requirement)[0] == "overdue"
    learner = enter(Role.EXECUTIVE, person_id=person)
    said = {
        "title": "Implicit Bias in Perinatal Care", "provider": "State University", "finished_on": "2026-03-01", "hours": "1",
        "meant_for": "requirement:NJ", "certificate_number": "A-7", "expires_on": "2026-12-31",
    }  # fmt: skip
    page = learner.page("/outside-training/new")
    for wrong, words in (
        ({"paper": paper(b"MZ program", "certificate.pdf")}, "neither a PDF"),
        ({}, "in your own words"),
        ({"paper": paper(), "finished_on": "2026-06-16"}, "still to come"),
    ):
        refused = learner.submit(page, said | wrong, form="change", content_type=MANY, follow=False)
        assert refused.status_code == 422 and words in page_of(refused, 422).text
    learner.submit(page, said | {"paper": paper()}, form="change", content_type=MANY)
    with db.session() as session:
        assert len(session.scalars(select(StoredFile).where(StoredFile.purpose == "outside training")).all()) == 1

    assert "1 " not in enter(Role.HR, house.north).page("/outside-training/review/").text.split("Nothing waits")[0]
    assert enter(Role.MANAGER, house.main).get("/outside-training/review/").status_code == 403
    hr = enter(Role.HR, house.acute)
    assert "Outside training (1)" in hr.page("/team/attempts").text
    assert "1 training done elsewhere waits" in hr.page("/today").text
    listed = hr.page("/outside-training/review/")
    sheet = hr.page(listed.link("Decide"))
    assert "State University" in sheet.text and hr.get(sheet.link("Open the document")).data == PDF
    unasked = hr.submit(sheet, {"reason": " "}, form="decide", button="Ask the learner", follow=False)
    assert unasked.status_code == 422 and "Give a reason" in page_of(unasked, 422).text
    hr.submit(sheet, {"reason": "Was it about birth?"}, form="decide", button="Ask the learner")
    assert (
        state(db, person, requirement)[0] == "overdue" and "Nothing waits" in hr.page("/outside-training/review/").text
    )

    asked = learner.page("/outside-training/")
    learner.submit(learner.page(asked.link("Answer")), {"note": "Yes, all of it."}, form="change", content_type=MANY)
    sheet = hr.page(hr.page("/outside-training/review/").link("Decide"))
    assert "Yes, all of it." in sheet.text and sheet.fields(sheet.form("decide"))["names"] == [
        "perinatal-implicit-bias"
    ]
    none = hr.submit(sheet, {"completed_on": "2026-06-30"}, form="decide", button="Approve", follow=False)
    assert none.status_code == 422
    token = sheet.fields(sheet.form("decide")) | {"answer": "approve"}
    for forged in ({"names": ["no-such"]}, {"lists": ["nobody"]}, {"courses": ["no-9"]}, {"topic:heath": "5"}):
        unknown = hr.post(sheet.url, data=token | forged)
        assert unknown.status_code == 422 and "is not among what can be chosen here" in page_of(unknown, 422).text
    hr.submit(sheet, {}, form="decide", button="Approve")
    assert state(db, person, requirement)[:2] == ("compliant", date(2026, 12, 31)), "it ends with the certificate"
    assert "Implicit Bias in Perinatal Care" in state(db, person, requirement)[2]
    twice = hr.submit(sheet, {"reason": "No"}, form="decide", button="Do not approve", follow=False)
    assert twice.status_code == 409
    transcript = learner.page("/transcript").text
    assert "Training done elsewhere" in transcript and "Valid until Dec 31, 2026" in transcript
    assert "counts until Dec 31, 2026" in hr.page(f"/people/{person}/training").text
    assert enter(Role.AUDITOR).page(sheet.url).text.count("Decide") == 0, "who may not decide finds no form"

    page = hr.page(sheet.url)
    hr.submit(page, {"reason": "The provider does not know it"}, form="decide", button="Take the approval back")
    assert state(db, person, requirement)[0] == "overdue"
    with db.session() as session:
        kinds = session.scalars(select(Mail.kind).where(Mail.person_id == person).order_by(Mail.id)).all()
        acts = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("outside.%")).order_by(AuditEntry.id)
        ).all()
        last = session.scalars(select(AuditEntry).where(AuditEntry.action == "outside.revoke")).one()
    assert kinds == ["outside_asked", "outside_approved", "outside_revoked"]
    assert acts == ["outside.hand_in", "outside.ask", "outside.answer", "outside.approve", "outside.revoke"]
    assert (
        last.before
        and last.before["names"] == ["perinatal-implicit-bias"]
        and last.reason == "The provider does not know it"
    )


# --- what counts as a course though it is another -------------------------------------------------------------------------


def test_an_equivalency_counts_in_one_direction_on_its_days_for_those_it_names(
    house: House, enter: Enter, db: Database
) -> None:
    with db.transaction() as session:
        write = house.hospital(session)
        write.complete(house.overdue, date(2026, 3, 1), "cc-900")
        write.complete(house.newcomer, date(2026, 6, 2), "cc-900")
        number = session.get_one(Person, house.overdue).number
        write.course("cc-102")
    local, hr = enter(Role.HR, house.acute), enter(Role.HR)
    said = {
        "course": "cc-900",
        "target": "cc-101",
        "first_day": "2026-01-01",
        "reason": "Same contents",
        "rests_on": "Compared by the educator",
    }
    page = local.page("/requirements/equivalencies/new")
    for wrong, words in (
        ({}, "number of a person"),
        ({"number": number, "target": "cc-900"}, "counts as itself"),
        ({"number": number, "rests_on": ""}, "what it rests on"),
        ({"number": number, "course": ""}, "title of the outside training"),
        ({"number": number, "last_day": "2025-12-31"}, "before the first day"),
        ({"number": "99999"}, "no person with this number"),
    ):
        refused = local.submit(page, said | wrong, form="change", content_type=MANY, follow=False)
        assert refused.status_code == 422 and words in page_of(refused, 422).text, wrong
    assert state(db, house.overdue, house.culture)[0] == "overdue"
    local.submit(page, said | {"number": number, "paper": paper()}, form="change", content_type=MANY)
    now, until, why = state(db, house.overdue, house.culture)
    assert (now, until) == ("compliant", date(2027, 2, 28)) and "“cc-900”, which counts as what is asked" in why
    assert state(db, house.newcomer, house.culture)[0] == "open", "it is for one person"
    page = hr.page("/requirements/equivalencies/new")
    hr.submit(page, said | {"first_day": "2026-06-01"}, form="change", content_type=MANY)
    assert state(db, house.newcomer, house.culture)[0] == "compliant"
    twice = hr.submit(page, said, form="change", content_type=MANY, follow=False)
    assert twice.status_code == 409
    listed = hr.page("/requirements/equivalencies/")
    assert (
        "Only for" in listed.text
        and "For everybody." in listed.text
        and hr.get(listed.link("Open the document")).data == PDF
    )
    ends = sorted(link for link in listed.links("End") if link.endswith("/end"))
    assert local.page(ends[-1], status=403)
    for_one, for_all = (next(link for link in ends if f"/{ident}/" in link) for ident in (1, 2))
    refused = hr.submit(hr.page(for_all), {"last_day": "2026-05-01", "reason": "Changed"}, form="change", follow=False)
    assert refused.status_code == 422
    hr.submit(hr.page(for_all), {"last_day": "2026-06-10", "reason": "Changed"}, form="change")
    assert state(db, house.newcomer, house.culture)[0] == "compliant", "what was completed until then goes on counting"
    hr.submit(hr.page(for_one.replace("/end", "/withdraw")), {"reason": "It teaches less"}, form="change")
    assert state(db, house.overdue, house.culture)[0] == "overdue"
    with db.session() as session:
        acts = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("equivalency.%")).order_by(AuditEntry.id)
        ).all()
    assert acts == ["equivalency.state", "equivalency.state", "equivalency.end", "equivalency.withdraw"]


def test_what_touches_many_is_worked_in_beside_the_pages(house: House, db: Database) -> None:
    """More people than are worked out at once: a generation is opened, and readers see the old one until it is built."""
    with db.transaction() as session:
        write = house.hospital(session)
        write.quiet = True
        write.number = 500
        people = [write.hire(house.chapel, "2025-01-01") for _ in range(actions.AT_ONCE + 1)]
        for person in people:
            write.complete(person, date(2026, 3, 1), "cc-900")
        write.build()
    assert state(db, people[-1], house.culture)[0] == "overdue"
    with db.transaction() as session:
        said = Stated("cc-101", date(2026, 1, 1), "Same contents", "cc-900", rests_on="Compared")
        state_equivalency(session, said, None, Actor(None, NOW))
    assert state(db, people[-1], house.culture)[0] == "overdue"
    with db.transaction() as session:
        building = session.scalars(select(Generation).where(Generation.building)).one()
        assert building.reason == "equivalency"
        while not actions.build_step(session, building.id, NOW):
            pass
    assert state(db, people[0], house.culture)[0] == state(db, people[-1], house.culture)[0] == "compliant"


def test_an_equivalency_reaches_who_did_the_course_elsewhere_and_meets_a_colleague_who_was_faster(
    house: House, db: Database
) -> None:
    day = date(2026, 3, 1)
    with db.transaction() as session:
        house.hospital(session).course("cc-900")
        house.hospital(session).build()
        done = Claim("Culture", "State University", day, 60, attested="I was there")
        training = hand_in(session, house.overdue, done, None, Actor(house.overdue, NOW))
        counting = Counting("Culture", "State University", day, 60, courses=("cc-900",))
        by = Actor(house.newcomer, NOW)
        decide_outside(session, training.id, Outcome.APPROVED, reason="", link="", actor=by, counting=counting)
    assert state(db, house.overdue, house.culture)[0] == "overdue"
    with db.transaction() as session:
        said = Stated("cc-101", date(2026, 1, 1), "Same contents", "cc-900", rests_on="Compared")
        ident = state_equivalency(session, said, None, Actor(None, NOW)).id
    assert state(db, house.overdue, house.culture)[0] == "compliant"
    with db.transaction() as session:
        assert session.get_one(Equivalency, ident).superseded_at is None  # as the page has read it
        session.connection().execute(update(Equivalency.__table__).values(superseded_at=NOW))
        with pytest.raises(NotFound, match="meanwhile"):
            end_equivalency(session, ident, day, "Changed", Actor(None, NOW))


@pytest.mark.postgres
def test_two_who_say_the_same_at_the_same_time_say_it_once(house: House, db: Database) -> None:
    with db.transaction() as session:
        house.hospital(session).course("cc-900")
    gate, outcomes = threading.Barrier(4, timeout=20), []

    def say(first: date) -> None:
        gate.wait()
        try:
            with db.transaction() as session:
                said = Stated("cc-101", first, "Same contents", "cc-900", rests_on="Compared")
                state_equivalency(session, said, None, Actor(None, NOW))
            outcomes.append("said")
        except Conflict as refused:
            outcomes.append(refused.message.msgid)

    threads = [threading.Thread(target=say, args=(date(2026, 1, 1 + n % 2),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    already = "This is said already for some of these days. End or withdraw that first."
    assert sorted(outcomes) == [already] * 3 + ["said"]
    with db.transaction() as session:
        one = session.scalars(select(Equivalency)).one()
        twice = {name: getattr(one, name) for name in (*KEPT, "to_day", "recorded_at")}
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(Equivalency(**twice, recorded_by=None))
            session.flush()
        end_equivalency(session, one.id, date(2026, 6, 30), "Changed", Actor(None, NOW))


def test_a_reviewer_decides_about_what_they_have_read(house: House, enter: Enter, db: Database) -> None:
    with db.transaction() as session:
        house.hospital(session).course("cc-900")
        claim = Claim("Culture", "State University", date(2026, 3, 1), 0, attested="I was there")
        ident = hand_in(session, house.overdue, claim, None, Actor(house.overdue, NOW)).id
        second = hand_in(session, house.overdue, claim, None, Actor(house.overdue, NOW)).id
        with pytest.raises(Denied, match="Only who handed it in"):
            decide(session, second, Outcome.WITHDRAWN, "", Actor(house.acute, NOW))
    one, other = enter(Role.HR), enter(Role.HR, house.acute)
    read, same = one.page(f"/outside-training/review/{ident}"), other.page(f"/outside-training/review/{ident}")
    assert "day: Culture" in read.text and "0 minutes" not in read.text
    assert "length not known" in one.page("/outside-training/review/").text
    one.submit(read, {"reason": "Not about this"}, form="decide", button="Do not approve")
    late = other.submit(same, {"reason": "Well done", "hours": "1"}, form="decide", button="Approve", follow=False)
    page = page_of(late, 409)
    assert "decided about this meanwhile" in page.text and "Not about this" in page.text
    other.submit(page, {}, form="decide", button="Approve")
    with db.session() as session:
        outcomes = session.scalars(select(OutsideDecision.outcome).order_by(OutsideDecision.id)).all()
    assert outcomes == ["rejected", "approved"]
