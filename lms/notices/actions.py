"""Writing mails: a row and a job in the caller's transaction, so that what happened and the news of it are one."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from sqlalchemy import Table, func, or_, select
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.audit import actions as audit
from lms.bulk import bulk, moment_text
from lms.clock import local_day
from lms.compliance.models import Requirement, Span
from lms.compliance.spans import State
from lms.compliance.tallies import active
from lms.db import day_in
from lms.errors import N_, Invalid, NotFound
from lms.files import FileStore, StoredFile
from lms.language import texts
from lms.notices import calendar
from lms.notices import mail as smtp
from lms.notices.calendar import Asked, Event, cycle_asked
from lms.notices.messages import compose
from lms.notices.models import Mail, NoticeChoice, NoticePlanRow
from lms.notices.plan import BEFORE_STATES, LATE_STATES, NoticePlan
from lms.organisation import MailServer, Organisation, load
from lms.outbox import Job, JobState, enqueue, enqueue_many
from lms.people.models import Person
from lms.prepared import Prepared, among

SEND = "mail.send"
NOTICE = "notice"
"""The kind of the mail of a day: reminders, lists, and what waits for decisions."""

CORRECTING = frozenset({"certificate", "more_time_granted", "another_attempt"})
"""Kinds that are written when a duty was done or moved: they take along what that means for the reader's calendar."""
GIVE_UP = timedelta(days=3)
UNSURE = N_(
    "Attune was stopped while it handed this message over. It may have arrived, so it is not sent again by itself."
)
"""What stands beside a message of which nobody knows whether the server took it."""

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
    events: Sequence[Event] = (),
    optional: bool = False,
    **values: object,
) -> Mail | None:
    """Write a mail of a kind (a template in ``templates/email/``) in the person's language, and queue its sending.

    It goes to the person's e-mail address unless another ``recipient`` is named; None where there is no address. Every template
    may use ``organisation``, ``contact``, ``name``, ``address`` (of the site) and what ``values`` holds. While no mail server is
    set up the mail waits (:func:`release_waiting`). ``send_at``: not before this moment. ``events`` go along as calendar files;
    mails of the kinds in :data:`CORRECTING` also put right what a calendar was told before. ``optional``: the recipient may want
    no more like it, and can say so with one click (RFC 8058).
    """
    own = load(session) or Organisation(name="Attune")
    if person is not None and kind in CORRECTING:
        events = [*events, *corrections(session, [person.id], local_day(now, own.zone)).get(person.id, ())]
    draft = drafted(
        own, kind, person, now, recipient=recipient, attachments=attachments, events=events, optional=optional, **values
    )
    if draft is None:
        return None
    mail = Mail(**draft)
    session.add(mail)
    session.flush()
    if own.mail is not None:
        queue(session, mail, now, send_at)
    return mail


def write_mails(session: Session, written: Sequence[tuple[dict[str, Any], datetime]], now: datetime) -> list[int]:
    """Keep many drafted mails and queue their sending, each not before its moment; gives their ids, in the same order. Three statements,
    past the object layer: on some nights everybody is written to."""
    if not written:
        return []
    own = load(session)
    drafts = [draft for draft, _ in written]
    created = moment_text(session, now)
    bulk(session, _MAIL, (_as_texts(draft, created) for draft in drafts), only=DRAFTED)
    named = Mail.message_id.in_([draft["message_id"] for draft in drafts])
    kept = dict(session.execute(select(Mail.message_id, Mail.id).where(named)).all())
    ids = [kept[draft["message_id"]] for draft in drafts]
    if own is not None and own.mail is not None:
        moments = (moment for _, moment in written)
        enqueue_many(
            session, SEND, [({"mail": one}, str(one), moment) for one, moment in zip(ids, moments, strict=True)], now
        )
    return ids


_MAIL = cast(Table, Mail.__table__)
PLAIN = ("message_id", "person_id", "recipient", "kind", "language", "subject", "body", "unsubscribe")
DRAFTED = (*PLAIN, "attachments", "events", "events_until", "created_at")


