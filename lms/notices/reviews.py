"""Reviewers are told of outside training that waits for them: in the night's run, as part of the mail of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lms.access import ALLOWS, Permission
from lms.notices.holders import Holders
from lms.people.reach import Reach
from lms.records.outside.queries import Handed

REVIEWS = -2
"""What stands for a requirement in a line about outside training to decide."""

ROLES = tuple(role for role, allowed in ALLOWS.items() if Permission.OUTSIDE_DECIDE in allowed)


def reviews_to_decide(
    handed: Sequence[Handed], holders: Holders, reach: Reach, after: datetime, *, weekly: bool
) -> dict[int, int]:
    """Which reviewers are told how much of what waits for a decision (``handed``, with ``reach`` over those who handed it in).

    They are told on a day when something was handed in or answered from ``after`` on, and (``weekly``) with the weekly lists as long
    as anything waits.
    """
    told: dict[int, int] = {}
    for viewer in holders.of(ROLES):
        visible = reach.seen_by(viewer, Permission.OUTSIDE_DECIDE) - {viewer.person_id}
        found = [each for each in handed if each.person_id in visible] if visible else []
        if not found or not (weekly or any(each.statement.stated_at >= after for each in found)):
            continue
        told[viewer.person_id] = len(found)
    return told
