"""A follow-up by mail: in its weeks, to those who can be asked, once, with one reminder, as part of the mail of the day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from config import Config
from lms.audit import Actor
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish
from lms.clock import FOR_EVER
from lms.db import Database
from lms.files import FileStore
from lms.learning import actions, surveys
from lms.learning.models import FollowUp
from lms.notices import nightly
from lms.notices.follow_ups import asked_of, write_follow_ups
from lms.notices.models import NoticeLine
from lms.people.models import Employment, Leave
from lms.records.models import How, TrainingRecord
from tests.accounts.conftest import Hospital
from tests.catalogue.test_survey_checks import course
from tests.notices.test_nightly import text_of, turn_on
from tests.support.clocks import SetClock
from tests.support.mail import MailServer as TestServer

__all__ = ["files", "worker"]
from lms.worker import Worker
from tests.notices.test_nightly import files, run, worker


@pytest.fixture
def completed(hospital: Hospital, db: Database, clock: SetClock, config: Config, tmp_path: Path) -> date:
    """Six people completed the small course today, the first by taking it (person 1) ... the last by testing out."""
    unit = hospital.department("ED")
    people = [
        hospital.person(str(n), email=f"p{n}@mercy.test" if n != 4 else None, department=unit) for n in range(1, 7)
    ]
    today = clock.now().date()
    with db.transaction() as session:
        version = publish(
            session, course(tmp_path), FileStore(config.data_dir / "files"), by=Actor(None, clock.now())
        ).version
        content = catalogue.content(session, version.id)
        for number, person in enumerate(people, 1):
            enrolment = actions.enrol(session, person, version.course_id, version.id, now=clock.now(), by=person)
            actions.close(session, enrolment, now=clock.now(), completed=True)
            session.add(
                TrainingRecord(
                    person_id=person, course_id=version.course_id, version_id=version.id, enrolment_id=enrolment.id,
                    completed_on=today, completed_at=clock.now(), language="en", how=How.TEST_OUT if number == 6 else How.COURSE,
                    minutes=20, topics={}, course_code=content.code, course_title=content.title, version_number=1,
                    person_name="x", department_path="", job="", profession="", recorded_at=clock.now(),
                )
            )  # fmt: skip
        known = {"recorded_at": clock.now(), "recorded_by": None, "superseded_at": None, "superseded_by": None}
        session.add(
            Leave(
                person_id=people[1],
                kind="stops",
                reason="",
                from_day=today + timedelta(days=70),
                to_day=today + timedelta(days=80),
                **known,
            )
        )
        gone = session.scalars(select(Employment).where(Employment.person_id == people[2])).one()
        assert gone.to_day == FOR_EVER
        gone.to_day = today + timedelta(days=30)
        surveys.ask_later(session, people[4], False, clock.now())
    return today


def test_who_is_asked_on_which_day(db: Database, completed: date, clock: SetClock) -> None:
    days = {}
    for after in range(60, 110):
        with db.session() as session:
            expected = nightly.preview(session, nightly.plan(session), completed + timedelta(days=after), completed)
        with db.transaction() as session:
            day = completed + timedelta(days=after)
            write_follow_ups(session, day, "UTC")
            people = session.scalars(select(NoticeLine.person_id).where(NoticeLine.day == day)).all()
            assert sorted(people) == sorted(expected), "tomorrow's mail says beforehand who is asked"
            if people:
                days[after] = {
                    person: [each.again for each in asked_of(session, person, {day}, "en")] for person in people
                }
    first, second = sorted({person for asked in days.values() for person in asked})
    assert days == {
        75: {first: [False]},
        80: {second: [False]},  # back from leave, still in time
        90: {first: [True]},  # one reminder, half-way
        95: {second: [True]},
    }, "nobody who left, has no address, declined or tested out; nobody twice"


def test_the_mail_is_that_of_the_day_and_leads_to_the_page(
    hospital: Hospital, completed: date, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    turn_on(db, clock)
    clock.advance(days=75)
    run(worker)
    [mail] = smtp.wait_for(1)
    assert mail["To"] == "p1@mercy.test" and mail["Subject"] == "Training: what has changed since then?"
    assert "/follow-up/1" in text_of(mail) and "voluntary" in text_of(mail) and "/account" in text_of(mail)
    with db.transaction() as session:
        row = session.scalars(select(FollowUp)).one()
        assert (row.enrolment_id, row.invited_on) == (1, completed + timedelta(days=75))
        row.answered_at = clock.now()
    clock.advance(days=15)
    run(worker)
    assert len(smtp.messages) == 2, "the other person is asked; who has answered is not reminded"
