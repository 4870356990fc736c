"""My account: password, language, e-mail address, and where one is signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user, logout_user
from itsdangerous import BadSignature, URLSafeTimedSerializer
from wtforms import BooleanField, EmailField, PasswordField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Regexp

from lms.access import Permission
from lms.accounts import actions
from lms.accounts import queries as accounts
from lms.errors import N_, Invalid
from lms.learning import surveys
from lms.notices import actions as notices
from lms.notices.actions import write_mail
from lms.notices.queries import reminded_early
from lms.people.models import Person
from lms.web.forms import Form
from lms.web.page import LANGUAGES, actor, commit, house, needs, now, organisation, say, session, tell, viewer

blueprint = Blueprint("account", __name__, url_prefix="/account")

ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"  # no more: a link that arrives is the proof
CONFIRM_WITHIN = timedelta(days=1)


class PasswordForm(Form):
    """Change the password."""

    current = PasswordField(_l("Current password"), [InputRequired(_l("Enter your current password."))])
    new_password = PasswordField(
        _l("New password"),
        [InputRequired(_l("Choose a password."))],
        description=_l("At least 12 characters. Three or four words that do not belong together are good."),
    )
    repeat = PasswordField(_l("The same password again"), [InputRequired(_l("Enter the password again."))])


class LanguageForm(Form):
    """Choose the language of pages and mails."""

    language = SelectField(
        _l("Language of pages and messages"), choices=[SelectChoice(tag, name) for tag, name in LANGUAGES.items()]
    )


class RemindersForm(Form):
    """Be reminded before due days, or not."""

    early = BooleanField(_l("Remind me before training is due"))
    later = BooleanField(_l("Ask me some weeks after a course what has changed in my work"))


class EmailForm(Form):
    """Use another address."""

    email = EmailField(
        _l("New e-mail address"),
        [
            InputRequired(_l("Enter an address.")),
            Length(max=254),
            Regexp(ADDRESS, message=_l("This is not an e-mail address, such as name@example.org.")),
        ],
    )
    password = PasswordField(_l("Your password"), [InputRequired(_l("Enter your current password."))])


@blueprint.app_context_processor
def _address() -> dict[str, Any]:
    return {"account_url": url_for("account.mine")}


@blueprint.get("")
@needs(Permission.LEARN)
def mine() -> ResponseReturnValue:
    """The page."""
    return _page()


@blueprint.post("/password")
@needs(Permission.LEARN)
def password() -> ResponseReturnValue:
    """Change the password; other devices are signed out and a mail says so."""
    form = PasswordForm()
    if form.validate_on_submit():
        if form.new_password.data != form.repeat.data:
            form.repeat.errors = [gettext("The two passwords are not the same.")]
            return _page(password_form=form), 422
        try:
            actions.check_password(session(), viewer().account_id, form.current.data or "", now())
        except Invalid as error:
            commit()  # the wrong try counts
            form.current.errors = [tell(error.message)]
            return _page(password_form=form), 422
        try:
            actions.change_password(
                session(), viewer().account_id, form.new_password.data or "", actor(), current_user.token
            )
        except Invalid as error:
            form.new_password.errors = [tell(error.message)]
            return _page(password_form=form), 422
        write_mail(session(), "password_changed", _me(), now(), when=now())
        commit()
        say(gettext("Your password is changed. Other devices are signed out."))
        return redirect(url_for("account.mine"), 303)
    return _page(password_form=form), 422


@blueprint.post("/reminders")
@needs(Permission.LEARN)
def reminders() -> ResponseReturnValue:
    """Choose whether to be reminded before due days; being late is told nevertheless."""
    form = RemindersForm()
    if not form.validate_on_submit():
        return _page(), 422
    notices.remind_early(session(), viewer().person_id, form.early.data, now())
    surveys.ask_later(session(), viewer().person_id, form.later.data, now())
    commit()
    say(gettext("Your choice is saved."))
    return redirect(url_for("account.mine"), 303)


@blueprint.post("/language")
@needs(Permission.LEARN)
def language() -> ResponseReturnValue:
    """Choose the language; it also counts on this device from now on."""
    form = LanguageForm()
    if not form.validate_on_submit():
        return _page(language_form=form), 422
    actions.choose_language(session(), viewer().person_id, form.language.data, actor())
    commit()
    answer = redirect(url_for("account.mine"), 303)
    answer.delete_cookie("language")
    return answer


@blueprint.post("/email")
@needs(Permission.LEARN)
def email() -> ResponseReturnValue:
    """Ask for another address: a link goes there, and only that link changes it."""
    form = EmailForm()
    if not form.validate_on_submit():
        return _page(email_form=form), 422
    wanted = (form.email.data or "").strip()
    try:
        actions.check_password(session(), viewer().account_id, form.password.data or "", now())
    except Invalid as error:
        commit()
        form.password.errors = [tell(error.message)]
        return _page(email_form=form), 422
    try:
        actions.require_free_address(session(), viewer().person_id, wanted)
    except Invalid as error:
        form.email.errors = [tell(error.message)]
        return _page(email_form=form), 422
    token = _signer().dumps([viewer().person_id, wanted])
    link = organisation().base_url.rstrip("/") + url_for("account.confirm_email", token=token)
    write_mail(session(), "confirm_email", _me(), now(), recipient=wanted, link=link)
    commit()
    say(gettext("Open the link that we have sent to %(email)s; until then nothing changes.", email=wanted))
    if organisation().mail is None:
        say(gettext("Mail is not set up yet, so the message waits until it is."), "warning")
    return redirect(url_for("account.mine"), 303)


@blueprint.route("/email/<token>", methods=["GET", "POST"])
@needs(Permission.LEARN)
def confirm_email(token: str) -> ResponseReturnValue:
    """Confirm the new address, signed in as the person who asked."""
    try:
        person_id, wanted = _signer().loads(token, max_age=int(CONFIRM_WITHIN.total_seconds()))
    except BadSignature:
        raise Invalid(N_("This link does not work any more. Ask for a new one under My account.")) from None
    if person_id != viewer().person_id:
        raise Invalid(N_("This link belongs to another account. Sign in as the person who asked for it."))
    if request.method == "POST":
        former = actions.change_email(session(), person_id, wanted, actor())
        if former:
            write_mail(session(), "email_changed", _me(), now(), recipient=former, new=wanted)
        commit()
        say(gettext("Your e-mail address is now %(email)s.", email=wanted))
        return redirect(url_for("account.mine"), 303)
    return render_template("account/confirm_email.html", email=wanted, token=token)


@blueprint.post("/sessions/<int:session_id>/end")
@needs(Permission.LEARN)
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign out one other device."""
    actions.end_session(session(), viewer().account_id, session_id, now())
    commit()
    say(gettext("That device is signed out."))
    return redirect(url_for("account.mine"), 303)


