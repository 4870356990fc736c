"""HR files: upload, look at the dry run, confirm, undo."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from lms.access import Permission, may
from lms.db import Desk
from lms.errors import N_, AttuneError, Message, NotFound
from lms.files import StoredFile
from lms.flows import staffing
from lms.people import fact_taking, listing, sources, undoing, worklist
from lms.people.importing import Options
from lms.people.models import ImportRun
from lms.people.plan import Verdict
from lms.people.prepared import Prepared
from lms.people.preparing import prepare
from lms.web.errors import error_page
from lms.web.forms import Form
from lms.web.page import (
    actor,
    commit,
    house,
    needs,
    now,
    organisation,
    say,
    session,
    tell,
    today,
    viewer,
    viewer_or_none,
)

blueprint = Blueprint("imports", __name__, url_prefix="/people/import")

PAGE = 25
SHOWN = 500
"""So many faults stand on the page; the command line lists them all."""

WAY = ("source", "as_of", "dates", "encoding", "partial", "departments")
"""What was declared about a file, to go on with."""

VERDICTS = {
    Verdict.NEW: _l("New"),
    Verdict.REHIRED: _l("Rehired"),
    Verdict.MOVED: _l("Moved"),
    Verdict.CHANGED: _l("Changed"),
    Verdict.ENDED: _l("Ended"),
    Verdict.UNCHANGED: _l("Unchanged"),
}
ENCODINGS = {
    "": _l("Find out"),
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
    "utf-16": "UTF-16",
}
DATES = {
    "iso": _l("Year first: 2026-06-30"),
    "us": _l("Month first: 6/30/2026"),
    "eu": _l("Day first: 30/6/2026"),
}


WHATS = {
    "staff": _l("Staff"),
    "licences": _l("Licences and certifications"),
    "duties": _l("Duties"),
    "leaves": _l("Leaves of absence"),
    "birth_months": _l("Birth months"),
    "completions": _l("Completed training"),
}
"""The kinds of files."""


class UploadForm(Form):
    """A file, and what is declared about it."""

    staff = FileField(_l("Staff file (CSV)"), [FileRequired(_l("Choose the file."))])
    departments = FileField(
        _l("Departments file (CSV)"), description=_l("Only if departments are new or have changed.")
    )
    source = StringField(
        _l("System the numbers come from"),
        [InputRequired(_l("Fill this in.")), Length(max=60)],
        default="hr",
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
@needs(Permission.PEOPLE_IMPORT)
def index() -> ResponseReturnValue:
    """Choose a file. It is stored first, then looked at; nothing is changed yet."""
    form = UploadForm(as_of=today())
    if form.validate_on_submit():
        staff = keep(form.staff.data)
        departments = keep(form.departments.data) if form.departments.data else None
        commit()
        settled = sources.reading(session(), form.source.data.strip())
        question = {
            "source": form.source.data.strip(), "as_of": form.as_of.data.isoformat(), "dates": settled.dates or form.dates.data,
            "encoding": form.encoding.data or settled.encoding, "partial": 1 if form.partial.data or settled.partial else None,
            "departments": departments.id if departments else None,
        }  # fmt: skip
        return redirect(url_for("imports.report", file_id=staff.id, **question), 303)
    return _upload_page(form), 422 if form.errors else 200


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """The file was thrown away while it came in: say so at its field. What else was typed went with it."""
    if not may(viewer_or_none(), Permission.PEOPLE_IMPORT):
        return error_page(error)
    form = UploadForm(formdata=None, as_of=today())
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


@blueprint.get("/<int:file_id>")
@needs(Permission.PEOPLE_IMPORT)
def report(file_id: int) -> ResponseReturnValue:
    """The dry run: who would be new, moved, changed, ended, and every fault."""
    staff, departments, options = _asked(file_id)
    fuse = organisation().import_fuse
    session().rollback()
    with house().database.desk() as desk:
        prepared, refused = _prepared(desk, staff, departments, options, fuse)
    return _show(staff, options, prepared, refused), 422 if refused or (prepared and prepared.faults) else 200


@blueprint.post("/<int:file_id>")
@needs(Permission.PEOPLE_IMPORT)
def take_in(file_id: int) -> ResponseReturnValue:
    """Take the file in, all or nothing."""
    staff, departments, options = _asked(file_id)
    by, confirmed, fuse = actor(), bool(request.form.get("confirmed")), organisation().import_fuse
    commit()  # from here on this request's own session is not used: nobody waits while the file is compared
    with house().database.desk() as desk:
        prepared, refused = _prepared(desk, staff, departments, options, fuse)
        if prepared is None:
            return _show(staff, options, None, refused), 422
        try:
            run = staffing.import_people(desk, prepared, staff.id, by, confirmed=confirmed)
        except AttuneError as error:
            return _show(staff, options, prepared, tell(error.message)), error.status
    say(gettext("The file is taken in."))
    return redirect(url_for("imports.show", run_id=run.id), 303)


@blueprint.post("/<int:file_id>/problems")
@needs(Permission.PEOPLE_IMPORT)
def note_faults(file_id: int) -> ResponseReturnValue:
    """The faults of a file wait in the work list; nothing is taken in."""
    staff, departments, options = _asked(file_id)
    fuse = organisation().import_fuse
    session().rollback()
    with house().database.desk() as desk:
        prepared, refused = _prepared(desk, staff, departments, options, fuse)
    if prepared is None:
        return _show(staff, options, None, refused), 422
    new = staffing.note_faults(session(), prepared, staff.name, actor())
    commit()
    say(gettext("The faults wait in the work list; %(new)s of them are new.", new=new))
    return redirect(url_for("feeds.problems", source=options.source, what="staff"), 303)


@blueprint.get("/history")
@needs(Permission.PEOPLE_IMPORT)
def history() -> ResponseReturnValue:
    """Every import, and what became of it."""
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    found = listing.runs(session(), page, PAGE)
    rows = [row for row in found[:PAGE] if _shown(row[0])]
    return render_template(
        "people/imports.html",
        rows=rows,
        more=len(found) > PAGE,
        page=page,
        paged=lambda n: url_for("imports.history", page=n),
    )


@blueprint.get("/history/<int:run_id>")
@needs(Permission.PEOPLE_IMPORT)
def show(run_id: int) -> ResponseReturnValue:
    """One import, with the way back."""
    run = session().get(ImportRun, run_id)
    if run is None or not _shown(run):
        raise NotFound(N_("There is no such import."))
    if run.summary.get("unfinished"):
        why = run.summary.get("refused")
        refused = tell(Message(why["text"], why["params"])) if why else ""
        return render_template("people/import_going.html", run=run, far=fact_taking.how_far(run), refused=refused)
    last = undoing.last_run(session())
    return render_template(
        "people/import_done.html", run=run, verdicts=VERDICTS, is_last=last is not None and last.id == run.id
    )


@blueprint.post("/history/<int:run_id>/go-on")
@needs(Permission.PEOPLE_IMPORT)
def go_on(run_id: int) -> ResponseReturnValue:
    """Have a worker go on with a file that is not whole, after its job was given up."""
    run = session().get(ImportRun, run_id)
    if run is not None and fact_taking.how_far(run) is not None:
        staffing.go_on_with_facts(session(), run, actor())
        commit()
    return redirect(url_for("imports.show", run_id=run_id), 303)


@blueprint.post("/history/<int:run_id>/undo")
@needs(Permission.PEOPLE_IMPORT)
def undo(run_id: int) -> ResponseReturnValue:
    """Take the last import back."""
    try:
        staffing.undo_import(session(), run_id, actor())
        commit()
    except NotFound:
        raise
    except AttuneError as error:
        session().rollback()
        say(tell(error.message), "error")
    else:
        say(gettext("The import is undone: people, departments and facts are what they were before it."))
    return redirect(url_for("imports.show", run_id=run_id), 303)


# --- what the views share ---------------------------------------------------------------------------------------------


def _shown(run: ImportRun) -> bool:
    """Imports that are done, and those beside the pages; one that a request is at, or left behind, is nobody's business yet."""
    return not run.summary.get("unfinished") or "total" in run.summary


