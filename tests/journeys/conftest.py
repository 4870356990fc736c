"""Journeys happen in the demo hospital; what looks at pages asks for it ``lived`` in."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import select

from config import Config
from lms.app import create_app
from lms.db import Database
from lms.people.models import Person
from tests.conftest import MOMENT
from tests.journeys.lived import Lived, live
from tests.support.applications import signed_in
from tests.support.clocks import SetClock
from tests.support.databases import PostgresDatabases, SqliteDatabases, of_the_run
from tests.support.demo import configured, demo_template, who
from tests.support.pages import PageClient

__all__ = ["demo_template", "who"]


@pytest.fixture(scope="session")
def lived_template(
    tmp_path_factory: pytest.TempPathFactory, _databases: SqliteDatabases | PostgresDatabases, demo_template: Path
) -> Path:
    """The demo hospital after a day of work, made once for all workers; what happened is written down beside it."""
    folder = of_the_run(tmp_path_factory, "lived-hospital")

    def make(url: str) -> None:
        database, clock = Database(url), SetClock(MOMENT)
        shutil.rmtree(folder / "files", ignore_errors=True)
        app = create_app(configured(url, demo_template, folder), clock, database)
        app.test_client_class = PageClient
        with database.session() as session:
            ids = dict(map(tuple, session.execute(select(Person.number, Person.id))))
        hr = signed_in(app, database, clock.now(), ids["hr"])
        (folder / "lived.json").write_text(json.dumps(asdict(live(database, clock, app, hr, ids["learner"]))))
        database.close()

    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _databases.fill(folder / "lived.sqlite", make, demo_template)
    return folder / "lived.sqlite"


@pytest.fixture
def lived(lived_template: Path) -> Lived:
    """What happened in the hospital of this test before it began."""
    return Lived(**json.loads((lived_template.parent / "lived.json").read_text()))


@pytest.fixture
def template(request: pytest.FixtureRequest) -> Path:
    """The hospital of this test, to be copied."""
    chosen = "lived_template" if "lived" in request.fixturenames else "demo_template"
    found: Path = request.getfixturevalue(chosen)
    return found


@pytest.fixture
def database_url(_databases: SqliteDatabases | PostgresDatabases, template: Path) -> Iterator[str]:
    """The address of a copy, for this test only."""
    with _databases.like(template) as url:
        yield url


@pytest.fixture
def config(database_url: str, template: Path, tmp_path: Path) -> Config:
    """The configuration of ``lms demo`` on the copy."""
    return configured(database_url, template, tmp_path / "data")
