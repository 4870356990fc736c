"""Work that leaves the process: rows written in the caller's transaction, run by a worker at least once.

A worker *leases* a job for a while. If it dies, the lease ends and another worker takes the job again, so handlers must be
idempotent. Two workers never hold the same lease: PostgreSQL skips locked rows, SQLite has one writer at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Index, and_, bindparam, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from lms.db import Base

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


NEW = ("kind", "key", "payload", "state", "run_at", "created_at", "tries")
ONCE, ONCE_ON_POSTGRESQL = (
    insert_once(Job)
    .values({name: bindparam(f"new_{name}") for name in NEW})
    .on_conflict_do_nothing(index_elements=[Job.kind, Job.key], index_where=WAITING_KEY)
    .returning(Job)
    for insert_once in (sqlite.insert, postgresql.insert)
)
QUEUED = (
    select(Job)
    .where(Job.kind == bindparam("kind"), Job.key == bindparam("key"), Job.state == JobState.WAITING)
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
) -> Job:
    """Queue a job in the caller's transaction; a waiting job of the same kind and key is returned instead of a second one.

    That job is held until the caller commits, so that no worker begins it without seeing what the caller wrote. Two who queue
    the same key at the same time get the same job.
    """
    values = {
        "kind": kind, "key": key, "payload": payload, "state": JobState.WAITING, "run_at": run_at or now, "created_at": now,
        "tries": 0,
    }  # fmt: skip
    if key is None:
        job = Job(**values)
        session.add(job)
        session.flush()
        return job
    once = ONCE_ON_POSTGRESQL if session.get_bind().dialect.name == "postgresql" else ONCE
    while True:
        found = session.scalar(once, {f"new_{name}": values[name] for name in NEW}) or session.scalar(
            QUEUED, {"kind": kind, "key": key}
        )
        if found is not None:
            return found


def enqueue_many(
    session: Session, kind: str, work: Sequence[tuple[dict[str, Any], str, datetime | None]], now: datetime
) -> None:
    """Queue many jobs at once: payload, key and the moment before which each is not to run (None: at once).

    Only for keys under which nothing can wait yet, such as the ids of rows written in the same transaction.
    """
    if work:
        same = {"kind": kind, "state": JobState.WAITING, "created_at": now, "tries": 0}
        session.execute(
            insert(Job),
            [same | {"payload": payload, "key": key, "run_at": run_at or now} for payload, key, run_at in work],
        )


def lease(session: Session, worker: str, now: datetime, duration: timedelta = LEASE) -> Job | None:
    """Take the next job that is due, or whose lease has ended because its worker died. The caller commits.

    A job that has taken all its tries with it, worker by worker, is given up instead of killing the next one.
    """
    due = or_(
        and_(Job.state == JobState.WAITING, Job.run_at <= now),
        and_(Job.state == JobState.RUNNING, Job.leased_until < now),
    )
    query = select(Job).where(due).order_by(Job.run_at, Job.id).limit(1).with_for_update(skip_locked=True)
    while (job := session.scalar(query)) is not None:
        if job.tries < TRIES:
            job.state = JobState.RUNNING
            job.leased_by = worker
            job.leased_until = now + duration
            job.tries += 1
            return job
        job.state, job.leased_until, job.finished_at = JobState.FAILED, None, now
        job.error = job.error or "The worker stopped each time while this job ran."
        session.flush()
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


def finish(job: Job, now: datetime) -> None:
    """The work is done."""
    job.state = JobState.DONE
    job.finished_at = now
    job.leased_until = None
    job.error = None


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
