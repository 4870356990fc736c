"""A learner's whole way in a real browser: from signing in to the certificate and its verification."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config import ROOT
from lms.catalogue.disk import load_course
from tests.support.demo import sign_in

pytestmark = pytest.mark.browser


def test_from_the_dashboard_to_the_verified_certificate(page: Page) -> None:
    sign_in(page, "learner")
    expect(page.get_by_role("heading", level=1)).to_have_text("My learning")
    page.get_by_role("link", name="Continue").first.click()
    Course("la-110").walk(page)
    expect(page.get_by_role("status").filter(has_text="You passed")).to_be_visible()
    page.get_by_role("link", name="See your certificate").click()
    row = page.get_by_role("row").filter(has_text="Language Access Essentials").first
    file = page.request.get(row.get_by_role("link", name="Download").get_attribute("href") or "")
    assert file.headers["content-type"] == "application/pdf" and file.body().startswith(b"%PDF")
    number = row.get_by_role("link").last.inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"/verify/{number}")
    expect(page.get_by_role("main")).to_contain_text("This certificate is valid.")
    expect(page.get_by_role("main")).to_contain_text("Lena Marsh")


class Course:
    """Somebody who knows the right answers and takes whatever part of the course is next."""

    def __init__(self, slug: str) -> None:
        content = load_course(Path(ROOT) / "courses" / slug).content
        assert content is not None
        self.right: dict[str, list[str]] = {}
        for step in content.steps:
            if step.kind in {"check", "test"}:
                self.right |= {i.id: [o.id for o in i.options if o.correct] for i in content.items(step.id)}
        self.best = {
            (step.id, scene.id): choice.id
            for step in content.steps if step.kind == "scenario"
            for scene in content.scenario(step.id).scenes
            for choice in scene.choices if choice.quality == "best"
        }  # fmt: skip
        self.turns = 4 * sum(len(content.items(s.id)) if s.kind in {"check", "test"} else 8 for s in content.steps)

    def walk(self, page: Page) -> None:
        """Press Next, answering what is asked, until the test is passed."""
        for _ in range(self.turns):
            bar = page.get_by_role("group", name="Move through the course")
            if page.get_by_text("You passed with").count():
                return
            if page.locator("fieldset:has(input:enabled)").count():
                self._answer(page)
            with page.expect_navigation():
                bar.locator(".next").locator("button, a").click()
        raise AssertionError(f"The course did not end; it stands at {page.url}")

    def _answer(self, page: Page) -> None:
        scene = page.locator("#answer input[name=scene]")
        if scene.count():
            known = {choice for (_, scene_id), choice in self.best.items() if scene_id == scene.input_value()}
            offered = page.locator("#answer input[name=options]")
            values = [offered.nth(place).input_value() for place in range(offered.count())]
            chosen = [next((value for value in values if value in known), values[0])]
        else:
            chosen = self.right[page.locator("#answer input[name=item]").input_value()]
        for value in chosen:
            page.locator(f"#answer input[value='{value}']").check()
