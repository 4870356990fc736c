"""Files about people, looked at before they are taken in: what one would do, how far the work on a large one is, and the way on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lms import outbox
from lms.access import Permission
from lms.errors import N_, AttuneError, Message, NotFound
from lms.files import StoredFile
from lms.flows import intake, staffing
from lms.outbox import JobState
from lms.people import dry_runs, sources
from lms.people.dry_runs import Phase
from lms.people.importing import Options
from lms.people.mapping import Reading
from lms.people.models import DryRun
from lms.people.report import refuse
from lms.web.intake.words import DATES, ENCODINGS, SHOWN, VERDICTS, WHATS
from lms.web.page import actor, commit, house, needs, now, roll_back, say, session, tell, viewer

blueprint = Blueprint("looking", __name__, url_prefix="/people/import/looks")


def keep(upload: Any) -> StoredFile:
    """Store a file that was uploaded for an import."""
    return house().files.put(
        session(), upload.stream, name=(upload.filename or "staff.csv")[:200], media_type="text/csv", purpose="import",
        owner_id=viewer().person_id, now=now(), limit=house().config.upload_limit,
    )  # fmt: skip


def kept_file(file_id: int) -> StoredFile:
    """A file that came for an import; no other is read."""
    found = session().get(StoredFile, file_id)
    if found is None or found.purpose != "import":
        raise NotFound(N_("There is no such file. Upload it again."))
    return found


def look_at(what: str, form: Any, stored: StoredFile, departments_id: int | None = None) -> ResponseReturnValue:
    """Look at a file that was uploaded, as its form declares it and its source is settled."""
    source = form.source.data.strip()
    reading = sources.reading(session(), source, what)
    options = Options(
        source, form.as_of.data, reading.dates or form.dates.data, form.encoding.data or reading.encoding,
        form.partial.data or reading.partial, reading,
    )  # fmt: skip
    return _begin(what, options, stored, departments_id)


def look_again(run: DryRun, made: Reading | None = None, *, good: bool | None = None) -> ResponseReturnValue:
    """Look at the same file anew: as it was just settled (``made``), or for its good lines alone."""
    options = replace(dry_runs.options_of(run), reading=sources.reading(session(), run.source, run.what))
    if made is not None:
        options = replace(options, dates=made.dates, encoding=made.encoding, partial=made.partial)
    if good is not None:
        options = replace(options, good_rows=good)
    return _begin(run.what, options, kept_file(run.file_id), run.departments_id)


def _begin(what: str, options: Options, stored: StoredFile, departments_id: int | None) -> ResponseReturnValue:
    run = dry_runs.begin(session(), what, options, stored, departments_id, actor())
    commit()  # from here on this request's own session is not used: nobody waits while the file is compared
    if not run.beside:
        with house().database.desk() as desk:
            intake.look(desk, run.id, house().files)
    return redirect(url_for("looking.show", ident=run.id), 303)


@blueprint.get("/<int:ident>")
@needs(Permission.IMPORT_VIEW)
def show(ident: int) -> ResponseReturnValue:
    """What a file would do; or how far the work on a large one is."""
    run = dry_runs.one(session(), ident)
    if run.phase == Phase.TAKEN and run.run_id is not None:
        return redirect(url_for("imports.show", run_id=run.run_id))
    if run.phase in (Phase.LOOKING, Phase.TAKING):
        job = dry_runs.job_of(session(), run)
        stopped = job is None or job.state == JobState.FAILED
        far = outbox.HowFar(**job.progress) if job is not None and job.progress else None
        stored = session().get(StoredFile, run.file_id)
        return render_template("people/look_going.html", run=run, stored=stored, far=far, stopped=stopped, whats=WHATS)
    return _report(run)


@blueprint.post("/<int:ident>")
@needs(Permission.PEOPLE_IMPORT)
def take_in(ident: int) -> ResponseReturnValue:
    """Take the file in, all or nothing: a small one now, a large one beside the pages."""
    run = dry_runs.one(session(), ident)
    report, confirmed, by = dry_runs.report_of(run), bool(request.form.get("confirmed")), actor()
    if run.phase != Phase.SEEN or report is None:
        return redirect(url_for("looking.show", ident=ident), 303)
    try:
        refuse(report, staff=run.what == sources.STAFF, confirmed=confirmed, asker=by.person_id)
        if run.beside:
            dry_runs.begin_taking(session(), ident, by, confirmed=confirmed)
            commit()
            return redirect(url_for("looking.show", ident=ident), 303)
        commit()
        with house().database.desk() as desk:
            made = intake.take_in(desk, ident, house().files, by, confirmed=confirmed)
    except AttuneError as error:
        roll_back()
        return _report(dry_runs.one(session(), ident), error.message, error.status)
    say(gettext("The file is taken in."))
    return redirect(url_for("imports.show", run_id=made), 303)


@blueprint.post("/<int:ident>/again")
@needs(Permission.PEOPLE_IMPORT)
def again(ident: int) -> ResponseReturnValue:
    """Look at the same file anew, or for its good lines alone; work that stopped is gone on with."""
    run = dry_runs.one(session(), ident)
    if run.phase not in (Phase.LOOKING, Phase.TAKING):
        return look_again(run, good=True if request.form.get("good") else None)
    if run.job_id is None:
        return look_again(run)
    outbox.again(session(), run.job_id, now())
    commit()
    return redirect(url_for("looking.show", ident=ident), 303)


@blueprint.post("/<int:ident>/problems")
@needs(Permission.PEOPLE_IMPORT)
def note_faults(ident: int) -> ResponseReturnValue:
    """The faults of a file wait in the work list; nothing is taken in."""
    run = dry_runs.one(session(), ident)
    report = dry_runs.report_of(run)
    if report is None:
        return _report(run)
    new = staffing.note_faults(session(), run.source, run.what, report, kept_file(run.file_id).name, actor())
    commit()
    say(gettext("The faults wait in the work list; %(new)s of them are new.", new=new))
    return redirect(url_for("feeds.problems", source=run.source, what=run.what), 303)


def _report(run: DryRun, why: Message | None = None, status: int = 422) -> ResponseReturnValue:
    report, options = dry_runs.report_of(run), dry_runs.options_of(run)
    why = why or (Message.of(run.refused) if run.refused else None)
    staff = run.what == sources.STAFF
    page = render_template(
        "people/report.html",
        run=run, asker=viewer().person_id, stored=session().get(StoredFile, run.file_id), options=options, report=report,
        staff=staff, shown=SHOWN, refused=tell(why) if why else "", verdicts=VERDICTS if staff else _of_facts(), whats=WHATS,
        date_styles=DATES, encodings=ENCODINGS, way=_way(run, options),
        upload=url_for("imports.index") if staff else url_for("feeds.facts", what=run.what),
    )  # fmt: skip
    return page, status if why or report is None or report.faults else 200


def _of_facts() -> dict[str, Any]:
    return {
        verdict: label for verdict, label in VERDICTS.items() if verdict in ("new", "changed", "ended", "unchanged")
    }


def _way(run: DryRun, options: Options) -> dict[str, Any]:
    """What the page needs that settles how the file is read, and to come back from there."""
    said = {"dates": options.dates, "encoding": options.encoding, "partial": 1 if options.partial else None}
    return {"file_id": run.file_id, "what": run.what, "source": run.source, "look": run.id, **said}
