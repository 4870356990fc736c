"""Administration: settings, accounts and roles, invitations, mail and job queues, and the audit log."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from lms import audit, outbox
from lms.access import ALLOWS, ORGANISATION_WIDE, Permission, Role, may
from lms.accounts import actions as account_actions
from lms.accounts import invitations, roles
from lms.accounts import queries as accounts
from lms.accounts.queries import AccountLine, AccountState
from lms.errors import N_, NotFound
from lms.flows import admitting
from lms.notices import actions as notices
from lms.notices import queries as mails
from lms.outbox import JobState
from lms.people import queries as people
from lms.web.administration.notices import in_words
from lms.web.administration.settings_form import SettingsForm
from lms.web.page import actor, commit, needs, now, organisation, say, session, today, viewer, viewer_or_none

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

PAGE = 50

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
MAIL_STATES = {
    mails.MailState.WAITING: (_l("Waiting"), "info", "hourglass"),
    mails.MailState.SENT: (_l("Sent"), "ok", "circle-check"),
    mails.MailState.FAILED: (_l("Not sent"), "late", "octagon-alert"),
    mails.MailState.BOUNCED: (_l("Came back"), "late", "undo-2"),
}
JOB_STATES = {
    JobState.WAITING: (_l("Waiting"), "info", "hourglass"),
    JobState.RUNNING: (_l("Running"), "info", "refresh-cw"),
    JobState.DONE: (_l("Done"), "ok", "circle-check"),
    JobState.FAILED: (_l("Failed"), "late", "octagon-alert"),
}
JOB_PHASES = {
    "people": _l("Timelines: person %(done)s of %(total)s"),
    "days": _l("Counts of each day: piece %(done)s of %(total)s"),
    "checkpoints": _l("Counts to begin from: %(done)s of %(total)s"),
    "lines": _l("What is to be said: duty %(done)s of %(total)s"),
    "lists": _l("Weekly lists"),
    "calendars": _l("Calendars to put right: person %(done)s of %(total)s"),
    "mails": _l("Messages: person %(done)s of %(total)s"),
    "facts": _l("People of a file taken in: %(done)s of %(total)s"),
    "taking": _l("Completions taken in: %(done)s of %(total)s"),
    "undoing": _l("Completions taken back: %(done)s of %(total)s"),
}
"""How far a long job has come, in the words of its phase (``outbox.HowFar``)."""


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


# --- accounts and roles -----------------------------------------------------------------------------------------------


@blueprint.get("/accounts")
@needs(Permission.ADMINISTRATION_VIEW)
def accounts_list() -> ResponseReturnValue:
    """Find people and see how they stand with signing in."""
    term = request.args.get("q", "").strip()[:100]
    role = _one_of(Role, request.args.get("role"))
    state = _one_of(AccountState, request.args.get("state"))
    page = _page_number()
    lines, count = accounts.account_lines(session(), now(), term=term, role=role, state=state, page=page)
    names = people.tree(session(), today())
    return render_template(
        "admin/accounts.html",
        lines=lines,
        count=count,
        page=page,
        pages=max(1, -(-count // PAGE)),
        term=term,
        role=role,
        state=state,
        department_name=lambda ident: names.nodes[ident].name if ident in names.nodes else "",
        url_of=lambda number: url_for("admin.accounts_list", q=term or None, role=role, state=state, page=number),
    )


@blueprint.get("/accounts/<int:person_id>")
@needs(Permission.ADMINISTRATION_VIEW)
def account(person_id: int) -> ResponseReturnValue:
    """One person's account."""
    tree = people.tree(session(), today())
    return render_template(
        "admin/account.html",
        line=_line(person_id),
        held=people.held(session(), person_id, today()),
        department_path=lambda ident: tree.path(ident) if ident else gettext("The whole organisation"),
        departments=_choices(tree),
        granted=[(role.value, label) for role, label in ROLE_NAMES.items()],
        whole_only=[str(ROLE_NAMES[role]) for role in ROLE_NAMES if ALLOWS[role] <= ORGANISATION_WIDE],
    )


def _reason() -> str:
    return request.form.get("reason", "").strip()[:500]


@blueprint.post("/accounts/<int:person_id>/grant")
@needs(Permission.ACCOUNT_ADMIN)
def grant(person_id: int) -> ResponseReturnValue:
    """Give a role."""
    line = _line(person_id)
    role = _one_of(Role, request.form.get("role"))
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


@blueprint.post("/accounts/<int:person_id>/grants/<int:grant_id>/revoke")
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


@blueprint.post("/accounts/<int:person_id>/unlock")
@needs(Permission.ACCOUNT_ADMIN)
def unlock(person_id: int) -> ResponseReturnValue:
    """Let somebody try again at once."""
    roles.unlock(session(), _account_id(person_id), actor())
    commit()
    say(gettext("The account is unlocked."))
    return _back(person_id)


@blueprint.post("/accounts/<int:person_id>/close")
@needs(Permission.ACCOUNT_ADMIN)
def close(person_id: int) -> ResponseReturnValue:
    """Close an account, with a reason."""
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        say(gettext("Enter a reason; it is kept in the audit log. Nothing was changed."), "error")
        return _back(person_id)
    roles.close(session(), _account_id(person_id), actor(), reason)
    commit()
    say(gettext("The account is closed and signed out everywhere."))
    return _back(person_id)


