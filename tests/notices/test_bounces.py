"""Mail that comes back: what servers write is understood, believed only about messages of ours, and nobody is written to twice."""

from __future__ import annotations

import mailbox
import re
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from lms.access import Role
from lms.audit import Actor, AuditEntry
from lms.cli import main
from lms.db import Database
from lms.errors import Invalid
from lms.notices import actions, bounces, failing, queries
from lms.notices.bounces import Kind
from lms.notices.failing import Outcome
from lms.notices.models import FailingAddress, Mail, MailBounce, NoticeLine
from lms.people.models import Person
from lms.worker import Worker
from lms.worker.came_back import read_mailbox, take_in
from tests.accounts.conftest import Hospital, SignIn
from tests.notices.test_mail import mail_of, write
from tests.notices.test_nightly import files, require, run, turn_on, worker
from tests.support.clocks import SetClock
from tests.support.mail import MailServer as TestServer
from tests.support.pages import PageClient

__all__ = ["files", "worker"]


def report(
    message_id: str = "<x@mercy.test>", *, action: str = "failed", status: str = "5.1.1", said: str = "smtp; 550 5.1.1 No such user",
    about: str = "message/rfc822", envelope: str = "", ident: str = "1",
) -> bytes:  # fmt: skip
    """A delivery status notification as Postfix writes it (RFC 3464)."""
    named = f"Original-Envelope-Id: {envelope}\n" if envelope else ""
    original = (
        f"--b\nContent-Type: {about}\n\nFrom: training@mercy.test\nMessage-ID: {message_id}\n\nHello\n" if about else ""
    )
    return f"""From: MAILER-DAEMON@relay.test
To: training@mercy.test
Message-ID: <report-{ident}@relay.test>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test
{named}
Final-Recipient: rfc822; one@mercy.test
Action: {action}
Status: {status}
Diagnostic-Code: {said}

{original}--b--
""".replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("made", "kind", "status"),
    [
        (report(), Kind.PERMANENT, "5.1.1"),
        (report(about="text/rfc822-headers"), Kind.PERMANENT, "5.1.1"),
        (report(status="4.4.1", said="smtp; connect: timed out"), Kind.TEMPORARY, "4.4.1"),
        (report(status="5.2.2", said="smtp; 552 mailbox full"), Kind.TEMPORARY, "5.2.2"),
        (report(action="Delayed", status="4.4.1"), Kind.DELAYED, "4.4.1"),
        (report(status="", said="smtp; 550 5.7.1 Blocked"), Kind.PERMANENT, "5.7.1"),
    ],
)
def test_what_a_report_says(made: bytes, kind: Kind, status: str) -> None:
    [found] = bounces.read(made)
    assert (found.kind, found.status, found.message_id) == (kind, status, "<x@mercy.test>")
    assert not found.said.startswith("smtp;")


def test_what_is_no_report() -> None:
    for data in (
        b"", b"\xff\xfe\x00", b"Subject: Out of office\r\n\r\nI am away.", report(action="delivered"), report(action="relayed"),
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n", b"x" * (bounces.LARGEST + 1),
    ):  # fmt: skip
        assert bounces.read(data) == []
    [found] = bounces.read(report(about="", envelope="abc@mercy.test"))
    assert (found.message_id, found.envelope) == ("", "abc@mercy.test")


@pytest.mark.parametrize(
    ("status", "said", "wrong"),
    [("5.1.1", "", True), ("5.2.1", "", True), ("5.4.4", "", True), ("5.7.1", "", False), ("5.3.4", "", False),
     ("", "550 No such user", True), ("", "554 Spam", False), ("", "552 Too big", False), ("", "", False)],
)  # fmt: skip
def test_which_refusals_are_about_the_address(status: str, said: str, wrong: bool) -> None:
    assert bounces.address_is_wrong(status, said) is wrong


