"""Who is above whom. Nobody is their own supervisor, and nobody stands above somebody who stands above them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from lms.db import day_in, known
from lms.people.models import Membership, Person

DEEPEST = 60
"""So many steps upwards are looked at; no organisation has more layers."""


def circles(above: Mapping[int, int]) -> list[list[int]]:
    """The circles of a relation person -> supervisor, each in its order, beginning with its smallest id. Pure."""
    done: set[int] = set()
    found = []
    for one in above:
        chain: dict[int, int] = {}
        at: int | None = one
        while at is not None and at not in done and at not in chain:
            chain[at] = len(chain)
            at = above.get(at)
        if at in chain:
            circle = list(chain)[chain[at] :]
            first = circle.index(min(circle))
            found.append(circle[first:] + circle[:first])
        done.update(chain)
    return found


def chain_up(session: Session, person_id: int, day: date) -> list[Person]:
    """A person and those above them on a day, the nearest first. One statement."""
    start = select(literal(person_id).label("id"), literal(0).label("step")).cte("above", recursive=True)
    m = Membership
    up = (
        select(m.supervisor_id, start.c.step + 1)
        .join(start, start.c.id == m.person_id)
        .where(
            m.primary, known(m), day_in(day, m.from_day, m.to_day), m.supervisor_id.is_not(None), start.c.step < DEEPEST
        )
    )
    above = start.union_all(up)
    step = select(above.c.id, func.min(above.c.step).label("step")).group_by(above.c.id).subquery()
    return list(session.scalars(select(Person).join(step, step.c.id == Person.id).order_by(step.c.step)))
