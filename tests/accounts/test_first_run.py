"""Starting for real: the first page of a fresh installation, and nobody else's."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from sqlalchemy import select

from config import Config
from lms import organisation
from lms.accounts.models import RoleGrant
from lms.accounts.passwords import setup_code
from lms.db import Database
from lms.people.models import Person
from tests.accounts.conftest import PASSWORD, Hospital
from tests.support.pages import PageClient
from tests.support.servers import ProcessServer

FORM = {
    "name": "Mercy Test Hospital", "zone": "America/Denver", "language": "es", "base_url": "https://training.mercy.test/",
    "number": "E-1", "given_name": "Nia", "family_name": "Test", "email": "nia@mercy.test",
}  # fmt: skip


def test_the_first_visitor_with_the_code_becomes_administrator(
    client: PageClient, config: Config, db: Database
) -> None:
    page = client.page("/")
    assert page.h1 == "Set up Attune"
    answer = client.submit(page, FORM | {"code": setup_code(config.secret_key).lower()}, form="set-up", follow=False)
    assert answer.location == "/welcome"
    client.submit(client.page("/welcome"), {"new_password": PASSWORD, "repeat": PASSWORD}, form="welcome", follow=False)
    assert "Mercy Test Hospital" in client.page("/admin").text
    with db.session() as session:
        own = organisation.load(session)
        assert own is not None and own.base_url == "https://training.mercy.test" and own.languages[0] == "es"
        assert session.scalars(select(Person.number)).all() == ["E-1"]
        assert session.scalars(select(RoleGrant.role)).all() == ["administrator"]


def test_a_stranger_cannot_claim_a_fresh_installation(client: PageClient, config: Config, db: Database) -> None:
    page = client.page("/setup")
    answer = client.submit(page, FORM | {"code": "AAAA-BBBB-CCCC"}, form="set-up")
    assert answer.status_code == 422 and "not the code" in answer.page.text  # type: ignore[attr-defined]
    for _ in range(20):
        answer = client.submit(page, FORM | {"code": "AAAA-BBBB-CCCC"}, form="set-up")
    assert "too many wrong codes" in answer.page.text  # type: ignore[attr-defined]
    still = client.submit(page, FORM | {"code": setup_code(config.secret_key)}, form="set-up")
    assert still.status_code == 422, "guessing has made it wait"
    with db.session() as session:
        assert organisation.load(session) is None


def test_faults_are_named_and_nothing_is_written(client: PageClient, config: Config, db: Database) -> None:
    code = {"code": setup_code(config.secret_key)}
    for change, says in (
        ({"name": " "}, "Enter the name"),
        ({"base_url": "training.mercy.test"}, "Begin with https://"),
        ({"number": ""}, "Enter your number"),
        ({"email": "nonsense"}, "not an e-mail address"),
    ):
        answer = client.submit(client.page("/setup"), FORM | code | change, form="set-up")
        assert answer.status_code == 422 and says in answer.page.text, change  # type: ignore[attr-defined]
    with db.session() as session:
        assert organisation.load(session) is None and session.scalars(select(Person)).all() == []


def test_once_set_up_the_page_is_gone(hospital: Hospital, client: PageClient, config: Config) -> None:
    assert client.get("/setup").location == "/"
    token = client.page("/sign-in").fields(client.page("/sign-in").form("sign-in"))["csrf_token"][0]
    answer = client.post("/setup", data=FORM | {"code": setup_code(config.secret_key), "csrf_token": token})
    assert answer.status_code == 302


def test_serving_an_empty_database_shows_the_page_and_prints_the_code(empty_database_url: str, tmp_path: Path) -> None:
    server = ProcessServer(empty_database_url, tmp_path)
    server.start()
    try:
        with urllib.request.urlopen(server.url) as answer:
            assert answer.url.endswith("/setup") and "Set up Attune" in answer.read().decode()
    finally:
        server.stop()
    assert setup_code((tmp_path / "secret_key").read_text()) in server.log.read_text()
