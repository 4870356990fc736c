"""The clock of a timed scene in a real browser: by keyboard alone, with script and without; nobody who does not want it is hurried."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect
from sqlalchemy import select

from lms.db import Database
from lms.people.models import Person
from tests.learning.test_stories import TIMED, begun, given, learner  # noqa: F401 - a fixture
from tests.support.browser import check_axe
from tests.support.clocks import SetClock
from tests.support.pages import PageClient

pytestmark = pytest.mark.browser


def by_keyboard(page: BrowserPage, name: str) -> None:
    """Come to a button with Tab, as somebody without a mouse does, and press it."""
    page.locator("body").press("Home")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText?.trim() || ''") == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"No Tab leads to “{name}”.")


@pytest.mark.parametrize("script", [True, False])
def test_the_clock_is_started_lengthened_and_turned_off_by_keyboard(
    learner: Callable[[str], PageClient],  # noqa: F811
    browser_as: Callable[..., BrowserPage],
    clock: SetClock,
    db: Database,
    script: bool,
) -> None:
    begun(learner(TIMED))
    with db.session() as session:
        person = session.scalars(select(Person.id).where(Person.number == "1")).one()
    page = browser_as(person, java_script_enabled=script)
    page.goto("/attempt/1")
    expect(page.get_by_text("With the clock you have 60 seconds")).to_be_visible()
    if script:
        by_keyboard(page, "Start the clock")
    else:
        page.locator("button[name=press][value=start]").press("Enter")
    left, shown = page.locator("#scene-clock"), page.get_by_role("timer")
    expect(left).to_have_attribute(
        "data-left", "60"
    )  # what the server said, however long the browser has counted since
    expect(shown).to_have_text(re.compile(r"^\d\d seconds left$"))
    if script:
        before = shown.inner_text()
        check_axe(page)
        expect(shown).not_to_have_text(before, timeout=10_000)  # it counts down by itself
    clock.advance(seconds=50)
    page.locator("button[name=press][value=extend]").press("Enter")
    expect(left).to_have_attribute("data-left", "70")
    clock.advance(seconds=60)  # past the first end, before the new one
    page.locator("button[name=press][value=off]").press("Enter")
    expect(page.get_by_text("seconds left")).to_have_count(0)
    clock.advance(minutes=30)
    page.locator("input[name=options][value=pain]").press("Space")
    page.locator(".player-bar .next button").press("Enter")
    page.wait_for_url("**/attempt/1*")
    expect(page.locator("input[name=turn]").first).to_have_value("1")
    (answer,) = given(db)
    assert "timed_out" not in answer, "without the clock there is no time to be over"
