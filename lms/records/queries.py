"""Reads about training records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from lms.people.models import Person
from lms.records.models import ManualCompletion, RecordRevocation, TrainingRecord


def by_hand(session: Session, person_id: int) -> dict[int, tuple[ManualCompletion, Person | None]]:
    """Why records of a person were written down by hand, and by whom, by record. One statement."""
    query = (
        select(ManualCompletion, Person)
        .join(TrainingRecord, TrainingRecord.id == ManualCompletion.record_id)
        .outerjoin(Person, Person.id == TrainingRecord.recorded_by)
        .where(TrainingRecord.person_id == person_id)
    )
    return {row.record_id: (row, by) for row, by in session.execute(query)}


def standing(session: Session, person_id: int, course_id: int, first: date, last: date) -> Sequence[TrainingRecord]:
    """The records of a person and course completed from ``first`` to ``last`` (included) that count, the oldest first."""
    revoked = select(RecordRevocation.id).where(RecordRevocation.record_id == TrainingRecord.id)
    query = select(TrainingRecord).where(
        TrainingRecord.person_id == person_id,
        TrainingRecord.course_id == course_id,
        TrainingRecord.completed_on.between(first, last),
        ~revoked.exists(),
    )
    return session.scalars(query.order_by(TrainingRecord.completed_on, TrainingRecord.id)).all()


def transcript(session: Session, person_id: int) -> Sequence[Row[TrainingRecord, RecordRevocation | None]]:
    """Every record of a person with its revocation if there is one, newest first."""
    return session.execute(
        select(TrainingRecord, RecordRevocation)
        .outerjoin(RecordRevocation, RecordRevocation.record_id == TrainingRecord.id)
        .where(TrainingRecord.person_id == person_id)
        .order_by(TrainingRecord.completed_on.desc(), TrainingRecord.id.desc())
    ).all()
