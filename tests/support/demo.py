"""The demo hospital for tests: built once for all workers, copied for every test, with a sign-in for each role.

Import the fixtures into a ``conftest.py``: there ``database_url`` and ``config`` are those of the copy, and ``app``, ``live_server``,
``signed_in`` and the browser follow.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from config import Config
from lms.db import Database
from lms.demo.build import Build, build
from lms.demo.roles import PASSWORD, ROLES
from lms.files import FileStore
from lms.people.models import Person
from tests.support.databases import PostgresDatabases, SqliteDatabases, of_the_run, steady

TODAY = date(2026, 6, 15)
"""The day of ``tests.conftest.MOMENT``: the demo's histories reach up to it."""

STAFF = 60
NAMES = tuple(player.number for player in ROLES)
"""The sign-in names: learner, manager, hr, executive, author, auditor, administrator."""


def built(factory: pytest.TempPathFactory, server: SqliteDatabases | PostgresDatabases, name: str, staff: int) -> Path:
    """A hospital of this size, built once for all workers: a name for ``like``, in a folder that holds its files, too."""
    folder = of_the_run(factory, f"{name}-hospital")

    def make(url: str) -> None:
        config = Config(database_url=url, data_dir=folder, secret_key="none", demo=True, testing=True)
        database = Database(url)
        build(Build(database, FileStore(folder / "files"), config, TODAY, staff, 1, lambda what, done, total: None))
        database.close()

    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server.fill(folder / f"{name}.sqlite", make)
    return folder / f"{name}.sqlite"


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory, _databases: SqliteDatabases | PostgresDatabases) -> Path:
    """The hospital that most tests of pages live in, built."""
    return built(tmp_path_factory, _databases, "demo", STAFF)


@pytest.fixture
def database_url(
    _databases: SqliteDatabases | PostgresDatabases, demo_template: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The address of a copy of the demo hospital, for this test only."""
    with _databases.like(demo_template, steady(request)) as url:
        yield url


@pytest.fixture
def config(database_url: str, demo_template: Path, tmp_path: Path) -> Config:
    """The configuration of ``lms demo`` on the copy, with its files."""
    return configured(database_url, demo_template, tmp_path / "data")


def configured(url: str, template: Path, data: Path) -> Config:
    """The configuration of ``lms demo`` on a copy of ``template`` at ``url``, with a copy of its files in ``data``."""
    shutil.copytree(template.parent / "files", data / "files")
    return Config(
        database_url=url, data_dir=data, secret_key="only for tests, never anywhere else", demo=True, testing=True
    )


@pytest.fixture
def who(db: Database) -> Callable[[str], int]:
    """``who("hr")`` gives the person's id."""

    def find(number: str) -> int:
        with db.session() as session:
            return session.scalars(select(Person.id).where(Person.number == number)).one()

    return find


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Sign in through the form, as a person does."""
    if "/sign-in" not in page.url:
        page.goto("/sign-in")
    page.get_by_label("Employee number or e-mail address").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
