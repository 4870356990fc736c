"""Tables of compliance: requirements and exemptions are facts; spans and tallies are the one derived store, rebuildable."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Dated, Recorded

OVERALL = 0
"""The requirement_id of a person's overall state in :class:`Span` and the tallies: a pseudo-requirement with spans of its own."""


class Requirement(Base):
    """A duty's identity. ``code`` is what people and files say."""

    __tablename__ = "requirement"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class RequirementVersion(Dated, Base):
    """A version of a duty, in force on the days [from_day, to_day). ``rule`` is the data that ``compliance.rules`` parses."""

    __tablename__ = "requirement_version"
    __table_args__ = (CheckConstraint("from_day < to_day", "days"), UniqueConstraint("requirement_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    requirement_id: Mapped[int] = mapped_column(ForeignKey("requirement.id"), index=True)
    number: Mapped[int]
    title: Mapped[str]
    rule: Mapped[dict[str, Any]]


class Exemption(Dated, Base):
    """Somebody need not fulfil a requirement (None: any) on these days, decided by HR with a reason."""

    __tablename__ = "exemption"
    __table_args__ = (CheckConstraint("from_day < to_day", "days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    requirement_id: Mapped[int | None] = mapped_column(ForeignKey("requirement.id"))
    reason: Mapped[str]


class Extension(Recorded, Base):
    """Another due day for one cycle of one person."""

    __tablename__ = "extension"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    requirement_id: Mapped[int] = mapped_column(ForeignKey("requirement.id"))
    cycle: Mapped[int]
    due: Mapped[date]
    reason: Mapped[str]


class Generation(Base):
    """One full build of the spans. Readers use the one that is active; a bulk change builds the next one beside it.

    ``position`` is the highest person id that is built; ``reason`` says what is being worked in.
    """

    __tablename__ = "generation"

    id: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str]
    started_at: Mapped[datetime]
    position: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=False)


class Span(Base):
    """A person, a requirement, a state, from day to day: the timeline, cut where the primary department changes.

    ``state`` and ``beneath`` are codes of ``compliance.timeline.State``; ``because`` names the fact that caused it.
    """

    __tablename__ = "span"
    __table_args__ = (
        Index("ix_span_person", "person_id", "generation_id"),
        Index("ix_span_cell", "generation_id", "requirement_id", "department_id", "to_day", "from_day", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    generation_id: Mapped[int]
    person_id: Mapped[int]
    requirement_id: Mapped[int]
    department_id: Mapped[int]
    from_day: Mapped[date]
    to_day: Mapped[date]
    state: Mapped[int] = mapped_column(SmallInteger)
    beneath: Mapped[int | None] = mapped_column(SmallInteger)
    due: Mapped[date | None]
    cycle: Mapped[int]
    because: Mapped[str]
    lapsed_extended: Mapped[bool] = mapped_column(default=False)


class TallyBase(Base):
    """How many people were in a state at the start of a checkpoint day, for a requirement and department (not its subtree)."""

    __tablename__ = "tally_base"

    generation_id: Mapped[int] = mapped_column(primary_key=True)
    checkpoint: Mapped[date] = mapped_column(primary_key=True)
    requirement_id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    people: Mapped[int]


class TallyDay(Base):
    """By how many people a count changed on a day."""

    __tablename__ = "tally_day"

    generation_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    requirement_id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    change: Mapped[int]


class TallyPending(Base):
    """Changes not yet folded into :class:`TallyBase` and :class:`TallyDay`: append-only, so writers never wait for each other."""

    __tablename__ = "tally_pending"
    __table_args__ = (Index("ix_tally_pending_day", "generation_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    generation_id: Mapped[int]
    day: Mapped[date]
    requirement_id: Mapped[int]
    department_id: Mapped[int]
    state: Mapped[int] = mapped_column(SmallInteger)
    change: Mapped[int]
