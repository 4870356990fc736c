"""Reminders on a real database and a real mail server: one mail a person a day, in their language, never twice, never on leave."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select, update

from lms.access import Role
from lms.audit import Actor
from lms.catalogue.models import Course
from lms.clock import FOR_EVER
from lms.compliance import actions as compliance
from lms.compliance import more_time
from lms.compliance.models import Requirement
from lms.db import Database
from lms.files import FileStore
from lms.flows import staffing
from lms.notices import actions, nightly
from lms.notices.models import Mail, NoticeLine, NoticeRun
from lms.notices.plan import NoticePlan, Reason
from lms.people.models import Leave, Person
from lms.records.models import TrainingRecord
from lms.records.outside import actions as outside
from lms.records.outside.judging import Claim
from lms.records.outside.models import Outcome
from lms.worker import Worker
from tests.accounts.conftest import Hospital, SignIn
from tests.support.clocks import SetClock
from tests.support.mail import MailServer as TestServer
from tests.support.pages import PageClient


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


@pytest.fixture
def worker(db: Database, files: FileStore, clock: SetClock) -> Worker:
    return Worker(db, files, clock)


def require(db: Database, clock: SetClock, worker: Worker, code: str = "LANG") -> None:
    """A duty of everybody, due 30 days from today: 15 July 2026."""
    with db.transaction() as session:
        rule = {"courses": ["la-110"], "first": {"within": {"days": 30}}}
        compliance.publish_requirement(
            session, code, f"Language access {code}", rule, clock.now().date(), Actor(None, clock.now())
        )
    worker.drain()


def turn_on(db: Database, clock: SetClock, **changes: object) -> None:
    with db.transaction() as session:
        actions.agree(session, NoticePlan.read({"on": True, **changes}), Actor(None, clock.now()))


def run(worker: Worker) -> int:
    """What a worker does in its next minute; gives how many jobs ran."""
    worker._looked_at = None
    worker.begin_day()
    return worker.drain()


def text_of(message: EmailMessage) -> str:
    body = message.get_body()
    assert body is not None
    return str(body.get_content())


def test_one_mail_before_the_due_day_and_none_again(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    unit = hospital.department("ED")
    hospital.person("1", email="one@mercy.test", department=unit)
    hospital.person("2", email="dos@mercy.test", department=unit, language="es")
    hospital.person("3", department=unit)
    require(db, clock, worker)
    require(db, clock, worker, "CARE")
    assert run(worker) == 0, "the plan is off"
    turn_on(db, clock)
    run(worker)
    first, second = sorted(smtp.wait_for(2), key=lambda message: str(message["To"]), reverse=True)
    assert first["Subject"] == "Training: 2 things to do"
    assert "Language access LANG is due on July 15, 2026." in text_of(first)
    assert "Language access CARE is due on July 15, 2026." in text_of(first)
    assert "15 de julio de 2026" in text_of(second), "in the language of the reader"
    invitations = [part for part in first.iter_attachments() if part.get_content_type() == "text/calendar"]
    assert len(invitations) == 2 and "DTSTART;VALUE=DATE:20260715" in str(invitations[0].get_content())
    with db.session() as session:
        silent = session.scalars(select(NoticeLine.withheld).where(NoticeLine.mail_id.is_(None))).all()
        assert set(silent) == {"no_address"}
    assert run(worker) == 0 and len(smtp.messages) == 2
    clock.advance(days=1)
    run(worker)
    assert len(smtp.messages) == 2, "the 29th day before is not in the plan"


class PowerCut(SetClock):
    """A clock of a machine that stops after it has been asked so many times."""

    def __init__(self, clock: SetClock, left: int) -> None:
        super().__init__(clock.now())
        self.left = left

    def now(self) -> datetime:
        """The moment, unless the machine stops."""
        self.left -= 1
        if self.left < 0:
            raise SystemExit
        return super().now()


def test_a_run_that_was_killed_says_how_far_it_came_goes_on_and_tells_nobody_twice(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, files: FileStore, smtp: TestServer,
    client: PageClient, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    hospital.mail_to(smtp)
    unit = hospital.department("ED")
    for number in range(7):
        hospital.person(str(number), email=f"n{number}@mercy.test", department=unit, account=False)
    hospital.person("boss", grants=((Role.ADMINISTRATOR, None),))
    require(db, clock, worker)
    turn_on(db, clock)
    monkeypatch.setattr(nightly, "MAILS_IN_STEP", 2)
    monkeypatch.setattr(nightly, "PEOPLE_IN_STEP", 3)
    worker.begin_day()
    sign_in("boss")

    def stopped_after(asked: int) -> str:
        with pytest.raises(SystemExit):
            Worker(db, files, PowerCut(clock, asked)).step()
        clock.advance(minutes=2)  # nobody renews its lease
        return client.page("/admin/jobs?state=running").text

    assert "What is to be said: duty 0 of 1" in stopped_after(3)
    assert "Messages: person 4 of 8" in stopped_after(7), "the second machine began where the first had come to"
    with db.session() as session:
        assert 0 < len(session.scalars(select(Mail.id)).all()) < 7
    run(Worker(db, files, clock))
    assert sorted(str(message["To"]) for message in smtp.wait_for(7)) == [f"n{n}@mercy.test" for n in range(7)]
    assert "Messages: person" not in client.page("/admin/jobs").text


def test_who_is_late_is_told_managers_get_the_list_and_people_on_leave_nothing(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    unit, other = hospital.department("ED"), hospital.department("ICU")
    hospital.person("1", email="late@mercy.test", department=unit)
    away = hospital.person("2", email="away@mercy.test", department=unit)
    hospital.person("9", email="boss@mercy.test", grants=((Role.MANAGER, unit),))
    hospital.person("8", email="elsewhere@mercy.test", grants=((Role.MANAGER, other),))
    require(db, clock, worker)
    turn_on(db, clock, before=[])
    run(worker)
    assert all("is due on" in text_of(message) for message in smtp.wait_for(2)), "new, and nobody is late yet"
    smtp.messages.clear()
    clock.advance(days=35)  # Monday, 20 July: five days late
    by = Actor(None, clock.now())
    with db.transaction() as session:
        session.add(
            Leave(
                person_id=away,
                kind="none",
                reason="x",
                from_day=date(2026, 7, 1),
                to_day=FOR_EVER,
                recorded_at=clock.now(),
            )
        )
        session.flush()
        staffing.people_changed(session, [away], by)
    run(worker)
    told = {str(message["To"]): text_of(message) for message in smtp.wait_for(2)}
    assert set(told) == {"late@mercy.test", "boss@mercy.test"}
    assert "was due on July 15, 2026" in told["late@mercy.test"]
    assert "Test Person 1 (1), due on July 15, 2026" in told["boss@mercy.test"]
    clock.advance(days=1)
    run(worker)
    assert len(smtp.messages) == 2, "the list comes once a week"


def test_reviewers_are_told_in_the_mail_of_the_day_what_waits_for_them(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    unit, other = hospital.department("ED"), hospital.department("ICU")
    nurse = hospital.person("1", department=unit)
    hospital.person("7", email="hr@mercy.test", grants=((Role.HR, unit),))
    hospital.person("8", email="elsewhere@mercy.test", grants=((Role.HR, other),))
    turn_on(db, clock, team_weekday=None)
    run(worker)
    clock.advance(hours=3)
    with db.transaction() as session:
        claim = Claim("Bias", "State", clock.now().date(), 60, attested="I was there.")
        training = outside.hand_in(session, nurse, claim, None, Actor(nurse, clock.now())).id
    assert run(worker) == 0 and not smtp.messages, "not at once, but with the mail of the next day"
    clock.advance(days=1)
    run(worker)
    assert [message["To"] for message in smtp.messages] == ["hr@mercy.test"]
    assert "1 outside training waits for your decision" in text_of(smtp.messages[0])
    clock.advance(days=1)
    run(worker)
    assert len(smtp.messages) == 1, "nothing new, and no weekly list"
    turn_on(db, clock, escalate_after=3, team_weekday=(clock.now() + timedelta(days=1)).weekday())
    clock.advance(days=1)
    run(worker)
    assert len(smtp.messages) == 2
    with db.transaction() as session:
        outside.decide(session, training, Outcome.REJECTED, "No proof", Actor(None, clock.now()))
    clock.advance(days=7)
    run(worker)
    assert len(smtp.messages) == 2, "nothing waits"


def test_who_decides_about_more_time_is_told_once_and_hr_when_nobody_nearer_can(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    unit, other = hospital.department("ED"), hospital.department("ICU")
    nurse, lonely = hospital.person("1", department=unit), hospital.person("2", department=other)
    hospital.person("7", email="manager@mercy.test", grants=((Role.MANAGER, unit),))
    hospital.person("8", email="hr@mercy.test", grants=((Role.HR, None),))
    require(db, clock, worker)
    turn_on(db, clock, team_weekday=None)
    run(worker)
    clock.advance(hours=3)

    def ask(person: int) -> None:
        today = clock.now().date()
        with db.transaction() as session:
            duty = more_time.turns(session, person, today)[0]
            more_time.ask(
                session, person, duty.requirement_id, duty.earliest, "Exams", today, Actor(person, clock.now())
            )

    ask(nurse)
    clock.advance(days=1)
    run(worker)
    assert [message["To"] for message in smtp.messages] == ["manager@mercy.test"]
    assert "1 request for more time waits for your decision" in text_of(smtp.messages[0])
    clock.advance(days=1)
    run(worker)
    assert len(smtp.messages) == 1, "nothing new was asked"
    ask(lonely)
    clock.advance(days=1)
    run(worker)
    assert [message["To"] for message in smtp.messages][1:] == ["hr@mercy.test"]
    assert "2 requests for more time wait for your decision" in text_of(smtp.messages[1])


def test_who_declined_is_told_when_late_only(
    hospital: Hospital,
    db: Database,
    clock: SetClock,
    worker: Worker,
    smtp: TestServer,
    client: PageClient,
    sign_in: SignIn,
) -> None:
    hospital.mail_to(smtp)
    hospital.person("1", email="one@mercy.test", department=hospital.department("ED"))
    require(db, clock, worker)
    turn_on(db, clock, team_weekday=None)
    sign_in("1")
    client.submit(client.page("/account"), {"early": None}, form="choose-reminders")
    run(worker)
    assert not smtp.messages
    clock.advance(days=31)
    run(worker)
    (message,) = smtp.wait_for(1)
    assert "Please do it next" in text_of(message)


def test_mail_waits_until_the_readers_morning(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    person = hospital.person("1", email="one@mercy.test", department=hospital.department("ED"))
    with db.transaction() as session:
        session.get_one(Person, person).zone = "Pacific/Honolulu"
    require(db, clock, worker)
    turn_on(db, clock)
    run(worker)  # 10:00 in New York is 04:00 there
    assert not smtp.messages
    clock.advance(hours=3)
    run(worker)
    assert len(smtp.wait_for(1)) == 1


def test_nothing_is_written_while_mail_is_not_set_up(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker
) -> None:
    hospital.person("1", email="one@mercy.test", department=hospital.department("ED"))
    require(db, clock, worker)
    turn_on(db, clock)
    assert run(worker) == 0


def test_hr_sees_tomorrows_mail_sets_the_plan_and_reads_what_was_told(
    hospital: Hospital,
    db: Database,
    clock: SetClock,
    worker: Worker,
    smtp: TestServer,
    client: PageClient,
    sign_in: SignIn,
) -> None:
    hospital.mail_to(smtp)
    unit = hospital.department("ED")
    hospital.person("1", email="one@mercy.test", department=unit)
    hospital.person("7", email="hr@mercy.test", grants=((Role.HR, None),))
    require(db, clock, worker)
    clock.advance(days=22)  # tomorrow is the 7th day before the due day
    sign_in("7")
    page = client.page("/reminders/tomorrow")
    assert "1 person would be written to" in page.text and "one@mercy.test" in page.text and "falls due" in page.text
    assert "Nobody is to be written to" in client.page("/reminders/tomorrow?to=deciders").text
    page = client.page("/reminders")
    wrong = client.submit(page, {"on": "y", "from_hour": "20", "to_hour": "8"}, form="notice-plan")
    assert wrong.status_code == 422 and "from an hour to a later one" in wrong.page.text
    wrong = client.submit(page, {"on": "y", "before": "soon"}, form="notice-plan")
    assert wrong.status_code == 422 and "separated by commas" in wrong.page.text
    saved = client.submit(page, {"on": "y", "before": "14, 7"}, form="notice-plan")
    assert "The plan is saved" in saved.page.text
    with db.session() as session:
        assert nightly.plan(session) == NoticePlan(on=True, before=(14, 7))
    clock.advance(days=1)
    run(worker)
    smtp.wait_for(1)
    sign_in("7") if client.get("/reminders/told").status_code == 302 else None
    page = client.page("/reminders/told?number=1")
    assert "Language access LANG: falls due" in page.text and "sent" in page.text
    assert "Nobody has been written to" in client.page("/reminders/told?number=7").text
    clock.advance(days=20)
    for number in range(20, 25):  # each of them costs no statement: the budget of a page is that of any other
        hospital.person(str(number), email=f"m{number}@mercy.test", department=unit, grants=((Role.MANAGER, unit),))
    turn_on(db, clock, escalate_after=3, team_weekday=(clock.now() + timedelta(days=1)).weekday())
    sign_in("7")
    page = client.page("/reminders/tomorrow?to=deciders")
    assert page.text.count("weekly list of the team") == 5 and "weekly list for HR" in page.text


def test_a_preview_says_what_the_run_then_does(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    unit = hospital.department("ED")
    for number in range(3):
        hospital.person(str(number), email=f"n{number}@mercy.test" if number else None, department=unit, account=False)
    hospital.person("7", email="hr@mercy.test", grants=((Role.HR, None),))
    require(db, clock, worker)
    turn_on(db, clock, after=[1, 6], escalate_after=3)
    clock.advance(days=28)
    run(worker)
    for _ in range(9):
        today = clock.now().date()
        with db.session() as session:
            expected = {
                (said.person_id, said.requirement_id, said.reason, said.amount, withheld or None)
                for look in (nightly.preview, nightly.preview_for_deciders)
                for lines in look(session, nightly.plan(session), today + timedelta(days=1), today).values()
                for said, withheld in lines
            }
        clock.advance(days=1)
        run(worker)
        with db.session() as session:
            rows = session.scalars(select(NoticeLine).where(NoticeLine.day == today + timedelta(days=1)))
            assert {
                (row.person_id, row.requirement_id, row.reason, row.amount, row.withheld) for row in rows
            } == expected


def test_after_an_outage_one_mail_says_all_in_the_hours_of_the_plan_and_nobody_on_leave_gets_one(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker
) -> None:
    server = TestServer()  # not listening
    hospital.mail_to(server)
    unit = hospital.department("ED")
    names = ("both", "away", "done", "alone", "renewed")
    ids = {name: hospital.person(name, email=f"{name}@mercy.test", department=unit, account=False) for name in names}
    require(db, clock, worker)
    clock.advance(days=1)
    require(db, clock, worker, "CARE")
    turn_on(db, clock, before=[7], after=[], team_weekday=None)
    clock.advance(days=22)  # seven days before LANG is due, eight before CARE is
    by = Actor(None, clock.now())
    with db.transaction() as session:
        lang, care = session.scalars(select(Requirement.id).order_by(Requirement.id))
        compliance.exempt(session, ids["alone"], care, clock.now().date(), None, "No patient contact", by)
    run(worker)
    clock.advance(hours=12)
    server.start()
    assert worker.drain() and not server.messages, "22:00 is no hour of the plan, whatever could not be sent before"
    with db.transaction() as session:  # by UTC it is tomorrow already
        session.add(
            Leave(
                person_id=ids["away"], kind="none", reason="x", from_day=clock.now().date(),
                to_day=FOR_EVER, recorded_at=clock.now(),
            )
        )  # fmt: skip
        compliance.exempt(session, ids["done"], lang, clock.now().date(), None, "No patient contact", by)
        of_renewed = (NoticeLine.person_id == ids["renewed"], NoticeLine.requirement_id == lang)
        session.execute(
            update(NoticeLine).where(*of_renewed).values(cycle=NoticeLine.cycle - 1)
        )  # as if told of the cycle before
        compliance.rebuild(session, list(ids.values()), now=clock.now())
    clock.advance(hours=12)
    run(worker)
    clock.advance(minutes=2)
    worker.drain()
    arrived = {str(message["To"]).partition("@")[0]: message for message in server.messages}
    server.stop()
    assert len(server.messages) == len(arrived) and set(arrived) == {"both", "alone", "done", "renewed"}
    assert "LANG is due" in text_of(arrived["both"]) and "CARE is due" in text_of(arrived["both"])
    assert len(calendar_files(arrived["both"])) == 2
    assert "LANG" not in text_of(arrived["done"]) and "CARE is due" in text_of(arrived["done"])
    assert "LANG is due" in text_of(arrived["alone"])
    assert "LANG" not in text_of(arrived["renewed"]) and "CARE is due" in text_of(arrived["renewed"])
    with db.session() as session:
        lines = session.scalars(select(NoticeLine).order_by(NoticeLine.id)).all()
        assert {line.withheld for line in lines if line.person_id == ids["away"]} == {"on_leave"}
        assert [line.withheld for line in lines if line.person_id == ids["done"]] == ["settled", None]
        assert [line.withheld for line in lines if line.person_id == ids["renewed"]] == ["settled", None]
        of_both = [line for line in lines if line.person_id == ids["both"]]
        assert len(of_both) == 2 and len({line.mail_id for line in of_both}) == 1, "the log says which mail told it"


def calendar_files(message: EmailMessage) -> list[dict[str, str]]:
    """The .ics files of a message, each by the names of its properties, unfolded; and the method that its part announces."""
    found = []
    for part in message.iter_attachments():
        if part.get_content_type() == "text/calendar":
            lines = str(part.get_content()).replace("\r\n", "\n").replace("\n ", "").strip().split("\n")
            said = dict(line.partition(":")[::2] for line in lines)
            found.append(said | {"part": str(part.get_param("method"))})
    return found


def test_a_due_day_that_moves_or_goes_reaches_the_calendar_with_the_next_nights_mail(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    unit = hospital.department("ED")
    names = ("exempt", "moved", "done", "away", "same")
    ids = {name: hospital.person(name, email=f"{name}@mercy.test", department=unit, account=False) for name in names}
    require(db, clock, worker)
    turn_on(db, clock, team_weekday=None, before=[30], after=[])
    run(worker)
    sent = {str(message["To"]): calendar_files(message) for message in smtp.wait_for(5)}
    assert all([ics["METHOD"], ics["STATUS"]] == ["PUBLISH", "CONFIRMED"] for (ics,) in sent.values())
    clock.advance(hours=3)
    with db.transaction() as session:
        by, day = Actor(None, clock.now()), clock.now().date()
        (requirement,) = session.scalars(select(Requirement.id))
        compliance.exempt(session, ids["exempt"], requirement, day, None, "No patient contact", by)
        compliance.extend(session, ids["moved"], requirement, 1, date(2026, 7, 25), "Ill", by)
        compliance.exempt(session, ids["away"], requirement, day, None, "On leave", by)
        away = {
            "kind": "stops",
            "reason": "",
            "recorded_at": clock.now(),
            "from_day": day,
            "to_day": day + timedelta(days=5),
        }
        session.add(Leave(person_id=ids["away"], **away))
        course = Course(slug="la-110", created_at=clock.now())
        session.add(course)
        session.flush()
        session.add(
            TrainingRecord(
                person_id=ids["done"], course_id=course.id, completed_on=day, completed_at=clock.now(), language="en", how="elsewhere",
                minutes=0, topics={}, course_code="LA-110", course_title="x", person_name="x", department_path="", job="",
                profession="", recorded_at=clock.now(),
            )
        )  # fmt: skip
        compliance.rebuild(session, list(ids.values()), now=clock.now())
        today = clock.now().date()
        told = nightly.preview(session, nightly.plan(session), today + timedelta(days=1), today)
        assert {who: [line.told.reason for line in said] for who, said in told.items()} == {
            ids[name]: [Reason.CALENDAR] for name in ("exempt", "moved", "done")
        }
    assert run(worker) == 0, "the mail of this day has gone out: one a day at most"
    clock.advance(days=1)
    run(worker)
    news = {str(message["To"]).partition("@")[0]: message for message in smtp.wait_for(8)[5:]}
    assert set(news) == {"exempt", "moved", "done"}, "nobody on leave, and nobody whose day stands"
    for name, message in news.items():
        (ics,), (before,) = calendar_files(message), sent[f"{name}@mercy.test"]
        gone = name != "moved"
        assert (ics["METHOD"], ics["part"]) == (("CANCEL",) * 2 if gone else ("PUBLISH",) * 2)
        assert ics["STATUS"] == ("CANCELLED" if gone else "CONFIRMED")
        assert ics["UID"] == before["UID"] and int(ics["SEQUENCE"]) > int(before["SEQUENCE"])
        assert ics["DTSTART;VALUE=DATE"] == ("20260715" if gone else "20260725")
        assert message["Subject"] == "Training: due days in your calendar have changed" and message["List-Unsubscribe"]
    assert "Language access LANG is now due on July 25, 2026." in text_of(news["moved"])
    assert "Language access LANG is not due on July 15, 2026 any more." in text_of(news["exempt"])
    clock.advance(days=1)
    assert run(worker) == 1 and len(smtp.messages) == 8, "nothing is said twice"
    with db.transaction() as session:
        compliance.exempt(session, ids["moved"], requirement, day, None, "No patient contact", Actor(None, clock.now()))
    clock.advance(days=6)
    run(worker)
    last = {str(message["To"]).partition("@")[0]: calendar_files(message) for message in smtp.wait_for(10)[8:]}
    assert {name: ics["METHOD"] for name, (ics,) in last.items()} == {"away": "CANCEL", "moved": "CANCEL"}
    assert last["moved"][0]["DTSTART;VALUE=DATE"] == "20260725", "the day that its calendar holds by now"
    clock.advance(days=1)
    tonight = clock.now().date()
    with db.transaction() as session:
        excused = compliance.exempt(session, ids["same"], requirement, tonight, None, "By mistake", by).id
    phase = ""
    while phase != "mails":
        with db.transaction() as session:
            nightly.step(session, tonight, clock.now())
            phase = session.get_one(NoticeRun, tonight).phase
    with db.transaction() as session:
        compliance.end_exemption(session, excused, tonight - timedelta(days=1), "It was a mistake", by)
    run(worker)
    assert len(smtp.messages) == 10, "put right again before the mail was written: nothing is left to be said"
    with db.session() as session:
        assert not session.scalars(select(NoticeLine).where(NoticeLine.day == tonight)).all()