def sent(hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer) -> Mail:
    """A message to person "1", which the server has taken."""
    hospital.mail_to(smtp)
    mail_id = write(db, clock, hospital.person("1", email="one@mercy.test", department=hospital.department("ED")))
    worker.drain()
    smtp.wait_for(1)
    return mail_of(db, mail_id)


def test_a_final_refusal_marks_the_message_and_the_address_until_hr_has_looked(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    mail = sent(hospital, db, clock, worker, smtp)
    assert mail.person_id is not None
    require(db, clock, worker)
    turn_on(db, clock)
    clock.advance(minutes=5)
    data = report(mail.message_id)
    assert take_in(db, data, clock.now()) == {Outcome.FAILED: 1}
    assert take_in(db, data, clock.now()) == {Outcome.KNOWN: 1}, "a mailbox may be read twice"
    assert take_in(db, report("<other@mercy.test>"), clock.now()) == {Outcome.UNKNOWN: 1}
    assert take_in(db, report(""), clock.now()) == {Outcome.UNKNOWN: 1}, "never by guess"
    now = mail_of(db, mail.id)
    assert queries.state(now) is queries.MailState.BOUNCED and now.error == "550 5.1.1 No such user"
    with db.session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "address.fail")).one()
        assert entry.about_id == mail.person_id and entry.after is not None
        assert session.scalars(select(MailBounce)).one().mail_id == mail.id
    run(worker)
    with db.session() as session:
        assert session.scalars(select(NoticeLine.withheld)).all() == ["address_fails"]
    assert len(smtp.messages) == 1, "no reminder goes where nothing arrives"
    with db.transaction() as session:
        row = session.scalars(select(FailingAddress)).one()
        failing.works_again(session, row.id, mail.person_id, Actor(None, clock.now()))
    clock.advance(days=23)
    run(worker)
    assert len(smtp.wait_for(2)) == 2


