"""Invitations: by mail, or as a sheet of codes to print. A page of Administration."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from lms.access import Permission
from lms.accounts import invitations
from lms.accounts import queries as accounts
from lms.accounts.invitations import Invitation
from lms.errors import N_, NotFound
from lms.flows import admitting
from lms.people import queries as people
from lms.people.tree import Tree
from lms.web.administration import admin
from lms.web.page import actor, commit, needs, organisation, say, session, today, viewer


@admin.blueprint.route("/invite", methods=["GET", "POST"])
@needs(Permission.ACCOUNT_INVITE)
def invite() -> ResponseReturnValue:
    """Invite everybody in a department who cannot sign in yet: by mail, or with a sheet of codes to print."""
    tree = people.tree(session(), today())
    allowed = people.visible_departments(session(), viewer(), Permission.ACCOUNT_INVITE, today())
    chosen = request.values.get("department", type=int)
    if chosen is not None and (chosen not in tree.nodes or (allowed is not None and chosen not in allowed)):
        raise NotFound(N_("There is no such department today."))
    within = tree.subtree([chosen]) if chosen is not None else allowed
    waiting = accounts.invitable(session(), within, today())
    by_mail = [one.person_id for one in waiting if one.has_email]
    on_paper = [one.person_id for one in waiting if not one.has_email]
    if request.method == "POST":
        if request.form.get("how") == "mail":
            return _invite_by_mail(by_mail[: invitations.AT_ONCE])
        wanted = on_paper if request.form.get("who") != "all" else [one.person_id for one in waiting]
        invited = invitations.invite(session(), wanted[: invitations.AT_ONCE], actor(), printed=True)
        commit()
        return sheet(invited.invitations)
    return render_template(
        "admin/invite.html",
        departments=department_choices(tree, allowed),
        chosen=chosen,
        by_mail=len(by_mail),
        on_paper=len(on_paper),
        at_once=invitations.AT_ONCE,
        mail_waits=organisation().mail is None,
    )


def _invite_by_mail(person_ids: list[int]) -> ResponseReturnValue:
    base = organisation().base_url.rstrip("/")
    invited = admitting.invite_by_mail(
        session(), person_ids, lambda secret: base + url_for("auth.welcome", secret=secret), actor()
    )
    commit()
    count = len(invited.invitations)
    say(ngettext("%(num)s invitation is on its way.", "%(num)s invitations are on their way.", count))
    if organisation().mail is None:
        say(gettext("Mail is not set up yet, so the invitations wait until it is."), "warning")
    return redirect(url_for("admin.invite"), 303)


def sheet(made: Sequence[Invitation]) -> ResponseReturnValue:
    """Codes to print and hand out, in the order of departments."""
    tree = people.tree(session(), today())
    places = accounts.departments_of(session(), [one.person.id for one in made], today())
    rows = [(one, tree.path(places[one.person.id]) if one.person.id in places else "") for one in made]
    return render_template("admin/sheet.html", rows=sorted(rows, key=lambda row: row[1]), own=organisation())


def department_choices(tree: Tree, allowed: frozenset[int] | None = None) -> list[tuple[int, str]]:
    """The departments (of those ``allowed``; None: all) to choose from, their levels shown."""
    indent = "\u2003"
    return [
        (node.id, indent * level + node.name) for level, node in tree.walk() if allowed is None or node.id in allowed
    ]
