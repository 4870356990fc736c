"""Counts by job on any day: what people do is no part of the tallies, so this reads the spans of one requirement."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, and_, case, cast, func, literal_column, select
from sqlalchemy.orm import Session

from lms.compliance.models import COUNTED, OVERALL, Span
from lms.compliance.tallies import active
from lms.db import day_in, known
from lms.people.models import Membership


class JobCell(NamedTuple):
    """So many people of a job (empty: no primary membership on the day) are in a state, or due soon, for the requirement."""

    job: str
    state: int
    people: int


def counts_by_job(
    session: Session,
    day: date,
    *,
    requirement_id: int = OVERALL,
    departments: Collection[int] | None = None,
    jobs: Collection[str] = (),
    professions: Collection[str] = (),
    visible: Select[int] | None = None,
) -> list[JobCell]:
    """Everybody for whom the requirement applies on ``day``, each in the job of their primary membership that day. One statement.

    ``departments`` None: all; ``jobs`` and ``professions`` empty: any.
    """
    held = and_(
        Membership.person_id == Span.person_id,
        known(Membership),
        Membership.primary,
        day_in(day, Membership.from_day, Membership.to_day),
    )
    sums: list[Any] = [
        cast(func.sum(case((Span.state == code, 1), else_=0)), Integer) for code, _ in enumerate(COUNTED[:-1], 1)
    ]
    sums.append(cast(func.sum(case((Span.soon_from <= day, 1), else_=0)), Integer))
    query = (
        select(Membership.job, *sums)
        .select_from(Span)
        .outerjoin(Membership, held)
        .where(
            Span.generation_id == active(),
            Span.requirement_id == literal_column(str(int(requirement_id))),
            day_in(day, Span.from_day, Span.to_day),
        )
        .group_by(Membership.job)
    )
    if departments is not None:
        query = query.where(Span.department_id.in_(departments))
    if jobs:
        query = query.where(Membership.job.in_(jobs))
    if professions:
        query = query.where(Membership.profession.in_(professions))
    if visible is not None:
        query = query.where(Span.person_id.in_(visible))
    return [
        JobCell(job or "", code, int(people))
        for job, *counted in session.execute(query)
        for code, people in enumerate(counted, 1)
        if people
    ]
