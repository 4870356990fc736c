"""Pre-test and testing out, evaluation, attestation and follow-up: from the first page to the record and its facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from config import Config
from lms.audit import Actor
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish
from lms.catalogue.content import CourseContent
from lms.certificates.models import Certificate
from lms.compliance import gathering
from lms.compliance.actions import publish_requirement
from lms.db import Database
from lms.files import FileStore
from lms.learning import actions, surveys
from lms.learning.models import Attempt, AttemptKind, Attestation, Enrolment, FollowUp, SurveyAnswer
from lms.learning.progress import has_tested_out, is_locked, progress, to_do, waits_for
from lms.records.models import TrainingRecord
from lms.worker import Worker
from tests.accounts.conftest import Hospital
from tests.catalogue.test_survey_checks import course
from tests.support.clocks import SetClock
from tests.support.pages import PageClient, page_of

BEFORE = ("why-ask", "quick", "tea")


@pytest.fixture
def hospital(db: Database, clock: SetClock) -> Hospital:
    return Hospital(db, clock)


@pytest.fixture
def taken(
    db: Database, clock: SetClock, config: Config, hospital: Hospital, tmp_path: Path
) -> tuple[int, CourseContent]:
    """The small course with everything around its test, and the nurse 1001's enrolment in it."""
    nurse = hospital.person("1001", email="nurse@mercy.test", department=hospital.department("ED"))
    with db.transaction() as session:
        files = FileStore(config.data_dir / "files")
        version = publish(session, course(tmp_path), files, by=Actor(None, clock.now())).version
        enrolment = actions.enrol(session, nurse, version.course_id, version.id, now=clock.now(), by=nurse)
        return enrolment.id, catalogue.content(session, version.id)


@pytest.fixture
def nurse(taken: object, db: Database, signed_in: Callable[[int], PageClient]) -> PageClient:
    with db.session() as session:
        person = session.get_one(Enrolment, 1).person_id
    return signed_in(person)


def steps(content: CourseContent, *done: str) -> list[str]:
    return [step.id for step in to_do(content, frozenset(done))]


def test_what_is_left_and_open(taken: tuple[int, CourseContent]) -> None:
    content = taken[1]
    everything = ["before", *BEFORE, "post-test", "say", "follow"]
    assert steps(content) == everything
    assert steps(content, "why-ask") == everything[2:], "a pre-test is passed over once anything else is done"
    assert steps(content, *BEFORE, "post-test") == ["say", "follow"]
    assert steps(content, "before", "post-test") == ["say", "follow"], "who tested out has no lessons left"
    assert has_tested_out(content, frozenset({"before", "post-test"}))
    assert not has_tested_out(content, frozenset({*BEFORE, "post-test"}))
    table = {"before": (), "post-test": BEFORE, "say": ("post-test",), "follow": ("post-test",)}
    for step, opens in table.items():
        assert not is_locked(content, content.step(step), frozenset(opens)), step
        assert is_locked(content, content.step(step), frozenset({"quick"})), step
    assert [step.id for step in waits_for(content, frozenset({"post-test"}))] == ["follow"], (
        "the evaluation is voluntary"
    )
    whole = progress(content, frozenset(BEFORE))
    assert (whole.done, whole.total, whole.minutes_left) == (3, 6, 9)


def attempt_of(db: Database, kind: AttemptKind) -> Attempt:
    with db.session() as session:
        return session.scalars(select(Attempt).where(Attempt.kind == kind)).one()


def answer_all(client: PageClient, db: Database, content: CourseContent, kind: AttemptKind) -> Attempt:
    """Begin at the door and answer everything right, by forms alone."""
    items = {item.id: item for item in content.items("post-test")}
    page = client.submit(client.page(f"/learn/1/{content.test.id if kind == 'test' else 'before'}"), form="answer").page  # type: ignore[union-attr]
    for entry in attempt_of(db, kind).drawn:
        item = items[entry["item"]]
        page = client.submit(page, item.fields(item.key()), form="answer").page
    client.submit(page, form="answer")
    return attempt_of(db, kind)


