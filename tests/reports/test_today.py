"""HR's first page: what waits, what changed, who is about to lapse; each figure counted by hand, each opening exactly its people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from lms.access import Role
from lms.db import Database
from lms.notices.models import Mail
from lms.people.models import FeedProblem, Leave, Membership, Person
from lms.reports.waiting import SOURCES
from lms.web.reports.waiting import WORDS
from tests.reports.house import NOW, House
from tests.support.pages import Page, PageClient, text_of

Enter = Callable[..., PageClient]
BUDGET = 12


def figures(page: Page) -> dict[str, str]:
    """The figures of what changed, by their words."""
    return {text_of(term): text_of(value) for term, value in zip(page.all("dt"), page.all("dd"), strict=True)}


def test_every_source_has_its_words() -> None:
    assert [source.name for source in SOURCES] == list(WORDS)


def test_what_changed_is_counted_and_opens_the_people(house: House, enter: Enter, db: Database) -> None:
    with db.transaction() as session:
        write = house.hospital(session)
        write.number = 500
        write.hire(house.icu, "2026-06-15")
        write.hire(house.icu, "2026-05-02")  # due on 1 June with 14 days of grace: overdue from the 16th on
        late = write.hire(house.icu, "2026-05-01")  # from the 15th on
        write.leaves(house.newcomer, date(2026, 6, 15))
        write.move(house.overdue, house.icu, date(2026, 6, 15), "Clerk")
        write.complete(house.grace, date(2026, 6, 15))
        write.rebuild(house.newcomer, house.overdue, house.grace, late)
        name = session.get_one(Person, late).display_name
    client = enter(Role.HR)
    page = client.page("/today", budget=BUDGET)
    assert figures(page) == {"Joined": "1", "Left": "1", "Moved": "1", "Newly overdue": "1", "Newly compliant": "1"}
    listed = client.page("/today/overdue")
    assert name in listed.text and len(listed.rows()) == 2
    assert "Was in Ed, Registrar before" in client.page("/today/moved").text
    assert "June 14, 2026" in client.page("/today/left").text
    week = client.page("/today?since=week", budget=BUDGET)
    assert figures(week)["Newly overdue"] == "1" and figures(week)["Joined"] == "1"
    client.page("/today?since=seen", budget=BUDGET)
    scoped = enter(Role.HR, house.clinics).page("/today")
    assert not figures(scoped) and "Nobody joined, left or moved" in scoped.text, "CLINICS had a quiet day"
    assert client.get("/today/nothing").status_code == 404
    a_manager_sees_the_same_of_their_own(house, enter, name)


def a_manager_sees_the_same_of_their_own(house: House, enter: Enter, late: str) -> None:
    client = enter(Role.MANAGER, house.ed)
    page = client.page("/team", budget=BUDGET)
    # The clerk who went to the ICU is a change of the ED, too; nobody joined, left or fell overdue in it but the newcomer who left.
    assert figures(page) == {"Joined": "0", "Left": "1", "Moved": "1", "Newly overdue": "0", "Newly compliant": "1"}
    listed = client.page("/team/changed/moved")
    assert "Was in Ed, Registrar before" in listed.text and len(listed.rows()) == 2
    assert not listed.links("Test Person 00004"), "gone to the ICU: the page of somebody else's team"
    icu = enter(Role.MANAGER, house.icu)
    assert figures(icu.page("/team"))["Newly overdue"] == "1"
    moved = icu.page("/team/changed/moved")
    assert icu.get(moved.link("Test Person 00004")).status_code == 200
    assert late in icu.page("/team/changed/overdue").text
    assert "Nobody joined, left or moved" in icu.page("/team?since=week&reports=1").text, "nobody reports to them"
    assert "What changed" not in icu.page("/team?as_of=2026-03-01").text, "today's news do not belong to another day"
    quiet = enter(Role.MANAGER, house.clinics)
    assert not figures(quiet.page("/team"))
    assert quiet.get(f"/team/changed/moved?department={house.icu}").status_code == 404
    assert quiet.get("/team/changed/undelivered").status_code == 404
    assert enter(Role.EXECUTIVE).get("/team/changed/moved").status_code == 403


def test_who_lapses_is_the_same_on_the_page_and_in_the_list(house: House, enter: Enter) -> None:
    client = enter(Role.HR)
    page = client.page("/today", budget=BUDGET)
    rows = page.rows()
    # North was done on 1 July 2025 by twelve people: last good day 30 June 2026. Ed: one on 25 June 2025.
    assert next(row for row in rows if "North" in row[0])[1:] == ["0", "12"]
    assert next(row for row in rows if row[0].endswith("Ed"))[1:] == ["0", "1"]
    assert rows[-1][1:] == ["0", "13"]
    assert len(client.page(f"/today/lapsing?days=30&department={house.north}").rows()) == 13
    assert len(client.page("/today/lapsing?days=30").rows()) == 14
    only = enter(Role.HR, house.acute)
    assert only.page("/today").rows()[-1][1:] == ["0", "1"]
    assert only.get(f"/today/lapsing?department={house.north}").status_code == 404


def test_what_waits_stands_there_with_the_way_to_it(house: House, enter: Enter, db: Database) -> None:
    quiet = enter(Role.HR).page("/today")
    assert "Nothing waits" in quiet.text
    with db.transaction() as session:
        session.add(
            FeedProblem(
                source="feed", what="staff", mark="m", file_name="f.csv", line=2, column="job", value="", number="1",
                message={"text": "x", "params": {}}, remedy=None, seen=1, opened_at=NOW, last_seen_at=NOW,
            )
        )  # fmt: skip
        failed: dict[str, datetime] = {"created_at": NOW, "failed_at": NOW}
        for number, person in enumerate((house.newcomer, house.grace)):
            session.add(
                Mail(
                    message_id=f"<{number}@t>", person_id=person, recipient="a@b.test", kind="notice", language="en",
                    subject="", body="", attachments=[], sent_at=None, error="550", **failed,
                )
            )  # fmt: skip
        arrived = NOW + timedelta(minutes=1)
        session.add(
            Mail(
                message_id="<ok@t>", person_id=house.grace, recipient="a@b.test", kind="notice", language="en",
                subject="", body="", attachments=[], created_at=arrived, sent_at=arrived, failed_at=None, error=None,
            )
        )  # fmt: skip
    whole = enter(Role.HR, person_id=house.renewing)
    page = whole.page("/today?since=seen", budget=BUDGET)
    assert "2 things wait for your decision" in page.text
    assert "1 line of the HR feed" in page.text and "Mail to 1 person could not be delivered" in page.text
    assert len(whole.page("/today/undelivered").rows()) == 2, "who was reached since is not in the list"
    assert "Nothing waits" in enter(Role.HR, house.clinics).page("/today").text
    assert "Nothing waits" in enter(Role.AUDITOR).page("/today").text, "an auditor decides nothing"
    assert enter(Role.MANAGER).get("/today").status_code == 403
    assert whole.get("/").location == "/today"


def test_a_leave_is_no_lapse(house: House, enter: Enter, db: Database) -> None:
    with db.transaction() as session:
        write = house.hospital(session)
        away = session.query(Membership).filter_by(department_id=house.north).first()
        write.leave(away.person_id, date(2026, 6, 20), 90)
        assert session.query(Leave).filter_by(person_id=away.person_id).count() == 1
    assert enter(Role.HR).page("/today").rows()[-1][1:] == ["0", "12"]
