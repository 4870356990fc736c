"""Courses assigned to people by name: who was asked what by when and why, and withdrawing it. New ones: the table of decisions."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from lms.access import Permission, may, refuse_own
from lms.compliance import assignments
from lms.compliance.assignments import Listed
from lms.compliance.models import AssignedPerson
from lms.compliance.spans import MET, State
from lms.errors import N_, NotFound
from lms.flows import assigning
from lms.people import queries as people
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.page import actor, needs, session, today, viewer
from lms.web.people.people_forms import reason_field
from lms.web.words import gettext, ngettext

blueprint = Blueprint("assignments", __name__, url_prefix="/assignments")


class WithdrawForm(Form):
    """Why it is no longer asked."""

    reason = reason_field(_l("Kept in the audit log."))
    mistake = BooleanField(
        _l("It should never have been assigned"),
        description=_l(
            "Then no day shows it as asked. Otherwise it ends today, and the days before stay as they were."
        ),
    )


@blueprint.get("/")
@needs(Permission.PEOPLE_VIEW)
def index() -> ResponseReturnValue:
    """Every assignment that names somebody the viewer may see."""
    visible = people.visible_to(session(), viewer(), Permission.PEOPLE_VIEW, today())
    return render_template(
        "assignments/index.html", listed=assignments.listed(session(), visible, today()), today=today()
    )


@blueprint.get("/<int:requirement_id>")
@needs(Permission.PEOPLE_VIEW)
def show(requirement_id: int) -> ResponseReturnValue:
    """One assignment: whom it names, and how each of them stands."""
    one = _one(requirement_id, Permission.PEOPLE_VIEW)
    visible = people.visible_to(session(), viewer(), Permission.PEOPLE_VIEW, today())
    rows = assignments.people_of(session(), requirement_id, visible, today())
    return render_template(
        "assignments/show.html",
        one=one, rows=rows, today=today(), may_withdraw=may(viewer(), Permission.ASSIGNMENT_EDIT), own_id=viewer().person_id,
        state_of=lambda span: State(span.state).name.lower(),
    )  # fmt: skip


@blueprint.route("/<int:requirement_id>/withdraw", methods=["GET", "POST"])
@needs(Permission.ASSIGNMENT_EDIT)
def withdraw(requirement_id: int) -> ResponseReturnValue:
    """It is no longer asked of one person, or of everybody who has not done it."""
    one = _one(requirement_id, Permission.ASSIGNMENT_EDIT)
    visible = people.visible_to(session(), viewer(), Permission.ASSIGNMENT_EDIT, today())
    rows = assignments.people_of(session(), requirement_id, visible, today())
    named = {row.person_id: person for row, person, _ in rows}
    asked = request.args.get("person", type=int)
    if asked is not None and asked not in named:
        raise NotFound(N_("This person is not named by this assignment."))
    refuse_own(viewer().person_id, asked)
    whom = [asked] if asked is not None else [each for each in named if each != viewer().person_id]
    form = WithdrawForm()
    back = url_for("assignments.show", requirement_id=requirement_id)

    def act() -> str:
        assigning.withdraw_assignment(
            session(), requirement_id, whom, form.reason.data, actor(), mistake=bool(form.mistake.data)
        )
        return back

    if asked is not None:
        lede = gettext("No longer asked of %(name)s.", name=named[asked].display_name)
    else:
        mine = [span for row, _, span in rows if row.person_id == viewer().person_id and _stands(row)]
        own = sum(span is None or State(span.state) not in MET for span in mine)
        lede = ngettext(
            "No longer asked of the %(num)s person who has not done it.",
            "No longer asked of the %(num)s people who have not done it.",
            one.left - own,
        )
        if own:
            lede += " " + gettext("You are named as well; yours is for a colleague to withdraw.")
    return form_page(
        form, act, gettext("Withdraw the assignment"), gettext("Withdraw it"), back, lede=lede, kind="danger",
        top=_crumbs()[1], crumb=(one.version.title, back),
    )  # fmt: skip


def _stands(row: AssignedPerson) -> bool:
    return row.superseded_at is None and row.to_day > today()


def _one(requirement_id: int, permission: Permission) -> Listed:
    visible = people.visible_to(session(), viewer(), permission, today())
    found = assignments.listed(session(), visible, today(), requirement_id=requirement_id)
    if not found:
        raise NotFound(N_("There is no such assignment, or it names nobody whom you look after."))
    return found[0]


def _crumbs() -> list[tuple[str, str]]:
    return [
        (gettext("Requirements"), url_for("requirements.index")),
        (gettext("Assignments"), url_for("assignments.index")),
    ]
