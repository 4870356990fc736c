"""One mail a person a day: what a mail of an earlier day says, if it has not gone out, is said by the mail of the day in its place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, select, update
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
    themselves while they waited; the ``days`` they are of; and who asked for them (``asked_by``)."""

    lines: list[Earlier]
    ids: list[int]
    settled: list[int]
    days: set[date]
    asked_by: list[int]


class TakenBack:
    """The reminders of some people that wait, taken back unless a worker is at one just now; what they said is asked of each person.

    Those that a server took and gave back are left: they are sent again as they are. Five statements, and two where nothing waits.
    """

    def __init__(self, session: Session, person_ids: Collection[int], day: date) -> None:
        self.day = day
        waits = select(Mail.id).where(
            Mail.person_id.in_(person_ids),
            Mail.kind == actions.NOTICE,
            Mail.sent_at.is_(None),
            Mail.failed_at.is_(None),
            Mail.handing_since.is_(None),
            Mail.id.not_in(select(MailBounce.mail_id)),
        )
        keys = [str(mail_id) for mail_id in session.scalars(waits)]
        self._lines: dict[int, list[Row[Any]]] = {}
        self._asked: dict[int, dict[int, Any]] = {}
        if not keys:
            return
        waiting = delete(Job).where(Job.kind == actions.SEND, Job.key.in_(keys), Job.state == JobState.WAITING)
        taken = [int(key) for key in session.scalars(waiting.returning(Job.key)) if key is not None]
        said = select(*NoticeLine.__table__.c).where(NoticeLine.mail_id.in_(taken)).order_by(NoticeLine.id)
        for row in session.execute(said):
            self._lines.setdefault(row.person_id, []).append(row)
        self._asked = actions.standing(session, self._lines.keys(), day)
        session.execute(update(NoticeLine).where(NoticeLine.mail_id.in_(taken)).values(mail_id=None))
        session.execute(delete(Mail).where(Mail.id.in_(taken)))

    @property
    def leaders(self) -> set[int]:
        """Those whose weekly list was taken back."""
        return {who for who, rows in self._lines.items() if any(row.requirement_id == OVERALL for row in rows)}

    def of(self, person_id: int, new: Sequence[Any]) -> Taken:
        """What those of one person said that ``new`` lines do not say."""
        found = Taken([], [], [], set(), [])
        said = {row.requirement_id for row in new}
        for row in reversed(self._lines.get(person_id, ())):  # of two lines about the same the later one
            stands = self._asked.get(person_id, {}).get(row.requirement_id)
            due = row.due if row.requirement_id <= OVERALL or stands is None else stands.due
            if row.requirement_id in said:
                found.ids.append(row.id)
            elif row.requirement_id > OVERALL and (stands is None or stands.cycle != row.cycle):
                found.settled.append(row.id)
                continue
            else:
                said.add(row.requirement_id)
                reason = Reason.LATE.value if due is not None and due < self.day else row.reason
                line = Earlier(row.day, row.person_id, row.requirement_id, reason, row.amount, due, row.cycle)
                found.lines.insert(0, line)
                found.ids.append(row.id)
                found.days.add(row.day)
            found.asked_by.extend([row.asked_by] if row.asked_by else [])
        return found
