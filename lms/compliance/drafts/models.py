"""Tables of drafts and rehearsals. A draft is no fact: nothing follows from it until it is published as a version."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base


class RequirementDraft(Base):
    """A version of a requirement that somebody is building. ``document`` is what ``compliance.drafts.sheet`` describes, finished or not.

    ``requirement_id`` None: a new requirement. ``library`` names the entry of the library that it was taken from. ``closed_at``: when
    it was published (``version_id`` says as what) or thrown away.
    """

    __tablename__ = "requirement_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    requirement_id: Mapped[int | None] = mapped_column(ForeignKey("requirement.id"))
    document: Mapped[dict[str, Any]]
    library: Mapped[str | None]
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    version_id: Mapped[int | None] = mapped_column(ForeignKey("requirement_version.id"))


class Rehearsal(Base):
    """What a draft, as it stood when this was asked for (``document``), would do to everybody from ``first_day`` on.

    ``position`` is the highest id of a person who is worked in, ``people`` how many there are; ``figures`` are those of
    ``compliance.drafts.rehearsing``, so far or, once ``finished_at`` is set, of all.
    """

    __tablename__ = "rehearsal"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("requirement_draft.id"), index=True)
    document: Mapped[dict[str, Any]]
    first_day: Mapped[date]
    asked_at: Mapped[datetime]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    people: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    figures: Mapped[dict[str, Any]]
    finished_at: Mapped[datetime | None]


class RehearsalLine(Base):
    """One person whom the requirement concerns on the first day, without the draft or with it: the names behind the figures.

    ``was`` and ``becomes`` are codes of ``compliance.spans.State``, None where it does not apply; ``move`` is a word of
    ``compliance.drafts.rehearsing.Effect``.
    """

    __tablename__ = "rehearsal_line"
    __table_args__ = {"sqlite_with_rowid": False}

    rehearsal_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int]
    move: Mapped[str]
    was: Mapped[int | None] = mapped_column(SmallInteger)
    becomes: Mapped[int | None] = mapped_column(SmallInteger)
    due: Mapped[date | None]
