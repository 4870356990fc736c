"""Nobody decides about themselves, whatever their roles: every verb refuses it, and every page by which something is decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.access import Permission, Role
from lms.audit import Actor
from lms.audit.models import AuditEntry
from lms.certificates.models import Certificate
from lms.compliance import actions as compliance
from lms.compliance import assignments, more_time
from lms.compliance.assignments import Wanted
from lms.compliance.equivalencies import actions as equivalencies
from lms.compliance.equivalencies.actions import Stated
from lms.compliance.models import Exemption
from lms.db import Database
from lms.errors import Denied
from lms.flows import allowing, certifying, completing
from lms.flows.sessions import record_attendance
from lms.learning.accommodations import Given
from lms.learning.models import Accommodation, Enrolment
from lms.people import actions as people
from lms.people import holdings, qualifications
from lms.people.models import BirthMonth, DutyTag, Leave, Licence, Person
from lms.people.plan import Holding
from lms.records.models import LiveSession, TrainingRecord
from lms.records.outside import actions as outside
from lms.records.outside.judging import Claim
from lms.records.outside.models import Outcome
from tests.reports.conftest import Enter
from tests.reports.house import NOW, TODAY, House

DECIDING = {
    Permission.EXEMPTION_EDIT, Permission.ASSIGNMENT_EDIT, Permission.EXTENSION_DECIDE, Permission.RECORD_ADD,
    Permission.RECORD_REVOKE, Permission.OUTSIDE_DECIDE, Permission.ATTEMPT_GRANT, Permission.PEOPLE_EDIT,
    Permission.REMINDER_SEND,
}  # fmt: skip

ABOUT_NOBODY = {
    "notices.works": "an address, not the person",
    "employment.edit": "one's own name and address",
    "employment.new": "somebody who is not there yet",
    "departments.new": "a department", "departments.change": "a department", "departments.merge": "a department",
    "departments.close": "a department", "employer.new": "the employer", "employer.remove": "the employer",
    "sessions.new": "nobody was there yet", "sessions.attach": "a document", "sessions.call_off": "nobody was there",
}  # fmt: skip


class Mine:
    """What stands for somebody in HR who would like to decide about themselves; written down by the system."""

    def __init__(self, session: Session, house: House) -> None:
        self.session, self.me, self.house = session, house.overdue, house
        system = Actor(None, NOW)
        write = house.hospital(session)
        self.record = write.complete(self.me, date(2025, 1, 20))
        self.leave = people.record_leave(session, self.me, "stops", "trip", date(2025, 8, 1), date(2025, 8, 9), system)
        self.exemption = compliance.exempt(session, self.me, None, date(2025, 9, 1), date(2025, 9, 9), "x", system)
        term = holdings.term("RN", "CA", "1", date(2025, 1, 1), date(2027, 1, 1), renewal=False)
        self.term = term
        qualifications.record_licence(session, self.me, term, system)
        qualifications.give_duty(session, self.me, "perinatal", date(2025, 1, 1), None, system)
        self.assignment = assignments.assign(session, Wanted("cc-101", TODAY, "why"), "A", [self.me], system)
        self.asked = more_time.ask(session, self.me, house.culture, date(2026, 7, 1), "x", TODAY, Actor(self.me, NOW))
        self.said = Stated("la-110", date(2025, 1, 1), "why", "cc-101", person_id=self.me, rests_on="a comparison")
        write.course("la-110")
        self.equivalency = equivalencies.state(session, self.said, None, system)
        claim = Claim("Bias", "State", date(2025, 3, 1), 60, attested="I was there")
        self.outside = outside.hand_in(session, self.me, claim, None, Actor(self.me, NOW))
        self.licence = session.scalars(select(Licence).where(Licence.person_id == self.me)).one()
        self.duty = session.scalars(select(DutyTag).where(DutyTag.person_id == self.me)).one()


VERBS: dict[str, Callable[[Mine, Actor], object]] = {
    "exempt": lambda m, by: compliance.exempt(m.session, m.me, None, TODAY, None, "x", by),
    "end an exemption": lambda m, by: compliance.end_exemption(m.session, m.exemption.id, TODAY, "x", by),
    "extend": lambda m, by: compliance.extend(m.session, m.me, m.house.culture, 1, TODAY, "x", by),
    "give more time": lambda m, by: more_time.give(m.session, m.me, m.house.culture, TODAY, "x", TODAY, by),
    "grant": lambda m, by: more_time.grant(m.session, _waiting(m), TODAY, "x", by),
    "refuse": lambda m, by: more_time.refuse(m.session, _waiting(m), "x", by),
    "assign": lambda m, by: assignments.assign(m.session, Wanted("cc-101", TODAY, "x"), "A", [m.me], by),
    "withdraw": lambda m, by: assignments.withdraw(m.session, m.assignment.requirement_id, [m.me], "x", by),
    "state an equivalency": lambda m, by: equivalencies.state(m.session, m.said, None, by),
    "end an equivalency": lambda m, by: equivalencies.end(m.session, m.equivalency.id, TODAY, "x", by),
    "withdraw an equivalency": lambda m, by: equivalencies.withdraw(m.session, m.equivalency.id, "x", by),
    "complete": lambda m, by: completing.complete_by_hand(m.session, _person(m), m.record.course_id, TODAY, "x", by),
    "revoke": lambda m, by: certifying.revoke_record(m.session, m.record, reason="x", actor=by),
    "reissue": lambda m, by: certifying.reissue_certificate(
        m.session, Certificate(person_id=m.me), person_name="A", reason="x", actor=by
    ),
    "another attempt": lambda m, by: allowing.give_another_attempt(
        m.session, Enrolment(person_id=m.me), cast(Any, None), reason="x", link="", actor=by
    ),
    "accommodate": lambda m, by: allowing.accommodate(
        m.session, m.me, Given(percent=150), first_day=TODAY, last_day=None, reason="x", actor=by
    ),
    "end an accommodation": lambda m, by: allowing.end_accommodation(
        m.session, Accommodation(person_id=m.me), TODAY, by
    ),
    "approve": lambda m, by: outside.decide(m.session, m.outside.id, Outcome.APPROVED, "x", by),
    "reject": lambda m, by: outside.decide(m.session, m.outside.id, Outcome.REJECTED, "x", by),
    "ask": lambda m, by: outside.decide(m.session, m.outside.id, Outcome.ASKED, "x", by),
    "leave": lambda m, by: people.record_leave(m.session, m.me, "stops", "x", TODAY, None, by),
    "end a leave": lambda m, by: people.end_leave(m.session, m.me, m.leave.id, TODAY, "x", by),
    "move": lambda m, by: people.move(m.session, m.me, TODAY, _holding(m), by),
    "second place": lambda m, by: people.add_secondary(m.session, m.me, _holding(m), TODAY, by),
    "end a second place": lambda m, by: people.end_secondary(m.session, m.me, m.house.icu, TODAY, by),
    "end the employment": lambda m, by: people.end_employment(m.session, m.me, TODAY, by),
    "rehire": lambda m, by: people.rehire(m.session, m.me, "employee", _holding(m), TODAY, by),
    "correct a membership": lambda m, by: people.correct_membership(
        m.session, m.me, 1, _holding(m), TODAY, None, by, "x"
    ),
    "correct an employment": lambda m, by: people.correct_employment(
        m.session, m.me, 1, "employee", TODAY, None, by, "x"
    ),
    "licence": lambda m, by: qualifications.record_licence(m.session, m.me, m.term, by),
    "correct a licence": lambda m, by: qualifications.correct_licence(m.session, m.me, m.licence.id, m.term, by, "x"),
    "end a licence": lambda m, by: qualifications.end_licence(m.session, m.me, m.licence.id, TODAY, by, "x"),
    "duty": lambda m, by: qualifications.give_duty(m.session, m.me, "x", TODAY, None, by),
    "end a duty": lambda m, by: qualifications.end_duty(m.session, m.me, m.duty.id, TODAY, by, "Over"),
    "birth month": lambda m, by: qualifications.set_birth_month(m.session, m.me, 5, by),
}


def _waiting(m: Mine) -> more_time.Waiting:
    return more_time.Waiting(m.asked, "", "", cast(Any, None))


def _person(m: Mine) -> Person:
    return m.session.get_one(Person, m.me)


def _holding(m: Mine) -> Holding:
    return Holding(m.house.icu, "RN", "nursing", True, None)


def test_every_verb_refuses_it_and_writes_nothing(house: House, db: Database) -> None:
    tables = (AuditEntry, Exemption, Leave, Licence, DutyTag, BirthMonth, TrainingRecord)
    with db.session(write=True) as session:
        mine = Mine(session, house)
        session.flush()
        before = [session.scalar(select(func.count()).select_from(table)) for table in tables]
        for name, decide in VERBS.items():
            with pytest.raises(Denied, match="Nobody decides this for themselves"):
                decide(mine, Actor(mine.me, NOW))
                pytest.fail(name)
        assert [session.scalar(select(func.count()).select_from(table)) for table in tables] == before


def test_every_page_by_which_something_is_decided_refuses_it(
    house: House, enter: Enter, db: Database, app: Flask
) -> None:
    with db.transaction() as session:
        mine = Mine(session, house)
        me, record = mine.me, mine.record
        session.add(
            Certificate(
                number="2026-AAAAA-BBBBB", record_id=record.id, person_id=me, issued_at=NOW, issued_on=TODAY, valid_until=None,
                language="en", snapshot={"person_name": "X"}, supersedes_id=None,
            )
        )  # fmt: skip
        number = session.get_one(Person, me).number
        own: dict[str, Any] = {
            "person_id": me, "requirement_id": mine.assignment.requirement_id, "leave_id": mine.leave.id,
            "exemption_id": mine.exemption.id, "record_id": record.id, "number": "2026-AAAAA-BBBBB", "department_id": house.icu,
            "membership_id": 1, "employment_id": 1, "licence_id": mine.licence.id, "duty_id": mine.duty.id,
            "training_id": mine.outside.id, "ident": mine.equivalency.id, "request_id": mine.asked.id, "accommodation_id": 1,
            "enrolment_id": 1,
        }  # fmt: skip
        live = _session(session, mine)
    hr = enter(Role.HR, person_id=me)
    typed = {
        "course": str(record.course_id), "day": "2026-06-14", "reason": "x", "from_day": "2026-06-15", "first_day": "2025-01-01",
        "last_day": "2026-06-30", "kind": "stops", "requirement": str(house.culture), "until": "2026-07-20", "due": "2026-07-20",
        "live": str(live), "target": "la-110", "number": number, "rests_on": "x", "answer": "approve",
        "do": "act", "confirmed": str(me), "who": str(me),
    }  # fmt: skip
    token = {
        "csrf_token": hr.page("/people/list/leave").fields(hr.page("/people/list/leave").form("several"))["csrf_token"]
    }
    looked = 0
    with app.app_context():
        for rule in app.url_map.iter_rules():
            view = app.view_functions[rule.endpoint]
            if "POST" not in (rule.methods or ()) or getattr(view, "attune_permission", None) not in DECIDING:
                continue
            if rule.endpoint in ABOUT_NOBODY:
                continue
            with app.test_request_context():
                address = rule.build({name: own[name] for name in rule.arguments})[1]  # type: ignore[index]
            asked = "?person=" + str(me) if rule.endpoint == "assignments.withdraw" else ""
            answer = hr.post(
                address + asked,
                data=typed | token | ({"course": "cc-101"} if "equiv" in address or "assignment" in address else {}),
            )
            assert answer.status_code in (
                (403,) if "list/" not in address and "team/" not in address else (403, 404, 409)
            ), f"{rule.endpoint}: {answer.status}"
            looked += 1
    assert looked > 30
    with db.session() as session:
        assert not session.scalar(
            select(func.count())
            .select_from(AuditEntry)
            .where(
                AuditEntry.actor_id == me,
                AuditEntry.action.not_like("extension.ask"),
                AuditEntry.action.not_like("outside.hand_in"),
                AuditEntry.action.not_like("session.%"),
            )
        )
    assert "This is you" in hr.page(f"/people/{me}").text
    for page in (f"/people/{me}", f"/people/{me}/training", f"/people/{me}/qualifications/"):
        shown = hr.page(page)
        for word in ("Move", "Grant an exemption", "Revoke", "Record a completion", "Add a duty"):
            assert not shown.links(word), f"{page} offers {word!r}"


def _session(session: Session, mine: Mine) -> int:
    row = LiveSession(
        course_id=mine.record.course_id, version_id=mine.record.version_id, day=TODAY, minutes=60, topics={}, modality="live",
        language="en", place="", teacher="", recorded_at=NOW, recorded_by=None, called_off_at=None, called_off_by=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    with pytest.raises(Denied):
        record_attendance(session, row, [_person(mine)], Actor(mine.me, NOW))
    return row.id
