"""HR files: upload, look at the dry run, confirm, undo."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from lms.access import Permission, may
from lms.errors import N_, AttuneError, Message, NotFound
from lms.flows import staffing
from lms.outbox import HowFar, Job, JobState
from lms.people import dry_runs, listing, sources, undoing, worklist
from lms.people.models import ImportRun
from lms.web.errors import error_page
from lms.web.forms import Form
from lms.web.intake.looking import keep, look_at
from lms.web.intake.words import DATES, ENCODINGS, VERDICTS, WHATS
from lms.web.page import actor, commit, house, needs, say, session, tell, today, viewer, viewer_or_none

blueprint = Blueprint("imports", __name__, url_prefix="/people/import")

PAGE = 25


class UploadForm(Form):
    """A file, and what is declared about it."""

    staff = FileField(_l("Staff file (CSV)"), [FileRequired(_l("Choose the file."))])
    departments = FileField(
        _l("Departments file (CSV)"), description=_l("Only if departments are new or have changed.")
    )
    source = StringField(
        _l("System the numbers come from"),
        [InputRequired(_l("Fill this in.")), Length(max=60)],
        description=_l("People of this system who are missing from the file end on its day."),
    )
    as_of = DateField(_l("The day the file speaks of"), [InputRequired(_l("Enter a day."))])
    dates = SelectField(
        _l("How dates are written"), choices=[SelectChoice(value, label) for value, label in DATES.items()]
    )
    encoding = SelectField(_l("Encoding"), choices=[SelectChoice(value, label) for value, label in ENCODINGS.items()])
    partial = BooleanField(_l("The file does not list everybody: nobody ends by being absent"))


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"whats": WHATS}


@blueprint.route("/", methods=["GET", "POST"])
@needs(Permission.IMPORT_VIEW, to_send=Permission.PEOPLE_IMPORT)
def index() -> ResponseReturnValue:
    """Choose a file. It is stored first, then looked at; nothing is changed yet. Who may only read finds what was taken in."""
    if not may(viewer(), Permission.PEOPLE_IMPORT):
        return redirect(url_for("imports.history"))
    form = UploadForm(as_of=today(), source=listing.usual_source(session()))
    if form.validate_on_submit():
        staff = keep(form.staff.data)
        departments = keep(form.departments.data) if form.departments.data else None
        return look_at(sources.STAFF, form, staff, departments.id if departments else None)
    return _upload_page(form), 422 if form.errors else 200


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """The file was thrown away while it came in: say so at its field. What else was typed went with it."""
    if not may(viewer_or_none(), Permission.PEOPLE_IMPORT):
        return error_page(error)
    form = UploadForm(formdata=None, as_of=today(), source=listing.usual_source(session()))
    form.staff.errors = [_too_large()]
    return _upload_page(form), 413


def _upload_page(form: UploadForm) -> str:
    return render_template(
        "people/import.html",
        waiting=worklist.still_open(session()),
        form=form,
        too_large=_too_large(),
        most=house().config.upload_limit,
    )


def _too_large() -> str:
    megabytes = house().config.upload_limit >> 20
    return str(
        gettext("This file is larger than %(megabytes)s MB. Choose a smaller one, or split it.", megabytes=megabytes)
    )


@blueprint.get("/history")
@needs(Permission.IMPORT_VIEW)
def history() -> ResponseReturnValue:
    """Every import, and what became of it."""
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    found = listing.runs(session(), page, PAGE)
    rows = [row for row in found[:PAGE] if not row[0].summary.get("unfinished")]
    return render_template(
        "people/imports.html",
        rows=rows,
        waiting=worklist.still_open(session()),
        going=dry_runs.under_way(session()),
        more=len(found) > PAGE,
        page=page,
        paged=lambda n: url_for("imports.history", page=n),
    )


@blueprint.get("/history/<int:run_id>")
@needs(Permission.IMPORT_VIEW)
def show(run_id: int) -> ResponseReturnValue:
    """One import, with the way back."""
    run = session().get(ImportRun, run_id)
    if run is None or run.summary.get("unfinished"):
        raise NotFound(N_("There is no such import."))
    last = undoing.last_run(session())
    why = run.summary.get("refused")
    job = session().get(Job, run.summary["undoing"]) if "undoing" in run.summary else None
    return render_template(
        "people/import_done.html",
        run=run, verdicts=VERDICTS, is_last=last is not None and last.id == run.id,
        stopped=job is not None and job.state == JobState.FAILED,
        far=HowFar(**job.progress) if job is not None and job.progress else None,
        refused=tell(Message.of(why)) if why else "",
    )  # fmt: skip


@blueprint.post("/history/<int:run_id>/undo")
@needs(Permission.PEOPLE_IMPORT)
def undo(run_id: int) -> ResponseReturnValue:
    """Take the last import back."""
    try:
        done = staffing.begin_undo(session(), run_id, actor())
        commit()
    except NotFound:
        raise
    except AttuneError as error:
        session().rollback()
        say(tell(error.message), "error")
    else:
        if done:
            say(gettext("The import is undone: people, departments and facts are what they were before it."))
    return redirect(url_for("imports.show", run_id=run_id), 303)
