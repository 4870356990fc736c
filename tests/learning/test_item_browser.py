"""Types of items in a real browser: saved as they are given, ordered by keyboard, accessible before and after they are answered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lms.db import Database
from lms.learning.models import Attempt, Enrolment
from tests.learning.test_item_credit import CONTENT
from tests.learning.test_item_pages import (  # noqa: F401
    KEYED,
    PLACES,
    begin,
    check,
    hospital,
    kept,
    open_test,
)
from tests.support.browser import check_axe, overflow

pytestmark = pytest.mark.browser

SPECIAL = [
    "matching",
    "ordering",
    "numeric",
    "short_text",
    "cloze",
    "picture_choice",
    "likert",
    "reflection",
    "sjt_rate",
]


def owner(db: Database, attempt: Attempt) -> int:
    with db.session() as session:
        return session.get_one(Enrolment, attempt.enrolment_id).person_id


def fill(page: Page, fields: dict[str, list[str]]) -> None:
    """Fill a form's fields in as a person would."""
    for name, values in fields.items():
        field = page.locator(f"#answer [name='{name}']")
        kind = field.first.evaluate("e => e.type")
        if kind in {"radio", "checkbox"}:
            for value in values:
                page.locator(f"#answer [name='{name}'][value='{value}']").check()
        elif kind == "select-one":
            field.select_option(values[0])
        else:
            field.fill(values[0])
            field.blur()


def test_in_a_test_every_type_is_saved_as_it_is_given_and_stands_there_again(
    open_test: Attempt,  # noqa: F811
    db: Database,
    browser_as: Callable[..., Page],
) -> None:
    page = browser_as(owner(db, open_test))
    for place, drawn in enumerate(open_test.drawn, 1):
        item = KEYED[drawn["item"]]
        page.goto(f"/attempt/{open_test.id}?item={place}")
        if item.type == "single":
            page.locator(".player-bar .next button").click()
            expect(page.get_by_text("Give an answer first")).to_be_visible()
        if item.layout == "ordering":
            page.get_by_role("button", name="Move down").first.click()
        else:
            fill(page, item.fields(item.key()))
        expect(page.locator("#saved-state")).to_contain_text("Saved", timeout=40_000)
        expect(page.get_by_text("Give an answer first")).to_have_count(0)
        if item.type == "single":
            page.goto(f"/attempt/{open_test.id}?item={place}")  # what was sent without an answer is not sent again
        wanted = item.checked(item.key())
        saved = kept(db)[-1]
        assert set(saved) == set(wanted)
        for _ in range(300 if item.layout != "ordering" else 0):  # of several boxes each is saved as it is ticked
            if (saved := kept(db)[-1]) == wanted:
                break
            page.wait_for_timeout(100)
        else:
            assert item.layout == "ordering", (saved, wanted)
        page.reload()
        now = page.evaluate(
            "[...new FormData(document.getElementById('answer'))].filter(([n]) => !['csrf_token', 'item', 'key', 'language'].includes(n))"
        )
        assert sorted(map(tuple, now)) == sorted(
            (name, value) for name, values in item.fields(saved).items() for value in values
        )
    page.goto(f"/attempt/{open_test.id}/review")
    expect(page.get_by_role("button", name="Hand in")).to_be_visible()


def test_ordering_by_keyboard_says_each_move_and_keeps_the_focus(
    check: Attempt,  # noqa: F811
    db: Database,
    browser_as: Callable[..., Page],
) -> None:
    page = browser_as(owner(db, check))
    page.goto(f"/attempt/{check.id}?item={PLACES['ordering']}")
    wanted = [option.text for option in CONTENT.items("every-check")[PLACES["ordering"] - 1].options]  # type: ignore[union-attr]
    texts = page.locator(".entry .part-name")
    for place, text in enumerate(wanted):
        while (at := texts.all_inner_texts().index(text)) > place:
            page.locator(".entry").nth(at).get_by_role("button", name="Move up").focus()
            page.keyboard.press("Enter")
            expect(page.locator("[data-said]")).to_have_text(f"Moved to place {at} of 4.")
            assert (
                page.evaluate("document.activeElement.closest('.entry').querySelector('.part-name').innerText") == text
            )
    expect(page.get_by_label(wanted[0])).to_be_hidden()  # the lists of places are for browsers without script
    page.get_by_role("button", name="Check my answer").press("Enter")
    expect(page.get_by_text("That is right.")).to_be_visible()


@pytest.mark.parametrize("kind", ["ordering", "sjt_rank", "matching"])
def test_without_script_the_lists_are_there(
    kind: str,
    check: Attempt,  # noqa: F811
    db: Database,
    browser_as: Callable[..., Page],
) -> None:
    page = browser_as(owner(db, check), java_script_enabled=False)
    page.goto(f"/attempt/{check.id}?item={PLACES[kind]}")
    assert page.get_by_role("button", name="Move up").count() == 0
    item = next(item for item in CONTENT.keyed_items("every-check") if item.type == kind)
    fill(page, item.fields(item.key()))
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_text("That is right.")).to_be_visible()


LOOKS = {"ltr": ("light", 1280), "rtl": ("dark", 320)}


@pytest.mark.axe
def test_every_type_is_accessible_and_fits(
    check: Attempt,  # noqa: F811
    db: Database,
    browser_as: Callable[..., Page],
) -> None:
    """Before and after it is answered, light and wide or dark, narrow and from right to left. Axe takes longest: it goes over a type
    once in each look and once in each state, over every other type the other way round.
    """
    page = browser_as(owner(db, check))
    page.goto("/learning")

    def fits(url: str, direction: str) -> None:
        scheme, width = LOOKS[direction]
        page.context.add_cookies([{"name": "direction", "value": direction, "url": page.url}])
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 720})
        page.goto(url)
        expect(page.locator("html")).to_have_attribute("dir", direction)
        assert overflow(page) <= 0, url

    for kind in SPECIAL:
        url = f"/attempt/{check.id}?item={PLACES[kind]}"
        first, second = LOOKS if SPECIAL.index(kind) % 2 else reversed(LOOKS)
        fits(url, second)
        fits(url, first)
        check_axe(page)
        item = next(item for item in CONTENT.keyed_items("every-check") if item.type == kind)
        if item.layout != "ordering":
            fill(page, item.fields(item.key()))
        with page.expect_navigation():
            page.locator(".player-bar .next button").click()
        assert overflow(page) <= 0, kind
        told = page.locator("main").inner_text()
        fits(page.url, second)
        assert page.locator("main").inner_text() == told, "the answer and what is said of it, again"
        check_axe(page)
