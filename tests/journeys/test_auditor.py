"""The auditor reads everything and changes nothing: proven for every page and every form there is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms.access import Grant, Permission, Role, Viewer, may
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

MADE_TO_CHANGE = {
    "admin.invite", "employer.new", "equivalencies.end", "equivalencies.new", "equivalencies.withdraw", "policies.new",
    "policies.version", "policies.withdraw", "sessions.new", "sessions.tick", "assignments.withdraw", "feeds.facts", "feeds.reading",
    "feeds.solve", "history.undo", "drafts.new", "drafts.version", "requirements.retiring", "departments.new", "departments.change",
    "departments.close", "departments.merge",
}  # fmt: skip
"""Pages that are nothing but a form, beside all of ``employment``, ``decided`` and ``many``: what comes of them is read elsewhere."""

OF_A_MANAGER = {
    "team.index", "team.changed_people", "team.people", "team.person", "team.departments", "team.why_page", "team.matrix_page",
}  # fmt: skip
"""The manager’s own desk: the auditor has the same people and figures under Completion."""

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


def dead_ends(html: str, here: str, app: Flask) -> set[str]:
    """The links and forms of a page that lead an auditor to a refusal."""
    reader = Viewer(1, 1, "N", frozenset({Grant(Role.LEARNER), Grant(Role.AUDITOR)}))
    ways = [("GET", address) for address in re.findall(r'href="(/[^"#?]*)', html)]
    for form in re.findall(r"<form[^>]*>", html):
        address = re.search(r'action="([^"#?]*)', form)
        ways.append(("POST" if 'method="post"' in form else "GET", address[1] if address and address[1] else here))
    found = set()
    for method, address in ways:
        if address.startswith("/static/"):
            continue
        endpoint, _ = app.url_map.bind("localhost").match(address.partition("?")[0], method)
        view = app.view_functions[endpoint]
        permission = getattr(view, "attune_sending" if method == "POST" else "attune_permission", None)
        if permission is not None and not may(reader, permission):
            found.add(f"{method} {endpoint}")
    return found


def test_an_auditor_reads_everything_and_no_page_changes_anything(
    lived: Lived, auditor: PageClient, app: Flask, db: Database
) -> None:
    before = contents(db)
    read, refused, traps = set(), set(), {}
    for place in places(lived):
        answer = auditor.get(place.path, budget=None)
        assert answer.status_code in {200, 302, 303, 403, 404, 422}, f"{place.path}: {answer.status_code}"
        if "auditor" in place.by:
            assert answer.status_code == 200, f"{place.path}: {answer.status_code}"
        if answer.status_code == 200:
            read.add(place.endpoint)
            if found := dead_ends(answer.text, place.path, app):
                traps[place.path] = found
        elif answer.status_code == 403 and place.endpoint.partition(".")[0] not in {
            "employment",
            "decided",
            "many",
            "qualifications",
        }:
            refused.add(place.endpoint)
    after = contents(db)
    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
    assert after == before
    assert {"completion.index", "people.person", "requirements.show", "leadership.overview", "admin.audit"} <= read
    assert refused <= MADE_TO_CHANGE | OF_A_MANAGER, refused - MADE_TO_CHANGE - OF_A_MANAGER
    assert traps == {}
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
