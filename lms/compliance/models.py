"""Tables of compliance: requirements and exemptions are facts; spans and tallies are the one derived store, rebuildable."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Dated, Recorded

OVERALL = 0
"""The requirement_id of a person's overall state in :class:`Span` and the tallies: a pseudo-requirement with spans of its own."""

DUE_SOON = 9
"""The code of the pseudo-state "due soon", an of-which of the states that can fall due; states have the codes 1 to 8."""

COUNTED = (
    "exempt", "on_leave", "upcoming", "open", "compliant", "renewal_open", "in_grace", "overdue", "due_soon",
)  # fmt: skip
"""The columns of a tally, in the order of the codes from 1."""


class Requirement(Base):
    """A duty's identity. ``code`` is what people and files say."""

    __tablename__ = "requirement"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class RequirementVersion(Dated, Base):
    """A version of a duty, in force on the days [from_day, to_day) until a version that begins later takes its place.

    ``rule`` is the data that ``compliance.rules`` parses. ``adopted_on`` is the local day of the decision: a version adopted
    late binds from then. ``apply_to_running``: unmet cycles that began under an older version are moved as well. ``about`` is what
    stands behind it, as text: authority, citation, status (``compliance.rules.Status``; own policy when left out), source, as_of.
    """

    __tablename__ = "requirement_version"
    __table_args__ = (
        CheckConstraint("from_day < to_day", "days"),
        Index(
            "uq_requirement_version_number",
            "requirement_id",
            "number",
            unique=True,
            sqlite_where=text("superseded_at is null"),
            postgresql_where=text("superseded_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    requirement_id: Mapped[int] = mapped_column(ForeignKey("requirement.id"), index=True)
    number: Mapped[int]
    title: Mapped[str]
    rule: Mapped[dict[str, Any]]
    adopted_on: Mapped[date]
    apply_to_running: Mapped[bool] = mapped_column(default=False)
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Assignment(Base):
    """That a requirement asks a course of people named one by one (:class:`AssignedPerson`), once, by the day ``due``.

    Such a requirement has one version that never changes; its code is the name of the assignment in the rule's audience.
    """

    __tablename__ = "assignment"

    requirement_id: Mapped[int] = mapped_column(ForeignKey("requirement.id"), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    due: Mapped[date]


class AssignedPerson(Dated, Base):
    """Somebody for whom an assignment stands on these days. ``reason`` is for HR and auditors, ``shown`` is what the person reads.

    ``withdrawal`` says why it was withdrawn: on the row that ended by it, or on the superseded one if it never should have been.
    """

    __tablename__ = "assigned_person"
    __table_args__ = (
        CheckConstraint("from_day < to_day", "days"),
        Index(
            "uq_assigned_person_known",
            "requirement_id",
            "person_id",
            unique=True,
            sqlite_where=text("superseded_at is null"),
            postgresql_where=text("superseded_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    requirement_id: Mapped[int] = mapped_column(ForeignKey("assignment.requirement_id"))
    reason: Mapped[str]
    shown: Mapped[str]
    withdrawal: Mapped[str | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))


class Exemption(Dated, Base):
    """Somebody need not fulfil a requirement (None: any) on these days, decided by HR with a reason."""

    __tablename__ = "exemption"
    __table_args__ = (CheckConstraint("from_day < to_day", "days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    requirement_id: Mapped[int | None] = mapped_column(ForeignKey("requirement.id"))
    reason: Mapped[str]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))


class Extension(Recorded, Base):
    """Another due day, the last good one, for one cycle of one person, decided on the local day ``granted_on``."""

    __tablename__ = "extension"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    requirement_id: Mapped[int] = mapped_column(ForeignKey("requirement.id"))
    cycle: Mapped[int]
    due: Mapped[date]
    granted_on: Mapped[date]
    reason: Mapped[str]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))


class ExtensionRequest(Recorded, Base):
    """A learner asks for another due day, ``wished``, for one cycle that was due on ``due``. It is superseded when somebody decides."""

    __tablename__ = "extension_request"
    __table_args__ = (
        Index(
            "uq_extension_request_open",
            "person_id",
            "requirement_id",
            "cycle",
            unique=True,
            sqlite_where=text("superseded_at is null"),
            postgresql_where=text("superseded_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    requirement_id: Mapped[int] = mapped_column(ForeignKey("requirement.id"))
    cycle: Mapped[int]
    due: Mapped[date]
    wished: Mapped[date]
    reason: Mapped[str]


class ExtensionDecision(Base):
    """What became of a request: the extension that was granted, or (None) a refusal with its reason. Who and when the request says."""

    __tablename__ = "extension_decision"

    request_id: Mapped[int] = mapped_column(ForeignKey("extension_request.id"), primary_key=True)
    extension_id: Mapped[int | None] = mapped_column(ForeignKey("extension.id"))
    reason: Mapped[str]


class Generation(Base):
    """One full build of the spans. Readers use the one that is active; a bulk change builds the next one beside it.

    ``phase`` is ``people``, ``days`` or ``checkpoints`` while it is built, then ``done``; ``position`` says how far the phase has
    come (for ``people`` the highest person id that is built). ``reason`` is a word for what is being worked in, such as
    ``import``. ``first_checkpoint`` and ``last_checkpoint`` bound the days for which :class:`TallyBase` is kept.
    """

    __tablename__ = "generation"
    __table_args__ = (
        Index(
            "uq_generation_active",
            "active",
            unique=True,
            sqlite_where=text("active"),
            postgresql_where=text("active"),
        ),
        Index(
            "uq_generation_building",
            "building",
            unique=True,
            sqlite_where=text("building"),
            postgresql_where=text("building"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=False)
    building: Mapped[bool] = mapped_column(default=False)
    phase: Mapped[str] = mapped_column(default="people")
    position: Mapped[int] = mapped_column(default=0)
    first_checkpoint: Mapped[date]
    last_checkpoint: Mapped[date]


CELL = (
    "generation_id", "requirement_id", "state", "to_day", "from_day", "due", "person_id", "department_id",
)  # fmt: skip
"""The columns by which the people of a cell are found and put in order. SQLite has the spans of a requirement side by side anyway, so that
there only the overall states, of which there are most, are worth an index."""


class Span(Base):
    """A person, a requirement, a state, from day to day: the timeline, cut where the primary department changes.

    ``state`` and ``beneath`` are codes of ``compliance.spans.State``; ``because`` names the fact that caused it. From ``soon_from``
    (None: never) to the end of the span it counts as due soon. Spans of one person and requirement never overlap. The key begins with
    the requirement, so that a build, person after person, always writes at the same few places.
    """

    __tablename__ = "span"
    __table_args__ = (
        Index("ix_span_person", "person_id", "generation_id", "to_day"),
        Index("ix_span_cell", *CELL, sqlite_where=text("requirement_id = 0")),
        {"sqlite_with_rowid": False},
    )

    generation_id: Mapped[int] = mapped_column(primary_key=True)
    requirement_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    from_day: Mapped[date] = mapped_column(primary_key=True)
    to_day: Mapped[date]
    department_id: Mapped[int]
    state: Mapped[int] = mapped_column(SmallInteger)
    beneath: Mapped[int | None] = mapped_column(SmallInteger)
    due: Mapped[date | None]
    valid_until: Mapped[date | None]
    soon_from: Mapped[date | None]
    cycle: Mapped[int]
    because: Mapped[str]
    lapsed_extended: Mapped[bool] = mapped_column(default=False)


class Counts:
    """People, one column for each state and one for due soon: how many, or by how many the number changed."""

    exempt: Mapped[int] = mapped_column(default=0)
    on_leave: Mapped[int] = mapped_column(default=0)
    upcoming: Mapped[int] = mapped_column(default=0)
    open: Mapped[int] = mapped_column(default=0)
    compliant: Mapped[int] = mapped_column(default=0)
    renewal_open: Mapped[int] = mapped_column(default=0)
    in_grace: Mapped[int] = mapped_column(default=0)
    overdue: Mapped[int] = mapped_column(default=0)
    due_soon: Mapped[int] = mapped_column(default=0)


class TallyBase(Counts, Base):
    """How many people were in each state on a checkpoint day, for a requirement and department (not its subtree)."""

    __tablename__ = "tally_base"
    __table_args__ = {"sqlite_with_rowid": False}

    generation_id: Mapped[int] = mapped_column(primary_key=True)
    checkpoint: Mapped[date] = mapped_column(primary_key=True)
    requirement_id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(primary_key=True)


class TallyDay(Counts, Base):
    """By how many people the counts changed on a day."""

    __tablename__ = "tally_day"
    __table_args__ = {"sqlite_with_rowid": False}

    generation_id: Mapped[int] = mapped_column(primary_key=True)
    requirement_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(primary_key=True)


class TallyPending(Counts, Base):
    """Changes not yet folded into :class:`TallyBase` and :class:`TallyDay`: append-only, so writers never wait for each other."""

    __tablename__ = "tally_pending"
    __table_args__ = (Index("ix_tally_pending_day", "generation_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    generation_id: Mapped[int]
    day: Mapped[date]
    requirement_id: Mapped[int]
    department_id: Mapped[int]
