"""The overall state of a person: a pseudo-requirement with spans of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import chain, pairwise

from .spans import COMPLIANT, EXEMPT, IN_GRACE, ON_LEAVE, OPEN, OVERDUE, RENEWAL_OPEN, UPCOMING, Span, State

Look = tuple[State, date | None, str, bool]
"""state, due, because, lapsed and extended"""

Entry = tuple[date, int, Span]
"""A due day (``date.max`` for none), the requirement, its span."""

Now = list[dict[int, Entry]]
"""What is in force on a day: at the code of each state the requirements that are in it."""


def overall(spans_by_requirement: Mapping[int, Sequence[Span]]) -> tuple[Span, ...]:
    """One span after the other over the days on which any requirement applies; ``requirement_id`` -> its timeline in.

    The first that applies: on leave for any, exempt from all, overdue in any, in grace in any, compliant (at least one
    met, none late), open, upcoming. ``due`` is the next due day of any requirement, or the oldest missed one when late;
    ``because`` the requirement that it belongs to, or the leave or exemption. ``cycle`` is 0.
    """
    turns = _turns(spans_by_requirement)
    days = sorted(turns)
    now: Now = [{} for _ in range(len(State) + 1)]
    result: list[tuple[date, date, Look]] = []
    applying = 0
    for day, following in pairwise(days):
        for begins, requirement_id, span in turns[day]:
            if begins:
                now[span.state][requirement_id] = (span.due or date.max, requirement_id, span)
                applying += 1
            else:
                del now[span.state][requirement_id]
                applying -= 1
        if not applying:
            continue
        look = _look(now, applying)
        if result and result[-1][1] == day and result[-1][2] == look:
            result[-1] = (result[-1][0], following, look)
        else:
            result.append((day, following, look))
    return tuple(
        Span(start, end, state, None, due, None, 0, because, lapsed)
        for start, end, (state, due, because, lapsed) in result
    )


def overall_on(spans: Mapping[int, Span]) -> Look:
    """The overall state of one day, from what is in force on it of each requirement (at least one); see :func:`overall`."""
    now: Now = [{} for _ in range(len(State) + 1)]
    for requirement_id, span in spans.items():
        now[span.state][requirement_id] = (span.due or date.max, requirement_id, span)
    return _look(now, len(spans))


def _turns(spans_by_requirement: Mapping[int, Sequence[Span]]) -> dict[date, list[tuple[bool, int, Span]]]:
    """By day what begins (True) and ends on it; of each requirement what ends before what begins."""
    turns: defaultdict[date, list[tuple[bool, int, Span]]] = defaultdict(list)
    for requirement_id, spans in spans_by_requirement.items():
        for span in spans:
            turns[span[0]].append((True, requirement_id, span))
            turns[span[1]].append((False, requirement_id, span))
    return turns


def _look(now: Now, applying: int) -> Look:
    if now[ON_LEAVE]:
        return ON_LEAVE, None, _first_cause(now[ON_LEAVE]), False
    if len(now[EXEMPT]) == applying:
        return EXEMPT, None, _first_cause(now[EXEMPT]), False
    for late in (OVERDUE, IN_GRACE):
        if now[late]:
            return late, *_next(now[late].values()), False
    falling = chain.from_iterable(now[state].values() for state in (UPCOMING, OPEN, COMPLIANT, RENEWAL_OPEN))
    due, because = _next(falling)
    if now[COMPLIANT] or now[RENEWAL_OPEN]:
        return COMPLIANT, due, because, False
    lapsed = any(span.lapsed_extended for there in now for _, _, span in there.values())
    return OPEN if now[OPEN] else UPCOMING, due, because, lapsed


def _first_cause(there: Mapping[int, Entry]) -> str:
    return min(span.because for _, _, span in there.values())


def _next(entries: Iterable[Entry]) -> tuple[date | None, str]:
    """The earliest due day among these and the requirement it belongs to; with equal days the lowest id."""
    due, requirement_id, _ = min(entries)
    return None if due == date.max else due, f"requirement:{requirement_id}"
