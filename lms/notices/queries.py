"""Reading the mail queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session

from lms.notices.models import Mail, NoticeChoice, NoticeLine
from lms.people.models import Person
from lms.prepared import Prepared


class MailState(StrEnum):
    """Where a mail is. Computed, never stored."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"


_CONDITIONS = {
    MailState.WAITING: and_(Mail.sent_at.is_(None), Mail.failed_at.is_(None)),
    MailState.SENT: and_(Mail.sent_at.is_not(None), Mail.bounced_at.is_(None)),
    MailState.FAILED: and_(Mail.failed_at.is_not(None), Mail.sent_at.is_(None)),
    MailState.BOUNCED: and_(Mail.bounced_at.is_not(None), Mail.sent_at.is_not(None)),
}


def state(mail: Mail) -> MailState:
    """Where this mail is."""
    if mail.sent_at is not None:
        return MailState.SENT if mail.bounced_at is None else MailState.BOUNCED
    return MailState.FAILED if mail.failed_at is not None else MailState.WAITING


def counts(session: Session) -> dict[MailState, int]:
    """How many mails are where."""
    row = session.execute(
        select(
            *(func.count().filter(condition).label(name.value) for name, condition in _CONDITIONS.items())
        ).select_from(Mail)
    ).one()
    return {name: getattr(row, name.value) for name in _CONDITIONS}


def listed(session: Session, only: MailState | None, page: int, size: int = 50) -> Sequence[Mail]:
    """One page of the queue (from 1), the newest first, and one more when there is a next page."""
    query = select(Mail).order_by(Mail.id.desc()).offset((page - 1) * size).limit(size + 1)
    if only is not None:
        query = query.where(_CONDITIONS[only])
    return session.scalars(query).all()


ATTACHED = Prepared(
    select(Mail.attachments).where(Mail.kind == bindparam("kind"), Mail.person_id == bindparam("person_id"))
)


def was_written(session: Session, kind: str, person_id: int, file_id: int) -> bool:
    """Whether a mail of this kind with this attachment was written to somebody already."""
    return any(file_id in row.attachments for row in ATTACHED.rows(session, kind=kind, person_id=person_id))


def lines(
    session: Session, visible: Select[int], page: int, *, day: date | None = None, number: str = "", size: int = 50
) -> list[tuple[NoticeLine, Person, Mail | None]]:
    """One page (from 1) of what people were told and why, the newest first, and one more when there is a next page.

    ``visible`` holds the ids of the people who may be shown; ``day`` and ``number`` (of a person) narrow it.
    """
    query = (
        select(NoticeLine, Person, Mail)
        .join(Person, Person.id == NoticeLine.person_id)
        .outerjoin(Mail, Mail.id == NoticeLine.mail_id)
        .where(NoticeLine.person_id.in_(visible))
        .order_by(NoticeLine.day.desc(), NoticeLine.id.desc())
    )
    if day is not None:
        query = query.where(NoticeLine.day == day)
    if number:
        query = query.where(func.lower(Person.number) == number.strip().lower())
    found = session.execute(query.offset((page - 1) * size).limit(size + 1))
    return [(line, person, mail) for line, person, mail in found]


def reminded_early(session: Session, person_id: int) -> bool:
    """Whether somebody is reminded before due days: yes, unless they said otherwise."""
    return session.get(NoticeChoice, person_id) is None