def records(db: Database) -> list[TrainingRecord]:
    with db.session() as session:
        return list(session.scalars(select(TrainingRecord)))


def test_a_duty_that_asks_for_a_statement_leads_to_the_course_in_which_it_is_made(
    taken: tuple[int, CourseContent], nurse: PageClient, db: Database, clock: SetClock, hospital: Hospital
) -> None:
    assert taken
    with db.transaction() as session:
        rule = {"satisfied_by": {"attestation": "asking-policy"}, "first": {"within": {"days": 30}}}
        publish_requirement(session, "STATE", "Statement on asking", rule, clock.now().date(), Actor(None, clock.now()))
    Worker(db, FileStore(Path("unused")), clock).drain()
    page = nurse.page("/learning")
    assert "1 course is due." in page.text and "July 15, 2026" in page.text


def test_the_record_waits_for_the_attestation_and_not_for_the_evaluation(
    nurse: PageClient, taken: tuple[int, CourseContent], db: Database, clock: SetClock
) -> None:
    content = taken[1]
    shown = nurse.page("/courses/tea-101").text
    for words in ("Pre-test, voluntary", "Evaluation, voluntary", "Attestation, needed for the record"):
        assert words in shown, "the learner is told before they begin"
    assert "opens when the test is passed" in nurse.page("/learn/1/say").text
    with db.transaction() as session:
        for step in BEFORE:
            actions.mark_done(session, session.get_one(Enrolment, 1), step, now=clock.now())
    answer_all(nurse, db, content, AttemptKind.TEST)
    result = nurse.page(f"/attempt/{attempt_of(db, AttemptKind.TEST).id}/result").text
    assert "wait for what is still to do: I will" in result
    assert not records(db), "passed, but the statement is not made"
    assert "wait for what is still to do" in nurse.page(nurse.get("/learn/1/post-test").location).text
    again = nurse.post(
        "/learn/1/post-test/start", data=nurse.page("/learn/1/say").fields(nurse.page("/learn/1/say").form())
    )
    assert "You have passed this test" in page_of(again, 409).text

    # the evaluation: saved as given, twice the same counts once, sent once
    page = nurse.page("/learn/1/say")
    assert "Your record does not depend on it" in page.text and "11 people" in page.text
    form = {"item": "say", "useful": "much", "commit": "ask", "words": "Shorter.", "key": "k1"}
    for _ in range(2):
        assert nurse.submit(page, form, form="answer").status_code == 200
    with db.session() as session:
        assert [row.response for row in session.scalars(select(SurveyAnswer))] == [
            {"useful": "much", "commit": ["ask"], "words": {"text": "Shorter."}}
        ]
    assert "Shorter." in nurse.page("/learn/1/say").text, "kept for going on"
    refused = page_of(nurse.submit(page, {**form, "useful": None, "key": "k2", "press": "send"}, form="answer"), 422)
    assert "not answered yet" in refused.text
    sent = nurse.submit(page, {**form, "key": "k3", "press": "send"}, form="answer").page
    assert "Your full name, as a signature" in sent.text, "on to what is left"
    assert "Thank you" in (said := nurse.page("/learn/1/say").text) and "Ask first" in said

    # the attestation
    page = nurse.page("/learn/1/follow")
    assert "I have read the policy" in page.text
    assert "Type your full name" in page_of(nurse.submit(page, {"signed_as": " "}, form="answer"), 422).text
    for _ in range(2):
        done = nurse.submit(page, {"signed_as": " Nia  Nurse "}, form="answer").page
    assert "Nia Nurse" in done.text and "Your record of this course is written." in done.text
    [record] = records(db)
    assert (record.how, record.minutes, record.score) == ("course", 20, 100)
    with db.session() as session:
        [made] = session.scalars(select(Attestation))
        assert (made.name, made.language, made.version_id) == ("asking-policy", "en", record.version_id)
        assert made.statement.startswith("I have read the policy")
        assert session.scalars(select(Certificate)).one().record_id == record.id
        facts = gathering.people(session, [made.person_id])[made.person_id]
        [fact] = facts.done()["attestation:asking-policy"]
        assert (fact[2].kind, fact[2].completed_on) == ("attestation", made.made_on)


