"""Checks the derived store against the facts: spans against a fresh computation, counts against the spans. Mends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from lms.compliance import store
from lms.compliance.models import Generation, Span
from lms.compliance.queries import counts
from lms.compliance.rows import Row
from lms.compliance.tallies import active, checkpoint, grouped
from lms.db import known
from lms.errors import N_, Message
from lms.people.models import Membership, Person

AT_ONCE = 100


def people(session: Session, sample: int | None) -> list[int]:
    """The ids of everybody, or of a sample spread evenly over all."""
    ids = list(session.scalars(select(Person.id).order_by(Person.id)))
    if not sample or sample >= len(ids):
        return ids
    return [ids[place * len(ids) // sample] for place in range(sample)]


def wrong_spans(session: Session, person_ids: Sequence[int]) -> Iterator[int]:
    """Those of these people whose stored spans are not what their facts give today."""
    generation = session.scalar(select(Generation.id).where(Generation.active))
    for start in range(0, len(person_ids), AT_ONCE):
        ids = person_ids[start : start + AT_ONCE]
        stored: dict[int, set[Row]] = {person: set() for person in ids}
        for row in store.stored(session, generation, ids) if generation is not None else ():
            stored[row.person_id].add(row)
        for person, fresh in store.work_out(session, ids).items():
            if stored[person] != set(fresh):
                yield person


def days_to_check(today: date) -> list[date]:
    """Days of the past and the future on which counts are compared with spans: checkpoints, days beside them, and days between."""
    days = [today + timedelta(days=days) for days in (-730, -366, -95, -1, 0, 29, 200, 400)]
    return sorted({*days, checkpoint(today), checkpoint(today) - timedelta(days=1)})


def wrong_counts(session: Session, day: date) -> int:
    """How many cells of ``day`` differ between the tallies and the spans."""
    direct = {tuple(row[:2]): tuple(row[2:]) for row in session.execute(grouped(day, Span.generation_id == active()))}
    kept: dict[tuple[int, ...], list[int]] = {}
    for requirement, department, code, number in counts(session, day):
        kept.setdefault((requirement, department), [0] * 9)[code - 1] = number
    return sum(direct.get(cell) != tuple(kept.get(cell, ())) for cell in direct.keys() | kept.keys())


def faulty_memberships(session: Session) -> list[Message]:
    """People with more than one primary membership on a day, and with the same membership twice."""
    first, second = aliased(Membership), aliased(Membership)
    overlap = (
        select(Person.source, Person.number, func.max(first.from_day), func.max(second.from_day))
        .join(first, first.person_id == Person.id)
        .join(second, (second.person_id == first.person_id) & (second.id > first.id))
        .where(known(first), known(second), first.from_day < second.to_day, second.from_day < first.to_day)
        .group_by(Person.source, Person.number)
        .order_by(Person.source, Person.number)
    )
    found = []
    two = N_("%(number)s (%(source)s) has two primary memberships at once, since %(first)s and %(second)s.")
    twice = N_("%(number)s (%(source)s) is twice in the same department at once, since %(first)s and %(second)s.")
    for msgid, query in (
        (two, overlap.where(first.primary, second.primary)),
        (twice, overlap.where(first.department_id == second.department_id, first.primary == second.primary)),
    ):
        for source, number, one, other in session.execute(query):
            found.append(Message(msgid, {"source": source, "number": number, "first": one, "second": other}))
    return found
