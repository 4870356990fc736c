"""A learner's whole way in a real browser: from signing in to the certificate and its verification."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.taking import Course
from tests.support.demo import sign_in

pytestmark = pytest.mark.browser


def test_from_the_dashboard_to_the_verified_certificate(page: Page) -> None:
    sign_in(page, "learner")
    expect(page.get_by_role("heading", level=1)).to_have_text("My learning")
    with page.expect_navigation():
        page.get_by_role("link", name="Continue").first.click()
    course = Course("la-110")
    course.walk(page, until="You passed with")
    expect(page.get_by_role("status").filter(has_text="wait for what is still to do")).to_be_visible()
    course.walk(page, until="Your record of this course is written.")
    with page.expect_navigation():
        page.get_by_role("link", name="See your certificate").click()
    row = page.get_by_role("row").filter(has_text="Language Access Essentials").first
    file = page.request.get(row.get_by_role("link", name="Download").get_attribute("href") or "")
    assert file.headers["content-type"] == "application/pdf" and file.body().startswith(b"%PDF")
    number = row.get_by_role("link").last.inner_text()
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()
    page.goto(f"/verify/{number}")
    expect(page.get_by_role("main")).to_contain_text("This certificate is valid.")
    expect(page.get_by_role("main")).to_contain_text("Lena Marsh")
