"""Where a span counts, and when it counts as due soon: cuts of spans for the tables that add people up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from .facts import Membership
from .spans import CAN_FALL_DUE, Span


def split_by_department(spans: Sequence[Span], memberships: Sequence[Membership]) -> tuple[Span, ...]:
    """The same days, cut where the primary department changes, with ``department_id`` filled.

    A day without a primary membership counts in the department of the oldest secondary one (``secondary`` is then
    true). Two primary ones on a day, which nobody should have: the one that began later counts.
    """
    ordered = sorted(memberships, key=_weight)
    edges = sorted({day for m in ordered for day in (m.from_day, m.to_day or date.max)})
    result: list[Span] = []
    for span in spans:
        days = [span.from_day, *(day for day in edges if span.from_day < day < span.to_day), span.to_day]
        for start, end in pairwise(days):
            home = next((m for m in ordered if m.from_day <= start < (m.to_day or date.max)), None)
            place = home.department_id if home else None
            secondary = home is not None and not home.primary
            before = result[-1] if result else None
            if (
                before is not None
                and start > span.from_day
                and (before.department_id, before.secondary) == (place, secondary)
            ):
                result[-1] = before._replace(to_day=end)
            else:
                result.append(span._replace(from_day=start, to_day=end, department_id=place, secondary=secondary))
    return tuple(result)


def _weight(membership: Membership) -> tuple[bool, int, int]:
    began = membership.from_day.toordinal()
    return (not membership.primary, -began if membership.primary else began, membership.department_id)


def due_soon(span: Span, days: int) -> tuple[date, date] | None:
    """The part [from, to) of the span on which its due day is at most ``days`` days away; None where there is none."""
    if span.due is None or span.state not in CAN_FALL_DUE:
        return None
    start = max(span.from_day, span.due - timedelta(days=min(days, span.due.toordinal() - 1)))
    end = min(span.to_day, span.due + timedelta(days=1)) if span.due < date.max else span.to_day
    return (start, end) if start < end else None
