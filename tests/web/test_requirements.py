"""A requirement from the form to the learner's dashboard, and through its later life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from config import Config
from lms.access import Role
from lms.audit import Actor, AuditEntry
from lms.catalogue.actions import publish
from lms.catalogue.disk import load_course
from lms.clock import SetClock
from lms.compliance import queries
from lms.compliance.models import Requirement, RequirementVersion
from lms.db import Database
from lms.files import FileStore
from lms.worker import Worker
from tests.accounts.conftest import Hospital
from tests.catalogue.making import sound
from tests.support.pages import PageClient
from tests.web.conftest import Enter

FORM: dict[str, Any] = {
    "title": "Asking, every year", "code": "ASK", "courses": ["tea-101"], "needs": "all", "contact": "yes",
    "within": "30", "within_unit": "days", "recurs": "rolling", "every": "12", "opens_before": "60", "grace": "14",
}  # fmt: skip


@dataclass
class Desk:
    """HR at the desk, and a nurse of the Emergency Department who was hired in 2021."""

    sign_in: Callable[[int], PageClient]
    hr_id: int
    hr: PageClient
    nurse: int
    db: Database
    worker: Worker

    def go_to(self, clock: SetClock, day: date) -> None:
        """It is another day, and HR has signed in again."""
        clock.moment = clock.moment.replace(year=day.year, month=day.month, day=day.day)
        self.hr = self.sign_in(self.hr_id)

    def build(self, **changes: Any) -> Any:
        """Fill in the form, and publish it as read back."""
        page = self.hr.submit(
            self.hr.page("/requirements/new"), {**FORM, **changes}, form="requirement", button="Read it back"
        ).page
        return self.hr.submit(page, form="requirement", button="Publish this requirement")

    def count(self) -> int:
        """How many versions of requirements there are."""
        with self.db.session() as session:
            return session.scalar(select(func.count(RequirementVersion.id))) or 0

    def state(self, day: date) -> list[str]:
        """The nurse's states on a day, one for each duty."""
        with self.db.session() as session:
            return [str(duty.state) for duty in queries.duties(session, self.nurse, day)]


@pytest.fixture
def desk(
    hospital: Hospital,
    signed_in: Callable[[int], PageClient],
    db: Database,
    config: Config,
    clock: SetClock,
    tmp_path: Path,
) -> Desk:
    files = FileStore(config.data_dir / "files")
    with db.transaction() as session:
        publish(session, load_course(sound(tmp_path)), files, by=Actor(None, clock.now()))
    main = hospital.department("MAIN")
    nurse = hospital.person("1001", department=hospital.department("ED", main))
    hr = hospital.person("9001", grants=((Role.HR, None),))
    return Desk(signed_in, hr, signed_in(hr), nurse, db, Worker(db, files, clock))


def test_from_the_form_to_the_dashboard(desk: Desk, signed_in: Callable[[int], PageClient], hospital: Hospital) -> None:
    page = desk.hr.page("/requirements")
    assert "Nothing is required yet" in page.text
    read_back = desk.hr.submit(
        desk.hr.page(page.link("New requirement")), FORM, form="requirement", button="Read it back"
    ).page
    for sentence in (
        "For everyone with patient contact.",
        "To do: Asking before advising.",
        "First due 30 days after hire or after it begins to apply, whichever is later.",
        "Due again 1 year after each completion.",
        "Renewal opens 60 days before it is due.",
        "Grace: 14 days after the due day, counted as late.",
    ):
        assert sentence in read_back.text
    assert desk.count() == 0, "reading back writes nothing"
    done = desk.hr.submit(read_back, form="requirement", button="Publish this requirement").page
    assert "The requirement is published" in done.text and "In force" in done.text
    learner = signed_in(desk.nurse)
    assert "Nothing is due" in learner.page("/learning").text, "until it has been worked out"
    assert desk.worker.drain() >= 1
    home = learner.page("/learning").text
    assert "Asking before advising" in home and "July 15, 2026" in home.replace("Jul 15", "July 15")
    office = signed_in(hospital.person("2001"))
    assert "Asking" not in office.page("/learning").text, "without patient contact nothing is asked"


