"""Completions of another system: taken in or taken back whole, and the timelines of those they are about, when the last slice is done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.compliance import actions as compliance
from lms.outbox import HowFar, enqueue
from lms.records.history import queries, taking
from lms.records.history.models import HistoryRun


def begin_history(session: Session, run: HistoryRun, by: Actor, *, leave_out: bool = False) -> bool:
    """Take a file in that was read: now, and True, where it is a small one; else a worker does it in slices. Nobody gets a certificate
    or a mail.

    Raises:
        Conflict, Invalid: see :func:`lms.records.history.taking.begin`.
    """
    return _go(session, run, taking.begin(session, run, by, leave_out=leave_out), by)


def begin_undo(session: Session, run: HistoryRun, reason: str, by: Actor) -> bool:
    """Revoke what a file brought: now, and True, where that is little; else a worker does it in slices.

    Raises:
        Conflict, Invalid: see :func:`lms.records.history.taking.begin_undo`.
    """
    return _go(session, run, taking.begin_undo(session, run, reason, by), by)


def go_on(session: Session, run: HistoryRun, by: Actor) -> None:
    """Have a worker take a file in, or back, as far as that is still to be done."""
    enqueue(session, taking.TAKE, {"run": run.id, "origin": by.origin}, by.now, key=str(run.id))


def step_history(session: Session, run_id: int, now: datetime, origin: str | None) -> bool:
    """One slice, in the caller's transaction; with the last one timelines follow. True when there is nothing (more) to do."""
    if not taking.under_way(session, run_id):
        return True
    if not taking.step(session, run_id, now, origin):
        return False
    compliance.work_in(session, taking.people(session, run_id), "history", now=now)
    return True


def how_far_history(session: Session, run_id: int) -> HowFar | None:
    """How far a file is taken in, or taken back."""
    return queries.how_far(session, queries.one(session, run_id))


def _go(session: Session, run: HistoryRun, lines: int, by: Actor) -> bool:
    if lines > taking.AT_ONCE:
        go_on(session, run, by)
        return False
    while not step_history(session, run.id, by.now, by.origin):
        pass
    return True