@blueprint.post("/accounts/<int:person_id>/reopen")
@needs(Permission.ACCOUNT_ADMIN)
def reopen(person_id: int) -> ResponseReturnValue:
    """Open a closed account again."""
    roles.reopen(session(), _account_id(person_id), actor())
    commit()
    say(gettext("The account is open again."))
    return _back(person_id)


@blueprint.post("/accounts/<int:person_id>/sign-out")
@needs(Permission.ACCOUNT_ADMIN)
def sign_out(person_id: int) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    account_actions.sign_out_everywhere(session(), _account_id(person_id), now())
    audit.record(session(), actor(), "account.sign_out", "account", _account_id(person_id), about=person_id)
    commit()
    say(gettext("All devices are signed out."))
    return _back(person_id)


@blueprint.post("/accounts/<int:person_id>/code")
@needs(Permission.ACCOUNT_ADMIN)
def one_time_code(person_id: int) -> ResponseReturnValue:
    """A printed code for one person, also for one who forgot the password and has no address."""
    line = _line(person_id)
    made = invitations.code_for(session(), line.person, actor())
    commit()
    return _sheet([made])


# --- invitations ------------------------------------------------------------------------------------------------------


@blueprint.route("/invite", methods=["GET", "POST"])
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
        return _sheet(invited.invitations)
    return render_template(
        "admin/invite.html",
        departments=_choices(tree, allowed),
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


def _sheet(made: Any) -> ResponseReturnValue:
    tree = people.tree(session(), today())
    places = accounts.departments_of(session(), [one.person.id for one in made], today())
    rows = [(one, tree.path(places[one.person.id]) if one.person.id in places else "") for one in made]
    return render_template("admin/sheet.html", rows=sorted(rows, key=lambda row: row[1]), own=organisation())


# --- queues and the audit log -----------------------------------------------------------------------------------------


@blueprint.get("/mail")
@needs(Permission.ADMINISTRATION_VIEW)
def mail() -> ResponseReturnValue:
    """Every message and what became of it."""
    only = _one_of(mails.MailState, request.args.get("state"))
    page = _page_number()
    found = mails.listed(session(), only, page)
    return render_template(
        "admin/mail.html",
        rows=[(one, MAIL_STATES[mails.state(one)], mails.state(one).value) for one in found[:PAGE]],
        more=len(found) > PAGE,
        counts=mails.counts(session()),
        states=MAIL_STATES,
        only=only,
        page=page,
        url_of=lambda other: url_for("admin.mail", state=only, page=other),
        waits=organisation().mail is None,
        words=in_words,
    )


@blueprint.post("/mail/<int:mail_id>/retry")
@needs(Permission.SETTINGS_EDIT)
def retry_mail(mail_id: int) -> ResponseReturnValue:
    """Try a message again at once."""
    notices.retry(session(), mail_id, now())
    commit()
    say(gettext("The message is tried again."))
    return redirect(url_for("admin.mail"), 303)


@blueprint.post("/mail/retry")
@needs(Permission.SETTINGS_EDIT)
def retry_all_mail() -> ResponseReturnValue:
    """Try all waiting messages again at once."""
    count = notices.release_waiting(session(), now())
    commit()
    say(ngettext("%(num)s message is tried again.", "%(num)s messages are tried again.", count))
    return redirect(url_for("admin.mail"), 303)


@blueprint.get("/jobs")
@needs(Permission.ADMINISTRATION_VIEW)
def jobs() -> ResponseReturnValue:
    """Work that runs beside the pages."""
    only = _one_of(JobState, request.args.get("state"))
    page = _page_number()
    found = outbox.listed(session(), only, page)
    return render_template(
        "admin/jobs.html",
        rows=[(one, JOB_STATES[JobState(one.state)]) for one in found[:PAGE]],
        phases=JOB_PHASES,
        more=len(found) > PAGE,
        counts=outbox.counts(session()),
        states=JOB_STATES,
        only=only,
        page=page,
        url_of=lambda other: url_for("admin.jobs", state=only, page=other),
    )


@blueprint.post("/jobs/<int:job_id>/retry")
@needs(Permission.SETTINGS_EDIT)
def retry_job(job_id: int) -> ResponseReturnValue:
    """Run a failed job again."""
    if outbox.again(session(), job_id, now()) is None:
        raise NotFound(N_("There is no such failed job; perhaps it runs already."))
    commit()
    say(gettext("The job is tried again."))
    return redirect(url_for("admin.jobs"), 303)


# --- small readings of the request ------------------------------------------------------------------------------------


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


def _choices(tree: Any, allowed: frozenset[int] | None = None) -> list[tuple[int, str]]:
    indent = "\u2003"
    return [
        (node.id, indent * level + node.name) for level, node in tree.walk() if allowed is None or node.id in allowed
    ]


def _one_of(kind: Any, value: str | None) -> Any:
    try:
        return kind(value) if value else None
    except ValueError:
        return None


def _page_number() -> int:
    return min(max(request.args.get("page", 1, type=int), 1), 100_000)


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None
