"""Reviewers are told of outside training that waits for them: in the night's run, as part of the mail of the day."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.access import ALLOWS, Permission
from lms.notices.holders import holders
from lms.notices.models import NoticeLine, NoticeRun
from lms.notices.plan import Reason
from lms.people import queries as people
from lms.records.outside.queries import waiting

REVIEWS = -2
"""What stands for a requirement in a line about outside training to decide."""

ROLES = tuple(role for role, allowed in ALLOWS.items() if Permission.OUTSIDE_DECIDE in allowed)


def write_reviews(session: Session, day: date, since: date, zone: str, *, weekly: bool) -> int:
    """Note which reviewers the mails of ``day`` tell how much waits, with a line for each of them; gives how many reviewers.

    They are told on a day when something was handed in or answered after the run of the day ``since``, and (``weekly``) with the
    weekly lists as long as anything waits.
    """
    last = session.scalar(select(func.max(NoticeRun.started_at)).where(NoticeRun.day <= since))
    after = last or datetime.combine(since, time(0), tzinfo=ZoneInfo(zone))
    told = 0
    for viewer in holders(session, ROLES):
        visible = people.visible_to(session, viewer, Permission.OUTSIDE_DECIDE, day)
        found = waiting(session, visible, not_person=viewer.person_id)
        if not found or not (weekly or any(each.statement.stated_at >= after for each in found)):
            continue
        told += 1
        session.add(
            NoticeLine(
                day=day, person_id=viewer.person_id, requirement_id=REVIEWS, reason=Reason.REVIEW, amount=len(found), due=None,
                mail_id=None, withheld=None,
            )
        )  # fmt: skip
    return told