def test_it_is_built_in_spanish_too(desk: Desk) -> None:
    desk.hr.set_cookie("language", "es")
    page = desk.hr.submit(desk.hr.page("/requirements/new"), FORM, form="requirement").page
    assert "Foundations" not in page.text and page.all("html")[0].get("lang") == "es"


def test_of_several_courses_those_that_are_left_are_shown(
    desk: Desk, signed_in: Callable[[int], PageClient], passes: Callable[[int], object], tmp_path: Path, db: Database,
    clock: SetClock,
) -> None:  # fmt: skip
    other = tmp_path / "more" / "tea-102"
    sound(tmp_path / "more").rename(other)
    text = (other / "course.yaml").read_text().replace("tea-101", "tea-102").replace("TEA-101", "TEA-102")
    (other / "course.yaml").write_text(text.replace("title: Asking before advising", "title: Pouring tea"))
    with db.transaction() as session:
        publish(session, load_course(other), desk.worker.bench.files, by=Actor(None, clock.now()))
    desk.build(courses=["tea-101", "tea-102"])
    desk.build(courses=["tea-101", "tea-102"], code="EITHER", needs="any")
    desk.worker.drain()
    learner = signed_in(desk.nurse)
    home = learner.page("/learning").text
    assert "Asking before advising" in home and "Pouring tea" in home and "2 courses are due." in home
    passes(desk.nurse)
    home = learner.page("/learning").text
    assert "1 course is due." in home and "Pouring tea" in home


def test_a_new_version_leaves_the_past(desk: Desk, clock: SetClock) -> None:
    desk.build()
    desk.worker.drain()
    desk.go_to(clock, date(2026, 9, 1))
    assert desk.state(date(2026, 9, 1)) == ["overdue"]
    shown = desk.hr.page("/requirements/1")
    form = desk.hr.page(shown.link("New version"))
    held = form.fields(form.form("requirement"))
    assert held["title"] == ["Asking, every year"] and held["contact"] == ["yes"] and held["every"] == ["12"]
    page = desk.hr.submit(
        form,
        {"contact": "", "departments": ["ED"], "from_day": "2026-10-01", "within": "60"},
        form="requirement",
        button="Read it back",
    ).page
    assert "For everyone in Ed and below." in page.text
    done = desk.hr.submit(page, form="requirement", button="Publish this requirement").page
    desk.worker.drain()
    assert done.text.count("In force from") == 2 and "until before Oct 1, 2026" in done.text
    newest = done.text.split("Newest version")[1].split("Version 1")[0]
    assert "For everyone in Ed and below." in newest and "First due 60 days after hire" in newest, "it is read back"
    assert desk.state(date(2026, 7, 1)) == ["open"]
    assert desk.state(date(2026, 9, 1)) == ["overdue"]
    listed = desk.hr.page("/requirements").text
    assert "version 1, in force since Jun 15, 2026" in listed, "until October the first version is what holds"
    desk.go_to(clock, date(2026, 10, 2))
    assert "version 2, in force since Oct 1, 2026" in desk.hr.page("/requirements").text


def test_what_is_done_before_renewal_opens_counts_or_not_as_the_form_says(desk: Desk, clock: SetClock) -> None:
    desk.build(early="no")
    form = desk.hr.page(desk.hr.page("/requirements/1").link("New version"))
    assert "What is done before it opens does not count for it." in desk.hr.page("/requirements/1").text
    assert form.fields(form.form("requirement"))["early"] == ["no"] and "would be lost" not in form.text
    read_back = desk.hr.submit(form, {"early": "yes"}, form="requirement", button="Read it back").page
    assert "does not count for it" not in read_back.text


def test_one_that_begins_later_is_listed(desk: Desk) -> None:
    desk.build(from_day="2026-12-01")
    text = desk.hr.page("/requirements").text
    assert "0 requirements are in force today" in text and "begins on Dec 1, 2026" in text


