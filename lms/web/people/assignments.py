"""Courses assigned to people by name: who was asked what by when and why, a new one for a list, and withdrawing it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from lms.access import Permission, may
from lms.catalogue import queries as catalogue
from lms.compliance import assignments
from lms.compliance.assignments import Listed, Wanted
from lms.compliance.spans import State
from lms.errors import N_, NotFound
from lms.flows import assigning
from lms.people import queries as people
from lms.people.models import Person
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.page import actor, needs, session, today, viewer
from lms.web.people import documents, several
from lms.web.people.people_forms import DAY_NEEDED, NEEDED
from lms.web.people.several import Outcome
from lms.web.words import gettext, ngettext

blueprint = Blueprint("assignments", __name__, url_prefix="/assignments")

LONGEST = 500


class AssignForm(several.ListForm):
    """What is asked of whom, until when and why."""

    course = SelectField(_l("Course"))
    due = DateField(_l("Due by"), [InputRequired(DAY_NEEDED)], description=_l("The last good day."))
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(NEEDED), Length(max=LONGEST)],
        description=_l("For HR and auditors. Never a diagnosis, and no patient’s name."),
    )
    shown = StringField(
        _l("What the person reads"),
        [Optional(), Length(max=LONGEST)],
        description=_l("Stands on their page as the reason. Managers see it as well."),
    )

    def wanted(self) -> Wanted:
        """What the form says."""
        return Wanted(self.course.data, self.due.data, self.reason.data, self.shown.data or "")


class WithdrawForm(Form):
    """Why it is no longer asked."""

    reason = StringField(
        _l("Reason"), [InputRequired(NEEDED), Length(max=LONGEST)], description=_l("Kept in the audit log.")
    )
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
        one=one, rows=rows, today=today(), may_withdraw=may(viewer(), Permission.ASSIGNMENT_EDIT),
        state_of=lambda span: State(span.state).name.lower(),
    )  # fmt: skip


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.ASSIGNMENT_EDIT)
def new() -> ResponseReturnValue:
    """A course for people by name; first a look at who they are."""
    form = AssignForm()
    courses = {course.slug: course.title for course in catalogue.offered(session())}
    form.course.choices = [SelectChoice(slug, title) for slug, title in courses.items()]
    if request.method == "GET":
        form.people.data = request.args.get("people", "").strip()[:200]
        form.course.data = request.args.get("course", "")[:100] or None

    def attempt(person: Person) -> Outcome:
        return _attempt(person, form)

    def act(chosen: Sequence[Person]) -> str:
        title = gettext(
            "%(course)s, assigned on %(day)s", course=courses[form.course.data], day=format_date(today(), "short")
        )
        ids = [one.id for one in chosen]
        files = documents.kept(documents.sent(), ids)
        made = assigning.assign_course(session(), form.wanted(), title, ids, actor(), files=files)
        return url_for("assignments.show", requirement_id=made.requirement_id)

    def said() -> str:
        return gettext(
            "“%(course)s”, due by %(day)s. Reason: %(reason)s",
            course=courses.get(form.course.data, ""), day=format_date(form.due.data), reason=form.reason.data,
        )  # fmt: skip

    return several.page(
        several.Task(
            form, gettext("Assign a course"), gettext("Assign the course"), Permission.ASSIGNMENT_EDIT, attempt, act, said,
            url_for("assignments.index"), _crumbs(),
            lede=gettext("Asked once, from today on. What they did before does not count for it."),
            document=True,
            check=lambda: assignments.check(form.wanted(), today()),
            done=lambda number: ngettext(
                "The course is assigned to %(num)s person.", "The course is assigned to %(num)s people.", number
            ),
        )
    )  # fmt: skip


def _attempt(person: Person, form: AssignForm) -> Outcome:
    """Whether it can be assigned to somebody, and what is to be seen first."""
    if not people.employed(session(), person.id, today()):
        return Outcome(problem=gettext("Not employed today, so nothing would be asked."))
    asked = assignments.asked_already(session(), person.id, form.course.data, today())
    warning = ""
    if asked is not None:
        warning = gettext("The same course is assigned already, due by %(day)s.", day=format_date(asked.due))
    elif assignments.completed_on(session(), person.id, form.course.data, today()):
        warning = gettext("Completed it today already: what is done on the day of the assignment counts.")
    return Outcome(gettext("To do by %(day)s", day=format_date(form.due.data)), warning=warning)


@blueprint.route("/<int:requirement_id>/withdraw", methods=["GET", "POST"])
@needs(Permission.ASSIGNMENT_EDIT)
def withdraw(requirement_id: int) -> ResponseReturnValue:
    """It is no longer asked of one person, or of everybody who has not done it."""
    one = _one(requirement_id, Permission.ASSIGNMENT_EDIT)
    visible = people.visible_to(session(), viewer(), Permission.ASSIGNMENT_EDIT, today())
    named = {
        row.person_id: person for row, person, _ in assignments.people_of(session(), requirement_id, visible, today())
    }
    asked = request.args.get("person", type=int)
    if asked is not None and asked not in named:
        raise NotFound(N_("This person is not named by this assignment."))
    whom = [asked] if asked is not None else list(named)
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
        lede = ngettext(
            "No longer asked of the %(num)s person who has not done it.",
            "No longer asked of the %(num)s people who have not done it.",
            one.left,
        )
    return form_page(
        form, act, gettext("Withdraw the assignment"), gettext("Withdraw it"), back, lede=lede, kind="danger",
        top=_crumbs()[1], crumb=(one.version.title, back),
    )  # fmt: skip


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
