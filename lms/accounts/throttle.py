"""Slowing down guessing: how often something may happen in a window of time, counted in the database for all processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from lms.accounts.models import Throttle


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``times`` in ``window``."""

    times: int
    window: timedelta


PER_NAME = Limit(8, timedelta(minutes=15))
"""Wrong passwords for one sign-in name, whether somebody has that name or not."""
PER_ADDRESS = Limit(200, timedelta(minutes=15))
"""Wrong passwords from one address: high, because a whole hospital may share one."""
RESET_PER_NAME = Limit(3, timedelta(hours=1))
RESET_PER_ADDRESS = Limit(30, timedelta(hours=1))
REFUSED_PER_PERSON = Limit(20, timedelta(hours=1))
"""Refused changes of somebody else's attempt that are written down, of one person: nobody fills the audit log."""
CODES_PER_ADDRESS = Limit(40, timedelta(minutes=15))


def hit(session: Session, key: str, limit: Limit, now: datetime) -> bool:
    """Count one more; True while the limit is kept. One statement, so that two processes cannot both be the last."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new = insert(Throttle).values(key=key[:200], window_start=now, count=1)
    over = Throttle.window_start <= now - limit.window
    counted = session.execute(
        new.on_conflict_do_update(
            index_elements=[Throttle.key],
            set_={
                "count": case((over, 1), else_=Throttle.count + 1),
                "window_start": case((over, new.excluded.window_start), else_=Throttle.window_start),
            },
        ).returning(Throttle.count)
    ).scalar_one()
    return counted <= limit.times


def spent(session: Session, key: str, limit: Limit, now: datetime) -> bool:
    """Whether the limit is used up, without counting."""
    kept = select(Throttle.count).where(Throttle.key == key[:200], Throttle.window_start > now - limit.window)
    return (session.scalar(kept) or 0) >= limit.times


def forget(session: Session, key: str) -> None:
    """Start again from nothing, after a success."""
    session.execute(delete(Throttle).where(Throttle.key == key[:200]))


def take_back(session: Session, key: str) -> None:
    """Uncount one: it was counted before it was known to be harmless."""
    counted = update(Throttle).where(Throttle.key == key[:200], Throttle.count > 0)
    session.execute(counted.values(count=Throttle.count - 1))


def forget_old(session: Session, now: datetime) -> None:
    """Throw away windows that ended a day ago."""
    session.execute(delete(Throttle).where(Throttle.window_start < now - timedelta(days=1)))
