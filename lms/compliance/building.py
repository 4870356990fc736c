"""Builds a generation of spans beside the one that readers use: in short transactions, resumable, with one switch at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from lms.clock import local_day
from lms.compliance import store, tallies
from lms.compliance.calendar import add_months
from lms.compliance.models import (
    Assignment,
    Generation,
    RequirementVersion,
    Span,
    TallyBase,
    TallyDay,
    TallyPending,
)
from lms.compliance.uncollected import not_collecting
from lms.organisation import load
from lms.outbox import HowFar, enqueue
from lms.people.models import Person

BUILD = "compliance.build"
FOLD = "compliance.fold"
DROP = "compliance.drop"

PAIRS = 2500
"""About how many pairs of person and requirement one transaction works out: less than a second."""

SLICE = 50_000
"""For about how many people one transaction counts the day changes of a requirement."""

MONTHS_BACK, MONTHS_AHEAD = 40, 20
"""For how long before and after its beginning a generation keeps checkpoints; other days are only slower to count."""


def begin_generation(session: Session, reason: str, now: datetime) -> Generation:
    """Open a rebuild for everybody, after a bulk change in the same transaction; a job does the work.

    ``reason`` is a word for what is being worked in, such as ``import``. A build that is under way begins again, so that it
    takes in this change as well. Waits at most for one step of it.
    """
    generation = _building(session)
    if generation is None:
        _insert(session, reason, now, active=False)
        generation = _building(session)
        assert generation is not None
    generation.reason, generation.started_at = reason, now
    generation.phase, generation.position = "people", 0
    session.flush()
    enqueue(session, BUILD, {"generation": generation.id}, now, key=str(generation.id))
    return generation


WRITTEN = (
    select(Generation)
    .where(Generation.active | Generation.building)
    .order_by(Generation.id)
    .execution_options(populate_existing=True)
)


def written(session: Session, now: datetime) -> Sequence[Generation]:
    """The generations that a change must be written to: the active one and the one being built. There is always one."""
    found = session.scalars(WRITTEN).all()
    if not found:
        _insert(session, "first", now, active=True)
        found = session.scalars(WRITTEN).all()
    return found


def build_step(session: Session, generation_id: int, now: datetime, batch: int = 500) -> bool:
    """Do one short piece of a build, in the caller's transaction; True when it is finished or no longer asked for.

    First the spans of everybody, at most ``batch`` people at a time and fewer where there are many requirements; then the day
    changes, one requirement at a time; then the checkpoints; then the switch. Done again after a crash it goes on where
    it was.
    """
    generation = session.get(Generation, generation_id, with_for_update=True, populate_existing=True)
    if generation is None or not generation.building:
        return True
    match generation.phase:
        case "people":
            _people(session, generation, batch, now)
        case "days":
            _days(session, generation)
        case "checkpoints":
            _checkpoints(session, generation)
        case _:
            _switch(session, generation, now)
            return True
    session.flush()
    return False


def how_far(session: Session, generation_id: int) -> HowFar | None:
    """How far a build has come: people, then pieces of the counts, then checkpoints; None when it is no longer under way."""
    generation = session.get(Generation, generation_id)
    if generation is None or not generation.building:
        return None
    match generation.phase:
        case "people":
            total = session.scalar(select(func.max(Person.id))) or 0
        case "days":
            total = len(tallies.requirement_ids(session)) * _slices(session)
        case _:
            total = len(list(tallies.checkpoints(generation.first_checkpoint, generation.last_checkpoint)))
    phase = "checkpoints" if generation.phase == "switch" else generation.phase
    return HowFar(phase, min(generation.position, total), total)


def drop_step(session: Session, batch: int = 200) -> bool:
    """Remove a piece of the generations that nobody reads any more; True when nothing is left of them."""
    active = session.scalar(select(Generation.id).where(Generation.active))
    if active is None:
        return True
    days = timedelta(days=3 if _many(session) else 3660)
    tables: list[tuple[Any, Any, Any]] = [
        (Span, Span.person_id, lambda first: Span.person_id < first + batch),
        (TallyDay, TallyDay.requirement_id, lambda first: TallyDay.requirement_id == first),
        (TallyBase, TallyBase.checkpoint, lambda first: TallyBase.checkpoint < first + days),
        (TallyPending, TallyPending.day, lambda first: TallyPending.day >= first),
    ]
    for table, column, piece in tables:
        old = session.scalar(select(func.min(table.generation_id)))
        if old is None or old >= active:
            continue
        first = session.scalar(select(func.min(column)).where(table.generation_id == old))
        session.execute(delete(table).where(table.generation_id == old, piece(first)))
        return False
    return True


def _people(session: Session, generation: Generation, batch: int, now: datetime) -> None:
    of_many = RequirementVersion.requirement_id.not_in(select(Assignment.requirement_id))
    asked = session.scalar(select(func.count(func.distinct(RequirementVersion.requirement_id))).where(of_many)) or 0
    size = max(1, min(batch, PAIRS // max(1, asked)))
    query = select(Person.id).where(Person.id > generation.position).order_by(Person.id).limit(size)
    person_ids = session.scalars(query).all()
    if not person_ids:
        generation.phase, generation.position = "days", 0
        generation.first_checkpoint, generation.last_checkpoint = _bounds(session, now)
        return
    store.lock(session, person_ids)
    with not_collecting():
        store.replace(session, generation, store.work_out(session, person_ids), note=False)
    generation.position = person_ids[-1]


def _days(session: Session, generation: Generation) -> None:
    requirement_ids = tallies.requirement_ids(session)
    slices = _slices(session)
    place, slice_no = divmod(generation.position, slices)
    if place >= len(requirement_ids):
        generation.phase, generation.position = "checkpoints", 0
        return
    tallies.build_days(session, generation.id, requirement_ids[place], slice_no, slices)
    generation.position += 1


def _slices(session: Session) -> int:
    """Into so many pieces the counting of one requirement is cut."""
    return 1 + (session.scalar(select(func.count()).select_from(Person)) or 0) // SLICE


def _checkpoints(session: Session, generation: Generation) -> None:
    days = list(tallies.checkpoints(generation.first_checkpoint, generation.last_checkpoint))
    at = generation.position
    if at >= len(days):
        generation.phase = "switch"
        return
    requirement_ids = tallies.requirement_ids(session)
    for day in days[at : at + (1 if _many(session) else 60)]:
        tallies.build_checkpoint(session, generation.id, requirement_ids, days[0], day)
        generation.position += 1


def _many(session: Session) -> bool:
    """Whether pieces must be small, so that nobody waits long for one."""
    return (session.scalar(select(func.count()).select_from(Person)) or 0) > SLICE


def _switch(session: Session, generation: Generation, now: datetime) -> None:
    """Readers see the old generation until this commits, and the new one from then on."""
    session.execute(update(Generation).where(Generation.active).values(active=False))
    generation.active, generation.building = True, False
    generation.phase, generation.finished_at = "done", now
    session.flush()
    enqueue(session, DROP, {}, now, key="drop")


def _building(session: Session) -> Generation | None:
    return session.scalar(
        select(Generation).where(Generation.building).with_for_update().execution_options(populate_existing=True)
    )


def _insert(session: Session, reason: str, now: datetime, *, active: bool) -> None:
    """A new generation, unless another transaction has just made it."""
    columns = Generation.__table__.c
    names = (
        "reason",
        "started_at",
        "finished_at",
        "active",
        "building",
        "phase",
        "position",
        "first_checkpoint",
        "last_checkpoint",
    )
    values = (
        reason,
        now,
        now if active else None,
        active,
        not active,
        "done" if active else "people",
        0,
        *_bounds(session, now),
    )
    marks = ", ".join(f":{name}" for name in names)
    statement = text(f"INSERT INTO generation ({', '.join(names)}) VALUES ({marks}) ON CONFLICT DO NOTHING")
    typed = [bindparam(name, type_=columns[name].type) for name in names]
    session.execute(statement.bindparams(*typed), dict(zip(names, values, strict=True)))


def _bounds(session: Session, now: datetime) -> tuple[date, date]:
    """The first and the last day for which a generation that is counted now keeps checkpoints."""
    organisation = load(session)
    today = local_day(now, organisation.zone if organisation else "UTC")
    return (
        tallies.checkpoint(add_months(today, -MONTHS_BACK)),
        tallies.checkpoint(add_months(today, MONTHS_AHEAD)),
    )
