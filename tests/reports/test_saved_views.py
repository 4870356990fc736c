"""Saved views: kept with their filters and their kind of day, shared within grants, mailed once a day by a real mail server."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import quote

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select

from lms import organisation
from lms.access import Role
from lms.accounts import roles
from lms.accounts.models import Account, RoleGrant
from lms.audit import Actor, AuditEntry
from lms.db import Database
from lms.errors import Invalid
from lms.files import FileStore, StoredFile
from lms.notices.actions import retry
from lms.notices.models import Mail
from lms.organisation import MailServer as Server
from lms.people.models import Person
from lms.reports.saved import actions
from lms.reports.saved.models import ExportSchedule, ExportSending, SavedView
from lms.reports.saved.plan import Every, following
from lms.web.reports.exporting import Exporter
from lms.worker import Worker
from tests.reports.house import NOW, House
from tests.support.clocks import SetClock
from tests.support.mail import MailServer
from tests.support.pages import PageClient, text_of

Enter = Callable[..., PageClient]
D = date.fromisoformat


@pytest.mark.parametrize(
    ("first", "every", "day", "expected"),
    [
        ("2026-06-20", "day", "2026-06-15", "2026-06-20"),
        ("2026-06-10", "day", "2026-06-15", "2026-06-16"),
        ("2026-06-10", "week", "2026-06-15", "2026-06-17"),
        ("2026-06-10", "week", "2026-06-17", "2026-06-24"),
        ("2026-01-31", "month", "2026-01-31", "2026-02-28"),
        ("2026-01-31", "month", "2026-02-28", "2026-03-31"),
        ("2026-01-31", "month", "2026-03-01", "2026-03-31"),
        ("2026-06-10", "month", "2026-08-09", "2026-08-10"),
    ],
)
def test_the_next_day_of_a_plan(first: str, every: str, day: str, expected: str) -> None:
    assert following(D(first), Every(every), D(day)) == D(expected)


def save(client: PageClient, address: str, name: str, **values: str) -> int:
    """Save the page at an address by its button; gives the id of the view."""
    page = client.page(address)
    link = next(a for a in page.all("a") if text_of(a) == "Save this view")
    answer = client.submit(client.page(link.get("href")), {"name": name, **values}, form="change")
    assert answer.status_code == 200 and name in answer.page.text
    href = next(a.get("href") for a in answer.page.all("a") if text_of(a) == name)
    return int(href.rsplit("/", 1)[1])


def test_today_stays_today_and_a_fixed_day_stays_fixed(house: House, enter: Enter, db: Database) -> None:
    client = enter(Role.HR)
    here = f"/completion/people?state=overdue&department={house.ed}&sort=-name&page=2"
    always = save(client, here, "Late in ED")
    fixed = save(client, f"{here}&as_of=2026-03-01", "Spring", when="2026-03-01")
    loose = save(client, f"{here}&as_of=2026-03-01", "Spring, now", when="")
    assert (
        client.get(f"/views/{always}").location == f"/completion/people?state=overdue&department={house.ed}&sort=-name"
    )
    assert "as_of=2026-03-01" in client.get(f"/views/{fixed}").location
    assert "as_of" not in client.get(f"/views/{loose}").location
    for address in (
        "/completion/by/job?q=reg",
        "/completion/matrix?sort=job",
        "/completion?requirement=1",
        "/people/?q=person",
    ):
        view = save(client, address, f"View of {address}")
        client.page(client.get(f"/views/{view}").location)
    again = client.submit(client.page("/views/new?page=people&query=q%3Dx"), {"name": "Spring"}, form="change")
    assert again.status_code == 409 and "of this name already" in again.page.text
    page = client.page("/views")
    assert "Late in ED" in page.text and "fixed: " in page.text and "2026" in page.text
    client.submit(client.page(f"/views/{always}/edit"), {"name": "Late people"}, form="change")
    assert "Late people" in client.page("/views").text
    client.submit(client.page("/views"), form=f"/views/{fixed}/remove")
    assert "Spring" in client.page("/views").text and client.get(f"/views/{fixed}").status_code == 404


def test_what_somebody_searched_for_stays_their_own(house: House, enter: Enter, db: Database) -> None:
    owner = enter(Role.HR)
    found = save(owner, "/completion/people?q=person", "Search of mine")
    refused = owner.submit(owner.page(f"/views/{found}/edit"), {"name": "Ours", "shared": "y"}, form="change")
    assert refused.status_code == 422 and "may be somebody's name" in refused.page.text
    with db.transaction() as session:  # shared before that was refused
        session.get_one(SavedView, found).shared_role = Role.HR
    other = enter(Role.HR, house.acute)
    listed = other.page("/views").text
    assert (
        "Search of mine" in listed and "Search: person" not in listed and "Search: person" in owner.page("/views").text
    )
    assert "person" not in other.get(f"/views/{found}").location.partition("?")[2]
    assert "q=person" in owner.get(f"/views/{found}").location


def test_a_shared_view_shows_each_what_they_may_see(house: House, enter: Enter, db: Database) -> None:
    owner = enter(Role.HR)
    private = save(owner, "/completion/people?state=overdue", "Mine")
    shared = save(owner, "/completion/people?state=overdue", "Everybody late", shared="y")
    narrow = save(owner, f"/completion/people?department={house.north}", "North", shared="y")
    acute = enter(Role.HR, house.acute)
    text = acute.page("/views").text
    assert "Everybody late" in text and "Mine" not in text and "North" not in text
    assert len(owner.page(f"/views/{shared}").rows()) == 6 and len(acute.page(f"/views/{shared}").rows()) == 4
    for closed in (private, narrow):
        assert acute.get(f"/views/{closed}").status_code == 404
    manager = enter(Role.MANAGER, house.ed)
    assert "Everybody late" not in manager.page("/views").text and manager.get(f"/views/{shared}").status_code == 404
    for own in ("edit", "mail"):
        assert acute.get(f"/views/{shared}/{own}").status_code == 404
    with db.session() as session:
        assert (
            session.scalars(select(AuditEntry.action).where(AuditEntry.action == "view.share")).all()
            == ["view.share"] * 2
        )
    for odd in ("department=²", "department=ED", "requirement=²"):
        owner.submit(
            owner.page(f"/views/new?page=people&query={quote(odd)}"), {"name": odd, "shared": "y"}, form="change"
        )
    assert "department=" not in acute.page("/views").text, "what is no department is nobody's, and breaks nobody's list"


@pytest.fixture
def worker(db: Database, app: Flask, clock: SetClock) -> Worker:
    files: FileStore = app.extensions["attune"].files
    return Worker(db, files, clock, exporter=Exporter(app))


def morning(worker: Worker, clock: SetClock, days: int = 0) -> None:
    """The worker's work of a morning, some days on."""
    clock.advance(days=days)
    worker._looked_at = None
    worker.begin_day()
    worker.drain()


