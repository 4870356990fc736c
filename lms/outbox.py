"""Work that leaves the process: rows written in the caller's transaction, run by a worker at least once.

A worker *leases* a job for a while. If it dies, the lease ends and another worker takes the job again, so handlers must be
idempotent. Two workers never hold the same lease: PostgreSQL skips locked rows, SQLite has one writer at a time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Index, Table, and_, bindparam, func, null, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.bulk import bulk, moment_text
from lms.db import Base
from lms.prepared import Prepared

LEASE = timedelta(seconds=60)
TRIES = 8
WAITING_KEY = text("state = 'waiting' and key is not null")


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One piece of work. ``key`` keeps the same work from being queued twice while it waits; ``progress`` is a :class:`HowFar`."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_due", "state", "run_at"),
        Index(
            "uq_job_waiting_key",
            "kind",
            "key",
            unique=True,
            sqlite_where=WAITING_KEY,
            postgresql_where=WAITING_KEY,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str | None]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str]
    run_at: Mapped[datetime]
    created_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    progress: Mapped[dict[str, Any] | None]
    finished_at: Mapped[datetime | None]


_JOB = cast(Table, Job.__table__)
NEW = ("kind", "key", "payload", "state", "run_at", "created_at", "tries")
ONCE, ONCE_ON_POSTGRESQL = (
    Prepared(
        insert_once(_JOB)
        .values({name: bindparam(f"new_{name}", type_=_JOB.c[name].type) for name in NEW})
        .on_conflict_do_nothing(index_elements=[_JOB.c.kind, _JOB.c.key], index_where=WAITING_KEY)
        .returning(_JOB.c.id)
    )
    for insert_once in (sqlite.insert, postgresql.insert)
)
QUEUED = Prepared(
    select(_JOB.c.id)
    .where(_JOB.c.kind == bindparam("kind"), _JOB.c.key == bindparam("key"), _JOB.c.state == JobState.WAITING.value)
    .with_for_update(read=True)
)


def enqueue(
    session: Session,
    kind: str,
    payload: dict[str, Any],
    now: datetime,
    *,
    key: str | None = None,
    run_at: datetime | None = None,
) -> int:
    """Queue a job in the caller's transaction; gives its id, or that of a waiting job of the same kind and key instead of a second one.

    That job is held until the caller commits, so that no worker begins it without seeing what the caller wrote. Two who queue
    the same key at the same time get the same job.
    """
    values = {
        "kind": kind, "key": key, "payload": payload, "state": JobState.WAITING.value, "run_at": run_at or now, "created_at": now,
        "tries": 0,
    }  # fmt: skip
    once = ONCE_ON_POSTGRESQL if session.get_bind().dialect.name == "postgresql" else ONCE
    while True:
        found = once.row(session, **{f"new_{name}": values[name] for name in NEW}) or QUEUED.row(
            session, kind=kind, key=key
        )
        if found is not None:
            return int(found.id)


def enqueue_many(
    session: Session, kind: str, work: Sequence[tuple[dict[str, Any], str, datetime | None]], now: datetime
) -> None:
    """Queue many jobs at once: payload, key and the moment before which each is not to run (None: at once).

    Only for keys under which nothing can wait yet, such as the ids of rows written in the same transaction.
    """
    moments = cache(lambda moment: moment_text(session, moment))
    created, state = moments(now), JobState.WAITING.value
    bulk(
        session, _JOB,
        ((kind, key, json.dumps(payload), state, moments(run_at or now), created, 0) for payload, key, run_at in work), only=NEW,
    )  # fmt: skip


class Leased(NamedTuple):
    """A job that a worker has taken, for the ``tries``-th time."""

    id: int
    kind: str
    payload: dict[str, Any]
    tries: int


DUE = or_(
    and_(_JOB.c.state == JobState.WAITING.value, _JOB.c.run_at <= bindparam("now", type_=_JOB.c.run_at.type)),
    and_(_JOB.c.state == JobState.RUNNING.value, _JOB.c.leased_until < bindparam("now", type_=_JOB.c.run_at.type)),
)
NEXT = select(_JOB.c.id).where(DUE).order_by(_JOB.c.run_at, _JOB.c.id).limit(1).with_for_update(skip_locked=True)
TAKE = Prepared(
    update(_JOB)
    .where(_JOB.c.id == NEXT.scalar_subquery())
    .values(
        state=JobState.RUNNING.value,
        leased_by=bindparam("worker"),
        leased_until=bindparam("until", type_=_JOB.c.run_at.type),
        tries=_JOB.c.tries + 1,
    )
    .returning(_JOB.c.id, _JOB.c.kind, _JOB.c.payload, _JOB.c.tries)
)


def lease(session: Session, worker: str, now: datetime, duration: timedelta = LEASE) -> Leased | None:
    """Take the next job that is due, or whose lease has ended because its worker died. The caller commits.

    A job that has taken all its tries with it, worker by worker, is given up instead of killing the next one.
    """
    while (row := TAKE.row(session, now=now, worker=worker, until=now + duration)) is not None:
        if row.tries <= TRIES:
            return Leased(*row)
        job = session.get_one(Job, row.id, populate_existing=True)
        job.state, job.tries, job.leased_until, job.finished_at = JobState.FAILED, TRIES, None, now
        job.error = job.error or "The worker stopped each time while this job ran."
    return None


def renew(session: Session, job_id: int, worker: str, now: datetime, duration: timedelta = LEASE) -> bool:
    """Hold a job longer; False when this worker has lost it."""
    held = update(Job).where(Job.id == job_id, Job.leased_by == worker, Job.state == JobState.RUNNING)
    return session.scalar(held.values(leased_until=now + duration).returning(Job.id)) is not None


class HowFar(NamedTuple):
    """How far a long job has come: in which of its phases (a word of its handler's), and how much of how much of that."""

    phase: str
    done: int
    total: int


def tell(session: Session, job_id: int, how_far: HowFar) -> None:
    """Keep how far a job has come, with the step that brought it there."""
    session.execute(update(Job).where(Job.id == job_id).values(progress=how_far._asdict()))


def held_by(session: Session, job_id: int, worker: str) -> Job | None:
    """The job, locked, if this worker still holds it; None when its lease ended and somebody else took it."""
    mine = select(Job).where(Job.id == job_id, Job.leased_by == worker, Job.state == JobState.RUNNING)
    return session.scalar(mine.with_for_update())


FINISH = Prepared(
    update(_JOB)
    .where(
        _JOB.c.id == bindparam("job_id"),
        _JOB.c.leased_by == bindparam("worker"),
        _JOB.c.state == JobState.RUNNING.value,
    )
    .values(
        state=JobState.DONE.value,
        finished_at=bindparam("now", type_=_JOB.c.finished_at.type),
        leased_until=null(),
        error=null(),
    )
)


def finish(session: Session, job_id: int, worker: str, now: datetime) -> None:
    """The work is done, if this worker still holds it; else somebody else does it again."""
    FINISH.rows(session, job_id=job_id, worker=worker, now=now)


def fail(job: Job, error: str, now: datetime) -> None:
    """The work failed: try again later, waiting twice as long each time, until :data:`TRIES` are used up."""
    job.error = error[:2000]
    job.leased_until = None
    if job.tries >= TRIES:
        job.state = JobState.FAILED
        job.finished_at = now
    else:
        job.state = JobState.WAITING
        job.key = None  # a newer job of this key may already wait
        job.run_at = now + timedelta(seconds=15 * 2 ** (job.tries - 1))


def again(session: Session, job_id: int, now: datetime) -> Job | None:
    """Run a job that failed again, with all its tries; None when there is no such failed job."""
    job = session.get(Job, job_id)
    if job is None or job.state != JobState.FAILED:
        return None
    job.state, job.tries, job.run_at, job.error, job.finished_at = JobState.WAITING, 0, now, None, None
    job.key = None  # a newer job of this key may already wait
    return job


def counts(session: Session) -> dict[JobState, int]:
    """How many jobs are where."""
    found = {row[0]: row[1] for row in session.execute(select(Job.state, func.count()).group_by(Job.state))}
    return {state: found.get(state, 0) for state in JobState}


def listed(session: Session, only: JobState | None, page: int, size: int = 50) -> Sequence[Job]:
    """One page of the queue (from 1), the newest first, and one more when there is a next page."""
    query = select(Job).order_by(Job.id.desc()).offset((page - 1) * size).limit(size + 1)
    return session.scalars(query.where(Job.state == only) if only else query).all()
