"""Mail on a real SMTP server: sent once, kept while it cannot be sent, tried again, and in the reader's language."""

from __future__ import annotations

import io
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import func, select

from lms.db import Database
from lms.files import FileStore
from lms.notices import actions, queries
from lms.notices.messages import compose
from lms.notices.models import Mail
from lms.notices.nightly import Told
from lms.notices.plan import Reason
from lms.organisation import MailServer
from lms.outbox import Job, JobState
from lms.people.models import Person
from lms.worker import Worker
from lms.worker.jobs import send_mail
from tests.accounts.conftest import Hospital
from tests.support.clocks import SetClock
from tests.support.mail import MailServer as TestServer


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


@pytest.fixture
def worker(db: Database, files: FileStore, clock: SetClock) -> Worker:
    return Worker(db, files, clock)


def write(db: Database, clock: SetClock, person_id: int, recipient: str | None = None) -> int:
    with db.transaction() as session:
        mail = actions.write_mail(
            session, "test", session.get_one(Person, person_id), clock.now(), recipient=recipient, when=clock.now()
        )
        assert mail is not None
        return mail.id


def mail_of(db: Database, mail_id: int) -> Mail:
    with db.session() as session:
        return session.get_one(Mail, mail_id)


def test_a_mail_arrives_once(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    person = hospital.person("1", email="one@mercy.test")
    mail_id = write(db, clock, person)
    assert worker.drain() == 1
    (message,) = smtp.wait_for(1)
    assert message["To"] == "one@mercy.test" and message["From"] == "Mercy Test Hospital <training@mercy.test>"
    assert message["Auto-Submitted"] == "auto-generated" and message["Message-ID"] == mail_of(db, mail_id).message_id
    assert "June 15, 2026, 10:00" in message.get_content()
    send_mail({"mail": mail_id}, worker.bench)  # the job is run again after a crash
    assert len(smtp.messages) == 1 and mail_of(db, mail_id).sent_at == clock.now()


def test_a_worker_that_is_killed_while_it_hands_a_mail_over_sends_nothing_twice(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    mail_id = write(db, clock, hospital.person("1", email="one@mercy.test"))
    noted: list[datetime | None] = []

    class Killed(TestServer):
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            noted.append(mail_of(db, mail_id).handing_since)
            return await super().handle_DATA(server, session, envelope)

    watched = Killed()
    watched.start()
    hospital.mail_to(watched)
    with db.transaction() as session:
        actions.note_handing(session, mail_id, clock.now())  # so far an earlier worker came
    worker.drain()
    assert not watched.messages and queries.state(mail_of(db, mail_id)) is queries.MailState.FAILED
    assert "may have arrived" in (mail_of(db, mail_id).error or "")
    with db.transaction() as session:
        actions.retry(session, mail_id, clock.now())  # somebody has looked
    worker.drain()
    watched.stop()
    assert len(watched.messages) == 1 and noted == [clock.now()], "it is noted before the text goes over"
    assert mail_of(db, mail_id).sent_at and mail_of(db, mail_id).handing_since is None


def test_attachments_and_other_scripts(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, files: FileStore, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    person = hospital.person("1", email="one@mercy.test")
    with db.transaction() as session:
        stored = files.put(
            session, io.BytesIO(b"%PDF-1.7 not really"), name="C-1 — Nguyễn.pdf", media_type="application/pdf",
            purpose="certificate", owner_id=person, now=clock.now(),
        )  # fmt: skip
        someone = session.get_one(Person, person)
        someone.given_name, someone.family_name = "ليلى", "Nguyễn"
        actions.write_mail(
            session, "certificate", someone, clock.now(), attachments=[stored], course="Grundlagen", number="C-1"
        )
    worker.drain()
    (message,) = smtp.wait_for(1)
    body = message.get_body()
    assert isinstance(body, EmailMessage) and "ليلى Nguyễn" in body.get_content()
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "C-1 — Nguyễn.pdf" and attached.get_content() == b"%PDF-1.7 not really"


def test_without_a_server_mails_wait_and_then_go_out(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    person = hospital.person("1", email="one@mercy.test")
    mail_id = write(db, clock, person)
    assert worker.drain() == 0
    with db.session() as session:
        assert queries.counts(session)[queries.MailState.WAITING] == 1
    hospital.mail_to(smtp)
    with db.transaction() as session:
        assert actions.release_waiting(session, clock.now()) == 1
        actions.release_waiting(session, clock.now())  # pressed twice
    worker.drain()
    assert len(smtp.wait_for(1)) == 1 and mail_of(db, mail_id).sent_at


def test_an_outage_of_a_night_loses_nothing(hospital: Hospital, db: Database, clock: SetClock, worker: Worker) -> None:
    server = TestServer()  # not listening yet
    hospital.mail_to(server)
    mail_id = write(db, clock, hospital.person("1", email="one@mercy.test"))
    for _ in range(12):
        worker.drain()
        clock.advance(hours=1)
    assert mail_of(db, mail_id).error and not mail_of(db, mail_id).failed_at
    with db.session() as session:
        assert session.scalar(select(func.count()).where(Job.state == JobState.WAITING)) == 1, "one try at a time waits"
    server.start()
    clock.advance(hours=1)
    worker.drain()
    server.stop()
    assert len(server.messages) == 1 and mail_of(db, mail_id).error is None


def test_after_three_days_it_says_so(hospital: Hospital, db: Database, clock: SetClock, worker: Worker) -> None:
    hospital.change(mail=MailServer("127.0.0.1", 9, sender="a@mercy.test"))
    mail_id = write(db, clock, hospital.person("1", email="one@mercy.test"))
    clock.advance(days=3, hours=1)
    worker.drain()
    assert queries.state(mail_of(db, mail_id)) is queries.MailState.FAILED


def test_a_refused_recipient_is_not_tried_again_until_somebody_says_so(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    mail_id = write(db, clock, hospital.person("1", email="one@mercy.test"))
    smtp.refuse = "550 5.1.1 No such mailbox"
    worker.drain()
    assert "No such mailbox" in (mail_of(db, mail_id).error or "") and mail_of(db, mail_id).failed_at
    clock.advance(hours=2)
    assert worker.drain() == 0
    smtp.refuse = None
    with db.transaction() as session:
        actions.retry(session, mail_id, clock.now())
    worker.drain()
    assert len(smtp.wait_for(1)) == 1


def test_busy_server_is_tried_again(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    mail_id = write(db, clock, hospital.person("1", email="one@mercy.test"))
    smtp.refuse = "451 4.3.2 Try again later"
    worker.drain()
    assert mail_of(db, mail_id).failed_at is None
    smtp.refuse = None
    clock.advance(minutes=5)
    worker.drain()
    assert len(smtp.wait_for(1)) == 1


def test_nothing_goes_out_of_a_change_that_was_rolled_back(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    person = hospital.person("1", email="one@mercy.test")
    with db.session(write=True) as session:
        actions.write_mail(session, "test", session.get_one(Person, person), clock.now(), when=clock.now())
        session.rollback()
    assert worker.drain() == 0 and not smtp.messages


def test_no_address_no_mail(hospital: Hospital, db: Database, clock: SetClock) -> None:
    person = hospital.person("1")
    with db.transaction() as session:
        assert (
            actions.write_mail(session, "test", session.get_one(Person, person), clock.now(), when=clock.now()) is None
        )


def test_every_template_speaks_every_language(clock: SetClock) -> None:
    values = {
        "organisation": "Mercy", "contact": "ext. 5", "address": "http://x", "name": "Nia", "number": "1001", "new": "n@x.test",
        "link": "http://x/welcome/abc", "expires_at": clock.now(), "when": clock.now(), "course": "Foundations",
        "lines": [(Told(1, 1, Reason.LATE, -1, date(2026, 6, 14)), "Language access")], "lists": [], "corrected": [], "learning": "http://x/learning",
        "account": "http://x/account", "pages": {}, "day": date(2026, 6, 15), "duty": "Language access",
            "until": date(2026, 7, 1), "reason": "Night shifts", "follow_ups": [], "requests": 1, "asker": "Ada Moss", "by_plan": True,
        "decide": "http://x/team/attempts", "reviews": 2, "review": "http://x/review",
        "view": "Late", "attached": True, "every": "week",
        "stop": "http://x/views/1/mail", "title": "Bias", "provider": "State University", "expires": date(2027, 7, 1),
    }  # fmt: skip
    folder = Path(__file__).resolve().parents[2] / "templates" / "email"
    kinds = sorted(path.stem for path in folder.glob("*.txt") if path.stem != "closing")
    assert {"invite", "reset", "password_changed", "certificate", "test"} <= set(kinds)
    for kind in kinds:
        for language in ("en", "es", "zh-Hans", "not a language"):
            words = compose(kind, language, "America/New_York", **values)
            assert words.subject and "\n" not in words.subject and "%(" not in words.subject + words.body
            assert words.body.endswith("http://x\n")
            if kind in {"invite", "reset"}:
                assert "\nhttp://x/welcome/abc\n" in words.body


def test_a_header_cannot_be_smuggled_in(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    with db.transaction() as session:
        person = session.get_one(Person, hospital.person("1", email="one@mercy.test"))
        mail = actions.write_mail(
            session, "certificate", person, clock.now(), course="X\r\nBcc: all@mercy.test", number="C-1"
        )
        assert mail is not None and "\n" not in mail.subject
    worker.drain()
    (message,) = smtp.wait_for(1)
    assert message["Bcc"] is None and smtp.recipients == [["one@mercy.test"]]


def test_a_one_time_link_leaves_the_row_with_the_message(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    person = hospital.person("1", email="one@mercy.test")
    link = "https://training.mercy.test/welcome/a-secret"
    with db.transaction() as session:
        mail = actions.write_mail(
            session, "reset", session.get_one(Person, person), clock.now(), link=link, expires_at=clock.now()
        )
        assert mail is not None
    assert link in mail_of(db, mail.id).body, "it has to wait for a mail server"
    hospital.mail_to(smtp)
    with db.transaction() as session:
        actions.release_waiting(session, clock.now())
    worker.drain()
    (message,) = smtp.wait_for(1)
    assert link in message.get_content()
    kept = mail_of(db, mail.id)
    assert "a-secret" not in kept.body and "[link removed after sending]" in kept.body
