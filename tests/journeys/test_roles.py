"""The main job of each role besides the learner, in a real browser: signing in with the form, and doing it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from lms.db import Database
from lms.learning.models import Accommodation, Enrolment
from lms.people.models import Person
from tests.journeys.lived import CSV, fail_thrice
from tests.support.clocks import SetClock
from tests.support.demo import sign_in

pytestmark = pytest.mark.browser

Who = Callable[[str], int]


def title(page: Page, words: str) -> None:
    """The page is headed by something with these words."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def onward(page: Page, target: Locator) -> None:
    """Press what leads to another page, and wait until that is whole: what is asked next is asked of it, not of this one."""
    with page.expect_navigation():
        target.click()


def enter(page: Page, target: Locator) -> None:
    """The same with the keyboard."""
    target.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def go(page: Page, name: str) -> None:
    """Choose from the main menu."""
    onward(page, page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True))


def download(page: Page, name: str) -> bytes:
    """What a link gives as a file."""
    address = page.get_by_role("link", name=name).first.get_attribute("href") or ""
    answer = page.request.get(address)
    assert answer.status == 200 and "attachment" in answer.headers["content-disposition"]
    return answer.body()


def test_a_manager_finds_who_is_stuck_and_gives_another_attempt(
    page: Page, db: Database, clock: SetClock, who: Who
) -> None:
    with db.transaction() as session:
        enrolment = session.scalars(
            select(Enrolment).where(Enrolment.person_id == who("learner"), Enrolment.closed_at.is_(None))
        ).one()
        fail_thrice(session, clock, enrolment)
    sign_in(page, "manager")
    title(page, "My team")
    onward(page, page.get_by_role("link", name="Everybody").first)
    onward(page, page.get_by_role("row").filter(has_text="Lena Marsh").get_by_role("link").first)
    title(page, "Lena Marsh")
    go(page, "My team")
    onward(page, page.get_by_role("link", name="Give another attempt"))
    hers = page.get_by_role("form", name="Lena Marsh")  # somebody else waits on the page, too
    hers.get_by_label("Reason").fill("We went through the missed questions together.")
    onward(page, hers.get_by_role("button", name="Give one more attempt"))
    expect(page.get_by_role("status").filter(has_text="has one more attempt")).to_be_visible()
    with db.session() as session:
        grant = session.scalars(select(Accommodation)).one()
        assert (grant.enrolment_id, grant.recorded_by, grant.extra_attempts) == (enrolment.id, who("manager"), 1)


def test_hr_looks_at_another_day_and_takes_the_people_behind_a_number_along(page: Page) -> None:
    sign_in(page, "hr")
    title(page, "Today, Monday, June 15, 2026")
    go(page, "Completion")
    title(page, "Completion as of June 15, 2026")
    page.get_by_label("As of", exact=True).fill("2026-01-31")
    onward(page, page.get_by_role("button", name="Show this day"))
    title(page, "Completion as of January 31, 2026")
    whole = page.get_by_role("row").filter(has_text="Riverbend Health").last
    number = whole.get_by_role("link").nth(1)  # the first is the rate, which opens what it is made of
    shown = int(number.inner_text().replace(",", ""))
    onward(page, number)
    expect(page.get_by_label("As of", exact=True)).to_have_value("2026-01-31")
    rows = list(csv.reader(io.StringIO(download(page, "Download CSV").decode("utf-8-sig"))))
    assert ["As of January 31, 2026"] in rows, "the file says for which day it is"
    start = next(place for place, row in enumerate(rows) if row[:1] == ["Number"]) + 1
    end = rows.index([], start) if [] in rows[start:] else len(rows)
    assert end - start == shown, "as many people as the number said"


FILES = {
    "manager": ["/team/people.csv", "/team/people.xlsx", "/team/departments.csv", "/team/departments.xlsx"],
    "hr": [
        "/completion/departments.csv", "/completion/departments.xlsx", "/completion/people.csv", "/completion/people.xlsx",
    ],
    "executive": ["/leadership/rollup.pdf", "/leadership/rollup.json", "/leadership/rollup.xlsx"],
}  # fmt: skip
BEGINNINGS = {"csv": b"", "xlsx": b"PK", "json": b"{", "pdf": b"%PDF"}


@pytest.mark.parametrize("role", list(FILES))
def test_every_file_arrives_whole(browser_as: Callable[..., Page], who: Who, role: str) -> None:
    page = browser_as(who(role))
    for path in FILES[role]:
        answer = page.request.get(f"{path}?as_of=2026-03-31")
        assert answer.status == 200, path
        body = answer.body()
        assert len(body) > 200 and body.startswith(BEGINNINGS[path.rpartition(".")[2]]), path


