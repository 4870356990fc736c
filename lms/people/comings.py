"""Who came, left or moved in some days: selects for counts and for lists, so that both say the same. By the days on which it
happened, not by when somebody wrote it down."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select
from sqlalchemy.orm import aliased

from lms.db import known
from lms.people.models import Employment, Membership


def joined(first: date, day: date, departments: Collection[int] | None) -> Select[Any]:
    """(person, ``on_day``): who has a first day of employment from ``first`` to ``day``; a change of its kind is none."""
    earlier = aliased(Employment)
    went_on = _touches(earlier, earlier.to_day == Employment.from_day)
    columns: list[Any] = [Employment.person_id, Employment.from_day.label("on_day")]
    query = select(*columns).where(known(Employment), Employment.from_day.between(first, day), ~went_on)
    return _within(query, Employment.person_id, first, day, departments)


def left(first: date, day: date, departments: Collection[int] | None) -> Select[Any]:
    """(person, ``on_day``): whose first day without employment lies from ``first`` to ``day``; a change of its kind is none."""
    later = aliased(Employment)
    goes_on = _touches(later, later.from_day == Employment.to_day)
    columns: list[Any] = [Employment.person_id, Employment.to_day.label("on_day")]
    query = select(*columns).where(known(Employment), Employment.to_day.between(first, day), ~goes_on)
    return _within(query, Employment.person_id, first, day, departments)


def moved(first: date, day: date, departments: Collection[int] | None) -> Select[Any]:
    """(person, ``on_day``): who works in another department or job, by primary membership, since a day from ``first`` to ``day``.

    Whoever moves out of ``departments`` is among them, as is who moves in.
    """
    before = aliased(Membership)
    columns: list[Any] = [Membership.person_id, Membership.from_day.label("on_day")]
    query = (
        select(*columns)
        .join(before, before.person_id == Membership.person_id)
        .where(
            known(Membership),
            Membership.primary,
            Membership.from_day.between(first, day),
            known(before),
            before.primary,
            before.to_day == Membership.from_day,
            or_(before.department_id != Membership.department_id, before.job != Membership.job),
        )
    )
    if departments is None:
        return query
    return query.where(or_(Membership.department_id.in_(departments), before.department_id.in_(departments)))


def _touches(other: Any, meets: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(literal(1)).where(other.person_id == Employment.person_id, known(other), meets).exists()


def _within(
    query: Select[Any], person: Any, first: date, day: date, departments: Collection[int] | None
) -> Select[Any]:
    """Only those who have a membership in these departments at some time in these days, or up to them."""
    if departments is None:
        return query
    there = select(Membership.person_id).where(
        known(Membership),
        Membership.department_id.in_(departments),
        Membership.from_day <= day,
        Membership.to_day >= first,
    )
    return query.where(person.in_(there))