def _as_texts(draft: Mapping[str, Any], created: str) -> tuple[Any, ...]:
    """The columns :data:`DRAFTED` as :func:`lms.bulk.bulk` takes them."""
    events, until = draft["events"], draft["events_until"]
    return (
        *[draft[name] for name in PLAIN],
        json.dumps(draft["attachments"]),
        json.dumps(events) if events else None,
        until.isoformat() if until else None,
        created,
    )


class Addressee(NamedTuple):
    """Somebody who is written to, where nothing else of them is needed: on some nights that is nearly everybody."""

    id: int
    email: str | None
    language: str | None
    zone: str | None
    display_name: str


def drafted(
    own: Organisation,
    kind: str,
    person: Person | Addressee | None,
    now: datetime,
    *,
    recipient: str | None = None,
    attachments: Sequence[StoredFile] = (),
    events: Sequence[Event] = (),
    optional: bool = False,
    **values: object,
) -> dict[str, Any] | None:
    """The columns of the same mail, composed and not kept yet; None where there is no address."""
    to = recipient or (person.email if person else None)
    if not to:
        return None
    language = language_of(person, own)
    words = compose(
        kind, language, own.zone, organisation=own.name, contact=own.contact, address=own.base_url,
        name=person.display_name if person else "", **values,
    )  # fmt: skip
    return {
        "message_id": f"<{secrets.token_hex(16)}@{_domain(own)}>",
        "person_id": person.id if person else None,
        "recipient": to,
        "kind": kind,
        "language": language,
        "subject": words.subject,
        "body": words.body,
        "attachments": [file.id for file in attachments],
        "created_at": now,
        "unsubscribe": secrets.token_urlsafe(24) if optional else None,
        "events": [event.data() for event in events] or None,
        "events_until": max((event.due for event in events if not event.cancelled), default=None),
    }


def language_of(person: Person | Addressee | None, own: Organisation | None) -> str:
    """The language in which somebody is written to: their own, else the organisation's first."""
    first = own.languages[0] if own and own.languages else "en"
    return (person.language if person else None) or first


TOLD = Prepared(
    select(Mail.person_id, Mail.events)
    .where(
        among(Mail.person_id, "people"),
        Mail.events.is_not(None),
        or_(Mail.kind != NOTICE, Mail.sent_at.is_not(None), Mail.handing_since.is_not(None)),
    )
    .order_by(Mail.id)
)


def corrections(session: Session, person_ids: Collection[int], day: date) -> dict[int, list[Event]]:
    """What mails to these people have to put right in their calendars, by person (:func:`lms.notices.calendar.corrections`). A reminder
    that was not sent has told no calendar anything."""
    told: dict[int, list[Event]] = {}
    for person_id, events in TOLD.rows(session, people=person_ids):
        told.setdefault(person_id or 0, []).extend(map(Event.read, events))
    told = {person_id: events for person_id, events in told.items() if any(event.due >= day for event in events)}
    if not told:
        return {}
    asked = standing(session, told, day)
    return {
        person_id: found
        for person_id, events in told.items()
        if (found := calendar.corrections(events, asked.get(person_id, {}), day))
    }


def standing(session: Session, person_ids: Collection[int], day: date) -> dict[int, dict[int, Asked | None]]:
    """What is asked of people on a day, by person and requirement: None for what is on leave, without those that ask nothing."""
    found: dict[int, dict[int, Asked | None]] = {}
    rows = session.execute(
        select(Span.person_id, Span.requirement_id, Span.state, Span.cycle, Span.due).where(
            Span.generation_id == active(), Span.person_id.in_(person_ids),
            Span.requirement_id.in_(select(Requirement.id)),  # by name, so that SQLite goes along the key to these people
            day_in(day, Span.from_day, Span.to_day),
        )
    )  # fmt: skip
    for person_id, requirement_id, code, cycle, due in rows:
        state = State(code)
        if state is State.ON_LEAVE:
            found.setdefault(person_id, {})[requirement_id] = None
        elif state in BEFORE_STATES | LATE_STATES:
            found.setdefault(person_id, {})[requirement_id] = Asked(cycle_asked(state, cycle), due)
    return found


