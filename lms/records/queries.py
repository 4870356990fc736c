"""Reads about training records."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from lms.records.models import RecordRevocation, TrainingRecord


def transcript(session: Session, person_id: int) -> Sequence[Row[TrainingRecord, RecordRevocation | None]]:
    """Every record of a person with its revocation if there is one, newest first."""
    return session.execute(
        select(TrainingRecord, RecordRevocation)
        .outerjoin(RecordRevocation, RecordRevocation.record_id == TrainingRecord.id)
        .where(TrainingRecord.person_id == person_id)
        .order_by(TrainingRecord.completed_on.desc(), TrainingRecord.id.desc())
    ).all()
