"""When somebody is written to about a duty: the plan as data, and the pure decisions that follow from it.

A night's run looks at the days after the last run up to its own, so a night that was missed is made good and none is told twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from lms.compliance.spans import State
from lms.errors import N_, Invalid


class Reason(StrEnum):
    """Why a line stands in a mail."""

    ASSIGNED = "assigned"
    BEFORE = "before"
    LATE = "late"
    TEAM = "team"
    ESCALATION = "escalation"
    FOLLOW_UP = "follow_up"
    REVIEW = "review"
    REQUEST = "request"
    CALENDAR = "calendar"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """The organisation's plan. Off until HR turns it on.

    ``before``: so many days before the due day; ``after``: so many days after it, then every ``every_after`` days (0: no more).
    ``team_weekday`` (0 is Monday, None never): when managers get the list of who is late; ``escalate_after``: late for so many
    days stands in HR's list on that day as well. Mail goes out from ``from_hour`` to ``to_hour`` on the recipient's clock.
    """

    on: bool = False
    before: tuple[int, ...] = (30, 7, 1)
    after: tuple[int, ...] = (1, 14)
    every_after: int = 30
    team_weekday: int | None = 0
    escalate_after: int = 30
    from_hour: int = 7
    to_hour: int = 19

    def __post_init__(self) -> None:
        if not 0 <= self.from_hour < self.to_hour <= 24:
            raise Invalid(N_("Mail must go out from an hour to a later one, both between 0 and 24."))
        if any(not 0 <= days <= 365 for days in (*self.before, *self.after, self.every_after, self.escalate_after)):
            raise Invalid(N_("Enter days from 0 to 365."))

    @classmethod
    def read(cls, data: Mapping[str, Any] | None) -> NoticePlan:
        """The plan as it is stored; what is not said keeps its default."""
        found = dict(data or {})
        for name in ("before", "after"):
            if name in found:
                found[name] = tuple(sorted({int(days) for days in found[name]}, reverse=name == "before"))
        return cls(**found)

    def data(self) -> dict[str, Any]:
        """The plan as it is stored."""
        return asdict(self) | {"before": list(self.before), "after": list(self.after)}


class Line(NamedTuple):
    """One thing to say: why, and how many days before (positive) or after (negative) the due day."""

    reason: Reason
    days: int


BEFORE_STATES = frozenset({State.OPEN, State.RENEWAL_OPEN})
LATE_STATES = frozenset({State.IN_GRACE, State.OVERDUE})


def line(
    plan: NoticePlan, state: State, due: date | None, day: date, since: date, *, began: bool = False
) -> Line | None:
    """What is said to a person about one duty on ``day``, when the last run was on ``since``; None: nothing.

    ``began``: the duty could be done for the first time on a day after ``since``. Only what can be done now is asked for.
    """
    if state in BEFORE_STATES:
        if due is None:
            return Line(Reason.ASSIGNED, 0) if began else None
        left, untold = (due - day).days, (due - since).days
        if any(left <= n < untold for n in plan.before):
            return Line(Reason.BEFORE, left)
        return Line(Reason.ASSIGNED, left) if began else None
    if state in LATE_STATES and due is not None:
        gone, known = (day - due).days, (since - due).days
        if any(known < n <= gone for n in after(plan, gone)):
            return Line(Reason.LATE, -gone)
    return None


def after(plan: NoticePlan, gone: int) -> list[int]:
    """The days after a due day on which somebody late is told, up to ``gone``: those of the plan, then at its regular distance."""
    told = sorted(n for n in plan.after if n <= gone)
    last = max(plan.after, default=0)
    if plan.every_after:
        told += range(last + plan.every_after, gone + 1, plan.every_after)
    return told


def due_days(plan: NoticePlan, day: date, since: date) -> list[tuple[date, date]]:
    """The stretches of due days (first, last) that :func:`line` can speak of before they have come: for narrowing a query. Those that
    touch are one."""
    found: list[tuple[date, date]] = []
    for n in sorted(plan.before):
        first, last = since + timedelta(days=n + 1), day + timedelta(days=n)
        if found and first <= found[-1][1] + timedelta(days=1):
            first, _ = found.pop()
        found.append((first, last))
    return found


def team_day(plan: NoticePlan, day: date, since: date) -> bool:
    """Whether the weekly lists are due: their weekday lies after the last run, up to ``day``."""
    if plan.team_weekday is None:
        return False
    back = (day.weekday() - plan.team_weekday) % 7
    return day - timedelta(days=back) > since


def send_at(plan: NoticePlan, now: datetime, zone: str) -> datetime:
    """The first moment from ``now`` on that lies between the plan's hours on the clock of ``zone`` (IANA), as an aware moment."""
    here = now.astimezone(ZoneInfo(zone))
    if here.hour < plan.from_hour:
        return here.replace(hour=plan.from_hour, minute=0, second=0, microsecond=0)
    if here.hour >= plan.to_hour:
        morning = here.replace(hour=plan.from_hour, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=1)
        return morning.replace(tzinfo=here.tzinfo)
    return now
