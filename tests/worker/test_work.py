"""What the worker is for: mail that outlives a killed process, and everybody's timelines after a bulk change."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from config import ROOT
from lms.audit import Actor
from lms.catalogue.actions import publish
from lms.catalogue.disk import load_course
from lms.compliance import actions as compliance
from lms.compliance import queries
from lms.compliance.models import Span
from lms.db import Database
from lms.notices.actions import write_mail
from lms.notices.models import Mail
from lms.organisation import MailServer as Server
from lms.outbox import LEASE, Job, JobState
from lms.people.models import Person
from lms.worker import Worker
from tests.accounts.conftest import Hospital
from tests.catalogue.making import sound
from tests.support.clocks import SetClock
from tests.support.mail import MailServer


@contextmanager
def mute_server() -> Iterator[tuple[int, threading.Event]]:
    """A mail server that takes the connection and then says nothing: its port, and an event for the first caller."""
    listening = socket.create_server(("127.0.0.1", 0))
    called, held = threading.Event(), []

    def accept() -> None:
        try:
            held.append(listening.accept())
            called.set()
        except OSError:
            pass

    threading.Thread(target=accept, daemon=True).start()
    yield listening.getsockname()[1], called
    listening.close()
    for connection, _ in held:
        connection.close()


def test_a_worker_killed_in_mid_mail_loses_nothing(
    hospital: Hospital,
    db: Database,
    database_url: str,
    tmp_path: Path,
    clock: SetClock,
    smtp: MailServer,
    worker: Worker,
) -> None:
    clock.moment = datetime.now(UTC)  # the process has the machine's clock
    person = hospital.person("1", email="one@mercy.test")
    with mute_server() as (port, called):
        hospital.change(mail=Server("127.0.0.1", port, sender="a@mercy.test"))
        with db.transaction() as session:
            write_mail(session, "test", session.get_one(Person, person), clock.now(), when=clock.now())
        process = subprocess.Popen(
            [sys.executable, "-c", "from lms.cli import main; main()", "worker"],
            cwd=ROOT,
            env={**os.environ, "LMS_DATABASE_URL": database_url, "LMS_DATA_DIR": str(tmp_path / "data")},
        )
        try:
            assert called.wait(60), "the worker has called the mail server"
            with db.session() as session:
                assert session.scalars(select(Job)).one().state == JobState.RUNNING
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
    hospital.mail_to(smtp)
    assert worker.drain() == 0, "its lease is not over yet"
    clock.moment = datetime.now(UTC) + LEASE + timedelta(seconds=1)
    assert worker.drain() == 1
    assert len(smtp.wait_for(1)) == 1
    with db.session() as session:
        assert session.scalars(select(Mail)).one().sent_at is not None
        assert session.scalars(select(Job)).one().state == JobState.DONE


def test_a_bulk_change_is_worked_out_and_readers_see_the_old_until_then(
    hospital: Hospital, db: Database, clock: SetClock, worker: Worker, tmp_path: Path
) -> None:
    by, here = Actor(None, clock.now()), hospital.department("ED")
    people = [hospital.person(str(number), account=False, department=here) for number in range(30)]
    rule = {"courses": ["tea-101"], "first": {"within": {"days": 30}}}
    with db.transaction() as session:
        publish(session, load_course(sound(tmp_path)), worker.bench.files, by=by)
        asked = compliance.publish_requirement(session, "ASK", "Asking", rule, date(2026, 6, 15), by)
    day = date(2026, 8, 1)
    with db.session() as session:
        assert queries.counts(session, day, requirement_id=asked.requirement_id) == []
        assert queries.rebuild_status(session) is not None
    assert worker.drain() >= 1
    with db.session() as session:
        (cell,) = queries.counts(session, day, requirement_id=asked.requirement_id)
        assert cell.people == len(people) and queries.rebuild_status(session) is None
    for _ in range(3):  # again and again: the old spans are thrown away
        with db.transaction() as session:
            compliance.begin_generation(session, "test", clock.now())
        worker.drain()
    with db.session() as session:
        assert len(set(session.scalars(select(Span.generation_id)))) == 1
        assert session.scalar(select(func.count()).where(Job.state != JobState.DONE)) == 0


def test_the_worker_thread_stops_when_told(
    worker: Worker, handle: Callable[..., None], queue: Callable[..., int]
) -> None:
    ran, stop = threading.Event(), threading.Event()
    handle("note", lambda payload, bench: ran.set())
    thread = threading.Thread(target=worker.run, args=(stop, 0.05))
    thread.start()
    queue("note")
    assert ran.wait(20)
    stop.set()
    begun = time.monotonic()
    thread.join(10)
    assert not thread.is_alive() and time.monotonic() - begun < 5