def test_hr_builds_rehearses_and_publishes_a_requirement_by_keyboard(page: Page) -> None:
    """The simple rule with one condition, without a mouse: parts come without a new page, and the focus goes to them."""
    sign_in(page, "hr")
    go(page, "Requirements")
    main, keys = page.get_by_role("main"), page.keyboard
    enter(page, page.get_by_role("link", name="New requirement"))
    expect(page.get_by_role("button", name="Update the form")).to_be_hidden()
    page.get_by_label("Title").focus()
    keys.type("Language access for the front desk")
    keys.press("Tab")
    keys.type("FRONT-DESK")
    main.get_by_role("checkbox", name="LA-110").focus()
    keys.press("Space")
    main.get_by_label("Add a condition").focus()
    keys.type("Job")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("#f-audience\\.0 select")).to_be_focused()
    expect(page.get_by_label("It is for")).to_have_value("all")
    main.get_by_label("Find in this list").last.focus()
    keys.type("regist")
    expect(main.get_by_role("checkbox", name="Clerk")).to_have_count(0)
    page.locator("#f-audience\\.0").get_by_role("checkbox", name="Registrar", exact=True).focus()
    keys.press("Space")
    enter(page, main.get_by_role("button", name="Read it back").last)
    expect(page.get_by_role("status").filter(has_text="This is what the requirement says")).to_contain_text("Registrar")
    enter(page, main.get_by_role("button", name="Rehearse it"))
    expect(main).to_contain_text("What changes for whom")
    if main.get_by_label("I have read this").count():
        main.get_by_label("I have read this").focus()
        keys.press("Space")
    enter(page, main.get_by_role("button", name="Publish this requirement"))
    title(page, "Language access for the front desk")
    expect(main).to_contain_text("Version 1")


def test_hr_takes_a_file_in_after_a_dry_run_and_takes_it_back(page: Page, db: Database) -> None:
    def testing() -> list[str]:
        with db.session() as session:
            return list(
                session.scalars(select(Person.number).where(Person.source == "journey").order_by(Person.number))
            )

    sign_in(page, "hr")
    page.goto("/people/import/")
    page.get_by_label("Staff file (CSV)").set_input_files(
        {"name": "staff.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    )
    page.get_by_label("System the numbers come from").fill("journey")
    onward(page, page.get_by_role("button", name="See what would happen"))
    title(page, "What this file would do")
    expect(page.get_by_role("main")).to_contain_text("June Testing")
    assert testing() == []
    onward(page, page.get_by_role("button", name="Take this file in"))
    title(page, "Import of")
    assert testing() == ["J-1", "J-2"]
    onward(page, page.get_by_role("button", name="Undo this import"))
    expect(page.get_by_role("status").filter(has_text="The import is undone")).to_be_visible()
    page.goto("/people/?q=Testing")
    expect(page.get_by_role("row").filter(has_text="June Testing")).to_have_count(0)


def test_an_executive_reads_the_page_and_takes_the_same_as_a_document(page: Page) -> None:
    sign_in(page, "executive")
    title(page, "Training compliance as of June 15, 2026")
    expect(page.get_by_role("table", name="By division")).to_be_visible()
    address = page.get_by_role("link", name="PDF for the board").first.get_attribute("href") or ""
    file = page.request.get(address)
    assert file.headers["content-type"] == "application/pdf" and file.body().startswith(b"%PDF")
    assert page.request.get("/completion").status == 403


def test_an_auditor_reads_everything_and_can_change_nothing(page: Page, who: Who) -> None:
    sign_in(page, "auditor")
    for path in (
        "/completion", f"/people/{who('learner')}", "/requirements/1", "/leadership", "/people/import/", "/admin/settings",
        f"/admin/accounts/{who('learner')}", "/admin/audit",
    ):  # fmt: skip
        answer = page.goto(path)
        assert answer is not None and answer.status == 200, path
        main = page.get_by_role("main")
        expect(main).to_be_visible()
        assert main.locator("form[method=post]").count() == 0, f"{path} offers a change"
        assert main.get_by_role("link", name="Edit").count() == 0
    for path in ("/people/new", "/requirements/new", "/people/import/facts", "/admin/invite"):
        assert page.request.get(path).status == 403, path


def test_an_administrator_changes_settings_and_sees_that_mail_waits(page: Page) -> None:
    sign_in(page, "administrator")
    title(page, "Administration")
    expect(page.get_by_role("main")).to_contain_text("Mail is not set up")
    onward(page, page.get_by_role("link", name="Change the settings"))
    page.get_by_label("Send it to").fill("somebody@riverbend.example")
    onward(page, page.get_by_role("button", name="Send a test message"))
    expect(page.get_by_role("alert")).to_contain_text("Set up a mail server first.")
    page.locator("#contact").fill("The training desk, extension 4444")
    page.locator("#mail_host").fill("127.0.0.1")
    page.locator("#mail_port").fill("9")
    page.locator("#mail_sender").fill("training@riverbend.example")
    onward(page, page.get_by_role("button", name="Save the settings"))
    expect(page.get_by_role("contentinfo")).to_contain_text("extension 4444")
    page.goto("/admin/settings")
    page.get_by_label("Send it to").fill("somebody@riverbend.example")
    onward(page, page.get_by_role("button", name="Send a test message"))
    title(page, "Mail")
    expect(page.get_by_role("row").filter(has_text="somebody@riverbend.example")).to_contain_text("Waiting")
