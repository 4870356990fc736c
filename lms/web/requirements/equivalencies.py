"""Equivalencies: HR says what counts as a course though it is another, or was done elsewhere."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from sqlalchemy import Select, select
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.access import Permission, may, refuse_own, scope
from lms.catalogue import queries as catalogue
from lms.compliance.equivalencies import actions, queries
from lms.compliance.equivalencies.actions import Stated
from lms.compliance.equivalencies.queries import Shown
from lms.errors import N_, Denied, Invalid, NotFound
from lms.files import StoredFile
from lms.flows.outside import end_equivalency, state_equivalency
from lms.people.models import Person
from lms.people.queries import visible_to
from lms.records.outside.papers import ENDINGS, MOST
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.page import actor, needs, session, today, viewer
from lms.web.people import documents
from lms.web.people.people_forms import DAY_NEEDED, NEEDED, last_of
from lms.web.sending import send_kept
from lms.web.words import gettext

blueprint = Blueprint("equivalencies", __name__, url_prefix="/requirements/equivalencies")


class StateForm(Form):
    """What counts as which course."""

    course = SelectField(_l("What was done"), [Optional()])
    title = StringField(
        _l("Title of the outside training"), [Optional(), Length(max=200)],
        description=_l("Only for training done elsewhere: as reviewers write it when they approve it."),
    )  # fmt: skip
    provider = StringField(_l("Who held it"), [Optional(), Length(max=200)])
    target = SelectField(
        _l("Counts as the course"), [InputRequired(NEEDED)], description=_l("Not the other way round, and no further than one step.")
    )  # fmt: skip
    number = StringField(
        _l("Only for the person with this number"), [Optional(), Length(max=60)], description=_l("Leave it empty for everybody.")
    )  # fmt: skip
    first_day = DateField(
        _l("Completed from"), [InputRequired(DAY_NEEDED)],
        description=_l("What is completed on this day or later counts. A day in the past changes what is known of the past."),
    )  # fmt: skip
    last_day = DateField(
        _l("Completed until"), [Optional()], description=_l("The last day. Leave it empty while it goes on.")
    )
    reason = StringField(_l("Reason"), [InputRequired(NEEDED), Length(max=500)])
    rests_on = TextAreaField(
        _l("What it rests on"), [Optional(), Length(max=2000)],
        description=_l("Such as who compared the contents and when, or the address of an official list."),
    )  # fmt: skip
    paper = FileField(
        _l("Document"), [Optional()],
        description=_l("A PDF or a picture (JPEG, PNG), at most %(megabytes)s MB.", megabytes=MOST >> 20),
    )  # fmt: skip


class EndForm(Form):
    """With which day it ends."""

    last_day = DateField(
        _l("Last day of completion"), [InputRequired(DAY_NEEDED)], description=_l("What was completed until then goes on counting.")
    )  # fmt: skip
    reason = StringField(_l("Reason"), [InputRequired(NEEDED), Length(max=500)])


class WithdrawForm(Form):
    """Why it never should have been said."""

    reason = StringField(_l("Reason"), [InputRequired(NEEDED), Length(max=500)])


@blueprint.get("/")
@needs(Permission.REQUIREMENT_VIEW)
def index() -> ResponseReturnValue:
    """What stands, the newest first."""
    found = queries.standing(session(), _visible(Permission.REQUIREMENT_VIEW))
    return render_template(
        "equivalencies/index.html", found=found, last_of=last_of, today=today(), everybody=_everybody()
    )


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.OUTSIDE_DECIDE)
def new() -> ResponseReturnValue:
    """Say what counts as a course."""
    form = StateForm(first_day=today(), number=request.args.get("number", "")[:60])
    courses = [(course.slug, f"{course.code} {course.title}") for course in catalogue.offered(session())]
    form.course.choices = [("", gettext("Training done elsewhere, named below")), *courses]
    form.target.choices = courses

    def act() -> str:
        person_id = _person(form.number.data or "")
        said = Stated(
            form.target.data, form.first_day.data, form.reason.data, form.course.data or "", form.provider.data or "",
            form.title.data or "", form.last_day.data, person_id, form.rests_on.data or "",
        )  # fmt: skip
        state_equivalency(session(), said, documents.proof(form.paper.data, actions.PURPOSE, person_id), actor())
        return url_for("equivalencies.index")

    return form_page(
        form, act, gettext("New equivalency"), gettext("Let it count"), url_for("equivalencies.index"), top=_top(), files=True,
        lede=gettext("Whoever did the one has met what asks for the other. Nothing that was recorded changes."),
    )  # fmt: skip


@blueprint.route("/<int:ident>/end", methods=["GET", "POST"])
@needs(Permission.OUTSIDE_DECIDE)
def end(ident: int) -> ResponseReturnValue:
    """What is completed later counts no longer."""
    found = _one(ident)
    form = EndForm(last_day=today())

    def act() -> str:
        end_equivalency(session(), ident, form.last_day.data, form.reason.data, actor())
        return url_for("equivalencies.index")

    return form_page(
        form, act, gettext("End the equivalency"), gettext("End it"), _back(), lede=_said(found), top=_top()
    )


@blueprint.route("/<int:ident>/withdraw", methods=["GET", "POST"])
@needs(Permission.OUTSIDE_DECIDE)
def withdraw(ident: int) -> ResponseReturnValue:
    """As if it had never been said."""
    found = _one(ident)
    form = WithdrawForm()

    def act() -> str:
        end_equivalency(session(), ident, None, form.reason.data, actor())
        return url_for("equivalencies.index")

    lede = gettext(
        "%(said)s As known from now on, nothing ever counted by it; people may become late.", said=_said(found)
    )
    return form_page(
        form,
        act,
        gettext("Withdraw the equivalency"),
        gettext("Withdraw it"),
        _back(),
        lede=lede,
        kind="danger",
        top=_top(),
    )


@blueprint.get("/<int:ident>/document")
@needs(Permission.REQUIREMENT_VIEW)
def document(ident: int) -> ResponseReturnValue:
    """The document that it rests on."""
    found = queries.one(session(), ident, _visible(Permission.REQUIREMENT_VIEW))
    stored = session().get(StoredFile, found.row.paper_id) if found.row.paper_id is not None else None
    if stored is None:
        raise NotFound(N_("There is no such document."))
    return send_kept(stored, f"equivalency-{ident}.{ENDINGS[stored.media_type]}", inline=True)


def _one(ident: int) -> Shown:
    """One that the viewer may change: for everybody only HR of the whole organisation may."""
    found = queries.one(session(), ident, _visible(Permission.OUTSIDE_DECIDE))
    refuse_own(viewer().person_id, found.row.person_id)
    if found.row.person_id is None and not _everybody():
        raise Denied(N_("What counts for everybody is decided by HR of the whole organisation."))
    return found


def _person(number: str) -> int | None:
    """Whom it is for; None for everybody.

    Raises:
        Invalid: the number is nobody's in reach, or several people's, or it is for everybody and the viewer may not say so.
    """
    if not number.strip():
        if not _everybody():
            raise Invalid(
                N_(
                    "Enter the number of a person. What counts for everybody is decided by HR of the whole organisation."
                )
            )
        return None
    visible = _visible(Permission.OUTSIDE_DECIDE)
    found = session().scalars(select(Person.id).where(Person.number == number.strip(), Person.id.in_(visible))).all()
    if len(found) != 1:
        raise Invalid(N_("There is no person with this number in the departments you look after, or more than one."))
    return found[0]


def _said(found: Shown) -> str:
    if found.person:
        return gettext(
            "“%(source)s” counts as “%(target)s” for %(name)s.",
            source=found.source,
            target=found.target,
            name=found.person,
        )
    return gettext("“%(source)s” counts as “%(target)s” for everybody.", source=found.source, target=found.target)


def _everybody() -> bool:
    return may(viewer(), Permission.OUTSIDE_DECIDE) and scope(viewer(), Permission.OUTSIDE_DECIDE) is None


def _visible(permission: Permission) -> Select[int]:
    return visible_to(session(), viewer(), permission, today())


def _back() -> str:
    return url_for("equivalencies.index")


def _top() -> tuple[str, str]:
    return gettext("Equivalencies"), url_for("equivalencies.index")
