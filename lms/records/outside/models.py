"""Tables of outside training: what somebody handed in, each thing they said about it, and each decision."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Recorded


class Outcome(StrEnum):
    """What a decision says of the statement that it is about."""

    APPROVED = "approved"
    REJECTED = "rejected"
    ASKED = "asked"  # the learner is asked for more
    REVOKED = "revoked"  # it was approved and never counted, as known now
    WITHDRAWN = "withdrawn"  # by the learner


class OutsideTraining(Base):
    """One training done elsewhere that somebody handed in. What was said and decided about it are rows of their own."""

    __tablename__ = "outside_training"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]


class OutsideStatement(Base):
    """What the learner said, the first time or when asked again; the latest ``number`` is the one that counts.

    ``paper_sha256`` is the hash of the document in hex, and outlives the file. ``attested`` are the learner's words where there is no
    document, or beside it. ``meant_for`` is what they think it counts for: ``course:<slug>``, ``requirement:<code>`` or nothing.
    ``topics`` are names; minutes by topic are the reviewer's. ``note`` answers a question of the reviewer.
    """

    __tablename__ = "outside_statement"
    __table_args__ = (UniqueConstraint("training_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    training_id: Mapped[int] = mapped_column(ForeignKey("outside_training.id"))
    number: Mapped[int]
    title: Mapped[str]
    provider: Mapped[str]
    finished_on: Mapped[date]
    minutes: Mapped[int]
    topics: Mapped[list[Any]]
    certificate_number: Mapped[str]
    expires_on: Mapped[date | None]
    attested: Mapped[str]
    meant_for: Mapped[str]
    note: Mapped[str]
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    paper_sha256: Mapped[str | None] = mapped_column(index=True)
    stated_at: Mapped[datetime]
    stated_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class OutsideDecision(Recorded, Base):
    """What was decided about a statement. An approval is a fact about training: title, day, minutes and what it counts for are as the
    reviewer settled them. Of the decisions about a statement one stands; a later one supersedes it.

    ``topics`` are minutes by topic; ``courses`` slugs of courses that it counts as; ``names`` what rules call it that ask for outside
    training; ``lists`` the approvals it stands on; ``version`` the number of the version in force when it was finished of the
    courses that it counts as. ``expires_on`` is its last good day.
    """

    __tablename__ = "outside_decision"
    __table_args__ = (
        Index("ix_outside_decision_person", "person_id", "outcome"),
        Index(
            "uq_outside_decision_standing",
            "statement_id",
            unique=True,
            sqlite_where=text("superseded_at is null"),
            postgresql_where=text("superseded_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    training_id: Mapped[int] = mapped_column(ForeignKey("outside_training.id"), index=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("outside_statement.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str]
    reason: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    provider: Mapped[str] = mapped_column(default="")
    completed_on: Mapped[date | None]
    minutes: Mapped[int] = mapped_column(default=0)
    topics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    modality: Mapped[str] = mapped_column(default="")
    courses: Mapped[list[Any]] = mapped_column(default=list)
    names: Mapped[list[Any]] = mapped_column(default=list)
    lists: Mapped[list[Any]] = mapped_column(default=list)
    version: Mapped[int] = mapped_column(default=1)
    expires_on: Mapped[date | None]


def seen(statement: OutsideStatement, decision: OutsideDecision | None) -> str:
    """The last statement and the decision that stands about it, by their ids: with a form it says what its sender has read."""
    return f"{statement.id}-{decision.id if decision is not None else 0}"
