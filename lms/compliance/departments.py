"""Where a span counts, and when it counts as due soon: cuts of spans for the tables that add people up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from .facts import Membership
from .spans import CAN_FALL_DUE, Span

Home = tuple[date, date, int | None]
"""The days [from, to), the department in which the person counts (None: in none)."""


def homes(memberships: Sequence[Membership]) -> list[Home]:
    """Where a person counts, from the beginning of time to its end, in order and as few stretches as possible.

    A day without a primary membership counts in the department of the oldest secondary one. Two primary ones on a day, which
    nobody should have: the one that began later counts.
    """
    ordered = sorted(memberships, key=_weight)
    edges = {day for m in ordered for day in (m.from_day, m.to_day or date.max)}
    found: list[Home] = []
    for start, end in pairwise(sorted({date.min, date.max, *edges})):
        home = next((m for m in ordered if m.from_day <= start < (m.to_day or date.max)), None)
        place = home.department_id if home else None
        if found and found[-1][2] == place:
            found[-1] = (found[-1][0], end, place)
        else:
            found.append((start, end, place))
    return found


def _weight(membership: Membership) -> tuple[bool, int, int]:
    began = membership.from_day.toordinal()
    return (not membership.primary, -began if membership.primary else began, membership.department_id)


def due_soon(span: Span, days: int) -> tuple[date, date] | None:
    """The part [from, to) of the span on which its due day is at most ``days`` days away; None where there is none."""
    if span.due is None or span.state not in CAN_FALL_DUE or span.due < span.from_day:
        return None
    soon, after = _around(span.due, days)
    start = soon if soon > span.from_day else span.from_day
    end = after if after < span.to_day else span.to_day
    return (start, end) if start < end else None


@lru_cache(maxsize=1 << 16)
def _around(due: date, days: int) -> tuple[date, date]:
    """The day so many days before a due day, and the day after it; remembered, for the same due days come again and again."""
    before = due - timedelta(days) if due.year > days // 365 + 1 else date.min
    return before, due + timedelta(days=1) if due < date.max else due