def test_retiring_keeps_the_past(desk: Desk, clock: SetClock) -> None:
    desk.build()
    desk.go_to(clock, date(2026, 7, 25))
    page = desk.hr.page("/requirements/1")
    assert desk.hr.submit(page, {"last_day": "", "reason": "x"}, form="retire").status_code == 422
    refused = desk.hr.submit(page, {"last_day": "2026-05-01", "reason": "x"}, form="retire")
    assert refused.status_code == 422 and "cannot end before it begins" in refused.page.text
    done = desk.hr.submit(page, {"last_day": "2026-07-24", "reason": "Replaced by another"}, form="retire").page
    assert "The requirement ends after that day." in done.text and "Ended" in done.text
    desk.worker.drain()
    assert desk.state(date(2026, 7, 24)) == ["in_grace"]
    assert desk.state(date(2026, 7, 25)) == []
    assert "ended before Jul 25, 2026" in desk.hr.page("/requirements").text
    with desk.db.session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "requirement.retire")).one()
        assert entry.reason == "Replaced by another"
    token = page.fields(page.form("retire"))
    again = desk.hr.post("/requirements/1/retire", data={**token, "last_day": "2026-07-30", "reason": "x"})
    assert again.status_code == 422 and "has ended by that day already" in again.page.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"courses": []}, "Choose at least one course."),
        ({"courses": ["no-such-course"]}, "Courses:"),
        ({"departments": ["NOWHERE"]}, "Departments:"),
        ({"title": ""}, "Give it a title."),
        ({"code": ""}, "Give it a code."),
        ({"code": "a code!"}, "Use letters, digits, dots and hyphens"),
        ({"within": ""}, "Enter a number."),
        ({"within": "-1"}, "First due within:"),
        ({"within": "soon"}, "First due within:"),
        ({"every": "0"}, "Every how many months:"),
        ({"every": ""}, "Say after how many months it is due again."),
        ({"from_day": "2026-02-31"}, "In force from:"),
        ({"from_day": ""}, "Enter the first day."),
        ({"recurs": "now and then"}, "Again:"),
        ({"grace": "9999"}, "Days of grace"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(desk: Desk, changes: dict[str, Any], words: str) -> None:
    page = desk.hr.page("/requirements/new")
    sent = {**page.fields(page.form("requirement")), **FORM, **changes, "publish": "1"}
    answer = desk.hr.post("/requirements/new", data=sent)
    assert answer.status_code == 422 and words in answer.page.text
    assert desk.count() == 0
    with desk.db.session() as session:
        assert session.scalar(select(func.count(Requirement.id))) == 0


def test_a_code_is_taken_once(desk: Desk) -> None:
    desk.build()
    answer = desk.build(code="ask", title="Another")
    assert answer.status_code == 422 and "There is a requirement with the code “ASK” already." in answer.page.text
    assert desk.count() == 1


def test_a_job_that_nobody_has_is_asked_about(desk: Desk) -> None:
    filled = {**FORM, "jobs": "Nurse; Nruse"}
    page = desk.hr.submit(desk.hr.page("/requirements/new"), filled, form="requirement", button="Read it back").page
    assert "Is this what you mean?" in page.text and "Nobody has the job “Nruse”." in page.text
    assert "“Nurse”" not in page.text
    assert desk.hr.submit(page, form="requirement", button="Publish this requirement").status_code == 200, (
        "it may be right all the same"
    )


def test_a_version_that_says_more_than_the_form_warns(desk: Desk, clock: SetClock) -> None:
    from lms.compliance.actions import publish_requirement

    rule = {"courses": ["tea-101"], "first": {"within": {"days": 30}}, "rejoin_within": 10}
    with desk.db.transaction() as session:
        publish_requirement(session, "ODD", "Odd", rule, date(2026, 6, 15), Actor(None, clock.now()))
    assert "would be lost" in desk.hr.page("/requirements/1/version").text


def test_who_may_look_and_who_may_build(desk: Desk, enter: Enter) -> None:
    desk.build()
    assert "Retire this requirement" in desk.hr.page("/requirements/1").text
    auditor = enter(Role.AUDITOR)
    page = auditor.page("/requirements/1")
    assert "Retire" not in page.text and "New version" not in page.text
    assert auditor.get("/requirements/new").status_code == 403
    for client in (enter(), enter(Role.MANAGER), enter(Role.EXECUTIVE), enter(Role.AUTHOR)):
        assert client.get("/requirements").status_code == 403
    assert desk.hr.get("/requirements/99").status_code == 404
    assert desk.hr.get("/requirements/99/version").status_code == 404
