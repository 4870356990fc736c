"""A small hospital to sign in to: an organisation, two departments, and people with accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lms import organisation
from lms.access import Role
from lms.accounts import invitations, passwords, roles
from lms.accounts.models import Account
from lms.audit import Actor
from lms.clock import FOR_EVER
from lms.db import Database
from lms.organisation import MailServer, Organisation
from lms.people.models import Department, DepartmentVersion, Employment, Membership, Person
from tests.support.clocks import SetClock
from tests.support.mail import MailServer as TestMailServer
from tests.support.pages import PageClient

PASSWORD = "violet kettle orchard"
HASH = passwords.hash_password(PASSWORD)


class Hospital:
    """Makes what a test needs, committed, on the test's database and clock."""

    def __init__(self, db: Database, clock: SetClock) -> None:
        self.db, self.clock = db, clock
        self.own = Organisation(name="Mercy Test Hospital", zone="America/New_York", base_url="http://localhost")
        self._saved()

    def _saved(self) -> None:
        with self.db.transaction() as session:
            organisation.save(session, self.own, self.clock.now())

    def change(self, **changes: object) -> None:
        """Change the organisation's settings."""
        self.own = replace(self.own, **changes)  # type: ignore[arg-type]
        self._saved()

    def mail_to(self, server: TestMailServer) -> None:
        """Set up mail."""
        self.change(mail=MailServer(server.host, server.port, sender="training@mercy.test"))

    def department(self, code: str, parent: int | None = None) -> int:
        """A department since 2020."""
        with self.db.transaction() as session:
            made = Department(code=code, created_at=self.clock.now())
            session.add(made)
            session.flush()
            session.add(
                DepartmentVersion(
                    department_id=made.id, name=code.title(), kind="department", parent_id=parent,
                    from_day=date(2020, 1, 1), to_day=FOR_EVER, recorded_at=self.clock.now(),
                )
            )  # fmt: skip
            return made.id

    def person(
        self, number: str, *, email: str | None = None, account: bool = True, password: bool = True, demo: bool = False,
        department: int | None = None, employed: tuple[date, date] | None = (date(2021, 3, 1), FOR_EVER),
        grants: tuple[tuple[Role, int | None], ...] = (), language: str | None = None, source: str = "hr",
    ) -> int:  # fmt: skip
        """Somebody, by default employed and able to sign in; gives the person's id."""
        now = self.clock.now()
        with self.db.transaction() as session:
            person = Person(
                source=source, number=number, given_name="Test", family_name=f"Person {number}", email=email,
                language=language, created_at=now,
            )  # fmt: skip
            session.add(person)
            session.flush()
            if employed:
                session.add(
                    Employment(
                        person_id=person.id, kind="employee", from_day=employed[0], to_day=employed[1], recorded_at=now
                    )
                )
            if department:
                session.add(
                    Membership(
                        person_id=person.id, department_id=department, primary=True, job="Nurse", profession="nursing",
                        patient_contact=True, from_day=date(2021, 3, 1), to_day=FOR_EVER, recorded_at=now,
                    )
                )  # fmt: skip
            if account:
                made = invitations.open_account(session, person, Actor(None, now), demo=demo)
                made.password_hash = HASH if password else None
                for role, where in grants:
                    roles.grant_role(session, made.id, role, where, Actor(None, now))
            return person.id

    def account(self, person_id: int) -> Account:
        """The account of a person, as it is now."""
        with self.db.session() as session:
            return session.scalars(select(Account).where(Account.person_id == person_id)).one()

    def invitation(self, person_id: int, *, printed: bool = False) -> str:
        """A fresh one-time secret for somebody."""
        with self.db.transaction() as session:
            made = invitations.invite(session, [person_id], Actor(None, self.clock.now()), printed=printed)
            return made.invitations[0].secret


@pytest.fixture
def hospital(db: Database, clock: SetClock) -> Hospital:
    """An organisation that is set up."""
    return Hospital(db, clock)


SignIn = Callable[..., object]


@pytest.fixture
def sign_in(client: PageClient) -> SignIn:
    """``sign_in("1001")`` signs the client in through the page; gives the answer."""

    def do(name: str, password: str = PASSWORD, *, by: PageClient | None = None, follow: bool = False) -> object:
        browser = by or client
        return browser.submit(
            browser.page("/sign-in"), {"name": name, "password": password}, form="sign-in", follow=follow
        )

    return do


DAY = timedelta(days=1)
