"""Words that are explained and films that are written down: checked, and shown to learners with and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from config import Config
from lms.audit import Actor
from lms.catalogue.actions import publish
from lms.catalogue.disk import Loaded, load_course
from lms.catalogue.models import CourseVersion
from lms.db import Database
from lms.files import FileStore
from lms.learning import actions
from lms.learning.models import Enrolment
from tests.accounts.conftest import Hospital
from tests.catalogue.making import sound
from tests.support.clocks import SetClock
from tests.support.pages import PageClient

GLOSSARY = """glossary:
  - id: teach-back
    term: Teach-back
    definition: The patient says in their own words what they will do.
outline:
"""
CAPTIONS = """WEBVTT

00:00.000 --> 00:02.000
<v Dr Reyes>Good morning.

00:02.000 --> 00:04.000
<v Dr Reyes>Which language would you like to speak?
"""
LESSON = "\n\nCheck by [saying it back](glossary:teach-back).\n\n![Dr Reyes greets a family](media/greeting.mp4)\n"
FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound course with a word of the glossary and a film."""
    made = sound(tmp_path)
    course = made / "course.yaml"
    course.write_text(course.read_text("utf-8").replace("outline:\n", GLOSSARY, 1), "utf-8")
    lesson = made / "lessons" / "why-ask.md"
    lesson.write_text(lesson.read_text("utf-8") + LESSON, "utf-8")
    (made / "media" / "greeting.mp4").write_bytes(FILM)
    (made / "media" / "greeting.en.vtt").write_text(CAPTIONS, "utf-8")
    return made


def told(loaded: Loaded) -> list[str]:
    return [problem.message.msgid % problem.message.params for problem in loaded.problems if problem.level == "error"]


def test_a_course_with_both_is_sound(folder: Path) -> None:
    assert told(load_course(folder)) == []


def test_an_unknown_word_and_a_film_without_captions_are_errors(folder: Path) -> None:
    (folder / "media" / "greeting.en.vtt").unlink()
    lesson = folder / "lessons" / "why-ask.md"
    lesson.write_text(lesson.read_text("utf-8").replace("glossary:teach-back", "glossary:teachback"), "utf-8")
    said = told(load_course(folder))
    assert any("no captions" in one for one in said) and any("no word “teachback”" in one for one in said)


def test_faulty_captions_are_told_with_their_line(folder: Path) -> None:
    (folder / "media" / "greeting.en.vtt").write_text(CAPTIONS.replace("00:02.000 -->", "2 s -->", 1), "utf-8")
    (problem,) = [p for p in load_course(folder).problems if p.level == "error"]
    assert (problem.file, problem.line) == ("media/greeting.en.vtt", 6)


@pytest.fixture
def lesson(folder: Path, db: Database, clock: SetClock, config: Config) -> tuple[int, str]:
    """Person and address of the lesson, published and begun."""
    hospital = Hospital(db, clock)
    person = hospital.person("1001")
    with db.transaction() as session:
        publish(session, load_course(folder), FileStore(config.data_dir / "files"), by=Actor(None, clock.now()))
        version = session.scalars(select(CourseVersion)).one()
        enrolment = actions.enrol(session, person, version.course_id, version.id, now=clock.now(), by=person)
        return person, f"/learn/{session.get_one(Enrolment, enrolment.id).id}/why-ask"


def test_a_lesson_shows_the_film_with_captions_and_what_is_said(
    lesson: tuple[int, str], signed_in: Callable[[int], PageClient]
) -> None:
    client = signed_in(lesson[0])
    page = client.page(lesson[1])
    assert "Dr Reyes: Good morning. Which language would you like to speak?" in page.text
    (track,) = page.all("track")
    assert (track.get("kind"), track.get("srclang")) == ("captions", "en")
    captions = client.get(track.get("src") or "")
    assert captions.mimetype == "text/vtt" and captions.data.decode() == CAPTIONS
    piece = client.get(page.all("source")[0].get("src") or "", headers={"Range": "bytes=4-11"})
    assert (piece.status_code, piece.data) == (206, FILM[4:12])
    paper = client.page(lesson[1].rsplit("/", 1)[0].replace("learn", "printable"))
    assert (
        "Teach-back" in paper.text and "Dr Reyes: Good morning." in paper.text
    )  # what a film says can be read on paper


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
def test_a_word_is_explained_where_it_stands(
    lesson: tuple[int, str], browser_as: Callable[..., Page], axe: Callable[..., None], scripts: bool
) -> None:
    page = browser_as(lesson[0], java_script_enabled=scripts, viewport={"width": 320, "height": 640})
    page.goto(lesson[1])
    meaning = page.locator("#word-teach-back")
    expect(meaning).to_be_hidden()
    word = page.get_by_role("button", name="saying it back")
    word.focus()
    page.keyboard.press("Enter")
    expect(meaning).to_be_visible()
    expect(meaning).to_contain_text("The patient says in their own words")
    if scripts:
        axe(page)
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    page.get_by_text("Words on this page").click()
    expect(page.get_by_role("definition").filter(has_text="in their own words")).to_be_visible()
