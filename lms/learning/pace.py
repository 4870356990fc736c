"""Time on task: what the browser reports, held to what can be true."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.learning.models import Enrolment, StudyTime
from lms.prepared import Prepared, among

MOST = 120
"""Seconds that one report can add: browsers report every half minute, so more would be a sleeping computer or a made-up number."""


def credit(claimed: int, passed: float) -> int:
    """Seconds that count of those claimed, ``passed`` seconds after the person's last report from any window or device. Pure."""
    return max(0, min(claimed, int(passed), MOST))


def beat(session: Session, enrolment: Enrolment, step_id: str, claimed: int, *, now: datetime) -> int:
    """Add active seconds to a step; gives the seconds on it so far.

    A person has one time, whatever number of windows they have open: a report adds at most the time that has passed since that
    person's last one, on any course.
    """
    own = select(Enrolment.id).where(Enrolment.person_id == enrolment.person_id)
    rows = session.scalars(select(StudyTime).where(StudyTime.enrolment_id.in_(own)).with_for_update()).all()
    last = max((row.last_beat_at for row in rows), default=enrolment.enrolled_at)
    here = next((row for row in rows if (row.enrolment_id, row.step_id) == (enrolment.id, step_id)), None)
    if here is None:
        here = StudyTime(enrolment_id=enrolment.id, step_id=step_id, seconds=0, last_beat_at=now)
        session.add(here)
    here.seconds += credit(claimed, (now - last).total_seconds())
    here.last_beat_at = max(now, last)
    session.flush()
    return here.seconds


SPENT = Prepared(
    select(StudyTime.enrolment_id, func.sum(StudyTime.seconds).label("seconds"))
    .where(among(StudyTime.enrolment_id, "enrolments"))
    .group_by(StudyTime.enrolment_id)
)


def minutes_spent(session: Session, enrolment_ids: list[int]) -> dict[int, int]:
    """Whole minutes of active time for each enrolment; 0 where nothing was measured."""
    found = dict.fromkeys(enrolment_ids, 0)
    if found:
        rows = SPENT.rows(session, enrolments=enrolment_ids)
        found |= {enrolment_id: int(seconds) // 60 for enrolment_id, seconds in rows}
    return found
