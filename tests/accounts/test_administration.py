"""Administration in the browser: settings, roles, invitations, queues, audit log; and who may not."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from lms import audit, organisation, outbox
from lms.access import Role
from lms.accounts import roles
from lms.accounts.models import Account
from lms.audit import Actor, AuditEntry
from lms.db import Database
from lms.errors import Conflict, Invalid
from lms.files import FileStore
from lms.notices.models import Mail
from lms.worker import Worker
from tests.accounts.conftest import PASSWORD, Hospital, SignIn
from tests.support.clocks import SetClock
from tests.support.mail import MailServer
from tests.support.pages import PageClient

PAGES = ["", "/settings", "/accounts", "/invite", "/mail", "/jobs", "/audit"]


@pytest.fixture
def admin(hospital: Hospital, sign_in: SignIn) -> int:
    person = hospital.person("admin", email="admin@mercy.test", grants=((Role.ADMINISTRATOR, None),))
    sign_in("admin")
    return person


def test_every_page_opens_for_the_administrator(admin: int, client: PageClient) -> None:
    for path in PAGES:
        page = client.page(f"/admin{path}")
        assert "Administration" in page.text
    assert client.page("/admin/audit?action=role&person=admin&until=2026-06-15").rows()
    assert "Nobody has this number" in client.page("/admin/audit?person=nobody").text
    assert client.get("/admin/accounts?page=99999999&role=nonsense&state=nonsense").status_code == 200


@pytest.mark.parametrize("role", [None, Role.MANAGER, Role.HR, Role.EXECUTIVE, Role.AUTHOR, Role.AUDITOR])
def test_others_are_kept_out(hospital: Hospital, client: PageClient, sign_in: SignIn, role: Role | None) -> None:
    hospital.person("1001", grants=((role, None),) if role else ())
    sign_in("1001")
    open_to = {Role.HR: {"/invite"}, Role.AUDITOR: set(PAGES) - {"/invite"}}.get(role, set()) if role else set()
    for path in PAGES:
        assert client.get(f"/admin{path}").status_code == (200 if path in open_to else 403), path


def test_administrator_for_a_department_administers_nothing(
    hospital: Hospital, client: PageClient, sign_in: SignIn
) -> None:
    ward = hospital.department("ward")
    hospital.person("1001", grants=((Role.ADMINISTRATOR, ward),))
    sign_in("1001")
    assert client.get("/admin").status_code == 403


def test_settings_are_saved_audited_and_release_the_mails(
    admin: int,
    hospital: Hospital,
    client: PageClient,
    db: Database,
    clock: SetClock,
    smtp: MailServer,
    tmp_path: object,
) -> None:
    page = client.page("/admin/settings")
    bad = client.submit(page, {"base_url": "ftp://x", "due_soon_days": "0", "mail_host": "smtp.test"}, form="settings")
    assert bad.status_code == 422 and "Begin with https://" in bad.page.text  # type: ignore[attr-defined]
    without_sender = client.submit(page, {"mail_host": "smtp.test"}, form="settings")
    assert "address that mails come from" in without_sender.page.text  # type: ignore[attr-defined]
    client.submit(
        page,
        {
            "name": "Mercy Renamed", "zone": "America/Chicago", "language": "es", "due_soon_days": "45", "fuse": "12.5",
            "mail_host": smtp.host, "mail_port": str(smtp.port), "mail_security": "none", "mail_sender": "t@mercy.test",
            "mail_username": "", "mail_password": "hush hush",
        },
        form="settings", budget=None,
    )  # fmt: skip
    with db.session() as session:
        own = organisation.load(session)
        assert own is not None and own.mail is not None
        assert (own.name, own.zone, own.languages, own.due_soon_days) == (
            "Mercy Renamed",
            "America/Chicago",
            ("es", "en"),
            45,
        )
        assert own.import_fuse == 0.125 and own.mail.password == "hush hush"
        log = session.scalars(select(AuditEntry).where(AuditEntry.action == "organisation.change")).all()
        assert log and "hush" not in str([entry.after for entry in log])
    shown = client.page("/admin/settings")
    assert "hush" not in shown.html
    client.submit(shown, {"name": "Mercy Again"}, form="settings", budget=None)
    with db.session() as session:
        again = organisation.load(session)
        assert again is not None and again.mail is not None and again.mail.password == "hush hush", (
            "an empty field keeps it"
        )


def test_test_mail_arrives_and_is_listed(
    admin: int, hospital: Hospital, client: PageClient, db: Database, clock: SetClock, smtp: MailServer
) -> None:
    answer = client.submit(client.page("/admin/settings"), form="test-mail", budget=None)
    assert "Set up a mail server first" in answer.page.text  # type: ignore[attr-defined]
    hospital.mail_to(smtp)
    client.submit(client.page("/admin/settings"), {"recipient": "it@mercy.test"}, form="test-mail", budget=None)
    Worker(db, FileStore(__import__("pathlib").Path("unused")), clock).drain()
    assert smtp.wait_for(1)[0]["To"] == "it@mercy.test"
    assert "Sent" in client.page("/admin/mail").text


def test_roles_are_given_for_a_department_and_taken_back(
    admin: int, hospital: Hospital, client: PageClient, db: Database
) -> None:
    ward = hospital.department("ward")
    person = hospital.person("1001")
    where = f"/admin/accounts/{person}"
    client.submit(client.page(where), {"role": "manager", "department": str(ward)}, form="grant-role", budget=None)
    page = client.page(where)
    assert "Manager" in page.text and "Ward" in page.rows()[1][1]
    twice = client.submit(page, {"role": "manager", "department": str(ward)}, form="grant-role")
    assert twice.status_code == 409 and "already" in twice.page.text  # type: ignore[attr-defined]
    nonsense = client.submit(page, {"role": "author", "department": str(ward)}, form="grant-role")
    assert nonsense.status_code == 422
    client.submit(client.page(where), form="/revoke", budget=None)
    assert "Take the role back" not in client.page(where).text
    with db.session() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert actions[-2:] == ["role.grant", "role.revoke"]


def test_the_last_administrator_stays(
    admin: int, hospital: Hospital, client: PageClient, db: Database, clock: SetClock
) -> None:
    page = client.page(f"/admin/accounts/{admin}")
    refused = client.submit(page, form="/revoke")
    assert refused.status_code == 409 and "last administrator" in refused.page.text  # type: ignore[attr-defined]
    closing = client.submit(page, {"reason": "oops"}, form="close-account")
    assert closing.status_code == 409
    hospital.person("second", grants=((Role.ADMINISTRATOR, None),))
    client.submit(page, {"reason": "leaves the team"}, form="close-account")
    assert client.get("/admin").status_code == 302, "signed out at once"


def test_unlock_close_and_reopen(admin: int, hospital: Hospital, client: PageClient, sign_in: SignIn) -> None:
    person = hospital.person("1001")
    other = client.application.test_client()
    assert isinstance(other, PageClient)
    for _ in range(8):
        sign_in("1001", "guess", by=other)
    where = f"/admin/accounts/{person}"
    assert "Locked for a while" in client.page(where).text
    client.submit(client.page(where), form="/unlock", budget=None)
    assert sign_in("1001", by=other).status_code == 303  # type: ignore[attr-defined]
    no_reason = client.submit(client.page(where), {"reason": " "}, form="close-account", budget=None)
    assert "Enter a reason" in no_reason.page.text  # type: ignore[attr-defined]
    client.submit(client.page(where), {"reason": "lost badge"}, form="close-account", budget=None)
    assert other.get("/account").status_code == 302
    assert sign_in("1001", by=other).status_code == 422  # type: ignore[attr-defined]
    client.submit(client.page(where), form="/reopen", budget=None)
    assert sign_in("1001", PASSWORD, by=other).status_code == 303  # type: ignore[attr-defined]


def test_codes_on_paper_let_people_in(admin: int, hospital: Hospital, client: PageClient) -> None:
    ward, other_ward = hospital.department("ward"), hospital.department("other")
    people = [hospital.person(f"20{n}", department=ward, account=n != 1, password=False) for n in range(3)]
    hospital.person("300", department=other_ward, account=False)
    hospital.person("301", department=ward)  # can sign in already
    page = client.page("/admin/invite", query_string={"department": ward})
    assert "3 people have neither" in page.text
    sheet = client.submit(page, form="invite-paper").page  # type: ignore[attr-defined]
    codes = re.findall(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", sheet.text)
    assert len(codes) == 3 and "Person 300" not in sheet.text and "Person 301" not in sheet.text
    guest = client.application.test_client()
    assert isinstance(guest, PageClient)
    guest.submit(guest.page("/code"), {"code": codes[0]}, form="one-time-code", follow=False)
    new = {"new_password": PASSWORD, "repeat": PASSWORD}
    assert guest.submit(guest.page("/welcome"), new, form="welcome", follow=False).status_code == 303
    assert sum(hospital.account(person).password_hash is not None for person in people) == 1


def test_invitations_by_mail_in_bulk(admin: int, hospital: Hospital, client: PageClient, db: Database) -> None:
    ward = hospital.department("ward")
    for n in range(5):
        hospital.person(f"20{n}", department=ward, account=False, email=f"n{n}@mercy.test")
    answer = client.submit(client.page("/admin/invite"), form="invite-mail", budget=None)
    assert "5 invitations are on their way" in answer.page.text  # type: ignore[attr-defined]
    assert "wait until it is" in answer.page.text, "mail is not set up"  # type: ignore[attr-defined]
    with db.session() as session:
        assert sorted(session.scalars(select(Mail.recipient))) == [f"n{n}@mercy.test" for n in range(5)]


def test_hr_of_a_division_invites_only_there(hospital: Hospital, client: PageClient, sign_in: SignIn) -> None:
    top, elsewhere = hospital.department("top"), hospital.department("elsewhere")
    below = hospital.department("below", parent=top)
    hospital.person("200", department=below, account=False)
    hospital.person("201", department=elsewhere, account=False)
    hospital.person("hr", grants=((Role.HR, top),))
    sign_in("hr")
    page = client.page("/admin/invite")
    assert "1 person has neither" in page.text and "Elsewhere" not in page.text
    assert client.get("/admin/invite", query_string={"department": elsewhere}).status_code == 404
    token = page.fields(page.form("invite-paper"))["csrf_token"][0]
    forged = client.post("/admin/invite", data={"csrf_token": token, "department": elsewhere, "how": "paper"})
    assert forged.status_code == 404
    sheet = client.submit(page, form="invite-paper").page  # type: ignore[attr-defined]
    assert "Person 200" in sheet.text and "Person 201" not in sheet.text


def test_an_auditor_of_a_ward_reads_only_what_concerns_it(
    hospital: Hospital, client: PageClient, sign_in: SignIn, db: Database, clock: SetClock
) -> None:
    ward, other = hospital.department("ward"), hospital.department("other")
    hospital.person("aud", grants=((Role.AUDITOR, ward),), department=ward)
    inside, outside = hospital.person("200", department=ward), hospital.person("300", department=other)
    with db.transaction() as session:
        for person, reason in ((inside, "reason inside"), (outside, "reason outside")):
            audit.record(session, Actor(None, clock.now()), "leave.add", "person", person, reason=reason)
            audit.record(session, Actor(person, clock.now()), "x.y", "job", 1, reason=f"by {reason}")
    sign_in("aud")
    text = client.page("/admin/audit").text
    assert "reason inside" in text and "by reason inside" in text and "reason outside" not in text
    assert "reason outside" not in client.page("/admin/audit?person=300").text


def test_a_failed_job_is_tried_again(admin: int, client: PageClient, db: Database, clock: SetClock) -> None:
    with db.transaction() as session:
        job = session.get_one(outbox.Job, outbox.enqueue(session, "mail.send", {"mail": 999}, clock.now()))
        job.tries = outbox.TRIES
        outbox.fail(job, "it broke", clock.now())
    page = client.page("/admin/jobs?state=failed")
    assert "it broke" in page.text
    client.submit(page, form="/retry", budget=None)
    with db.session() as session:
        assert session.get_one(outbox.Job, job.id).state == outbox.JobState.WAITING
    token = page.fields(page.form("/retry"))["csrf_token"][0]
    assert client.post(f"/admin/jobs/{job.id}/retry", data={"csrf_token": token}).status_code == 404


def test_accounts_are_found_and_paged(
    admin: int, hospital: Hospital, client: PageClient, db: Database, clock: SetClock
) -> None:
    for n in range(60):
        hospital.person(f"N{n:03}", account=n % 2 == 0, password=n % 4 == 0)
    first = client.page("/admin/accounts")
    assert len(first.rows()) == 51 and "61 people" in first.text
    assert len(client.page("/admin/accounts?page=2").rows()) == 12
    assert len(client.page("/admin/accounts?state=none").rows()) == 31
    assert len(client.page("/admin/accounts?state=invited").rows()) == 16
    assert len(client.page("/admin/accounts?role=administrator").rows()) == 2
    assert len(client.page("/admin/accounts?q=n01").rows()) == 11
    assert "Nobody fits" in client.page("/admin/accounts?q=%25").text


def test_closing_ended_accounts_makes_it_lasting(hospital: Hospital, db: Database, clock: SetClock) -> None:
    from datetime import date

    leaver = hospital.person("1", employed=(date(2021, 3, 1), date(2026, 6, 15)))
    hospital.person("2")
    hospital.person("3", employed=None)
    hospital.person("4", employed=(date(2026, 7, 1), date(9999, 12, 31)))
    by = Actor(None, clock.now())
    with db.transaction() as session:
        assert roles.close_ended_accounts(session, date(2026, 6, 15), by) == 1
        assert roles.close_ended_accounts(session, date(2026, 6, 15), by) == 0
    assert hospital.account(leaver).closed_at == clock.now()
    with db.transaction() as session:
        roles.reopen_rehired(session, leaver, by)
    assert hospital.account(leaver).closed_at is None and hospital.account(leaver).password_hash is None


def test_learner_is_no_role_to_give(hospital: Hospital, db: Database, clock: SetClock) -> None:
    person = hospital.person("1")
    by = Actor(None, clock.now())
    with db.session(write=True) as session:
        account = session.scalars(select(Account.id).where(Account.person_id == person)).one()
        with pytest.raises(Invalid):
            roles.grant_role(session, account, Role.LEARNER, None, by)
        roles.grant_role(session, account, Role.MANAGER, None, by)
        with pytest.raises(Conflict):
            roles.grant_role(session, account, Role.MANAGER, None, by)