def keep(upload: Any) -> StoredFile:
    """Store a file that was uploaded for an import."""
    return house().files.put(
        session(), upload.stream, name=(upload.filename or "staff.csv")[:200], media_type="text/csv", purpose="import",
        owner_id=viewer().person_id, now=now(), limit=house().config.upload_limit,
    )  # fmt: skip


def _asked(file_id: int) -> tuple[StoredFile, StoredFile | None, Options]:
    """The stored files and what was declared about them. Only files that came for an import are read."""
    staff = kept_file(file_id)
    departments_id = request.values.get("departments", type=int)
    departments = kept_file(departments_id) if departments_id else None
    try:
        as_of = date.fromisoformat(request.values.get("as_of", ""))
    except ValueError:
        abort(400)
    dates, encoding = request.values.get("dates", ""), request.values.get("encoding", "")
    source = request.values.get("source", "").strip()[:60]
    if not source or (dates and dates not in DATES) or encoding not in ENCODINGS:
        abort(400)
    partial = bool(request.values.get("partial"))
    reading = sources.reading(session(), source)
    good = bool(request.values.get("good"))
    return staff, departments, Options(source, as_of, dates or None, encoding or None, partial, reading, good)


def kept_file(file_id: int) -> StoredFile:
    """A file that came for an import; no other is read."""
    found = session().get(StoredFile, file_id)
    if found is None or found.purpose != "import":
        raise NotFound(N_("There is no such file. Upload it again."))
    session().expunge(found)
    return found


def _prepared(
    desk: Desk, staff: StoredFile, departments: StoredFile | None, options: Options, fuse: float
) -> tuple[Prepared | None, str]:
    files = house().files
    try:
        with files.path(staff.sha256).open("rb") as people, desk.reading() as reading:
            if departments is None:
                return prepare(reading, people, None, options, fuse, asker=viewer().person_id), ""
            with files.path(departments.sha256).open("rb") as tree:
                return prepare(reading, people, tree, options, fuse, asker=viewer().person_id), ""
    except FileNotFoundError:
        raise NotFound(N_("There is no such file. Upload it again.")) from None
    except AttuneError as error:
        found = Prepared(options)
        found.problems = list(getattr(error, "problems", ()))
        found.faults = len(found.problems)
        return (found if found.problems else None), tell(error.message)


def _show(staff: StoredFile, options: Options, prepared: Prepared | None, refused: str) -> str:
    return render_template(
        "people/report.html",
        staff=staff, options=options, prepared=prepared, refused=refused, verdicts=VERDICTS, shown=SHOWN,
        date_styles=DATES, hidden=request.values.to_dict(), encodings=ENCODINGS,
        way={name: value for name, value in request.values.items() if name in WAY and value},
        aside_lines=len({each.line for each in prepared.aside}) if prepared else 0,
    )  # fmt: skip
