"""A requirement from the form to the learner's dashboard, and through its later life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from config import Config
from lms.access import Role
from lms.audit import Actor, AuditEntry
from lms.catalogue.actions import publish
from lms.catalogue.disk import load_course
from lms.compliance import queries
from lms.compliance.actions import publish_requirement
from lms.compliance.drafts.actions import begin
from lms.compliance.drafts.models import RequirementDraft
from lms.compliance.drafts.sheet import sheet_of
from lms.compliance.models import Requirement, RequirementVersion
from lms.db import Database
from lms.files import FileStore
from lms.worker import Worker
from tests.accounts.conftest import Hospital
from tests.catalogue.making import sound
from tests.compliance.test_drafts import FILES, versions
from tests.support.clocks import SetClock
from tests.support.pages import Page, PageClient
from tests.web.conftest import Enter

FORM: dict[str, Any] = {
    "title": "Asking, every year", "code": "ASK", "satisfied.courses*": ["tea-101"], "grace": "14", "audience.kind": "all",
    "audience.0.kind": "patient_contact", "audience.0.is": "yes",
}  # fmt: skip
"""The rest is as the form begins: due within 30 days, again every year, renewal opens 60 days before it is due."""


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

    def press(self, page: Page, do: str, **changes: Any) -> TestResponse:
        """Send the form with changes and a button; fields that are not drawn yet may be sent as well."""
        sent: dict[str, Any] = {**page.fields(page.form("requirement")), **changes, "do": do}
        action = page.form("requirement").get("action") or ""
        return self.hr.post(action, data={k: v for k, v in sent.items() if v is not None}, follow_redirects=True)

    def rehearse(self, **changes: Any) -> TestResponse:
        """Fill in the form of a new requirement, and rehearse it."""
        return self.press(self.hr.page("/requirements/new"), "rehearse", **{**FORM, **changes})

    def publish(self, page: Page) -> TestResponse:
        """Publish what was rehearsed, whatever was told about it."""
        confirmed = {"confirmed": "yes"} if any(e.get("id") == "confirmed" for e in page.all("input")) else {}
        return self.hr.submit(page, confirmed, form="publish")

    def build(self, **changes: Any) -> TestResponse:
        """From the form to what is in force."""
        return self.publish(self.rehearse(**changes).page)

    def count(self, model: Any = RequirementVersion) -> int:
        """How many versions of requirements there are."""
        with self.db.session() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0

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
    read_back = desk.press(desk.hr.page(page.link("New requirement")), "check", **FORM).page
    for sentence in (
        "For everyone with patient contact.",
        "To do: Asking before advising.",
        "First due 30 days after hire or after it begins to apply, whichever is later.",
        "Due again 1 year after each completion.",
        "Renewal opens 60 days before it is due.",
        "Grace: 14 days after the due day, counted as late.",
    ):
        assert sentence in read_back.text
    assert desk.count() == 0 and "Being built" in desk.hr.page("/requirements").text, "reading back publishes nothing"
    rehearsal = desk.press(read_back, "rehearse").page
    assert "On June 15, 2026 it would apply to 1 person." in rehearsal.text
    assert ["Open", "0", "1", "+1"] in rehearsal.rows() and "It begins to apply to them 1 person" in rehearsal.text
    listed = desk.hr.page("/requirements/drafts/1/people").text
    assert "1001" in listed and "Not applicable" in listed and "Jul 15, 2026" in listed
    assert desk.count() == 0
    done = desk.publish(rehearsal).page
    assert "The requirement is published" in done.text and "In force" in done.text
    assert (
        "Being built" not in desk.hr.page("/requirements").text
        and desk.hr.get("/requirements/drafts/1").status_code == 404
    )
    learner = signed_in(desk.nurse)
    assert "Nothing is due" in learner.page("/learning").text, "until it has been worked out"
    assert desk.worker.drain() >= 1
    listed = desk.hr.page("/requirements")
    assert "1 person is asked today: 0 compliant, 0 late, 1 due soon." in listed.text
    home = learner.page("/learning").text
    assert "Asking before advising" in home and "July 15, 2026" in home.replace("Jul 15", "July 15")
    assert "Asked of everyone with patient contact. Due on July 15, 2026, " in home, "why it is assigned"
    office = signed_in(hospital.person("2001"))
    assert "Asking" not in office.page("/learning").text, "without patient contact nothing is asked"


def test_parts_are_added_and_taken_away_without_a_script(desk: Desk) -> None:
    page = desk.press(desk.hr.page("/requirements/new"), "add:audience", **{**FORM, "new:audience": "none"}).page
    page = desk.press(page, "add:audience.1", **{"new:audience.1": "job"}).page
    page = desk.press(page, "add:audience.1", **{"new:audience.1": "department"}).page
    page = desk.press(page, "check", **{"audience.1.0.in+": "Volunteer; Porter", "audience.1.1.in*": ["ED"]}).page
    assert (
        "For everyone with patient contact, except those whose job is one of: Porter, Volunteer or in Ed and below."
        in page.text
    )
    assert "Nobody has the job “Porter”." in page.text
    nobody = "On its first day nobody is in the audience. Look at the conditions again"
    assert nobody in page.text, "the only nurse is in the department that is left out"
    page = desk.press(page, "remove:audience.1.1").page
    assert nobody not in desk.press(page, "check").page.text
    page = desk.press(page, "refresh", **{"satisfied.kind": "hours", "recurs.kind": "fixed"}).page
    refused = desk.press(page, "check", **{"satisfied.number": "", "recurs.month": "2", "recurs.day": "30"})
    assert refused.status_code == 422 and "This month has no such day." in refused.page.text
    assert refused.page.by_id("f-recurs.day").get("aria-invalid") == "true"
    page = desk.press(refused.page, "check", **{"satisfied.number": "1.5", "recurs.day": "28"}).page
    assert "90 minutes of training" in page.text and "Due on February 28, again after 1 year." in page.text


def test_it_is_built_in_spanish_too(desk: Desk) -> None:
    desk.hr.set_cookie("language", "es")
    page = desk.rehearse().page
    assert "Foundations" not in page.text and page.all("html")[0].get("lang") == "es"


def test_every_shape_of_rule_stands_in_the_form_as_it_was(desk: Desk, clock: SetClock) -> None:
    """What the browser sends of a form that nobody touched says the same as the file from which it came."""
    documents = [document for path in FILES[::4] for document in versions(path)[:1]]
    with desk.db.transaction() as session:
        for document in documents:
            begin(session, document, Actor(None, clock.now()))
    for number, document in enumerate(documents, 1):
        page = desk.hr.page(f"/requirements/drafts/{number}")
        desk.hr.post(f"/requirements/drafts/{number}", data={**page.fields(page.form("requirement")), "do": "refresh"})
        with desk.db.session() as session:
            kept = session.get_one(RequirementDraft, number).document
        usual = [sheet_of(document), sheet_of(kept)]
        said = [
            {k: v for k, v in sheet.values.items() if v not in ("own_policy", "late", "stops", "none")}
            for sheet in usual
        ]
        assert said[0] == {k: v for k, v in said[1].items() if k in said[0] or not k.endswith("_unit")}, page.url
        assert usual[0].audience == usual[1].audience, page.url


def test_the_same_draft_as_text(desk: Desk) -> None:
    page = desk.press(desk.hr.page("/requirements/new"), "check", **FORM).page
    text = desk.hr.page("/requirements/drafts/1/text")
    written = text.fields(text.form("draft-text"))["text"][0]
    assert "field: patient_contact" in written and desk.hr.get("/requirements/drafts/1/rule.yaml").text == written
    wrong = desk.hr.submit(text, {"text": written.replace("kind: rolling", "kind: roling")}, form="draft-text")
    line = next(n for n, each in enumerate(written.splitlines(), 1) if "kind: rolling" in each)
    assert wrong.status_code == 422 and f"Line {line}: This field has no such value." in wrong.page.text
    assert "roling" in wrong.page.fields(wrong.page.form("draft-text"))["text"][0], "what was written is not lost"
    form = desk.hr.submit(text, {"text": written.replace("years: 1", "months: 18")}, form="draft-text").page
    assert "Due again 18 months after each completion." in form.text
    gone = desk.hr.submit(form, form="discard").page
    assert "thrown away" in gone.text and desk.hr.get("/requirements/drafts/1").status_code == 404
    assert page and desk.count(Requirement) == 0


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
    both = {"satisfied.courses*": ["tea-101", "tea-102"]}
    desk.build(**both)
    desk.build(**both, code="EITHER", **{"satisfied.needs": "any"})
    desk.worker.drain()
    learner = signed_in(desk.nurse)
    home = learner.page("/learning", budget=10).text
    assert "Asking before advising" in home and "Pouring tea" in home and "2 courses are due." in home
    passes(desk.nurse)
    home = learner.page("/learning", budget=10).text
    assert "1 course is due." in home and "Pouring tea" in home


def test_a_new_version_leaves_the_past_and_is_compared(desk: Desk, clock: SetClock) -> None:
    desk.build()
    desk.worker.drain()
    desk.go_to(clock, date(2026, 9, 1))
    assert desk.state(date(2026, 9, 1)) == ["overdue"]
    form = desk.hr.page(desk.hr.page("/requirements/1").link("New version"))
    held = form.fields(form.form("requirement"))
    assert (
        held["title"] == ["Asking, every year"] and held["audience.0.is"] == ["yes"] and held["recurs.every"] == ["1"]
    )
    assert held["code"] == ["ASK"] and held["from"] == ["2026-09-01"]
    changes = {"audience.0.kind": "department", "audience.0.in*": ["ED"], "from": "2026-10-01", "first.within": "60"}
    rehearsal = desk.press(form, "rehearse", **changes).page
    assert "For everyone in Ed and below." in rehearsal.text and ["Overdue", "1", "1", "0"] in rehearsal.rows()
    done = desk.publish(rehearsal).page
    desk.worker.drain()
    assert done.text.count("In force from") == 2 and "until before Oct 1, 2026" in done.text
    newest = done.text.split("Newest version")[1].split("Version 1")[0]
    assert "For everyone in Ed and below." in newest and "First due 60 days after hire" in newest, "it is read back"
    assert desk.state(date(2026, 7, 1)) == ["open"]
    assert desk.state(date(2026, 9, 1)) == ["overdue"]
    listed = desk.hr.page("/requirements").text
    assert "version 1, in force since Jun 15, 2026" in listed, "until October the first version is what holds"
    compared = desk.hr.page(done.link("Compare versions"))
    first, second = compared.text.split("Version 2", 2)[-1], compared.text
    assert (
        "Only here: For everyone in Ed and below." in first
        and "Only here: For everyone with patient contact." in second
    )
    assert "Only here: To do" not in compared.text and "On June 15, 2026 Required 1 Open 1" in compared.text
    desk.go_to(clock, date(2026, 10, 2))
    assert "version 2, in force since Oct 1, 2026" in desk.hr.page("/requirements").text
    assert "Asked of everyone in Ed and below. " in desk.sign_in(desk.nurse).page("/learning", budget=11).text


def test_a_pending_version_is_shown_and_changes_nothing(desk: Desk, clock: SetClock) -> None:
    desk.build()
    desk.worker.drain()
    form = desk.hr.page("/requirements/1/version")
    sent = {
        "status": "pending",
        "authority": "statute",
        "citation": "Bill 12",
        "source": "the gazette",
        "recurs.kind": "once",
    }
    rehearsal = desk.press(form, "rehearse", **sent).page
    assert "A pending version is shown and changes nothing." in rehearsal.text
    assert desk.hr.submit(rehearsal, {"confirmed": None}, form="publish").status_code == 422 and desk.count() == 1
    done = desk.publish(rehearsal).page
    assert "Pending, not enforced" in done.text and "Bill 12" in done.text and "the gazette" in done.text
    desk.worker.drain()
    assert "version 1, in force since" in desk.hr.page("/requirements").text
    assert "Due again 1 year after each completion." in desk.hr.page("/requirements").text


def test_one_that_begins_later_is_listed(desk: Desk) -> None:
    desk.build(**{"from": "2026-12-01"})
    text = desk.hr.page("/requirements").text
    assert "0 requirements are in force today" in text and "begins on Dec 1, 2026" in text


def test_retiring_shows_what_it_does_and_keeps_the_past(desk: Desk, clock: SetClock) -> None:
    desk.build()
    desk.worker.drain()
    desk.go_to(clock, date(2026, 7, 25))
    page = desk.hr.page(desk.hr.page("/requirements/1").link("Retire"))
    assert "After July 25, 2026 it would no longer apply to 1 person." in page.text and ["In grace", "1"] in page.rows()
    assert desk.hr.submit(page, {"last_day": "", "reason": "x"}, form="retirement").status_code == 422
    refused = desk.hr.submit(page, {"last_day": "2026-05-01", "reason": "x"}, form="retirement")
    assert refused.status_code == 422 and "cannot end before it begins" in refused.page.text
    done = desk.hr.submit(page, {"last_day": "2026-07-24", "reason": "Replaced by another"}, form="retirement").page
    assert "The requirement ends after that day." in done.text and "Ended" in done.text
    desk.worker.drain()
    assert desk.state(date(2026, 7, 24)) == ["in_grace"]
    assert desk.state(date(2026, 7, 25)) == []
    assert "ended before Jul 25, 2026" in desk.hr.page("/requirements").text
    with desk.db.session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "requirement.retire")).one()
        assert entry.reason == "Replaced by another"
    token = page.fields(page.form("retirement"))
    again = desk.hr.post("/requirements/1/retire", data={**token, "last_day": "2026-07-30", "reason": "x"})
    assert again.status_code == 422 and "has ended by that day already" in again.page.text


def test_bad_input_is_told_at_its_field_and_nothing_is_published(desk: Desk) -> None:
    wrong = {
        "satisfied.courses*": None, "title": "", "code": "", "first.within": "soon", "recurs.every": "0", "from": "2026-02-31",
        "grace": "99999", "authority": "statute", "recurs.early": "maybe", "audience.kind": "nobody", "unknown": "x",
    }  # fmt: skip
    answer = desk.rehearse(**wrong)
    assert answer.status_code == 422
    for field in ("title", "code", "first.within", "recurs.every", "from", "grace", "citation"):
        assert answer.page.by_id(f"f-{field}").get("aria-invalid") == "true", field
    assert "f-satisfied.courses" in str(answer.page.links())
    refused = desk.rehearse(**{"satisfied.courses*": None, "satisfied.courses+": "no-such-course"})
    assert refused.status_code == 422 and "Nobody can satisfy this rule" in refused.page.text
    assert "There is no course" in refused.page.text and "It can be published like this" not in refused.page.text
    assert desk.rehearse(**{"recurs.kind": "now and then"}).status_code == 422
    kept = desk.press(
        desk.hr.page("/requirements/new"), "add:audience", **{**FORM, "from": "", "new:audience": "none"}
    ).request.path
    assert "Give the day from which it is in force." in desk.hr.page(f"{kept}/rehearsal").text
    many = {f"audience.{n}.kind": "job" for n in range(300)}
    assert desk.press(desk.hr.page("/requirements/new"), "check", **{**FORM, **many}).status_code == 422
    assert desk.count() == 0 and desk.count(Requirement) == 0


def test_a_code_is_taken_once(desk: Desk) -> None:
    desk.build()
    answer = desk.rehearse(code="ask", title="Another")
    assert answer.status_code == 422 and "There is a requirement with the code “ASK” already." in answer.page.text
    assert desk.count() == 1


def test_many_people_are_rehearsed_beside_the_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lms.compliance.drafts.actions.AT_ONCE", 0)
    waiting = desk.rehearse().page
    assert "being rehearsed beside the pages" in waiting.text and "Publish" not in waiting.text
    going = [element for element in waiting.all("div") if element.get("data-going") is not None]
    assert "0 of" in "".join(going[0].itertext()), "what the browser looks up again while it waits"
    desk.worker.drain()
    done = desk.hr.page(waiting.link("Look again"))
    assert "it would apply to 1 person" in done.text
    assert not [element for element in done.all("div") if element.get("data-going") is not None]


def test_what_was_changed_after_the_rehearsal_is_rehearsed_again(desk: Desk) -> None:
    rehearsal = desk.rehearse().page
    desk.press(desk.hr.page("/requirements/drafts/1"), "check", grace="20")
    stale = desk.hr.submit(rehearsal, form="publish")
    assert stale.status_code == 409 and "Rehearse it first" in stale.page.text and desk.count() == 0
    again = desk.hr.submit(desk.hr.page("/requirements/drafts/1/rehearsal"), form="rehearsal").page
    assert desk.publish(again).status_code == 200 and desk.count() == 1


def test_a_version_of_any_shape_stands_in_the_form(desk: Desk, clock: SetClock) -> None:
    rule = {"courses": ["tea-101"], "first": {"within": {"days": 30}}, "rejoin_within": 10}
    with desk.db.transaction() as session:
        publish_requirement(session, "ODD", "Odd", rule, date(2026, 6, 15), Actor(None, clock.now()))
    form = desk.hr.page("/requirements/1/version")
    assert form.fields(form.form("requirement"))["rejoin_within"] == ["10"]


def test_who_may_look_and_who_may_build(desk: Desk, enter: Enter) -> None:
    desk.build()
    assert "Retire" in desk.hr.page("/requirements/1").text
    desk.rehearse(code="MORE")
    auditor = enter(Role.AUDITOR)
    page = auditor.page("/requirements/1")
    assert "Retire" not in page.text and "New version" not in page.text
    assert "Being built" in auditor.page("/requirements").text
    assert auditor.get("/requirements/drafts/2").location == "/requirements/drafts/2/rehearsal"
    read = auditor.page("/requirements/drafts/2/rehearsal").text
    assert "What it says" in read and "On its first day" in read and "Publish it" not in read
    written = auditor.page("/requirements/drafts/2/text").text
    assert "requirement: MORE" in written and "Keep this text" not in written
    assert (
        auditor.page("/requirements/drafts/2/people").text
        and auditor.get("/requirements/drafts/2/rule.yaml").status_code == 200
    )
    assert {auditor.get(f"/requirements/{path}").status_code for path in ("new", "1/retire", "1/version")} == {403}
    for client in (enter(), enter(Role.MANAGER), enter(Role.EXECUTIVE), enter(Role.AUTHOR)):
        assert client.get("/requirements").status_code == 403
    assert desk.hr.get("/requirements/99").status_code == 404
    assert desk.hr.get("/requirements/99/version").status_code == 404
    assert desk.hr.get("/requirements/1/compare").status_code == 404
