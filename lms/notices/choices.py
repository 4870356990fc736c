"""What people do not want to be written about, said with one click in a mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.learning.surveys import ask_later
from lms.notices.actions import remind_early
from lms.notices.models import Mail, NoticeLine
from lms.notices.plan import Reason


def by_secret(session: Session, secret: str) -> Mail | None:
    """The mail whose link this is, of somebody who is known."""
    return session.scalar(select(Mail).where(Mail.unsubscribe == secret, Mail.person_id.is_not(None)))


def refuse(session: Session, mail: Mail, now: datetime) -> None:
    """Its recipient wants no more of what was optional in it: reminders before a due day, follow-ups, or both. Being late is told
    nevertheless."""
    assert mail.person_id is not None
    reasons = set(session.scalars(select(NoticeLine.reason).where(NoticeLine.mail_id == mail.id)))
    if Reason.FOLLOW_UP in reasons:
        ask_later(session, mail.person_id, False, now)
    if reasons - {Reason.FOLLOW_UP}:
        remind_early(session, mail.person_id, False, now)
