"""Reading the mail queue."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from lms.notices.models import Mail


class MailState(StrEnum):
    """Where a mail is. Computed, never stored."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


_CONDITIONS = {
    MailState.WAITING: and_(Mail.sent_at.is_(None), Mail.failed_at.is_(None)),
    MailState.SENT: Mail.sent_at.is_not(None),
    MailState.FAILED: and_(Mail.failed_at.is_not(None), Mail.sent_at.is_(None)),
}


def state(mail: Mail) -> MailState:
    """Where this mail is."""
    if mail.sent_at is not None:
        return MailState.SENT
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


def was_written(session: Session, kind: str, person_id: int, file_id: int) -> bool:
    """Whether a mail of this kind with this attachment was written to somebody already."""
    sent = session.scalars(select(Mail.attachments).where(Mail.kind == kind, Mail.person_id == person_id))
    return any(file_id in attached for attached in sent)
