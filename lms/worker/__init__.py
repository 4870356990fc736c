"""The worker: takes jobs from the outbox one at a time and runs their handler. An edge: it commits.

A handler (:mod:`lms.worker.jobs`) gets the job's payload and a :class:`~lms.worker.bench.Bench`, opens its own transactions, and may
be run again after a crash, so it is idempotent. While it works a thread renews its lease; if the process dies the lease ends and the
job is taken again.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from lms.audit import actions as audit
from lms.audit import queries as log_book
from lms.clock import Clock
from lms.db import Database
from lms.errors import AttuneError
from lms.files import FileStore
from lms.notices import nightly
from lms.outbox import LEASE, enqueue, fail, finish, held_by, lease, renew
from lms.people.dry_runs import KEPT
from lms.reports.saved import queries as saved
from lms.retention import actions as retention
from lms.retention import kept_files
from lms.worker.bench import Bench, Exporter
from lms.worker.came_back import read_mailbox
from lms.worker.exports import EXPORT
from lms.worker.jobs import HANDLERS

log = logging.getLogger("lms.worker")

DAILY = timedelta(minutes=1)
"""How often the worker looks whether the day's reminders are to be written."""

FETCHING = timedelta(minutes=5)
"""How often mail that came back is read."""

TIDYING = timedelta(days=1)
"""How often files that were uploaded and never taken in are let go of."""

BATCHES = 20
"""Batches of entries that are sealed before the next job is taken."""

SEALING = timedelta(seconds=1)
"""How often the audit log is sealed."""


class Worker:
    """Runs jobs."""

    def __init__(
        self,
        database: Database,
        files: FileStore,
        clock: Clock,
        bounces: str = "",
        exporter: Exporter | None = None,
    ) -> None:
        self.bench = Bench(database, files, clock, exporter)
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._sealed_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._fetched_at: datetime | None = None
        self._tidied_at: datetime | None = None
        self._mailbox = bounces

    def run(self, stop: threading.Event, pause: float = 1.0) -> None:
        """Work until told to stop, looking for new jobs every ``pause`` seconds."""
        while not stop.is_set():
            try:
                self.seal()
                self.begin_day()
                self.fetch()
                self.tidy()
                if not self.step():
                    stop.wait(pause)
            except Exception:
                log.exception("The worker could not take a job; it tries again.")
                stop.wait(pause * 5)

    def drain(self) -> int:
        """Run everything that is due now; gives how many jobs ran."""
        count = 0
        while self.step():
            count += 1
        self._sealed_at = None
        self.seal(sys.maxsize)
        return count

    def begin_day(self) -> None:
        """Queue the reminders of the day, and the views that are to be mailed, once its morning has come; looked at once a minute."""
        now = self.bench.clock.now()
        if self._looked_at is not None and abs(now - self._looked_at) < DAILY:
            return
        self._looked_at = now
        with self.bench.database.session() as session:
            day = nightly.day_to_run(session, now)
            exports = saved.due(session, now) if self.bench.exporter is not None else []
        if day is not None:
            with self.bench.database.transaction() as session:
                enqueue(session, nightly.RUN, {"day": day.isoformat()}, now, key=day.isoformat())
        for schedule, on in exports:
            with self.bench.database.transaction() as session:
                told = {"schedule": schedule, "day": on.isoformat()}
                enqueue(session, EXPORT, told, now, key=f"{schedule} {on.isoformat()}")

    def fetch(self) -> None:
        """Read the mailbox into which mail comes back, if there is one; looked at every five minutes. One that fails stops nothing."""
        now = self.bench.clock.now()
        if not self._mailbox or (self._fetched_at is not None and abs(now - self._fetched_at) < FETCHING):
            return
        self._fetched_at = now
        try:
            read_mailbox(self.bench.database, self._mailbox, now)
        except AttuneError as error:
            log.warning("%s", error)

    def tidy(self) -> None:
        """Let go of what files would do that were looked at a week ago, and of those that were never taken in; looked at once a day."""
        now = self.bench.clock.now()
        if self._tidied_at is not None and abs(now - self._tidied_at) < TIDYING:
            return
        self._tidied_at = now
        with self.bench.database.transaction() as session:
            kept_files.let_go_of_looks(session, now - KEPT)
        with self.bench.database.session() as session:
            ids = kept_files.never_taken_in(session, now - KEPT)
        if ids:
            with self.bench.database.transaction() as session:
                gone = retention.drop_files(session, ids)
            self.bench.files.remove(gone)

    def seal(self, batches: int = BATCHES) -> None:
        """Seal what was written to the audit log, at most once a second however busy the queue is; one short look when it is idle.

        After ``batches`` of them others have their turn: an import of everybody leaves an entry for each."""
        now = self.bench.clock.now()
        if self._sealed_at is not None and abs(now - self._sealed_at) < SEALING:
            return
        self._sealed_at = now
        for _ in range(batches):
            if not self._anything_to_seal():
                return
            try:
                with self.bench.database.transaction() as session:
                    if not audit.seal(session, now):
                        return
            except IntegrityError:
                return  # another worker sealed the same entries a moment ago

    def _anything_to_seal(self) -> bool:
        with self.bench.database.session() as session:
            return log_book.anything_to_seal(session)

    def step(self) -> bool:
        """Take and run one job; False when none is due."""
        with self.bench.database.transaction() as session:
            leased = lease(session, self.name, self.bench.clock.now())
        if leased is None:
            return False
        job_id, kind, payload, _ = leased
        stop = threading.Event()
        renewal = threading.Thread(target=self._renew, args=(job_id, stop), daemon=True)
        renewal.start()
        error: str | None = None
        try:
            HANDLERS[kind](payload, replace(self.bench, job_id=job_id))
        except Exception as raised:
            log.exception("Job %s (%s) failed", job_id, kind)
            error = f"{type(raised).__name__}: {raised}"
        finally:
            stop.set()
            renewal.join()
        with self.bench.database.transaction() as session:
            now = self.bench.clock.now()
            if error is None:
                finish(session, job_id, self.name, now)
            elif (job := held_by(session, job_id, self.name)) is not None:
                fail(job, error, now)
        return True

    def _renew(self, job_id: int, stop: threading.Event) -> None:
        while not stop.wait(LEASE.total_seconds() / 3):
            try:
                with self.bench.database.transaction() as session:
                    if not renew(session, job_id, self.name, self.bench.clock.now()):
                        return
            except Exception:
                log.exception("The lease of job %s could not be renewed", job_id)
