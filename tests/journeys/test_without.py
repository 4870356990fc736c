"""Without a mouse, and without JavaScript: signing in and a quiz."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from lms.db import Database
from lms.learning.models import Answer, Enrolment
from tests.journeys.taking import Course
from tests.support.clocks import SetClock
from tests.support.demo import PASSWORD, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def enrolment(db: Database, who: Callable[[str], int]) -> int:
    """The learner's course under way."""
    with db.session() as session:
        under_way = select(Enrolment.id).where(Enrolment.person_id == who("learner"), Enrolment.closed_at.is_(None))
        return session.scalars(under_way).one()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something like this has the focus, which must be visible."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            break
    else:
        raise AssertionError(f"{page.url}: Tab does not reach {selector}")
    seen = page.evaluate("""() => {
        for (let e = document.activeElement; e && e !== document.body; e = e.parentElement) {
            const style = getComputedStyle(e);
            if (style.outlineStyle !== 'none' || style.boxShadow !== 'none') return true;
        }
        return false;
    }""")
    assert seen, f"{page.url}: nothing shows that {selector} has the focus"


def test_with_the_keyboard_alone(page: Page, enrolment: int) -> None:
    page.goto("/sign-in")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main", "first comes the way to the content"
    page.keyboard.press("Enter")
    tab_to(page, "input[name=name]")
    page.keyboard.type("learner")
    tab_to(page, "input[name=password]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/learning")
    page.goto(f"/learn/{enrolment}/{check_of('la-110')}")
    tab_to(page, ".next .button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "input[name=options]")
    page.keyboard.press("Space")
    tab_to(page, ".next .button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".choice.fixed").first).to_be_visible()
    verdict = page.locator("main [autofocus]")
    expect(verdict).to_be_focused()
    expect(verdict.get_by_role("status")).to_be_visible()
    tab_to(page, ".next .button")


def test_without_javascript_a_quiz_works_from_door_to_result(
    new_context: Callable[..., BrowserContext], enrolment: int, db: Database, clock: SetClock
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, "learner")
    page.goto(f"/learn/{enrolment}/{check_of('la-110')}")
    Course("la-110").walk(page, until="Check done")
    expect(page.get_by_role("main")).to_contain_text("You chose this, and it is right.")
    with db.session() as session:
        assert session.scalars(select(Answer.saved_at).order_by(Answer.id.desc())).first() == clock.now()


def check_of(slug: str) -> str:
    """The first knowledge check of a course."""
    return Course(slug).checks[0]
