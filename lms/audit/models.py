"""Tables of the audit log: what happened, the seals that chain it, and one key for each person whom it tells about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base

UNSEALED = text("sealed_as is null")


class AuditEntry(Base):
    """One thing somebody did: who, when, from where, to what, before and after, and why.

    ``about_id`` is the person whom the values tell about; ``origin`` is an address or a program. ``sealed_as`` is its place in the
    chain, None until a worker has sealed it. Values and origin can be taken away by pseudonymising; nothing else ever changes.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "subject_kind", "subject_id"),
        Index("ix_audit_entry_unsealed", "id", sqlite_where=UNSEALED, postgresql_where=UNSEALED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None]
    origin: Mapped[str | None]
    about_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    sealed_as: Mapped[int | None] = mapped_column(unique=True)


class AuditSeal(Base):
    """One link of the chain (digests in hex, see :mod:`lms.audit.chain`). No foreign key: it outlives a row that somebody removes."""

    __tablename__ = "audit_seal"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(unique=True)
    values: Mapped[str]
    origin: Mapped[str]
    content: Mapped[str]
    link: Mapped[str]
    sealed_at: Mapped[datetime]


class AuditKey(Base):
    """The key (32 random bytes in hex) under which the values about a person are digested. Destroying it is deleting the row."""

    __tablename__ = "audit_key"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    key: Mapped[str]
    made_at: Mapped[datetime]
