"""The overall state of a person: a pseudo-requirement with spans of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from operator import itemgetter

from .spans import CAN_FALL_DUE, COMPLIANT, EXEMPT, IN_GRACE, MET, ON_LEAVE, OPEN, OVERDUE, UPCOMING, Span, State

Look = tuple[State, date | None, str, bool]
"""state, due, because, lapsed and extended"""

Now = dict[State, dict[int, tuple[date, int, Span]]]
"""What is in force on a day: state -> requirement -> its due day (``date.max`` for none), itself, its span."""


def overall(spans_by_requirement: Mapping[int, Sequence[Span]]) -> tuple[Span, ...]:
    """One span after the other over the days on which any requirement applies; ``requirement_id`` -> its timeline in.

    The first that applies: on leave for any, exempt from all, overdue in any, in grace in any, compliant (at least one
    met, none late), open, upcoming. ``due`` is the next due day of any requirement, or the oldest missed one when late;
    ``because`` the requirement that it belongs to, or the leave or exemption. ``cycle`` is 0.
    """
    events: list[tuple[date, bool, int, Span]] = []
    for requirement_id in sorted(spans_by_requirement):
        for span in spans_by_requirement[requirement_id]:
            events.append((span.from_day, True, requirement_id, span))
            events.append((span.to_day, False, requirement_id, span))
    events.sort(key=itemgetter(0, 1, 2))  # on a day, what ends goes before what begins
    now: Now = {}
    result: list[tuple[date, date, Look]] = []
    for place, (day, begins, requirement_id, span) in enumerate(events):
        if begins:
            now.setdefault(span.state, {})[requirement_id] = (span.due or date.max, requirement_id, span)
        else:
            there = now[span.state]
            del there[requirement_id]
            if not there:
                del now[span.state]
        if not now or place + 1 == len(events) or events[place + 1][0] == day:
            continue
        look = _look(now)
        following = events[place + 1][0]
        if result and result[-1][1] == day and result[-1][2] == look:
            result[-1] = (result[-1][0], following, look)
        else:
            result.append((day, following, look))
    return tuple(
        Span(start, end, state, None, due, None, 0, because, lapsed)
        for start, end, (state, due, because, lapsed) in result
    )


def _look(now: Now) -> Look:
    for state in (ON_LEAVE, EXEMPT):
        if state in now and (state == ON_LEAVE or len(now) == 1):
            return state, None, min(span.because for _, _, span in now[state].values()), False
    for late in (OVERDUE, IN_GRACE):
        if late in now:
            return late, *_next(now, (late,)), False
    if not MET.isdisjoint(now):
        return COMPLIANT, *_next(now, CAN_FALL_DUE), False
    state = OPEN if OPEN in now else UPCOMING
    lapsed = any(span.lapsed_extended for there in now.values() for _, _, span in there.values())
    return state, *_next(now, CAN_FALL_DUE), lapsed


def _next(now: Now, states: Iterable[State]) -> tuple[date | None, str]:
    """The earliest due day among these states and the requirement it belongs to; with equal days the lowest id."""
    due, requirement_id, _ = min(min(now[state].values()) for state in states if state in now)
    return None if due == date.max else due, f"requirement:{requirement_id}"
