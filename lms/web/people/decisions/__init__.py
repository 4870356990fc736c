"""What HR decides about people: a table. Each decision has a page for one person and one for a list, and is the same act on both."""

from __future__ import annotations

from lms.web.people.decisions.decision import Decision
from lms.web.people.decisions.duties import Assign, Exempt, LeaveOfAbsence, MoreTime
from lms.web.people.decisions.records import Attend, CompleteByHand, RevokeRecords

__all__ = ["DECISIONS", "Decision"]

DECISIONS: tuple[Decision, ...] = (
    Assign(), MoreTime(), Exempt(), LeaveOfAbsence(), CompleteByHand(), Attend(), RevokeRecords(),
)  # fmt: skip
