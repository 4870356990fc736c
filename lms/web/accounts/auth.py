"""Signing in and out, invitations and codes, forgotten passwords."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from lms.access import Permission, may
from lms.accounts import actions, invitations, throttle
from lms.accounts.models import Account, TokenPurpose
from lms.accounts.queries import account_of_expired_token, viewer_for_token
from lms.demo.roles import PASSWORD, ROLES
from lms.errors import AttuneError, Invalid
from lms.flows import admitting
from lms.web.forms import Form
from lms.web.page import (
    KEPT,
    SignedIn,
    commit,
    house,
    needs,
    now,
    organisation,
    public,
    safe_next,
    say,
    session,
    tell,
    viewer_or_none,
)

blueprint = Blueprint("auth", __name__)

SECRET = "one_time"
"""Where the cookie keeps the secret of an opened link, so that it does not stay in the address."""


class SignInForm(Form):
    """Who, and the proof."""

    name = StringField(
        _l("Employee number or e-mail address"),
        [InputRequired(_l("Enter your employee number or e-mail address.")), Length(max=200)],
    )
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password.")), Length(max=1000)])


class ForgottenForm(Form):
    """Who forgot."""

    name = StringField(
        _l("Employee number or e-mail address"),
        [InputRequired(_l("Enter your employee number or e-mail address.")), Length(max=200)],
    )


class CodeForm(Form):
    """A code from paper."""

    code = StringField(
        _l("One-time code"), [InputRequired(_l("Enter the code from your sheet.")), Length(max=200)],
        description=_l("Twelve letters and digits, such as K7QM-4TXP-9RWD. Small letters and blanks are fine."),
    )  # fmt: skip


class WelcomeForm(Form):
    """A new password."""

    new_password = PasswordField(
        _l("New password"), [InputRequired(_l("Choose a password."))],
        description=_l("At least 12 characters. Three or four words that do not belong together are good."),
    )  # fmt: skip
    repeat = PasswordField(_l("The same password again"), [InputRequired(_l("Enter the password again."))])


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """The sign-in page."""
    target = safe_next(request.values.get("next"))
    if not organisation().name:
        return redirect(url_for("setup.first_run"))
    if request.method == "GET" and viewer_or_none() is not None:
        return redirect(target or url_for("site.front"))
    form = SignInForm()
    refused = None
    if form.validate_on_submit():
        challenge = actions.open_sign_in(session(), form.name.data or "", now(), request.remote_addr)
        commit()  # nobody waits for the database while the password is checked
        proved = challenge.proved_by(form.password.data or "")
        result = actions.finish_sign_in(
            session(), challenge, proved, now=now(), address=request.remote_addr,
            agent=request.user_agent.string, demo=house().config.demo,
        )  # fmt: skip
        commit()
        if result.token is not None and result.account is not None:
            _enter(result.account, result.token)
            leads_to = _hand_in_kept(result.account.id) or target or url_for("site.front")
            if _by_script():
                return jsonify({"person": result.account.person_id, "next": leads_to})
            return redirect(leads_to, 303)
        refused = tell(result.message) if result.message else None
    if _by_script() and request.method == "POST":
        return jsonify({"error": refused or gettext("Enter your name and your password.")}), 422
    status = 422 if request.method == "POST" else 200
    players = ROLES if house().config.demo and organisation().demo else ()
    return render_template(
        "auth/sign_in.html", form=form, refused=refused, next=target, players=players, password=PASSWORD
    ), status


def _by_script() -> bool:
    """Whether somebody signs in over the page they are on."""
    return request.headers.get("X-Requested-With") == "fetch"


@blueprint.post("/sign-out")
@needs(Permission.LEARN)
def sign_out() -> ResponseReturnValue:
    """End this session; for the next person at the same computer, if it is handed over."""
    name = current_user.viewer.display_name
    actions.sign_out(session(), current_user.token, now())
    commit()
    logout_user()
    cookie.clear()
    if request.form.get("hand_over"):
        say(gettext("%(name)s is signed out and loses nothing. Whoever is next can sign in now.", name=name))
    else:
        say(gettext("You are signed out."))
    return redirect(url_for("auth.sign_in"), 303)


@blueprint.route("/forgotten", methods=["GET", "POST"])
@public
def forgotten() -> ResponseReturnValue:
    """Ask for a link to choose a new password; the answer is the same whether there is such an account or not."""
    form = ForgottenForm()
    if form.validate_on_submit():
        admitting.forgotten_password(session(), form.name.data or "", _link, now(), request.remote_addr)
        commit()
        return render_template("auth/forgotten_sent.html", waits=organisation().mail is None)
    return render_template("auth/forgotten.html", form=form), 422 if form.errors else 200


@blueprint.route("/code", methods=["GET", "POST"])
@public
def code() -> ResponseReturnValue:
    """Enter a printed one-time code."""
    form = CodeForm()
    if form.validate_on_submit():
        calm = throttle.hit(session(), f"code:{request.remote_addr}", throttle.CODES_PER_ADDRESS, now())
        known = calm and invitations.holder(session(), form.code.data or "", now()) is not None
        commit()
        if known:
            cookie[SECRET] = form.code.data
            return redirect(url_for("auth.choose_password"), 303)
        form.code.errors = [
            gettext("This code does not work. Check it letter by letter, or ask for a new one.")
            if calm
            else gettext("There were too many wrong codes from here. Wait 15 minutes.")
        ]
    return render_template("auth/code.html", form=form), 422 if form.errors else 200


@blueprint.get("/welcome/<secret>")
@public
def welcome(secret: str) -> ResponseReturnValue:
    """Open the link of an invitation or reset; the secret leaves the address at once, and is used up only by a password."""
    cookie[SECRET] = secret[:200]
    return redirect(url_for("auth.choose_password"))


@blueprint.route("/welcome", methods=["GET", "POST"])
@public
def choose_password() -> ResponseReturnValue:
    """Choose a password with an opened link or an entered code, and be signed in."""
    secret = cookie.get(SECRET, "")
    found = invitations.holder(session(), secret, now()) if secret else None
    if found is None:
        cookie.pop(SECRET, None)
        return render_template("auth/stale.html"), 410
    token, _, person = found
    form = WelcomeForm()
    if form.validate_on_submit():
        if form.new_password.data != form.repeat.data:
            form.repeat.errors = [gettext("The two passwords are not the same.")]
        else:
            try:
                return _accept(secret, form.new_password.data or "")
            except Invalid as error:
                session().rollback()
                session().refresh(person)
                form.new_password.errors = [tell(error.message)]
    resetting = token.purpose == TokenPurpose.RESET
    answer = render_template("auth/welcome.html", form=form, person=person, resetting=resetting)
    return answer, 422 if form.errors else 200


def _accept(secret: str, password: str) -> ResponseReturnValue:
    account = invitations.accept(session(), secret, password, now(), request.remote_addr)
    actions.sign_out_everywhere(session(), account.id, now())
    token = actions.begin_session(session(), account, now(), request.remote_addr, request.user_agent.string)
    commit()
    cookie.pop(SECRET, None)
    _enter(account, token)
    say(gettext("Your password is set and you are signed in."))
    return redirect(url_for("site.front"), 303)


def _link(secret: str) -> str:
    return organisation().base_url.rstrip("/") + url_for("auth.welcome", secret=secret)


def _enter(account: Account, token: str) -> None:
    """Put the session token into the cookie. Another person's leftovers go; one's own stay, so that open pages still work."""
    former = cookie.get("_user_id")
    if former is None or account_of_expired_token(session(), former, now()) != account.id:
        cookie.clear()
    config = house().config
    idle, longest = timedelta(minutes=config.idle_minutes), timedelta(hours=config.session_hours)
    viewer = viewer_for_token(session(), token, now(), idle, longest, demo=config.demo)
    if viewer is not None:
        login_user(SignedIn(token, viewer))
        cookie["touched"] = int(now().timestamp())


def _hand_in_kept(account_id: int) -> str | None:
    """Hand in what this person had sent after the time-out, as if it came now; gives where that leads.

    The forms were checked for forgery when they arrived. Answers carry keys, so that handing one in twice changes nothing.
    """
    leads_to = None
    for kept_id, path, form in [
        (kept.id, kept.path, kept.form) for kept in actions.kept_posts(session(), account_id, now())
    ]:
        leads_to = _replay(path, form) or leads_to
        actions.note_handed_in(session(), kept_id, now())
        commit()
    return leads_to


def _replay(path: str, form: dict[str, list[str]]) -> str | None:
    """Run the view that a kept form was sent to, in a request of its own for the person who has just signed in."""
    environ = EnvironBuilder(
        path=path,
        method="POST",
        data=form,
        base_url=request.host_url,
        headers=[("Cookie", request.headers.get("Cookie", ""))],
    ).get_environ()
    environ[KEPT] = True
    try:
        with current_app.request_context(environ):
            view = current_app.view_functions.get(request.endpoint or "")
            permission = getattr(view, "attune_sending", None)
            if view is None or not hasattr(view, "attune_keeps_post") or permission is None:
                return None
            if not may(viewer_or_none(), permission):
                return None
            answer = current_app.make_response(cast(Response, view(**(request.view_args or {}))))
            return safe_next(answer.location)
    except AttuneError as error:
        say(error.message, "error")
    except HTTPException:
        say(gettext("What you had sent could not be saved. Please look at the page again."), "error")
    return None
