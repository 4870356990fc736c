"""Where somebody works and as what: added, moved, ended, taken back, and what was written down wrongly put right."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from lms.access import Permission
from lms.errors import N_, Denied, NotFound
from lms.flows import staffing
from lms.people import actions, listing, queries
from lms.people.plan import Holding
from lms.web.form_page import form_page
from lms.web.page import actor, needs, session, today, viewer
from lms.web.people.people_forms import (
    AddForm,
    AlsoForm,
    CorrectEmploymentForm,
    CorrectMembershipForm,
    EndForm,
    HoldingForm,
    LastDayForm,
    MoveForm,
    OwnDataForm,
    RehireForm,
    department_choices,
    last_of,
)
from lms.web.people.person_page import change, decides_about, found
from lms.web.words import gettext

blueprint = Blueprint("employment", __name__, url_prefix="/people")


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def new() -> ResponseReturnValue:
    """Somebody new."""
    form = AddForm(from_day=today())
    form.offer(_departments())
    if request.method == "GET":
        form.source.data = listing.usual_source(session())

    def act() -> str:
        made = actions.add_person(
            session(), form.source.data, form.number.data, form.own(), form.kind.data, _allowed(form.holding()),
            form.from_day.data, actor(), form.last_day.data,
        )  # fmt: skip
        staffing.people_changed(session(), [made.id], actor())
        return url_for("people.person", person_id=made.id)

    return form_page(
        form, act, gettext("Add a person"), gettext("Add this person"), url_for("people.index"),
        order=("number", "source", "given_name", "family_name", "email", "kind", "department", "job", "profession",
               "patient_contact", "supervisor", "from_day", "last_day", "language", "zone"),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/edit", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def edit(person_id: int) -> ResponseReturnValue:
    """Correct a name, address, language or time zone."""
    one = found(person_id, Permission.PEOPLE_EDIT)
    form = OwnDataForm()
    if request.method == "GET":
        form.show(one)
    return change(
        one, form, gettext("Change name or contact"), gettext("Save"),
        lambda: actions.change_person(session(), person_id, form.own(), actor()),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/move", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def move(person_id: int) -> ResponseReturnValue:
    """Another department or job from a day on."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    form = MoveForm(from_day=today())
    _offer(form, person_id)
    return change(
        one, form, gettext("Move, or change the job"), gettext("Move"),
        lambda: actions.move(
            session(), person_id, form.from_day.data, _allowed(form.holding()), actor(), form.reason.data or ""
        ),
        order=("from_day", "department", "job", "profession", "patient_contact", "supervisor", "reason"),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/also", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def also(person_id: int) -> ResponseReturnValue:
    """A second place beside the primary one."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    form = AlsoForm(from_day=today())
    _offer(form, person_id)
    return change(
        one, form, gettext("Add a second department"), gettext("Add"),
        lambda: actions.add_secondary(
            session(), person_id, _allowed(form.holding()), form.from_day.data, actor(), form.last_day.data
        ),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/also/<int:department_id>/end", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def end_also(person_id: int, department_id: int) -> ResponseReturnValue:
    """A second place ends."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    _allowed_department(department_id)
    form = LastDayForm(last_day=today())
    return change(
        one, form, gettext("End the second department"), gettext("End it"),
        lambda: actions.end_secondary(session(), person_id, department_id, form.last_day.data, actor()),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/memberships/<int:membership_id>", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def correct_membership(person_id: int, membership_id: int) -> ResponseReturnValue:
    """A membership was written down wrongly."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    wrong = [row for row in listing.memberships(session(), person_id) if row[0].id == membership_id]
    if not wrong:
        raise NotFound(N_("This entry has been corrected already. Look at the newer one."))
    held, supervisor = wrong[0]
    form = CorrectMembershipForm()
    form.offer(_departments())
    if request.method == "GET":
        form.show_held(held, supervisor)
        form.from_day.data, form.last_day.data = held.from_day, last_of(held.to_day)
    return change(
        one, form, gettext("Correct a department or job"), gettext("Save the correction"),
        lambda: actions.correct_membership(
            session(), person_id, membership_id, _allowed(form.holding()), form.from_day.data, form.last_day.data, actor(),
            form.reason.data,
        ),
        order=("department", "job", "profession", "patient_contact", "supervisor", "from_day", "last_day", "reason"),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/employments/<int:employment_id>", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def correct_employment(person_id: int, employment_id: int) -> ResponseReturnValue:
    """An employment was written down wrongly."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    wrong = next((e for e in listing.employments(session(), person_id) if e.id == employment_id), None)
    if wrong is None:
        raise NotFound(N_("This entry has been corrected already. Look at the newer one."))
    form = CorrectEmploymentForm(kind=wrong.kind, from_day=wrong.from_day, last_day=last_of(wrong.to_day))
    return change(
        one, form, gettext("Correct the employment"), gettext("Save the correction"),
        lambda: actions.correct_employment(
            session(), person_id, employment_id, form.kind.data, form.from_day.data, form.last_day.data, actor(),
            form.reason.data,
        ),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/end", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def end(person_id: int) -> ResponseReturnValue:
    """Somebody leaves."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    form = EndForm(last_day=today())
    return change(
        one, form, gettext("End the employment"), gettext("End the employment"),
        lambda: actions.end_employment(session(), person_id, form.last_day.data, actor(), form.reason.data or ""),
        kind="danger",
    )  # fmt: skip


@blueprint.route("/<int:person_id>/rehire", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def rehire(person_id: int) -> ResponseReturnValue:
    """Somebody comes back, with everything they did."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    form = RehireForm(from_day=today())
    _offer(form, person_id)
    return change(
        one, form, gettext("Rehire"), gettext("Rehire"),
        lambda: actions.rehire(
            session(), person_id, form.kind.data, _allowed(form.holding()), form.from_day.data, actor(), form.last_day.data
        ),
        order=("kind", "from_day", "last_day", "department", "job", "profession", "patient_contact", "supervisor"),
        returned=True,
    )  # fmt: skip


# --- what the views share ---------------------------------------------------------------------------------------------


def _departments() -> list[SelectChoice]:
    allowed = queries.visible_departments(session(), viewer(), Permission.PEOPLE_EDIT, today())
    return department_choices(queries.tree(session(), today()), allowed)


def _allowed_department(department_id: int) -> None:
    allowed = queries.visible_departments(session(), viewer(), Permission.PEOPLE_EDIT, today())
    if allowed is not None and department_id not in allowed:
        raise Denied(N_("This department is not among those you look after. Nothing was changed."))


def _allowed(holding: Holding) -> Holding:
    _allowed_department(holding.department_id)
    return holding


def _offer(form: HoldingForm, person_id: int) -> None:
    """The departments to choose from, and what is held now, filled in."""
    choices = _departments()
    form.offer(choices)
    if request.method == "GET":
        placed = listing.memberships(session(), person_id)
        current = next((row for row in placed if row[0].primary), None)
        if current is not None:
            form.show_held(current[0], current[1])
