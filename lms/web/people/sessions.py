"""Live sessions: HR writes down that a course was taught, and who was there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import select
from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from lms.access import Permission, scope
from lms.catalogue import queries as catalogue
from lms.catalogue.models import CourseVersion
from lms.errors import N_, Conflict, Denied, Invalid, NotFound
from lms.people import queries
from lms.people.models import Person
from lms.records import sessions
from lms.records.models import LiveSession, Modality
from lms.records.sessions import Wanted
from lms.reports.sign_in_sheet import Sheet, sign_in_sheet
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.page import LANGUAGES, actor, commit, needs, organisation, say, session, tell, today, viewer
from lms.web.people import documents
from lms.web.people.decisions.records import session_title
from lms.web.people.people_forms import department_names
from lms.web.sending import send_kept
from lms.web.words import gettext

blueprint = Blueprint("sessions", __name__, url_prefix="/people/sessions")

PAGE = 25
EMPTY_LINES = 20
MOST_LINES = 200

MODALITIES = {
    Modality.IN_PERSON: _l("In person"),
    Modality.LIVE: _l("Live at a distance, such as a webinar"),
    Modality.BLENDED: _l("Blended: partly online"),
}


class SessionForm(Form):
    """A session."""

    course = SelectField(_l("Course"), [InputRequired(_l("Choose a course."))], coerce=int)
    day = DateField(
        _l("Day"),
        [InputRequired(_l("Enter a day."))],
        description=_l("A day to come is fine: print the sign-in sheet now."),
    )
    modality = SelectField(
        _l("How it is taught"), choices=[SelectChoice(kind, label) for kind, label in MODALITIES.items()]
    )
    minutes = IntegerField(_l("Minutes"), [Optional()], description=_l("Empty: as the course says."))
    topics = TextAreaField(
        _l("Minutes by topic"),
        [Optional(), Length(max=2000)],
        description=_l("One a line, such as “implicit-bias = 30”. Empty: as the course says."),
    )
    language = SelectField(
        _l("Language it is taught in"), choices=[SelectChoice(tag, name) for tag, name in LANGUAGES.items()]
    )
    place = StringField(_l("Place"), [Optional(), Length(max=200)])
    teacher = StringField(_l("Taught by"), [Optional(), Length(max=200)])


class SheetForm(Form):
    """The sign-in sheet that people wrote on."""

    file = FileField(
        _l("Sign-in sheet or other document"),
        [FileRequired(_l("Choose the file."))],
        description=_l("A PDF, or a JPEG or PNG picture, of 10 MB at most."),
    )


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"modalities": MODALITIES}


@blueprint.get("/")
@needs(Permission.PEOPLE_VIEW)
def index() -> ResponseReturnValue:
    """Every session, the latest first."""
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    rows = sessions.listed(session(), page, PAGE)
    return render_template(
        "sessions/index.html",
        rows=rows[:PAGE], page=page, more=len(rows) > PAGE, today=today(), paged=lambda n: url_for("sessions.index", page=n),
    )  # fmt: skip


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.RECORD_ADD)
def new() -> ResponseReturnValue:
    """Write a session down."""
    offered = catalogue.offered(session())
    form = SessionForm(day=today())
    form.course.choices = [SelectChoice(each.course_id, f"{each.code} · {each.title}") for each in offered]

    def act() -> str:
        wanted = Wanted(
            form.course.data, form.day.data, form.modality.data, form.language.data, form.minutes.data,
            _topics(form.topics.data or ""), form.place.data or "", form.teacher.data or "",
        )  # fmt: skip
        made = sessions.hold(session(), wanted, organisation().zone, actor())
        return url_for("sessions.show", session_id=made.id)

    return form_page(
        form, act, gettext("New live session"), gettext("Write the session down"), url_for("sessions.index"), top=_top(),
        lede=gettext("Next you say who was there. Each of them gets a training record, as if they had passed the course here."),
    )  # fmt: skip


@blueprint.get("/<int:session_id>")
@needs(Permission.PEOPLE_VIEW)
def show(session_id: int) -> ResponseReturnValue:
    """One session: what it was, who was there, its documents."""
    live = sessions.one(session(), session_id)
    visible = queries.visible_to(session(), viewer(), Permission.PEOPLE_VIEW, today())
    rows, hidden = sessions.attendance(session(), live.id, visible)
    return render_template(
        "sessions/show.html",
        live=live, version=_version(live), rows=rows, hidden=hidden, sheets=sessions.sheets(session(), live.id), today=today(),
        count=sum(revoked is None for _, _, revoked in rows), may_open=_may_open, language=LANGUAGES.get(live.language, live.language),
        form=SheetForm(formdata=None), may_call_off=_may_call_off(live),
    )  # fmt: skip


@blueprint.get("/<int:session_id>/tick")
@needs(Permission.RECORD_ADD)
def tick(session_id: int) -> ResponseReturnValue:
    """Tick those of a department who were there."""
    live = sessions.one(session(), session_id)
    tree = queries.tree(session(), live.day)
    allowed = queries.visible_departments(session(), viewer(), Permission.RECORD_ADD, today())
    chosen = request.args.get("department", type=int)
    if chosen is not None and (chosen not in tree.nodes or (allowed is not None and chosen not in allowed)):
        chosen = None
    people = _working(chosen, live) if chosen is not None else []
    return render_template(
        "sessions/tick.html",
        live=live, title=session_title(live, _version(live)), departments=department_names(tree, allowed), chosen=chosen,
        people=people,
    )  # fmt: skip


@blueprint.get("/<int:session_id>/sheet.pdf")
@needs(Permission.RECORD_ADD)
def sheet(session_id: int) -> ResponseReturnValue:
    """A sign-in sheet to print: empty lines, and the names of a department where one is chosen."""
    live = sessions.one(session(), session_id)
    chosen = request.args.get("department", type=int)
    names: list[tuple[str, str]] = []
    if chosen is not None:
        allowed = queries.visible_departments(session(), viewer(), Permission.RECORD_ADD, today())
        if allowed is not None and chosen not in allowed:
            raise Denied(N_("This department is not among those you look after. Nothing was changed."))
        names = [(one.display_name, one.number) for one in _working(chosen, live)]
    version = _version(live)
    data = sign_in_sheet(
        Sheet(
            organisation().name, str(get_locale()), f"{version.code} · {version.title}", live.day,
            [
                (gettext("Day"), format_date(live.day, "full")),
                (gettext("Minutes"), str(live.minutes)),
                *([(gettext("Place"), live.place)] if live.place else []),
                *([(gettext("Taught by"), live.teacher)] if live.teacher else []),
            ],
            gettext("Sign-in sheet"),
            (gettext("Name"), gettext("Employee number"), gettext("Signature")),
            names,
            min(max(request.args.get("lines", EMPTY_LINES if not names else 5, type=int), 0), MOST_LINES),
            gettext("Page %(page)s of %(pages)s"),
        )
    )  # fmt: skip
    return Response(
        data, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="sign-in-{live.day}.pdf"'}
    )


@blueprint.post("/<int:session_id>/documents")
@needs(Permission.RECORD_ADD)
def attach(session_id: int) -> ResponseReturnValue:
    """Keep the sheet that people signed, or another document."""
    live = sessions.one(session(), session_id)
    form = SheetForm()
    if not form.validate_on_submit():
        say(next((each[0] for each in form.errors.values()), gettext("Choose the file.")), "error")
        return redirect(url_for("sessions.show", session_id=live.id), 303)
    try:
        stored = documents.proof(form.file.data, "session", None)
    except Invalid as error:
        session().rollback()
        say(tell(error.message), "error")
        return redirect(url_for("sessions.show", session_id=session_id), 303)
    assert stored is not None
    sessions.keep_sheet(session(), live, stored, actor())
    commit()
    say(gettext("The document is kept."))
    return redirect(url_for("sessions.show", session_id=session_id), 303)


@blueprint.get("/<int:session_id>/documents/<int:sheet_id>")
@needs(Permission.PEOPLE_VIEW)
def document(session_id: int, sheet_id: int) -> ResponseReturnValue:
    """A document of a session. It names everybody who was there, so it is for who kept it and for those who may see everybody."""
    found = next(((row, file) for row, file in sessions.sheets(session(), session_id) if row.id == sheet_id), None)
    if found is None or not _may_open(found[0]):
        raise NotFound(N_("There is no such document, or you may not see everybody it may name."))
    return send_kept(found[1])


@blueprint.post("/<int:session_id>/call-off")
@needs(Permission.RECORD_ADD)
def call_off(session_id: int) -> ResponseReturnValue:
    """The session does not take place."""
    live = sessions.one(session(), session_id)
    if not _may_call_off(live):
        raise Denied(
            N_("Only who wrote a session down, or HR of the whole organisation, can call it off. Nothing was changed.")
        )
    try:
        sessions.call_off(session(), live, actor())
        commit()
    except Conflict as error:
        session().rollback()
        say(tell(error.message), "error")
    else:
        say(gettext("The session is called off."))
    return redirect(url_for("sessions.show", session_id=session_id), 303)


# --- what the views share ---------------------------------------------------------------------------------------------


def _version(live: LiveSession) -> CourseVersion:
    return session().get_one(CourseVersion, live.version_id)


def _working(department_id: int, live: LiveSession) -> list[Person]:
    """Those of a department and below it who work there on the day and whom the viewer looks after, by name."""
    here = queries.working_on(session(), [department_id], live.day)
    visible = queries.visible_to(session(), viewer(), Permission.RECORD_ADD, today())
    return list(
        session().scalars(
            select(Person)
            .where(Person.id.in_(here), Person.id.in_(visible))
            .order_by(Person.family_name, Person.given_name, Person.id)
        )
    )


def _may_call_off(live: LiveSession) -> bool:
    """A session belongs to no department: it is for who wrote it down, and for those who look after everybody."""
    return scope(viewer(), Permission.RECORD_ADD) is None or live.recorded_by == viewer().person_id


def _may_open(sheet: Any) -> bool:
    return scope(viewer(), Permission.PEOPLE_VIEW) is None or sheet.added_by == viewer().person_id


def _topics(text: str) -> dict[str, int] | None:
    found = {}
    for line in text.splitlines():
        name, equals, minutes = line.partition("=")
        if not line.strip():
            continue
        if not equals or not minutes.strip().isdecimal() or len(minutes.strip()) > 4:
            raise Invalid(N_("Write minutes by topic as “topic = minutes”, one a line."))
        found[name.strip()] = int(minutes)
    return found or None


def _top() -> tuple[str, str]:
    return gettext("Live sessions"), url_for("sessions.index")
