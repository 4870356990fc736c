"""A course from enrolling to the certificate, as a learner without JavaScript takes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import func, select

from config import Config
from lms.access import Role
from lms.catalogue.disk import load_course
from lms.certificates.models import Certificate
from lms.db import Database
from lms.errors import Conflict
from lms.files import FileStore
from lms.learning import accommodations, actions
from lms.learning.accommodations import Given
from lms.learning.models import Answer, Attempt, Enrolment, StepDone
from lms.notices.models import Mail
from lms.records.models import TrainingRecord
from lms.worker import Worker
from tests.accounts.conftest import Hospital
from tests.learning.conftest import COURSES
from tests.support.clocks import SetClock
from tests.support.pages import Page, PageClient

CONTENT = load_course(COURSES / "la-110").content
assert CONTENT is not None
RIGHT = {item.id: [o.id for o in item.options if o.correct] for step in ("post-test",) for item in CONTENT.items(step)}


def enrol(client: PageClient) -> Page:
    page = client.page("/courses/la-110")
    return client.submit(page, form="enrol").page


def finish_all_but_the_test(client: PageClient, db: Database, clock: SetClock) -> Enrolment:
    """Everything but the test is done (the single parts have tests of their own)."""
    enrol(client)
    with db.transaction() as session:
        enrolment = session.scalars(select(Enrolment)).one()
        for step in CONTENT.steps:
            if step.kind != "test":
                actions.mark_done(session, enrolment, step.id, now=clock.now())
        return enrolment


def begin_test(client: PageClient, enrolment: Enrolment) -> Page:
    door = client.page(f"/learn/{enrolment.id}/post-test")
    return client.submit(door, form="start").page


def answer_everything(client: PageClient, page: Page, right: bool = True) -> Page:
    """Answer each question with the button, to the review page."""
    while "/review" not in page.url:
        form = page.form("answer")
        item = page.fields(form)["item"][0]
        known = next(i for i in CONTENT.items("post-test") if i.id == item)
        chosen = RIGHT[item] if right else [next(o.id for o in known.options if not o.correct)]
        page = client.submit(page, {"options": chosen}, form="answer").page
    return page


def test_enrolling_opens_the_first_part_and_remembers_the_place(nurse: PageClient) -> None:
    page = enrol(nurse)
    first = CONTENT.steps[0]
    assert page.h1 == first.title
    following = nurse.submit(page, form="done").page
    assert following.h1 == CONTENT.steps[1].title
    assert nurse.get("/learn/1", follow_redirects=True).page.h1 == CONTENT.steps[1].title


def test_enrolling_twice_is_enrolling_once(nurse: PageClient, db: Database) -> None:
    enrol(nurse)
    enrol_again = nurse.post("/courses/la-110/enrol", data={"csrf_token": _token(nurse)})
    assert enrol_again.status_code == 303
    with db.session() as session:
        assert session.scalar(select(func.count(Enrolment.id))) == 1


def test_the_test_stays_closed_until_everything_else_is_done(nurse: PageClient) -> None:
    enrol(nurse)
    page = nurse.page("/learn/1/post-test")
    assert "opens when all other parts" in page.text and f"Next comes: {CONTENT.steps[0].title}" in page.text
    assert nurse.page(page.link("Continue")).h1 == CONTENT.steps[0].title
    refused = nurse.post("/learn/1/post-test/start", data={"csrf_token": _token(nurse)})
    assert refused.status_code == 409


def test_passing_writes_record_certificate_and_mail_at_once(
    nurse: PageClient, db: Database, clock: SetClock, config: Config, hospital: Hospital
) -> None:
    enrolment = finish_all_but_the_test(nurse, db, clock)
    review = answer_everything(nurse, begin_test(nurse, enrolment))
    result = nurse.submit(review, form="finish").page
    assert "You passed with 100%" in result.text
    with db.session() as session:
        record = session.scalars(select(TrainingRecord)).one()
        assert (record.score, record.pass_mark, record.completed_on) == (100.0, 80.0, date(2026, 6, 15))
        assert (record.minutes, record.job, record.department_path) == (45, "Nurse", "Ed")
        certificate = session.scalars(select(Certificate)).one()
        assert certificate.valid_until == date(2027, 6, 14)
        assert session.get_one(Enrolment, enrolment.id).completed_at is not None
    assert Worker(db, FileStore(config.data_dir / "files"), clock).drain() >= 1
    with db.session() as session:
        mail = session.scalars(select(Mail)).one()
        assert mail.recipient == "nurse@mercy.test" and len(mail.attachments) == 1
    pdf = nurse.get(f"/certificates/{certificate.number}.pdf")
    assert pdf.mimetype == "application/pdf" and pdf.data.startswith(b"%PDF")
    assert pdf.data == nurse.get(f"/certificates/{certificate.number}.pdf").data
    public = nurse.page(f"/verify/{certificate.number.lower()}")
    assert "This certificate is valid." in public.text and "Test Person 1001" in public.text
    transcript = nurse.page("/transcript")
    assert certificate.number in transcript.text and "Language Access Essentials" in transcript.text
    nurse.set_cookie("language", "es")
    for path in ("/transcript", "/learning"):
        assert "Fundamentos del acceso lingüístico" in nurse.page(path).text, "a reader's own language"
    nurse.set_cookie("language", "en")
    assert "Nothing is due" in nurse.page("/learning").text


def test_handing_in_twice_counts_once(nurse: PageClient, db: Database, clock: SetClock) -> None:
    review = answer_everything(nurse, begin_test(nurse, finish_all_but_the_test(nurse, db, clock)))
    for _ in range(2):
        assert nurse.submit(review, form="finish", follow=False).status_code == 303
    with db.session() as session:
        assert session.scalar(select(func.count(TrainingRecord.id))) == 1
        assert session.scalar(select(func.count(Certificate.id))) == 1


def test_a_double_click_saves_one_answer_and_the_last_answer_counts(
    nurse: PageClient, db: Database, clock: SetClock
) -> None:
    page = begin_test(nurse, finish_all_but_the_test(nurse, db, clock))
    fields = page.fields(page.form("answer"))
    item = next(i for i in CONTENT.items("post-test") if i.id == fields["item"][0])
    sent = {**fields, "options": [item.options[0].id]}
    for _ in range(2):
        nurse.post("/attempt/1/answer", data=sent)
    nurse.post("/attempt/1/answer", data={**fields, "key": "another", "options": [item.options[1].id]})
    with db.session() as session:
        answers = session.scalars(select(Answer).order_by(Answer.sequence)).all()
        assert [a.response["options"] for a in answers] == [[item.options[0].id], [item.options[1].id]]
    again = nurse.page("/attempt/1?item=1")
    checked = [e.get("value") for e in again.all("input") if "checked" in e.attrib]
    assert checked == [item.options[1].id]


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"item": "no-such-item"}, 422, "not in this attempt"),
        ({"options": ["no-such-option"]}, 422, "no option"),
    ],
)
def test_tampered_answers_are_refused_and_nothing_is_kept(
    nurse: PageClient, db: Database, clock: SetClock, change: dict[str, object], status: int, words: str
) -> None:
    page = begin_test(nurse, finish_all_but_the_test(nurse, db, clock))
    fields = {**page.fields(page.form("answer")), "options": ["x"], **change}
    refused = nurse.post("/attempt/1/answer", data=fields)
    assert refused.status_code == status and words in refused.page.text
    with db.session() as session:
        assert session.scalar(select(func.count(Answer.id))) == 0


def test_somebody_elses_attempt_does_not_exist(
    nurse: PageClient, db: Database, clock: SetClock, hospital: Hospital, signed_in: Callable[[int], PageClient]
) -> None:
    begin_test(nurse, finish_all_but_the_test(nurse, db, clock))
    other = signed_in(hospital.person("1002"))
    assert other.get("/attempt/1").status_code == 404
    assert (
        other.post("/attempt/1/answer", data={"csrf_token": _token(other), "item": "x", "options": "y"}).status_code
        == 404
    )
    assert other.get("/learn/1").status_code == 404


def test_attempts_run_out_the_page_says_who_can_help_and_a_grant_gives_one_more(
    nurse: PageClient, db: Database, clock: SetClock
) -> None:
    enrolment = finish_all_but_the_test(nurse, db, clock)
    for _ in range(3):
        review = answer_everything(nurse, begin_test(nurse, enrolment), right=False)
        result = nurse.submit(review, form="finish").page
    assert "Your attempts are used up" in result.text
    door = nurse.page(f"/learn/{enrolment.id}/post-test")
    assert "Your manager or HR can give you another one" in door.text
    assert "Your attempts are used up" in nurse.page("/courses/la-110").text
    assert nurse.post(f"/learn/{enrolment.id}/post-test/start", data={"csrf_token": _token(nurse)}).status_code == 409
    with db.transaction() as session:
        held = session.get_one(Enrolment, enrolment.id)
        accommodations.accommodate(
            session, held.person_id, Given(attempts=1), first_day=date(2026, 1, 1), last_day=None, reason="Night shift",
            now=clock.now(), by=held.person_id, enrolment_id=held.id,
        )  # fmt: skip
    assert "You have been given another attempt" in nurse.page("/courses/la-110").text
    begin_test(nurse, enrolment)
    assert "another attempt" not in nurse.page("/courses/la-110").text
    with db.session() as session:
        assert session.scalars(select(Attempt.number).order_by(Attempt.number)).all() == [1, 2, 3, 4]


@pytest.mark.postgres
def test_the_limit_holds_when_ten_tabs_start_at_once(nurse: PageClient, db: Database, clock: SetClock) -> None:
    enrolment = finish_all_but_the_test(nurse, db, clock)
    for _ in range(2):
        review = answer_everything(nurse, begin_test(nurse, enrolment), right=False)
        nurse.submit(review, form="finish")
    gate, outcomes = threading.Barrier(10), []

    def start() -> None:
        gate.wait()
        with db.session(write=True) as session:
            try:
                own = session.get_one(Enrolment, enrolment.id)
                attempt = actions.start(session, own, CONTENT, "post-test", language="en", seed="s", now=clock.now())
                session.commit()
                outcomes.append(attempt.number)
            except Conflict:
                outcomes.append(None)

    threads = [threading.Thread(target=start) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) == {3}
    with db.session() as session:
        assert session.scalar(select(func.count(Attempt.id)).where(Attempt.enrolment_id == enrolment.id)) == 3


def test_a_scenario_is_played_choice_by_choice_and_ends_in_a_debrief(nurse: PageClient, db: Database) -> None:
    enrol(nurse)
    step = next(step for step in CONTENT.steps if step.kind == "scenario")
    page = nurse.submit(nurse.page(f"/learn/1/{step.id}"), form="start").page
    turns = 0
    assert "Trust Medium" in page.text, "where it stands is told in a word, not by a bar alone"
    moved = False
    while not page.url.endswith("/result"):
        radios = [e for e in page.all("input") if e.get("name") == "options"]
        if not radios:  # a scene that offers a clock, which nobody has to take
            page = nurse.submit(page, {"press": ["off"]}, form="answer").page
            continue
        before = page
        page = nurse.submit(page, {"options": [radios[0].get("value")]}, form="answer").page
        turns += 1
        moved = moved or "Has risen" in page.text or "Has fallen" in page.text
        repeated = nurse.post(
            "/attempt/1/choose", data={**before.fields(before.form("answer")), "options": radios[0].get("value")}
        )
        assert repeated.status_code == 303
    assert moved and "Looking back at your choices" in page.text
    with db.session() as session:
        assert session.scalar(select(func.count(Answer.id))) == turns
        assert session.scalars(select(StepDone.step_id)).all() in ([step.id], [])


def test_a_spanish_reader_gets_the_course_in_spanish(nurse: PageClient, db: Database) -> None:
    nurse.set_cookie("language", "es")
    page = enrol(nurse)
    assert page.all("html")[0].get("lang") == "es"
    assert page.h1 != CONTENT.steps[0].title
    nurse.set_cookie("language", "en")
    assert nurse.page(page.url).h1 == CONTENT.steps[0].title


def _token(client: PageClient) -> str:
    page = client.page("/courses")
    return page.fields(page.form())["csrf_token"][0]


def test_hr_corrects_a_name_and_the_old_certificate_says_that_it_was_replaced(
    nurse: PageClient, db: Database, clock: SetClock, hospital: Hospital, signed_in: Callable[[int], PageClient]
) -> None:
    review = answer_everything(nurse, begin_test(nurse, finish_all_but_the_test(nurse, db, clock)))
    nurse.submit(review, form="finish")
    with db.session() as session:
        old = session.scalars(select(Certificate)).one()
    desk = signed_in(hospital.person("2001", grants=((Role.HR, None),)))
    training = desk.page(f"/people/{old.person_id}/training")
    page = desk.page(training.link("Correct the certificate"))
    desk.submit(page, {"name": "Nguyễn Thị Ana", "reason": "Misspelt"}, form="change")
    with db.session() as session:
        new = session.scalars(select(Certificate).where(Certificate.supersedes_id == old.id)).one()
    assert "Nguyễn Thị Ana" in nurse.page(f"/verify/{new.number}").text
    replaced = nurse.page(f"/verify/{old.number}").text
    assert "has been replaced by a corrected one" in replaced and new.number in replaced
