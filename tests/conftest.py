"""Fixtures: everything real, everything fresh for each test, nothing paid for that a test does not ask for.

``LMS_TEST_DATABASE`` (``sqlite``, the default, or ``postgres``) says which database the run is about.
"""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy.orm import Session

from config import Config
from lms.db import Database
from tests.support import chromium as chromium_program
from tests.support import databases
from tests.support.applications import Applications, state
from tests.support.applications import signed_in as session_of
from tests.support.browser import Watch, check_axe
from tests.support.clocks import SetClock
from tests.support.mail import MailServer
from tests.support.pages import PageClient
from tests.support.postgres import VARIABLE, Postgres, quick_folder
from tests.support.servers import ProcessServer, ThreadServer
from tests.support.texts import compile_changed

MOMENT = datetime(2026, 6, 15, 14, 0, tzinfo=UTC)
"""When tests happen, unless they move the clock: a Monday, ten in the morning in New York."""

ARTIFACTS = Path(__file__).resolve().parent.parent / "test-artifacts"
_own_server: list[Postgres] = []


def pytest_configure(config: pytest.Config) -> None:
    """Bring the compiled texts up to date; start one PostgreSQL for all workers where none is given."""
    if not hasattr(config, "workerinput"):
        compile_changed()
    if databases.kind() == "postgres" and VARIABLE not in os.environ:
        signal.signal(signal.SIGTERM, lambda number, frame: pytest.exit("ended from outside", 128 + number))
        server = Postgres(quick_folder())
        _own_server.append(server)
        os.environ[VARIABLE] = server.url
    if not hasattr(config, "workerinput"):
        os.environ[databases.RUN] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop what the workers shared, and stop what was started."""
    if databases.kind() == "postgres" and not hasattr(config, "workerinput"):
        databases.PostgresDatabases.drop_shared()
    while _own_server:
        _own_server.pop().stop()
        del os.environ[VARIABLE]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest; leave out, by name and not as skipped, what makes no sense on the other database.

    On SQLite: what is about PostgreSQL. On PostgreSQL: what opens no database, for it is the same test and has run on SQLite.
    """

    def belongs(item: pytest.Item) -> bool:
        if databases.kind() == "postgres":
            return "_databases" in getattr(item, "fixturenames", ()) or item.get_closest_marker("postgres") is not None
        return item.get_closest_marker("postgres") is None

    kept = [item for item in items if belongs(item)]
    left_out = [item for item in items if not belongs(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    items[:] = sorted(kept, key=_longest_first)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is there now stays to the end: the collector need not look at it again and again, nor as often as it would."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _longest_first(item: pytest.Item) -> int:
    """The matrix, then the other browser tests, then the rest: a worker that is done early takes over short tests at the end."""
    return next((place for place, mark in enumerate(("axe", "browser")) if item.get_closest_marker(mark)), 2)


# --- database ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _databases(request: pytest.FixtureRequest) -> Iterator[databases.SqliteDatabases | databases.PostgresDatabases]:
    if databases.kind() == "postgres":
        worker = getattr(request.config, "workerinput", {"workerid": "main"})["workerid"]
        server = databases.PostgresDatabases(worker)
        yield server
        server.close()
    else:
        with tempfile.TemporaryDirectory(prefix="attune-tests-", dir=quick_folder()) as folder:
            yield databases.SqliteDatabases(Path(folder))


@pytest.fixture
def database_url(
    _databases: databases.SqliteDatabases | databases.PostgresDatabases, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The address of a migrated database without data, for this test only."""
    with _databases.fresh(databases.steady(request)) as url:
        yield url


@pytest.fixture
def empty_database_url(_databases: databases.SqliteDatabases | databases.PostgresDatabases) -> Iterator[str]:
    """The address of a database without tables, for this test only."""
    with _databases.empty() as url:
        yield url


@pytest.fixture(scope="session")
def _engines() -> dict[str, Database]:
    return {}


@pytest.fixture
def db(
    database_url: str,
    _databases: databases.SqliteDatabases | databases.PostgresDatabases,
    _engines: dict[str, Database],
) -> Iterator[Database]:
    """A fresh database. Where the address is the steady one the engine is kept, and with it the statements that it compiled;
    on a server its connections, too, unless the test left one open or the database was made anew.
    """
    steady = databases.STEADY in database_url
    database = _engines.get(database_url) or Database(database_url)
    if steady and _databases.anew:
        database.close()
    if steady:
        _engines[database_url] = database
    yield database
    if not steady or database.is_sqlite or database.engine.pool.checkedout():  # type: ignore[attr-defined]
        database.close()


@pytest.fixture
def session(db: Database) -> Iterator[Session]:
    """A writing session in a fresh database; what the test does not commit is rolled back.

    On SQLite it holds the only write lock from its first statement to its commit: commit before ``client`` or a worker writes, and
    read their results through ``db.session()``.
    """
    with db.session(write=True) as opened:
        yield opened


# --- application ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every test makes its own application; what Jinja compiled a template to is kept for all of them, for the length of the run."""
    options = Flask.jinja_options
    folder = databases.of_the_run(tmp_path_factory, "templates")
    Flask.jinja_options = {**options, "bytecode_cache": FileSystemBytecodeCache(str(folder))}
    yield
    Flask.jinja_options = options


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands at MOMENT until the test moves it."""
    return SetClock(MOMENT)


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """The configuration of a test: its own database and data folder, a known key."""
    return Config(
        database_url=database_url,
        data_dir=tmp_path / "data",
        secret_key="only for tests, never anywhere else",
        testing=True,
    )


@pytest.fixture(scope="session")
def _applications() -> Applications:
    return Applications()


@pytest.fixture
def app(
    config: Config, clock: SetClock, db: Database, _applications: Applications, request: pytest.FixtureRequest
) -> Iterator[Flask]:
    """The application on the test's database and clock, with CSRF protection as in real life."""
    application = _applications.lend(config, clock, db)
    made = state(application)
    yield application
    if databases.steady(request):
        _applications.give_back(application, made)


@pytest.fixture
def client(app: Flask) -> PageClient:
    """A browser without JavaScript that checks every page it is given (see tests/support/pages.py)."""
    made = app.test_client()
    assert isinstance(made, PageClient)
    return made


@pytest.fixture
def signed_in(app: Flask, db: Database, clock: SetClock) -> Callable[[int], PageClient]:
    """``signed_in(person_id)`` gives a client of its own with a session of that person's account, without asking for the password."""
    return lambda person_id: session_of(app, db, clock.now(), person_id)


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """A real mail server that keeps what it is given: ``smtp.host``, ``smtp.port``, ``smtp.messages``, ``smtp.wait_for(n)``."""
    server = MailServer()
    server.start()
    yield server
    server.stop()


# --- browser ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def live_server(app: Flask) -> Iterator[ThreadServer]:
    """The test's application on a port of its own (``live_server.url``)."""
    server = ThreadServer(app)
    yield server
    server.stop()


@pytest.fixture
def server_process(database_url: str, tmp_path: Path) -> Iterator[ProcessServer]:
    """``lms serve`` as a process, not yet started: ``start()``, ``kill()`` (-9), ``stop()``, ``url``, ``log``."""
    data = tmp_path / "server-data"
    data.mkdir()
    server = ProcessServer(database_url, data)
    yield server
    server.kill()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for all tests of a worker."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_program.provide(), args=chromium_program.ARGUMENTS, headless=True
        )
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Remember how the test went, for the pictures of failures."""
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


_failed = pytest.StashKey[bool]()


@pytest.fixture
def new_context(
    chromium: Browser, live_server: ThreadServer, request: pytest.FixtureRequest
) -> Iterator[Callable[..., BrowserContext]]:
    """Open a browser profile of its own on the live server: ``new_context(locale="es", color_scheme="dark", ...)``.

    At the end of the test nothing may have gone wrong in any page; pictures of a failure are kept in test-artifacts/.
    """
    opened: list[tuple[BrowserContext, Watch]] = []

    def make(**options: Any) -> BrowserContext:
        context = chromium.new_context(
            **{"base_url": live_server.url, "locale": "en-US", "reduced_motion": "reduce"} | options
        )
        context.set_default_timeout(30_000)  # many browsers may share few cores
        opened.append((context, Watch(context)))
        return context

    yield make
    faults = [fault for _, watch in opened for fault in watch.faults]
    if faults or request.node.stash.get(_failed, False):
        ARTIFACTS.mkdir(exist_ok=True)
        for number, shown in enumerate(page for context, _ in opened for page in context.pages):
            shown.screenshot(path=ARTIFACTS / f"{request.node.name}-{number}.png", full_page=True)
    for context, _ in opened:
        context.close()
    assert not faults, "in the browser: " + "; ".join(faults)


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page in a fresh profile, in English and light colours, 1280 by 800."""
    return new_context(viewport={"width": 1280, "height": 800}).new_page()


@pytest.fixture
def browser_as(
    new_context: Callable[..., BrowserContext], live_server: ThreadServer, signed_in: Callable[[int], PageClient]
) -> Callable[..., Page]:
    """``browser_as(person_id, locale="es", color_scheme="dark", ...)`` gives a page in a fresh profile, signed in as that person."""

    def enter(person_id: int, **options: Any) -> Page:
        context = new_context(**options)
        cookie = signed_in(person_id).get_cookie("attune")
        assert cookie is not None
        context.add_cookies([{"name": "attune", "value": cookie.value, "url": live_server.url}])
        return context.new_page()

    return enter


@pytest.fixture
def axe() -> Callable[..., None]:
    """``axe(page)`` fails where axe-core finds a violation of WCAG 2.0 to 2.2, A and AA."""
    return check_axe
