"""Who decides about more time is told of requests that wait: in the night's run, as part of the mail of the day."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.access import Permission, Role
from lms.compliance.more_time import waiting
from lms.notices.holders import holders
from lms.notices.models import NoticeLine, NoticeRun
from lms.notices.plan import Reason
from lms.people import queries as people

REQUESTS = -3
"""What stands for a requirement in a line about requests for more time."""


def write_requests(session: Session, day: date, since: date, zone: str, *, weekly: bool) -> int:
    """Note who is told by the mails of ``day`` how many requests wait, with a line for each; gives how many people.

    Managers are told on a day when somebody asked after the run of the day ``since``, HR when no manager can decide what was asked;
    both (``weekly``) with the weekly lists as long as anything waits.
    """
    last = session.scalar(select(func.max(NoticeRun.started_at)).where(NoticeRun.day <= since))
    after = last or datetime.combine(since, time(0), tzinfo=ZoneInfo(zone))
    told: set[int] = set()
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
            told.add(viewer.person_id)
            session.add(
                NoticeLine(
                    day=day, person_id=viewer.person_id, requirement_id=REQUESTS, reason=Reason.REQUEST, amount=len(found),
                    due=None, mail_id=None, withheld=None,
                )
            )  # fmt: skip
    return len(told)