def test_a_view_is_mailed_once_a_day_and_rechecked(
    house: House,
    enter: Enter,
    db: Database,
    clock: SetClock,
    worker: Worker,
    smtp: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = enter(Role.HR, house.acute)
    view = save(client, "/completion/people?state=overdue", "Late in Acute")
    with db.transaction() as session:
        own = organisation.load(session)
        assert own is not None
        server = Server(host=smtp.host, port=smtp.port, security="none", sender="training@mercy.test")
        organisation.save(session, replace(own, mail=server, base_url="https://train.test"), NOW)
        owner = session.scalars(select(SavedView)).one().owner_id
    refused = client.submit(client.page(f"/views/{view}/mail"), {"first": "2026-06-15"}, form="mail")
    assert refused.status_code == 422 and "no e-mail address" in refused.page.text
    with db.transaction() as session:
        session.get_one(Person, owner).email = "hr@mercy.test"
    past = client.submit(client.page(f"/views/{view}/mail"), {"first": "2026-06-14"}, form="mail")
    assert past.status_code == 422
    client.submit(
        client.page(f"/views/{view}/mail"), {"every": "day", "kind": "xlsx", "first": "2026-06-15"}, form="mail"
    )
    morning(worker, clock)
    (message,) = smtp.wait_for(1)
    assert message["To"] == "hr@mercy.test" and "Late in Acute" in message["Subject"]
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "people-2026-06-15.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(attached.get_content())).worksheets[0]
    numbers = {row[0] for row in sheet.iter_rows(min_row=5, values_only=True) if row[0] and str(row[0]).isdigit()}
    assert len(numbers) == 3, "the three who are overdue in Acute, not the two of Clinics"
    assert f"https://train.test/views/{view}/mail" in message.get_body().get_content()  # type: ignore[union-attr]
    morning(worker, clock)
    assert len(smtp.messages) == 1, "never twice for a day"
    assert "Attached" in client.page(f"/views/{view}/mail").text

    monkeypatch.setattr(actions, "ATTACHED_UP_TO", 10)
    morning(worker, clock, days=1)
    linked = smtp.wait_for(2)[1]
    assert not list(linked.iter_attachments())
    assert "https://train.test/completion/people?as_of=2026-06-16&state=overdue" in linked.get_content()
    monkeypatch.undo()

    with db.transaction() as session:
        session.scalars(select(ExportSchedule)).one().kind = "csv"
    morning(worker, clock, days=40)  # the program was off for weeks: one mail, not forty
    assert len(smtp.wait_for(3)) == 3
    (lines,) = smtp.messages[2].iter_attachments()
    assert lines.get_content_charset() == "utf-8" and "Main › Acute" in lines.get_content()
    with db.session() as session:
        assert (
            session.scalar(select(func.count()).select_from(StoredFile).where(StoredFile.purpose == actions.PURPOSE))
            == 1
        )
        kept = session.scalars(select(ExportSending).order_by(ExportSending.day)).all()
        assert [each.outcome for each in kept] == ["attached", "linked", "attached"] and kept[0].file_id is None
        assert kept[2].day == D("2026-07-26")

    with db.transaction() as session:
        grant = session.scalars(
            select(RoleGrant).join(Account, Account.id == RoleGrant.account_id).where(Account.person_id == owner)
        ).one()
        roles.revoke_role(session, grant.id, Actor(None, clock.now()))
    morning(worker, clock, days=1)
    assert len(smtp.messages) == 3, "who may not see it any more gets nothing"
    with db.session() as session:
        planned = session.scalars(select(ExportSchedule)).one()
        assert planned.stopped_why == "access" and planned.stopped_at is not None
        told = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("export.%"))).all()
        assert sorted(told) == ["export.schedule", "export.send", "export.send", "export.send", "export.stop"]
    with db.transaction() as session:  # the mail server was away for all the days that a file is kept
        last = session.scalars(select(ExportSending).where(ExportSending.file_id.is_not(None))).one()
        assert last.mail_id is not None
        waiting = session.get_one(Mail, last.mail_id)
        waiting.sent_at = None
        actions.let_go(session, clock.now())
        assert (waiting.failed_at, waiting.error) == (clock.now(), actions.LET_GO)
        with pytest.raises(Invalid, match="is not kept any more"):
            retry(session, waiting.id, clock.now())


def test_the_owner_stops_it_and_nothing_goes_out(
    house: House, enter: Enter, db: Database, clock: SetClock, worker: Worker
) -> None:
    client = enter(Role.MANAGER, house.ed)
    view = save(client, "/team/matrix", "The whole team")
    with db.transaction() as session:
        kept = session.get_one(SavedView, view)
        session.get_one(Person, kept.owner_id).email = "m@mercy.test"
        today = D("2026-06-15")
        planned = actions.mail_it(
            session, kept, Every.WEEK, "csv", today + timedelta(days=1), today, Actor(kept.owner_id, NOW)
        )
        assert planned.next_on == D("2026-06-16")
    page = client.page(f"/views/{view}/mail")
    assert "every week" in page.text
    client.submit(page, form="/mail/stop")
    with db.session() as session:
        assert session.scalars(select(ExportSchedule)).one().stopped_why == "owner"
