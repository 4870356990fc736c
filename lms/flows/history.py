"""Completions of another system: taken in or taken back whole, and the timelines of those they are about."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.compliance import actions as compliance
from lms.records.history import taking
from lms.records.history.models import HistoryRun


def take_in_history(session: Session, run: HistoryRun, by: Actor, *, leave_out: bool = False) -> int:
    """Take a file in that was read; timelines follow. Nobody gets a certificate or a mail. Gives how many people it is about.

    Raises:
        Conflict, Invalid: see :func:`lms.records.history.taking.take_in`.
    """
    return _follow(session, taking.take_in(session, run, by, leave_out=leave_out), by)


def undo_history(session: Session, run: HistoryRun, reason: str, by: Actor) -> int:
    """Revoke what a file brought; timelines follow. Gives how many people it was about.

    Raises:
        Conflict, Invalid: see :func:`lms.records.history.taking.undo`.
    """
    return _follow(session, taking.undo(session, run, reason, by), by)


def _follow(session: Session, people: Sequence[int], by: Actor) -> int:
    compliance.work_in(session, people, "history", now=by.now)
    return len(people)
