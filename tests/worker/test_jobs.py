"""Jobs are run once; again when their worker died or they failed; and by one worker at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from lms.db import Database
from lms.outbox import LEASE, TRIES, Job, JobState, again, counts, enqueue, lease, renew
from lms.worker import Worker
from tests.support.clocks import SetClock
from tests.worker.conftest import Handler

Queue = Callable[..., int]
Read = Callable[[int], Job]
Handle = Callable[[str, Handler], None]


def test_a_job_is_run_once_and_in_order(worker: Worker, queue: Queue, job: Read, handle: Handle) -> None:
    ran: list[int] = []
    handle("note", lambda payload, bench: ran.append(payload["number"]))
    ids = [queue("note", number=number) for number in range(3)]
    assert worker.drain() == 3 and ran == [0, 1, 2]
    assert worker.drain() == 0
    assert {job(i).state for i in ids} == {JobState.DONE} and job(ids[0]).tries == 1


def test_a_job_for_later_waits(worker: Worker, db: Database, clock: SetClock, handle: Handle) -> None:
    handle("note", lambda payload, bench: None)
    with db.transaction() as session:
        enqueue(session, "note", {}, clock.now(), run_at=clock.now() + timedelta(hours=1))
    assert worker.drain() == 0
    clock.advance(hours=1)
    assert worker.drain() == 1


def test_what_is_rolled_back_was_never_queued(worker: Worker, db: Database, clock: SetClock) -> None:
    with db.session(write=True) as session:
        enqueue(session, "note", {}, clock.now())
    assert worker.drain() == 0


def test_a_job_whose_worker_died_is_run_again_when_the_lease_is_over(
    worker: Worker, queue: Queue, job: Read, db: Database, clock: SetClock, handle: Handle
) -> None:
    ran: list[str] = []
    handle("note", lambda payload, bench: ran.append("second"))
    number = queue("note")
    with db.transaction() as session:
        assert lease(session, "a worker that is killed now", clock.now())
    assert worker.drain() == 0, "it may still be working"
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert worker.drain() == 1 and ran == ["second"]
    assert (job(number).state, job(number).tries) == (JobState.DONE, 2)


def test_a_worker_that_lost_its_job_neither_ends_nor_renews_it(
    worker: Worker, queue: Queue, job: Read, db: Database, clock: SetClock, handle: Handle
) -> None:
    """Stopped for longer than its lease (a machine that slept), it comes back while somebody else has the job."""

    def sleep_too_long(payload: dict[str, Any], bench: object) -> None:
        clock.advance(seconds=LEASE.total_seconds() + 1)
        with db.transaction() as session:
            assert lease(session, "the other one", clock.now())

    handle("note", sleep_too_long)
    number = queue("note")
    worker.step()
    assert (job(number).state, job(number).leased_by) == (JobState.RUNNING, "the other one")
    until = job(number).leased_until
    with db.transaction() as session:
        assert not renew(session, number, worker.name, clock.now() + timedelta(minutes=5))
        assert renew(session, number, "the other one", clock.now() + timedelta(seconds=1))
    assert until is not None and job(number).leased_until == until + timedelta(seconds=1)


def test_two_workers_in_one_process_are_two(worker: Worker, db: Database, clock: SetClock) -> None:
    assert worker.name != Worker(db, worker.bench.files, clock).name


def test_a_failing_job_pauses_longer_each_time_and_then_says_so(
    worker: Worker, queue: Queue, job: Read, clock: SetClock, handle: Handle, db: Database
) -> None:
    def fail(payload: dict[str, Any], bench: object) -> None:
        raise RuntimeError("the printer is on fire")

    handle("note", fail)
    number = queue("note", key="printer")
    pauses = []
    for _ in range(TRIES):
        assert worker.drain() == 1
        if job(number).state == JobState.WAITING:
            pauses.append(job(number).run_at - clock.now())
            assert worker.drain() == 0, "not before its time"
            clock.moment = job(number).run_at
    assert pauses == [timedelta(seconds=15 * 2**n) for n in range(TRIES - 1)]
    failed = job(number)
    assert failed.state == JobState.FAILED and failed.error == "RuntimeError: the printer is on fire"
    clock.advance(days=1)
    assert worker.drain() == 0
    queue("note", key="printer")
    handle("note", lambda payload, bench: None)
    with db.transaction() as session:
        assert again(session, number, clock.now()) is not None, "also while a newer one of its key waits"
    assert worker.drain() == 2 and job(number).state == JobState.DONE


def test_an_unknown_kind_fails_in_words_and_the_others_go_on(
    worker: Worker, queue: Queue, job: Read, handle: Handle
) -> None:
    handle("note", lambda payload, bench: None)
    odd, plain = queue("from.a.newer.version"), queue("note")
    worker.drain()
    assert "from.a.newer.version" in (job(odd).error or "") and job(plain).state == JobState.DONE


def test_a_job_that_kills_its_worker_each_time_is_given_up(
    queue: Queue, job: Read, db: Database, clock: SetClock
) -> None:
    number = queue("deadly")
    healthy = queue("note")
    for _ in range(TRIES):
        with db.transaction() as session:
            taken = lease(session, "w", clock.now())
            assert taken is not None and taken.id == number
        with db.transaction() as session:  # it stays the oldest
            session.get_one(Job, healthy).run_at = clock.now() + timedelta(seconds=1)
        clock.advance(seconds=LEASE.total_seconds() + 1)
    with db.transaction() as session:
        taken = lease(session, "w", clock.now())
        assert taken is not None and taken.id == healthy
    assert job(number).state == JobState.FAILED and "stopped" in (job(number).error or "")


def test_the_same_key_queued_twice_is_one_until_it_runs(
    worker: Worker, queue: Queue, db: Database, handle: Handle
) -> None:
    handle("note", lambda payload, bench: None)
    assert queue("note", key="a") == queue("note", key="a")
    assert len({queue("note", key="b"), queue("other", key="a"), queue("note", key="a")}) == 3
    with db.session() as session:
        assert counts(session)[JobState.WAITING] == 3
    worker.drain()
    assert queue("note", key="a") != queue("note", key="b")
    with db.session() as session:
        assert session.scalar(select(func.count()).where(Job.kind == "note")) == 4


def test_while_it_runs_the_same_key_is_queued_again(worker: Worker, queue: Queue, handle: Handle) -> None:
    """What is written while a job runs may have come too late for it."""
    ran = []

    def work(payload: dict[str, Any], bench: object) -> None:
        ran.append(1)
        if len(ran) == 1:
            queue("note", key="a")

    handle("note", work)
    queue("note", key="a")
    assert worker.drain() == 2


def test_workers_beside_each_other_never_run_the_same_job(
    worker: Worker, queue: Queue, db: Database, clock: SetClock, handle: Handle
) -> None:
    ran: list[int] = []
    both = threading.Barrier(2, timeout=20)

    def work(payload: dict[str, Any], bench: object) -> None:
        if payload["number"] < 2:
            both.wait()  # the first two jobs are held by two workers at the same time, or this times out
        ran.append(payload["number"])

    handle("note", work)
    for number in range(24):
        queue("note", number=number)
    workers = [Worker(db, worker.bench.files, clock) for _ in range(4)]
    threads = [threading.Thread(target=each.drain) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == list(range(24))


@pytest.mark.postgres
def test_two_who_queue_one_key_at_the_same_time_get_one_job(db: Database, clock: SetClock) -> None:
    gate, found = threading.Barrier(6, timeout=20), []

    def put() -> None:
        gate.wait()
        with db.transaction() as session:
            found.append(enqueue(session, "note", {}, clock.now(), key="fold"))

    threads = [threading.Thread(target=put) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and len(set(found)) == 1


@pytest.mark.postgres
def test_a_job_begins_only_when_everybody_who_asked_for_it_has_committed(
    worker: Worker, queue: Queue, db: Database, clock: SetClock, handle: Handle
) -> None:
    handle("note", lambda payload, bench: None)
    number = queue("note", key="fold")
    with db.transaction() as one, db.transaction() as another:
        assert enqueue(one, "note", {}, clock.now(), key="fold") == number
        assert enqueue(another, "note", {}, clock.now(), key="fold") == number, "they do not wait for each other"
        assert worker.drain() == 0
    assert worker.drain() == 1
