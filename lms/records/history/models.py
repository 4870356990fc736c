"""Tables of imported completions: one file each, and its lines as they were understood."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class Phase(StrEnum):
    """Where a file is: being read, ready to be looked at, being taken in, in force, being taken back, undone, or thrown away."""

    READING = "reading"
    READY = "ready"
    TAKING = "taking"
    TAKEN = "taken"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"


class State(StrEnum):
    """What a line would do, or why it does nothing."""

    NEW = "new"
    THERE = "there"  # the same person, course and day is recorded already
    TWICE = "twice"  # an earlier line of the file says the same
    OUTSIDE = "outside"  # HR says that the course is not ours
    UNMAPPED = "unmapped"  # nobody has said yet which course it is
    UNKNOWN = "unknown"  # nobody has this number or address
    FAULT = "fault"


class HistoryRun(Base):
    """One file. ``source`` is the system that recorded the completions, ``numbers_of`` the one that the employee numbers come from.

    ``position`` is the last line that was read, or the last person whose lines are taken in: a worker that dies goes on behind it.
    ``summary`` counts the lines by state, as they
    were when the file was taken in. ``problem``: why the file cannot be read at all.
    """

    __tablename__ = "history_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    numbers_of: Mapped[str]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    file_name: Mapped[str]
    dates: Mapped[str | None]
    encoding: Mapped[str | None]
    phase: Mapped[str]
    position: Mapped[int]
    lines: Mapped[int]
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    summary: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    undo_reason: Mapped[str | None]


class HistoryRow(Base):
    """One line: what it says, whom and which course it means, and what it would do.

    ``course_name`` is as in the file, ``course_key`` the same without capitals. Department, job and profession are those held on the
    day. ``column``, ``value``, ``message`` and ``remedy`` tell a fault; both texts are ``{"text", "params"}``.
    """

    __tablename__ = "history_row"
    __table_args__ = (
        Index("ix_history_row_state", "run_id", "state", "person_id"),
        Index("ix_history_row_course", "run_id", "course_key"),
        Index("ix_history_row_same", "run_id", "person_id", "day"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("history_run.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str]
    course_name: Mapped[str]
    course_key: Mapped[str]
    state: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"))
    day: Mapped[date | None]
    score: Mapped[float | None]
    minutes: Mapped[int]
    certificate: Mapped[str | None]
    expires: Mapped[date | None]
    provider: Mapped[str | None]
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    department_path: Mapped[str]
    job: Mapped[str]
    profession: Mapped[str]
    column: Mapped[str | None]
    value: Mapped[str | None]
    message: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    remedy: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
