"""Tables of records. A record is a snapshot: it never changes, whatever happens to the course, the person or the department."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class How(StrEnum):
    """How a course was completed."""

    COURSE = "course"
    TEST_OUT = "test_out"


class TrainingRecord(Base):
    """One completion. ``completed_on`` is the organisation's day on which the server had the last required answer. ``how``: by taking
    the course, or by testing out of it; ``minutes`` are then those that the version grants for that.

    Score and pass mark are per cent; ``topics`` maps a topic to minutes; department, job and profession are those held then.
    """

    __tablename__ = "training_record"
    __table_args__ = (Index("ix_training_record_person", "person_id", "completed_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"), unique=True)
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempt.id"), unique=True)
    completed_on: Mapped[date]
    completed_at: Mapped[datetime]
    language: Mapped[str]
    score: Mapped[float | None]
    pass_mark: Mapped[float | None]
    how: Mapped[str] = mapped_column(server_default=How.COURSE)
    minutes: Mapped[int]
    topics: Mapped[dict[str, Any]]
    course_code: Mapped[str]
    course_title: Mapped[str]
    version_number: Mapped[int]
    person_name: Mapped[str]
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    department_path: Mapped[str]
    job: Mapped[str]
    profession: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class RecordRevocation(Base):
    """A record that no longer counts, with who said so and why. The record itself stays."""

    __tablename__ = "record_revocation"

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("training_record.id"), unique=True)
    revoked_at: Mapped[datetime]
    revoked_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str]
