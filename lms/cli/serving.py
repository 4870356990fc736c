"""``lms serve``, ``lms worker`` and ``lms db``."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum, auto

import click
import waitress

from config import Config
from lms import organisation
from lms.accounts.passwords import setup_code
from lms.app import create_app
from lms.cli.house import Opened, is_empty, opened, require_current, upgrade
from lms.cli.receiving import ENVELOPE, limit_bodies
from lms.db import Database
from lms.errors import N_, Invalid
from lms.web.reports.exporting import Exporter
from lms.worker import Worker


@click.command()
@click.option(
    "--threads",
    default=8,
    show_default=True,
    type=click.IntRange(1, 256),
    help="How many requests are answered at the same time.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="How many processes share the requests; Python uses one processor in each.  [default: one a processor, up to 4; SQLite: 1]",
)
@click.option("--no-worker", is_flag=True, help="Do not run jobs in this process (when `lms worker` runs beside it).")
def serve(threads: int, processes: int | None, no_worker: bool) -> None:
    """Serve the pages, and run the jobs, until stopped with Ctrl-C.

    An empty database gets its tables first; the site then shows a page on which to set Attune up.
    """
    with opened(migrated=False) as house:
        if is_empty(house.database):
            upgrade(house.database)
        require_current(house.database)
        run(house, threads, with_worker=not no_worker, processes=processes or _processors(house.database))


LAST_JOB = 10.0
"""Seconds that the worker has for the job it is at when Attune is stopped; one that is not finished is run again."""

RARELY = (20_000, 20, 20)
"""When Python looks for cycles: a request leaves few, and with the usual 700 objects somebody's answer waited for the search."""

BEHIND_PAGES = 19
"""How much the worker's process stands back (``nice``) where somebody waits for a page: as far as it can. Nobody waits for its jobs as
they wait for a page, and it holds nothing that a page needs."""

MOST = 4
"""Processes by default at most: each has connections of its own to the database."""


def _processors(database: Database) -> int:
    """How many processes use this machine well: one a processor, for twice as many answer no sooner and leave less for the worker. One
    on SQLite, where writers wait for each other anyway, and where processes cannot be multiplied safely."""
    if database.is_sqlite or not hasattr(os, "sched_getaffinity"):
        return 1
    return min(MOST, len(os.sched_getaffinity(0)))


@contextmanager
def _listening(config: Config) -> Iterator[list[socket.socket]]:
    """Sockets at every address of the host, as waitress opens them, but before there is more than one process.

    Raises:
        Invalid: the address is taken, or is none of this machine.
    """
    with ExitStack() as opened_here:
        found = []
        try:
            for family, kind, protocol, _, address in socket.getaddrinfo(
                config.host, config.port, type=socket.SOCK_STREAM
            ):
                one = opened_here.enter_context(socket.socket(family, kind, protocol))
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.bind(address)
                found.append(one)
        except OSError as error:
            raise Invalid(
                N_(
                    "Nothing can be served at %(host)s:%(port)s (%(reason)s). If Attune or another program runs there already, "
                    "name another port: PORT=%(other)s."
                ),
                host=config.host,
                port=config.port,
                reason=error.strerror,
                other=config.port + 1,
            ) from error
        yield found


class Part(Enum):
    """What one of the processes of ``lms serve`` is."""

    FIRST = auto()
    FURTHER = auto()
    WORKER = auto()


def _share(processes: int, with_worker: bool, stop: threading.Event) -> Part:
    """Be one of several processes. The others end when the first does, however it does, and it ends when one of them does, so that
    whatever started it can start all of them again. In the worker's process ``stop`` is set first: it may finish its job."""
    theirs, ours = os.pipe()
    for part in [Part.FURTHER] * (processes - 1) + [Part.WORKER] * with_worker:
        if os.fork() == 0:
            os.close(ours)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if part is Part.WORKER:  # who stops all processes at once lets it finish its job, too
                signal.signal(signal.SIGTERM, lambda *_: stop.set())
            grace = LAST_JOB if part is Part.WORKER else 0
            threading.Thread(target=_end_with, args=(theirs, stop, grace), daemon=True).start()
            return part
    threading.Thread(target=_end_after_any, daemon=True).start()
    return Part.FIRST


def _end_with(first: int, stop: threading.Event, grace: float) -> None:
    os.read(first, 1)  # nothing is ever written: it ends when the first process does
    stop.set()
    time.sleep(grace)
    os._exit(0)


def _end_after_any() -> None:
    os.wait()
    os._exit(1)


def run(house: Opened, threads: int, *, with_worker: bool, processes: int = 1) -> None:
    """Serve until stopped, and run the jobs: in a thread beside one process, in a process of their own beside several."""
    app = create_app(house.config, house.clock, house.database)
    with _listening(house.config) as where:
        click.echo(f"Attune is at http://{house.config.host}:{house.config.port} (Ctrl-C stops it)")
        with house.database.session() as session:
            if organisation.load(session) is None:
                code = setup_code(house.config.secret_key)
                click.echo(f"It is not set up yet. Run `lms setup`, or open it and enter this code: {code}")
        house.database.close()  # no two processes may share a connection
        gc.freeze()  # what exists now is for good, and shared by all processes
        gc.set_threshold(*RARELY)
        stop = threading.Event()
        part = _share(processes, with_worker, stop) if processes > 1 else Part.FIRST
        jobs = Worker(house.database, house.files, house.clock, house.config.bounces, Exporter(app))
        if part is Part.WORKER:
            for listening in where:
                listening.close()
            os.nice(BEHIND_PAGES)
            jobs.run(stop)
            return
        beside = threading.Thread(target=jobs.run, args=(stop,), daemon=True)
        if with_worker and processes == 1:
            beside.start()
        try:
            limit_bodies()
            waitress.serve(
                app, sockets=where, threads=threads, ident=None, _quiet=True,
                max_request_body_size=house.config.upload_limit + ENVELOPE,
            )  # fmt: skip
        finally:
            stop.set()
            if beside.is_alive():
                beside.join(timeout=LAST_JOB)


@click.command()
@click.option("--once", is_flag=True, help="Run what is due, then stop.")
def worker(once: bool) -> None:
    """Run jobs: mail, certificates, imports, rebuilds. Several may run beside each other."""
    with opened() as house:
        app = create_app(house.config, house.clock, house.database)
        found = Worker(house.database, house.files, house.clock, house.config.bounces, Exporter(app))
        if once:
            found.fetch()
            click.echo(f"{found.drain()} jobs done.")
            return
        stop = threading.Event()
        try:
            found.run(stop)
        except KeyboardInterrupt:
            stop.set()


@click.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Create the schema, or bring it up to date."""
    with opened(migrated=False) as house:
        upgrade(house.database)
        click.echo("The database is up to date.")


COMMANDS = (serve, worker, db)