def _domain(own: Organisation) -> str:
    return urlsplit(own.base_url).hostname or "localhost"


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
        Invalid: it has been sent, its link was taken out of it after sending, or the file it goes out with is not kept any more.
    """
    mail = session.get(Mail, mail_id)
    if mail is None:
        raise NotFound(N_("There is no such message."))
    if mail.sent_at is not None and mail.bounced_at is None:
        raise Invalid(N_("This message has been sent already."))
    if mail.sent_at is not None and mail.kind in WITH_SECRET:
        raise Invalid(
            N_("The link in this message is not kept once it is sent. Send a new one from the account's page.")
        )
    kept = session.scalar(select(func.count()).where(StoredFile.id.in_(mail.attachments)))
    if kept != len(mail.attachments):
        raise Invalid(N_("The file of this message is not kept any more, and it is not sent without it."))
    mail.sent_at = mail.bounced_at = mail.failed_at = mail.handing_since = mail.error = None
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
    files_along = [
        smtp.Attachment(
            file.name,
            file.media_type,
            files.read(file),
            {"charset": "utf-8"} if file.media_type.startswith("text/") else {},
        )
        for file in stored
    ]
    files_along += [_calendar_file(own, own.mail, mail, Event.read(event)) for event in mail.events or ()]
    message = smtp.build(
        server=own.mail,
        sender_name=own.name,
        recipient=mail.recipient,
        subject=mail.subject,
        body=mail.body,
        message_id=mail.message_id,
        written_at=mail.created_at,
        attachments=files_along,
        unsubscribe=f"{own.base_url}/unsubscribe/{mail.unsubscribe}" if mail.unsubscribe else None,
    )
    return own.mail, message


def _calendar_file(own: Organisation, server: MailServer, mail: Mail, event: Event) -> smtp.Attachment:
    """A due day for the recipient's calendar; made anew at each try, always the same."""
    says = N_("No longer due: %(title)s") if event.cancelled else N_("Training due: %(title)s")
    data = calendar.ics(
        event, texts(mail.language).gettext(says) % {"title": event.title}, person_id=mail.person_id or 0, host=_domain(own),
        written_at=mail.created_at, url=f"{own.base_url}/learning", organiser=smtp.sender_address(server),
    )  # fmt: skip
    name = f"{event.due.isoformat()}-{event.requirement_id}.ics"
    return smtp.Attachment(name, "text/calendar", data, {"method": calendar.method(event), "charset": "utf-8"})


def note_handing(session: Session, mail_id: int, now: datetime) -> None:
    """Its text is about to be sent: whoever finds this, and no answer, does not know whether it arrived."""
    session.get_one(Mail, mail_id).handing_since = now


def left_unsure(session: Session, mail: Mail, now: datetime) -> bool:
    """Whether a worker was stopped while it handed this message over; then it is not sent again by itself. One whose link lets somebody in
    is: twice does no harm, and without it nobody gets in."""
    if mail.handing_since is None or mail.kind in WITH_SECRET:
        return False
    mail.failed_at, mail.error = now, UNSURE
    return True


def note_sent(session: Session, mail_id: int, now: datetime) -> None:
    """It went out; a one-time link in it need not be kept any longer."""
    mail = session.get_one(Mail, mail_id)
    mail.sent_at, mail.failed_at, mail.handing_since, mail.error = now, None, None, None
    if mail.kind in WITH_SECRET:
        mail.body = _LINK.sub("[link removed after sending]", mail.body)


def note_refused(session: Session, mail_id: int, error: str, now: datetime) -> None:
    """The server refused it for good."""
    mail = session.get_one(Mail, mail_id)
    mail.failed_at, mail.handing_since, mail.error = now, None, error[:1000]


def note_unreachable(session: Session, mail_id: int, error: str, now: datetime) -> None:
    """It did not work this time: try again, ever more slowly, for :data:`GIVE_UP`; an outage of a night loses no mail."""
    mail = session.get_one(Mail, mail_id)
    mail.handing_since, mail.error = None, error[:1000]
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
