"""Verbs of evidence: ask for a pack, and build one that was asked for."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.db import known
from lms.errors import N_, Invalid
from lms.evidence.building import Pack, build
from lms.evidence.folder import sha256
from lms.evidence.models import EvidencePack
from lms.evidence.people import found
from lms.evidence.scope import Scope, scope_of
from lms.files import FileStore
from lms.organisation import Organisation, load
from lms.outbox import enqueue
from lms.people.models import Membership
from lms.people.queries import tree

BUILD = "evidence.build"
PURPOSE = "evidence"
SMALL = 5
"""Packs of so many people are built while one waits."""

MOST = 20_000
"""More people than this are asked for in parts: a pack is held in memory while it is built."""


def ask(session: Session, scope: Scope, within: frozenset[int] | None, by: Actor) -> EvidencePack:
    """Write down that somebody asked; who it is about is looked up at once, so that wrong words are told at once.

    Raises:
        NotFound: no such requirement or department.
        Invalid: nobody is in it, too many are, or the day is still to come.
    """
    assert by.person_id is not None
    who = found(session, scope, _visible(session, scope, within))
    if not who.person_ids:
        raise Invalid(N_("Nobody is found. Check the numbers, the department and the day."))
    if len(who.person_ids) > MOST:
        raise Invalid(N_("A pack holds at most %(most)s people. Ask for departments one by one."), most=MOST)
    pack = EvidencePack(
        scope=scope.plain(), within=None if within is None else sorted(within), asked_at=by.now, asked_by=by.person_id,
        people=len(who.person_ids), unknown=list(who.unknown),
    )  # fmt: skip
    session.add(pack)
    session.flush()
    told = {name: value for name, value in scope.plain().items() if name != "numbers"} | {"people": len(who.person_ids)}
    record(session, by, "evidence.ask", "evidence_pack", pack.id, after=told)
    return pack


def ask_worker(session: Session, pack: EvidencePack, now: datetime) -> None:
    """Have a worker build it."""
    enqueue(session, BUILD, {"pack": pack.id}, now, key=str(pack.id))


def make(session: Session, pack: EvidencePack, progress: Callable[[int], None] = lambda done: None) -> Pack:
    """The pack's bytes, from what the database holds; reads only. ``progress`` is told how many people are done."""
    scope = scope_of(pack.scope)
    within = None if pack.within is None else frozenset(pack.within)
    who = found(session, scope, _visible(session, scope, within))
    return build(session, scope, who, load(session) or Organisation(name=""), progress)


def keep(session: Session, pack_id: int, data: bytes, files: FileStore, now: datetime, origin: str | None) -> None:
    """Store the finished pack, once: the file belongs to who asked, and its SHA-256 goes to the audit log with
    ``origin``, where it was built."""
    pack = session.get_one(EvidencePack, pack_id, with_for_update=True)
    if pack.file_id is not None:
        return
    stored = files.put(
        session, io.BytesIO(data), name=file_name(scope_of(pack.scope)), media_type="application/zip", purpose=PURPOSE,
        owner_id=pack.asked_by, now=now,
    )  # fmt: skip
    pack.file_id, pack.built_at, pack.done, pack.problem = stored.id, now, pack.people, None
    told = {"sha256": sha256(data), "size": len(data)}
    record(session, Actor(pack.asked_by, now, origin), "evidence.build", "evidence_pack", pack.id, after=told)


def file_name(scope: Scope) -> str:
    """What the file is called."""
    parts = [
        "evidence",
        scope.requirement,
        scope.department,
        f"{len(scope.numbers)}-people" if scope.numbers else "",
        str(scope.as_of),
    ]
    return (
        "-".join("".join(sign if sign.isalnum() or sign in "-." else "-" for sign in part) for part in parts if part)
        + ".zip"
    )


def _visible(session: Session, scope: Scope, within: frozenset[int] | None) -> Any:
    """Those whom the asker may see: who works in the departments on the day, or did before."""
    if within is None:
        return None
    below = tree(session, scope.as_of).subtree(within) | within
    return select(Membership.person_id).where(
        known(Membership), Membership.department_id.in_(below), Membership.from_day <= scope.as_of
    )
