"""Who decides about more time is told of requests that wait: in the night's run, as part of the mail of the day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from lms.access import Permission, Role
from lms.compliance.more_time import waiting
from lms.notices.holders import holders
from lms.people import queries as people

REQUESTS = -3
"""What stands for a requirement in a line about requests for more time."""


def requests_to_decide(session: Session, after: datetime, day: date, *, weekly: bool) -> dict[int, int]:
    """Who is told by the mails of ``day`` how many requests wait.

    Managers are told on a day when somebody asked from ``after`` on, HR when no manager can decide what was asked; both (``weekly``)
    with the weekly lists as long as anything waits.
    """
    told: dict[int, int] = {}
    looked_after: set[int] = set()
    for role in (Role.MANAGER, Role.HR):
        for viewer in holders(session, (role,)):
            visible = people.visible_to(session, viewer, Permission.EXTENSION_DECIDE, day)
            found = waiting(session, visible, day, not_person=viewer.person_id)
            new = {each.request.id for each in found if each.request.recorded_at >= after}
            if role is Role.HR:
                new -= looked_after
            else:
                looked_after |= {each.request.id for each in found}
            if viewer.person_id in told or not found or not (weekly or new):
                continue
            told[viewer.person_id] = len(found)
    return told
