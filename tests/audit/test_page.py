"""The page of the audit log: filtered by person, actor, kind and day; the same as a file; and the doctor's word on the chain."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from config import Config
from lms.audit import Actor, record
from lms.cli import main
from lms.db import Database
from lms.files import FileStore
from lms.worker import Worker
from tests.support.clocks import SetClock
from tests.support.demo import config as config
from tests.support.demo import database_url as database_url
from tests.support.demo import demo_template as demo_template
from tests.support.demo import who as who
from tests.support.pages import PageClient

Who = Callable[[str], int]


@pytest.fixture
def log(db: Database, clock: SetClock, who: Who) -> Database:
    """What two people did to the learner on two days."""
    learner = who("learner")
    with db.transaction() as session:
        hr = Actor(who("hr"), clock.now() - timedelta(days=40), "10.1.1.1")
        record(session, hr, "leave.record", "person", learner, after={"kind": "stops"}, reason="Family leave")
        boss = Actor(who("manager"), clock.now(), "10.2.2.2")
        told = {"before": {"job": "Nurse", "unit": "A"}, "after": {"job": "Charge nurse", "unit": "A"}}
        record(session, boss, "membership.move", "person", learner, reason="Promoted", **told)
        record(session, Actor(None, clock.now(), "command line"), "organisation.change", "organisation", 1)
    return db


def test_filters_narrow_the_list(log: Database, signed_in: Callable[[int], PageClient], who: Who) -> None:
    client = signed_in(who("auditor"))

    def verbs(query: str) -> set[str]:
        page = client.page(f"/admin/audit?{query}")
        return {row[2] for row in page.rows()[1:]} if page.all("table") else set()

    assert {"leave.record", "membership.move"} <= verbs("person=learner")
    by_hr = verbs("actor=hr&person=learner")
    assert "membership.move" not in by_hr and "leave.record" in by_hr
    assert verbs("action=membership&person=learner") == {"membership.move"}
    assert "leave.record" not in verbs("person=learner&since=2026-06-01")
    assert verbs("person=learner&action=leave&until=2026-05-31") == {"leave.record"}
    assert "Nobody has this number" in client.page("/admin/audit?actor=nobody").text


def test_a_row_says_what_changed_and_where_it_came_from(
    log: Database, signed_in: Callable[[int], PageClient], who: Who
) -> None:
    page = signed_in(who("auditor")).page("/admin/audit?person=learner&action=membership")
    row = page.rows()[1]
    assert "job: Nurse → Charge nurse" in " ".join(row[4].split()) and "unit" not in row[4], "what stayed is left out"
    assert row[5:] == ["Promoted", "10.2.2.2"]


def _csv(client: PageClient, address: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(client.get(address).get_data(as_text=True))))


def test_the_file_holds_the_same_entries(log: Database, signed_in: Callable[[int], PageClient], who: Who) -> None:
    client = signed_in(who("auditor"))
    rows = _csv(client, "/admin/audit.csv?person=learner&action=membership")
    head = next(place for place, row in enumerate(rows) if row[:1] == ["Number"])
    assert [row[4] for row in rows[head + 1 :]] == ["membership.move"]
    assert ["Person, by them or about them: learner"] in rows, "the file says what it leaves out"
    book = openpyxl.load_workbook(io.BytesIO(client.get("/admin/audit.xlsx").data)).worksheets[0]
    when = next(cell for row in book.iter_rows() for cell in row if cell.value == "When (UTC)")
    below = book.cell(when.row + 1, when.column)
    moments = {row[2] for row in _csv(client, "/admin/audit.csv") if len(row) > 2}
    assert below.is_date and f"{below.value}+00:00" in moments
    assert signed_in(who("manager")).get("/admin/audit.csv").status_code == 403


def test_the_doctor_names_what_is_wrong_with_the_log(
    log: Database, config: Config, clock: SetClock, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMS_DATABASE_URL", database_url)
    monkeypatch.setenv("LMS_DATA_DIR", str(config.data_dir))
    late = CliRunner().invoke(main, ["doctor", "--sample", "1"])
    assert late.exit_code == 1 and "have waited for a seal for more than 5 minutes" in late.output
    Worker(log, FileStore(config.data_dir / "files"), clock).seal()
    whole = CliRunner().invoke(main, ["doctor", "--sample", "1"])
    assert whole.exit_code == 0, whole.output
    assert "the last link is" in whole.output
    with log.transaction() as session:
        session.execute(text("update audit_entry set reason = 'Other' where action = 'leave.record'"))
    broken = CliRunner().invoke(main, ["doctor", "--sample", "1"])
    assert broken.exit_code == 1 and "(before, after or reason) was changed" in broken.output
