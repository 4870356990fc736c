"""A worker on the test's database, and jobs whose handlers write down that they ran."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config import Config
from lms.db import Database
from lms.files import FileStore
from lms.outbox import Job, enqueue
from lms.worker import Worker
from lms.worker.bench import Bench
from lms.worker.jobs import HANDLERS
from tests.accounts.conftest import hospital
from tests.support.clocks import SetClock

__all__ = ["hospital"]

Handler = Callable[[dict[str, Any], Bench], None]


@pytest.fixture
def worker(db: Database, config: Config, clock: SetClock) -> Worker:
    """One worker."""
    return Worker(db, FileStore(config.data_dir / "files"), clock)


@pytest.fixture
def queue(db: Database, clock: SetClock) -> Callable[..., int]:
    """``queue("kind", key="k", number=1)`` queues a job and gives its id."""

    def put(kind: str, *, key: str | None = None, **payload: Any) -> int:
        with db.transaction() as session:
            return enqueue(session, kind, payload, clock.now(), key=key)

    return put


@pytest.fixture
def job(db: Database) -> Callable[[int], Job]:
    """The job with this id, as it is now."""

    def read(job_id: int) -> Job:
        with db.session() as session:
            return session.get_one(Job, job_id)

    return read


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Handler], None]:
    """``handle("kind", do)`` gives a kind of job a handler for this test."""
    return lambda kind, do: monkeypatch.setitem(HANDLERS, kind, do)
