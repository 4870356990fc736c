"""Counts by job on any day: what people do is no part of the tallies, so this reads the spans of one requirement."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Integer, and_, case, cast, func, literal_column, select
from sqlalchemy.orm import Session

from lms.compliance.cells import Who
from lms.compliance.models import COUNTED, Span
from lms.compliance.tallies import active
from lms.db import day_in, known
from lms.people.models import Membership


class JobCell(NamedTuple):
    """So many people of a job (empty: no primary membership on the day) are in a state, or due soon, for the requirement."""

    job: str
    state: int
    people: int


def counts_by_job(session: Session, who: Who) -> list[JobCell]:
    """Each of these people, whatever their state, in the job of their primary membership that day. One statement."""
    day = who.day
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
            Span.requirement_id == literal_column(str(int(who.requirement_id))),
            day_in(day, Span.from_day, Span.to_day),
        )
        .group_by(Membership.job)
    )
    if who.departments is not None:
        query = query.where(Span.department_id.in_(who.departments))
    query = query.where(*who.people(Span.person_id))
    return [
        JobCell(job or "", code, int(people))
        for job, *counted in session.execute(query)
        for code, people in enumerate(counted, 1)
        if people
    ]
