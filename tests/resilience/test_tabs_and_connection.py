"""Two tabs, Back, reload, double clicks, and a connection or server that goes away: nothing is lost, nothing counts twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select

from config import Config
from lms.db import Database
from lms.files import FileStore
from lms.learning.models import Attempt
from tests.accounts.conftest import PASSWORD
from tests.resilience.conftest import Quiz, queued, wait_until
from tests.support.demo import sign_in
from tests.support.servers import ProcessServer

pytestmark = pytest.mark.browser

Begin = Callable[[FileStore], Quiz]


@pytest.fixture
def quiz(begin: Begin, config: Config) -> Quiz:
    """An open attempt of person 1001."""
    return begin(FileStore(config.data_dir / "files"))


def option(page: Page, quiz: Quiz, number: int, place: int) -> str:
    """Choose an option of a question that is open in the page; gives its id."""
    chosen = quiz.item(number).options[place].id
    page.locator(f"#answer input[value='{chosen}']").check()
    return chosen


def state(page: Page, words: str) -> None:
    expect(page.locator("#saved-state")).to_contain_text(words, timeout=40_000)


def following(page: Page) -> None:
    """Press Next once."""
    with page.expect_navigation():
        page.get_by_role("button", name="Next").click()


def test_two_tabs_back_and_reload_show_the_last_answer_given(quiz: Quiz, browser_as: Callable[..., Page]) -> None:
    one = browser_as(quiz.person_id)
    two = one.context.new_page()
    for tab in (one, two):
        tab.goto(f"{quiz.url}?item=1")
    option(one, quiz, 1, 0)
    state(one, "Saved")
    last = option(two, quiz, 1, 1)
    state(two, "Saved")
    following(one)  # nothing was changed here since, so the newer answer of the other tab stands
    expect(one.get_by_text("Question 2 of")).to_be_visible()
    one.go_back()
    expect(one.locator(f"input[value='{last}']")).to_be_checked()
    one.reload()
    expect(one.locator(f"input[value='{last}']")).to_be_checked()
    assert [options for _, options in quiz.given()] == [[quiz.item(1).options[0].id], [last]]


def test_a_double_click_moves_one_question_and_hands_in_once(
    quiz: Quiz, browser_as: Callable[..., Page], db: Database
) -> None:
    page = browser_as(quiz.person_id)
    page.goto(f"{quiz.url}?item=1")
    for number in range(1, len(quiz.drawn) + 1):
        expect(page.get_by_text(f"Question {number} of")).to_be_visible()
        option(page, quiz, number, 0)
        with page.expect_navigation():
            page.get_by_role("button", name="Next").dblclick()
    other = page.context.new_page()
    other.goto(f"{quiz.url}?item=1")
    with page.expect_navigation():
        page.get_by_role("button", name="Hand in").dblclick()
    page.wait_for_url("**/result")
    option(other, quiz, 1, 1)
    state(other, "has been handed in")
    assert len(quiz.given()) == len(quiz.drawn)
    with db.session() as session:
        assert session.scalar(select(func.count(Attempt.id))) == 1


def test_an_answer_given_offline_arrives_when_the_connection_is_back(
    quiz: Quiz, browser_as: Callable[..., Page]
) -> None:
    page = browser_as(quiz.person_id)
    page.goto(f"{quiz.url}?item=1")
    page.context.set_offline(True)
    chosen = option(page, quiz, 1, 1)
    state(page, "Not saved yet")
    page.get_by_role("button", name="Next").click()
    state(page, "Not saved yet")  # the press was tried, in vain: were the connection back before that, it would go on
    expect(page.get_by_text("Question 1 of")).to_be_visible()
    assert quiz.given() == []
    page.context.set_offline(False)
    state(page, "Saved")
    following(page)
    assert quiz.given() == [(quiz.item(1).id, [chosen])]


def test_an_answer_that_did_not_arrive_survives_a_reload_and_going_elsewhere(
    quiz: Quiz, browser_as: Callable[..., Page]
) -> None:
    page = browser_as(quiz.person_id)
    page.goto(f"{quiz.url}?item=1")
    page.route("**/answer", lambda route: route.abort())
    chosen = option(page, quiz, 1, 1)
    state(page, "Not saved yet")
    page.reload()
    expect(page.locator(f"input[value='{chosen}']")).to_be_checked()
    state(page, "Not saved yet")
    page.unroute("**/answer")
    page.goto(f"{quiz.url}?item=2")
    wait_until(page, lambda: queued(page) == [])
    assert quiz.given() == [(quiz.item(1).id, [chosen])]


def test_a_killed_server_loses_nothing(
    begin: Begin, new_context: Callable[..., BrowserContext], server_process: ProcessServer, tmp_path: Path
) -> None:
    quiz = begin(FileStore(tmp_path / "server-data" / "files"))
    server_process.start()
    page = new_context(base_url=server_process.url).new_page()
    page.goto("/learn/1")
    sign_in(page, "1001", PASSWORD)
    expect(page.get_by_text("Question 1 of")).to_be_visible()
    first = option(page, quiz, 1, 0)
    state(page, "Saved")
    following(page)
    server_process.kill()
    second = option(page, quiz, 2, 1)
    state(page, "Not saved yet")
    server_process.start()
    state(page, "Saved")
    page.goto("/learn/1")
    expect(page.get_by_text("Question 3 of")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    expect(page.locator(f"input[value='{second}']")).to_be_checked()
    assert [options for _, options in quiz.given()] == [[first], [second]]
