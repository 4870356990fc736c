"""The audit log in a pack: its own entries in full, and of all others nothing but the digests that chain them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms.audit import chain
from lms.audit.actions import salts
from lms.audit.models import AuditEntry, AuditSeal
from lms.audit.queries import content_of, keys_of
from lms.evidence.scope import Scope

READ = 5000


def last_place(session: Session, scope: Scope) -> int:
    """The place of the last entry that was made before the moment the pack knows of: the chain is told up to there."""
    return session.scalar(select(func.max(AuditEntry.sealed_as)).where(AuditEntry.at < scope.known_at)) or 0


def chain_lines(session: Session, last: int) -> Iterator[tuple[int, str]]:
    """Place and digest of every entry up to a place, in order."""
    for start in range(0, last, READ):
        rows = session.execute(
            select(AuditSeal.sequence, AuditSeal.content)
            .where(AuditSeal.sequence > start, AuditSeal.sequence <= min(start + READ, last))
            .order_by(AuditSeal.sequence)
        )
        yield from ((place, content) for place, content in rows)


def last_link(session: Session, last: int) -> str:
    """The link at a place; the start of the chain where there is none."""
    return session.scalar(select(AuditSeal.link).where(AuditSeal.sequence == last)) or chain.START


def entries(session: Session, person_ids: Collection[int], last: int) -> list[dict[str, Any]]:
    """Every sealed entry that tells about one of these people, with the salts that prove its values.

    Not when they signed in: that proves no training, and would show a surveyor who works when and from where.
    """
    ids = sorted(person_ids)
    found: list[Any] = []
    for start in range(0, len(ids), 500):
        found += session.execute(
            select(AuditEntry, AuditSeal)
            .join(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
            .where(
                or_(
                    AuditEntry.about_id.in_(ids[start : start + 500]),
                    (AuditEntry.subject_kind == "person") & AuditEntry.subject_id.in_(ids[start : start + 500]),
                ),
                AuditSeal.sequence <= last,
                ~AuditEntry.action.startswith("session."),
            )
        ).all()
    forgotten: dict[int, int] = {}
    for entry, seal in found:
        if entry.action == chain.FORGET and entry.about_id is not None:
            forgotten[entry.about_id] = max(forgotten.get(entry.about_id, 0), seal.sequence)
    keys = keys_of(session, {who for entry, _ in found for who in (entry.actor_id, entry.about_id) if who})
    return [_told(entry, seal, keys, forgotten) for entry, seal in sorted(found, key=lambda pair: pair[1].sequence)]


def _told(entry: AuditEntry, seal: AuditSeal, keys: dict[int, str], forgotten: dict[int, int]) -> dict[str, Any]:
    of_values, of_origin = salts(entry, keys)
    return {
        "place": seal.sequence,
        "content": content_of(entry).plain(),
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
        "origin_value": entry.origin,
        "values": seal.values,
        "origin": seal.origin,
        "salts": {"values": of_values, "origin": of_origin},
        "link": seal.link,
        "pseudonymised": forgotten.get(entry.about_id or 0, 0) > seal.sequence,
    }
