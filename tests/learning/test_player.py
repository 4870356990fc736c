"""The player: where I am, going on elsewhere, the language of an answer, remarks, paper, and honest time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect
from sqlalchemy import select

from lms.access import Role
from lms.db import Database
from lms.learning import pace
from lms.learning.models import Answer, Attempt, Enrolment, Remark, StudyTime
from lms.people.models import Person
from tests.accounts.conftest import Hospital
from tests.learning.test_taking_a_course import CONTENT, begin_test, enrol, finish_all_but_the_test
from tests.support.clocks import SetClock
from tests.support.pages import Page, PageClient

FIRST = CONTENT.steps[0].id


def token(page: Page) -> str:
    return str(page.fields(page.form("answer"))["csrf_token"][0])


def beat(client: PageClient, page: Page, **fields: str) -> int:
    data = {"csrf_token": token(page), "seconds": "0"} | fields
    return client.post(f"/learn/1/{FIRST}/beat", data=data, headers={"X-Requested-With": "fetch"}).status_code


def test_a_page_says_where_one_is_and_whose_training_this_is(nurse: PageClient) -> None:
    page = enrol(nurse)
    assert f"Module 1 of {len(CONTENT.outline)} · Part 1 of {len(CONTENT.steps)}" in page.text
    assert "minutes left" in page.text and "Test Person 1001" in page.text and "Not you? Hand over" in page.text


def test_another_device_goes_on_at_the_same_block(
    nurse: PageClient, db: Database, signed_in: Callable[[int], PageClient]
) -> None:
    page = enrol(nurse)
    assert beat(nurse, page, block="block-7") == 200
    with db.session() as session:
        person = session.scalars(select(Enrolment.person_id)).one()
    elsewhere = signed_in(person).get("/learn/1")
    assert elsewhere.location.endswith(f"/learn/1/{FIRST}#block-7")
    assert 'id="block-7"' in nurse.get(f"/learn/1/{FIRST}").text
    nurse.submit(page, form="done")
    assert "#" not in nurse.get("/learn/1").location, "the next part begins at its top"


@pytest.mark.parametrize("fields", [{"block": "block-x"}, {"block": "7"}, {"seconds": "-1"}, {"seconds": "9" * 20}])
def test_a_report_that_makes_no_sense_is_refused(nurse: PageClient, db: Database, fields: dict[str, str]) -> None:
    page = enrol(nurse)
    assert beat(nurse, page, **fields) == 422
    with db.session() as session:
        assert session.scalars(select(StudyTime)).all() == []


def test_the_language_of_an_answer_is_the_one_it_was_asked_in(nurse: PageClient, db: Database, clock: SetClock) -> None:
    nurse.set_cookie("language", "es")
    page = begin_test(nurse, finish_all_but_the_test(nurse, db, clock))
    assert page.fields(page.form("answer"))["language"] == ["es"]
    item = page.fields(page.form("answer"))["item"][0]
    option = next(i for i in CONTENT.items("post-test") if i.id == item).options[0].id
    nurse.set_cookie("language", "en")  # switched in another window before the button was pressed
    nurse.submit(page, {"options": [option]}, form="answer")
    with db.session() as session:
        assert session.scalars(select(Answer.language)).all() == ["es"]
        assert session.scalars(select(Attempt.language)).all() == ["es"]


def test_the_saved_time_is_in_the_time_zone_of_the_person(nurse: PageClient, db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        session.scalars(select(Person).where(Person.number == "1001")).one().zone = "Asia/Tokyo"
    page = begin_test(nurse, finish_all_but_the_test(nurse, db, clock))
    item = page.fields(page.form("answer"))["item"][0]
    option = next(i for i in CONTENT.items("post-test") if i.id == item).options[0].id
    nurse.submit(page, {"options": [option]}, form="answer")
    attempt = page.url.split("?")[0]
    assert "Saved 11:00" in nurse.page(f"{attempt}?item=1").text.replace("\u202f", " "), "14:00 UTC is 23:00 in Tokyo"


def test_a_remark_goes_to_the_authors_and_the_reply_comes_back(
    nurse: PageClient, db: Database, hospital: Hospital, signed_in: Callable[[int], PageClient]
) -> None:
    page = enrol(nurse)
    answer = nurse.submit(page, {"text": "The second example is unclear."}, form="remark").page
    assert "Thank you. The authors of this course have it on their list" in answer.text
    author = signed_in(hospital.person("3001", grants=((Role.AUTHOR, None),)))
    assert "1 remark of learners waits for a reply" in author.page("/authoring/courses").text
    work = author.page("/authoring/remarks")
    assert "The second example is unclear." in work.text and "version 1" in work.text and FIRST in work.text
    done = author.submit(work, {"reply": "Thank you, it is clearer now."}, form="reply").page
    assert "No remark is open" in done.text
    assert "Thank you, it is clearer now." in author.page("/authoring/remarks?show=answered").text
    assert "Thank you, it is clearer now." in nurse.page(f"/learn/1/{FIRST}").text
    with db.session() as session:
        row = session.scalars(select(Remark)).one()
        assert (row.step_id, row.item_id, row.language) == (FIRST, None, "en") and row.replied_by is not None
    assert nurse.get("/authoring/remarks").status_code == 403


def test_a_remark_on_a_question_names_it_and_an_empty_one_is_refused(
    nurse: PageClient, db: Database, clock: SetClock
) -> None:
    page = begin_test(nurse, finish_all_but_the_test(nurse, db, clock))
    item = page.fields(page.form("answer"))["item"][0]
    nurse.submit(page, {"text": "Two options mean the same."}, form="remark")
    with db.session() as session:
        assert session.scalars(select(Remark.item_id)).one() == item
    assert "Two options mean the same." not in nurse.page(page.url).text, "a reply could give an answer away"
    data = {"csrf_token": token(page), "text": "  ", "item": item}
    assert nurse.post("/learn/1/post-test/remark", data=data).status_code == 422
    data |= {"text": "x", "item": "no-such-item"}
    assert nurse.post("/learn/1/post-test/remark", data=data).status_code == 422


def test_the_printable_course_has_every_lesson_and_no_key(nurse: PageClient) -> None:
    enrol(nurse)
    page = nurse.page("/printable/1")
    for step in CONTENT.steps:
        assert step.title in page.text
    lesson = CONTENT.lesson(FIRST).split("\n\n")[0].strip("# ")[:25]
    assert lesson in page.text
    for item in CONTENT.items("post-test"):
        assert item.options[0].feedback[:40] not in page.text and item.stem[:40] not in page.text


@pytest.mark.browser
def test_a_switch_of_language_stays_at_the_same_block_and_so_does_another_device(
    published: None, hospital: Hospital, browser_as: Callable[..., BrowserPage]
) -> None:
    person = hospital.person("1001")
    page = browser_as(person, viewport={"width": 800, "height": 600})
    page.goto("/courses/la-110")
    with page.expect_navigation():
        page.get_by_role("button", name="Begin this course").click()
    page.locator("#block-6").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('block-6').scrollIntoView({block: 'start', behavior: 'instant'})")
    with page.expect_response("**/beat"):
        expect(page.locator("#saved-state")).to_contain_text("Place saved", timeout=10_000)
        page.mouse.wheel(0, 1)
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    assert int(page.url.rsplit("-", 1)[1]) in (4, 5, 6, 7)
    expect(page.locator(page.url[page.url.index("#") :])).to_be_in_viewport()
    elsewhere = browser_as(person, viewport={"width": 400, "height": 700})
    elsewhere.goto("/learn/1")
    assert "#block-" in elsewhere.url
    expect(elsewhere.locator(elsewhere.url[elsewhere.url.index("#") :])).to_be_in_viewport()


@pytest.mark.browser
def test_only_active_time_counts(
    published: None, hospital: Hospital, browser_as: Callable[..., BrowserPage], clock: SetClock, db: Database
) -> None:
    page = browser_as(hospital.person("1001"))
    page.clock.install()
    page.goto("/courses/la-110")
    with page.expect_navigation():  # whole, with the script that measures
        page.get_by_role("button", name="Begin this course").click()

    def live(seconds: int, *, active: bool) -> None:
        for _ in range(seconds // 30):
            if active:
                page.keyboard.press("Shift")
            clock.advance(seconds=30)
            if active:
                with page.expect_response("**/beat"):
                    page.clock.run_for(30_000)
            else:
                page.clock.run_for(30_000)
                page.wait_for_timeout(50)

    def minutes() -> float:
        with db.session() as session:
            return sum(session.scalars(select(StudyTime.seconds))) / 60

    page.clock.pause_at("2035-01-01")
    live(300, active=True)
    assert 4 <= minutes() <= 5.1
    live(1800, active=False)
    assert 4.5 <= minutes() <= 6.1, "half an hour away counts one minute at most"
    with db.session() as session:
        enrolment = session.scalars(select(Enrolment)).one()
        assert pace.minutes_spent(session, [enrolment.id])[enrolment.id] == int(minutes())
