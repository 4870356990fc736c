"""Why this number: a rate taken apart, each person once, every part leading to exactly its people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from lms.access import Role
from lms.audit import Actor
from lms.compliance.actions import exempt
from lms.db import Database
from tests.reports.house import NOW, House
from tests.support.pages import PageClient

Enter = Callable[..., PageClient]


def test_every_rate_opens_to_what_it_is_made_of(house: House, enter: Enter) -> None:
    client = enter(Role.HR)
    table = client.page("/completion")
    opened = [link.get("href", "") for cell in table.all("td") for link in cell.iter("a")]
    rates = [href for href in opened if "/completion/why" in href]
    assert len(rates) == 10  # nine departments with people, and everybody
    page = client.page(next(href for href in rates if f"department={house.ed}" in href))
    assert "43%" in page.h1 and "3 ÷ (3 + 1 + 3) = 43%" in page.text
    parts = {row[0]: row[1] for row in page.rows()[1:]}
    assert parts == {
        "Compliant": "3", "In grace": "1", "Overdue": "3", "Open": "1", "Upcoming": "0", "On leave": "0", "Exempt": "0",
        "Required": "8",
    }  # fmt: skip
    for link in (link for cell in page.all("td") for link in cell.iter("a")):
        assert len(client.page(link.get("href", "")).rows()[1:]) == int("".join(link.itertext()))


def test_the_exempt_are_told_by_reason(db: Database, house: House, enter: Enter) -> None:
    with db.transaction() as session:
        for person, reason in ((house.overdue, "No patient contact"), (house.grace, "Leaves in July")):
            exempt(session, person, None, date(2026, 6, 1), None, reason, Actor(None, NOW))
    page = enter(Role.HR).page(f"/completion/why?department={house.ed}")
    excused = next(row for row in page.rows() if row[0] == "Exempt")
    assert excused[1] == "2" and "1 · No patient contact" in excused[2] and "1 · Leaves in July" in excused[2]
    assert "3 ÷ (3 + 0 + 2) = 60%" in page.text


def test_a_manager_opens_the_own_rates_only(house: House, enter: Enter) -> None:
    client = enter(Role.MANAGER, house.ed)
    assert "43%" in client.page("/team/why").h1
    assert client.get(f"/team/why?department={house.icu}").status_code == 404
    assert client.get("/completion/why").status_code == 403
