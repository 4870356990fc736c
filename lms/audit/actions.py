"""Verbs of the audit log: record in the caller's transaction; seal, in order, by a worker; forget a person."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, String, cast, delete, func, insert, literal, null, or_, select, update
from sqlalchemy.orm import Session

from lms.audit import chain
from lms.audit.models import AuditEntry, AuditKey, AuditSeal
from lms.audit.queries import content_of, keys_of

BATCH = 500
"""Entries sealed in one transaction."""


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
    about: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Write one entry. ``action`` is a verb such as ``membership.move``; values must be JSON.

    ``about`` is the person whom the values tell about; for a subject of the kind ``person`` it is that person.
    """
    session.add(
        AuditEntry(
            at=actor.now,
            actor_id=actor.person_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            about_id=subject_id if about is None and subject_kind == "person" else about,
            before=before,
            after=after,
            reason=reason,
            origin=actor.origin,
        )
    )


def record_each(session: Session, actor: Actor, action: str, rows: Select[Any]) -> None:
    """Write one entry about each of many people, in one statement. ``rows`` gives the person (``subject``), the person whom the values tell
    about or null (``about``), and as JSON of the database what ``was`` and what ``became``."""
    told = rows.subquery("told")
    subject, about, before, after = told.c.subject, told.c.about, told.c.was, told.c.became
    moment = literal(actor.now, AuditEntry.at.type)
    entries = select(
        moment, cast(literal(actor.person_id, Integer), Integer), literal(action), literal("person"), subject, cast(about, Integer),
        before, after, literal(actor.origin, String),
    )  # fmt: skip
    names = ["at", "actor_id", "action", "subject_kind", "subject_id", "about_id", "before", "after", "origin"]
    session.execute(insert(AuditEntry).from_select(names, entries.order_by(subject)))


def seal(session: Session, now: datetime, size: int = BATCH) -> int:
    """Chain the next entries that are not sealed yet, in the order of their ids; gives how many. The caller commits.

    Only sealers wait for each other: whoever finds another one at work gives 0, and two who begin at the same time collide on the
    place in the chain, so that one of them has to begin again.
    """
    newest = session.scalar(select(func.max(AuditSeal.sequence)))
    last = None
    if newest is not None:
        held = select(AuditSeal).where(AuditSeal.sequence == newest).with_for_update(skip_locked=True)
        last = session.scalar(held)
        if last is None:
            return 0
    waiting = select(AuditEntry).where(AuditEntry.sealed_as.is_(None)).order_by(AuditEntry.id).limit(size)
    entries = session.scalars(waiting).all()
    keys = _keys(session, {who for entry in entries for who in (entry.actor_id, entry.about_id) if who}, now)
    sequence, before = (last.sequence, last.link) if last else (0, chain.START)
    seals: list[dict[str, Any]] = []
    for entry in entries:
        sequence += 1
        values, origin = digests(entry, keys)
        content = chain.digest(content_of(entry).plain(), values, origin)
        before = chain.link(before, content)
        seals.append(
            {
                "sequence": sequence, "entry_id": entry.id, "values": values, "origin": origin, "content": content,
                "link": before, "sealed_at": now,
            }
        )  # fmt: skip
    if seals:
        session.connection().execute(AuditSeal.__table__.insert(), seals)  # type: ignore[attr-defined]
        session.execute(update(AuditEntry), [{"id": s["entry_id"], "sealed_as": s["sequence"]} for s in seals])
    return len(seals)


def forget(session: Session, person_ids: Collection[int]) -> None:
    """Destroy the keys of these people, and with them every value that tells about them and every address they came from.

    The caller records ``person.pseudonymise`` for each of them afterwards: only that makes the missing values rightful.
    """
    ids = sorted(person_ids)
    theirs = AuditEntry.about_id.in_(ids)
    session.execute(update(AuditEntry).where(theirs).values(before=null(), after=null(), reason=null()))
    came = or_(AuditEntry.actor_id.in_(ids), AuditEntry.actor_id.is_(None) & theirs)
    session.execute(update(AuditEntry).where(came).values(origin=null()))
    session.execute(delete(AuditKey).where(AuditKey.person_id.in_(ids)))


def digests(entry: AuditEntry, keys: dict[int, str]) -> tuple[str, str]:
    """The keyed digests of values and origin; a person without a key counts as nobody."""
    of_values, of_origin = salts(entry, keys)
    values = chain.values_of(entry.before, entry.after, entry.reason)
    return chain.keyed(of_values, values), chain.keyed(of_origin, entry.origin)


def salts(entry: AuditEntry, keys: dict[int, str]) -> tuple[str, str]:
    """The salts of an entry: values belong to whom they tell about, the origin to who came from there."""
    comes = entry.actor_id or entry.about_id
    return (
        chain.salt(keys.get(entry.about_id or 0, ""), entry.id, "values"),
        chain.salt(keys.get(comes or 0, ""), entry.id, "origin"),
    )


def _keys(session: Session, person_ids: set[int], now: datetime) -> dict[int, str]:
    """The keys of these people; who has none gets one."""
    found = keys_of(session, person_ids)
    new = {who: secrets.token_hex(32) for who in sorted(person_ids - found.keys())}
    session.add_all(AuditKey(person_id=who, key=key, made_at=now) for who, key in new.items())
    return found | new
