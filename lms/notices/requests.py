"""Who decides about more time is told of requests that wait: in the night's run, as part of the mail of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lms.access import Permission, Role
from lms.compliance.models import ExtensionRequest
from lms.notices.holders import Holders
from lms.people.reach import Reach

REQUESTS = -3
"""What stands for a requirement in a line about requests for more time."""


def requests_to_decide(
    asked: Sequence[ExtensionRequest], holders: Holders, reach: Reach, after: datetime, *, weekly: bool
) -> dict[int, int]:
    """Who is told how many of the requests that wait for a decision (``asked``, with ``reach`` over those who did).

    Managers are told on a day when somebody asked from ``after`` on, HR when no manager can decide what was asked; both (``weekly``)
    with the weekly lists as long as anything waits.
    """
    told: dict[int, int] = {}
    looked_after: set[int] = set()
    for role in (Role.MANAGER, Role.HR):
        for viewer in holders.of((role,)):
            visible = reach.seen_by(viewer, Permission.EXTENSION_DECIDE) - {viewer.person_id}
            found = [request for request in asked if request.person_id in visible] if visible else []
            new = {request.id for request in found if request.recorded_at >= after}
            if role is Role.HR:
                new -= looked_after
            else:
                looked_after |= {request.id for request in found}
            if viewer.person_id in told or not found or not (weekly or new):
                continue
            told[viewer.person_id] = len(found)
    return told
