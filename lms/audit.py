"""The audit log: every change to a fact or a grant, written in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import Base


class AuditEntry(Base):
    """One thing somebody did: who, when, from where, to what, before and after, and why."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject_kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None]
    origin: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and when. ``person_id`` None is the system itself; ``origin`` is an address or a program."""

    person_id: int | None
    now: datetime
    origin: str | None = None


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject_kind: str,
    subject_id: int | None = None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Write one entry. ``action`` is a verb such as ``membership.move``; values must be JSON."""
    session.add(
        AuditEntry(
            at=actor.now,
            actor_id=actor.person_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            before=before,
            after=after,
            reason=reason,
            origin=actor.origin,
        )
    )


def listed(
    session: Session,
    *,
    action: str = "",
    person_id: int | None = None,
    about: Collection[tuple[str, int]] = (),
    within: Select[int] | None = None,
    before: datetime | None = None,
    page: int = 1,
    size: int = 50,
) -> Sequence[AuditEntry]:
    """One page of the log (from 1), the newest first, and one more when there is a next page.

    ``action`` is the beginning of a verb (``role`` finds ``role.grant``); ``person_id`` finds what somebody did and
    ``about`` (kind, id) what was done to them;
    ``within`` (person ids) leaves out what was neither done by nor to one of them; ``before`` leaves out what came later.
    """
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).offset((page - 1) * size).limit(size + 1)
    if action:
        query = query.where(AuditEntry.action.startswith(action, autoescape=True))
    if person_id is not None:
        query = query.where(
            or_(
                AuditEntry.actor_id == person_id,
                *(and_(AuditEntry.subject_kind == kind, AuditEntry.subject_id == ident) for kind, ident in about),
            )
        )
    if within is not None:
        to_them = and_(AuditEntry.subject_kind == "person", AuditEntry.subject_id.in_(within))
        query = query.where(or_(AuditEntry.actor_id.in_(within), to_them))
    if before is not None:
        query = query.where(AuditEntry.at < before)
    return session.scalars(query).all()
