"""Tables of the catalogue: a course's identity, and its frozen versions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
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
    content: Mapped[dict[str, Any]]
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
