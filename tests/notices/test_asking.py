"""A reminder that a colleague asks for: one mail a day, in the reader's language and the asker's name, and never in vain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from lms.access import Role
from lms.accounts.models import Account
from lms.audit import Actor, AuditEntry
from lms.compliance import actions as compliance
from lms.compliance.models import Requirement
from lms.db import Database
from lms.flows import staffing
from lms.notices import asking, delivery, failing
from lms.notices.asking import Standing
from lms.notices.models import Mail, NoticeChoice, NoticeLine
from lms.people.models import Leave
from lms.worker import Worker
from tests.accounts.conftest import Hospital
from tests.notices.test_nightly import files, require, run, text_of, turn_on, worker
from tests.support.clocks import SetClock
from tests.support.mail import MailServer as TestServer
from tests.support.pages import PageClient

__all__ = ["files", "worker"]

LATER = timedelta(days=1)


def count(db: Database, table: type) -> int:
    with db.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def press(client: PageClient, page: str, person_id: int) -> str:
    """Press "Remind now" of a person on a page; gives what the next page says."""
    shown = client.page(page)
    form = next(each for each in shown.all("form") if each.get("action") == f"/reminders/people/{person_id}")
    assert text_name(form), "a name that says whom"
    token = shown.fields(form)
    answer = client.post(f"/reminders/people/{person_id}", data=token)
    assert answer.status_code == 303 and answer.headers["Location"].startswith(page)
    return client.page(page).text


def asks(client: PageClient, page: str) -> set[int]:
    """Whom a page offers to remind."""
    actions = (str(each.get("action")) for each in client.page(page).all("form"))
    return {int(action.rpartition("/")[2]) for action in actions if action.startswith("/reminders/people/")}


def text_name(form: object) -> bool:
    return "Person" in "".join(form.itertext())  # type: ignore[attr-defined]


def test_one_press_sends_one_mail_in_the_readers_language_and_stands_in_the_log(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer,
    signed_in: Callable[[int], PageClient],
) -> None:  # fmt: skip
    hospital.mail_to(smtp)
    unit, other = hospital.department("ED"), hospital.department("ICU")
    dos = hospital.person("2", email="dos@mercy.test", department=unit, language="es")
    eve = hospital.person("3", email="eve@mercy.test", department=unit)
    far = hospital.person("9", email="far@mercy.test", department=other)
    boss = hospital.person("boss", department=unit, email="boss@mercy.test", grants=((Role.MANAGER, unit),))
    hr = hospital.person("hr", grants=((Role.HR, None),))
    require(db, clock, worker)
    clock.advance(days=31)  # late by a day, and the plan is off
    client = signed_in(boss)
    token = client.page("/team")
    another = "/team/people?as_of=2026-07-01"
    assert "Person 2" in client.page(another).text and not asks(client, another), "another day is only looked at"
    assert asks(client, "/team") == asks(client, "/team/people") == {dos, eve}, "a press for all but oneself"
    assert "is on its way" in press(client, "/team/people?sort=-name", dos)
    worker.drain()
    assert len(smtp.wait_for(1)) == 1
    said = text_of(smtp.messages[0])
    assert "Test Person boss" in said and "15 de julio de 2026" in said and "/learning" in said
    assert smtp.messages[0]["List-Unsubscribe"] is None, "a colleague asks, not the plan"
    with db.session(write=True) as session:  # not kept
        words = {"kind": "notice", "language": "es", "subject": "", "body": "", "attachments": []}
        second = Mail(message_id="<2@t>", person_id=dos, recipient="dos@mercy.test", created_at=clock.now(), **words)
        session.add(second)
        session.flush()
        assert not delivery.may_go(session, second.id, clock.now()), "whoever got one today gets the next tomorrow"
    again = {"csrf_token": token.fields(token.form(f"/reminders/people/{dos}"))["csrf_token"]}
    assert client.post(f"/reminders/people/{dos}", data=again).status_code == 303
    assert "was reminded today at" in client.page("/team").text
    assert client.post(f"/reminders/people/{far}", data=again).status_code == 404, "not of this manager's people"
    assert count(db, Mail) == count(db, NoticeLine) == 1
    with db.session() as session:
        assert session.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == "reminder.ask")).all() == [dos]
    turn_on(db, clock, team_weekday=None)
    run(worker)  # the plan's own words of the same day: 31 days after the duty began, one day late
    assert {str(each["To"]) for each in smtp.wait_for(4)} == {
        f"{one}@mercy.test" for one in ("dos", "eve", "far", "boss")
    }
    assert len(smtp.messages) == 4, "who was asked this morning is not told again by the run of the day"
    client = signed_in(hr)
    assert "Reminded at" in client.page(f"/people/{eve}").text
    assert "Asked by Test Person boss" in client.page("/reminders/told").text
    assert f"/reminders/people/{eve}" not in client.page(f"/people/{eve}").text
    clock.advance(days=1)
    client = signed_in(hr)
    assert "is on its way" in press(client, f"/people/{eve}", eve), "a new day"


def test_in_the_evening_it_waits_goes_with_the_mail_of_the_morning_and_not_at_all_where_it_was_settled(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    unit = hospital.department("ED")
    boss = hospital.person("boss", department=unit)
    one, two, three = (hospital.person(n, email=f"n{n}@mercy.test", department=unit) for n in "123")
    require(db, clock, worker)
    turn_on(db, clock, before=[], after=[1], team_weekday=None)
    run(worker)
    smtp.messages.clear()
    clock.advance(days=30, hours=12)  # the evening of the due day; tomorrow the plan says that it is late
    with db.transaction() as session:
        compliance.exempt(session, two, None, date(2026, 7, 16), None, "Elsewhere", Actor(None, clock.now()))
        staffing.people_changed(session, [two], Actor(None, clock.now()))
    worker.drain()
    with db.transaction() as session:
        by = Actor(boss, clock.now())
        answers = [asking.ask(session, each, by) for each in (one, two)]
        assert {answer.standing for answer in answers} == {Standing.FREE}
        assert answers[0].moment is not None and answers[0].moment.hour == 7 and answers[0].moment > clock.now()
        assert asking.ask(session, one, by).standing is Standing.WAITS
    worker.drain()
    assert not smtp.messages, "not at night"
    clock.advance(hours=12)
    run(worker)
    clock.advance(minutes=5)
    worker.drain()
    mails = {str(each["To"]): text_of(each) for each in smtp.wait_for(2)}
    assert len(smtp.messages) == len(mails) == 2 and "n2@mercy.test" not in mails, "one each, and none to the exempt"
    assert "Test Person boss reminds you" in mails["n1@mercy.test"] and "was due" in mails["n1@mercy.test"]
    assert "reminds you" not in mails["n3@mercy.test"]
    with db.session() as session:
        asked = NoticeLine.person_id == two, NoticeLine.asked_by == boss
        assert session.scalars(select(NoticeLine.withheld).where(*asked)).all() == ["settled"]
    assert three


def test_what_is_settled_overnight_is_left_out_and_the_log_says_so(
    hospital: Hospital,
    db: Database,
    clock: SetClock,
    worker: Worker,
    smtp: TestServer,
    signed_in: Callable[[int], PageClient],
) -> None:
    hospital.mail_to(smtp)
    unit = hospital.department("ED")
    boss = hospital.person("boss", department=unit, grants=((Role.HR, None),))
    part, all_of_it = (hospital.person(n, email=f"{n}@mercy.test", department=unit) for n in ("part", "all"))
    require(db, clock, worker)
    require(db, clock, worker, "CARE")
    clock.advance(days=30, hours=12)  # the evening of the due day, and the plan is off
    with db.transaction() as session:
        care = session.scalars(select(Requirement.id).where(Requirement.code == "CARE")).one()
        for one in (part, all_of_it):
            assert asking.ask(session, one, Actor(boss, clock.now())).standing is Standing.FREE
    worker.drain()
    clock.advance(hours=12)
    by = Actor(None, clock.now())
    with db.transaction() as session:
        for one, duty in ((part, care), (all_of_it, None)):
            compliance.exempt(session, one, duty, clock.now().date(), None, "Elsewhere", by)
        staffing.people_changed(session, [part, all_of_it], by)
    worker.drain()
    mail = smtp.wait_for(1)[0]
    said = text_of(mail)
    assert len(smtp.messages) == 1 and mail["To"] == "part@mercy.test" and mail["Subject"] == "Training: 1 thing to do"
    assert "Language access LANG was due" in said and "CARE" not in said and "Test Person boss reminds you" in said
    told = [" ".join(row) for row in signed_in(boss).page("/reminders/told").rows() if "Asked by" in " ".join(row)]
    (sent,) = (row for row in told if "not asked any more by the time it could be sent" not in row)
    assert len(told) == 4 and "Person part part Language access LANG" in sent and "sent Jul 16" in sent
    with db.session() as session:
        refused = session.scalars(select(Mail).where(Mail.person_id == all_of_it)).one()
    assert refused.error == delivery.SETTLED and refused.sent_at is None


def test_nobody_is_written_to_in_vain_and_a_refusal_of_the_plans_reminders_is_not_one_of_a_colleagues(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker
) -> None:
    unit = hospital.department("ED")
    boss = hospital.person("boss", email="boss@mercy.test", department=unit)
    names = ("away", "closed", "fails", "exempt", "declined")
    who = {name: hospital.person(name, email=f"{name}@mercy.test", department=unit) for name in names}
    who["none"] = hospital.person("none", department=unit)
    require(db, clock, worker)
    day, system = clock.now().date(), Actor(None, clock.now())
    with db.transaction() as session:
        stops = {"kind": "stops", "reason": "Leave", "from_day": day, "to_day": day + LATER}
        session.add(Leave(person_id=who["away"], **stops, recorded_at=clock.now()))
        compliance.exempt(session, who["exempt"], None, day, None, "Elsewhere", system)
        staffing.people_changed(session, [who["exempt"]], system)
        session.scalars(select(Account).where(Account.person_id == who["closed"])).one().closed_at = clock.now()
        session.add(NoticeChoice(person_id=who["declined"], declined_at=clock.now()))
        words = {"kind": "invite", "language": "en", "subject": "", "body": "", "attachments": []}
        mail = Mail(
            message_id="<1@t>", person_id=who["fails"], recipient="fails@mercy.test", **words, created_at=clock.now(),
            sent_at=clock.now(),
        )  # fmt: skip
        session.add(mail)
        session.flush()
        failing.mark(session, mail, "5.1.1", "No such mailbox", system)
    worker.drain()
    with db.transaction() as session:
        before = session.scalar(select(func.count()).select_from(Mail))
        by = Actor(boss, clock.now())
        answers = {name: asking.ask(session, one, by) for name, one in who.items()}
        assert {name: answer.standing for name, answer in answers.items()} == {
            "away": Standing.ON_LEAVE, "closed": Standing.CLOSED, "fails": Standing.ADDRESS_FAILS, "exempt": Standing.NOTHING,
            "none": Standing.NO_ADDRESS, "declined": Standing.FREE,
        }  # fmt: skip
        assert answers["declined"].moment is None, "it waits until mail is set up"
        assert session.scalar(select(func.count()).select_from(Mail)) == (before or 0) + 1
        with pytest.raises(Exception, match="Nobody decides this for themselves"):
            asking.ask(session, boss, by)
