"""The auditor reads everything and changes nothing: proven for every page and every form there is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms.access import Permission
from lms.db import Base, Database
from tests.journeys.lived import Lived
from tests.journeys.places import places
from tests.support.pages import PageClient

OWN = {Permission.LEARN, None}
"""What everybody who can sign in may do for themselves, auditors among them, and what needs no permission at all."""

NO_CHANGE = {
    "evidence.build": "asks for a pack: a job and a file, no fact",
    "comparisons.ask": "asks for a comparison: a job, and what it works out from facts",
    "employer_report.export": "makes a file, and writes down that it was made",
}
"""Forms that an auditor may send because they change no fact and no grant."""

SIGN_IN = {"sign_in_session"}
"""What reading itself touches."""


@pytest.fixture
def auditor(signed_in: Callable[[int], PageClient], who: Callable[[str], int]) -> PageClient:
    """The auditor's browser."""
    return signed_in(who("auditor"))


def contents(db: Database) -> dict[str, list[Any]]:
    with db.session() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))]
            for table in Base.metadata.sorted_tables
            if table.name not in SIGN_IN
        }


def test_no_page_that_an_auditor_opens_changes_anything(lived: Lived, auditor: PageClient, db: Database) -> None:
    before = contents(db)
    read = set()
    for place in places(lived):
        answer = auditor.get(place.path, budget=None)
        assert answer.status_code in {200, 302, 303, 403, 404, 422}, f"{place.path}: {answer.status_code}"
        if "auditor" in place.by:
            assert answer.status_code == 200, f"{place.path}: {answer.status_code}"
        if answer.status_code == 200:
            read.add(place.endpoint)
    after = contents(db)
    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
    assert after == before
    assert {"completion.index", "people.person", "requirements.show", "leadership.overview", "admin.audit"} <= read
    assert {"people.training", "people.changes", "departments.show", "authoring.course"} <= read


def test_every_form_refuses_the_auditor_and_nothing_is_changed(
    lived: Lived, auditor: PageClient, app: Flask, db: Database
) -> None:
    app.config["WTF_CSRF_ENABLED"] = app.config["WTF_CSRF_CHECK_DEFAULT"] = (
        False  # it would refuse them for another reason
    )
    before = contents(db)
    numbers = {
        "person_id": lived.person,
        "requirement_id": 1,
        "record_id": lived.record,
        "department_id": lived.department,
    }
    refused = []
    for rule in app.url_map.iter_rules():
        permission = getattr(app.view_functions[rule.endpoint], "attune_permission", None)
        if "POST" not in (rule.methods or ()) or permission in OWN or rule.endpoint in NO_CHANGE:
            continue
        address = re.sub(r"<int:([^<>]+)>", lambda found: str(numbers.get(found[1], 1)), rule.rule)
        address = re.sub(r"<[^<>]+>", "x", address)
        answer = auditor.post(address, data={"reason": "Because", "confirm": "y"})
        assert answer.status_code == 403, f"{rule.endpoint} answers {answer.status_code} to an auditor"
        refused.append(rule.endpoint)
    assert len(refused) > 30
    assert contents(db) == before


def test_nothing_that_an_auditor_is_allowed_is_named_after_a_change() -> None:
    from lms.access import ALLOWS, Role

    changing = {
        p
        for p in Permission
        if p.value.partition(".")[2] in {"edit", "import", "grant", "revoke", "publish", "invite", "admin"}
    }
    assert ALLOWS[Role.AUDITOR] & changing == set()
