"""The machine fails: a worker is killed in the middle of a job, or the disk is full."""

from __future__ import annotations

import io
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from config import ROOT, Config
from lms.audit import Actor
from lms.db import Database
from lms.files import FileStore, StoredFile
from lms.flows import assessing
from lms.learning import actions
from lms.learning.models import Attempt, Enrolment
from lms.notices import actions as notices
from lms.notices.models import Mail
from lms.organisation import MailServer
from lms.outbox import Job, JobState
from lms.people.models import Person
from lms.worker import Worker
from tests.accounts.conftest import Hospital
from tests.resilience.conftest import Quiz
from tests.support.clocks import SetClock
from tests.support.mail import MailServer as TestMailServer
from tests.support.pages import PageClient


def test_a_job_whose_worker_is_killed_is_run_again(
    db: Database, hospital: Hospital, database_url: str, tmp_path: Path, smtp: TestMailServer
) -> None:
    nurse = hospital.person("1001", email="nurse@mercy.test")
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a mail server that takes the call and says nothing
        hospital.change(mail=MailServer("127.0.0.1", silent.getsockname()[1], sender="training@mercy.test"))
        with db.transaction() as session:
            before = datetime.now(UTC) - timedelta(seconds=1)
            mail = notices.write_mail(session, "test", session.get_one(Person, nurse), before, when=before)
            assert mail is not None
        worker = subprocess.Popen(
            [sys.executable, "-c", "from lms.cli import main; main()", "worker"],
            cwd=ROOT,
            env={**os.environ, "LMS_DATABASE_URL": database_url, "LMS_DATA_DIR": str(tmp_path)},
        )
        try:
            silent.settimeout(60)
            silent.accept()
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait(10)
    assert _job(db).state == JobState.RUNNING, "killed in the middle"
    hospital.mail_to(smtp)
    later = SetClock(datetime.now(UTC))
    survivor = Worker(db, FileStore(tmp_path / "files"), later)
    assert survivor.drain() == 0, "the lease of the dead worker still holds"
    later.advance(minutes=2)
    assert survivor.drain() == 1
    assert [message["Message-ID"] for message in smtp.wait_for(1)] == [mail.message_id]
    done = _job(db)
    assert (done.state, done.tries) == (JobState.DONE, 2)
    with db.session() as session:
        assert session.get_one(Mail, mail.id).sent_at is not None


def _job(db: Database) -> Job:
    with db.session() as session:
        return session.scalars(select(Job).where(Job.kind == notices.SEND)).one()


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file of this process may grow beyond ``room`` bytes meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    with full_disk(100_000), pytest.raises(OSError, match="File too large"):
        store.write(io.BytesIO(bytes(3_000_000)))
    assert list(store.root.rglob("*")) == []
    digest, size = store.write(io.BytesIO(bytes(3_000_000)))
    assert size == 3_000_000 and store.path(digest).stat().st_size == size


def test_a_certificate_that_finds_no_room_says_so_and_is_there_later(
    begin: Callable[[FileStore], Quiz], db: Database, config: Config, clock: SetClock, signed_in: Callable[[int], PageClient],
    hospital: Hospital,
) -> None:  # fmt: skip
    quiz = begin(FileStore(config.data_dir / "files"))
    client = signed_in(quiz.person_id)
    number = _pass(quiz, db, clock, hospital)
    assert client.get("/there-is-no-such-page").status_code == 404  # compiled templates are kept on the disk, too
    stored = set((config.data_dir / "files").rglob("*"))
    with full_disk(8_000):
        refused = client.get(f"/certificates/{number}.pdf")
    assert refused.status_code == 507 and "no room left" in refused.page.text  # type: ignore[attr-defined]
    assert {path for path in (config.data_dir / "files").rglob("*") if path.is_file()} <= stored
    with db.session() as session:
        assert session.scalar(select(StoredFile.id).where(StoredFile.purpose == "certificate")) is None
    assert client.get(f"/certificates/{number}.pdf").data.startswith(b"%PDF")


def _pass(quiz: Quiz, db: Database, clock: SetClock, hospital: Hospital) -> str:
    with db.transaction() as session:
        attempt = session.get_one(Attempt, quiz.attempt_id)
        for place in range(1, len(quiz.drawn) + 1):
            item = quiz.item(place)
            right = {"options": [option.id for option in item.options if option.correct]}
            actions.answer(
                session, attempt, quiz.content, item.id, right, language="en", key=str(place), now=clock.now()
            )
        enrolment = session.get_one(Enrolment, attempt.enrolment_id)
        assessing.finish_attempt(
            session, attempt, enrolment, quiz.content, hospital.own, Actor(quiz.person_id, clock.now())
        )
    from lms.certificates.models import Certificate

    with db.session() as session:
        return session.scalars(select(Certificate.number)).one()
