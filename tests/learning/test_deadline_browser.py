"""A time limit in a real browser: calm words, a connection that is gone while the time ends, a computer whose clock is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.db import Database
from lms.learning.models import Answer, Attempt
from tests.learning.test_policy_pages import begin, hospital, nurse  # noqa: F401
from tests.support.browser import check_axe, overflow
from tests.support.clocks import SetClock
from tests.support.pages import PageClient

pytestmark = pytest.mark.browser


def test_the_time_ends_while_the_connection_is_gone_and_nothing_is_lost(
    nurse: PageClient,  # noqa: F811
    clock: SetClock,
    db: Database,
    browser_as: Callable[..., Page],
) -> None:
    begin(nurse)
    clock.advance(minutes=9, seconds=56)
    page = browser_as(1)
    page.clock.set_system_time("2031-01-01T00:00:00Z")  # this computer's clock is wrong by years
    page.goto("/attempt/1")
    expect(page.locator("#time-left")).to_have_attribute(
        "data-left", "4"
    )  # said by the server; the browser counts on from there
    page.locator("#answer input:not([type=hidden])").first.check()
    expect(page.locator("#saved-state")).to_contain_text("Saved")
    page.context.set_offline(True)
    page.locator("#answer input:not([type=hidden])").nth(1).check()
    expect(page.locator("#saved-state")).to_contain_text("Not saved yet")
    expect(page.locator("#time-left-said")).to_have_text(
        "The time is over. What you had saved counts and is handed in.", timeout=40_000
    )
    expect(page.get_by_role("link", name="See the result")).to_be_visible()
    expect(page.locator("#answer input:not([type=hidden])").nth(1)).to_be_enabled()
    clock.advance(minutes=1)
    page.context.set_offline(False)
    expect(page.locator("#saved-state")).to_contain_text(
        "It is kept with your attempt and is not scored.", timeout=40_000
    )
    with page.expect_navigation():
        page.get_by_role("link", name="See the result").click()
    expect(page.get_by_text("The time was over, so what was saved was handed in.")).to_be_visible()
    expect(page.get_by_text("after the time was over: “")).to_be_visible()
    check_axe(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert overflow(page) == 0
    with db.session() as session:
        first, late = session.scalars(select(Answer).order_by(Answer.id)).all()
        attempt = session.scalars(select(Attempt)).one()
    assert (first.late, late.late) == (False, True) and first.item_id == late.item_id
    assert attempt.timed_out and attempt.finished_at is not None and attempt.finished_at < late.saved_at
