"""The policy of a test for one person: how many attempts, when the next one opens, and how long it lasts. Pure.

Time is the server's. An attempt begins when the server begins it; its *deadline* is the time limit later, and it *closes* a short
grace after that, for answers that were on their way. What arrives later is kept and not scored, whatever a browser's clock says.

What somebody is given beyond the course (an :class:`Allowance`) never takes anything away: of several, the one that gives most time
holds, and extra attempts add up. WCAG 2.2, success criterion 2.2.1 (Timing Adjustable): the limit of a test is lengthened, or taken
away, for whoever needs it; that it will end is said before it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from lms.catalogue.content import CourseContent
from lms.catalogue.parts import length
from lms.catalogue.steps import ANGOFF, TestStep


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a person is given: time as ``percent`` of the limit (150) or ``minutes`` more or ``unlimited``, and ``attempts`` more.

    ``for_this`` says that it was given for this very turn through the course, at the moment ``at``.
    """

    id: int
    at: datetime
    percent: int | None = None
    minutes: int | None = None
    unlimited: bool = False
    attempts: int = 0
    for_this: bool = False


class Tried(Protocol):
    """An attempt, as far as the next one depends on it."""

    @property
    def finished_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands with a test: ``left`` attempts, and with ``pause`` the moment at which the next one opens."""

    state: Literal["open", "under_way", "pause", "used_up"]
    left: int
    opens_at: datetime | None = None


def standing(test: TestStep, tried: Sequence[Tried], given: Sequence[Allowance], now: datetime) -> Standing:
    """Whether an attempt can begin at ``now``, after those that were ``tried`` (first to last) and were not passed.

    The cool-down runs from the end of the last attempt; the next one opens at its last moment. An attempt that was given for this
    turn after the last one ended opens at once: whoever gave it has decided so.
    """
    left = max(0, test.attempts + sum(each.attempts for each in given) - len(tried))
    last = tried[-1].finished_at if tried else None
    if tried and last is None:
        return Standing("under_way", left)
    if not left:
        return Standing("used_up", 0)
    if last is not None and not any(each.for_this and each.attempts and each.at >= last for each in given):
        opens_at = last + test.pause
        if now < opens_at:
            return Standing("pause", left, opens_at)
    return Standing("open", left)


def limit_for(limit: timedelta | None, given: Sequence[Allowance]) -> timedelta | None:
    """The time limit for somebody with these allowances; None: as long as they like."""
    if limit is None or any(each.unlimited for each in given):
        return None
    longer = [limit * each.percent / 100 for each in given if each.percent]
    longer += [limit + timedelta(minutes=each.minutes) for each in given if each.minutes]
    return max([limit, *longer])


def in_force(
    content: CourseContent, test: TestStep, given: Sequence[Allowance], now: datetime
) -> tuple[datetime | None, dict[str, Any]]:
    """The deadline of an attempt that begins now, and the policy under which it begins, as it is written down with it.

    Lengths are whole seconds. ``time_limit`` is the course's, ``time_given`` this attempt's (None: no limit).

    Raises:
        Invalid: the pass mark is to come from a panel and none is frozen into the content.
    """
    limit = test.limit
    time_given = limit_for(limit, given)
    panel = content.panels.get(test.id) if test.pass_mark == ANGOFF else None
    policy: dict[str, Any] = {
        "attempts": test.attempts,
        "extra_attempts": sum(each.attempts for each in given),
        "cool_down": _seconds(test.pause),
        "time_limit": _seconds(limit),
        "time_given": _seconds(time_given),
        "grace": _seconds(length(test.grace)) if time_given is not None else None,
        "pass_mark": content.mark(test),
        "pass_mark_from": "angoff" if panel else "author",
        "panel": panel.panel if panel else None,
        "accommodations": [each.id for each in given],
    }
    return (now + time_given if time_given is not None else None), policy


def lengthened(
    started_at: datetime, deadline: datetime, policy: Mapping[str, Any], allowance: Allowance, now: datetime
) -> tuple[datetime | None, dict[str, Any]] | None:
    """The deadline and policy of a running attempt once more time is given; None where that gives no more than it has."""
    longer = limit_for(timedelta(seconds=policy["time_limit"]), [allowance])
    moved = started_at + longer if longer is not None else None
    if moved is not None and moved <= deadline:
        return None
    change = {"at": _iso(now), "accommodation": allowance.id, "deadline_before": _iso(deadline)}
    accommodations = [*policy["accommodations"], allowance.id]
    extended = [*policy.get("extended", []), change]
    time_given = _seconds(longer)
    return moved, {**policy, "time_given": time_given, "accommodations": accommodations, "extended": extended}


def closes_at(deadline: datetime | None, policy: Mapping[str, Any] | None) -> datetime | None:
    """The last moment at which an answer counts; None: there is no limit."""
    if deadline is None or policy is None:
        return None
    return deadline + timedelta(seconds=policy["grace"])


def is_over(deadline: datetime | None, policy: Mapping[str, Any] | None, now: datetime) -> bool:
    """Whether an attempt has closed by itself."""
    closes = closes_at(deadline, policy)
    return closes is not None and now > closes


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