def test_testing_out_counts_the_minutes_that_are_granted(
    nurse: PageClient, taken: tuple[int, CourseContent], db: Database
) -> None:
    content = taken[1]
    assert "A record by testing out is worth 3 minutes of the course's 20" in nurse.page("/learn/1/before").text
    attempt = answer_all(nurse, db, content, AttemptKind.PRE_TEST)
    page = nurse.page(f"/attempt/{attempt.id}/result")
    assert "You know this already" in page.text and "Question by question" not in page.text
    assert not records(db)
    signing = nurse.submit(page, form=f"/attempt/{attempt.id}/test-out").page
    assert "Your full name" in signing.text and not records(db), "the statement is still to be made"
    nurse.submit(signing, {"signed_as": "Nia Nurse"}, form="answer")
    [record] = records(db)
    assert (record.how, record.minutes, record.topics) == ("test_out", 3, {"cultural_competency": 3})
    assert "Tested out" in nurse.page("/transcript").text
    with db.session() as session:
        facts = gathering.people(session, [record.person_id])[record.person_id]
        [(_, _, fact)] = facts.done()["topic:cultural_competency"]
        assert fact.topics == (("cultural_competency", 3),), "hours count what the version grants, no more"


def test_a_pre_test_is_taken_once_and_first(nurse: PageClient, taken: object, db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        actions.mark_done(session, session.get_one(Enrolment, 1), "why-ask", now=clock.now())
    assert "the pre-test is over" in nurse.page("/learn/1/before").text
    late = nurse.post(
        "/learn/1/before/start", data=nurse.page("/learn/1/quick").fields(nurse.page("/learn/1/quick").form("answer"))
    )
    assert "once, before the course" in page_of(late, 409).text


def test_the_follow_up_asks_what_became_of_it(
    signed_in: Callable[[int], PageClient], taken: tuple[int, CourseContent], db: Database, clock: SetClock
) -> None:
    content = taken[1]
    with db.transaction() as session:
        enrolment = session.get_one(Enrolment, 1)
        person = enrolment.person_id
        for step in (*BEFORE, "post-test"):
            actions.mark_done(session, enrolment, step, now=clock.now())
        surveys.save(
            session, enrolment, "say", {"useful": "much", "commit": ["ask"]}, language="en", key="k", now=clock.now()
        )
        surveys.send(session, enrolment, content, "say", now=clock.now(), zone="UTC")
        actions.close(session, enrolment, now=clock.now(), completed=True)
    assert "What has changed" not in signed_in(person).page("/learning").text
    clock.advance(days=74)
    assert "not open" in signed_in(person).page("/follow-up/1").text
    clock.advance(days=1)
    nurse = signed_in(person)
    assert "What has changed since then?" in nurse.page("/learning").text
    page = nurse.page("/follow-up/1")
    assert "Ask first" in page.text and "Use teach-back" not in page.text, "only what was intended is asked about"
    thanks = nurse.submit(page, {"kept.ask": "done", "press": "send"}, form="answer").page
    assert "Thank you" in thanks.text
    with db.session() as session:
        [row] = session.scalars(select(FollowUp))
        assert row.answered_at == clock.now() and row.closes_on == clock.now().date() + timedelta(days=29)
        last = surveys.said(session, 1, "follow-up")
        assert last is not None and last.response == {"kept": {"ask": "done"}}
    assert "What has changed" not in nurse.page("/learning").text
