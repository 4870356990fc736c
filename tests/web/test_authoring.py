"""What an author sees of course folders: problems in place, previews that record nothing, and publishing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from config import Config
from lms.access import Role
from lms.catalogue.models import CourseVersion
from lms.db import Database
from lms.learning.models import Answer, Attempt, Enrolment, StepDone
from tests.catalogue.making import FILES, SPANISH, sound, write
from tests.support.pages import Page, PageClient
from tests.web.conftest import Enter

HERE = "/authoring/courses/tea-101"
LESSON = "lessons/why-ask.md"


@pytest.fixture
def folder(config: Config) -> Path:
    """The small course in the courses folder."""
    return sound(config.courses_dir)


@pytest.fixture
def author(enter: Enter) -> PageClient:
    """Somebody who writes courses."""
    return enter(Role.AUTHOR)


def publish(author: PageClient, change: str = "material") -> Page:
    return author.submit(author.page(HERE), {"change": change}, form="publish").page


def versions(db: Database) -> list[int]:
    with db.session() as session:
        return list(session.scalars(select(CourseVersion.number).order_by(CourseVersion.number)))


def test_without_a_folder_the_list_says_what_to_do(author: PageClient) -> None:
    assert "No course folder yet" in author.page("/authoring/courses").text
    assert author.get(HERE).status_code == 404
    assert author.get("/authoring/courses/..%2f..").status_code == 404


def test_the_list_says_how_each_folder_stands(author: PageClient, folder: Path, config: Config) -> None:
    broken = config.courses_dir / "half"
    broken.mkdir()
    (broken / "course.yaml").write_text("format: 1\ntitle: [", encoding="utf-8")
    rows = {row[0].split(" ")[0]: row for row in author.page("/authoring/courses").rows()}
    assert "not yet" in rows["Asking"][1] and "ready to publish" in rows["Asking"][2]
    assert "problem" in rows["half"][2]
    publish(author)
    rows = {row[0].split(" ")[0]: row for row in author.page("/authoring/courses").rows()}
    assert "version 1" in rows["Asking"][1] and "As published" in rows["Asking"][2]


def test_problems_stand_with_file_line_and_remedy(author: PageClient, folder: Path, db: Database) -> None:
    write(folder.parent, {"course.yaml": FILES["course.yaml"].replace("title: Asking", "tittle: Asking")})
    page = author.page(HERE)
    assert "This course cannot be published yet." in page.text
    row = next(row for row in page.rows() if "tittle" in row[1])
    assert row[0].startswith("course.yaml:4") and row[1].startswith("Error") and "Did you mean" in row[1] + row[2]
    sent = {"csrf_token": page.fields(page.form())["csrf_token"], "change": "minor"}
    refused = author.post(f"{HERE}/publish", data=sent)
    assert refused.status_code == 422 and versions(db) == []
    assert author.get(f"{HERE}/preview/why-ask").status_code == 422


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("course.yaml", "format: 1\n\ttitle: x", "course.yaml:2"),
        ("scenarios/tea.yaml", FILES["scenarios/tea.yaml"].replace("next: second", "next: nowhere"), "nowhere"),
        (LESSON, FILES[LESSON] + "\n<script>alert(1)</script>\n", "why-ask.md"),
        (LESSON, FILES[LESSON] + "\n![x](media/none.png)\n", "none.png"),
    ],
)
def test_each_fault_is_shown_where_it_is(author: PageClient, folder: Path, file: str, text: str, words: str) -> None:
    write(folder.parent, {file: text})
    page = author.page(HERE)
    assert "cannot be published yet" in page.text and words in page.text


def test_a_preview_shows_the_draft_and_records_nothing(author: PageClient, folder: Path, db: Database) -> None:
    lesson = author.page(author.page(HERE).link("Why ask"))
    assert lesson.h1 == "Why ask" and "Preview" in lesson.text and "Nothing is recorded" in lesson.text
    assert "People explain their illness" in lesson.text
    picture = next(e.get("src") or "" for e in lesson.all("img"))
    assert author.get(picture).mimetype == "image/svg+xml"
    quick = author.page(lesson.link("Next"))
    assert "What first?" in quick.text and "Ask first." in quick.text, "the key and the feedback are open"
    test = author.page(f"{HERE}/preview/post-test")
    assert "critical" in test.text and "Treat at once" in test.text
    assert "This one is right." in test.text and "You chose this" not in test.text, "an author has chosen nothing"
    assert author.get(f"{HERE}/preview/no-such-part").status_code == 404
    assert author.get(f"{HERE}/media/../course.yaml").status_code == 404
    with db.session() as session:
        for table in (Enrolment, StepDone, Attempt, Answer, CourseVersion):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_scenario_is_played_in_the_address(author: PageClient, folder: Path) -> None:
    scene = author.page(f"{HERE}/preview/tea")
    assert "You are a nurse on a ward." in scene.text and "Trust 5" in scene.text
    warned = author.page(scene.link("Warn."))
    assert warned.url.endswith("?path=warn") and "She is silent." in warned.text and "Trust 2" in warned.text
    end = author.page(warned.link("Say sorry, and ask."))
    assert end.url.endswith("?path=warn.repair") and "She may come back." in end.text and "ended so-so" in end.text
    assert "Warn." in author.page(end.link("Play it again")).text
    for nonsense in ("nowhere", "warn.warn", "ask.repair", "a" * 3000):
        assert "You are a nurse on a ward." in author.page(f"{HERE}/preview/tea?path={nonsense}").text


def test_a_preview_in_spanish_marks_what_is_english(author: PageClient, folder: Path) -> None:
    write(folder.parent, SPANISH)
    author.set_cookie("language", "es")
    assert "Cada persona" in author.page(f"{HERE}/preview/why-ask").text
    scenario = author.page(f"{HERE}/preview/tea")
    assert any("You are a nurse" in "".join(e.itertext()) and e.get("lang") == "en" for e in scenario.all("div"))


def test_publishing_makes_versions_and_says_when_nothing_changed(
    author: PageClient, folder: Path, db: Database
) -> None:
    page = publish(author)
    assert "Version 1 is published." in page.text and "The files are as published." in page.text
    assert not [f for f in page.all("form") if "publish" in f.get("action", "")], "there is nothing to publish"
    token = page.fields(page.form())["csrf_token"]
    again = author.post(f"{HERE}/publish", data={"csrf_token": token, "change": "minor"}, follow_redirects=True)
    assert "no new one was made" in again.page.text and versions(db) == [1]
    write(folder.parent, {LESSON: FILES[LESSON].replace("own words", "very own words")})
    assert "have changed since" in author.page(HERE).text
    page = publish(author, "minor")
    assert "Version 2 is published." in page.text and [row[0] for row in page.rows(1)[1:]] == ["2", "1"]
    assert versions(db) == [1, 2]


def test_answers_are_offered_for_the_published_parts_that_ask_something(author: PageClient, folder: Path) -> None:
    statement = (
        "      - {attestation: mine, title: Mine, file: attestations/mine.md, name: mine, sign: tick, minutes: 1}\n"
    )
    write(
        folder.parent, {"course.yaml": FILES["course.yaml"] + statement, "attestations/mine.md": "I will ask first.\n"}
    )
    publish(author)
    later = FILES["course.yaml"].replace(
        "tea.yaml, minutes: 7}\n",
        "tea.yaml, minutes: 7}\n      - {check: later, title: Later, file: items/quick.yaml, minutes: 1}\n",
    )
    write(folder.parent, {"course.yaml": later + statement})
    page = author.page(HERE)
    assert "Later" in page.text and "Mine" in page.text
    offered = [link for link in page.links() if "/answers/" in link]
    assert offered
    for link in offered:
        assert author.get(link).status_code == 200, link


def test_what_is_no_typo_is_refused_in_words(author: PageClient, folder: Path, db: Database) -> None:
    publish(author)
    write(folder.parent, {"course.yaml": FILES["course.yaml"].replace("pass_mark: 80", "pass_mark: 60")})
    answer = author.submit(author.page(HERE), {"change": "typo"}, form="publish")
    assert answer.status_code == 422 and "Mark it minor or material." in answer.page.text
    assert versions(db) == [1]
    assert "Version 2 is published." in publish(author, "minor").text


def test_who_is_under_way_stays_on_the_version(author: PageClient, folder: Path, enter: Enter, db: Database) -> None:
    publish(author)
    early = enter()
    assert "very own" not in early.submit(early.page("/courses/tea-101"), form="enrol").page.text
    write(folder.parent, {LESSON: FILES[LESSON].replace("own words", "very own words")})
    publish(author, "minor")
    assert "very own" not in early.page("/learn/1/why-ask").text
    late = enter()
    assert "very own words" in late.submit(late.page("/courses/tea-101"), form="enrol").page.text
    with db.session() as session:
        numbers = select(CourseVersion.number).join(Enrolment, Enrolment.version_id == CourseVersion.id)
        assert list(session.scalars(numbers.order_by(Enrolment.id))) == [1, 2]


def test_a_version_and_the_course_are_withdrawn_with_a_reason_and_offered_again(
    author: PageClient, folder: Path, enter: Enter
) -> None:
    publish(author)
    write(folder.parent, {LESSON: FILES[LESSON].replace("own words", "very own words")})
    page = publish(author, "minor")
    early = enter()
    assert "very own words" in early.submit(early.page("/courses/tea-101"), form="enrol").page.text
    refused = author.submit(page, {"what": "2", "reason": " "}, form="withdraw")
    assert refused.status_code == 422 and "Say why." in refused.page.text
    page = author.submit(page, {"what": "2", "reason": "A wrong word"}, form="withdraw").page
    assert "Version 2 is withdrawn." in page.text and [row[3].split(" ")[0] for row in page.rows(1)[1:]] == [
        "Withdrawn",
        "Offered",
    ]
    assert "very own words" in early.page("/learn/1/why-ask").text, "who has begun goes on"
    page = author.submit(page, {"what": "course", "reason": "Under review"}, form="withdraw").page
    assert "This course is withdrawn." in page.text and not [
        f for f in page.all("form") if "withdraw" in f.get("action", "")
    ]
    assert enter().get("/courses/tea-101").status_code == 404
    token = page.fields(page.form("publish"))["csrf_token"]
    twice = author.post(f"{HERE}/withdraw", data={"csrf_token": token, "what": "course", "reason": "Again"})
    assert twice.status_code == 409, "pressed twice"
    assert "Version 2 is offered again." in publish(author).text
    assert enter().get("/courses/tea-101").status_code == 200


@pytest.mark.parametrize("address", ["/authoring/courses", HERE, f"{HERE}/preview/why-ask", f"{HERE}/media/ask.svg"])
def test_authors_and_auditors_look_and_others_do_not(
    enter: Enter, folder: Path, address: str, author: PageClient
) -> None:
    for role in (None, Role.MANAGER, Role.HR, Role.EXECUTIVE, Role.ADMINISTRATOR):
        assert enter(role).get(address).status_code == 403
    for client in (author, enter(Role.AUDITOR)):
        assert client.get(address).status_code == 200


def test_an_auditor_cannot_publish(enter: Enter, folder: Path, db: Database) -> None:
    auditor = enter(Role.AUDITOR)
    page = auditor.page(HERE)
    assert not [f for f in page.all("form") if "publish" in f.get("action", "")]
    token = page.fields(page.form())["csrf_token"]
    assert auditor.post(f"{HERE}/publish", data={"csrf_token": token}).status_code == 403 and versions(db) == []
