"""When a cycle is due and opens by its rule alone, before anything moves it. Days are day numbers."""

from __future__ import annotations

from datetime import date

from .calendar import FOREVER, end_of_month
from .rules import Phase, Recurs, Rule

ROLLING_OPENS_BEFORE = 90
"""Days before due from which a rolling renewal may be done where the rule says nothing."""


def first_due(phase: Phase, start: int, incumbent: bool) -> tuple[int, int, bool]:
    """(own due day, base of a cadence, whether it is a window of days) of a first cycle that begins on ``start``."""
    rule = phase.rule
    window = rule.first_within.after(start)
    if rule.recurs == Recurs.FIXED:
        day = _fixed_day(rule, phase.from_day, start)
        return (max(day, window) if day - start < rule.minimum_window else day), day, False
    if incumbent and rule.incumbents_due is not None and rule.incumbents_due.toordinal() >= start:
        due = rule.incumbents_due.toordinal()
        return due, due, False
    return window, window, rule.recurs != Recurs.CADENCE


def _fixed_day(rule: Rule, version_from: int, start: int) -> int:
    """The first day of the rule's calendar that is not before ``start``; the calendar begins with the version."""
    begin = date.fromordinal(version_from)
    base = FOREVER
    for year in (begin.year, begin.year + 1):
        last = end_of_month(date(year, rule.month, 1))
        base = last.replace(day=min(rule.day, last.day)).toordinal()
        if base >= version_from:
            break
    turn = 0
    while calendar_day(rule, base, turn) < start:
        turn += 1
    return calendar_day(rule, base, turn)


def calendar_day(rule: Rule, base: int, turn: int) -> int:
    """The rule's calendar day ``turn`` periods after ``base``: a 29, 30 or 31 comes back after a shorter month."""
    day = rule.every.after(base, turn)
    if rule.day <= 28 or day >= FOREVER:
        return day
    last = end_of_month(date.fromordinal(day))
    return last.replace(day=min(rule.day, last.day)).toordinal()


def first_opens_on(rule: Rule, start: int, due: int) -> int:
    """The day from which a first cycle is open: its first day, unless the rule says so many days before due."""
    return start if rule.first_opens_before is None else max(start, due - rule.first_opens_before)


def opens_on(rule: Rule, begins: int, due: int) -> int:
    """The day from which a later cycle may be done: 90 days before due for rolling rules, else as soon as it begins."""
    before = rule.opens_before
    if before is None and rule.recurs == Recurs.ROLLING:
        before = ROLLING_OPENS_BEFORE
    return begins if before is None else max(begins, due - before)


def good_for(rule: Rule, day: int) -> int:
    """The last day on which something done on ``day`` before the period is worth anything."""
    if rule.recurs == Recurs.ONCE:
        return FOREVER
    return aligned(rule, rule.every.after(day) - 1)


def aligned(rule: Rule, due: int) -> int:
    """``due``, or the end of its month where the rule says so."""
    if not rule.align_end_of_month or due >= FOREVER:
        return due
    return end_of_month(date.fromordinal(due)).toordinal()
