"""``lms serve``, ``lms worker`` and ``lms db``."""

from __future__ import annotations

import threading

import click
import waitress

from lms import organisation
from lms.accounts.passwords import setup_code
from lms.app import create_app
from lms.cli.house import Opened, is_empty, opened, require_current, upgrade
from lms.cli.receiving import ENVELOPE, limit_bodies
from lms.worker import Worker


@click.command()
@click.option("--threads", default=8, show_default=True, help="How many requests are answered at the same time.")
@click.option("--no-worker", is_flag=True, help="Do not run jobs in this process (when `lms worker` runs beside it).")
def serve(threads: int, no_worker: bool) -> None:
    """Serve the pages, and run the jobs, until stopped with Ctrl-C.

    An empty database gets its tables first; the site then shows a page on which to set Attune up.
    """
    with opened(migrated=False) as house:
        if is_empty(house.database):
            upgrade(house.database)
        require_current(house.database)
        run(house, threads, with_worker=not no_worker)


def run(house: Opened, threads: int, *, with_worker: bool) -> None:
    """Serve until stopped; a worker thread runs the jobs beside it."""
    app = create_app(house.config, house.clock, house.database)
    stop = threading.Event()
    worker = threading.Thread(target=Worker(house.database, house.files, house.clock).run, args=(stop,), daemon=True)
    if with_worker:
        worker.start()
    click.echo(f"Attune is at http://{house.config.host}:{house.config.port} (Ctrl-C stops it)")
    with house.database.session() as session:
        if organisation.load(session) is None:
            click.echo(
                f"It is not set up yet. Run `lms setup`, or open it and enter this code: {setup_code(house.config.secret_key)}"
            )
    try:
        limit_bodies()
        waitress.serve(
            app, host=house.config.host, port=house.config.port, threads=threads, ident=None, _quiet=True,
            max_request_body_size=house.config.upload_limit + ENVELOPE,
        )  # fmt: skip
    finally:
        stop.set()
        if with_worker:
            worker.join(timeout=10)


@click.command()
@click.option("--once", is_flag=True, help="Run what is due, then stop.")
def worker(once: bool) -> None:
    """Run jobs: mail, certificates, imports, rebuilds. Several may run beside each other."""
    with opened() as house:
        found = Worker(house.database, house.files, house.clock)
        if once:
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
