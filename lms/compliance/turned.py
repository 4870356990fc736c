"""Whose overall state turned between two days, and who will lapse: selects for counts and for lists, so that both say the same."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, and_, literal, select
from sqlalchemy.orm import aliased

from lms.compliance.models import OVERALL, Span
from lms.compliance.spans import MET, State
from lms.compliance.tallies import active
from lms.db import day_in

MET_CODES = [int(state) for state in MET]
LAPSED_CODES = [int(State.OPEN), int(State.IN_GRACE), int(State.OVERDUE)]

COLUMNS = ("person_id", "on_day", "department_id", "state", "due", "because")
"""What each row of these selects says: who, since when, counted where, the state then, its due day and cause."""


def turned(
    first: date,
    day: date,
    states: Collection[State],
    departments: Collection[int] | None,
    *,
    requirement_id: int = OVERALL,
) -> Select[Any]:
    """Who is in one of ``states`` on ``day`` and was in none of them on the day before ``first``; columns are :data:`COLUMNS`.

    Who came meanwhile, or was on leave before, counts as well. ``departments`` None: all.
    """
    codes = [int(state) for state in states]
    before = aliased(Span)
    was = (
        select(literal(1))
        .where(
            before.generation_id == Span.generation_id,
            before.person_id == Span.person_id,
            before.requirement_id == Span.requirement_id,
            day_in(first - timedelta(days=1), before.from_day, before.to_day),
            before.state.in_(codes),
        )
        .exists()
    )
    query = _said(Span).where(
        Span.generation_id == active(),
        Span.requirement_id == requirement_id,
        Span.state.in_(codes),
        day_in(day, Span.from_day, Span.to_day),
        Span.from_day >= first,
        ~was,
    )
    return query if departments is None else query.where(Span.department_id.in_(departments))


def lapses(
    day: date, days: int, *, departments: Collection[int] | None = None, requirement_id: int = OVERALL
) -> Select[Any]:
    """Who is compliant on ``day`` and will no longer be within ``days`` days if nothing is done; columns are :data:`COLUMNS`.

    ``on_day`` is the first day on which they are not. Those who leave, go on leave or become exempt do not lapse.
    """
    after, before = aliased(Span), aliased(Span)
    query = (
        _said(after)
        .select_from(Span)
        .join(
            after,
            and_(
                after.generation_id == Span.generation_id,
                after.person_id == Span.person_id,
                after.requirement_id == Span.requirement_id,
                after.from_day == Span.to_day,
            ),
        )
        .where(
            Span.generation_id == active(),
            Span.requirement_id == requirement_id,
            Span.to_day > day,
            Span.to_day <= day + timedelta(days=days),
            Span.state.in_(MET_CODES),
            after.state.in_(LAPSED_CODES),
            select(literal(1))
            .where(
                before.generation_id == Span.generation_id,
                before.person_id == Span.person_id,
                before.requirement_id == Span.requirement_id,
                day_in(day, before.from_day, before.to_day),
                before.state.in_(MET_CODES),
            )
            .exists(),
        )
    )
    return query if departments is None else query.where(after.department_id.in_(departments))


def _said(span: Any) -> Select[Any]:
    columns: list[Any] = [
        span.person_id,
        span.from_day.label("on_day"),
        span.department_id,
        span.state,
        span.due,
        span.because,
    ]
    query: Select[Any] = select(*columns)
    return query
