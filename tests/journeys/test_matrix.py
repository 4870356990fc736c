"""Every page, for every role that sees it, in both languages and both colour schemes: axe-core finds nothing, and no page is wider
than a telephone of 320 pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page

from config import Config
from lms.app import create_app
from lms.db import Database
from tests.journeys.lived import Lived
from tests.journeys.places import GUEST, NO_PAGES, Place, places
from tests.support.browser import AXE, Judge, overflow, violations
from tests.support.clocks import SetClock
from tests.support.databases import PostgresDatabases, SqliteDatabases
from tests.support.demo import NAMES
from tests.support.servers import ThreadServer

DESK, TELEPHONE = {"width": 1280, "height": 800}, {"width": 320, "height": 640}
IDS: dict[str, Any] = {each.name: 1 if each.type == "int" else "x" for each in fields(Lived)}
NOWHERE = Lived(**IDS)


def test_every_page_has_its_place(app: Flask) -> None:
    """A GET endpoint is in the table of places, where the address leads to it, or named as no page."""
    addresses = app.url_map.bind("localhost")
    placed = set()
    for place in places(NOWHERE):
        if place.endpoint:
            found = addresses.match(place.path.split("?")[0])[0]
            expected = {"auth.choose_password": "auth.welcome"}.get(place.endpoint, place.endpoint)
            assert found == expected, f"{place.path} is answered by {found}"
            placed.add(place.endpoint)
    known = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert known - placed - NO_PAGES.keys() == set(), "enter these pages in tests/journeys/places.py"
    assert placed - known == set() and NO_PAGES.keys() - known == set()


@pytest.mark.browser
def test_the_inspection_finds_what_it_should(page: Page) -> None:
    """Proves the instruments: a grey word, a nameless field and a box that is too wide are found."""
    page.set_content(
        "<!doctype html><html lang=en><title>t</title><main><h1>Bad</h1><p class=grey>Grey</p><input><pre>wide</pre></main></html>"
    )
    page.evaluate("""() => {
        document.querySelector('.grey').style.color = '#bbb';
        document.querySelector('pre').style.width = '2000px';
    }""")
    found = " ".join(violations(page))
    assert "color-contrast" in found and "label" in found
    assert overflow(page) > 0
    judge = Judge()
    for _ in range(2):
        assert "color-contrast" in " ".join(judge.colours(page, "light")), "what failed is judged again"
    for colour, wrong in (("#000", False), ("#000", False), ("#bbb", True)):
        page.evaluate("colour => { document.querySelector('.grey').style.color = colour; }", colour)
        assert ("color-contrast" in " ".join(judge.colours(page, "light"))) == wrong
    page.evaluate("document.querySelector('.grey').style.color = '#000'")
    page.evaluate("document.querySelector('main').style.background = '#222'")
    assert "color-contrast" in " ".join(judge.colours(page, "light")), "another ground, far below the text"
    page.set_content(
        "<!doctype html><html lang=en><title>t</title><main><h1>Good</h1><label for=a>A<input id=a></label></main></html>"
    )
    assert judge.whole(page, "light") == []
    for change, wrong in (
        ("document.querySelector('h1').textContent = 'Bueno'", ""),
        ("document.documentElement.lang = 'nonsense'", "html-lang-valid"),
        ("document.documentElement.lang = 'es'", ""),
        ("document.querySelector('label').firstChild.textContent = ' '", "label"),
    ):
        page.evaluate(f"{change}; 0")
        found = judge.rest(page, "light")
        assert (wrong in found[0]) if wrong else (found == []), f"{change}: {found}"


@pytest.mark.browser
@pytest.mark.axe
@pytest.mark.timeout(900)  # many browsers may share few cores
@pytest.mark.parametrize(
    ("role", "part"),
    [
        pytest.param("hr", slice(0, None, 2), id="hr-odd"),
        pytest.param("hr", slice(1, None, 2), id="hr-even"),
        *(pytest.param(role, slice(None), id=role) for role in (GUEST, *NAMES) if role != "hr"),
    ],
)
def test_pages_are_accessible_and_fit(
    role: str,
    part: slice,
    lived: Lived,
    page: Page,
    browser_as: Callable[..., Page],
    who: Callable[[str], int],
    live_server: ThreadServer,
) -> None:
    """On the way back, in the other language, a page that was begun in the light is begun in the dark: whatever axe-core can find is
    looked for on every page in both languages, colours on every page once and wherever something wears them for the first time, and
    where nothing but the words changed, what depends on words and the room they take. Who shares a page with the role that has it
    first sees it in one of the two languages."""
    seen = page if role == GUEST else browser_as(who(role), viewport=DESK)
    seen.context.add_init_script(path=AXE)
    judge = Judge()
    found = []
    way = [place for place in places(lived) if role in place.by][part]
    visits = [("en", place) for turn, place in enumerate(way) if place.by[0] == role or turn % 2]
    visits += [("es", place) for turn, place in reversed([*enumerate(way)]) if place.by[0] == role or not turn % 2]
    for number, (language, place) in enumerate(visits):
        keep(seen.context, live_server, language=language)
        inspect = look_back if number % 2 else look
        found += [f"{place.path} ({language}): {what}" for what in inspect(seen, place, language, judge)]
    assert not found, f"{len(found)} findings\n  " + "\n  ".join(dict.fromkeys(found))


@pytest.mark.browser
@pytest.mark.axe
def test_main_pages_from_right_to_left(
    lived: Lived, browser_as: Callable[..., Page], who: Callable[[str], int], live_server: ThreadServer
) -> None:
    pages = [
        ("learner", "/learning"),
        ("learner", f"/attempt/{lived.test}?item=1"),
        ("hr", "/completion"),
        ("hr", f"/people/{lived.person}"),
        ("executive", "/leadership"),
        ("administrator", "/admin/settings"),
    ]
    found = []
    for role, path in pages:
        seen = browser_as(who(role), viewport=DESK)
        seen.context.add_init_script(path=AXE)
        keep(seen.context, live_server, direction="rtl")
        seen.goto(path)
        assert seen.locator("html").get_attribute("dir") == "rtl"
        found += [f"{path}: {what}" for what in violations(seen)]
        seen.set_viewport_size(TELEPHONE)
        found += [f"{path}: {what}" for what in too_wide(seen)]
    assert not found, "\n  ".join(found)


@pytest.mark.browser
@pytest.mark.axe
def test_first_run_page(
    _databases: SqliteDatabases | PostgresDatabases, config: Config, clock: SetClock, new_context: Callable[..., BrowserContext]
) -> None:  # fmt: skip
    with _databases.fresh() as url:
        database = Database(url)
        server = ThreadServer(create_app(config.with_(database_url=url, demo=False), clock, database))
        page = new_context(base_url=server.url, viewport=DESK).new_page()
        found = look(page, Place("setup.first_run", (GUEST,), "/setup"), "en", Judge())
        page.context.close()
        server.stop()
        database.close()
    assert not found, "\n  ".join(found)


def look(page: Page, place: Place, language: str, judge: Judge) -> list[str]:
    """Open a page at the desk, in light colours, and say everything that is wrong with it; in the dark only what depends on colours.
    The window is left dark and narrow.
    """
    found = arrive(page, place, language)
    found += (judge.whole if language == "en" else judge.rest)(page, "light")
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {what}" for what in judge.colours(page, "dark")]
    page.set_viewport_size(TELEPHONE)
    return found + too_wide(page)


def look_back(page: Page, place: Place, language: str, judge: Judge) -> list[str]:
    """The same the other way round, from where :func:`look` left the window: it is given a new size and new colours half as often."""
    found = arrive(page, place, language)
    found += too_wide(page)
    page.set_viewport_size(DESK)
    found += [f"dark: {what}" for what in (judge.whole if language == "en" else judge.rest)(page, "dark")]
    page.emulate_media(color_scheme="light")
    return found + judge.colours(page, "light")


def arrive(page: Page, place: Place, language: str) -> list[str]:
    """Open the page; what is wrong with the answer."""
    answer = page.goto(place.path)
    status = answer.status if answer else None
    found = [] if status == place.status else [f"answered {status} instead of {place.status}"]
    if (
        page.evaluate("document.documentElement.lang") != language
    ):  # a locator costs a tenth of a second on every new page
        found.append("speaks another language")
    return found


def too_wide(page: Page) -> list[str]:
    """Whether a reader with a telephone would have to scroll sideways, and because of what."""
    over = overflow(page)
    return [f"{over} pixels wider than a telephone: {culprits(page)}"] if over else []


def culprits(page: Page) -> str:
    """What reaches furthest out of the window and is not inside something that scrolls."""
    script = """() => [...document.body.querySelectorAll('*')].filter((e) => {
        if (e.getBoundingClientRect().right <= innerWidth + 1) return false;
        for (let p = e.parentElement; p; p = p.parentElement)
            if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(p).overflowX)) return false;
        return true;
    }).slice(-3).map((e) => e.outerHTML.slice(0, 120)).join(' | ')"""
    return str(page.evaluate(script))


def keep(context: BrowserContext, server: ThreadServer, **cookies: str) -> None:
    """What the site keeps on this device: the language chosen, the direction."""
    context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in cookies.items()])
