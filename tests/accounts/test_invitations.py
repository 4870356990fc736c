"""Invitations by mail and on paper, forgotten passwords."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from lms.accounts import invitations, passwords
from lms.accounts.models import OneTimeToken
from lms.audit import Actor
from lms.db import Database
from lms.errors import Invalid
from lms.flows import admitting
from lms.notices.models import Mail
from tests.accounts.conftest import PASSWORD, Hospital, SignIn
from tests.support.clocks import SetClock
from tests.support.pages import PageClient

NEW = "lantern river biscuit"


def test_a_link_lets_somebody_in_once(hospital: Hospital, client: PageClient, sign_in: SignIn) -> None:
    person = hospital.person("1001", email="one@mercy.test", password=False)
    secret = hospital.invitation(person)
    opened = client.get(f"/welcome/{secret}")
    assert opened.location == "/welcome", "the secret does not stay in the address"
    client.get(f"/welcome/{secret}")  # a mail scanner was here before: opening does not use it up
    page = client.page("/welcome")
    assert page.h1 == "Welcome, Test Person 1001"
    answer = client.submit(page, {"new_password": NEW, "repeat": NEW}, form="welcome", follow=False)
    assert answer.status_code == 303
    assert "Test Person 1001" in client.page("/account").text
    client.submit(client.page("/account"), form="sign-out")
    assert sign_in("1001", NEW).status_code == 303  # type: ignore[attr-defined]
    client.get(f"/welcome/{secret}")
    assert client.get("/welcome").status_code == 410


@pytest.mark.parametrize(
    ("password", "repeat", "says"),
    [
        ("short", "short", "at least 12"),
        (NEW, NEW + "x", "not the same"),
        ("password1234", "password1234", "first that guessers try"),
        ("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa", "first that guessers try"),
        ("Person 1001 x", "Person 1001 x", "mostly your name"),
        ("x" * 300, "x" * 300, "at most 256"),
    ],
)
def test_a_bad_password_leaves_the_link_alive(
    hospital: Hospital, client: PageClient, password: str, repeat: str, says: str
) -> None:
    person = hospital.person("1001", email="one@mercy.test", password=False)
    client.get(f"/welcome/{hospital.invitation(person)}")
    page = client.page("/welcome")
    answer = client.submit(page, {"new_password": password, "repeat": repeat}, form="welcome")
    assert answer.status_code == 422 and says in answer.page.text  # type: ignore[attr-defined]
    assert hospital.account(person).password_hash is None
    answer = client.submit(client.page("/welcome"), {"new_password": NEW, "repeat": NEW}, form="welcome", follow=False)
    assert answer.status_code == 303


def test_a_printed_code_works_however_it_is_typed(hospital: Hospital, client: PageClient) -> None:
    person = hospital.person("1001", email="one@mercy.test", password=False)
    code = hospital.invitation(person, printed=True)
    assert re.fullmatch(r"([A-HJ-NP-Z2-9]{4}-){2}[A-HJ-NP-Z2-9]{4}", code)
    wrong = client.submit(client.page("/code"), {"code": "AAAA-BBBB-CCCC"}, form="one-time-code")
    assert wrong.status_code == 422 and "does not work" in wrong.page.text  # type: ignore[attr-defined]
    answer = client.submit(
        client.page("/code"), {"code": code.lower().replace("-", " ")}, form="one-time-code", follow=False
    )
    assert answer.location == "/welcome"
    answer = client.submit(client.page("/welcome"), {"new_password": NEW, "repeat": NEW}, form="welcome", follow=False)
    assert answer.status_code == 303 and hospital.account(person).password_hash


def test_guessing_codes_is_slowed_down(hospital: Hospital, client: PageClient) -> None:
    page = client.page("/code")
    for _ in range(41):
        answer = client.submit(page, {"code": "AAAA-BBBB-CCCC"}, form="one-time-code")
    assert "too many wrong codes" in answer.page.text  # type: ignore[attr-defined]


def test_links_expire_and_newer_ones_replace_older(hospital: Hospital, client: PageClient, clock: SetClock) -> None:
    person = hospital.person("1001", email="one@mercy.test", password=False)
    first, second = hospital.invitation(person), hospital.invitation(person)
    client.get(f"/welcome/{first}")
    assert client.get("/welcome").status_code == 410
    clock.advance(days=29)
    client.get(f"/welcome/{second}")
    assert client.get("/welcome").status_code == 200
    clock.advance(days=2)
    assert client.get("/welcome").status_code == 410


def test_inviting_many_says_who_was_left_out(hospital: Hospital, db: Database, clock: SetClock) -> None:
    ready = hospital.person("1", email="one@mercy.test", account=False, language="es")
    has = hospital.person("2", email="two@mercy.test")
    no_mail = hospital.person("3", account=False)
    by = Actor(None, clock.now())
    with db.transaction() as session:
        invited = admitting.invite_by_mail(
            session, [ready, has, no_mail], lambda secret: f"http://localhost/welcome/{secret}", by
        )
        assert [made.person.id for made in invited.invitations] == [ready]
        assert [person.id for person in invited.already] == [has]
        assert [person.id for person in invited.without_email] == [no_mail]
        secret = invited.invitations[0].secret
    with db.session() as session:
        mail = session.scalars(select(Mail)).one()
        assert mail.recipient == "one@mercy.test" and f"/welcome/{secret}" in mail.body and mail.language == "es"
        stored = session.scalars(select(OneTimeToken.token_hash)).all()
        assert stored == [passwords.digest(secret)], "only the hash is stored"
    with db.session(write=True) as session, pytest.raises(Invalid):
        invitations.invite(session, range(1, 3000), by)


def test_two_browsers_cannot_use_one_link(hospital: Hospital, db: Database, clock: SetClock) -> None:
    secret = hospital.invitation(hospital.person("1001", email="one@mercy.test", password=False))
    with db.transaction() as session:
        invitations.accept(session, secret, NEW, clock.now())
    with db.session(write=True) as session, pytest.raises(Invalid):
        invitations.accept(session, secret, "another good password", clock.now())


def test_forgotten_password(
    hospital: Hospital, client: PageClient, sign_in: SignIn, db: Database, clock: SetClock
) -> None:
    hospital.person("1001", email="one@mercy.test")
    sign_in("1001")
    elsewhere = client.application.test_client()
    assert isinstance(elsewhere, PageClient)
    page = elsewhere.page("/forgotten")
    answers = [
        elsewhere.submit(page, {"name": name}, form="forgotten").page.text  # type: ignore[attr-defined]
        for name in ("ONE@mercy.test", "nobody@mercy.test")
    ]
    assert answers[0] == answers[1], "the page does not tell who has an account"
    with db.session() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "reset")).one()
    link = re.search(r"http://localhost(/welcome/\S+)", mail.body)
    assert link
    elsewhere.get(link[1])
    answer = elsewhere.submit(
        elsewhere.page("/welcome"), {"new_password": NEW, "repeat": NEW}, form="welcome", follow=False
    )
    assert answer.status_code == 303
    assert client.get("/account").status_code == 302, "other devices are signed out"
    assert sign_in("1001", PASSWORD).status_code == 422  # type: ignore[attr-defined]
    assert sign_in("1001", NEW).status_code == 303  # type: ignore[attr-defined]


def test_resets_are_limited_and_short_lived(
    hospital: Hospital, client: PageClient, db: Database, clock: SetClock
) -> None:
    hospital.person("1001", email="one@mercy.test")
    page = client.page("/forgotten")
    for _ in range(6):
        client.submit(page, {"name": "1001"}, form="forgotten")
    with db.session() as session:
        mails = session.scalars(select(Mail).order_by(Mail.id)).all()
    assert len(mails) == 3
    link = re.search(r"http://localhost(/welcome/\S+)", mails[-1].body)
    assert link
    clock.advance(minutes=61)
    client.get(link[1])
    assert client.get("/welcome").status_code == 410
