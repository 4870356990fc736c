"""What satisfies a cycle: courses, attestations, acknowledgements, licences held, hours; all of several, or any. Pure.

Plain rules (all or any of some courses) do not come here: :mod:`lms.compliance.cycles` does those by itself, and quickly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .calendar import FOREVER
from .hours import Hours, Turn, reached_on


class Met(NamedTuple):
    """Satisfied on a day by a fact (``record:7``); the oldest day used, and the last day on which all of it is worth anything."""

    day: int
    by: str
    oldest: int
    until: int


class Ledger(NamedTuple):
    """What a cycle has to show: its turn, the turns before it (latest last), minutes carried over for each account of hours, courses
    that counted in the turn before, and the lowest version that counts of what an event renewed."""

    turn: Turn
    earlier: Sequence[Turn]
    carried: Mapping[Hours, float]
    barred: frozenset[str]
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do once in the cycle; ``key`` names it as :class:`lms.compliance.facts.Record` does."""

    key: str

    def met(self, ledger: Ledger) -> Met | None:
        lowest = ledger.versions.get(self.key, 0)
        for day, record_id, record in ledger.turn.done:
            if (record.course == self.key or self.key in record.counts_as) and record.version_as(self.key) >= lowest:
                until = record.expires.toordinal() if record.expires else FOREVER
                return Met(day, f"{record.kind}:{record_id}", day, until)
        return None


@dataclass(frozen=True, slots=True)
class InHours:
    """Hours of training."""

    hours: Hours

    def met(self, ledger: Ledger) -> Met | None:
        hours = self.hours
        turns = [*ledger.earlier[len(ledger.earlier) - hours.average_over + 1 :], ledger.turn]
        if hours.average_over == 1:
            turns = [ledger.turn]
        barred = ledger.barred if hours.no_repeat_next else frozenset()
        found = reached_on(hours, turns, ledger.carried.get(hours, 0), barred)
        if found is None:
            return None
        day, record_id, record = found
        return Met(day, f"{record.kind}:{record_id}" if record_id else "carried", day, FOREVER)


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Satisfaction, ...]

    def met(self, ledger: Ledger) -> Met | None:
        found = []
        for part in self.parts:
            met = part.met(ledger)
            if met is None:
                return None
            found.append(met)
        last = max(found)
        return Met(last.day, last.by, min(m.oldest for m in found), min(m.until for m in found))


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Satisfaction, ...]

    def met(self, ledger: Ledger) -> Met | None:
        found = [met for part in self.parts if (met := part.met(ledger)) is not None]
        return min(found, default=None)


Satisfaction = Item | InHours | AllOf | AnyOf


def keys(satisfaction: Satisfaction) -> frozenset[str]:
    """What is named: things to do, and the courses that hours may come from."""
    match satisfaction:
        case Item(key):
            return frozenset((key,))
        case InHours(hours):
            return hours.courses
        case _:
            return frozenset().union(*(keys(part) for part in satisfaction.parts))


def hours_in(satisfaction: Satisfaction | None) -> tuple[Hours, ...]:
    """The hours that are asked: each is an account of its own."""
    match satisfaction:
        case None | Item():
            return ()
        case InHours(hours):
            return (hours,)
        case _:
            return tuple(hours for part in satisfaction.parts for hours in hours_in(part))
