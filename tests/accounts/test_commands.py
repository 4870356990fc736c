"""``lms setup``, ``lms admin create`` and ``lms mail test`` as an operator runs them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from lms import organisation
from lms.accounts import invitations
from lms.accounts.models import RoleGrant
from lms.accounts.passwords import setup_code
from lms.cli import main
from lms.clock import SystemClock
from lms.db import Database
from lms.organisation import Organisation
from tests.support.mail import MailServer
from tests.support.servers import ProcessServer

Run = Callable[..., Result]
ANSWERS = [
    "--name", "Mercy Test Hospital", "--zone", "America/Denver", "--languages", "es,en", "--base-url", "https://t.mercy.test/",
    "--admin-number", "E-1", "--admin-name", "Nia Marie Test", "--admin-email", "nia@mercy.test",
]  # fmt: skip


@pytest.fixture
def run(empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on an empty database."""
    monkeypatch.setenv("LMS_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("LMS_DATA_DIR", str(tmp_path / "data"))
    return lambda *words, **options: CliRunner().invoke(main, [*words], **options)


def loaded(url: str) -> Organisation:
    database = Database(url)
    with database.session() as session:
        own = organisation.load(session)
    database.close()
    assert own is not None
    return own


def test_setup_makes_everything_and_prints_a_link(run: Run, empty_database_url: str) -> None:
    result = run("setup", *ANSWERS)
    assert result.exit_code == 0, result.output
    found = re.search(r"https://t\.mercy\.test/welcome/(\S+)", result.output)
    assert found
    own = loaded(empty_database_url)
    assert (own.name, own.zone, own.languages) == ("Mercy Test Hospital", "America/Denver", ("es", "en"))
    database = Database(empty_database_url)
    with database.session() as session:
        holder = invitations.holder(session, found[1], SystemClock().now())
        assert holder is not None and holder[2].display_name == "Nia Marie Test" and holder[2].family_name == "Test"
    database.close()
    for again in (run("setup", *ANSWERS), run("setup")):
        assert again.exit_code == 1 and "set up already" in again.output
        assert "Name of the organisation" not in again.output, "nothing is asked in vain"


def test_setup_asks_for_what_is_missing(run: Run, empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9123")
    result = run("setup", input="Mercy\nNowhere/Land\nEurope/Berlin\n\n\nE-1\nNia Test\n")
    assert result.exit_code == 0, result.output
    assert "write it as America/New_York" in result.output
    own = loaded(empty_database_url)
    assert (own.zone, own.base_url) == ("Europe/Berlin", "http://127.0.0.1:9123")


def test_setup_refuses_nonsense_and_writes_nothing(run: Run) -> None:
    for change, says in (
        (["--zone", "Mars/Base"], "not a time zone"),
        (["--base-url", "training"], "cannot begin a link"),
        (["--smtp-host", "mail.test"], "--smtp-sender"),
        (["--name", " "], "needs a name"),
        (["--admin-number", " "], "needs a number"),
    ):
        result = run("setup", *ANSWERS, *change)
        assert result.exit_code != 0 and says in result.output, result.output
    assert run("setup", *ANSWERS).exit_code == 0


def test_another_administrator_also_for_somebody_known(run: Run, empty_database_url: str) -> None:
    early = run("admin", "create", "--number", "E-2", "--name", "Sam Test")
    assert early.exit_code == 1 and "lms setup" in early.output
    run("setup", *ANSWERS)
    result = run("admin", "create", "--number", "E-2", "--name", "Sam Test")
    assert result.exit_code == 0 and "/welcome/" in result.output
    assert run("admin", "create", "--number", "E-1", "--name", "Nia Test").exit_code == 0, (
        "a new link for the first one"
    )
    taken = run("admin", "create", "--number", "E-3", "--name", "X Y", "--email", "NIA@mercy.test")
    assert taken.exit_code == 1 and "already" in taken.output
    database = Database(empty_database_url)
    with database.session() as session:
        assert session.scalars(select(RoleGrant.role)).all() == ["administrator", "administrator"]
    database.close()


def test_mail_test_says_what_the_server_answered(run: Run, smtp: MailServer) -> None:
    run("setup", *ANSWERS)
    assert "No mail server is set up" in run("mail", "test", "x@mercy.test").output
    server = ["--host", smtp.host, "--port", str(smtp.port), "--security", "none", "--sender", "t@mercy.test"]
    result = run("mail", "test", "x@mercy.test", *server)
    assert result.exit_code == 0 and "has taken the message" in result.output
    assert smtp.wait_for(1)[0]["To"] == "x@mercy.test"
    smtp.refuse = "550 No such mailbox"
    refused = run("mail", "test", "x@mercy.test", *server)
    assert refused.exit_code == 1 and "No such mailbox" in refused.output
    down = run("mail", "test", "x@mercy.test", "--host", "127.0.0.1", "--port", "9", "--security", "none")
    assert down.exit_code == 1 and "not sent" in down.output


def test_a_fresh_server_prints_its_code(server_process: ProcessServer, tmp_path: Path) -> None:
    server_process.start()
    key = (tmp_path / "server-data" / "secret_key").read_text().strip()
    assert setup_code(key) in server_process.log.read_text()
