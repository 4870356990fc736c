"""Reads of imported completions: what a file would do, what it did, and what to look at before it does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.orm import Session

from lms.catalogue.models import CourseVersion
from lms.clock import local_day
from lms.db import known
from lms.errors import N_, NotFound
from lms.outbox import HowFar
from lms.people.models import Employment, Person
from lms.records.history.models import HistoryRow, HistoryRun, Phase, State
from lms.records.models import RecordRevocation, TrainingRecord

WHOLE = TrainingRecord.import_id.is_(None) | TrainingRecord.import_id.not_in(
    select(HistoryRun.id).where(HistoryRun.phase == Phase.TAKING)
)
"""The SQL condition that a record counts: one of a file counts once all of the file is taken in."""


def one(session: Session, run_id: int) -> HistoryRun:
    """An import.

    Raises:
        NotFound: there is none with this number.
    """
    run = session.get(HistoryRun, run_id)
    if run is None:
        raise NotFound(N_("There is no such import."))
    return run


def listed(session: Session, page: int, size: int) -> Sequence[Row[HistoryRun, Person | None]]:
    """One page of the imports, the newest first, with who asked; one more when there is a next page. Thrown away ones are left out."""
    query = select(HistoryRun, Person).outerjoin(Person, Person.id == HistoryRun.asked_by)
    shown = query.where(HistoryRun.phase != Phase.DROPPED).order_by(HistoryRun.id.desc())
    return session.execute(shown.offset((page - 1) * size).limit(size + 1)).all()


def counts(session: Session, run: HistoryRun) -> Counter[State]:
    """The lines by state."""
    rows = session.execute(
        select(HistoryRow.state, func.count()).where(HistoryRow.run_id == run.id).group_by(HistoryRow.state)
    )
    return Counter({State(state): number for state, number in rows})


def lines(session: Session, run: HistoryRun, states: Sequence[State], most: int) -> Sequence[HistoryRow]:
    """The first lines in these states, in the order of the file."""
    query = select(HistoryRow).where(HistoryRow.run_id == run.id, HistoryRow.state.in_(states))
    return session.scalars(query.order_by(HistoryRow.line).limit(most)).all()


def named(
    session: Session, run: HistoryRun, states: Sequence[State], most: int, visible: Select[int] | None = None
) -> Sequence[Row[HistoryRow, Person]]:
    """The same with the people they mean."""
    row = HistoryRow
    query = (
        select(row, Person).join(Person, Person.id == row.person_id).where(row.run_id == run.id, row.state.in_(states))
    )
    if visible is not None:
        query = query.where(row.person_id.in_(visible))
    return session.execute(query.order_by(row.line).limit(most)).all()


@dataclass(frozen=True, slots=True)
class Doubts:
    """How many new lines HR should look at: from before the course was published here, from days on which the person was not employed
    here, and without minutes, which add nothing to rules in hours."""

    before_course: int
    not_employed: int
    without_minutes: int


def doubts(session: Session, run: HistoryRun, zone: str) -> Doubts:
    """What is taken, and shown before. Three statements."""
    row = HistoryRow
    mine = (row.run_id == run.id) & (row.state == State.NEW)
    here = exists().where(
        Employment.person_id == row.person_id,
        known(Employment),
        Employment.from_day <= row.day,
        Employment.to_day > row.day,
    )
    first = select(CourseVersion.course_id, func.min(CourseVersion.published_at)).group_by(CourseVersion.course_id)
    began = {course: local_day(moment, zone) for course, moment in session.execute(first)}
    days = select(row.course_id, row.day, func.count()).where(mine).group_by(row.course_id, row.day)
    early = sum(n for course, day, n in session.execute(days) if course and day and day < began[course])
    counted = select(func.count().filter(~here), func.count().filter(row.minutes == 0)).select_from(row).where(mine)
    not_employed, without_minutes = session.execute(counted).one()
    return Doubts(early, not_employed, without_minutes)


def how_far(session: Session, run: HistoryRun) -> HowFar | None:
    """How many lines of a file are taken in, or taken back; None when neither is under way."""
    if run.phase not in (Phase.TAKING, Phase.UNDOING):
        return None
    brought = session.scalar(select(func.count()).where(TrainingRecord.import_id == run.id)) or 0
    if run.phase == Phase.UNDOING:
        return HowFar(run.phase, brought - still_count(session, run), brought)
    return HowFar(run.phase, brought, counts(session, run)[State.NEW])


def still_count(session: Session, run: HistoryRun) -> int:
    """How many of the records it brought count now."""
    record = TrainingRecord
    return (
        session.scalar(
            select(func.count(record.id))
            .outerjoin(RecordRevocation, RecordRevocation.record_id == record.id)
            .where(record.import_id == run.id, RecordRevocation.id.is_(None))
        )
        or 0
    )
