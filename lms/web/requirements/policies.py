"""Policies: everybody reads and acknowledges those in force; HR publishes versions and sees who acknowledged them."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, HiddenField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from lms.access import Permission
from lms.errors import N_, AttuneError, Invalid, NotFound
from lms.files import StoredFile
from lms.flows import acknowledging
from lms.people.queries import visible_to
from lms.policies import queries
from lms.policies.documents import MOST, PDF, TEXT, kind_of, language_for
from lms.policies.models import PolicyVersion
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.page import LANGUAGES, actor, commit, house, locale, needs, now, say, session, tell, today, viewer
from lms.web.people.people_forms import DAY_NEEDED, NEEDED
from lms.web.sending import send_kept

blueprint = Blueprint("policies", __name__, url_prefix="/policies")

PAGE = 50
CODE_HINT = _l("Use letters, digits, dots and hyphens, at most 40.")


class AcknowledgeForm(Form):
    """One's word, and what it is about."""

    version = HiddenField()
    language = HiddenField()
    read = BooleanField(_l("I have read and understood this policy"), [InputRequired(_l("Say that you have read it."))])


class VersionForm(Form):
    """A version of a policy. The fields for its documents come with the languages of the pages."""

    title = StringField(_l("Title"), [InputRequired(NEEDED), Length(max=200)])
    note = StringField(
        _l("What is new"), [Optional(), Length(max=500)], description=_l("One sentence for those who know the version before.")
    )  # fmt: skip
    from_day = DateField(_l("In force from"), [InputRequired(DAY_NEEDED)])

    def documents(self) -> dict[str, StoredFile]:
        """The files that were chosen, checked and stored, by language.

        Raises:
            Invalid: a file that is neither a PDF nor plain text, or too large.
        """
        chosen = {tag: self[f"document_{tag}"].data for tag in LANGUAGES if self[f"document_{tag}"].data}
        return {tag: _keep(upload) for tag, upload in chosen.items()}


class NewForm(VersionForm):
    """The first version of a policy."""

    code = StringField(
        _l("Code"),
        [InputRequired(NEEDED), Regexp(r"^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$", message=CODE_HINT)],
        description=_l("Short and lasting, such as LANG-ACCESS. Requirements name the policy by it."),
    )  # fmt: skip


class WithdrawForm(Form):
    """Why a version never should have been."""

    reason = StringField(_l("Reason"), [InputRequired(NEEDED), Length(max=500)])


for _tag, _name in LANGUAGES.items():
    _label = _l("Document in %(language)s", language=_name)
    setattr(
        VersionForm,
        f"document_{_tag}",
        FileField(_label, description=_l("A PDF, or plain text that is shown on the page.")),
    )


# --- everybody --------------------------------------------------------------------------------------------------------


@blueprint.get("/")
@needs(Permission.LEARN)
def index() -> ResponseReturnValue:
    """The policies in force, and which of them one has acknowledged."""
    standing = queries.standing(session(), today(), viewer().person_id)
    return render_template("policies/index.html", standing=standing)


@blueprint.get("/<code>")
@needs(Permission.LEARN)
def read(code: str) -> ResponseReturnValue:
    """A policy to read, in one's language if there is one."""
    return _reading(code, AcknowledgeForm())


@blueprint.post("/<code>")
@needs(Permission.LEARN)
def acknowledge(code: str) -> ResponseReturnValue:
    """One's word that one has read and understood it."""
    form = AcknowledgeForm()
    if not form.validate() or not (form.version.data or "").isdecimal():
        return _reading(code, form), 422
    try:
        acknowledging.acknowledge_policy(session(), int(form.version.data), form.language.data or "", today(), actor())
        commit()
    except AttuneError as error:
        session().rollback()
        say(tell(error.message), "error")
        return redirect(url_for("policies.read", code=code), 303)
    say(gettext("Thank you. Your acknowledgement is recorded."))
    return redirect(url_for("policies.index"), 303)


@blueprint.get("/documents/<int:version_id>/<language>")
@needs(Permission.LEARN)
def document(version_id: int, language: str) -> ResponseReturnValue:
    """The PDF of a version."""
    stored = queries.documents(session(), version_id).get(language)
    if stored is None:
        raise NotFound(N_("There is no such document."))
    ending = "pdf" if stored.media_type == PDF else "txt"
    return send_kept(stored, f"policy-{version_id}-{language}.{ending}", inline=True)


