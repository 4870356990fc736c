"""Completion by requirement, job and site: rows that add up to the table of departments, and open exactly their people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

from lms.access import Role
from lms.db import Database
from tests.reports.house import House
from tests.support.pages import Page, PageClient

Enter = Callable[..., PageClient]


def table(page: Page) -> dict[str, list[str]]:
    """Each row by its name: rate, required, compliant, in grace, overdue, open, upcoming, leave, exempt, soon."""
    return {row[0]: row[1:] for row in page.rows()[1:]}


def test_jobs_sites_and_requirements_add_up(house: House, enter: Enter, db: Database) -> None:
    client = enter(Role.HR)
    whole = ["76%", "27", "19", "1", "5", "1", "0", "1", "0", "14"]
    jobs = table(client.page("/completion/by/job"))
    # RN is everybody but the registrar of ED, who is overdue: 19 of 24.
    assert jobs == {
        "Registrar": ["0%", "1", "0", "0", "1", "0", "0", "0", "0", "0"],
        "RN": ["79%", "26", "19", "1", "4", "1", "0", "1", "0", "14"],
        "Mercy Test Hospital": whole,
    }
    sites = table(client.page("/completion/by/site"))
    assert list(sites) == ["Clinics", "Main", "Mercy Test Hospital"] and sites["Mercy Test Hospital"] == whole
    assert sites["Clinics"] == ["86%", "14", "12", "0", "2", "0", "0", "0", "0", "12"]
    duties = table(client.page("/completion/by/requirement"))
    assert duties["CULTURE"] == whole == duties["Mercy Test Hospital"]
    assert client.get("/completion/by/weather").status_code == 404


def test_every_number_opens_its_people_within_the_grant(house: House, enter: Enter) -> None:
    checked = 0
    for client in (enter(Role.HR), enter(Role.HR, house.acute)):
        for group in ("job", "site", "requirement"):
            page = client.page(f"/completion/by/{group}")
            for element in page.all("td"):
                link = element.find("a")
                if link is None or "/people" not in link.get("href", ""):
                    continue
                people = client.page(link.get("href"))
                assert f"{(link.text or '').strip()} p" in people.text
                checked += 1
    assert checked > 30
    scoped = table(enter(Role.HR, house.clinics).page("/completion/by/site"))
    assert list(scoped) == ["Clinics", "Total"]


def test_any_day_filters_and_files(house: House, enter: Enter, db: Database) -> None:
    with db.transaction() as session:
        write = house.hospital(session)
        write.move(house.compliant, house.ed, date(2026, 6, 1), "Charge Nurse")
    client = enter(Role.HR)
    assert "Charge Nurse" in table(client.page("/completion/by/job"))
    assert "Charge Nurse" not in table(client.page("/completion/by/job?as_of=2026-05-31"))
    only = table(client.page(f"/completion/by/job?department={house.ed}&q=charge"))
    assert list(only) == ["Charge Nurse", "Total"]
    nurses = table(client.page("/completion/by/site?job=RN"))
    assert nurses["Main"][1] == "11" and nurses["Total"][1] == "25"
    lines = list(csv.reader(io.StringIO(client.get("/completion/by/job.csv").get_data(as_text=True))))
    head = next(place for place, line in enumerate(lines) if line[:1] == ["Job"])
    assert [line[0] for line in lines[head + 1 :]] == ["Charge Nurse", "Registrar", "RN", "Mercy Test Hospital"]
    assert client.get("/completion/by/site.xlsx").status_code == 200
    assert client.get("/completion/by/site.pdf").status_code == 404
