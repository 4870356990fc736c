"""A hospital small enough to count by hand, signed in to as HR, manager, executive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

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
from tests.support.pages import PageClient

Enter = Callable[..., PageClient]


@pytest.fixture
def house(db: Database) -> House:
    """The hospital on the 15th of June 2026, committed."""
    with db.transaction() as session:
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
