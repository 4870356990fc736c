"""How the files of each source are read, files of licences, duties, leaves and birth months, and the work list of what they lack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from lms.access import Permission
from lms.errors import AttuneError, Message
from lms.files import StoredFile
from lms.people import dry_runs, headings, listing, sources, worklist
from lms.people.csv_text import Table
from lms.people.fact_files import HEADINGS
from lms.people.headings import folded
from lms.people.mapping import OWNED, VALUES, Reading, lines_of, words_of
from lms.people.preparing import open_table
from lms.people.sources import COMPLETIONS
from lms.people.worklist import Wish
from lms.records.history.file import HEADINGS as HISTORY
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.intake import history
from lms.web.intake.looking import keep, kept_file, look_again, look_at
from lms.web.intake.words import DATES, ENCODINGS, WHATS
from lms.web.page import actor, commit, house, needs, say, session, tell, today, viewer

blueprint = Blueprint("feeds", __name__, url_prefix="/people/import")

PAGE = 50
SAMPLES = 3
LINES_LOOKED_AT = 500

COLUMNS = {
    "number": _l("Employee number"), "given_name": _l("Given name"), "family_name": _l("Family name"), "name": _l("Name"),
    "email": _l("E-mail address"), "kind": _l("Kind"), "department_code": _l("Department code"), "job": _l("Job"),
    "profession": _l("Profession"), "patient_contact": _l("Patient contact"), "supervisor_number": _l("Supervisor’s number"),
    "hire_date": _l("Hire date"), "end_date": _l("Last day of employment"), "language": _l("Preferred language"),
    "time_zone": _l("Time zone"), "secondary_departments": _l("Secondary departments"), "facility": _l("Facility"),
    "division": _l("Division"), "department_name": _l("Department name"), "unit": _l("Unit"), "state": _l("State"),
    "licence_number": _l("Licence number"), "issued": _l("Issued"), "expires": _l("Expires"), "renew_by": _l("Renew by"),
    "every_months": _l("Renewed every so many months"), "basis": _l("Initial or renewal"), "duty": _l("Duty"),
    "source": _l("System of the number"), "course": _l("Course"), "completed": _l("Completed"), "score": _l("Score"),
    "minutes": _l("Minutes"), "certificate": _l("Certificate"), "provider": _l("Provider"),
    "from_day": _l("First day"), "last_day": _l("Last day"), "reason": _l("Reason"), "month": _l("Birth month"),
}  # fmt: skip


class ReadingForm(Form):
    """How the files of a source are read. The headings of the file come as fields beside these."""

    dates = SelectField(
        _l("How dates are written"), choices=[SelectChoice(value, label) for value, label in DATES.items()]
    )
    encoding = SelectField(_l("Encoding"), choices=[SelectChoice(value, label) for value, label in ENCODINGS.items()])
    partial = BooleanField(_l("The files do not list everybody: nobody ends by being absent"))
    owned = SelectMultipleField(
        _l("What the feed owns"),
        description=_l("What is not chosen belongs to HR: files do not change it for people who are known already."),
    )


class FactsForm(Form):
    """A file of facts, and what is declared about it."""

    what = SelectField(_l("What the file holds"))
    file = FileField(_l("File (CSV)"), [FileRequired(_l("Choose the file."))])
    source = StringField(_l("System the numbers come from"), [InputRequired(_l("Fill this in.")), Length(max=60)])
    as_of = DateField(_l("The day the file speaks of"), [InputRequired(_l("Enter a day."))])
    dates = SelectField(
        _l("How dates are written"), choices=[SelectChoice(value, label) for value, label in DATES.items()]
    )
    encoding = SelectField(_l("Encoding"), choices=[SelectChoice(value, label) for value, label in ENCODINGS.items()])
    partial = BooleanField(_l("The file does not list everything: nothing ends by being absent"))


class SolveForm(Form):
    """How a problem was solved."""

    remark = TextAreaField(_l("How it was solved"), [InputRequired(_l("Fill this in.")), Length(max=500)])


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"whats": WHATS, "columns": COLUMNS, "named": _named}


def _named(counts: dict[str, int], names: dict[str, Any] = COLUMNS) -> list[tuple[str, str]]:
    """Entries of a filter, each with how many there are."""
    return [(value, f"{names.get(value, value)} ({count})") for value, count in counts.items() if value]


# --- how files are read -----------------------------------------------------------------------------------------------


@blueprint.get("/sources")
@needs(Permission.IMPORT_VIEW)
def settled() -> ResponseReturnValue:
    """The sources of which something is settled."""
    rows = [(row, Reading.of(row.mapping)) for row in sources.settled(session())]
    return render_template("people/sources.html", rows=rows, date_styles=DATES, encodings=ENCODINGS)


@blueprint.route("/<int:file_id>/reading", methods=["GET", "POST"])
@needs(Permission.PEOPLE_IMPORT)
def reading(file_id: int) -> ResponseReturnValue:
    """Which column is what, which word means what, and what the feed owns: suggested, corrected, saved for the next time."""
    stored, what, source = (
        kept_file(file_id),
        request.values.get("what", "staff"),
        request.values.get("source", "").strip()[:60],
    )
    if what not in WHATS or not source:
        abort(400)
    known = sources.reading(session(), source, what)
    aliases = {"staff": headings.STAFF, COMPLETIONS: HISTORY}.get(what) or HEADINGS[what]
    encoding = request.values.get("encoding") if request.values.get("encoding") in ENCODINGS else known.encoding
    try:
        heading, samples = _samples(stored, encoding or None)
    except AttuneError as error:
        say(tell(error.message), "error")
        return redirect(url_for("imports.index"), 303)
    form = ReadingForm(
        dates=known.dates or request.values.get("dates") or "iso", encoding=encoding or "",
        partial=known.partial or bool(request.values.get("partial")),
        owned=list(OWNED if known.owned is None else sorted(known.owned)),
    )  # fmt: skip
    form.owned.choices = [SelectChoice(column, COLUMNS[column]) for column in OWNED]
    if form.validate_on_submit():
        made = _made(form, heading, aliases, what, known)
        sources.settle(session(), source, what, made, actor())
        commit()
        say(gettext("Saved. The files of %(source)s are read like this from now on.", source=source))
        if what == COMPLETIONS:
            return history.reread(request.values.get("run", 0, type=int))
        look = request.values.get("look", type=int)
        return look_again(dry_runs.one(session(), look), made) if look else redirect(url_for("imports.index"), 303)
    places, _ = known.places(heading, aliases)
    chosen = {place: column for column, place in places.items()}
    return render_template(
        "people/reading.html",
        form=form, stored=stored, source=source, what=what, heading=heading, samples=samples, chosen=chosen,
        offered=[(column, COLUMNS[column]) for column in aliases], hidden=_question(), settled=known.columns,
        worded=[(column, COLUMNS[column], lines_of(known.values.get(column, {}))) for column in VALUES if column in aliases],
    ), 422 if form.errors else 200  # fmt: skip


def _made(form: ReadingForm, heading: list[str], aliases: dict[str, Any], what: str, known: Reading) -> Reading:
    columns = dict(known.columns)
    for place, text in enumerate(heading):
        column = request.form.get(f"column-{place}", "")
        columns[folded(text)] = column if column in aliases else ""
    values = {column: words for column, words in known.values.items() if column not in VALUES}
    values |= {
        column: words_of(request.form.get(f"words-{column}", "").splitlines()) for column in VALUES if column in aliases
    }
    owned = frozenset(form.owned.data or ())
    everything = what != "staff" or owned >= set(OWNED)
    return Reading(
        columns, {column: words for column, words in values.items() if words}, None if everything else owned,
        form.dates.data, form.encoding.data or None, bool(form.partial.data),
    )  # fmt: skip


def _samples(stored: StoredFile, encoding: str | None) -> tuple[list[str], list[list[str]]]:
    """The heading of a file, and for each of its columns a few different cells."""
    with house().files.path(stored.sha256).open("rb") as file:
        table: Table = open_table(file, stored.name, encoding)[0]
        found: list[list[str]] = [[] for _ in table.heading]
        for count, (_, cells) in enumerate(table.rows()):
            if count >= LINES_LOOKED_AT:
                break
            for seen, cell in zip(found, cells, strict=False):
                text = " ".join(cell.split())[:40]
                if text and text not in seen and len(seen) < SAMPLES:
                    seen.append(text)
        return list(table.heading), found


def _question() -> dict[str, str]:
    """Which file it is, to go on with."""
    kept = ("source", "what", "look", "run")
    return {name: request.values[name] for name in kept if request.values.get(name)}


# --- files of facts ---------------------------------------------------------------------------------------------------


@blueprint.route("/facts", methods=["GET", "POST"])
@needs(Permission.PEOPLE_IMPORT)
def facts() -> ResponseReturnValue:
    """Choose a file of licences, duties, leaves or birth months."""
    form = FactsForm(as_of=today(), what=request.args.get("what", "licences"), source=listing.usual_source(session()))
    form.what.choices = [SelectChoice(what, label) for what, label in WHATS.items() if what in HEADINGS]
    if form.validate_on_submit():
        return look_at(form.what.data, form, keep(form.file.data))
    return render_template("people/facts.html", form=form), 422 if form.errors else 200


# --- the work list ----------------------------------------------------------------------------------------------------


@blueprint.get("/problems")
@needs(Permission.IMPORT_VIEW)
def problems() -> ResponseReturnValue:
    """What could not be taken in and is not solved yet."""
    asked = request.args
    wish = Wish(
        worklist.SOLVED if asked.get("state") == worklist.SOLVED else worklist.OPEN, asked.get("source", "")[:60],
        asked.get("what", "") if asked.get("what") in WHATS else "", asked.get("column", "")[:40],
        viewer().person_id if asked.get("mine") else None, asked.get("q", "").strip()[:100],
    )  # fmt: skip
    page = min(max(asked.get("page", 1, type=int), 1), 10_000)
    rows, count = worklist.problems(session(), wish, page, PAGE)
    counts = worklist.counts(session())
    kept = {name: asked[name] for name in ("state", "source", "what", "column", "mine", "q") if asked.get(name)}
    return render_template(
        "people/problems.html",
        rows=[(row, taker, _said(row.message), _said(row.remedy)) for row, taker in rows], count=count, wish=wish,
        by_source=_summed(counts, 0), by_what=_summed(counts, 1), by_column=_summed(counts, 2),
        open_count=sum(number for *_, number in counts), page=page, pages=max(1, -(-count // PAGE)),
        url_of=lambda number: url_for("feeds.problems", **{**kept, "page": number}),
    )  # fmt: skip


@blueprint.post("/problems/<int:problem_id>/take")
@needs(Permission.PEOPLE_IMPORT)
def take(problem_id: int) -> ResponseReturnValue:
    """Take a problem on, or give it back."""
    worklist.assign(session(), problem_id, None if request.form.get("back") else viewer().person_id, actor())
    commit()
    return redirect(url_for("feeds.problems"), 303)


@blueprint.route("/problems/<int:problem_id>/solve", methods=["GET", "POST"])
@needs(Permission.PEOPLE_IMPORT)
def solve(problem_id: int) -> ResponseReturnValue:
    """HR has solved it, or it need not be solved."""
    form = SolveForm()
    back = url_for("feeds.problems")

    def act() -> str:
        worklist.solve(session(), problem_id, form.remark.data, actor())
        return back

    return form_page(
        form, act, gettext("Mark a problem as solved"), gettext("It is solved"), back, crumb=(gettext("Problems"), back),
        lede=gettext("A later file that shows it again opens it anew."),
    )  # fmt: skip


def _said(kept: dict[str, Any] | None) -> str:
    return tell(Message.of(kept)) if kept else ""


def _summed(counts: Sequence[tuple[str, str, str, int]], place: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in counts:
        found[str(row[place])] = found.get(str(row[place]), 0) + row[3]
    return found
