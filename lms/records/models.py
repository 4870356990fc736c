"""Tables of records. A record is a snapshot: it never changes, whatever happens to the course, the person or the department."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class How(StrEnum):
    """How a course was completed: by taking it here, by testing out of it, in a live session, elsewhere before it was known here, or
    in a way that HR vouches for."""

    COURSE = "course"
    TEST_OUT = "test_out"
    LIVE = "live_session"
    ELSEWHERE = "elsewhere"
    BY_HAND = "by_hand"


class Modality(StrEnum):
    """How something was taught, as rules in hours ask for it."""

    LIVE = "live"
    IN_PERSON = "in_person"
    BLENDED = "blended"
    INDEPENDENT = "independent"
    ASYNCHRONOUS = "asynchronous"
    UNKNOWN = "unknown"  # of what was recorded elsewhere


class TrainingRecord(Base):
    """One completion. ``completed_on`` is the organisation's day on which the server had the last required answer. ``how``: by taking
    the course, or by testing out of it; ``minutes`` are then those that the version grants for that. In a live session it is the day of
    the session, and ``completed_at`` its noon, as for what was recorded elsewhere.

    What was recorded elsewhere (``import_id``) has no version of ours and no language; its title is what it was called there,
    ``outside_number`` the certificate of there, ``expires`` the last day on which it is worth anything, and 0 minutes: not known.

    Score and pass mark are per cent; ``topics`` maps a topic to minutes; department, job and profession are those held then.
    ``modality`` None: asynchronous, as every course that is taken here.
    """

    __tablename__ = "training_record"
    __table_args__ = (Index("ix_training_record_person", "person_id", "completed_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("course_version.id"))
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
    version_number: Mapped[int | None]
    modality: Mapped[str | None]
    expires: Mapped[date | None]
    provider: Mapped[str | None]
    outside_number: Mapped[str | None]
    session_id: Mapped[int | None] = mapped_column(ForeignKey("live_session.id"), index=True)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("history_run.id"), index=True)
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
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))


class ManualCompletion(Base):
    """Why HR wrote a record down by hand, and the document that stands behind it. Who and when the record says."""

    __tablename__ = "manual_completion"

    record_id: Mapped[int] = mapped_column(ForeignKey("training_record.id"), primary_key=True)
    reason: Mapped[str]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))


class LiveSession(Base):
    """A course as it was, or will be, taught to people on a day: what the records of its attendees are made from.

    ``minutes`` and ``topics`` (minutes by topic) are those of the version, or what was said for this session. It may stand here before
    its day, without attendees; one without records can be called off.
    """

    __tablename__ = "live_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    day: Mapped[date] = mapped_column(index=True)
    minutes: Mapped[int]
    topics: Mapped[dict[str, Any]]
    modality: Mapped[str]
    language: Mapped[str]
    place: Mapped[str]
    teacher: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    called_off_at: Mapped[datetime | None]
    called_off_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class SessionSheet(Base):
    """A document that belongs to a session, such as its sign-in sheet."""

    __tablename__ = "session_sheet"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("live_session.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    added_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
