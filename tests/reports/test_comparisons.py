"""Everybody, as known then and as known now: worked out in steps that may be cut off, kept, and seen within each viewer's departments."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.access import Role
from lms.audit import Actor
from lms.compliance.comparing import actions
from lms.compliance.comparing.models import Comparison, ComparisonCell, ComparisonLine, ComparisonPerson
from lms.db import Database
from lms.files import FileStore
from lms.people.models import Membership
from lms.worker import Worker
from tests.reports.house import NOW, TODAY, House
from tests.reports.test_known import WEEK_AGO, Enter, _learnt_since
from tests.support.clocks import SetClock
from tests.support.pages import page_of

DAYS = {"as_of": TODAY.isoformat(), "known": WEEK_AGO.date().isoformat()}


def test_everybody_is_compared_once_and_kept(db: Database, house: House, enter: Enter) -> None:
    _learnt_since(db, house)
    hr = enter(Role.HR)
    answer = hr.submit(hr.page("/completion/kept"), DAYS, form="ask", follow=False)
    address = answer.location
    page = hr.page(address)
    shown = {row[0]: row[1:] for row in page.rows(0)[1:]}
    assert shown["Required"] == ["27", "27", "0"]
    assert shown["Overdue"] == ["5", "4", "−1"] and shown["Exempt"] == ["0", "1", "+1"]
    assert shown["Rate"] == ["76%", "83%", ""]  # 19 of 25 then, 20 of 24 now
    departments = {row[0].rpartition(": ")[2]: row[1:] for row in page.rows(1)[1:]}
    assert next(row for name, row in departments.items() if name.endswith("Ed"))[2:] == ["8", "8", "3", "4", "3", "2"]

    people = hr.page(page.link("See the 2 people"))
    assert len(people.rows(0)) == 1 + 2
    assert "A completion of May 26, 2026 was recorded later." in people.text
    assert "An exemption from June 1, 2026 was written down later." in people.text
    assert "2 people stand elsewhere" in people.text

    lines = list(csv.reader(io.StringIO(hr.get(f"{address}/people.csv").data.decode("utf-8-sig"))))
    assert [line[3::3][:2] for line in lines[-2:]] == [["In grace", "Exempt"], ["Overdue", "Compliant"]]
    book = openpyxl.load_workbook(io.BytesIO(hr.get(f"{address}/departments.xlsx").data))
    cells = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    head = next(row for row in cells if row[0] == "Requirement")
    overall = [row for row in cells if row[0] == "Overall"]
    for place, name in enumerate(head[5:], 5):
        if name.startswith("Required"):
            assert sum(row[place] for row in overall) == 27

    assert hr.submit(hr.page("/completion/kept"), DAYS, form="ask", follow=False).location == address
    again = hr.submit(page, form="/completion/kept", follow=False).location
    assert again != address
    kept = hr.page("/completion/kept")
    assert len(kept.rows(0)) == 1 + 2 and "Ready" in kept.text


def test_days_that_cannot_be_compared_are_told(house: House, enter: Enter) -> None:
    hr = enter(Role.HR)
    for days, told in (
        (DAYS | {"known": "2026-12-01"}, "Choose today or an earlier day"),
        (DAYS | {"as_of": "31/02/2026"}, "Write it as 2026-06-30"),
    ):
        answer = hr.submit(hr.page("/completion/kept"), days, form="ask", follow=False)
        assert answer.status_code == 422 and told in page_of(answer, 422).text
    assert "Nothing is kept yet" in hr.page("/completion/kept").text
    assert hr.get("/completion/kept/99").status_code == 404


def test_each_sees_the_departments_that_are_theirs(db: Database, house: House, enter: Enter) -> None:
    _learnt_since(db, house)
    hr = enter(Role.HR)
    address = hr.submit(hr.page("/completion/kept"), DAYS, form="ask", follow=False).location
    for place, required, moved in ((house.ed, "8", "2 people"), (house.icu, "4", "0 people")):
        some = enter(Role.HR, place)
        page = some.page(address)
        assert {row[0]: row[1] for row in page.rows(0)[1:]}["Required"] == required
        assert f"{moved} stand elsewhere" in page.text
        assert "Chapel" not in page.text and some.get(f"{address}?department={house.chapel}").status_code == 404
        assert "Compare everybody" not in some.page("/completion/kept").text
        token = next(each.get("value", "") for each in page.all("input") if each.get("name") == "csrf_token")
        assert some.post("/completion/kept", data=DAYS | {"csrf_token": token}).status_code == 403
        assert len(some.get(f"{address}/people.csv").data.splitlines()) == 5 + int(moved[0])
    assert enter(Role.MANAGER, house.ed).get(address).status_code == 403


def test_a_comparison_that_was_cut_off_goes_on(db: Database, house: House, enter: Enter, tmp_path: Path) -> None:
    """Two workers at once, one that dies, and facts that are written meanwhile: what comes out is the same."""
    _learnt_since(db, house)
    by = Actor(None, NOW)
    with db.transaction() as session:
        whole = actions.ask(session, TODAY, WEEK_AGO.date(), "America/New_York", by).id
        cut = actions.ask(session, TODAY, WEEK_AGO.date(), "America/New_York", by)
        assert cut.id == whole
        _go_on(session, whole, 1000)
        cut = actions.ask(session, TODAY, WEEK_AGO.date(), "America/New_York", by, again=True)
        assert cut.id != whole
    page = enter(Role.HR).page(f"/completion/kept/{cut.id}")
    assert "0 of" in page.text and "people are worked in" in page.text
    with db.session() as session:
        first, same = (actions.work_out(session, cut.id, 5) for _ in range(2))
    for worked in (first, same):
        with db.transaction() as session:
            assert worked is not None
            actions.keep(session, worked, NOW)
    with db.transaction() as session:
        lost = actions.work_out(session, cut.id, 5)
        assert lost is not None and lost.position == first.last
        session.execute(update(Membership).where(Membership.person_id > 20).values(superseded_at=NOW.replace(hour=20)))
        actions.ask_worker(session, cut, by)
    clock = SetClock(NOW.replace(hour=21))
    Worker(db, FileStore(tmp_path), clock).drain()
    with db.session() as session:
        assert session.get_one(Comparison, cut.id).finished_at == clock.now()
        for model in (ComparisonCell, ComparisonPerson, ComparisonLine):
            assert _rows(session, model, cut.id) == _rows(session, model, whole) != []


def _go_on(session: Session, comparison_id: int, batch: int) -> None:
    while (worked := actions.work_out(session, comparison_id, batch)) is not None:
        actions.keep(session, worked, NOW)
        session.flush()


def _rows(session: Session, model: Any, comparison_id: int) -> list[Any]:
    columns = [column for column in model.__table__.c if column.name != "comparison_id"]
    query = select(*columns).where(model.comparison_id == comparison_id)
    return session.execute(query.order_by(*(column for column in columns if column.primary_key))).all()
