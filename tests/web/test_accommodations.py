"""More time and attempts for a person: who decides, who reads the reason, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from lms.access import Role
from lms.audit.models import AuditEntry
from lms.db import Database
from lms.learning.models import Accommodation
from tests.accounts.conftest import Hospital
from tests.support.clocks import SetClock
from tests.support.pages import PageClient

REASON = "Agreed with Occupational Health on 12 June."


@pytest.fixture
def hospital(db: Database, clock: SetClock) -> Hospital:
    return Hospital(db, clock)


def test_hr_gives_time_an_auditor_reads_why_and_nobody_else_does(
    db: Database, hospital: Hospital, signed_in: Callable[[int], PageClient]
) -> None:
    ed, icu = hospital.department("ED"), hospital.department("ICU")
    nurse = hospital.person("1001", email="nurse@mercy.test", department=ed)
    here = hospital.person("2", email="m@mercy.test", grants=((Role.MANAGER, ed),))
    elsewhere = hospital.person("3", email="n@mercy.test", grants=((Role.MANAGER, icu),))
    clerk = hospital.person("4", email="hr@mercy.test", department=ed, grants=((Role.HR, None),))
    auditor = hospital.person("5", email="a@mercy.test", grants=((Role.AUDITOR, None),))
    chief = hospital.person("6", email="c@mercy.test", grants=((Role.ADMINISTRATOR, None),))
    address = f"/accommodations/{nurse}"
    hr = signed_in(clerk)
    page = hr.page(hr.page(f"/people/{nurse}/training").link("Accommodations for tests"))
    assert "Nothing is given" in page.text
    nothing = hr.submit(page, {"reason": REASON}, form="give")
    assert nothing.status_code == 422 and "Choose more time, more attempts, or both." in nothing.text
    without = hr.submit(page, {"time": "150", "reason": " "}, form="give")
    assert without.status_code == 422
    given = hr.submit(page, {"time": "150", "attempts": "1", "reason": REASON}, form="give").page
    assert "1.5 times the time, 1 more attempt" in given.text and "Holds now Every test" in given.text
    for reads in (here, auditor):
        assert REASON in signed_in(reads).page(address).text
    assert "Give more time" not in signed_in(auditor).page(address).text
    assert signed_in(elsewhere).get(address).status_code == 404
    for denied in (nurse, chief):
        assert signed_in(denied).get(address).status_code == 403
    assert REASON not in signed_in(chief).page("/admin/audit").text
    token = given.fields(given.form("give"))["csrf_token"][0]
    own = hr.post(
        f"/accommodations/{clerk}", data={"csrf_token": token, "time": "200", "from_day": "2026-06-15", "reason": "x"}
    )
    assert own.status_code == 403
    ended = hr.submit(given, {"last_day": "2026-06-20"}, form="/end").page
    assert "Jun 15, 2026 to Jun 20, 2026" in ended.text
    again = hr.submit(ended, {"last_day": "2026-06-20"}, form="/end")
    assert again.status_code == 409 and "It ends by that day already." in again.text
    with db.session() as session:
        rows = session.scalars(select(Accommodation).order_by(Accommodation.id)).all()
        said = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("accommodation."))).all()
    assert [row.superseded_at is None for row in rows] == [False, True]
    assert [entry.reason for entry in said] == [None, None] and said[0].subject_id == nurse
