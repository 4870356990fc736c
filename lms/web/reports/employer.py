"""How many people work here: the organisation and its facilities, from when on. Some rules ask for it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from lms.access import Permission, scope
from lms.compliance import actions as compliance
from lms.errors import N_, Denied
from lms.people import employer, queries
from lms.people.kinds import DepartmentKind
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.page import actor, commit, needs, now, say, session, today, viewer
from lms.web.people.people_forms import DAY_NEEDED

blueprint = Blueprint("employer", __name__, url_prefix="/people/size")


class SizeForm(Form):
    """So many people from a day on."""

    place = SelectField(_l("Where"), choices=[])
    from_day = DateField(_l("From"), [InputRequired(DAY_NEEDED)])
    people = IntegerField(
        _l("People"), [InputRequired(_l("Enter a number.")), NumberRange(1, 10_000_000)],
        description=_l("As the rule counts them, part-time people too unless it says otherwise."),
    )  # fmt: skip


@blueprint.get("/")
@needs(Permission.PEOPLE_VIEW)
def index() -> ResponseReturnValue:
    """What is written down, the newest first."""
    rows = employer.sizes(session())
    names = queries.last_names(session(), [row.department_id for row in rows if row.department_id is not None])
    edits = scope(viewer(), Permission.PEOPLE_EDIT) is None
    return render_template("people/size.html", rows=rows, names=names, edits=edits)


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def new() -> ResponseReturnValue:
    """Another size, or the right one for a day."""
    _everywhere()
    form = SizeForm(from_day=today())
    facilities = [node for _, node in queries.tree(session(), today()).walk() if node.kind == DepartmentKind.FACILITY]
    form.place.choices = [
        SelectChoice("", gettext("The whole organisation")),
        *(SelectChoice(str(node.id), node.name) for node in facilities),
    ]

    def act() -> str:
        place = int(form.place.data) if form.place.data else None
        employer.record_size(session(), place, form.from_day.data, form.people.data, actor())
        compliance.begin_generation(session(), "employer", now())
        return url_for("employer.index")

    back = url_for("employer.index")
    title = gettext("Size of the employer")
    return form_page(form, act, title, gettext("Save"), back, lede=_lede(), crumb=(title, back))


@blueprint.post("/<int:size_id>/remove")
@needs(Permission.PEOPLE_EDIT)
def remove(size_id: int) -> ResponseReturnValue:
    """A size was written down wrongly."""
    _everywhere()
    employer.remove_size(session(), size_id, actor())
    compliance.begin_generation(session(), "employer", now())
    commit()
    say(gettext("Saved."))
    return redirect(url_for("employer.index"), 303)


def _lede() -> str:
    return str(gettext("A size for a day that has one already corrects it. Everybody is worked out again."))


def _everywhere() -> None:
    if scope(viewer(), Permission.PEOPLE_EDIT) is not None:
        raise Denied(
            N_("The size of the employer concerns everybody, so only HR of the whole organisation changes it.")
        )
