"""At a shared workstation, on a ward with holes in its network: no answer is lost, counts twice, or is taken for somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import select

from config import Config
from lms.db import Database
from lms.files import FileStore
from lms.learning.models import Answer, Attempt, Enrolment
from lms.learning.queries import responses
from tests.accounts.conftest import PASSWORD, Hospital
from tests.resilience.conftest import Quiz, queued, wait_until
from tests.support.clocks import SetClock
from tests.support.demo import sign_in
from tests.support.pages import PageClient

pytestmark = pytest.mark.browser


@pytest.fixture
def quiz(begin: Callable[[FileStore], Quiz], config: Config) -> Quiz:
    """An open attempt of person 1001."""
    return begin(FileStore(config.data_dir / "files"))


def option(page: Page, quiz: Quiz, number: int, place: int) -> str:
    """Choose an option of a question that is open in the page; gives its id."""
    chosen = quiz.item(number).options[place].id
    page.locator(f"#answer input[value='{chosen}']").check()
    return chosen


def state(page: Page, words: str) -> None:
    expect(page.locator("#saved-state")).to_contain_text(words, timeout=40_000)


def sign_in_over_the_page(page: Page, name: str) -> None:
    dialog = page.get_by_role("dialog", name="Sign in to go on")
    dialog.get_by_label("Employee number or e-mail address").fill(name)
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()


def counting(db: Database, quiz: Quiz) -> dict[str, object]:
    with db.session() as session:
        return dict(responses(session, quiz.attempt_id))


def test_a_session_that_ends_in_mid_item_is_taken_up_over_the_page(
    quiz: Quiz, new_context: Callable[..., BrowserContext], clock: SetClock, axe: Callable[..., None]
) -> None:
    page = new_context().new_page()
    page.goto(f"{quiz.url}?item=2")
    sign_in(page, "1001", PASSWORD)
    clock.advance(hours=1)
    chosen = option(page, quiz, 2, 1)
    dialog = page.get_by_role("dialog", name="Sign in to go on")
    expect(dialog).to_contain_text("Nothing is lost")
    state(page, "Not saved yet. Sign in to save it.")
    axe(page)
    dialog.get_by_label("Employee number or e-mail address").fill("1001")
    dialog.get_by_label("Password").fill("not this one")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    sign_in_over_the_page(page, "1001")
    expect(dialog).to_be_hidden()
    state(page, "Saved")
    expect(page.get_by_text("Question 2 of")).to_be_visible()
    assert quiz.given() == [(quiz.item(2).id, [chosen])], "kept by the server and sent again by the page: one answer"
    assert queued(page) == []
    with page.expect_navigation():
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Question 3 of")).to_be_visible()


def test_another_person_who_signs_in_over_the_page_gets_nothing_of_it(
    quiz: Quiz, new_context: Callable[..., BrowserContext], clock: SetClock, hospital: Hospital
) -> None:
    hospital.person("1002")
    page = new_context().new_page()
    page.goto(f"{quiz.url}?item=2")
    sign_in(page, "1001", PASSWORD)
    clock.advance(hours=1)
    page.route("**/answer", lambda route: route.abort())
    chosen = option(page, quiz, 2, 1)
    state(page, "Not saved yet")
    page.unroute("**/answer")
    sign_in_over_the_page(page, "1002")
    expect(page.get_by_role("heading", level=1)).to_have_text("My learning")
    page.goto(quiz.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing at this address")
    page.goto("/learning")
    page.wait_for_load_state("networkidle")  # whatever this page sends by itself has been sent
    assert len(queued(page)) == 1 and quiz.given() == [], "the first person's answer waits for the first person"
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()
    sign_in(page, "1001", PASSWORD)
    wait_until(page, lambda: queued(page) == [])
    assert quiz.given() == [(quiz.item(2).id, [chosen])]


def test_what_waits_survives_the_tab_and_is_sent_from_the_first_page(
    quiz: Quiz, browser_as: Callable[..., Page]
) -> None:
    page = browser_as(quiz.person_id)
    chosen = []
    for number in (1, 2):
        page.goto(f"{quiz.url}?item={number}")
        page.route("**/answer", lambda route: route.abort())
        chosen.append(option(page, quiz, number, 1))
        state(page, "Not saved yet")
    assert len(queued(page)) == 2
    later = page.context.new_page()
    page.close()
    later.goto("/learning")
    wait_until(later, lambda: queued(later) == [])
    assert quiz.given() == [(quiz.item(1).id, [chosen[0]]), (quiz.item(2).id, [chosen[1]])]


def test_an_answer_whose_receipt_got_lost_is_counted_once(quiz: Quiz, browser_as: Callable[..., Page]) -> None:
    page = browser_as(quiz.person_id)
    page.goto(f"{quiz.url}?item=1")
    lost = []

    def swallow(route: Route) -> None:
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/answer", swallow)
    chosen = option(page, quiz, 1, 0)
    state(page, "Saved")
    assert lost == [200] and quiz.given() == [(quiz.item(1).id, [chosen])]


def test_of_two_tabs_the_answer_given_last_counts_whatever_arrives_first(
    quiz: Quiz, browser_as: Callable[..., Page], db: Database, clock: SetClock
) -> None:
    clock.advance(minutes=30)
    one = browser_as(quiz.person_id)
    two = browser_as(quiz.person_id)  # another device
    for tab in (one, two):
        tab.goto(f"{quiz.url}?item=1")
    one.context.set_offline(True)
    early = option(one, quiz, 1, 0)
    state(one, "Not saved yet")
    late = option(two, quiz, 1, 1)
    state(two, "Saved")
    one.context.set_offline(False)
    state(one, "that one counts")
    assert [options for _, options in quiz.given()] == [[late], [early]], "both arrived"
    assert counting(db, quiz) == {quiz.item(1).id: {"options": [late]}}


@pytest.mark.parametrize("days", [-400, 3])
def test_a_browser_with_a_wrong_clock_gets_the_time_of_the_server(
    quiz: Quiz, browser_as: Callable[..., Page], db: Database, clock: SetClock, days: int
) -> None:
    page = browser_as(quiz.person_id)
    page.add_init_script(f"const right = Date.now; Date.now = () => right() + {days} * 86400000;")
    page.goto(f"{quiz.url}?item=1")
    option(page, quiz, 1, 0)
    state(page, "Saved 10:00")
    with db.session() as session:
        answer = session.scalars(select(Answer)).one()
    assert answer.saved_at == clock.now()
    assert answer.given_at == clock.now() or clock.now() - answer.given_at < timedelta(seconds=30)


def test_an_answer_to_a_check_given_without_a_network_goes_on_by_itself(
    quiz: Quiz, browser_as: Callable[..., Page], db: Database
) -> None:
    with db.session() as session:
        enrolment = session.scalars(select(Enrolment)).one()
    check = next(step.id for step in quiz.content.steps if step.kind == "check")
    page = browser_as(quiz.person_id)
    page.goto(f"/learn/{enrolment.id}/{check}")
    with page.expect_navigation():  # whole, with its scripts: the connection goes only then
        page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("Question 1 of")).to_be_visible()
    page.context.set_offline(True)
    page.locator("#answer input:enabled:not([type=hidden])").first.check()
    page.get_by_role("button", name="Check my answer").click()
    state(page, "Not saved yet")
    assert [entry["draft"] for entry in queued(page)] == [False]
    page.context.set_offline(False)
    expect(page.locator(".choice.fixed").first).to_be_visible(timeout=40_000)
    wait_until(page, lambda: queued(page) == [])
    with db.session() as session:
        attempt = session.scalars(select(Attempt.id).where(Attempt.step_id == check)).one()
        assert len(session.scalars(select(Answer).where(Answer.attempt_id == attempt)).all()) == 1


def test_handing_the_computer_over(quiz: Quiz, new_context: Callable[..., BrowserContext], hospital: Hospital) -> None:
    hospital.person("1002")
    page = new_context().new_page()
    page.goto(f"{quiz.url}?item=1")
    sign_in(page, "1001", PASSWORD)
    expect(page.locator(".whose")).to_contain_text("Test Person 1001")
    page.route("**/answer", lambda route: route.abort())
    option(page, quiz, 1, 1)
    state(page, "Not saved yet")
    page.get_by_role("button", name="Not you? Hand over").click()
    state(page, "Press once more")
    with page.expect_navigation():
        page.get_by_role("button", name="Not you? Hand over").click()
    expect(page.get_by_role("status")).to_contain_text("Test Person 1001 is signed out and loses nothing.")
    page.unroute("**/answer")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    sign_in(page, "1002", PASSWORD)
    page.goto("/learning")
    expect(page.get_by_text("Test Person 1002").first).to_be_visible()
    page.wait_for_load_state("networkidle")  # whatever this page sends by itself has been sent
    assert len(queued(page)) == 1 and quiz.given() == []


def test_the_attempt_of_another_person_takes_no_answer(
    quiz: Quiz, signed_in: Callable[[int], PageClient], hospital: Hospital
) -> None:
    stranger = signed_in(hospital.person("1002"))
    page = stranger.page("/learning")
    token = page.fields(page.form("sign-out"))["csrf_token"][0]
    data = {"csrf_token": token, "item": quiz.item(1).id, "options": quiz.item(1).options[0].id, "key": "x"}
    refused = stranger.post(f"{quiz.url}/answer", data=data, headers={"X-Requested-With": "fetch"})
    assert refused.status_code == 404 and quiz.given() == []
