"""The policy of a test on the pages: the pause between attempts, a time that the server keeps, answers that come late, and more time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from config import Config
from lms.audit import Actor
from lms.audit.models import AuditEntry
from lms.catalogue.actions import publish
from lms.catalogue.content import CourseContent
from lms.catalogue.disk import load_course
from lms.db import Database
from lms.errors import Conflict
from lms.files import FileStore
from lms.flows import allowing, assessing
from lms.learning import actions
from lms.learning.accommodations import Given
from lms.learning.models import Answer, Attempt, Enrolment
from lms.records.models import TrainingRecord
from lms.worker import Worker
from tests.accounts.conftest import Hospital
from tests.catalogue.making import FILES, write
from tests.support.clocks import SetClock
from tests.support.pages import Page, PageClient

RIGHT = {"one": ["what"], "two": ["listen", "wait"], "three": ["false"]}
DOOR = "/learn/1/post-test"


@pytest.fixture
def hospital(db: Database, clock: SetClock) -> Hospital:
    return Hospital(db, clock)


@pytest.fixture
def nurse(
    tmp_path: Path, db: Database, clock: SetClock, config: Config, hospital: Hospital,
    signed_in: Callable[[int], PageClient],
) -> PageClient:  # fmt: skip
    """Somebody in front of a test with a pause of 24 hours and a limit of 10 minutes."""
    policy = "attempts: 2\n        cool_down: 24 h\n        time_limit: 10 min\n        grace: 30 s"
    files = {**FILES, "course.yaml": FILES["course.yaml"].replace("attempts: 2", policy)}
    person = hospital.person("1001", email="nurse@mercy.test", department=hospital.department("ED"))
    loaded = load_course(write(tmp_path / "made", files))
    assert loaded.ok, loaded.problems
    with db.transaction() as session:
        store = FileStore(config.data_dir / "files")
        version = publish(session, loaded, store, by=Actor(None, clock.now())).version
        enrolment = actions.enrol(session, person, version.course_id, version.id, now=clock.now(), by=person)
        for step in loaded.content.steps[:-1] if loaded.content else ():
            actions.mark_done(session, enrolment, step.id, now=clock.now())
    return signed_in(person)


def begin(client: PageClient) -> Page:
    return client.submit(client.page(DOOR), form="start").page


def answer(client: PageClient, page: Page, right: bool = True, **more: str) -> Page:
    """Answer the question of the page with its button; gives the page after it."""
    item = page.fields(page.form("answer"))["item"][0]
    chosen = RIGHT[item] if right else [{"one": "must", "two": "hurry", "three": "true"}[item]]
    return client.submit(page, {"options": chosen, **more}, form="answer").page


def fail(client: PageClient) -> Page:
    page = answer(client, answer(client, begin(client), right=False), right=False)
    return client.submit(page, form="finish").page


def test_the_next_attempt_opens_after_the_pause_and_the_page_says_when_and_what_to_do(
    nurse: PageClient, clock: SetClock, db: Database, signed_in: Callable[[int], PageClient]
) -> None:
    assert "Pause between attempts 24 hours" in nurse.page(DOOR).text
    result = fail(nurse)
    opens = "Tuesday, June 16, 2026 at"
    assert f"The next attempt opens on {opens}" in result.text and "Try again" not in result.text
    door = nurse.page(DOOR)
    assert f"Your next attempt opens on {opens}" in door.text and "Eastern Daylight Time" in door.text
    assert "take another look at: Ask before you advise." in door.text and door.link("Your last answers").endswith(
        "/result"
    )
    assert f"The test opens again on {opens}" in nurse.page("/courses/tea-101").text
    token = door.fields(door.form("remark"))["csrf_token"][0]
    refused = nurse.post(f"{DOOR}/start", data={"csrf_token": token})
    assert refused.status_code == 409 and "The next attempt opens on Jun 16, 2026" in refused.text
    clock.advance(hours=24)
    assert "Question 1 of 2" in begin(signed_in(1)).text
    with db.session() as session:
        first, second = session.scalars(select(Attempt).order_by(Attempt.number)).all()
    assert (first.number, second.number) == (1, 2) and first.policy == second.policy
    assert (
        first.policy is not None and first.policy["cool_down"] == 86400 and first.policy["pass_mark_from"] == "author"
    )


def test_when_the_time_is_over_the_server_ends_it_with_what_was_saved_and_keeps_what_comes_late(
    nurse: PageClient, clock: SetClock, db: Database
) -> None:
    first = begin(nurse)
    assert "About 10 minutes left" in first.text and "until" in first.text
    clock.advance(minutes=10, seconds=20)
    second = answer(nurse, first)  # on its way while the time ended: within the grace
    assert "Question 2 of 2" in second.text and "The time is over" in second.text
    clock.advance(seconds=20)
    late = nurse.submit(second, {"options": RIGHT[second.fields(second.form("answer"))["item"][0]]}, form="answer")
    assert (
        "The time was over when this answer arrived. It is kept with your attempt and is not scored." in late.page.text
    )
    result = late.page
    assert "The time was over, so what was saved was handed in." in result.text
    assert "Not passed yet: 50%" in result.text and "after the time was over: “" in result.text
    assert "10 minutes" in result.text and "30 seconds after that" in result.text
    with db.session() as session:
        attempt = session.scalars(select(Attempt)).one()
        answers = session.scalars(select(Answer).order_by(Answer.id)).all()
    assert attempt.timed_out and attempt.score == 50 and attempt.deadline is not None
    assert attempt.finished_at is not None and (attempt.finished_at - attempt.started_at).total_seconds() == 630
    assert [row.late for row in answers] == [False, True]


def test_a_script_is_told_that_its_answer_came_late_and_where_to_go(
    nurse: PageClient, clock: SetClock, db: Database
) -> None:
    page = begin(nurse)
    fields = page.fields(page.form("answer"))
    clock.advance(minutes=11)
    data = {**fields, "options": RIGHT[fields["item"][0]], "age": "90000"}  # given a minute and a half ago, it says
    headers = {"X-Requested-With": "fetch", "Accept": "application/json"}
    for _ in range(2):  # the same key again is the same answer
        said = nurse.post("/attempt/1/answer", data=data, headers=headers)
        assert (
            said.status_code == 409 and "not scored" in said.json["error"] and said.json["next"] == "/attempt/1/result"
        )
    with db.session() as session:
        kept = session.scalars(select(Answer)).one()
        assert kept.late and (kept.saved_at - kept.given_at).total_seconds() == 90
        assert session.scalars(select(Attempt)).one().score == 0
    tampered = nurse.post("/attempt/1/answer", data={**data, "key": "x", "item": "nine"}, headers=headers)
    assert tampered.status_code == 422
    assert nurse.page("/attempt/1?item=2").url == "/attempt/1/result"


def test_the_worker_ends_it_when_nobody_comes_and_a_pass_counts_on_the_day_it_ended(
    nurse: PageClient, clock: SetClock, db: Database, config: Config
) -> None:
    answer(nurse, answer(nurse, begin(nurse)))
    worker = Worker(db, FileStore(config.data_dir / "files"), clock)
    worker.drain()
    with db.session() as session:
        assert session.scalars(select(Attempt)).one().finished_at is None
    clock.advance(days=3)
    worker.drain()
    with db.session() as session:
        attempt, record = session.scalars(select(Attempt)).one(), session.scalars(select(TrainingRecord)).one()
    assert attempt.timed_out and attempt.passed and record.completed_at == attempt.finished_at
    assert record.completed_on == date(2026, 6, 15)


def test_more_time_holds_at_once_also_for_an_attempt_that_is_running(
    nurse: PageClient, clock: SetClock, db: Database, config: Config, hospital: Hospital
) -> None:
    page = begin(nurse)
    chief = hospital.person("1", email="chief@mercy.test")
    with db.transaction() as session:
        person = session.scalars(select(Enrolment.person_id)).one()
        by = Actor(chief, clock.now())
        row = allowing.accommodate(
            session, person, Given(percent=150), first_day=date(2026, 6, 15), last_day=None, reason="Agreed.", actor=by
        )
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "accommodation.grant")).one()
        assert entry.reason is None and row.reason == "Agreed."
    clock.advance(minutes=14)
    Worker(db, FileStore(config.data_dir / "files"), clock).drain()  # its job comes too early, and is queued again
    page = nurse.page("/attempt/1")
    assert "About 1 minute left" in page.text
    answer(nurse, page)
    clock.advance(minutes=2)
    Worker(db, FileStore(config.data_dir / "files"), clock).drain()
    result = nurse.page("/attempt/1/result")
    assert "15 minutes, as agreed for this person (the course gives 10 minutes)" in result.text
    assert "15 minutes for you, as agreed, instead of 10 minutes" in nurse.page(DOOR).text


@pytest.mark.postgres
def test_ten_who_begin_and_end_at_once_are_one_attempt_and_one_end(
    nurse: PageClient, db: Database, clock: SetClock
) -> None:
    """Ten tabs begin in the moment in which the pause ends: one attempt. Ten touch it in the moment in which it closes: one end."""
    fail(nurse)
    content: CourseContent | None = None
    with db.session() as session:
        from lms.catalogue.queries import content as content_of

        content = content_of(session, session.scalars(select(Enrolment.version_id)).one())

    def at_once(do: Callable[[], object]) -> list[object]:
        gate, outcomes = threading.Barrier(10), []

        def one() -> None:
            gate.wait()
            try:
                outcomes.append(do())
            except Conflict:
                outcomes.append(None)

        threads = [threading.Thread(target=one) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def start() -> int:
        with db.transaction() as session:
            own = session.scalars(select(Enrolment)).one()
            return assessing.start_attempt(
                session, own, content, "post-test", language="en", seed="s", now=clock.now()
            ).number

    assert at_once(start) == [None] * 10
    clock.advance(hours=24)
    assert at_once(start) == [2] * 10
    clock.advance(hours=1)

    def touch() -> bool:
        with db.transaction() as session:
            return assessing.close_when_over(session, 2, Actor(None, clock.now()))

    assert at_once(touch) == [True] * 10
    with db.session() as session:
        assert session.scalar(select(func.count(Attempt.id))) == 2
        ends = session.scalars(select(Attempt.finished_at).where(Attempt.number == 2)).one()
    assert ends is not None and ends < clock.now()
    with pytest.raises(Conflict):
        start()
