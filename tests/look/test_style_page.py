"""The living style page, drawn by the application and looked at in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from flask import Flask, render_template
from playwright.sync_api import BrowserContext, Page, expect

from lms.compliance.spans import State
from tests.support.browser import Judge, overflow
from tests.support.pages import PageClient


def test_it_shows_every_state_of_the_rules(client: PageClient, app: Flask) -> None:
    """The states of the time rules and the badges are the same set, each with a word of its own."""
    client.get("/style")
    with app.test_request_context("/"):
        states = app.jinja_env.get_template("components/states.html").module
        words = [str(states.state_word(state.name.lower())) for state in State]  # type: ignore[attr-defined]
    assert len(set(words)) == len(words)
    assert not any("_" in word for word in words)


@pytest.mark.parametrize("status", [403, 404, 409, 413, 419, 429, 500])
def test_errors_say_what_happened_what_was_kept_and_what_to_do(app: Flask, status: int) -> None:
    with app.test_request_context("/"):
        text = render_template("layout/error.html", status=status, what="The sentence of this error.")
    for part in ("The sentence of this error.", "Your work", "What to do now", str(status)):
        assert part in text


@pytest.mark.browser
@pytest.mark.axe
def test_it_is_accessible_and_fits(new_context: Callable[..., BrowserContext]) -> None:
    """In both directions, both colour schemes, at a desk and on a telephone."""
    page, judge = new_context().new_page(), Judge()
    found = []
    for direction, width in product(("ltr", "rtl"), (1280, 320)):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"/style?dir={direction}")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            wrong = judge.rest(page, scheme) if scheme == "light" else judge.colours(page, scheme)
            found += [f"{direction}, {width} pixels, {scheme}: {what}" for what in wrong]
        found += [f"{direction}: {over} pixels wider than {width}"] if (over := overflow(page)) > 0 else []
    assert not found, "\n  ".join(found)


@pytest.mark.browser
def test_a_tree_opens_by_keyboard_and_shows_everything_without_script(
    page: Page, new_context: Callable[..., BrowserContext]
) -> None:
    page.goto("/style")
    toggle = page.get_by_role("button", name="What is under Emergency")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("row", name="Triage")).to_be_hidden()
    toggle.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("row", name="Triage")).to_be_visible()

    bare = new_context(java_script_enabled=False).new_page()
    bare.goto("/style")
    expect(bare.get_by_role("row", name="Triage")).to_be_visible()


@pytest.mark.browser
def test_targets_are_large_enough(page: Page) -> None:
    """Buttons are at least 24 px each way; main ones 44."""
    page.goto("/style")
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .button, input:not([type=hidden]), select, summary')]
            .filter(e => e.offsetParent && !e.closest('.sr'))
            .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
            .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
    )
    assert not small
    assert page.get_by_role("link", name="Continue").first.bounding_box()["height"] >= 44  # type: ignore[index]


@pytest.mark.browser
def test_english_pages_fetch_one_font_per_face_and_nothing_moves(page: Page) -> None:
    page.goto("/verify")
    asked = page.evaluate("performance.getEntriesByType('resource').map(e => e.name).filter(n => n.endsWith('.woff2'))")
    assert len(asked) <= 2
    shift = page.evaluate(
        """() => new Promise(done => { let sum = 0;
            new PerformanceObserver(list => { for (const e of list.getEntries()) sum += e.value; })
              .observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 300); })"""
    )
    assert shift < 0.05
