"""A session ends in the middle of a question: signing in again leads back to it, and the answer is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config import Config
from lms.files import FileStore
from tests.accounts.conftest import PASSWORD, Hospital
from tests.resilience.conftest import Quiz
from tests.support.clocks import SetClock
from tests.support.pages import Page, PageClient, page_of

Begin = Callable[[FileStore], Quiz]


@pytest.fixture
def quiz(begin: Begin, config: Config) -> Quiz:
    """An open attempt of person 1001."""
    return begin(FileStore(config.data_dir / "files"))


def enter(client: PageClient, page: Page | None = None, name: str = "1001") -> Page:
    """Sign in on the page one was led to."""
    page = page or client.page("/sign-in")
    return page_of(client.submit(page, {"name": name, "password": PASSWORD}, form="sign-in"))


def checked(page: Page) -> list[str | None]:
    return [e.get("value") for e in page.all("input") if "checked" in e.attrib]


def late_answer(client: PageClient, quiz: Quiz, clock: SetClock) -> Page:
    """Answer the second question an hour too late, with the button; gives the sign-in page."""
    page = client.page(f"{quiz.url}?item=2")
    clock.advance(hours=1)
    chosen = {"options": [quiz.item(2).options[1].id]}
    headers = {"Referer": f"http://localhost{page.url}"}
    shown = page_of(client.submit(page, chosen, form="answer", headers=headers))
    assert shown.h1 == "Sign in" and "Your answer is kept" in shown.text
    return shown


def test_without_javascript_the_answer_sent_too_late_is_kept_and_shown(
    quiz: Quiz, client: PageClient, clock: SetClock
) -> None:
    enter(client)
    back = enter(client, late_answer(client, quiz, clock))
    assert "Question 2 of" in back.text
    assert checked(back) == [quiz.item(2).options[1].id]
    assert quiz.given() == [(quiz.item(2).id, [quiz.item(2).options[1].id])]


def test_another_person_at_the_same_computer_gets_nothing_of_it(
    quiz: Quiz, client: PageClient, clock: SetClock, hospital: Hospital
) -> None:
    hospital.person("1002")
    enter(client)
    late_answer(client, quiz, clock)
    stranger = enter(client, client.page("/sign-in"), name="1002")
    assert stranger.h1 == "My learning" and quiz.given() == []
    assert client.get(quiz.url).status_code == 404
    client.submit(client.page("/learning"), form="sign-out")
    enter(client)
    assert quiz.given() == [(quiz.item(2).id, [quiz.item(2).options[1].id])]