@blueprint.post("/sessions/end")
@needs(Permission.LEARN)
def end_all() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    count = actions.sign_out_everywhere(session(), viewer().account_id, now())
    commit()
    logout_user()
    cookie.clear()
    say(ngettext("You were signed out on %(num)s device.", "You were signed out on %(num)s devices.", count))
    return redirect(url_for("auth.sign_in"), 303)


def _page(
    password_form: PasswordForm | None = None,
    language_form: LanguageForm | None = None,
    email_form: EmailForm | None = None,
) -> str:
    config = house().config
    signed_in = accounts.sessions_of(
        session(),
        viewer().account_id,
        now(),
        timedelta(minutes=config.idle_minutes),
        timedelta(hours=config.session_hours),
    )
    person = _me()
    here = accounts.session_id_of(signed_in, current_user.token)
    chosen = person.language or next((tag for tag in organisation().languages if tag in LANGUAGES), "en")
    return render_template(
        "account/mine.html",
        person=person,
        sessions=[(found, _device(found.agent)) for found in signed_in],
        here=here,
        password_form=password_form or PasswordForm(formdata=None),
        language_form=language_form or LanguageForm(formdata=None, language=chosen),
        email_form=email_form or EmailForm(formdata=None),
        reminders_form=RemindersForm(
            formdata=None,
            early=reminded_early(session(), viewer().person_id),
            later=surveys.is_asked_later(session(), viewer().person_id),
        ),
        mail_waits=organisation().mail is None,
    )


def _device(agent: str | None) -> str | None:
    """A browser as its owner would call it, such as “Firefox, Windows”; None when it does not say.

    Browsers claim to be each other, so the one that the fewest others claim to be comes first.
    """
    said = agent or ""
    browsers = (("Edg", "Edge"), ("Firefox", "Firefox"), ("OPR", "Opera"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
    )
    names = [
        next((name for mark, name in signs if mark in said), None)
        for signs in (browsers, (*systems, ("Linux", "Linux")))
    ]
    return ", ".join(name for name in names if name) or agent


def _me() -> Person:
    return session().get_one(Person, viewer().person_id)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="confirm-email")
