"""The language of the interface: chosen by guests and members, on the page they are on; known languages only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from markupsafe import Markup

from config import Config
from lms.app import create_app
from lms.db import Database
from tests.accounts.conftest import Hospital
from tests.support.clocks import SetClock
from tests.support.pages import Page, PageClient
from tests.web.conftest import Enter


def language_of(page: Page) -> str:
    return page.all("html")[0].get("lang", "")


def switch(client: PageClient, page: Page, language: str) -> Page:
    return client.submit(page, {"language": language}, form="language").page


def test_a_guest_switches_and_stays_on_the_page(hospital: Hospital, client: PageClient) -> None:
    page = client.page("/verify?number=")
    assert language_of(page) == "en"
    there = switch(client, page, "es")
    assert there.url == "/verify?number=" and language_of(there) == "es"
    assert language_of(client.page("/help")) == "es"
    assert language_of(switch(client, there, "en")) == "en"


def test_a_member_switches_in_mid_work(enter: Enter) -> None:
    client = enter()
    there = switch(client, client.page("/courses?q=caf%C3%A9&page=1"), "es")
    assert there.url == "/courses?q=caf%C3%A9&page=1" and language_of(there) == "es"


def test_a_number_in_a_sentence_is_written_as_the_reader_writes_it(app: Flask) -> None:
    with app.test_request_context("/help"):
        counted = app.jinja_env.from_string('{{ ngettext("%(num)s person", "%(num)s people", 1218) }}')
        assert counted.render() == "1,218 people"
    with app.test_request_context("/help", headers={"Accept-Language": "es"}):
        assert counted.render() == "1,218 personas"  # Spanish as it is written in the United States


def test_a_sentence_without_places_is_plain_text_all_the_same(app: Flask) -> None:
    with app.test_request_context("/help"):
        assert (
            app.jinja_env.from_string('{{ _("100%% <sure>") }}').render() == "100% <sure>"
        )  # our own words, like the template's
        filled = app.jinja_env.from_string('{{ _("100%% of %(part)s", part="<b>") }}')
        assert filled.render() == "100% of &lt;b&gt;"


def test_an_icon_is_decoration_or_an_image_with_a_name(app: Flask) -> None:
    with app.test_request_context("/help"):
        icon: Callable[..., str] = app.jinja_env.get_template("components/icons.html").module.icon  # type: ignore[attr-defined]
    assert 'aria-hidden="true"' in icon("lock") and "icon-flip" not in icon("lock")
    assert "icon-flip" in icon("arrow-right")
    assert 'role="img" aria-label="Anna &#34;A&#34; &lt;b&gt;"' in icon("lock", 'Anna "A" <b>')
    assert 'aria-label="&lt;b&gt;"' in icon("lock", Markup("&lt;b&gt;"))  # what is escaped already stays as it is
    with pytest.raises(KeyError):
        icon("no-such-icon")


def test_the_one_in_use_is_marked(hospital: Hospital, client: PageClient) -> None:
    buttons = {b.get("value"): b for b in client.page("/help").all("button") if b.get("name") == "language"}
    assert buttons["en"].get("aria-current") == "true" and buttons["es"].get("aria-current") is None
    assert buttons["es"].get("lang") == "es" and (buttons["es"].text or "").strip() == "Español"


@pytest.mark.parametrize("wanted", ["tlh", "", "../../etc", "EN", "es\r\nX: y"])
def test_an_unknown_language_changes_nothing(hospital: Hospital, client: PageClient, wanted: str) -> None:
    page = client.page("/help")
    token = page.fields(page.form("language"))["csrf_token"][0]
    answer = client.post("/language", data={"csrf_token": token, "language": wanted, "next": "/help"})
    assert answer.location == "/help" and client.get_cookie("language") is None
    client.set_cookie("language", "tlh")
    assert language_of(client.page("/help")) == "en"


def test_the_browser_is_asked_then_the_person_then_this_device(
    hospital: Hospital, client: PageClient, signed_in: object
) -> None:
    assert language_of(client.page("/help", headers={"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"})) == "es"
    assert language_of(client.page("/help", headers={"Accept-Language": "fr"})) == "en"
    member: PageClient = signed_in(hospital.person("1", language="es"))  # type: ignore[operator]
    assert language_of(member.page("/help", headers={"Accept-Language": "en"})) == "es"
    member.set_cookie("language", "en")
    assert language_of(member.page("/help")) == "en"


def test_an_organisation_that_speaks_spanish(hospital: Hospital, client: PageClient) -> None:
    hospital.change(languages=("es", "en"))
    assert language_of(client.page("/help", headers={"Accept-Language": "vi"})) == "es"


def test_the_pseudo_locale_is_for_demo_and_tests_only(
    hospital: Hospital, config: Config, clock: SetClock, db: Database, client: PageClient
) -> None:
    client.set_cookie("language", "xx")
    assert client.page("/help").h1.startswith("["), "every text in brackets"
    served = create_app(config.with_(testing=False), clock, db)
    served.test_client_class = PageClient
    real = served.test_client()
    real.set_cookie("language", "xx")
    assert real.get("/help").page.h1 == "Help"  # type: ignore[attr-defined]
    demo = create_app(config.with_(testing=False, demo=True), clock, db).test_client()
    demo.set_cookie("language", "xx")
    assert "[Hélp" in demo.get("/help").text


def test_help_is_for_everybody_in_both_languages(hospital: Hospital, client: PageClient, enter: Enter) -> None:
    hospital.change(contact="Learning Services, extension 4400")
    for reader in (client, enter()):
        page = reader.page("/help")
        assert page.h1 == "Help" and "extension 4400" in page.text
        for role in ("managers", "HR", "executives", "authors", "auditors", "administrators"):
            assert f"For {role}" in page.text
    client.set_cookie("language", "es")
    assert client.page("/help").h1 == "Ayuda"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_score_is_written_as_people_here_write_per_cent_and_never_rounded_up(
    config: Config, db: Database, clock: SetClock, language: str
) -> None:
    app = create_app(config, clock, db)
    with app.test_request_context(headers={"Accept-Language": language}):
        assert app.jinja_env.from_string("{{ 79.6|score }} {{ 100.0|score }}").render() == "79% 100%"
