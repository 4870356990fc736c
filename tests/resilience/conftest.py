"""A learner in front of the test of a course, and ways to break things around them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Error, Page
from sqlalchemy import select

from config import ROOT
from lms.audit import Actor
from lms.catalogue.actions import publish
from lms.catalogue.content import CourseContent
from lms.catalogue.disk import Loaded, load_course
from lms.catalogue.items import Item
from lms.db import Database
from lms.files import FileStore
from lms.learning import actions
from lms.learning.models import Answer, Enrolment
from tests.accounts.conftest import Hospital
from tests.support.clocks import SetClock


def course(slug: str = "la-110") -> Loaded:
    """A course of the library."""
    return load_course(ROOT / "courses" / slug)


@dataclass(frozen=True, slots=True)
class Quiz:
    """An open attempt at the test of LA-110."""

    db: Database
    person_id: int
    attempt_id: int
    content: CourseContent
    drawn: list[dict[str, Any]]

    @property
    def url(self) -> str:
        """The place of the first question that is not answered."""
        return f"/attempt/{self.attempt_id}"

    def item(self, number: int) -> Item:
        """The question asked as number 1, 2, ..."""
        return next(item for item in self.content.items("post-test") if item.id == self.drawn[number - 1]["item"])

    def given(self) -> list[tuple[str, list[str]]]:
        """What the server has: (item, options) in the order of arrival."""
        with self.db.session() as session:
            rows = session.scalars(select(Answer).where(Answer.attempt_id == self.attempt_id).order_by(Answer.sequence))
            return [(row.item_id, row.response["options"]) for row in rows]


QUEUE = """() => new Promise((done) => {
  const asked = indexedDB.open("attune", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("queue", { keyPath: "slot" });
  asked.onsuccess = () => {
    const all = asked.result.transaction("queue").objectStore("queue").getAll();
    all.onsuccess = () => { asked.result.close(); done(all.result); };
  };
})"""


def queued(page: Page) -> list[dict[str, Any]]:
    """What waits in the browser, of whomever."""
    found: list[dict[str, Any]] = page.evaluate(QUEUE)
    return found


def wait_until(page: Page, holds: Callable[[], bool], seconds: int = 20) -> None:
    """Until something holds (the policy forbids the page to evaluate text, so the test asks from outside)."""
    for _ in range(seconds * 5):
        with suppress(Error):  # the page was just going elsewhere
            if holds():
                return
        page.wait_for_timeout(200)
    raise AssertionError(f"It did not come to hold within {seconds} seconds.")


@pytest.fixture
def hospital(db: Database, clock: SetClock) -> Hospital:
    """An organisation that is set up."""
    return Hospital(db, clock)


@pytest.fixture
def begin(db: Database, clock: SetClock, hospital: Hospital) -> Callable[..., Quiz]:
    """``begin(files)`` publishes LA-110 into a file store and opens the test for a nurse with the number 1001."""

    def do(files: FileStore) -> Quiz:
        nurse = hospital.person("1001", email="nurse@mercy.test", department=hospital.department("ED"))
        loaded = course()
        assert loaded.content is not None
        with db.transaction() as session:
            version = publish(session, loaded, files, by=Actor(None, clock.now())).version
            enrolment = actions.enrol(session, nurse, version.course_id, version.id, now=clock.now(), by=nurse)
            for step in loaded.content.steps:
                if step.kind != "test":
                    actions.mark_done(session, enrolment, step.id, now=clock.now())
            attempt = actions.start(
                session, session.get_one(Enrolment, enrolment.id), loaded.content, "post-test",
                language="en", seed="s", now=clock.now(),
            )  # fmt: skip
            return Quiz(db, nurse, attempt.id, loaded.content, attempt.drawn)

    return do
