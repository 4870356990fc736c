"""Tables of policies. A version that was published is never edited; a newer one takes its place from its day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Recorded


class Policy(Base):
    """A policy's identity: ``code`` is what rules and people say, and never changes."""

    __tablename__ = "policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class PolicyVersion(Recorded, Base):
    """A policy as it stands from a day on. One that was withdrawn before anybody acknowledged it is superseded.

    ``note`` says in a sentence what is new, for those who acknowledged the version before.
    """

    __tablename__ = "policy_version"
    __table_args__ = (UniqueConstraint("policy_id", "number"), CheckConstraint("number > 0", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    number: Mapped[int]
    title: Mapped[str]
    note: Mapped[str]
    from_day: Mapped[date]


class PolicyDocument(Base):
    """The document of a version in one language (BCP 47)."""

    __tablename__ = "policy_document"

    version_id: Mapped[int] = mapped_column(ForeignKey("policy_version.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))


class Acknowledgement(Base):
    """Somebody said that they have read and understood a version: when, on which local day, and in which language they read it."""

    __tablename__ = "acknowledgement"
    __table_args__ = (UniqueConstraint("version_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_version.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    language: Mapped[str]
    day: Mapped[date]
    acknowledged_at: Mapped[datetime]
