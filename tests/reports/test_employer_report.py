"""The employer's report: everybody who was asked in a year, each once, in groups counted by hand; files, law, audit, grants."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

import openpyxl
import pypdfium2
from sqlalchemy import select

from lms.access import Role
from lms.audit import AuditEntry
from lms.compliance.models import RequirementVersion
from lms.db import Database
from lms.people.models import Person
from lms.reports.reporting_duties import DUTIES, duty_of
from tests.reports.house import House
from tests.support.pages import Page, PageClient, text_of

Enter = Callable[..., PageClient]
LAW = "Cal. Health & Safety Code 123630.3 (SB 464; AB 2319)"


def groups(page: Page) -> list[str]:
    """How many stand in each group, from the tabs."""
    links = [a for a in page.all("a") if "group=" in a.get("href", "") and "page=" not in a.get("href", "")]
    return [text_of(a).split()[-1] for a in links]


def test_the_duty_is_found_by_its_citation() -> None:
    assert duty_of(["Own policy", LAW]) is DUTIES[0] and duty_of(["45 CFR 92.9"]) is None
    assert DUTIES[0].due(2025) == date(2026, 2, 1) and DUTIES[0].due(2024) is None


def test_a_year_is_counted_by_hand_and_everybody_is_there_once(house: House, enter: Enter, db: Database) -> None:
    with db.transaction() as session:
        write = house.hospital(session)
        write.number = 700
        gone = write.hire(house.icu, "2025-01-01")
        write.leaves(gone, date(2025, 11, 1))
        version = session.scalars(select(RequirementVersion)).one()
        version.about = {
            "citation": LAW, "authority": "statute", "source": "https://oag.ca.gov/health-care/ab2319", "as_of": "2026-06-30",
        }  # fmt: skip
        names = {session.get_one(Person, one).number for one in (house.overdue, house.compliant)}
        left = session.get_one(Person, gone).number
    client = enter(Role.HR)
    where = f"/completion/employer-report?requirement={house.culture}&year=2025"
    page = client.page(where)
    assert "11 of 27 people who were asked in 2025" in page.text and (
        "February 1, 2026" in page.text or "1 February 2026" in page.text
    )
    assert "June 30, 2026" in page.text and "2026-06-30" not in page.text, "as the reader writes days"
    assert LAW in page.text and "is not known" in page.text and "$5,000" in page.text
    # late 11, not due 0, on leave 1, exempt 0, ended 1, done 14: see the docstring of House for who did what when
    assert groups(page) == ["11", "0", "1", "0", "1", "14"]
    assert len(page.rows()) == 12 and all(number in page.text for number in names)
    assert page.text.count("Completed since") == 6
    assert left in client.page(f"{where}&group=ended").text
    assert groups(client.page(f"/completion/employer-report?requirement={house.culture}&year=2026")) == [
        "6",
        "1",
        "1",
        "0",
        "0",
        "19",
    ]
    assert groups(client.page(f"{where}&department={house.ed}")) == ["5", "0", "0", "0", "0", "2"]
    for bad in (
        "requirement=99",
        f"requirement={house.culture}&year=2050",
        f"requirement={house.culture}&department=99",
    ):
        assert client.get(f"/completion/employer-report?{bad}").status_code == 404
    scoped = enter(Role.HR, house.clinics)
    assert groups(scoped.page(where)) == ["2", "0", "0", "0", "0", "12"]
    assert scoped.get(f"{where}&department={house.ed}").status_code == 404


def test_the_files_say_the_same_and_are_written_down(house: House, enter: Enter, db: Database) -> None:
    client = enter(Role.HR)
    page = client.page(f"/completion/employer-report?requirement={house.culture}&year=2025")
    made = {
        kind: client.submit(page, {}, form="file", button=label)
        for kind, label in (("csv", "CSV"), ("xlsx", "Excel"), ("pdf", "PDF"))
    }
    lines = list(csv.reader(io.StringIO(made["csv"].get_data(as_text=True))))
    head = next(place for place, line in enumerate(lines) if line[:2] == ["Group", "Number"])
    numbers = [line[1] for line in lines[head + 1 :]]
    assert len(numbers) == 26 == len(set(numbers))
    assert sum(line[0].startswith("Not completed, and the due day") for line in lines[head + 1 :]) == 11
    assert any("No duty to report" in cell for line in lines[:head] for cell in line)
    sheets = openpyxl.load_workbook(io.BytesIO(made["xlsx"].get_data())).worksheets
    assert len(sheets) == 2
    paper = pypdfium2.PdfDocument(made["pdf"].get_data())
    text = " ".join(one.get_textpage().get_text_range() for one in paper)
    assert "11 of 26 people" in " ".join(text.split()) and lines[head + 1][2].split()[-1] in text
    with db.session() as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "report.export")).all()
        assert [entry.after["kind"] for entry in told] == ["csv", "xlsx", "pdf"]
        assert all(entry.after["not_completed"] == 11 and len(entry.after["sha256"]) == 64 for entry in told)
    assert "No requirement" not in enter(Role.AUDITOR).page("/completion/employer-report").text
    assert enter(Role.MANAGER).get("/completion/employer-report").status_code == 403
