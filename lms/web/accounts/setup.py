"""The first page of a fresh installation: open only while there is no organisation, and only to whoever has its set-up code."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lms.accounts import passwords, throttle
from lms.accounts.invitations import Newcomer
from lms.errors import AttuneError
from lms.flows import admitting
from lms.organisation import Organisation
from lms.web.accounts.auth import SECRET
from lms.web.administration.settings_form import SetupForm
from lms.web.page import actor, commit, house, now, organisation, public, session, tell

blueprint = Blueprint("setup", __name__)

CODES = throttle.Limit(20, timedelta(minutes=15))


@blueprint.route("/setup", methods=["GET", "POST"])
@public
def first_run() -> ResponseReturnValue:
    """Name the organisation and its first administrator, who then chooses a password at once."""
    if organisation().name:
        return redirect(url_for("site.front"))
    form = SetupForm()
    if form.validate_on_submit():
        calm = throttle.hit(session(), f"setup:{request.remote_addr}", CODES, now())
        commit()
        right = secrets.compare_digest(
            passwords.as_typed(form.code.data or "").encode(), passwords.setup_code(house().config.secret_key).encode()
        )
        if calm and right:
            try:
                return _set_up(form)
            except AttuneError as error:
                session().rollback()
                form.number.errors = [tell(error.message)]
        else:
            form.code.errors = [
                gettext("This is not the code of this installation.")
                if calm
                else gettext("There were too many wrong codes from here. Wait 15 minutes.")
            ]
    elif request.method == "GET":
        form.fill(
            Organisation(
                name="", base_url=house().config.base_url or request.host_url.rstrip("/"), zone="America/New_York"
            )
        )
    return render_template("setup/first_run.html", form=form), 422 if form.errors else 200


def _set_up(form: SetupForm) -> ResponseReturnValue:
    newcomer = Newcomer(
        number=form.number.data or "",
        given_name=form.given_name.data or "",
        family_name=form.family_name.data or "",
        email=form.email.data or None,
    )
    made = admitting.set_up(session(), form.changed(Organisation(name="")), newcomer, actor())
    commit()
    cookie[SECRET] = made.secret
    return redirect(url_for("auth.choose_password"), 303)
