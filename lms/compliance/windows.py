"""When a cycle is due and opens by its rule alone, before anything moves it. Days are day numbers."""

from __future__ import annotations

from datetime import date

from .calendar import FOREVER, end_of_month
from .own_days import Own, renewal_from, series_base, series_day, turn_from
from .rule_words import BY_LICENCE, BY_RENEWAL, CADENCE, ENTERING, HELD, ONCE, ROLLING, SERIES, WINDOW
from .rules import Phase, Rule

ROLLING_OPENS_BEFORE = 90
"""Days before due from which a rolling renewal may be done where the rule says nothing."""

OPENS_EARLY = frozenset({ROLLING, WINDOW, HELD})


def first_due(phase: Phase, start: int, incumbent: bool, own: Own) -> tuple[int, int, int, bool]:
    """(own due day, base of the cadence or series, turn, whether it is a window of days) of a first cycle from ``start``."""
    rule = phase.rule
    if rule.recurs in SERIES:
        base = series_base(rule, own, phase.from_day)
        turn = turn_from(rule, own, base, start)
        day = series_day(rule, own, base, turn)
        if day - start < rule.minimum_window:
            day = max(day, rule.first_within.after(start))
        return day, base, turn, False
    if incumbent and rule.incumbents_due is not None and rule.incumbents_due.toordinal() >= start:
        due = rule.incumbents_due.toordinal()
        return due, due, 0, False
    if rule.first != ENTERING:
        due = _from_licence(rule, start, own)
        return due, due, 0, rule.first == BY_LICENCE and not rule.first_before and rule.recurs != CADENCE
    window = rule.first_within.after(start)
    return window, window, 0, rule.recurs != CADENCE


def _from_licence(rule: Rule, start: int, own: Own) -> int:
    """A first due day that hangs on the licence; ``FOREVER`` while there is none. Nobody is late before the first day."""
    if rule.first == BY_RENEWAL:
        not_before = rule.first_not_before.toordinal() if rule.first_not_before else start
        return renewal_from(rule, own, max(start, not_before))
    if own.issued >= FOREVER:
        return FOREVER
    if rule.first_before:
        return max(own.issued - 1, rule.first_within.after(start) if own.issued <= start else 1)
    if rule.first_exactly:
        return max(rule.first_within.after(own.issued), start)
    return rule.first_within.after(max(own.issued, start))


def first_opens_on(rule: Rule, start: int, due: int) -> int:
    """The day from which a first cycle is open: its first day, unless the rule says so many days before due."""
    return start if rule.first_opens_before is None else max(start, due - rule.first_opens_before)


def opens_on(rule: Rule, begins: int, due: int) -> int:
    """The day from which a later cycle may be done: 90 days before due for rolling rules, else as soon as it begins."""
    before = rule.opens_before
    if rule.hours and rule.calendar:
        return begins  # hours add up from the first day of their cycle
    if before is None and rule.recurs in OPENS_EARLY:
        before = ROLLING_OPENS_BEFORE
    return begins if before is None else max(begins, due - before)


def good_for(rule: Rule, day: int) -> int:
    """The last day on which something done on ``day`` before the period is worth anything by the rule."""
    if rule.recurs in (ONCE, HELD) or rule.look_back_term or (rule.hours and rule.calendar):
        return FOREVER
    return aligned(rule, rule.every.after(day) - 1)


def aligned(rule: Rule, due: int) -> int:
    """``due``, or the end of its month where the rule says so."""
    if not rule.align_end_of_month or due >= FOREVER:
        return due
    return end_of_month(date.fromordinal(due)).toordinal()
