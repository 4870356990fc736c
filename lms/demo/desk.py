"""What lies on HR's desk in the demo: saved views, one of them mailed every Monday, and a draft that is not finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access import Role
from lms.audit import Actor
from lms.compliance.drafts import actions as drafts
from lms.people.models import Department
from lms.reports.saved import actions as saved
from lms.reports.saved.plan import Every

Act = Callable[[Session, Actor], object]

DRAFT = {
    "requirement": "CULT-STORIES",
    "title": "Stories from the wards, once a year",
    "versions": [
        {
            "status": "own_policy",
            "authority": "own policy",
            "rule": {"audience": {"field": "patient_contact", "is": True}},
        }
    ],
}
"""Begun, and not finished: it says neither what satisfies it nor by when."""


def on_the_desk(
    session: Session, today: date, days: list[date], moment: Callable[[date, int, int], datetime]
) -> Iterator[tuple[datetime, Act]]:
    """What HR did there, and when."""
    codes = dict(session.execute(select(Department.code, Department.id)).all())
    emergency = str(codes.get("ED", ""))

    def views(session: Session, by: Actor) -> None:
        late = saved.save(
            session, "people", {"state": "overdue", "sort": "due"}, "Overdue, the longest first", None, by
        )
        monday = today + timedelta(days=(7 - today.weekday()) % 7 or 7)
        saved.mail_it(session, late, Every.WEEK, "xlsx", monday, today, by)
        saved.save(session, "jobs", {}, "Completion by job", Role.HR, by)
        if emergency:
            saved.save(session, "matrix", {"department": emergency}, "Emergency, everybody", Role.HR, by)

    yield moment(days[-2], 9, 5), views
    yield moment(days[-1], 16, 10), lambda session, by: drafts.begin(session, DRAFT, by)
