"""The days that a rule takes from the person: hire, birth month, licence and its renewals, events of the organisation. Pure.

A *series* is a row of due days that comes from a calendar or from the person: each belongs to a turn, counted from 0.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from .calendar import FOREVER, Length, end_of_month
from .facts import Licence, PersonFacts
from .rules import First, Recurs, Rule


class Own(NamedTuple):
    """Day numbers; ``FOREVER`` where there is no such day. ``renews`` are renewals in order, then one ``every`` so often."""

    hired: int
    birth_month: int
    licence: int
    issued: int
    renews: tuple[int, ...]
    every: Length | None


NOBODY = Own(FOREVER, 0, 0, FOREVER, (), None)


def own_days(rule: Rule, person: PersonFacts, start: int) -> Own:
    """The days of ``person`` that ``rule`` can ask for, in a period that begins on ``start``."""
    if not rule.personal:
        return NOBODY
    hired = [first.toordinal() for first, last in person.employments if last is None or last.toordinal() > start]
    by_licence = rule.first != First.ENTERING or rule.recurs == Recurs.LICENCE
    held = [each for each in person.licences if _fits(rule, each)] if by_licence else []
    licence = min(held, key=lambda each: (each.issued, each.id), default=None)
    return Own(
        min(hired, default=start),
        person.birth_month or 0,
        licence.id if licence else 0,
        licence.issued.toordinal() if licence else FOREVER,
        tuple(sorted(day.toordinal() for day in licence.renewals)) if licence else (),
        licence.every if licence else None,
    )


def _fits(rule: Rule, licence: Licence) -> bool:
    return (not rule.licence_kinds or licence.kind in rule.licence_kinds) and (
        not rule.licence_states or licence.state in rule.licence_states
    )


def turn_from(rule: Rule, own: Own, base: int, start: int) -> int:
    """The turn of the first day of the series that is not before ``start``."""
    turn = 0
    while series_day(rule, own, base, turn) < start:
        turn += 1
    return turn


def series_base(rule: Rule, own: Own, version_from: int) -> int:
    """The day from which the series counts its turns; a calendar begins with the version."""
    match rule.recurs:
        case Recurs.ANNIVERSARY:
            return own.hired
        case Recurs.LICENCE:
            return 0
        case Recurs.BIRTH_MONTH if not own.birth_month:
            return FOREVER
        case Recurs.BIRTH_MONTH:
            return _first_in_year(own.birth_month, 31, version_from)
        case _:
            return _first_in_year(rule.month, rule.day, version_from)


def _first_in_year(month: int, day_of_month: int, version_from: int) -> int:
    begin = date.fromordinal(version_from)
    for year in (begin.year, begin.year + 1):
        last = end_of_month(date(year, month, 1))
        base = last.replace(day=min(day_of_month, last.day)).toordinal()
        if base >= version_from:
            break
    return base


def series_day(rule: Rule, own: Own, base: int, turn: int) -> int:
    """The due day of a turn; ``FOREVER`` where the person has no such day. The hire itself is no anniversary."""
    if rule.recurs == Recurs.LICENCE:
        return _renewal(own, turn, own.every or rule.every)
    if base >= FOREVER:
        return FOREVER
    if rule.recurs == Recurs.ANNIVERSARY:
        return rule.every.after(base, turn + 1)
    day = rule.every.after(base, turn)
    day_of_month = 31 if rule.recurs == Recurs.BIRTH_MONTH else rule.day
    if day_of_month <= 28 or day >= FOREVER:
        return day
    last = end_of_month(date.fromordinal(day))  # a 29, 30 or 31 comes back after a shorter month
    return last.replace(day=min(day_of_month, last.day)).toordinal()


def _renewal(own: Own, turn: int, every: Length) -> int:
    known = len(own.renews)
    if turn < known:
        return own.renews[turn]
    if not known or not every.months:
        return FOREVER
    return every.after(own.renews[-1], turn - known + 1)


def renewal_from(rule: Rule, own: Own, start: int) -> int:
    """The first renewal of the licence that is not before ``start``; ``FOREVER`` if none is known."""
    turn = 0
    while True:
        day = _renewal(own, turn, own.every or rule.every)
        if day >= start:
            return day
        turn += 1


def term_begins(rule: Rule, own: Own, base: int, turn: int, begins: int) -> int:
    """The day on which the term of a turn began: for a licence the day after the renewal before, or its issue."""
    if rule.recurs != Recurs.LICENCE:
        return begins
    if turn:
        return _renewal(own, turn - 1, own.every or rule.every) + 1
    return own.issued if own.issued < FOREVER else begins
