"""Accounts and roles: who can sign in and as what. Pages of Administration."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lms import audit
from lms.access import ALLOWS, ORGANISATION_WIDE, Permission, Role
from lms.accounts import actions as account_actions
from lms.accounts import invitations, roles
from lms.accounts import queries as accounts
from lms.accounts.queries import AccountLine, AccountState
from lms.errors import N_, NotFound
from lms.people import queries as people
from lms.web.administration import admin
from lms.web.administration.invitations import department_choices, sheet
from lms.web.page import actor, commit, needs, now, say, session, today


@admin.blueprint.get("/accounts")
@needs(Permission.ADMINISTRATION_VIEW)
def accounts_list() -> ResponseReturnValue:
    """Find people and see how they stand with signing in."""
    term = request.args.get("q", "").strip()[:100]
    role = admin.one_of(Role, request.args.get("role"))
    state = admin.one_of(AccountState, request.args.get("state"))
    page = admin.page_number()
    lines, count = accounts.account_lines(session(), now(), term=term, role=role, state=state, page=page)
    names = people.tree(session(), today())
    return render_template(
        "admin/accounts.html",
        lines=lines,
        count=count,
        page=page,
        pages=max(1, -(-count // admin.PAGE)),
        term=term,
        role=role,
        state=state,
        department_name=lambda ident: names.nodes[ident].name if ident in names.nodes else "",
        url_of=lambda number: url_for("admin.accounts_list", q=term or None, role=role, state=state, page=number),
    )


@admin.blueprint.get("/accounts/<int:person_id>")
@needs(Permission.ADMINISTRATION_VIEW)
def account(person_id: int) -> ResponseReturnValue:
    """One person's account."""
    tree = people.tree(session(), today())
    return render_template(
        "admin/account.html",
        line=_line(person_id),
        held=people.held(session(), person_id, today()),
        department_path=lambda ident: tree.path(ident) if ident else gettext("The whole organisation"),
        departments=department_choices(tree),
        granted=[(role.value, label) for role, label in admin.ROLE_NAMES.items()],
        whole_only=[str(admin.ROLE_NAMES[role]) for role in admin.ROLE_NAMES if ALLOWS[role] <= ORGANISATION_WIDE],
    )


def _reason() -> str:
    return request.form.get("reason", "").strip()[:500]


@admin.blueprint.post("/accounts/<int:person_id>/grant")
@needs(Permission.ACCOUNT_ADMIN)
def grant(person_id: int) -> ResponseReturnValue:
    """Give a role."""
    line = _line(person_id)
    role = admin.one_of(Role, request.form.get("role"))
    if role is None:
        raise NotFound(N_("There is no such role."))
    department_id = request.form.get("department", type=int)
    if department_id is not None and department_id not in people.tree(session(), today()).nodes:
        raise NotFound(N_("There is no such department today."))
    held = line.account or invitations.open_account(session(), line.person, actor())
    roles.grant_role(session(), held.id, role, department_id, actor(), _reason())
    commit()
    say(gettext("%(name)s has the role now.", name=line.person.display_name))
    return _back(person_id)


@admin.blueprint.post("/accounts/<int:person_id>/grants/<int:grant_id>/revoke")
@needs(Permission.ACCOUNT_ADMIN)
def revoke(person_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role back."""
    line = _line(person_id)
    if grant_id not in {held.grant_id for held in line.roles}:
        raise NotFound(N_("This role was taken back already."))
    roles.revoke_role(session(), grant_id, actor(), _reason())
    commit()
    say(gettext("The role was taken back."))
    return _back(person_id)


@admin.blueprint.post("/accounts/<int:person_id>/unlock")
@needs(Permission.ACCOUNT_ADMIN)
def unlock(person_id: int) -> ResponseReturnValue:
    """Let somebody try again at once."""
    roles.unlock(session(), _account_id(person_id), actor())
    commit()
    say(gettext("The account is unlocked."))
    return _back(person_id)


@admin.blueprint.post("/accounts/<int:person_id>/close")
@needs(Permission.ACCOUNT_ADMIN)
def close(person_id: int) -> ResponseReturnValue:
    """Close an account, with a reason."""
    reason = _reason()
    if not reason:
        say(gettext("Enter a reason; it is kept in the audit log. Nothing was changed."), "error")
        return _back(person_id)
    roles.close(session(), _account_id(person_id), actor(), reason)
    commit()
    say(gettext("The account is closed and signed out everywhere."))
    return _back(person_id)


@admin.blueprint.post("/accounts/<int:person_id>/reopen")
@needs(Permission.ACCOUNT_ADMIN)
def reopen(person_id: int) -> ResponseReturnValue:
    """Open a closed account again."""
    roles.reopen(session(), _account_id(person_id), actor())
    commit()
    say(gettext("The account is open again."))
    return _back(person_id)


@admin.blueprint.post("/accounts/<int:person_id>/sign-out")
@needs(Permission.ACCOUNT_ADMIN)
def sign_out(person_id: int) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    account_id = _account_id(person_id)
    account_actions.sign_out_everywhere(session(), account_id, now())
    audit.record(session(), actor(), "account.sign_out", "account", account_id, about=person_id)
    commit()
    say(gettext("All devices are signed out."))
    return _back(person_id)


@admin.blueprint.post("/accounts/<int:person_id>/code")
@needs(Permission.ACCOUNT_ADMIN)
def one_time_code(person_id: int) -> ResponseReturnValue:
    """A printed code for one person, also for one who forgot the password and has no address."""
    line = _line(person_id)
    made = invitations.code_for(session(), line.person, actor())
    commit()
    return sheet([made])


def _line(person_id: int) -> AccountLine:
    line = accounts.account_line(session(), person_id, now())
    if line is None:
        raise NotFound(N_("There is no such person."))
    return line


def _account_id(person_id: int) -> int:
    account = _line(person_id).account
    if account is None:
        raise NotFound(N_("This person has no account yet."))
    return account.id


def _back(person_id: int) -> ResponseReturnValue:
    return redirect(url_for("admin.account", person_id=person_id), 303)