def test_another_address_is_not_the_one_that_fails(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    mail = sent(hospital, db, clock, worker, smtp)
    take_in(db, report(mail.message_id), clock.now())
    with db.transaction() as session:
        person = session.get_one(Person, mail.person_id)
        assert failing.of_person(session, person) is not None and failing.failing(session, [person.id]) == {person.id}
        person.email = "new@mercy.test"
        session.flush()
        assert failing.of_person(session, person) is None and failing.failing(session, [person.id]) == set()


def test_what_a_server_gave_up_for_now_is_sent_again_later_under_the_same_id_and_not_for_ever(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    mail = sent(hospital, db, clock, worker, smtp)
    later = report(mail.message_id, status="4.4.1", action="delayed", ident="0")
    assert take_in(db, later, clock.now()) == {Outcome.NOTED: 1}
    assert worker.drain() == 0, "the other server still tries: a second copy would arrive as well"
    for number in range(1, failing.TRIES + 1):
        full = report(mail.message_id, status="5.2.2", said="smtp; 552 5.2.2 Mailbox full", ident=str(number))
        assert take_in(db, full, clock.now()) == {Outcome.AGAIN: 1}
        assert queries.state(mail_of(db, mail.id)) is queries.MailState.WAITING
        assert worker.drain() == 0
        clock.advance(days=number, minutes=1)
        worker.drain()
        assert len(smtp.wait_for(number + 1)) == number + 1
    assert {message["Message-ID"] for message in smtp.messages} == {mail.message_id}
    assert take_in(db, report(mail.message_id, status="5.2.2", ident="9"), clock.now()) == {Outcome.FAILED: 1}
    with db.session() as session:
        assert session.scalars(select(FailingAddress.address)).all() == ["one@mercy.test"]


def test_a_rule_against_the_message_says_nothing_about_the_address(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    mail = sent(hospital, db, clock, worker, smtp)
    assert take_in(db, report(mail.message_id, status="5.7.1"), clock.now()) == {Outcome.FAILED: 1}
    with db.session() as session:
        assert session.scalars(select(FailingAddress)).all() == []


def test_a_link_that_is_not_kept_is_not_sent_again(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    person = hospital.person("1", email="one@mercy.test")
    with db.transaction() as session:
        mail = actions.write_mail(
            session, "reset", session.get_one(Person, person), clock.now(), link="https://x.test/welcome/s", expires_at=clock.now()
        )  # fmt: skip
        assert mail is not None
    worker.drain()
    assert take_in(db, report(mail.message_id, status="4.4.1"), clock.now()) == {Outcome.FAILED: 1}
    with db.transaction() as session, pytest.raises(Invalid, match="link in this message is not kept"):
        actions.retry(session, mail.id, clock.now())


def test_a_refusal_on_the_spot_marks_the_address_too(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer
) -> None:
    hospital.mail_to(smtp)
    write(db, clock, hospital.person("1", email="one@mercy.test"))
    smtp.refuse = "550 5.1.1 No such mailbox"
    worker.drain()
    with db.session() as session:
        assert session.scalars(select(FailingAddress.status)).all() == ["5.1.1"]


def test_hr_and_administrators_see_it_where_they_look(
    hospital: Hospital,
    db: Database,
    clock: SetClock,
    worker: Worker,
    smtp: TestServer,
    client: PageClient,
    sign_in: SignIn,
) -> None:
    mail = sent(hospital, db, clock, worker, smtp)
    take_in(db, report(mail.message_id), clock.now())
    hospital.person("hr", grants=((Role.HR, None),))
    hospital.person("ad", grants=((Role.ADMINISTRATOR, None),))
    works = f"/reminders/addresses/{mail.person_id}/1/works"
    sign_in("ad")
    assert "Came back" in client.page("/admin/mail?state=bounced").text
    client.submit(client.page("/admin/mail"), form="/sign-out")
    sign_in("hr")
    page = client.page("/reminders/addresses")
    assert "one@mercy.test" in page.text and "No such user" in page.text
    assert "Nothing arrives at one@mercy.test" in client.page(f"/people/{mail.person_id}").text
    done = client.submit(page, form=works, follow=True)
    assert "is written to again" in done.text and "Every address works" in done.text
    with db.session() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "address.works")).one().before


def test_maildir_mbox_and_the_command(
    hospital: Hospital, db: Database, database_url: str, clock: SetClock, worker: Worker, smtp: TestServer, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    mail = sent(hospital, db, clock, worker, smtp)
    box = mailbox.Maildir(tmp_path / "came-back")
    box.add(report(mail.message_id, action="delayed"))
    box.add(b"Subject: Out of office\n\nI am away.")
    place = str(tmp_path / "came-back")
    assert read_mailbox(db, place, clock.now()) == {Outcome.NOTED: 1}
    assert read_mailbox(db, place, clock.now()) == {}, "what was read is marked as seen"
    assert len(mailbox.Maildir(place)) == 2, "nothing is deleted"
    mbox = mailbox.mbox(tmp_path / "mbox")
    mbox.add(report(mail.message_id, ident="2"))
    mbox.close()
    monkeypatch.setenv("LMS_DATABASE_URL", database_url)
    monkeypatch.setenv("LMS_DATA_DIR", str(tmp_path))
    told = CliRunner().invoke(main, ["mail", "bounces", str(tmp_path / "mbox")])
    assert told.exit_code == 0 and "1 messages came back" in told.output, told.output
    told = CliRunner().invoke(main, ["mail", "bounces", "-"], input=report(mail.message_id, ident="2"))
    assert told.exit_code == 0, told.output
    told = CliRunner().invoke(main, ["mail", "bounces", "-"], input=b"no mail at all")
    assert told.exit_code == 0 and "0 reports" in told.output, "a pipe that fails would make the mail server answer"
    told = CliRunner().invoke(main, ["mail", "bounces", str(tmp_path / "none")])
    assert told.exit_code == 1 and "There is no mailbox" in told.output


class Imap(socketserver.StreamRequestHandler):
    """As much of an IMAP server as reading a folder takes."""

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        held: Box = self.server  # type: ignore[assignment]
        for line in self.rfile:
            tag, command = line.decode().strip().split(" ", 1)
            answer, good = self.answered(held, command)
            self.wfile.write(
                b"".join(part + b"\r\n" for part in answer) + f"{tag} {'OK' if good else 'NO'} done\r\n".encode()
            )
            if command == "LOGOUT":
                return

    def answered(self, held: Box, command: str) -> tuple[list[bytes], bool]:
        if command == "CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1"], True
        if command.startswith("LOGIN"):
            return [], command == 'LOGIN attune "p:w d"'
        if command.startswith("UID SEARCH"):
            return [b"* SEARCH " + b" ".join(str(uid).encode() for uid in held.unseen)], True
        if found := re.match(r"UID FETCH (\d+)", command):
            data = held.unseen[int(found[1])]
            return [b"* 1 FETCH (UID %s BODY[] {%d}" % (found[1].encode(), len(data)), data + b")"], True
        if found := re.match(r"UID STORE (\d+)", command):
            del held.unseen[int(found[1])]
        return [b"* BYE"] if command == "LOGOUT" else [], True


class Box(socketserver.ThreadingTCPServer):
    """A mailbox on a server; ``unseen`` by number."""

    allow_reuse_address = daemon_threads = True
    unseen: dict[int, bytes]


@pytest.fixture
def imap() -> Iterator[Box]:
    """A running server."""
    with Box(("127.0.0.1", 0), Imap) as server:
        server.unseen = {}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_worker_reads_a_folder_on_a_mail_server(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer, imap: Box
) -> None:
    mail = sent(hospital, db, clock, worker, smtp)
    imap.unseen = {7: b"Subject: Hello\r\n\r\nA person answers.", 9: report(mail.message_id)}
    place = f"imap://attune:{quote('p:w d')}@127.0.0.1:{imap.server_address[1]}/INBOX"
    reading = Worker(db, worker.bench.files, clock, place)
    reading.fetch()
    assert queries.state(mail_of(db, mail.id)) is queries.MailState.BOUNCED and imap.unseen == {}
    imap.unseen = {10: report(mail.message_id, ident="10")}
    reading.fetch()
    assert imap.unseen, "every five minutes"
    clock.advance(minutes=6)
    reading.fetch()
    assert not imap.unseen
    with pytest.raises(Invalid, match="cannot be read") as told:
        read_mailbox(db, place.replace("p%3Aw", "secret"), clock.now())
    assert "secret" not in str(told.value), "the password is in no message"


def test_one_click_ends_what_may_be_done_without(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, smtp: TestServer, client: PageClient
) -> None:
    hospital.mail_to(smtp)
    person = hospital.person("1", email="one@mercy.test", department=hospital.department("ED"))
    require(db, clock, worker)
    turn_on(db, clock, after=[1])
    run(worker)
    [first] = smtp.wait_for(1)
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.sub(r"^<https?://[^/]+|>$", "", first["List-Unsubscribe"].strip())
    assert client.get(address).status_code == 200, "looking changes nothing: programs look at links"
    clock.advance(days=23)
    run(worker)
    assert len(smtp.wait_for(2)) == 2
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.post("/unsubscribe/guessed").status_code == 404
    clock.advance(days=6)
    run(worker)
    assert len(smtp.messages) == 2
    clock.advance(days=2)
    run(worker)
    late = smtp.wait_for(3)[2]
    assert "was due" in str(late.get_body().get_content()), "being late is told in any case"  # type: ignore[union-attr]
    assert late["List-Unsubscribe"] is None
    with db.session() as session:
        reasons = session.scalars(select(NoticeLine.withheld).where(NoticeLine.person_id == person)).all()
    assert "declined" in reasons
