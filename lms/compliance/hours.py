"""Hours of training: how many minutes a rule asks for, and on which day the records make them up. Pure.

Minutes are the stored truth and everything is compared in minutes; an *hour* is as long as the rule says, 60 minutes or 50.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from .calendar import FOREVER, add_months
from .facts import Done, Record


class Rounding(StrEnum):
    """How the minutes of one activity become credit: as they are, or to quarter hours."""

    NONE = "none"
    DOWN = "quarter_down"
    NEAREST = "quarter_nearest"


class Share(NamedTuple):
    """A part of the total: minutes of these topics, or of activities of these modalities; as minutes or per cent of the total."""

    topics: frozenset[str]
    modalities: frozenset[str]
    minutes: int
    percent: int

    def of(self, target: float) -> float:
        """The part in minutes where ``target`` minutes are asked in all; part minutes are rounded up."""
        return self.minutes if not self.percent else -(-target * self.percent // 100)


@dataclass(frozen=True, slots=True)
class Hours:
    """``minutes`` in a cycle, or ``per_year`` minutes for each year of it. Empty sets of topics, courses, lists: any.

    ``pro_rata``: a part of a year counts as it is, rounded up to the quarter hour; else as a whole one.
    ``no_repeat``: a course counts once in a cycle; ``no_repeat_next``: nor again in the next. ``no_carry_over``: more than was
    asked is worth nothing in the next cycle. ``average_over``: so many cycles are looked at together.
    """

    minutes: int
    per_year: int = 0
    hour: int = 60
    pro_rata: bool = False
    topics: frozenset[str] = frozenset()
    courses: frozenset[str] = frozenset()
    at_least: tuple[Share, ...] = ()
    at_most: tuple[Share, ...] = ()
    approved: frozenset[str] = frozenset()
    no_repeat: bool = False
    no_repeat_next: bool = False
    no_carry_over: bool = False
    rounding: Rounding = Rounding.NONE
    average_over: int = 1

    def target(self, since: int, due: int) -> float:
        """The minutes asked for a cycle of the days [since, due], as day numbers."""
        if not self.per_year:
            return self.minutes
        years, rest, whole = _years(since, due)
        if not self.pro_rata:
            return self.per_year * (years + (rest > 0))
        minutes = self.per_year * (years * whole + rest)
        quarter = self.hour * whole
        return -(-4 * minutes // quarter) * self.hour / 4  # up to the quarter of the rule's hour; of 50 minutes, 12.5

    def worth(self, record: Record) -> float:
        """The minutes that a record counts for; halves of one are exact, since a quarter of 50 minutes is 12.5."""
        if self.courses and record.course not in self.courses and self.courses.isdisjoint(record.counts_as):
            return 0
        if self.approved and self.approved.isdisjoint(record.approved):
            return 0
        minutes = sum(m for topic, m in record.topics if topic in self.topics) if self.topics else record.minutes
        if self.rounding == Rounding.NONE:
            return minutes
        quarter = self.hour / 4
        quarters = minutes // quarter if self.rounding == Rounding.DOWN else (minutes + quarter / 2) // quarter
        return quarters * quarter


class Turn(NamedTuple):
    """One cycle as its account sees it: what was done for it, and its days [since, due]."""

    done: Sequence[Done]
    since: int
    due: int


class Account(NamedTuple):
    """The minutes reached, the minutes asked, and whether every smaller condition is met."""

    reached: float
    asked: float
    fulfilled: bool


def reached_on(hours: Hours, turns: Sequence[Turn], carried: float, barred: frozenset[str]) -> Done | None:
    """What made the account of the last turn, or of several turns together, suffice; None while it does not.

    ``carried`` are minutes left over from before; ``barred`` courses count for nothing. What was carried alone, or what earlier
    turns left, suffices on the first day of the last turn: the answer then names the latest of what was done.
    """
    everything = sorted((done for turn in turns for done in turn.done), key=_place)
    if not everything and not carried:
        return None
    enough = len(everything)
    if not account(hours, turns, everything, carried, barred).fulfilled:
        return None
    while enough and account(hours, turns, everything[: enough - 1], carried, barred).fulfilled:
        enough -= 1  # more never makes it less, so the first place from which it suffices is the day
    start = turns[-1].since
    if not enough:
        return start, 0, NOTHING
    day, record_id, record = everything[enough - 1]
    return max(day, start) if len(turns) > 1 else day, record_id, record


def account(
    hours: Hours, turns: Sequence[Turn], done: Iterable[Done], carried: float, barred: frozenset[str]
) -> Account:
    """What stands on the account after ``done``, in order of days."""
    asked = sum(hours.target(turn.since, turn.due) for turn in turns)
    counted: list[tuple[Record, float]] = []
    seen: set[str] = set()
    for _, _, record in done:
        if record.course in barred or (hours.no_repeat and record.course in seen):
            continue
        seen.add(record.course)
        counted.append((record, hours.worth(record)))
    reached = carried + sum(minutes for _, minutes in counted)
    for most in hours.at_most:
        reached -= max(0, sum(_part(most, record, minutes) for record, minutes in counted) - most.of(asked))
    enough = all(
        sum(_part(least, record, record.minutes) for record, minutes in counted if minutes) >= least.of(asked)
        for least in hours.at_least
    )
    return Account(reached, asked, enough and reached >= asked)


def falls_short(hours: Hours, done: Sequence[Done], months: int, day: int) -> int:
    """The first day after ``day`` on which the minutes of the ``months`` before it no longer suffice; ``day`` if they do not now."""
    since = add_months(date.fromordinal(day), -months).toordinal()
    window = sorted((each for each in done if since < each[0] <= day), key=_place)
    turns = [Turn((), day, day)]
    while window and account(hours, turns, window, 0, frozenset()).fulfilled:
        day = _leaves(window[0][0], months)
        window = [each for each in window if _leaves(each[0], months) > day]
    return day


def _leaves(done_on: int, months: int) -> int:
    """The first day D on which ``done_on`` is not in (D - months, D] any more."""
    day = add_months(date.fromordinal(done_on), months).toordinal()
    while add_months(date.fromordinal(day), -months).toordinal() < done_on:  # 31 August + 6 months is 28 February
        day += 1
    return day


def _part(share: Share, record: Record, minutes: float) -> float:
    if share.modalities and record.modality not in share.modalities:
        return 0
    if not share.topics:
        return minutes
    return sum(each for topic, each in record.topics if topic in share.topics)


def _years(since: int, due: int) -> tuple[int, int, int]:
    """Whole years of the days [since, due], the days left over, and the days of the year that those are a part of."""
    if due >= FOREVER:
        return 1, 0, 365  # how long it lasts is not known yet
    first, after = date.fromordinal(since), due + 1
    years = 0
    while add_months(first, 12 * (years + 1)).toordinal() <= after:
        years += 1
    begin = add_months(first, 12 * years).toordinal()
    return years, max(0, after - begin), add_months(first, 12 * (years + 1)).toordinal() - begin


def _place(done: Done) -> tuple[int, int]:
    return done[0], done[1]


NOTHING = Record(0, "", date.min)
"""Stands where nothing was done: what was carried over was enough."""
