"""Why people are exempt, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.compliance.behind import with_job
from lms.compliance.models import Exemption, Span
from lms.compliance.spans import State
from lms.compliance.tallies import active
from lms.db import day_in


def exempt_by_reason(
    session: Session,
    day: date,
    requirement_id: int,
    *,
    departments: Collection[int] | None = None,
    jobs: Collection[str] = (),
    professions: Collection[str] = (),
    visible: Select[int] | None = None,
) -> dict[str, int]:
    """How many people are exempt on ``day`` for each reason that was written down, the most frequent first. Two statements.

    Departments, jobs, professions and the visible people narrow as in ``behind.people_in`` and ``queries.filtered_counts``.
    """
    query = (
        select(Span.because, func.count())
        .where(
            Span.generation_id == active(),
            Span.requirement_id == requirement_id,
            Span.state == int(State.EXEMPT),
            day_in(day, Span.from_day, Span.to_day),
        )
        .group_by(Span.because)
    )
    if departments is not None:
        query = query.where(Span.department_id.in_(departments))
    if jobs or professions:
        query = query.where(Span.person_id.in_(with_job(day, jobs, professions)))
    if visible is not None:
        query = query.where(Span.person_id.in_(visible))
    by_exemption = {int(because.partition(":")[2]): people for because, people in session.execute(query)}
    counted: Counter[str] = Counter()
    for id, reason in session.execute(select(Exemption.id, Exemption.reason).where(Exemption.id.in_(by_exemption))):
        counted[reason] += by_exemption[id]
    return dict(counted.most_common())