def _reading(code: str, form: AcknowledgeForm) -> str:
    standing = next((s for s in queries.standing(session(), today(), viewer().person_id) if s.code == code), None)
    if standing is None:
        raise NotFound(N_("There is no such policy in force."))
    documents = queries.documents(session(), standing.version.id)
    asked = request.values.get("language", "")
    language = asked if asked in documents else language_for(list(documents), locale())
    stored = documents[language]
    text = house().files.read(stored).decode("utf-8-sig") if stored.media_type == TEXT else None
    form.version.data, form.language.data = str(standing.version.id), language
    return render_template(
        "policies/read.html",
        standing=standing, language=language, names={tag: LANGUAGES.get(tag, tag) for tag in documents}, form=form,
        paragraphs=[part.strip() for part in text.split("\n\n") if part.strip()] if text is not None else None,
        translated=language == locale() or asked == language,
    )  # fmt: skip


# --- HR ---------------------------------------------------------------------------------------------------------------


@blueprint.get("/<code>/versions")
@needs(Permission.REQUIREMENT_VIEW)
def show(code: str) -> ResponseReturnValue:
    """The versions of a policy, and who acknowledged them."""
    own, versions = queries.policy(session(), code)
    visible = visible_to(session(), viewer(), Permission.REQUIREMENT_VIEW, today())
    ids = [version.id for version in versions]
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    rows = queries.who_acknowledged(session(), ids, visible, page, PAGE)
    return render_template(
        "policies/show.html",
        policy=own, versions=versions, counts=queries.acknowledged(session(), ids, visible), today=today(),
        numbers={version.id: version.number for version in versions}, rows=rows[:PAGE], more=len(rows) > PAGE, page=page,
        files={version.id: queries.documents(session(), version.id) for version in versions},
        url_of=lambda number: url_for("policies.show", code=code, page=number),
    )  # fmt: skip


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.REQUIREMENT_EDIT)
def new() -> ResponseReturnValue:
    """A policy that is not here yet."""
    form = NewForm(from_day=today())

    def act() -> str:
        acknowledging.publish_policy(
            session(), form.code.data, form.title.data, form.note.data or "", form.from_day.data, form.documents(), actor(),
            new=True,
        )  # fmt: skip
        return url_for("policies.show", code=form.code.data)

    return _form(form, act, gettext("New policy"), url_for("policies.index"), ("code", "title"))


@blueprint.route("/<code>/versions/new", methods=["GET", "POST"])
@needs(Permission.REQUIREMENT_EDIT)
def version(code: str) -> ResponseReturnValue:
    """The next version of a policy."""
    own, versions = queries.policy(session(), code)
    back = url_for("policies.show", code=code)
    form = VersionForm(from_day=today(), title=versions[0].title if versions else "")

    def act() -> str:
        acknowledging.publish_policy(
            session(), own.code, form.title.data, form.note.data or "", form.from_day.data, form.documents(), actor(),
            new=False,
        )  # fmt: skip
        return back

    return _form(form, act, gettext("New version"), back, ("title", "note"))


@blueprint.route("/<code>/versions/<int:version_id>/withdraw", methods=["GET", "POST"])
@needs(Permission.REQUIREMENT_EDIT)
def withdraw(code: str, version_id: int) -> ResponseReturnValue:
    """A version that was published by mistake."""
    own, versions = queries.policy(session(), code)
    found: PolicyVersion | None = next((each for each in versions if each.id == version_id), None)
    if found is None:
        raise NotFound(N_("There is no such version, or it was withdrawn already."))
    back = url_for("policies.show", code=code) if len(versions) > 1 else url_for("policies.index")
    form = WithdrawForm()

    def act() -> str:
        acknowledging.withdraw_policy(session(), version_id, actor(), form.reason.data)
        return back

    return form_page(
        form, act, gettext("Withdraw a version"), gettext("Withdraw it"), url_for("policies.show", code=code), kind="danger",
        lede=gettext("As if it had never been published. Only a version that nobody has acknowledged can be withdrawn."),
        crumb=(own.code, url_for("policies.show", code=code)), top=_top(),
    )  # fmt: skip


def _form(form: Any, act: Any, title: str, back: str, first: tuple[str, ...]) -> ResponseReturnValue:
    order = (*first, "from_day", *(f"document_{tag}" for tag in LANGUAGES))
    return form_page(form, act, title, gettext("Publish"), back, order=order, top=_top(), files=True)


def _top() -> tuple[str, str]:
    return gettext("Policies"), url_for("policies.index")


def _keep(upload: Any) -> StoredFile:
    data = upload.stream.read(MOST + 1)
    if len(data) > MOST:
        raise Invalid(N_("The file is larger than %(megabytes)s MB. Nothing was stored."), megabytes=MOST >> 20)
    return house().files.put(
        session(), io.BytesIO(data), name=(upload.filename or "policy")[:200], media_type=kind_of(data[:5], data),
        purpose="policy", owner_id=None, now=now(),
    )  # fmt: skip
