"""Where some people stand with every requirement on a day: the rows of a matrix."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.compliance.models import Span
from lms.compliance.spans import State
from lms.compliance.tallies import active
from lms.db import day_in


class Standing(NamedTuple):
    """The state of one person for one requirement on a day, with the due day and the last valid day, where there are such."""

    state: State
    due: date | None
    valid_until: date | None


def standings(
    session: Session, day: date, people: Collection[int], requirements: Collection[int]
) -> Mapping[int, Mapping[int, Standing]]:
    """By person and requirement; whoever a requirement does not include on ``day`` has no entry for it. One statement."""
    query = select(Span.person_id, Span.requirement_id, Span.state, Span.due, Span.valid_until).where(
        Span.generation_id == active(),
        Span.person_id.in_(people),
        Span.requirement_id.in_(requirements),
        day_in(day, Span.from_day, Span.to_day),
    )
    found: dict[int, dict[int, Standing]] = {person: {} for person in people}
    for person, requirement, state, due, valid_until in session.execute(query):
        found[person][requirement] = Standing(State(state), due, valid_until)
    return found
