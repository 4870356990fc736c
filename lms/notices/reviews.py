"""Reviewers are told of outside training that waits for them: in the night's run, as part of the mail of the day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from lms.access import ALLOWS, Permission
from lms.notices.holders import holders
from lms.people import queries as people
from lms.records.outside.queries import waiting

REVIEWS = -2
"""What stands for a requirement in a line about outside training to decide."""

ROLES = tuple(role for role, allowed in ALLOWS.items() if Permission.OUTSIDE_DECIDE in allowed)


def reviews_to_decide(session: Session, after: datetime, day: date, *, weekly: bool) -> dict[int, int]:
    """Which reviewers the mails of ``day`` tell how much waits.

    They are told on a day when something was handed in or answered from ``after`` on, and (``weekly``) with the weekly lists as long
    as anything waits.
    """
    told: dict[int, int] = {}
    for viewer in holders(session, ROLES):
        visible = people.visible_to(session, viewer, Permission.OUTSIDE_DECIDE, day)
        found = waiting(session, visible, not_person=viewer.person_id)
        if not found or not (weekly or any(each.statement.stated_at >= after for each in found)):
            continue
        told[viewer.person_id] = len(found)
    return told
