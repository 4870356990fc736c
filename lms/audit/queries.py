"""Reads of the audit log: pages of it, and whether its chain is whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lms.audit import chain
from lms.audit.models import AuditEntry, AuditKey, AuditSeal
from lms.errors import N_, Message

OVERDUE = timedelta(minutes=5)
"""How long an entry may wait for its seal before ``lms doctor`` says so."""

READ = 1000
"""Rows read at once."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What of the log is asked for; what is left out does not narrow it.

    ``action`` is the beginning of a verb (``role`` finds ``role.grant``); ``about_id`` and ``actor_id`` are people, ``person_id`` one
    who may be either; ``since`` is the first moment, ``before`` the first one too late; ``within`` (ids of people) leaves out what
    was neither done by one of them nor tells about one.
    """

    action: str = ""
    person_id: int | None = None
    about_id: int | None = None
    actor_id: int | None = None
    since: datetime | None = None
    before: datetime | None = None
    within: Select[int] | None = None


def listed(session: Session, wish: Wish = Wish(), *, page: int = 1, size: int = 50) -> Sequence[AuditEntry]:
    """One page of the log (from 1), the newest first, and one more when there is a next page."""
    query = _wished(wish).order_by(AuditEntry.id.desc()).offset((page - 1) * size).limit(size + 1)
    return session.scalars(query).all()


def everything(session: Session, wish: Wish = Wish()) -> Iterator[AuditEntry]:
    """The same without pages, read in batches so that memory does not grow, the newest first."""
    below: int | None = None
    while True:
        query = _wished(wish).order_by(AuditEntry.id.desc()).limit(READ)
        found = session.scalars(query if below is None else query.where(AuditEntry.id < below)).all()
        yield from found
        if len(found) < READ:
            return
        below = found[-1].id
        session.expunge_all()


def verbs(session: Session) -> Sequence[str]:
    """The kinds of what was done that there are: what stands before the first full stop of a verb, in order."""
    return sorted({verb.partition(".")[0] for verb in session.scalars(select(AuditEntry.action).distinct())})


def _wished(wish: Wish) -> Select[AuditEntry]:
    query = select(AuditEntry)
    if wish.action:
        query = query.where(AuditEntry.action.startswith(wish.action, autoescape=True))
    if wish.person_id is not None:
        query = query.where(or_(AuditEntry.actor_id == wish.person_id, _about(wish.person_id)))
    if wish.about_id is not None:
        query = query.where(_about(wish.about_id))
    if wish.actor_id is not None:
        query = query.where(AuditEntry.actor_id == wish.actor_id)
    if wish.within is not None:
        query = query.where(
            or_(
                AuditEntry.actor_id.in_(wish.within),
                AuditEntry.about_id.in_(wish.within),
                (AuditEntry.subject_kind == "person") & AuditEntry.subject_id.in_(wish.within),
            )
        )
    if wish.since is not None:
        query = query.where(AuditEntry.at >= wish.since)
    if wish.before is not None:
        query = query.where(AuditEntry.at < wish.before)
    return query


def _about(person_id: int) -> ColumnElement[bool]:
    """An entry about somebody: its values tell about them, or it was done to them by an import that brought them."""
    return or_(
        AuditEntry.about_id == person_id, (AuditEntry.subject_kind == "person") & (AuditEntry.subject_id == person_id)
    )


# --- the chain --------------------------------------------------------------------------------------------------------


def content_of(entry: AuditEntry | Row[Any]) -> chain.Content:
    """What of an entry the chain covers in clear."""
    return chain.Content(
        entry.id, entry.at, entry.actor_id, entry.action, entry.subject_kind, entry.subject_id, entry.about_id
    )


def head(session: Session) -> tuple[int, str]:
    """How many entries are sealed, and the last link: written down elsewhere, it proves later that nothing before it changed."""
    last = session.scalar(select(AuditSeal).order_by(AuditSeal.sequence.desc()).limit(1))
    return (last.sequence, last.link) if last else (0, chain.START)


def unsealed(session: Session, now: datetime) -> int:
    """How many entries have waited for their seal for too long."""
    late = select(func.count()).where(AuditEntry.sealed_as.is_(None), AuditEntry.at < now - OVERDUE)
    return session.scalar(late) or 0


def anything_to_seal(session: Session) -> bool:
    """Whether a worker has something to do: one look at a small index."""
    return session.scalar(select(AuditEntry.id).where(AuditEntry.sealed_as.is_(None)).limit(1)) is not None


def faults(session: Session) -> Iterator[Message]:
    """Everything that is wrong with the chain, each fault named: changed, removed, moved, or with values that are not what was sealed."""
    forgotten = _forgotten(session)
    before, expected = chain.START, 1
    for seals in _batches(session):
        entries, keys = _entries(session, seals)
        for seal in seals:
            if seal.sequence != expected:
                yield Message(
                    N_("Audit log: the seals from %(first)s to %(last)s were removed."),
                    {"first": expected, "last": seal.sequence - 1},
                )
            elif chain.link(before, seal.content) != seal.link:
                yield Message(
                    N_(
                        "Audit log: the chain breaks at place %(place)s, entry %(entry)s:"
                        " seals were changed, removed or put into another order there."
                    ),
                    {"place": seal.sequence, "entry": seal.entry_id},
                )
            expected, before = seal.sequence + 1, seal.link
            yield from _entry_faults(seal, entries.get(seal.entry_id), keys, forgotten)
    yield from _without_seal(session)


def _entry_faults(
    seal: AuditSeal, entry: AuditEntry | None, keys: Mapping[int, str], forgotten: Mapping[int, int]
) -> Iterator[Message]:
    at = {"entry": seal.entry_id, "place": seal.sequence}
    if entry is None:
        yield Message(N_("Audit log: entry %(entry)s, sealed as number %(place)s, was removed."), at)
        return
    if entry.sealed_as != seal.sequence:
        yield Message(N_("Audit log: entry %(entry)s was moved; it was sealed as number %(place)s."), at)
    if chain.digest(content_of(entry).plain(), seal.values, seal.origin) != seal.content:
        yield Message(N_("Audit log: entry %(entry)s, sealed as number %(place)s, was changed."), at)
    parts = (
        (entry.about_id, "values", chain.values_of(entry.before, entry.after, entry.reason), seal.values),
        (entry.actor_id or entry.about_id, "origin", entry.origin, seal.origin),
    )
    for person_id, part, value, sealed in parts:
        salt = chain.salt(keys.get(person_id or 0, ""), seal.entry_id, part)
        gone = forgotten.get(person_id or 0, 0) > seal.sequence and not any(
            value.values() if isinstance(value, dict) else [value]
        )
        if not gone and chain.keyed(salt, value) != sealed:
            told = {
                "values": N_("Audit log: what entry %(entry)s says (before, after or reason) was changed."),
                "origin": N_("Audit log: where entry %(entry)s says it came from was changed."),
            }
            yield Message(told[part], at)


def _without_seal(session: Session) -> Iterator[Message]:
    lost = (
        select(AuditEntry.id, AuditEntry.sealed_as)
        .outerjoin(AuditSeal, and_(AuditSeal.entry_id == AuditEntry.id))
        .where(AuditEntry.sealed_as.is_not(None), AuditSeal.sequence.is_(None))
        .order_by(AuditEntry.id)
    )
    for entry_id, place in session.execute(lost):
        told = {"entry": entry_id, "place": place}
        yield Message(N_("Audit log: the seal of entry %(entry)s, number %(place)s, was removed."), told)


def _batches(session: Session) -> Iterator[Sequence[AuditSeal]]:
    after = 0
    while found := session.scalars(
        select(AuditSeal).where(AuditSeal.sequence > after).order_by(AuditSeal.sequence).limit(READ)
    ).all():
        yield found
        after = found[-1].sequence
        session.expunge_all()


def _entries(session: Session, seals: Sequence[AuditSeal]) -> tuple[dict[int, AuditEntry], dict[int, str]]:
    ids = [seal.entry_id for seal in seals]
    entries = {entry.id: entry for entry in session.scalars(select(AuditEntry).where(AuditEntry.id.in_(ids)))}
    people = {who for entry in entries.values() for who in (entry.actor_id, entry.about_id) if who}
    return entries, keys_of(session, people)


def keys_of(session: Session, person_ids: set[int]) -> dict[int, str]:
    """The keys of those of these people who have one."""
    asked = select(AuditKey.person_id, AuditKey.key).where(AuditKey.person_id.in_(person_ids))
    return dict(session.execute(asked).all())


def _forgotten(session: Session) -> dict[int, int]:
    """For each pseudonymised person the last place in the chain that says so."""
    said = (
        select(AuditEntry.about_id, func.max(AuditEntry.sealed_as))
        .where(AuditEntry.action == chain.FORGET, AuditEntry.about_id.is_not(None))
        .group_by(AuditEntry.about_id)
    )
    return {who: place or 1 << 62 for who, place in session.execute(said) if who is not None}
