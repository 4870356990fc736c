"""Writing mails: a row and a job in the caller's transaction, so that what happened and the news of it are one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.audit import actions as audit
from lms.errors import N_, Invalid, NotFound
from lms.files import FileStore, StoredFile
from lms.notices import mail as smtp
from lms.notices.messages import compose
from lms.notices.models import Mail, NoticeChoice, NoticePlanRow
from lms.notices.plan import NoticePlan
from lms.organisation import MailServer, Organisation, load
from lms.outbox import Job, JobState, enqueue
from lms.people.models import Person

SEND = "mail.send"
GIVE_UP = timedelta(days=3)
WITH_SECRET = frozenset({"invite", "reset", "confirm_email"})
"""Kinds whose link lets somebody in. It leaves the row with the message, so that neither the queue nor a backup holds it afterwards."""

_LINK = re.compile(r"^https?://\S+$", re.MULTILINE)


def write_mail(
    session: Session,
    kind: str,
    person: Person | None,
    now: datetime,
    *,
    recipient: str | None = None,
    attachments: Sequence[StoredFile] = (),
    send_at: datetime | None = None,
    **values: object,
) -> Mail | None:
    """Write a mail of a kind (a template in ``templates/email/``) in the person's language, and queue its sending.

    It goes to the person's e-mail address unless another ``recipient`` is named; None where there is no address. Every template
    may use ``organisation``, ``contact``, ``name``, ``address`` (of the site) and what ``values`` holds. While no mail server is
    set up the mail waits (:func:`release_waiting`). ``send_at``: not before this moment.
    """
    to = recipient or (person.email if person else None)
    if not to:
        return None
    own = load(session) or Organisation(name="Attune")
    language = _language(person, own)
    words = compose(
        kind, language, own.zone, organisation=own.name, contact=own.contact, address=own.base_url,
        name=person.display_name if person else "", **values,
    )  # fmt: skip
    domain = urlsplit(own.base_url).hostname or "localhost"
    mail = Mail(
        message_id=f"<{secrets.token_hex(16)}@{domain}>",
        person_id=person.id if person else None,
        recipient=to,
        kind=kind,
        language=language,
        subject=words.subject,
        body=words.body,
        attachments=[file.id for file in attachments],
        created_at=now,
    )
    session.add(mail)
    session.flush()
    if own.mail is not None:
        queue(session, mail, now, send_at)
    return mail


def mail_language(session: Session, person: Person) -> str:
    """The language in which somebody is written to: their own, else the organisation's first."""
    return _language(person, load(session) or Organisation(name="Attune"))


def _language(person: Person | None, own: Organisation) -> str:
    return (person.language if person else None) or (own.languages[0] if own.languages else "en")


def queue(session: Session, mail: Mail, now: datetime, run_at: datetime | None = None) -> None:
    """Queue the sending of one mail, unless that waits already."""
    enqueue(session, SEND, {"mail": mail.id}, now, key=str(mail.id), run_at=run_at)


def release_waiting(session: Session, now: datetime) -> int:
    """Queue every mail that was neither sent nor refused: after a mail server was set up or mended. Gives how many."""
    waiting = session.scalars(select(Mail).where(Mail.sent_at.is_(None), Mail.failed_at.is_(None))).all()
    for mail in waiting:
        queue(session, mail, now)
    return len(waiting)


def retry(session: Session, mail_id: int, now: datetime) -> Mail:
    """Try a mail again at once.

    Raises:
        NotFound: there is no such mail.
        Invalid: it has been sent.
    """
    mail = session.get(Mail, mail_id)
    if mail is None:
        raise NotFound(N_("There is no such message."))
    if mail.sent_at is not None:
        raise Invalid(N_("This message has been sent already."))
    mail.failed_at = mail.error = None
    for job in session.scalars(
        select(Job).where(Job.kind == SEND, Job.key == str(mail_id), Job.state == JobState.WAITING)
    ):
        job.run_at = now
    queue(session, mail, now)
    return mail


def prepare(session: Session, mail_id: int, files: FileStore) -> tuple[MailServer, EmailMessage] | None:
    """The message as it goes out; None when there is nothing (more) to do: sent, refused, or no mail server yet."""
    mail = session.get(Mail, mail_id)
    own = load(session)
    if mail is None or mail.sent_at is not None or mail.failed_at is not None or own is None or own.mail is None:
        return None
    stored = [session.get_one(StoredFile, file_id) for file_id in mail.attachments]
    message = smtp.build(
        server=own.mail,
        sender_name=own.name,
        recipient=mail.recipient,
        subject=mail.subject,
        body=mail.body,
        message_id=mail.message_id,
        written_at=mail.created_at,
        attachments=[smtp.Attachment(file.name, file.media_type, files.read(file)) for file in stored],
    )
    return own.mail, message


def note_sent(session: Session, mail_id: int, now: datetime) -> None:
    """It went out; a one-time link in it need not be kept any longer."""
    mail = session.get_one(Mail, mail_id)
    mail.sent_at, mail.error = now, None
    if mail.kind in WITH_SECRET:
        mail.body = _LINK.sub("[link removed after sending]", mail.body)


def note_refused(session: Session, mail_id: int, error: str, now: datetime) -> None:
    """The server refused it for good."""
    mail = session.get_one(Mail, mail_id)
    mail.failed_at, mail.error = now, error[:1000]


def note_unreachable(session: Session, mail_id: int, error: str, now: datetime) -> None:
    """It did not work this time: try again, ever more slowly, for :data:`GIVE_UP`; an outage of a night loses no mail."""
    mail = session.get_one(Mail, mail_id)
    mail.error = error[:1000]
    age = now - mail.created_at
    if age > GIVE_UP:
        mail.failed_at = now
        return
    queue(session, mail, now, run_at=now + min(max(age / 4, timedelta(seconds=30)), timedelta(hours=1)))


def agree(session: Session, plan: NoticePlan, by: Actor) -> None:
    """Change the plan of reminders. It counts from the next run on."""
    row = session.get(NoticePlanRow, 1)
    before = row.plan if row else None
    if row is None:
        session.add(NoticePlanRow(id=1, plan=plan.data(), changed_at=by.now))
    else:
        row.plan, row.changed_at = plan.data(), by.now
    audit.record(session, by, "notice_plan.change", "notice_plan", 1, before=before, after=plan.data())


def remind_early(session: Session, person_id: int, wanted: bool, now: datetime) -> None:
    """Keep whether somebody wants to be reminded before due days."""
    row = session.get(NoticeChoice, person_id)
    if wanted and row is not None:
        session.delete(row)
    elif not wanted and row is None:
        session.add(NoticeChoice(person_id=person_id, declined_at=now))
