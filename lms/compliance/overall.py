"""The overall state of a person: a pseudo-requirement with spans of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from .spans import CAN_FALL_DUE, MET, Span, State

Look = tuple[State, date | None, int, str, bool]


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
    events.sort(key=lambda event: event[:3])
    now: dict[int, Span] = {}
    result: list[tuple[date, date, Look]] = []
    for place, (day, begins, requirement_id, span) in enumerate(events):
        if begins:
            now[requirement_id] = span
        elif now.get(requirement_id) is span:
            del now[requirement_id]
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
        for start, end, (state, due, _, because, lapsed) in result
    )


def _look(now: Mapping[int, Span]) -> Look:
    states = {span.state for span in now.values()}
    if State.ON_LEAVE in states:
        because = min(span.because for span in now.values() if span.state == State.ON_LEAVE)
        return State.ON_LEAVE, None, 0, because, False
    if states == {State.EXEMPT}:
        return State.EXEMPT, None, 0, min(span.because for span in now.values()), False
    for late in (State.OVERDUE, State.IN_GRACE):
        if late in states:
            return (late, *_next(now, {late}), False)
    if states & MET:
        return (State.COMPLIANT, *_next(now, CAN_FALL_DUE), False)
    state = State.OPEN if State.OPEN in states else State.UPCOMING
    lapsed = any(span.lapsed_extended for span in now.values())
    return (state, *_next(now, CAN_FALL_DUE), lapsed)


def _next(now: Mapping[int, Span], states: set[State] | frozenset[State]) -> tuple[date | None, int, str]:
    due, requirement_id = min(
        (span.due or date.max, requirement_id) for requirement_id, span in now.items() if span.state in states
    )
    return None if due == date.max else due, requirement_id, f"requirement:{requirement_id}"
