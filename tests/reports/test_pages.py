"""What HR, managers and executives see, and what they do not."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from lms.access import Role
from lms.audit import AuditEntry
from lms.compliance.actions import begin_generation
from lms.db import Database
from lms.notices.models import Mail
from lms.people.models import Membership, Person
from lms.web.reports import team
from tests.reports.house import NOW, House
from tests.support.pages import Page, PageClient

Enter = Callable[..., PageClient]


def table(page: Page) -> dict[str, list[str]]:
    """The rows of the tree by department name: rate, required, compliant, in grace, overdue, open, upcoming, leave, exempt, soon."""
    rows = page.rows()[1:]
    return {row[0].split(": ")[-1].removesuffix(" 1 also here"): row[1:] for row in rows}


def test_the_page_shows_the_counted_figures(house: House, enter: Enter) -> None:
    page = enter(Role.HR).page("/completion")
    assert "June 15, 2026" in page.h1
    found = table(page)
    assert found["Ed"] == ["43%", "8", "3", "1", "3", "1", "0", "0", "0", "2"]
    assert found["Acute"] == ["60%", "12", "6", "1", "3", "1", "0", "1", "0", "2"]
    assert "1 also here" in page.text
    assert found["Mercy Test Hospital"] == ["76%", "27", "19", "1", "5", "1", "0", "1", "0", "14"]
    assert "76%" in page.text and "25 people whose training has come due" in page.text


def test_every_number_leads_to_exactly_those_people(house: House, enter: Enter) -> None:
    client = enter(Role.HR)
    page = client.page("/completion")
    checked = 0
    for element in page.all("td"):
        for link in element.iter("a"):
            if "/completion/why" in link.get("href", ""):
                continue
            number = int("".join(link.itertext()))
            people = client.page(link.get("href", ""))
            shown = people.rows()[1:] if people.all("table") else []
            assert len(shown) == number, link.get("href")
            checked += 1
    assert checked > 30


def test_the_people_page_says_who_and_why(house: House, enter: Enter) -> None:
    client = enter(Role.HR)
    rows = client.page(f"/completion/people?state=in_grace&requirement={house.culture}").rows()[1:]
    assert len(rows) == 1
    assert rows[0][4] == "In grace" and "grace period" in rows[0][6]
    overall = client.page("/completion/people?state=in_grace").rows()[1:]
    assert overall[0][6] == "CULTURE"
    leave = client.page(f"/completion/people?state=on_leave&requirement={house.culture}").rows()[1:]
    assert "On leave from" in leave[0][6]
    assert len(client.page("/completion/people?q=00005").rows()) == 2
    newest = client.page("/completion/people?sort=-due&state=open").rows()[1:]
    assert len(newest) == 1


def test_any_day_past_or_future_is_the_same_page(house: House, enter: Enter) -> None:
    client = enter(Role.HR)
    past = table(client.page("/completion?as_of=2025-06-30"))
    assert past["Ed"][1] == "7"
    future = table(client.page("/completion?as_of=2030-01-01"))
    assert future["Mercy Test Hospital"][:5] == ["0%", "27", "0", "0", "27"]
    assert client.page("/completion?as_of=1995-01-01").h1


@pytest.mark.parametrize("day", ["31/02/2026", "2026-02-31", "0001-01-01", "tomorrow"])
def test_a_day_that_cannot_be_is_told_where_the_person_is(house: House, enter: Enter, day: str) -> None:
    client = enter(Role.HR)
    for address in ("/completion", "/completion/people"):
        page = client.page(address, query_string={"as_of": day}, status=422)
        assert "is not a day that can be shown" in page.text
        assert day in page.text


def test_filters_are_chips_that_can_be_taken_away(house: House, enter: Enter) -> None:
    client = enter(Role.HR)
    page = client.page(f"/completion?department={house.ed}&job=RN")
    assert table(page)["Total"][1] == "7"
    without = client.page(page.link("Job: RN"))
    assert table(without)["Total"][1] == "8"
    assert client.page("/completion?q=nothing-of-that-name").text.count("No department fits")
    assert client.get("/completion?department=99999").status_code == 404


def test_a_narrow_grant_sees_its_own_subtree_only(house: House, enter: Enter) -> None:
    client = enter(Role.HR, house.acute)
    found = table(client.page("/completion"))
    assert "North" not in found and "Main" not in found
    assert found["Total"][1] == "12"
    assert client.get(f"/completion?department={house.north}").status_code == 404
    assert client.get(f"/completion/people?department={house.north}").status_code == 404
    assert "12 people" in client.page("/completion/people").text
    assert client.page("/completion/people?q=00020").text.count("Nobody fits") == 1


def test_a_manager_has_a_team_and_no_hr_page(house: House, enter: Enter) -> None:
    client = enter(Role.MANAGER, house.acute)
    assert client.get("/completion").status_code == 403
    assert client.get("/leadership").status_code == 403
    page = client.page("/team")
    assert "4 people are late" in page.text
    assert client.page("/team/departments").rows()[-1][2] == "12"
    person = client.page(page.link("Person 00004"))
    assert "Overdue" in person.text and "has not been completed" in person.text
    assert "Requirements through time" in person.text and "The same in words" in person.text
    whole = client.page(person.link("All of it, from the first day on"))
    assert "Everything from the first day on" in whole.text and "Everything from" not in person.text
    assert client.get(f"/team/people/{house.compliant + 1000}").status_code == 404
    assert client.get("/team/people/20").status_code == 404, "somebody of another site"


def test_direct_reports_are_a_filter(house: House, enter: Enter, db: Database) -> None:
    with db.transaction() as session:
        for membership in session.scalars(
            select(Membership).where(Membership.person_id.in_([house.overdue, house.grace]))
        ):
            membership.supervisor_id = house.compliant
    client = enter(Role.MANAGER, house.ed, person_id=house.compliant)
    assert len(client.page("/team/people").rows()) == 1 + 8
    assert len(client.page("/team/people?reports=1").rows()) == 1 + 2
    assert "2 people are late" in client.page("/team?reports=1").text
    narrowed = client.page("/team/departments?reports=1")
    assert narrowed.rows()[-1][2] == "2" and "My direct reports" in narrowed.text
    text = client.get("/team/departments.csv?reports=1").get_data(as_text=True)
    assert "My direct reports" in text
    assert client.page("/team/departments").rows()[-1][2] == "8"


def test_a_page_names_no_filter_that_it_does_not_have(house: House, enter: Enter) -> None:
    hr = enter(Role.HR)
    for address in ("/completion", "/completion/people", "/completion/departments.csv", "/completion/people.csv"):
        assert "direct reports" not in hr.get(f"{address}?reports=1").get_data(as_text=True)
    manager = enter(Role.MANAGER, house.acute)
    found = table(manager.page("/team/departments?state=in_grace&q=ed"))
    assert {"Acute", "Ed"} <= found.keys() and "Icu" not in found


def test_a_long_team_keeps_to_the_budget_even_while_figures_are_worked_out_again(
    house: House, enter: Enter, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.reports.stuck import stuck_learner

    monkeypatch.setattr(team, "FIRST", 3)
    with db.transaction() as session:
        stuck_learner(session, house.overdue)
        begin_generation(session, "requirement", NOW)
    page = enter(Role.MANAGER, house.acute).page("/team")
    assert "being worked out again" in page.text and "has used up the attempts" in page.text
    assert "4 people are late, and 2 people fall due within 30 days" in page.text, "of all, not of those on the page"
    assert len([row for row in page.rows() if row[4] in ("Overdue", "In grace")]) == 3
    assert "This list holds the first hundred" in page.text


def test_files_hold_the_figures_of_the_page_and_say_of_when_and_of_whom(house: House, enter: Enter) -> None:
    client = enter(Role.HR)
    question = f"department={house.acute}&requirement={house.culture}&as_of=2026-06-15"
    page = table(client.page(f"/completion?{question}"))
    text = client.get(f"/completion/departments.csv?{question}").get_data(as_text=True)
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert "2026" in lines[0][0] and any("Acute" in line[0] for line in lines[1:4] if line)
    head = next(place for place, line in enumerate(lines) if line and line[0] == "Code")
    from_csv = {line[1]: [int(number) for number in line[4:-1]] for line in lines[head + 1 :]}
    assert from_csv == {name: [int(number) for number in row[1:]] for name, row in page.items()}
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(f"/completion/departments.xlsx?{question}").data), read_only=False
    )
    sheet: Any = book.worksheets[0]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    top = next(place for place, row in enumerate(rows) if row[0] == "Code")
    assert {row[1]: row[4:-1] for row in rows[top + 1 :]} == from_csv
    assert rows[top + 1][3] == pytest.approx(0.6)
    assert sheet.freeze_panes == f"B{top + 2}" and sheet.auto_filter.ref.endswith(str(len(rows) - 1)), (
        "the total stays at the end"
    )
    assert "2026" in rows[0][0] and len(book.worksheets) == 2


def test_people_are_exported_with_days_as_days(house: House, enter: Enter) -> None:
    client = enter(Role.HR)
    book = openpyxl.load_workbook(io.BytesIO(client.get("/completion/people.xlsx?state=overdue").data))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert len([row for row in rows if row[5] == "Overdue"]) == 5
    assert all(row[6].year in (2025, 2026) for row in rows if row[5] == "Overdue")
    said = {row[0] for row in book.worksheets[1].iter_rows(values_only=True)}
    assert {row[5] for row in rows[5:]} | {"Due"} <= said, "each word is explained"
    head = next(row for row in rows if "Number" in row)
    assert "Valid until" not in said | {*head}, "of all requirements together nothing was done"
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/completion/people.xlsx?requirement={house.culture}").data))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    head = next(row for row in rows if "Number" in row)
    until = {row[7].date() for row in rows if row[0] == "00001"}
    assert until == {date(2027, 2, 28)}, "a year from the first of March: the last good day"
    said = {row[0] for row in book.worksheets[1].iter_rows(values_only=True)}
    assert {"Due", "Valid until", "Renewal open"} <= said
    assert client.get("/completion/people.pdf").status_code == 404


def test_search_finds_only_what_the_viewer_may_see(house: House, enter: Enter) -> None:
    hr, manager, learner = enter(Role.HR), enter(Role.MANAGER, house.acute), enter(Role.EXECUTIVE)
    assert "Person 00020" in hr.page("/search?q=00020").text
    assert "CULTURE" in hr.page("/search?q=culture").text
    assert "Person 00020" not in manager.page("/search?q=00020").text
    assert "Person 00004" in manager.page("/search?q=person 00004").text
    assert "North" not in manager.page("/search?q=north").text.replace("“north”", "")
    assert "Person" not in learner.page("/search?q=person").text.replace("Search: person", "")


def test_the_leadership_page_is_one_sentence_and_its_figures(house: House, enter: Enter) -> None:
    page = enter(Role.EXECUTIVE).page("/leadership")
    assert "76% of staff whose training has come due are compliant" in page.text
    document = enter(Role.EXECUTIVE, house.clinics).get("/leadership/rollup.pdf")
    assert document.mimetype == "application/pdf" and document.data.startswith(b"%PDF-")


def test_nobody_gives_an_attempt_without_a_reason_or_out_of_reach(house: House, enter: Enter, db: Database) -> None:
    from tests.reports.stuck import stuck_learner

    with db.transaction() as session:
        enrolment = stuck_learner(session, house.overdue)
    outside = enter(Role.MANAGER, house.north)
    assert "Nobody is waiting" in outside.page("/team/attempts").text
    manager = enter(Role.MANAGER, house.acute)
    assert "has used up the attempts" in manager.page("/team").text
    page = manager.page("/team/attempts")
    refused = manager.submit(page, {"reason": "  "}, form=f"attempts/{enrolment}")
    assert refused.status_code == 422 and "Say why another attempt is given." in refused.text
    given = manager.submit(page, {"reason": "We went through it together."}, form=f"attempts/{enrolment}")
    assert "has one more attempt" in given.text and "Nobody is waiting" in given.text
    again = manager.submit(page, {"reason": "Twice"}, form=f"attempts/{enrolment}")
    assert again.status_code == 404
    with db.session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "attempt.grant")).one()
    assert entry.reason == "We went through it together." and entry.subject_id == house.overdue


def test_who_is_given_an_attempt_is_told_in_their_language(house: House, enter: Enter, db: Database) -> None:
    from tests.reports.stuck import stuck_learner

    with db.transaction() as session:
        enrolment = stuck_learner(session, house.overdue)
        person = session.get_one(Person, house.overdue)
        person.email, person.language = "learner@house.test", "es"
    manager = enter(Role.MANAGER, house.acute)
    manager.submit(manager.page("/team/attempts"), {"reason": "Night shift"}, form=f"attempts/{enrolment}")
    with db.session() as session:
        mail = session.scalars(select(Mail)).one()
    assert (mail.kind, mail.recipient, mail.language) == ("another_attempt", "learner@house.test", "es")
    assert "/courses/" in mail.body and "Night shift" not in mail.body, "the reason is for the record"
