"""Tables of the catalogue: a course's identity, and its frozen versions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class Change(StrEnum):
    """What an edit is. Only a material one can open new obligations."""

    TYPO = "typo"
    MINOR = "minor"
    MATERIAL = "material"


class Course(Base):
    """A course's identity."""

    __tablename__ = "course"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class CourseVersion(Base):
    """A published version: ``content`` is the whole course as canonical JSON, ``content_hash`` its SHA-256. Never changed.

    Title, code, minutes and enrolment are copied out of the content for lists; ``withdrawn_at`` hides a version from new
    enrolments while attempts under way go on.
    """

    __tablename__ = "course_version"
    __table_args__ = (UniqueConstraint("course_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(deferred=True)  # large; read through queries.contents, once
    content_hash: Mapped[str]
    change: Mapped[str]
    change_note: Mapped[str]
    title: Mapped[str]
    code: Mapped[str]
    minutes: Mapped[int]
    enrolment: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]


class CourseMedia(Base):
    """A picture or other medium of a version, by its path in the course folder."""

    __tablename__ = "course_media"
    __table_args__ = (UniqueConstraint("version_id", "path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    path: Mapped[str]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))


class AngoffPanel(Base):
    """A panel that judges the questions of a test, to find its pass mark (``lms.catalogue.angoff``).

    ``items`` are the questions judged, with the hash of each as it was when the panel began. ``ratings`` are by round (``"1"``, ``"2"``),
    question and judge, as they were written. Once ``adopted_at`` is set nothing changes any more; ``result`` is what it says then.
    """

    __tablename__ = "angoff_panel"
    __table_args__ = (CheckConstraint("(adopted_at is null) = (result is null)", "result"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(index=True)
    step_id: Mapped[str]
    title: Mapped[str]
    judges: Mapped[list[Any]]
    items: Mapped[dict[str, Any]]
    ratings: Mapped[dict[str, Any]]
    begun_at: Mapped[datetime]
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]
    adopted_at: Mapped[datetime | None]
    adopted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    @property
    def round(self) -> int:
        """The round that counts: the last one."""
        return max(int(number) for number in self.ratings)
