"""Leadership: one calm page, and the same figures as a document and as files."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from lms.access import Permission, scope
from lms.compliance import queries as compliance
from lms.reports.export import leadership_json
from lms.reports.leadership import Leadership, leadership
from lms.reports.pdf import leadership_pdf
from lms.web.page import locale, needs, now, organisation, session, today, viewer
from lms.web.reports import figures, sheets
from lms.web.reports import leadership_words as words
from lms.web.reports.asked import asked

blueprint = Blueprint("leadership", __name__, url_prefix="/leadership")


def _rollup(day: date) -> Leadership:
    roots = scope(viewer(), Permission.LEADERSHIP_VIEW)
    return leadership(session(), organisation(), day, now(), roots, outside=figures.outside_words())


@blueprint.get("")
@needs(Permission.LEADERSHIP_VIEW)
def overview() -> ResponseReturnValue:
    """The sentence, the trend, the divisions, what lapses, and who needs attention."""
    question = asked(today())
    shown = _rollup(question.as_of)
    known = [point.rate for point in shown.trend if point.rate is not None]
    return render_template(
        "leadership/overview.html",
        asked=question,
        shown=shown,
        headline=words.headline(shown),
        trend=[(words.month(point.day), point.rate) for point in shown.trend],
        low=max(0.0, (int(min(known) * 10) - 1) / 10) if known else 0.0,
        weeks=[(words.week(week), week.people) for week in shown.weeks],
        most=-(-max([week.people or 0 for week in shown.weeks] + [10]) // 10) * 10,  # its half is a whole number
        divisions=[_line(each) for each in shown.divisions],
        attention=[(each, [words.reason(one) for one in each.reasons]) for each in shown.attention],
        columns=figures.column_words(),
        change=words.change,
        definitions=words.definitions(shown),
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


def _line(each: Any) -> dict[str, Any]:
    return {"shown": each.shown, "change": words.change(each.change), "lapsing": each.lapsing}


@blueprint.get("/rollup.pdf")
@needs(Permission.LEADERSHIP_VIEW)
def pdf() -> ResponseReturnValue:
    """The page as a document."""
    shown = _rollup(asked(today()).as_of)
    made = leadership_pdf(words.page_for_pdf(shown, "en" if locale() == "xx" else locale()))
    return _file(made, "application/pdf", f"leadership-{shown.day}.pdf")


@blueprint.get("/rollup.<kind>")
@needs(Permission.LEADERSHIP_VIEW)
def export(kind: str) -> ResponseReturnValue:
    """The figures of the page as JSON or as a workbook."""
    if kind not in ("json", "xlsx"):
        abort(404)
    shown = _rollup(asked(today()).as_of)
    if kind == "json":
        return jsonify(leadership_json(shown))
    return sheets.file_answer(words.sheet(shown), kind, f"leadership-{shown.day}")


def _file(content: bytes, mimetype: str, name: str) -> Response:
    answer = Response(content, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
