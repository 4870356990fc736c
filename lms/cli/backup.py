"""``lms backup`` and ``lms restore``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click
from alembic import command as alembic
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from config import Config, environment
from lms import __version__
from lms.backup import export
from lms.backup import restore as restoring
from lms.cli.house import migrations, opened
from lms.db import Database
from lms.files import FileStore

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=FILE)
def backup(file: Path) -> None:
    """Write the database and all stored files into FILE, also while Attune is serving.

    The archive goes into either kind of database (SQLite, PostgreSQL). It holds everything, passwords of the mail server
    included: keep it safe. The key that signs cookies is not in it, so after a restore elsewhere everybody signs in again.
    """
    with opened() as house:
        revision = ScriptDirectory.from_config(migrations(house.database)).get_current_head() or ""
        with click.progressbar(length=export.count(house.database), label="Backing up") as bar:
            try:
                manifest = export.backup(
                    house.database,
                    house.files,
                    file,
                    revision=revision,
                    program=__version__,
                    now=house.clock.now(),
                    progress=bar.update,
                )
            except OSError as error:
                raise click.ClickException(
                    f"The backup could not be written, and nothing was left behind: {error}"
                ) from error
    click.echo(f"{file}: {manifest.rows:,} rows in {len(manifest.tables)} tables, {len(manifest.files):,} files.")
    if manifest.missing:
        listed = "\n  ".join(manifest.missing[:20])
        raise click.ClickException(
            f"{len(manifest.missing)} stored files are missing from the data folder or damaged, so they are not in the backup:\n  {listed}"
        )


@click.command()
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Throw away what the database holds now.")
def restore(file: Path, replace: bool) -> None:
    """Restore database and files from FILE, which `lms backup` made.

    Every byte is checked before anything is touched, and the data is put in place in one transaction. A database that holds data is
    refused unless --replace is given; then it works also while Attune is serving.
    """
    config = Config.from_environ(environment())
    with closing(Database(config.database_url)) as database, restoring.opened(file) as (archive, manifest):
        if database.is_sqlite and database.engine.url.database:
            Path(database.engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        with click.progressbar(length=manifest.rows + len(manifest.files), label="Restoring") as bar:
            restoring.restore(
                archive, manifest, database, FileStore(config.data_dir / "files"), schema_of(database),
                replace=replace, progress=bar.update,
            )  # fmt: skip
    click.echo(f"Restored {manifest.rows:,} rows and {len(manifest.files):,} files of {manifest.made_at}.")


def schema_of(database: Database) -> restoring.Schema:
    """The migrations as restoring needs them."""
    settings = migrations(database)
    scripts = ScriptDirectory.from_config(settings)

    def current() -> str | None:
        with database.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    return restoring.Schema(
        current=current,
        knows=lambda revision: any(script.revision == revision for script in scripts.walk_revisions()),
        upgrade=lambda revision: alembic.upgrade(settings, revision),
    )


COMMANDS = (backup, restore)
