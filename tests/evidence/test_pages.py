"""Asking for packs in the browser: small ones are there at once, large ones come from the worker; each is its asker's alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.access import Role
from lms.accounts.models import Account, RoleGrant
from lms.audit import AuditEntry
from lms.db import Database
from lms.evidence.models import EvidencePack
from lms.evidence.verification import verify
from lms.people.models import Department
from tests.support.clocks import SetClock
from tests.support.demo import sign_in
from tests.support.pages import PageClient

Who = Callable[[str], int]
SignedIn = Callable[[int], PageClient]


def ask(client: PageClient, **fields: str) -> Any:
    return client.submit(client.page("/evidence"), fields, form="ask", follow=False)


def test_a_small_pack_is_there_at_once(hospital: Database, signed_in: SignedIn, who: Who) -> None:
    hr = signed_in(who("hr"))
    answer = ask(hr, numbers="learner\n000-nobody")
    assert answer.status_code == 303
    page = hr.page(answer.location)
    assert "000-nobody" in page.text and "sha256sum -c MANIFEST" in page.text
    file = hr.get(page.link("Download the pack"))
    assert file.headers["Content-Disposition"].startswith("attachment; filename=evidence-2-people-2026-06-15.zip")
    checked = verify(file.data)
    assert checked.faults == [] and checked.sha256 in page.text
    with hospital.session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "evidence.build")).one()
        assert entry.after is not None and entry.after["sha256"] == checked.sha256 and entry.actor_id == who("hr")


def test_a_large_pack_comes_from_the_worker(hospital: Database, signed_in: SignedIn, who: Who, worker: Any) -> None:
    auditor = signed_in(who("auditor"))
    address = ask(auditor, requirement="CULT-CARE").location
    assert "being put together" in auditor.page(address).text
    assert auditor.get(f"{address}/file").status_code == 404
    worker.drain()
    page = auditor.page(address)
    file = auditor.get(page.link("Download the pack"))
    assert verify(file.data).faults == []
    with hospital.session() as session:
        pack = session.scalars(select(EvidencePack)).one()
        assert pack.done == pack.people > 5
    assert "Ready" in auditor.page("/evidence").text


def test_a_pack_is_its_askers_alone(hospital: Database, signed_in: SignedIn, who: Who) -> None:
    address = ask(signed_in(who("hr")), numbers="learner").location
    for name in ("learner", "manager", "executive", "author", "administrator"):
        client = signed_in(who(name))
        for path in ("/evidence", address, f"{address}/file"):
            assert client.get(path).status_code == 403, (name, path)
    auditor = signed_in(who("auditor"))
    assert auditor.get(address).status_code == 404 and auditor.get(f"{address}/file").status_code == 404
    assert address not in auditor.page("/evidence").links()


def test_hr_of_one_department_gets_nobody_elses_people(
    hospital: Database, signed_in: SignedIn, who: Who, clock: SetClock
) -> None:
    with hospital.transaction() as session:
        account = session.scalars(select(Account).where(Account.person_id == who("executive"))).one()
        icu = session.scalars(select(Department.id).where(Department.code == "ICU")).one()
        session.add(
            RoleGrant(account_id=account.id, role=Role.HR, department_id=icu, granted_at=clock.now(), granted_by=None, revoked_at=None)
        )  # fmt: skip
    client = signed_in(who("executive"))
    refused = ask(client, numbers="learner")
    assert refused.status_code == 422 and "Nobody is found" in refused.text, "the learner works elsewhere"
    ask(client, requirement="CULT-CARE")
    with hospital.session() as session:
        pack = session.scalars(select(EvidencePack)).one()
        assert pack.within == [icu] and 0 < pack.people < 20


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Say what the pack is about"),
        ({"numbers": "000"}, "Nobody is found"),
        ({"numbers": "learner", "as_of": "2027-01-01"}, "still to come"),
        ({"numbers": "learner", "as_of": "yesterday"}, "Write the day as"),
        ({"numbers": "\n".join(str(n) for n in range(5001))}, "At most 5000 numbers"),
    ],
)
def test_what_cannot_be_built_is_said_and_the_form_is_kept(
    hospital: Database, signed_in: SignedIn, who: Who, fields: dict[str, str], words: str
) -> None:
    answer = ask(signed_in(who("hr")), **fields)
    assert answer.status_code == 422 and words in answer.text
    if "numbers" in fields:
        assert fields["numbers"][:20] in answer.text
    with hospital.session() as session:
        assert session.scalars(select(EvidencePack)).all() == []


def test_a_pack_asked_for_twice_by_the_worker_is_stored_once(
    hospital: Database, signed_in: SignedIn, who: Who, worker: Any
) -> None:
    from lms.worker.packs import build_pack

    ask(signed_in(who("auditor")), requirement="CULT-CARE")
    worker.drain()
    with hospital.session() as session:
        first = session.scalars(select(EvidencePack)).one()
    build_pack({"pack": first.id}, worker.bench)
    with hospital.session() as session:
        assert session.scalars(select(EvidencePack)).one().file_id == first.file_id


@pytest.mark.browser
def test_an_auditor_takes_a_surveyors_sample_along(hospital: Database, page: Page, tmp_path: Any) -> None:
    sign_in(page, "auditor")
    with page.expect_navigation():
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Evidence", exact=True).click()
    page.get_by_label("Numbers of people").fill("learner\nmanager")
    page.get_by_label("As of").fill("2026-05-31")
    with page.expect_navigation():  # the heading says the same on both pages
        page.get_by_role("button", name="Put the pack together").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Evidence")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download the pack").click()
    taken.value.save_as(tmp_path / "pack.zip")
    assert verify((tmp_path / "pack.zip").read_bytes()).faults == []
    page.goto("/evidence")
    expect(page.get_by_role("table")).to_contain_text("Ready")
