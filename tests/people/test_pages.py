"""The pages of HR, through a client that checks each of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page as Tab
from sqlalchemy import select

from lms.access import Role
from lms.audit.models import AuditEntry
from lms.db import Database
from lms.people import queries
from tests.accounts.conftest import Hospital
from tests.people.conftest import STAFF, TREE, Office, People
from tests.support.pages import Page, PageClient, page_of

TODAY = date(2026, 6, 15)
Enter = Callable[[int], PageClient]


@pytest.fixture
def desk(signed_in: Enter, staffed: Office, hr: int) -> PageClient:
    """HR, signed in, with three people to look after."""
    return signed_in(hr)


def department(db: Database, code: str) -> int:
    with db.session() as session:
        return queries.tree(session, TODAY).by_code[code].id


def test_the_list_finds_filters_and_sorts(desk: PageClient, db: Database) -> None:
    page = desk.page("/people/")
    assert "Ana Núñez" in page.text and "Bo Li" in page.text
    assert "Bo Li" not in desk.page("/people/?q=ana").text
    assert "Ana" not in desk.page(f"/people/?department={department(db, 'ED')}").text
    assert "Ana" in desk.page(f"/people/?department={department(db, 'SURG')}").text
    names = [row[0] for row in desk.page("/people/?sort=-name").rows()[1:]]
    assert names.index("Cy Oh") < names.index("Bo Li")
    assert "Nobody found" in desk.page("/people/?standing=ended").text


def test_a_person_is_added_moved_put_on_leave_ended_and_rehired(desk: PageClient, db: Database, number: People) -> None:
    page = desk.page("/people/new")
    answer = desk.submit(
        page,
        {
            "number": "2001", "source": "hr", "given_name": "Eva", "family_name": "Ng", "department": str(department(db, "OR")),
            "job": "Nurse", "from_day": "2026-05-04", "supervisor": "1003", "email": "Eva@Mercy.test",
        },
        form="change",
    )  # fmt: skip
    assert "Eva Ng" in page_of(answer).h1
    who = number("2001")
    moving = desk.page(f"/people/{who}/move")
    answer = desk.submit(
        moving, {"department": str(department(db, "LAB")), "job": "Analyst", "from_day": "2026-06-10"}, form="change"
    )
    assert "Laboratory" in page_of(answer).text and "Operating rooms" in page_of(answer).text
    answer = desk.submit(
        desk.page(f"/people/{who}/leave"), {"from_day": "2026-07-01", "reason": "family leave"}, form="change"
    )
    assert "family leave" in page_of(answer).text
    answer = desk.submit(desk.page(f"/people/{who}/end"), {"last_day": "2026-06-12"}, form="change")
    assert "Not employed today" in page_of(answer).text
    answer = desk.submit(
        desk.page(f"/people/{who}/rehire"),
        {"from_day": "2026-06-15", "department": str(department(db, "OR"))},
        form="change",
    )
    page = page_of(answer)
    assert "Not employed today" not in page.text and page.text.count("Employee") == 2
    changes = desk.page(f"/people/{who}/changes").text
    assert "Rehired" in changes and "Employment ended" in changes and "Test Person HR1" in changes


def test_what_cannot_be_is_refused_on_the_page(desk: PageClient, db: Database, number: People) -> None:
    who = number("1001")
    page = desk.page(f"/people/{who}/end")
    answer = desk.submit(page, {"last_day": "2010-01-01"}, form="change")
    assert answer.status_code == 409 and "not employed" in page_of(answer, 409).text
    page = desk.page("/people/new")
    values = {"number": "1001", "given_name": "X", "family_name": "Y", "job": "Z", "from_day": "2026-01-01"}
    assert "has this number already" in page_of(desk.submit(page, values, form="change"), 409).text
    above = desk.page(f"/people/{number('1003')}/move")
    values_of_move = {"from_day": "2026-06-10", "supervisor": "1002"}
    refused = page_of(desk.submit(above, values_of_move, form="change"), 422).text
    assert "circle of supervisors: Cy Oh → Bo Li → Cy Oh" in refused
    own = page_of(desk.submit(above, values_of_move | {"supervisor": "1003"}, form="change"), 422).text
    assert "Nobody is their own supervisor" in own
    values |= {"number": "77", "supervisor": "nobody"}
    assert "Nobody has this employee number" in page_of(desk.submit(page, values, form="change"), 422).text


def test_a_wrong_entry_is_corrected_with_a_reason(desk: PageClient, db: Database, number: People) -> None:
    who = number("1001")
    page = desk.page(f"/people/{who}")
    form = desk.page(page.link("Correct Main campus"))
    assert "Fill this in" in page_of(desk.submit(form, {"job": "Nurse leader", "reason": ""}, form="change"), 422).text
    answer = desk.submit(form, {"job": "Nurse leader", "reason": "typing mistake"}, form="change")
    assert "Nurse leader" in page_of(answer).text and "Nurse leader" not in form.text
    again = desk.submit(form, {"job": "Other", "reason": "late"}, form="change", follow=False)
    assert again.status_code == 404


def test_scoped_hr_sees_and_changes_only_its_own(
    hospital: Hospital, staffed: Office, signed_in: Enter, db: Database, number: People
) -> None:
    surgery = department(db, "SURG")
    client = signed_in(hospital.person("HR2", grants=((Role.HR, surgery),)))
    page = client.page("/people/")
    assert "Ana Núñez" in page.text and "Bo Li" not in page.text
    client.page(f"/people/{number('1002')}", status=404)
    client.page(f"/people/{number('1002')}/end", status=404)
    form = client.page(f"/people/{number('1001')}/move")
    ed = str(department(db, "ED"))
    answer = client.submit(form, {"department": ed, "job": "Nurse", "from_day": "2026-06-15"}, form="change")
    assert answer.status_code == 422
    assert "Emergency" not in [option.text for option in form.by_id("department").iter("option")]
    client.page("/people/import/", status=403)
    client.page(f"/people/departments/{department(db, 'ED')}/change", status=403)
    assert "Emergency" not in client.page("/people/departments/").text


def test_departments_are_renamed_moved_merged_and_closed(desk: PageClient, db: Database) -> None:
    page = desk.page("/people/departments/")
    assert [row[0] for row in page.rows()[1:]][:2] == ["Level 1: Main campus", "Level 2: Emergency"]
    operating = department(db, "OR")
    form = desk.page(f"/people/departments/{operating}/change")
    answer = desk.submit(
        form, {"name": "Theatres", "parent": str(department(db, "MAIN")), "from_day": "2026-06-15"}, form="change"
    )
    assert "Theatres" in page_of(answer).h1
    assert "Operating rooms" in desk.page("/people/departments/?as_of=2026-06-14").text
    assert "Theatres" in desk.page("/people/departments/?as_of=2026-06-15").text
    form = desk.page(f"/people/departments/{operating}/close")
    assert "Move them first" in page_of(desk.submit(form, {"from_day": "2026-07-01"}, form="change"), 409).text
    form = desk.page(f"/people/departments/{operating}/merge")
    answer = desk.submit(form, {"into": str(department(db, "LAB")), "from_day": "2026-07-01"}, form="change")
    assert "Laboratory" in page_of(answer).h1
    assert "Theatres" not in desk.page("/people/departments/?as_of=2026-07-01").text
    assert "Theatres" in desk.page("/people/departments/?as_of=2026-06-30").text
    form = desk.page("/people/departments/new")
    answer = desk.submit(form, {"code": "ICU", "name": "Intensive care", "from_day": "2026-06-15"}, form="change")
    assert "Intensive care" in page_of(answer).h1


def test_training_exemptions_and_accounts_have_their_pages(desk: PageClient, number: People, db: Database) -> None:
    who = number("1001")
    assert "Nothing completed yet" in desk.page(f"/people/{who}/training").text
    form = desk.page(f"/people/{who}/exemption")
    answer = desk.submit(
        form,
        {"requirement": "all", "from_day": "2026-06-01", "last_day": "2026-09-30", "reason": "secondment"},
        form="change",
    )
    page = page_of(answer)
    assert "All requirements" in page.text and "secondment" in page.text
    assert "it does not apply to them on any of these days: the exemption changes nothing." in page.text
    ending = desk.page(page.link("End secondment"))
    assert "secondment" in ending.text and "withdraws it" in ending.text
    silent = desk.submit(ending, {"last_day": "2026-06-30"}, form="change")
    assert "Fill this in" in page_of(silent, 422).text
    answer = desk.submit(ending, {"last_day": "2026-06-30", "reason": "back on the ward"}, form="change")
    assert "30, 2026" in page_of(answer).text
    never = desk.page(page_of(answer).link("End secondment"))
    gone = desk.submit(never, {"last_day": "2026-05-31", "reason": "the wrong Ana"}, form="change")
    assert "No exemption is written down." in page_of(gone).text
    changes = desk.page(f"/people/{who}/changes").text
    assert "No account" in changes
    assert "Exemption ended" in changes and "back on the ward" in changes
    assert "Exemption withdrawn" in changes and "the wrong Ana" in changes
    with db.session() as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.action.like("exemption.%")).order_by(AuditEntry.id))
        was = {"requirement": None, "from": "2026-06-01", "last": "2026-09-30", "reason": "secondment"}
        assert [(entry.before, entry.after, entry.reason) for entry in told][1:] == [
            (was, {"from": "2026-06-01", "last": "2026-06-30"}, "back on the ward"),
            (was | {"last": "2026-06-30"}, None, "the wrong Ana"),
        ]


def test_leaves_never_overlap_and_say_why_they_end(desk: PageClient, number: People, db: Database) -> None:
    who = number("1001")
    page = desk.page(f"/people/{who}/leave")
    backwards = desk.submit(
        page, {"from_day": "2026-07-10", "last_day": "2026-07-01", "reason": "family leave"}, form="change"
    )
    assert "The last day lies before the first day." in page_of(backwards, 422).text
    for first, last, why in (("2026-07-01", "2026-07-10", "family leave"), ("2026-08-01", "", "sabbatical")):
        page_of(desk.submit(page, {"from_day": first, "last_day": last, "reason": why}, form="change"))
    within = desk.submit(page, {"from_day": "2026-07-10", "last_day": "2026-07-20", "reason": "x"}, form="change")
    assert "A leave from July 1, 2026 is written down for some of these days already." in page_of(within, 409).text
    ending = desk.page(desk.page(f"/people/{who}").link("Change its end family leave"))
    into = desk.submit(ending, {"last_day": "2026-08-01", "reason": "longer"}, form="change")
    assert "A leave from August 1, 2026" in page_of(into, 409).text
    longer = desk.submit(ending, {"last_day": "2026-07-31", "reason": "longer"}, form="change")
    assert "Jul 31, 2026" in page_of(longer).text
    ending = desk.page(desk.page(f"/people/{who}").link("Change its end sabbatical"))
    gone = desk.submit(ending, {"last_day": "2026-07-31", "reason": "did not go"}, form="change")
    assert "sabbatical" not in page_of(gone).text
    with db.session() as session:
        told = session.scalars(
            select(AuditEntry).where(AuditEntry.action.like("leave.%")).order_by(AuditEntry.id)
        ).all()
        assert [(entry.action, entry.reason) for entry in told][2:] == [
            ("leave.end", "longer"),
            ("leave.withdraw", "did not go"),
        ]
        assert told[2].before["to"] == "2026-07-11" and told[2].after["to"] == "2026-08-01"
        assert told[3].after is None


def upload(client: PageClient, staff: str, tree: str = "", *, status: int = 200, **values: str) -> Page:
    """Send a file, and give the report."""
    files = {"staff": (io.BytesIO(staff.encode()), "staff.csv")}
    if tree:
        files["departments"] = (io.BytesIO(tree.encode()), "tree.csv")
    answer = client.submit(client.page("/people/import/"), {**values, **files}, form="upload", follow=False)
    assert answer.status_code == 303, answer.status
    return client.page(answer.location, status=status)


def test_a_file_is_looked_at_confirmed_and_undone(
    signed_in: Enter, hospital: Hospital, hr: int, office: Office, db: Database
) -> None:
    client = signed_in(hr)
    before = office.contents()
    values = {"as_of": "2026-06-01", "source": "hr2", "dates": "iso"}
    report = upload(client, STAFF, TREE, **values)
    assert "Nothing is changed yet" in report.text and "Ana Núñez" in report.text and "utf-8, found out" in report.text
    assert office.contents() == before
    done = page_of(client.submit(report, form="take-in"))
    assert "The file is taken in" in done.text
    assert "hr2" in client.page("/people/import/history").text
    for address, name in (
        ("import/", "source"),
        ("import/facts", "source"),
        ("import/completions/", "numbers_of"),
        ("new", "source"),
    ):
        assert client.page(f"/people/{address}").by_id(name).get("value") == "hr2", "as the newest import named it"
    undone = page_of(client.submit(done, form="undo"))
    assert "This import was undone" in undone.text
    assert client.page("/people/import/").by_id("source").get("value") != "hr2"
    assert office.contents() == before


def test_a_dry_run_asks_as_often_for_many_people_as_for_few(desk: PageClient, office: Office) -> None:
    """Ten statements make the temporary tables; the others read, match, check and compare all lines together."""
    head, *lines = STAFF.splitlines()
    how = {"as_of": "2026-06-15", "source": "hr", "dates": "iso", "partial": "y"}

    def asked(many: int) -> int:
        """The statements of a dry run in which so many known people give up their address to somebody new."""
        old = [f"{2000 + n},Ida,Ek{n},ED,Clerk,2024-01-15,,1003,a{many}-{n}@mercy.test,no" for n in range(many)]
        office.take_in("\n".join([head, *lines, *old, ""]), partial=True)
        given_up = [line.replace(f"a{many}-", "b") for line in old]
        new = [f"{5000 + n},Uma,Ny{n},ED,Clerk,2026-06-15,,2000,a{many}-{n}@mercy.test,no" for n in range(many)]
        files = {"staff": (io.BytesIO("\n".join([head, *lines, *given_up, *new, ""]).encode()), "staff.csv")}
        answer = desk.submit(desk.page("/people/import/"), {**how, **files}, form="upload", follow=False)
        desk.page(answer.location)  # what it would do is kept: its page costs what any other does
        return len(answer.sent)  # type: ignore[attr-defined]

    assert asked(2) == asked(60)


def test_faults_and_fuses_stand_on_the_page(desk: PageClient, office: Office) -> None:
    how = {"as_of": "2026-06-15", "source": "hr", "dates": "eu"}
    faulty = STAFF.replace("2020-01-15", "31/02/2020").replace("1003,bo@", "9,bo@")
    bad = upload(desk, faulty, status=422, **how)
    rows = [row[1:4] for row in bad.rows()[1:]]
    assert rows == [["2", "hire_date", "31/02/2020"], ["3", "supervisor_number", "9"]]
    assert "workbook" in upload(desk, "PK\x03\x04 not a csv", status=422, **how).text
    before = office.contents()
    fuse = upload(desk, STAFF.replace("1002,Bo,Li,ED,Clerk,2021-02-15,,1003,bo@mercy.test,no\n", ""), **how)
    assert "More people would end or move than usual" in fuse.text and "Bo Li" in fuse.text
    assert "You are not in this file yourself" in fuse.text
    refused = desk.submit(fuse, form="take-in", budget=None)
    assert refused.status_code == 409 and office.contents() == before
    taken = desk.submit(fuse, {"confirmed": "1"}, form="take-in", budget=None, follow=False)
    assert taken.status_code == 303
    assert "Sign in" in desk.page("/people/").h1  # whoever ends with the file is signed out the same day


def test_a_file_that_is_too_large_is_refused_before_it_is_stored(desk: PageClient, app: object) -> None:
    form = desk.page("/people/import/")
    app.config["MAX_CONTENT_LENGTH"] = 2000  # type: ignore[attr-defined]
    answer = desk.submit(form, {"staff": (io.BytesIO(b"x" * 5000), "s.csv")}, form="upload")
    assert answer.status_code == 413 and answer.page.h1 == "Import staff"  # type: ignore[attr-defined]
    assert "This file is larger than" in answer.text and 'aria-invalid="true"' in answer.text
    stranger = app.test_client()  # type: ignore[attr-defined]
    refused = stranger.post("/people/import/", data={"staff": (io.BytesIO(b"x" * 5000), "s.csv")})
    assert refused.status_code == 413 and "Import staff" not in refused.text


@pytest.mark.parametrize(
    "address",
    [
        "/people/{}",
        "/people/import/history/{}",
        "/people/departments/{}",
        "/requirements/{}",
        "/people/import/looks/{}",
    ],
)
def test_a_number_that_no_row_can_have_is_no_page(desk: PageClient, address: str) -> None:
    for number in (2**31, 10**25):
        assert desk.get(address.format(number)).status_code == 404
    assert 400 <= desk.get(f"/completion?requirement={10**25}").status_code < 500


@pytest.mark.browser
def test_a_file_of_two_gigabytes_is_refused_before_it_travels(
    browser_as: Callable[..., Tab], staffed: Office, hr: int, tmp_path: Path
) -> None:
    huge = tmp_path / "staff.csv"
    with huge.open("wb") as made:
        made.truncate(2 << 30)
    tab = browser_as(hr)
    tab.goto("/people/import/")
    tab.locator("#staff").set_input_files(huge)
    assert "larger than" in tab.locator("#staff").evaluate("input => input.validationMessage")
    tab.get_by_role("button", name="See what would happen").click()
    assert tab.url.endswith("/people/import/"), "nothing was sent"
