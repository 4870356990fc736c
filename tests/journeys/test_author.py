"""An author's day in a real browser: what is wrong in the files, where, and a preview that leaves no trace."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from config import ROOT, Config
from lms.db import Database
from lms.learning.models import Attempt, Enrolment
from tests.support.demo import sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def config(config: Config, tmp_path: Path) -> Config:
    """The demo, with a course folder of its own that can be broken."""
    folder = tmp_path / "courses"
    shutil.copytree(ROOT / "courses" / "la-110", folder / "la-110")
    return config.with_(courses_dir=folder)


def test_an_author_finds_the_line_that_is_wrong_and_previews_without_a_trace(
    page: Page, config: Config, db: Database
) -> None:
    def traces() -> tuple[int, int]:
        with db.session() as session:
            return session.scalar(select(func.count(Enrolment.id))), session.scalar(select(func.count(Attempt.id)))

    course = config.courses_dir / "la-110" / "course.yaml"
    sound = course.read_text("utf-8")
    broken = sound.replace("audience:", "audiance:", 1)
    line = next(n for n, text in enumerate(broken.split("\n"), 1) if text.startswith("audiance:"))
    before = traces()
    course.write_text(broken, "utf-8")
    sign_in(page, "author")
    expect(page.get_by_role("heading", level=1)).to_have_text("Authoring")
    expect(page.get_by_role("row").filter(has_text="la-110")).to_contain_text("problem")
    page.goto("/authoring/courses/la-110")
    problem = page.get_by_role("row").filter(has_text=f"course.yaml:{line}")
    expect(problem).to_contain_text("audiance")
    course.write_text(sound.replace("title: Language Access Essentials", "title: Language Access, Anew", 1), "utf-8")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Language Access, Anew")
    expect(page.get_by_role("button", name="Publish this version")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("heading", name="Outline").locator("xpath=..").get_by_role("link").first.click()
    expect(page.get_by_role("main").locator(".prose").first).to_be_visible()
    page.goto("/authoring/courses/la-110/preview/post-test")
    expect(page.get_by_role("main")).to_contain_text("This one is right.")
    assert traces() == before
