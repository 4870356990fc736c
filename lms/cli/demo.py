"""``lms demo``: a hospital to look around in."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from shlex import quote

import click
from sqlalchemy import inspect, text

from config import Config, environment
from lms.cli.house import Day, Opened, upgrade
from lms.cli.serving import run
from lms.clock import Clock, SystemClock, local_day
from lms.db import Base, Database
from lms.demo.build import ZONE, Build, Unfinished, build, unfinished
from lms.demo.roles import PASSWORD, ROLES
from lms.errors import N_, Invalid
from lms.files import FileStore
from lms.organisation import Organisation, load, save


@click.command()
@click.option(
    "--staff", default=1200, show_default=True, type=click.IntRange(50, 100_000), help="How many people work there."
)
@click.option("--seed", default=1, show_default=True, help="Another number makes another hospital.")
@click.option("--today", type=Day(), help="The day up to which the histories reach. [default: the local date]")
@click.option("--reset", is_flag=True, help="Begin anew: throw the demo's data away first.")
@click.option("--no-serve", is_flag=True, help="Only make the data.")
def demo(staff: int, seed: int, today: date | None, reset: bool, no_serve: bool) -> None:
    """Make a fictional hospital and serve it, with one sign-in for each role.

    It uses an SQLite database of its own (var/demo) unless LMS_DATABASE_URL names an empty one, and never touches a
    database it did not make. Run again, it keeps the data and starts at once.
    """
    config = _config()
    clock = SystemClock()
    database = Database(config.database_url)
    files = FileStore(config.data_dir / "files")
    if config.is_sqlite and database.engine.url.database:
        Path(database.engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    if reset:
        _throw_away(database, config)
    found = _found(database)
    upgrade(database)
    if isinstance(found, Unfinished):
        click.echo("The last build was interrupted; it goes on as it was begun (lms demo --reset begins anew).")
        _make(Build(database, files, config, found.today, found.staff, found.seed, _bar), found)
    elif found is None:
        _make(Build(database, files, config, today or local_day(clock.now(), ZONE), staff, seed, _bar))
    else:
        click.echo("Riverbend Health is there and keeps its data (lms demo --reset begins anew).")
    _at_this_address(database, config, clock)
    _introduce(config)
    if not no_serve:
        _serve(config, database, files, clock)


def _config() -> Config:
    found = environment()
    config = Config.from_environ(found)
    own = config.data_dir if found.get("LMS_DATA_DIR") else config.data_dir / "demo"
    url = config.database_url if found.get("LMS_DATABASE_URL") else f"sqlite:///{own / 'demo.sqlite'}"
    return config.with_(data_dir=own, database_url=url, demo=True)


def _make(site: Build, begun: Unfinished | None = None) -> None:
    click.echo(f"Building Riverbend Health as of {site.today}: {site.staff:,} staff, three sites. Nobody in it exists.")
    build(site, begun)


def _found(database: Database) -> Organisation | Unfinished | None:
    """A finished demo, one that was interrupted, or nothing at all.

    Raises:
        Invalid: the database holds something else.
    """
    tables = set(inspect(database.engine).get_table_names())
    if not tables:
        return None
    if "organisation" in tables:
        with database.session() as session:
            own = load(session)
        if own is not None and own.demo:
            return unfinished(own) or own
        if own is None and _is_blank(database, tables):
            return None
    raise Invalid(
        N_("This database was not made by lms demo, so it is left alone. Name an empty one in LMS_DATABASE_URL.")
    )


def _is_blank(database: Database, tables: set[str]) -> bool:
    """Whether migrated tables hold nothing: a demo that was interrupted before its first row."""
    with database.engine.connect() as connection:
        return all(
            connection.execute(text(f'select 1 from "{name}" limit 1')).first() is None
            for name in tables - {"alembic_version"}
        )


def _throw_away(database: Database, config: Config) -> None:
    _found(database)  # raises for a database that is not the demo's
    with database.engine.begin() as connection:
        Base.metadata.drop_all(connection)
        connection.execute(text("drop table if exists alembic_version"))
    shutil.rmtree(config.data_dir / "files", ignore_errors=True)


_last: dict[str, int] = {}


def _bar(what: str, done: int, total: int) -> None:
    """A progress bar that also reads well in a log file."""
    share = done / max(total, 1)
    if sys.stdout.isatty():
        click.echo(f"\r  {what:<28} [{'#' * int(30 * share):<30}] {share:4.0%}", nl=done >= total)
    elif int(share * 10) > _last.get(what, -1):
        _last[what] = int(share * 10)
        click.echo(f"  {what}: {share:.0%}")


def _at_this_address(database: Database, config: Config, clock: Clock) -> None:
    """Links in mails and on certificates lead to where the demo is served now."""
    address = config.base_url or f"http://{config.host}:{config.port}"
    with database.transaction() as session:
        own = load(session)
        if own is not None and own.base_url != address:
            save(session, replace(own, base_url=address), clock.now())


def _introduce(config: Config) -> None:
    click.echo(
        f"\nOpen http://{config.host}:{config.port} and sign in with one of these. The password is always: {PASSWORD}\n"
    )
    for player in ROLES:
        where = f" ({player.scope} and below)" if player.scope else ""
        click.echo(f"  {player.number:<15} {player.label}{where}: {player.given} {player.family}, {player.job}")
    settings = f"LMS_DATA_DIR={quote(str(config.data_dir))} LMS_DATABASE_URL={quote(config.database_url)}"
    click.echo(f"\nOther commands find this data with: {settings}\n")


def _serve(config: Config, database: Database, files: FileStore, clock: Clock) -> None:
    run(Opened(config, database, files, clock), threads=8, with_worker=True)


COMMANDS = (demo,)
