"""Administration: what its pages share, the overview, and the settings. Each other page has a module beside this one."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from lms import outbox
from lms.access import Permission, Role, may
from lms.accounts.queries import AccountState
from lms.flows import admitting
from lms.notices import actions as notices
from lms.notices import queries as mails
from lms.people import queries as people
from lms.web.administration.settings_form import SettingsForm
from lms.web.page import actor, commit, needs, now, organisation, say, session, viewer, viewer_or_none

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

PAGE = 50
"""Lines on one page of a list."""

Member = TypeVar("Member", bound=Enum)

TABS = (
    (Permission.ADMINISTRATION_VIEW, "admin.overview", _l("Overview")),
    (Permission.ADMINISTRATION_VIEW, "admin.settings", _l("Settings")),
    (Permission.ADMINISTRATION_VIEW, "admin.accounts_list", _l("Accounts and roles")),
    (Permission.ACCOUNT_INVITE, "admin.invite", _l("Invitations")),
    (Permission.ADMINISTRATION_VIEW, "admin.mail", _l("Mail")),
    (Permission.ADMINISTRATION_VIEW, "admin.jobs", _l("Background jobs")),
    (Permission.AUDIT_VIEW, "admin.audit", _l("Audit log")),
)

WITHIN = {"admin.accounts_list": "admin.account"}
"""Pages without a tab of their own belong to one that has."""

ROLE_NAMES = {
    Role.MANAGER: _l("Manager"),
    Role.HR: _l("HR"),
    Role.EXECUTIVE: _l("Executive"),
    Role.AUTHOR: _l("Author"),
    Role.AUDITOR: _l("Auditor"),
    Role.ADMINISTRATOR: _l("Administrator"),
}
STATE_NAMES = {
    AccountState.NONE: (_l("No account"), "quiet", "circle"),
    AccountState.INVITED: (_l("No password yet"), "info", "mail"),
    AccountState.ACTIVE: (_l("Can sign in"), "ok", "circle-check"),
    AccountState.LOCKED: (_l("Locked for a while"), "soon", "lock"),
    AccountState.CLOSED: (_l("Closed"), "away", "circle-minus"),
}


@blueprint.context_processor
def _tabs() -> dict[str, Any]:
    asking = viewer_or_none()
    shown = [
        {"label": label, "url": url_for(target), "current": request.endpoint in {target, WITHIN.get(target)}}
        for permission, target, label in TABS
        if may(asking, permission)
    ]
    return {"admin_tabs": shown, "role_names": ROLE_NAMES, "state_names": STATE_NAMES}


# --- overview and settings --------------------------------------------------------------------------------------------


@blueprint.get("")
@needs(Permission.ADMINISTRATION_VIEW)
def overview() -> ResponseReturnValue:
    """What needs attention, and the settings at a glance."""
    return render_template(
        "admin/overview.html", own=organisation(), mails=mails.counts(session()), jobs=outbox.counts(session())
    )


@blueprint.route("/settings", methods=["GET", "POST"])
@needs(Permission.ADMINISTRATION_VIEW, to_send=Permission.SETTINGS_EDIT)
def settings() -> ResponseReturnValue:
    """What is set, to be changed by who may."""
    form = SettingsForm()
    if form.validate_on_submit():
        admitting.save_settings(session(), form.changed(organisation()), actor())
        commit()
        say(gettext("The settings are saved."))
        return redirect(url_for("admin.settings"), 303)
    if request.method == "GET":
        form.fill(organisation())
    return render_template("admin/settings.html", form=form, own=organisation()), 422 if form.errors else 200


@blueprint.post("/settings/test-mail")
@needs(Permission.SETTINGS_EDIT)
def test_mail() -> ResponseReturnValue:
    """Write a test message to oneself, or to the address given."""
    person = people.person(session(), viewer().person_id)
    recipient = request.form.get("recipient", "").strip() or person.email
    if organisation().mail is None:
        say(gettext("Set up a mail server first."), "error")
    elif not recipient or "@" not in recipient:
        say(gettext("Enter the address that the test message goes to."), "error")
    else:
        notices.write_mail(session(), "test", person, now(), recipient=recipient, when=now())
        commit()
        say(gettext("A test message to %(email)s is on its way. Its fate is listed below.", email=recipient))
        return redirect(url_for("admin.mail"), 303)
    return redirect(url_for("admin.settings"), 303)


# --- small readings of the request ------------------------------------------------------------------------------------


def one_of(kind: type[Member], value: str | None) -> Member | None:
    """The member with this value; None where there is none, or nothing is asked."""
    try:
        return kind(value) if value else None
    except ValueError:
        return None


def page_number() -> int:
    """Which page of a list is asked for, from 1."""
    return min(max(request.args.get("page", 1, type=int), 1), 100_000)
