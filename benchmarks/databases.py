"""The databases on which something is measured: made anew for one run, or kept in a folder for the next; and what work on them costs.

``at`` is a folder: what is built in it stays there, with the data of a PostgreSQL of its own if one is asked for.
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.cli.house import upgrade
from lms.compliance.models import Generation
from lms.db import Database
from tests.support.databases import as_psycopg
from tests.support.postgres import Postgres, find_binaries, free_port

LARGE = ("shared_buffers = 1GB", "max_wal_size = 8GB", "wal_level = minimal", "max_wal_senders = 0")
"""What a server for 100,000 people is given; everything else is as PostgreSQL comes, but for what ``tests.support.postgres`` names."""


class KeptPostgres(Postgres):
    """A server whose data stay in ``folder`` when it stops."""

    def __init__(self, folder: Path) -> None:
        self.binaries, self.origin = find_binaries()
        self.folder = folder
        self._account = None
        if os.geteuid() == 0:
            import pwd

            self._account = pwd.getpwnam("nobody")
        self.port = free_port()
        self.url = f"postgresql+psycopg://attune@127.0.0.1:{self.port}/postgres"
        data = folder / "data"
        if not data.exists():
            folder.mkdir(parents=True, exist_ok=True)
            self._start()
            self._stop()
            with (data / "postgresql.conf").open("a") as settings:
                settings.writelines(f"{setting}\n" for setting in LARGE)
        said = ("-o", f"-c port={self.port}", "-l", folder / "server.log")
        self._run("pg_ctl", "-D", data, "-w", "-t", "120", "-s", *said, "start")

    def _stop(self) -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "-s", "-w", "-t", "600", "stop")

    def stop(self) -> None:
        """Stop the server in good order; its data stay."""
        self._stop()


@contextmanager
def opened(url: str | None = None, postgres: bool = False, at: Path | None = None) -> Iterator[Database]:
    """A migrated database: at an address, kept in a folder, or empty and gone afterwards."""
    server = None
    if postgres:
        server = KeptPostgres(at / "postgres") if at is not None else Postgres()
        url = as_psycopg(server.url)
    with tempfile.TemporaryDirectory(prefix="attune-bench-") as folder:
        if at is not None:
            at.mkdir(parents=True, exist_ok=True)
        database = Database(url or f"sqlite:///{(at or Path(folder)) / 'bench.sqlite'}")
        try:
            upgrade(database)
            yield database
        finally:
            database.close()
            if server is not None:
                server.stop()


def is_built(database: Database) -> bool:
    """Whether somebody built people and spans in it that are in use."""
    with database.session() as session:
        return session.scalar(select(Generation.id).where(Generation.active, Generation.phase == "done")) is not None


def tidied(database: Database) -> None:
    """What PostgreSQL's autovacuum, which is off here, would have done by now; on SQLite nothing."""
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


# --- what it costs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the wall, and of the processor: this thread and, on PostgreSQL, the process that serves it with its helpers."""

    wall: float
    own: float
    server: float

    @property
    def processor(self) -> float:
        """Seconds of the processor altogether."""
        return self.own + self.server

    def __str__(self) -> str:
        return f"{self.wall * 1000:,.0f} ms on the wall, {self.processor * 1000:,.0f} ms of the processor"


class Meter:
    """Reads what the connection of a session has cost so far; :meth:`read` gives what was spent since the last reading."""

    def __init__(self, session: Session) -> None:
        sqlite = session.get_bind().dialect.name == "sqlite"
        self._server = None if sqlite else session.scalar(select(func.pg_backend_pid()))
        self._at = self._now()

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.thread_time(), served(self._server) if self._server else 0.0

    def read(self) -> Cost:
        """What was spent since the last reading, or since the beginning."""
        before, self._at = self._at, self._now()
        return Cost(*(now - then for now, then in zip(self._at, before, strict=True)))


def served(pid: int) -> float:
    """Seconds of the processor that a PostgreSQL process has taken, with what its server's ended helpers took, as Linux tells it."""
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    ended = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[13:15]
    own = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return own + sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")


def cost(session: Session, run: Callable[[], object], runs: int) -> Cost:
    """The median on the wall and the mean processor time of so many runs after one warm one."""
    run()
    meter, walls = Meter(session), []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        walls.append(time.perf_counter() - began)
    whole = meter.read()
    return Cost(statistics.median(walls), whole.own / runs, whole.server / runs)


def peak() -> int:
    """The peak of memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
