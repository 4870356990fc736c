"""The clocks of retention as data, and the one rule: a person is kept by name until the last applicable clock has run out.

Not legal advice: the clocks are what the cited sources said on the day in ``as_of``, and an organisation under longer duties (a
litigation hold, a grant) must wait longer. Where it is not known whether a clock applies to somebody, it applies.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Start = Literal["completed", "left", "decided"]
"""From what a clock runs: a completion (each one), the last day of employment, or the last day of a decision about the person
(a leave, an exemption, an extension, a revocation)."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Keep ``years`` from ``start``; with ``calendar_years`` to the end of the last of that many whole calendar years after it.

    ``states`` are the licence states to which it is limited, empty: all people. ``confidence`` is high, medium or low.
    """

    code: str
    years: int
    start: Start
    source: str
    as_of: date
    confidence: str
    states: frozenset[str] = frozenset()
    calendar_years: bool = False

    def until(self, day: date) -> date:
        """The last day on which something from ``day`` is kept."""
        if self.calendar_years:
            return date(day.year + self.years, 12, 31)
        year = day.year + self.years
        clamped = 28 if (day.month, day.day) == (2, 29) and not isleap(year) else day.day
        return date(year, day.month, clamped) - timedelta(days=1)


READ = date(2026, 11, 22)

CLOCKS: tuple[Clock, ...] = (
    Clock("own-employment", 6, "left", "Own policy: six years after the last day of employment", READ, "high"),
    Clock("own-decisions", 6, "decided", "Own policy: as long as the records that a decision explains", READ, "high"),
    Clock("accme", 6, "completed", "ACCME, CME activity and attendance records retention: six years", READ, "high"),
    Clock("ancc", 6, "completed", "ANCC, activity file requirements: six years", READ, "high"),
    Clock(
        "section-1557", 3, "completed", "45 CFR 92.9(c): training records, at least three calendar years", READ, "medium",
        calendar_years=True,
    ),
    Clock("michigan", 6, "completed", "Mich. Admin. Code R 338.7004: proof of training, six years", READ, "high", frozenset({"MI"})),
    Clock("connecticut", 3, "completed", "Connecticut continuing education: proof, three years", READ, "medium", frozenset({"CT"})),
    Clock("washington", 4, "completed", "WAC 246-12, older rule: four years", READ, "low", frozenset({"WA"})),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a person for this question.

    ``last_days`` are the last days of employments, None for one that goes on or is still to begin; ``completed`` and ``decided`` are
    days; ``states`` are licence states, None where they are not known. ``known_since`` is the day on which the person was entered.
    """

    known_since: date
    last_days: tuple[date | None, ...] = ()
    completed: tuple[date, ...] = ()
    decided: tuple[date, ...] = ()
    states: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Until when a person is kept by name, that day included (None: while they are employed), and the clock that says so."""

    until: date | None
    clock: Clock | None

    def due(self, day: date) -> bool:
        """Whether the person may be pseudonymised on ``day``."""
        return self.until is not None and self.until < day


def verdict(kept: Kept, clocks: Sequence[Clock] = CLOCKS) -> Verdict:
    """The longest applicable clock. Somebody who was never employed here is kept as if they had left on the day they were entered."""
    if None in kept.last_days:
        return Verdict(None, None)
    ends = [
        (clock.until(day), clock)
        for clock in clocks
        if _applies(clock, kept.states)
        for day in _days(clock.start, kept)
    ]
    until, clock = max(ends, key=lambda end: (end[0], not end[1].states, end[1].code))
    return Verdict(until, clock)


def _applies(clock: Clock, states: Collection[str] | None) -> bool:
    return not clock.states or states is None or bool(clock.states & set(states))


def _days(start: Start, kept: Kept) -> Iterator[date]:
    if start == "left":
        yield max([day for day in kept.last_days if day is not None], default=kept.known_since)
    else:
        yield from kept.completed if start == "completed" else kept.decided
