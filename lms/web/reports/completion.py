"""Completion by department, and the people behind every number: for HR and auditors, within their departments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from lms.access import Permission, scope
from lms.compliance import queries as compliance
from lms.reports import queries
from lms.reports.grouping import Group
from lms.reports.queries import Wish
from lms.web.page import needs, organisation, session, today, viewer
from lms.web.reports import figures, grouped, known, matrix, people_behind, sheets, why
from lms.web.reports.asked import Asked, asked
from lms.web.reports.place import Place
from lms.web.words import gettext

blueprint = Blueprint("completion", __name__, url_prefix="/completion")

ROWS = 250
"""Departments on one page of the table."""


def roots() -> frozenset[int] | None:
    """The departments for which the viewer may see completion; None means all."""
    return scope(viewer(), Permission.COMPLETION_VIEW)


def _whole(question: Asked, seen: frozenset[int] | None) -> str:
    """What everybody together is called."""
    everything = seen is None and question.wish == Wish(question.requirement)
    return organisation().name if everything else gettext("Total")


@blueprint.get("")
@needs(Permission.COMPLETION_VIEW)
def index() -> ResponseReturnValue:
    """The tree of departments with its figures."""
    question = asked(today(), figures.SORTS)
    seen = roots()
    shown, rows = figures.table(question, seen, _whole(question, seen))
    jobs, professions = queries.jobs(session(), question.as_of)
    pages = max(1, -(-len(rows) // ROWS))
    page = min(question.page, pages)
    here = "completion.index"
    return render_template(
        "completion/index.html",
        asked=question,
        shown=shown,
        title=figures.requirement_title(shown.requirements, question.requirement),
        lede=figures.lede(shown.total),
        note=figures.table_note(
            question, shown.tree, figures.requirement_title(shown.requirements, question.requirement)
        ),
        groups=grouped.group_tabs(question, ""),
        tabs=figures.requirement_tabs(shown, question, here),
        chips=figures.chips(question, here, shown.tree),
        columns=figures.headings(question, here),
        rows=figures.tree_rows(
            [*rows[(page - 1) * ROWS : page * ROWS], shown.total],
            question,
            here,
            "completion.people",
            "completion.why_page",
        ),
        found=len(rows),
        page=page,
        pages=pages,
        departments=figures.department_choices(shown.tree, seen),
        jobs=figures.choices(jobs, gettext("All jobs")),
        professions=figures.choices(professions, gettext("All professions")),
        states=figures.state_choices(),
        url_of=lambda number: question.url(here, page=number),
        definitions=figures.definitions(shown),
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


@blueprint.get("/departments.<kind>")
@needs(Permission.COMPLETION_VIEW)
def departments_file(kind: str) -> ResponseReturnValue:
    """The same table as a file."""
    question, seen = asked(today(), figures.SORTS), roots()
    return sheets.departments_answer(question, seen, _whole(question, seen), kind, "completion")


def _group(name: str) -> Group:
    if name not in list(Group):
        abort(404)
    return Group(name)


@blueprint.get("/by/<group>")
@needs(Permission.COMPLETION_VIEW)
def grouped_page(group: str) -> ResponseReturnValue:
    """One row for each requirement, job or site."""
    return grouped.grouped_page(asked(today(), figures.SORTS), roots(), _group(group))


@blueprint.get("/by/<group>.<kind>")
@needs(Permission.COMPLETION_VIEW)
def grouped_file(group: str, kind: str) -> ResponseReturnValue:
    """The same table as a file."""
    if kind not in ("csv", "xlsx"):
        abort(404)
    return grouped.grouped_file(asked(today(), figures.SORTS), roots(), _group(group), kind)


PLACE = Place(
    label=lazy_gettext("Completion"),
    home="completion.index",
    table="completion.index",
    why="completion.why_page",
    people="completion.people",
    people_file="completion.people_file",
    matrix="completion.matrix_page",
    matrix_file="completion.matrix_file",
    people_template="completion/people.html",
    choosing=True,
)


@blueprint.get("/people")
@needs(Permission.COMPLETION_VIEW)
def people() -> ResponseReturnValue:
    """The people behind a number."""
    return people_behind.people_page(asked(today(), people_behind.SORTS), PLACE, roots())


@blueprint.get("/people.<kind>")
@needs(Permission.COMPLETION_VIEW)
def people_file(kind: str) -> ResponseReturnValue:
    """The same people, all of them, as a file."""
    question = asked(today(), people_behind.SORTS)
    return people_behind.people_file(question, roots(), organisation().name, kind, "people")


@blueprint.get("/matrix")
@needs(Permission.COMPLETION_VIEW)
def matrix_page() -> ResponseReturnValue:
    """People × requirements."""
    return matrix.matrix_page(asked(today(), matrix.SORTS), PLACE, roots())


@blueprint.get("/matrix.<kind>")
@needs(Permission.COMPLETION_VIEW)
def matrix_file(kind: str) -> ResponseReturnValue:
    """The same, everybody, as a file."""
    return matrix.matrix_file(asked(today(), matrix.SORTS), roots(), kind)


@blueprint.get("/why")
@needs(Permission.COMPLETION_VIEW)
def why_page() -> ResponseReturnValue:
    """What one rate is made of."""
    seen = roots()
    return why.why_page(asked(today()), PLACE, seen, organisation().name if seen is None else gettext("Total"))


@blueprint.get("/known")
@needs(Permission.COMPLETION_VIEW)
def known_page() -> ResponseReturnValue:
    """What was known on an earlier day, beside what is known now; unless a day is named, of the end of last month."""
    question = asked(today())
    if "as_of" not in request.args and "known" not in request.args:
        question = replace(question, as_of=question.today.replace(day=1) - timedelta(days=1))
    return known.known_page(question, roots())
