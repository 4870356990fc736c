"""Deny by default, headers on every answer, errors in words, and no way out of the site."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import text

from lms.access import Permission, Role
from lms.db import Database
from lms.errors import Conflict
from lms.web.page import CONTENT_SECURITY_POLICY, commit, needs, public, safe_next, session
from tests.accounts.conftest import Hospital
from tests.support.pages import PageClient
from tests.web.conftest import Enter


def test_every_address_declares_what_it_needs(app: Flask) -> None:
    bare = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not hasattr(app.view_functions[rule.endpoint], "attune_permission")
    ]
    assert bare == []


def test_a_view_that_declares_nothing_answers_403(app: Flask, hospital: Hospital, enter: Enter) -> None:
    app.add_url_rule("/forgotten-view", "forgotten_view", lambda: "secret")
    for visitor in (app.test_client(), enter(Role.ADMINISTRATOR)):
        answer = visitor.get("/forgotten-view")
        assert answer.status_code == 403 and "secret" not in answer.text


@pytest.mark.parametrize("address", ["/requirements", "/admin", "/authoring/courses", "/completion", "/leadership"])
def test_a_learner_is_told_that_a_page_is_not_for_the_role(enter: Enter, address: str) -> None:
    answer = enter().get(address, follow_redirects=True)
    assert answer.status_code == 403
    assert answer.page.h1 == "This page is not for your role"


HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize(
    "address",
    ["/sign-in", "/help", "/verify", "/style", "/healthz", "/no-such-page", "static:/css/attune.css", "static:/none"],
)
def test_headers_stand_on_pages_files_and_errors(hospital: Hospital, client: PageClient, address: str) -> None:
    answer = client.get(address.replace("static:", client.application.static_url_path or ""))
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, name
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_pages_of_somebody_are_kept_by_nobody(enter: Enter, client: PageClient) -> None:
    assert enter().get("/learning").headers["Cache-Control"] == "no-store"
    assert client.get("/help").headers["Cache-Control"] == "no-cache"


def test_secure_cookies_and_transport_security_behind_https(app: Flask, hospital: Hospital, config: object) -> None:
    from config import Config
    from lms.app import create_app

    assert isinstance(config, Config)
    served = create_app(config.with_(base_url="https://learn.mercy.test", secure_cookies=True))
    answer = served.test_client().get(
        "/sign-in", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "learn.mercy.test"}
    )
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    cookie = answer.headers["Set-Cookie"]
    assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie


# --- errors -----------------------------------------------------------------------------------------------------------


def test_errors_are_pages_in_words(hospital: Hospital, client: PageClient) -> None:
    hospital.change(contact="Learning Services, extension 4400")
    missing = client.page("/no-such-page", status=404)
    assert missing.h1 == "There is nothing at this address" and "extension 4400" in missing.text
    assert missing.links("Help") == ["/help", "/help"]
    wrong_way = client.page("/language", status=405)
    assert "cannot be used that way" in wrong_way.text
    with client.get("/no-such-page", headers={"Accept-Language": "es"}) as answer:
        assert answer.page.all("html")[0].get("lang") == "es"


def test_text_that_no_database_holds_is_refused(hospital: Hospital, client: PageClient, enter: Enter) -> None:
    page = client.page("/sign-in")
    sent = {**page.fields(page.form("sign-in")), "name": "a\x00b", "password": "x"}
    assert client.post("/sign-in", data=sent).status_code == 400
    assert enter().get("/search?q=a%00b").status_code == 400
    assert client.get("/verify/a%00b").status_code == 400


def test_the_allowed_methods_are_told(hospital: Hospital, client: PageClient) -> None:
    assert "POST" in client.get("/language").headers["Allow"]


def test_a_forged_or_old_form_is_419_and_changes_nothing(hospital: Hospital, client: PageClient) -> None:
    for data in ({"language": "es"}, {"language": "es", "csrf_token": "forged"}):
        answer = client.post("/language", data=data)
        assert answer.status_code == 419 and answer.page.h1 == "This form is too old"
        assert "reload the page" in answer.page.text and client.get_cookie("language") is None


def test_what_is_too_large_is_refused(app: Flask, hospital: Hospital, client: PageClient) -> None:
    page = client.page("/help")
    token = page.fields(page.form("language"))["csrf_token"][0]
    app.config["MAX_CONTENT_LENGTH"] = 20_000
    answer = client.post("/language", data={"csrf_token": token, "language": "es", "next": "/" + "x" * 30_000})
    assert answer.status_code == 413 and answer.page.h1 == "That is too large"
    assert client.get_cookie("language") is None


def test_programs_get_errors_as_json(hospital: Hospital, client: PageClient) -> None:
    answer = client.get("/no-such-page", headers={"Accept": "application/json"})
    assert answer.status_code == 404 and json.loads(answer.text) == {"error": "There is no such page."}
    assert client.get("/learning", headers={"X-Requested-With": "fetch"}).status_code == 401


def test_a_known_error_rolls_back_what_was_begun(app: Flask, hospital: Hospital, db: Database) -> None:
    @app.post("/half-way")
    @public
    def half_way() -> str:
        session().execute(text("update organisation set settings = '{}'"))
        raise Conflict("Something changed.")

    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post("/half-way")
    assert answer.status_code == 409 and "Something changed." in answer.text
    with db.session() as reader:
        assert "Mercy" in str(reader.execute(text("select * from organisation")).all())


def test_an_unexpected_error_is_a_page_and_tells_no_secrets(app: Flask, enter: Enter, hospital: Hospital) -> None:
    """Also one that leaves the database session unusable (on PostgreSQL every later statement fails until a rollback)."""

    @app.get("/broken-sql")
    @needs(Permission.LEARN)
    def broken_sql() -> str:
        session().execute(text("select secret_column from no_such_table"))
        commit()
        return ""

    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = enter().get("/broken-sql")
    assert answer.status_code == 500 and answer.page.h1 == "Something went wrong on our side"
    assert "no_such_table" not in answer.text and "Traceback" not in answer.text


def test_without_a_database_there_is_still_an_answer(app: Flask, hospital: Hospital, db: Database) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with db.transaction() as writer:
        writer.execute(text("alter table organisation rename to organisation_gone"))
    answer = app.test_client().get("/help")
    assert answer.status_code == 500
    assert "went wrong" in answer.text and answer.headers["Content-Security-Policy"]


# --- no way out -------------------------------------------------------------------------------------------------------

ELSEWHERE = (
    "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "http:evil.example", "javascript:alert(1)",
    "/\t/evil.example", "/\r\n/evil.example", "///evil.example", " //evil.example", "", "evil.example", "/\x7f/evil.example",
)  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_leads_nowhere_else(hospital: Hospital, client: PageClient, target: str) -> None:
    assert safe_next(target) is None
    page = client.page("/help")
    token = page.fields(page.form("language"))["csrf_token"][0]
    answer = client.post("/language", data={"csrf_token": token, "language": "es", "next": target})
    assert answer.status_code == 302 and answer.location == "/"


def test_next_holds_no_text_that_cannot_be_shown() -> None:
    assert safe_next("/a\x00b") is None


def test_next_keeps_what_is_here() -> None:
    for target in ("/", "/learn/1?item=2", "/people?q=a%2Fb", "/requirements/1#top"):
        assert safe_next(target) == target


def test_a_referrer_that_plays_tricks_is_not_followed(hospital: Hospital, client: PageClient) -> None:
    page = client.page("/sign-in")
    token = page.fields(page.form("sign-in"))["csrf_token"][0]
    headers = {"Referer": "http://localhost//evil.example/"}
    answer = client.post("/courses/x/enrol", data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 302 and answer.location.startswith("/sign-in")
    landing = client.get(answer.location)
    assert "evil" not in "".join(landing.page.fields(landing.page.form("sign-in")).get("next", []))
