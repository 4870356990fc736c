"""Who may do what: the documented table is the code's, strangers get nowhere, and a grant reaches as far as it says."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from config import ROOT
from lms.access import ALLOWS, ORGANISATION_WIDE, Grant, Permission, Role, Viewer, may, scope

OPEN_TO_ANYBODY = {
    "unsubscribe.ask", "unsubscribe.stop",  # the link in a mail is the key
    "auth.choose_password", "auth.code", "auth.forgotten", "auth.sign_in", "auth.welcome", "setup.first_run",
    "site.front", "site.health", "site.help", "site.set_language", "site.style", "study.whose",
}  # fmt: skip


def documented() -> dict[Permission, dict[Role, str]]:
    lines = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    roles = [Role(name) for name in rows[0][2:]]
    return {
        Permission(row[0].strip("`")): dict(zip(roles, row[2:], strict=True))
        for row in rows[2:]
        if row[1] and row[1] != "TODO"
    }


def test_the_table_is_the_code() -> None:
    table = documented()
    assert set(table) == set(Permission), "every permission has a row that says what it allows"
    for permission in Permission:
        for role in Role:
            allowed = permission in ALLOWS[role]
            kind = "own" if permission is Permission.LEARN else "all" if permission in ORGANISATION_WIDE else "scope"
            assert table[permission][role] == (kind if allowed else ""), f"{role} and {permission}"


def test_what_is_open_to_anybody_is_a_short_list(app: Flask) -> None:
    open_pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "attune_permission", "static") is None
    }
    assert {name for name in open_pages if not name.startswith("verify.")} <= OPEN_TO_ANYBODY


def test_signed_out_visitors_are_sent_to_sign_in_and_nowhere_else(app: Flask) -> None:
    """Every page with a permission, whatever its method, answers a stranger with the sign-in page or a refusal."""
    app.config["WTF_CSRF_ENABLED"] = False
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    guest = app.test_client()
    guarded = [
        r for r in app.url_map.iter_rules() if getattr(app.view_functions[r.endpoint], "attune_permission", None)
    ]
    assert len(guarded) > 100
    for rule in guarded:
        address = re.sub(r"<int:[^<>]+>", "1", rule.rule)
        address = re.sub(r"<[^<>]+>", "x", address)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = guest.open(address, method=method)
            assert answer.status_code in {302, 401, 403}, f"{method} {address}: {answer.status}"
            assert not answer.location or answer.location.startswith("/sign-in"), (
                f"{method} {address}: {answer.location}"
            )


@pytest.mark.parametrize("permission", list(Permission))
def test_a_grant_reaches_as_far_as_it_says(permission: Permission) -> None:
    assert not may(None, permission)
    for role in Role:
        whole = Viewer(1, 1, "N", frozenset({Grant(role)}))
        ward = Viewer(1, 1, "N", frozenset({Grant(role, 7)}))
        allowed = permission in ALLOWS[role]
        assert may(whole, permission) is allowed
        assert scope(whole, permission) == (None if allowed else frozenset())
        everybody = permission in ORGANISATION_WIDE and permission is not Permission.LEARN
        assert may(ward, permission) is (allowed and not everybody)
        assert scope(ward, permission) == (frozenset({7}) if allowed and not everybody else frozenset())
