"""One mail a person a day: what a mail of an earlier day says, if it has not gone out, is said by the mail of the day in its place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.compliance.models import OVERALL
from lms.notices import actions
from lms.notices.models import Mail, MailBounce, NoticeLine
from lms.notices.plan import Reason
from lms.outbox import Job, JobState


class Earlier(NamedTuple):
    """A line of an earlier day that is told now."""

    day: date
    person_id: int
    requirement_id: int
    reason: str
    amount: int
    due: date | None
    cycle: int | None


class Taken(NamedTuple):
    """What mails that were taken back said: the ``lines`` to tell now; all ``ids`` that the new mail answers for; those that ``settled``
    themselves while they waited; and the ``days`` they are of."""

    lines: list[Earlier]
    ids: list[int]
    settled: list[int]
    days: set[date]


def unsent(session: Session, person_ids: Collection[int]) -> dict[int, list[int]]:
    """The reminders that wait, by person; without those that a server took and gave back, which are sent again as they are."""
    waits = select(Mail.person_id, Mail.id).where(
        Mail.person_id.in_(person_ids),
        Mail.kind == actions.NOTICE,
        Mail.sent_at.is_(None),
        Mail.failed_at.is_(None),
        Mail.handing_since.is_(None),
        Mail.id.not_in(select(MailBounce.mail_id)),
    )
    found: dict[int, list[int]] = {}
    for person_id, mail_id in session.execute(waits.order_by(Mail.id)):
        found.setdefault(person_id or 0, []).append(mail_id)
    return found


def take_back(session: Session, mail_ids: Sequence[int], new: Sequence[Any], day: date) -> Taken:
    """Take mails of one person back, unless a worker is at one just now, and give what they said that ``new`` lines do not say."""
    keys = [str(mail_id) for mail_id in mail_ids]
    waiting = delete(Job).where(Job.kind == actions.SEND, Job.key.in_(keys), Job.state == JobState.WAITING)
    taken = [int(key) for key in session.scalars(waiting.returning(Job.key)) if key is not None]
    found = Taken([], [], [], set())
    rows = session.scalars(select(NoticeLine).where(NoticeLine.mail_id.in_(taken)).order_by(NoticeLine.id)).all()
    said = {row.requirement_id for row in new}
    asked = actions.standing(session, {row.person_id for row in rows}, day)
    for row in reversed(rows):  # of two lines about the same the later one
        stands = asked.get(row.person_id, {}).get(row.requirement_id)
        due = row.due if row.requirement_id <= OVERALL or stands is None else stands.due
        if row.requirement_id in said:
            found.ids.append(row.id)
        elif row.requirement_id > OVERALL and (stands is None or stands.cycle != row.cycle):
            found.settled.append(row.id)
        else:
            said.add(row.requirement_id)
            reason = Reason.LATE.value if due is not None and due < day else row.reason
            line = Earlier(row.day, row.person_id, row.requirement_id, reason, row.amount, due, row.cycle)
            found.lines.insert(0, line)
            found.ids.append(row.id)
            found.days.add(row.day)
    session.execute(update(NoticeLine).where(NoticeLine.mail_id.in_(taken)).values(mail_id=None))
    session.execute(delete(Mail).where(Mail.id.in_(taken)))
    return found
