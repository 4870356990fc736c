"""The systems that files come from, and how their files are read: settled by HR, saved for the next time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.errors import N_, Invalid
from lms.people.mapping import AS_USUAL, Reading
from lms.people.models import FeedSource

STAFF = "staff"
__all__ = ["AS_USUAL", "COMPLETIONS", "STAFF", "WHATS", "reading", "settle", "settled"]
WHATS = (STAFF, "licences", "duties", "leaves", "birth_months")
"""The kinds of files about people that a source can send."""

COMPLETIONS = "completions"
"""Files of what people completed; they are read by :mod:`lms.records.history`."""


def reading(session: Session, name: str, what: str = STAFF) -> Reading:
    """How the files of a source are read; as usual, where nothing was settled."""
    row = _row(session, name, what)
    return Reading.of(row.mapping) if row is not None else AS_USUAL


def settled(session: Session) -> Sequence[FeedSource]:
    """Every source of which something was settled, by name."""
    return session.scalars(select(FeedSource).order_by(FeedSource.name, FeedSource.what)).all()


def settle(session: Session, name: str, what: str, made: Reading, by: Actor) -> None:
    """Save how the files of a source are read.

    Raises:
        Invalid: no name, or no such kind of file.
    """
    name = name.strip()
    if not 0 < len(name) <= 60 or what not in (*WHATS, COMPLETIONS):
        raise Invalid(N_("Name the system that the numbers come from, in 60 characters at most."))
    row = _row(session, name, what)
    before = row.mapping if row is not None else None
    after = made.plain()
    if before == after:
        return
    if row is None:
        row = FeedSource(name=name, what=what, mapping=after, saved_at=by.now, saved_by=by.person_id)
        session.add(row)
    row.mapping, row.saved_at, row.saved_by = after, by.now, by.person_id
    session.flush()
    record(session, by, "feed.settle", "feed_source", row.id, before=before, after=after)


def _row(session: Session, name: str, what: str) -> FeedSource | None:
    return session.scalar(select(FeedSource).where(FeedSource.name == name, FeedSource.what == what))
