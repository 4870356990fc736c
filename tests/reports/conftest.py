"""A hospital small enough to count by hand, signed in to as HR, manager, executive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from lms import organisation
from lms.access import Role
from lms.accounts import invitations, roles
from lms.audit import Actor
from lms.db import Database
from lms.organisation import Organisation
from lms.people.models import Person
from tests.reports.house import NOW, House
from tests.support.databases import PostgresDatabases, Rows, SqliteDatabases, steady
from tests.support.pages import PageClient

Enter = Callable[..., PageClient]


@pytest.fixture(scope="session")
def house_template(
    tmp_path_factory: pytest.TempPathFactory, _databases: SqliteDatabases | PostgresDatabases
) -> Callable[[], tuple[Path, House]]:
    """The hospital as a file of SQLite to copy, written when it is first asked for."""
    folder = tmp_path_factory.mktemp("house")

    @cache
    def made() -> tuple[Path, House]:
        houses: list[House] = []

        def make(url: str) -> None:
            own = Database(url)
            houses.append(_build(own))
            own.close()

        _databases.fill(folder / "house.sqlite", make)
        return folder / "house.sqlite", houses[0]

    return made


@pytest.fixture
def database_url(
    _databases: SqliteDatabases | PostgresDatabases,
    house_template: Callable[[], tuple[Path, House]],
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    """A database for this test only; on SQLite with the hospital in it, where the test asks for the hospital."""
    if isinstance(_databases, SqliteDatabases) and "house" in request.fixturenames:
        with _databases.like(house_template()[0], steady(request)) as url:
            yield url
    else:
        with _databases.fresh(steady(request)) as url:
            yield url


_written: list[tuple[Rows, House]] = []


@pytest.fixture
def house(db: Database, house_template: Callable[[], tuple[Path, House]]) -> House:
    """The hospital on the 15th of June 2026, committed. On a server its rows are put down again for each test: sooner done than
    a database of its own."""
    if db.is_sqlite:
        return house_template()[1]
    if _written:
        _written[0][0].put(db)
    else:
        made = _build(db)
        _written.append((Rows(db), made))
    return _written[0][1]


def _build(database: Database) -> House:
    with database.transaction() as session:
        organisation.save(session, Organisation(name="Mercy Test Hospital", zone="America/New_York"), NOW)
        return House(session)


@pytest.fixture
def reading(db: Database, house: House) -> Session:
    """A reading session in the finished hospital."""
    with db.session() as session:
        yield session


@pytest.fixture
def enter(db: Database, house: House, signed_in: Callable[[int], PageClient]) -> Enter:
    """``enter(Role.HR, department_id)`` signs somebody new in with that role."""

    def do(role: Role, department: int | None = None, *, person_id: int | None = None) -> PageClient:
        with db.transaction() as session:
            if person_id is None:
                someone = Person(
                    source="office", number=f"{role}-{department}", given_name="Some", family_name=role.title(),
                    created_at=NOW,
                )  # fmt: skip
                session.add(someone)
                session.flush()
                house.hospital(session).employ_only(someone.id, date(2020, 1, 1))
                person_id = someone.id
            account = invitations.open_account(session, session.get_one(Person, person_id), Actor(None, NOW))
            roles.grant_role(session, account.id, role, department, Actor(None, NOW))
        return signed_in(person_id)

    return do
