"""Completions of another system: upload, look at what would happen, say which course is which, take in, take back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.errors import N_, AttuneError, Message, NotFound
from lms.files import StoredFile
from lms.flows.history import begin_history, begin_undo, go_on
from lms.outbox import enqueue
from lms.people import listing, sources
from lms.people.dry_runs import SMALL
from lms.people.sources import COMPLETIONS
from lms.records.history import courses, queries, staging, taking
from lms.records.history.courses import OUTSIDE
from lms.records.history.models import HistoryRun, Phase, State
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.intake.looking import keep
from lms.web.intake.words import DATES, ENCODINGS, SHOWN
from lms.web.page import actor, commit, house, needs, now, organisation, say, session, tell
from lms.web.words import gettext, ngettext

blueprint = Blueprint("history", __name__, url_prefix="/people/import/completions")

PAGE = 25
NAMED = 50
"""So many lines that would be taken in are named on the page."""

STATES = {
    State.NEW: _l("New"),
    State.THERE: _l("Recorded already"),
    State.TWICE: _l("Said twice in the file"),
    State.OUTSIDE: _l("No course of ours"),
    State.UNMAPPED: _l("Course not known yet"),
    State.UNKNOWN: _l("Person not known"),
    State.FAULT: _l("Faulty lines"),
}


class UploadForm(Form):
    """A file of completions, and what is declared about it."""

    file = FileField(_l("File of completed training (CSV)"), [FileRequired(_l("Choose the file."))])
    source = StringField(
        _l("System that recorded them"),
        [InputRequired(_l("Fill this in.")), Length(max=60)],
        description=_l("What you say about its columns and courses is kept under this name for the next file."),
    )
    numbers_of = StringField(
        _l("System the employee numbers come from"),
        [InputRequired(_l("Fill this in.")), Length(max=60)],
        description=_l("As it was named when the staff file was taken in."),
    )
    dates = SelectField(
        _l("How dates are written"), choices=[SelectChoice(value, label) for value, label in DATES.items()]
    )
    encoding = SelectField(_l("Encoding"), choices=[SelectChoice(value, label) for value, label in ENCODINGS.items()])


class UndoForm(Form):
    """Why an import is taken back."""

    reason = StringField(_l("Reason"), [InputRequired(_l("Fill this in.")), Length(max=500)])


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"states": STATES}


@blueprint.route("/", methods=["GET", "POST"])
@needs(Permission.IMPORT_VIEW, to_send=Permission.PEOPLE_IMPORT)
def index() -> ResponseReturnValue:
    """Choose a file; what was taken in before stands below."""
    form = UploadForm(numbers_of=listing.usual_source(session()))
    if form.validate_on_submit():
        stored = keep(form.file.data)
        source = form.source.data.strip()
        settled = sources.reading(session(), source, COMPLETIONS)
        run = staging.begin(
            session(), source, form.numbers_of.data, stored, settled.dates or form.dates.data,
            form.encoding.data or settled.encoding, actor(),
        )  # fmt: skip
        _read(run, stored.size)
        return redirect(url_for("history.show", run_id=run.id), 303)
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    rows = queries.listed(session(), page, PAGE)
    return render_template(
        "history/index.html",
        form=form, rows=rows[:PAGE], more=len(rows) > PAGE, page=page, paged=lambda n: url_for("history.index", page=n),
        most=house().config.upload_limit,
    ), 422 if form.errors else 200  # fmt: skip


@blueprint.get("/<int:run_id>")
@needs(Permission.IMPORT_VIEW)
def show(run_id: int) -> ResponseReturnValue:
    """How far the file is read, what it would do, or what it did."""
    run = queries.one(session(), run_id)
    if run.phase == Phase.DROPPED:
        raise NotFound(N_("This file was thrown away. Upload it again."))
    return _show(run)


@blueprint.post("/<int:run_id>/courses")
@needs(Permission.PEOPLE_IMPORT)
def map_courses(run_id: int) -> ResponseReturnValue:
    """Say which course of ours each name means, or that it is none; kept for the next file of this source."""
    run = queries.one(session(), run_id)
    said = {}
    for place, slug in (
        (name.removeprefix("course-"), value) for name, value in request.form.items() if name.startswith("course-")
    ):
        name = request.form.get(f"name-{place}", "").strip()
        if name and slug:
            said[name] = slug
    try:
        courses.settle(session(), run, said, actor())
        commit()
    except AttuneError as error:
        session().rollback()
        return _show(queries.one(session(), run_id), tell(error.message)), error.status
    say(
        ngettext(
            "%(num)s name is settled, for the next file too.",
            "%(num)s names are settled, for the next file too.",
            len(said),
        )
    )
    return redirect(url_for("history.show", run_id=run_id), 303)


@blueprint.post("/<int:run_id>/again")
@needs(Permission.PEOPLE_IMPORT)
def read_again(run_id: int) -> ResponseReturnValue:
    """Read the file anew, after people were taken in."""
    return reread(run_id)


def reread(run_id: int) -> ResponseReturnValue:
    """Read a file from its beginning, as it is settled now, and show what it would do."""
    run = queries.one(session(), run_id)
    reading = sources.reading(session(), run.source, COMPLETIONS)
    try:
        staging.again(session(), run, reading.dates or run.dates, reading.encoding or run.encoding)
    except AttuneError as error:
        session().rollback()
        say(tell(error.message), "error")
    else:
        _read(run, _size(run))
    return redirect(url_for("history.show", run_id=run_id), 303)


@blueprint.post("/<int:run_id>")
@needs(Permission.PEOPLE_IMPORT)
def take_in(run_id: int) -> ResponseReturnValue:
    """Take it in, all or nothing."""
    run = queries.one(session(), run_id)
    try:
        done = begin_history(session(), run, actor(), leave_out=bool(request.form.get("leave_out")))
        commit()
    except AttuneError as error:
        session().rollback()
        return _show(queries.one(session(), run_id), tell(error.message)), error.status
    if done:
        people = run.summary["people"]
        say(ngettext("Taken in: it is about %(num)s person.", "Taken in: it is about %(num)s people.", people))
    return redirect(url_for("history.show", run_id=run_id), 303)


@blueprint.post("/<int:run_id>/go-on")
@needs(Permission.PEOPLE_IMPORT)
def continue_(run_id: int) -> ResponseReturnValue:
    """Have a worker go on with a file that is not whole, after its job was given up."""
    run = queries.one(session(), run_id)
    if run.phase in (Phase.TAKING, Phase.UNDOING):
        go_on(session(), run, actor())
        commit()
    return redirect(url_for("history.show", run_id=run_id), 303)


@blueprint.post("/<int:run_id>/drop")
@needs(Permission.PEOPLE_IMPORT)
def drop(run_id: int) -> ResponseReturnValue:
    """Throw away what was only looked at."""
    run = queries.one(session(), run_id)
    try:
        staging.drop(session(), run)
        commit()
    except AttuneError as error:
        session().rollback()
        say(tell(error.message), "error")
        return redirect(url_for("history.show", run_id=run_id), 303)
    say(gettext("The file is thrown away. Nothing was changed."))
    return redirect(url_for("history.index"), 303)


@blueprint.route("/<int:run_id>/undo", methods=["GET", "POST"])
@needs(Permission.PEOPLE_IMPORT)
def undo(run_id: int) -> ResponseReturnValue:
    """Revoke what the file brought."""
    run = queries.one(session(), run_id)
    back = url_for("history.show", run_id=run.id)
    if run.phase not in (Phase.TAKING, Phase.TAKEN):
        say(gettext("This import is not in force, so it cannot be taken back. Nothing was changed."), "error")
        return redirect(back, 303)
    form = UndoForm()

    def act() -> str:
        begin_undo(session(), run, form.reason.data, actor())
        return back

    number = queries.still_count(session(), run)
    return form_page(
        form, act, gettext("Take an import back"), gettext("Take it back"), back, kind="danger",
        lede=ngettext(
            "%(num)s record is revoked: it never counted then. It stays visible with your reason.",
            "%(num)s records are revoked: they never counted then. They stay visible with your reason.", number,
        ),
        top=(gettext("Completed training"), url_for("history.index")), crumb=(run.file_name, back),
    )  # fmt: skip


# --- what the views share ---------------------------------------------------------------------------------------------


def _size(run: HistoryRun) -> int:
    """Bytes of the file of an import; 0 where it is gone."""
    stored = session().get(StoredFile, run.file_id) if run.file_id is not None else None
    return stored.size if stored is not None else 0


def _read(run: HistoryRun, size: int) -> None:
    """Read a small file at once, a large one beside the pages. Commits."""
    if size > SMALL:
        enqueue(session(), staging.READ, {"run": run.id}, now(), key=str(run.id))
        commit()
        return
    commit()
    while not staging.step(session(), run.id, house().files, actor()):
        commit()
    commit()


def _show(run: HistoryRun, refused: str = "") -> str:
    page: dict[str, Any] = {"run": run, "refused": refused, "dates": DATES, "encodings": ENCODINGS}
    if run.phase == Phase.READING or run.problem is not None:
        page["problem"] = [_said(each) for each in (run.problem, *run.problem["more"])] if run.problem else []
        return render_template("history/show.html", counts=None, **page)
    page["far"] = queries.how_far(session(), run)
    if page["far"] is not None:
        return render_template("history/show.html", counts=None, **page)
    counts = queries.counts(session(), run)
    ready = run.phase == Phase.READY
    bad = (State.FAULT, State.UNKNOWN)
    page["faults"] = [
        (row, _said(row.message), _said(row.remedy)) for row in queries.lines(session(), run, bad, SHOWN)
    ]  # fmt: skip
    page["named"] = queries.named(session(), run, (State.NEW,), NAMED)
    page["twice"] = queries.named(session(), run, (State.THERE, State.TWICE), NAMED)
    page["hindered"] = sum(counts[state] for state in taking.HINDERS)
    page["names"] = courses.names(session(), run) if ready else []
    page["doubts"] = queries.doubts(session(), run, organisation().zone) if ready else None
    ours = catalogue.offered(session()) if page["names"] else []
    page["offered"] = _offered(ours)
    page["slugs"] = {each.course_id: each.slug for each in ours}
    page["counting"] = queries.still_count(session(), run) if not ready else 0
    return render_template("history/show.html", counts=counts, **page)


def _offered(courses: Sequence[catalogue.Offered]) -> list[tuple[str, str]]:
    ours = [(each.slug, f"{each.code} · {each.title}") for each in courses]
    return [("", gettext("Not said yet")), (OUTSIDE, gettext("None of ours: leave these lines out")), *ours]


def _said(kept: dict[str, Any] | None) -> str:
    return tell(Message.of(kept)) if kept else ""
