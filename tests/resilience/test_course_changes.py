"""A course changes while somebody takes its test: the attempt goes on with the version it began with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from config import ROOT, Config
from lms.audit import Actor
from lms.catalogue.actions import publish, withdraw
from lms.catalogue.disk import load_course
from lms.catalogue.models import CourseVersion
from lms.db import Database
from lms.files import FileStore
from lms.records.models import TrainingRecord
from tests.resilience.conftest import Quiz
from tests.support.clocks import SetClock
from tests.support.pages import Page, PageClient


def hand_in(quiz: Quiz, client: PageClient) -> Page:
    """Answer everything right, to the result."""
    page = client.page(quiz.url)
    while "/review" not in page.url:
        asked = page.fields(page.form("answer"))["item"][0]
        item = next(item for item in quiz.content.items("post-test") if item.id == asked)
        page = client.submit(page, {"options": [o.id for o in item.options if o.correct]}, form="answer").page  # type: ignore[attr-defined]
    result: Page = client.submit(page, form="finish").page  # type: ignore[attr-defined]
    return result


def test_a_version_withdrawn_in_mid_attempt_goes_on(
    begin: Callable[[FileStore], Quiz], db: Database, config: Config, clock: SetClock, signed_in: Callable[[int], PageClient]
) -> None:  # fmt: skip
    quiz = begin(FileStore(config.data_dir / "files"))
    client = signed_in(quiz.person_id)
    client.submit(client.page(quiz.url), {"options": [quiz.item(1).options[0].id]}, form="answer")
    with db.transaction() as session:
        version = session.scalars(select(CourseVersion.id)).one()
        withdraw(session, version, reason="A source was revised", by=Actor(None, clock.now()))
    assert "Question 2" in client.page(quiz.url).text
    course = client.page("/courses/la-110")
    assert "no longer offered to others" in course.text and "Continue" in course.text
    assert "Language Access Essentials" in client.page("/learning").text
    assert "Language Access Essentials" not in client.page("/courses").text
    assert "You passed" in hand_in(quiz, client).text
    assert "stays on your transcript" in client.page("/courses/la-110").text
    with db.session() as session:
        assert session.scalars(select(TrainingRecord.version_id)).one() == version


def test_a_new_version_in_mid_attempt_changes_neither_questions_nor_score(
    begin: Callable[[FileStore], Quiz], db: Database, config: Config, clock: SetClock, tmp_path: Path,
    signed_in: Callable[[int], PageClient],
) -> None:  # fmt: skip
    files = FileStore(config.data_dir / "files")
    quiz = begin(files)
    client = signed_in(quiz.person_id)
    page = client.page(quiz.url)
    folder = tmp_path / "la-110"
    shutil.copytree(ROOT / "courses" / "la-110", folder)
    course = folder / "course.yaml"
    course.write_text(course.read_text("utf-8").replace("change: material", "change: minor", 1) + "\n", "utf-8")
    stem = quiz.item(1).stem.split("\n")[0][:30]
    for file in folder.rglob("*.yaml"):
        file.write_text(file.read_text("utf-8").replace(stem, "Changed under way: " + stem), "utf-8")
    with db.transaction() as session:
        assert publish(session, load_course(folder), files, by=Actor(None, clock.now())).version.number == 2
    assert client.page(quiz.url).h1 == page.h1 and "Changed under way" not in client.page(quiz.url).text
    assert "You passed" in hand_in(quiz, client).text
    with db.session() as session:
        assert session.scalars(select(TrainingRecord.version_number)).one() == 1
