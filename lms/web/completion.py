"""Completion by department, and the people behind every number: for HR and auditors, within their departments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from lms.access import Permission, scope
from lms.compliance import queries as compliance
from lms.compliance.queries import Found
from lms.people.queries import tree as tree_of
from lms.reports import queries, rollup
from lms.reports.queries import Completion, Wish
from lms.reports.rollup import Row
from lms.web import figures
from lms.web.asked import Asked, asked, person_url
from lms.web.page import needs, organisation, session, today, viewer
from lms.web.words import gettext

blueprint = Blueprint("completion", __name__, url_prefix="/completion")

ROWS = 250
"""Departments on one page of the table."""
PEOPLE = 50
"""People on one page of a list."""
BATCH = 2000
"""People read at once for a file."""


def roots() -> frozenset[int] | None:
    """The departments for which the viewer may see completion; None means all."""
    return scope(viewer(), Permission.COMPLETION_VIEW)


def table(question: Asked, seen: frozenset[int] | None) -> tuple[Completion, list[Row]]:
    """The figures, and the rows that are to be shown of them, in order."""
    everything = seen is None and question.wish == Wish(question.requirement)
    name = organisation().name if everything else gettext("Total")
    shown = queries.completion(session(), name, question.as_of, question.wish, seen, outside=figures.outside_words())
    rows = rollup.narrowed(shown.rows, question.q, question.state) if question.q or question.state else list(shown.rows)
    if question.sort:
        rows = rollup.ordered(rows, question.sort.removeprefix("-"), question.sort.startswith("-"))
    return shown, rows


@blueprint.get("")
@needs(Permission.COMPLETION_VIEW)
def index() -> ResponseReturnValue:
    """The tree of departments with its figures."""
    question = asked(today(), figures.SORTS)
    shown, rows = table(question, roots())
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
        tabs=figures.requirement_tabs(shown, question, here),
        chips=figures.chips(question, here, shown.tree),
        columns=figures.headings(question, here),
        rows=figures.tree_rows(
            [*rows[(page - 1) * ROWS : page * ROWS], shown.total], question, here, "completion.people"
        ),
        found=len(rows),
        page=page,
        pages=pages,
        departments=figures.department_choices(shown.tree, roots()),
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
    if kind not in ("csv", "xlsx"):
        abort(404)
    question = asked(today(), figures.SORTS)
    shown, rows = table(question, roots())
    sheet = figures.departments_sheet(shown, rows, question)
    return figures.file_answer(sheet, kind, f"completion-{question.as_of}")


@blueprint.get("/people")
@needs(Permission.COMPLETION_VIEW)
def people() -> ResponseReturnValue:
    """The people behind a number."""
    question = asked(today(), figures.PEOPLE_SORTS)
    tree = tree_of(session(), question.as_of)
    departments = queries.covered(tree, roots(), question.department)
    required = compliance.requirements(session(), question.as_of)
    listed = behind(question, departments)
    pages = max(1, -(-listed.total // PEOPLE))
    if question.page > pages:
        question = replace(question, page=pages)
        listed = behind(question, departments)
    titles = {version.requirement_id: version.title for version, _ in required}
    here = "completion.people"
    return render_template(
        "completion/people.html",
        asked=question,
        tree=tree,
        heading=figures.people_heading(question),
        tabs=[
            {"label": label, "url": question.url(here, requirement=id), "current": id == question.requirement}
            for id, label in [(0, figures.requirement_title(required, 0)), *titles.items()]
        ],
        chips=figures.chips(question, here, tree),
        columns=figures.people_headings(question, here),
        people=figures.people_lines(
            listed.rows, queries.reasons(session(), listed.rows, titles), tree, question, person_url
        ),
        note=figures.table_note(question, tree, figures.requirement_title(required, question.requirement)),
        lede=figures.people_lede(listed.total, figures.requirement_title(required, question.requirement)),
        pages=pages,
        summary=figures.summary(question.page, PEOPLE, listed.total),
        states=figures.state_choices(),
        url_of=lambda number: question.url(here, page=number),
        here=here,
        back="completion.index",
        back_label=figures.back_words("completion"),
        file="completion.people_file",
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


def behind(question: Asked, departments: frozenset[int] | None, size: int = PEOPLE) -> compliance.Page:
    """The people whom a question is about, one page of them."""
    states, soon = queries.states_of(question.state)
    return compliance.people_in(
        session(),
        question.as_of,
        requirement_id=question.requirement,
        departments=departments,
        states=states,
        due_soon=soon,
        job=question.job or None,
        profession=question.profession or None,
        search=question.q or None,
        sort=question.sort or "name",
        page=question.page,
        size=size,
    )


@blueprint.get("/people.<kind>")
@needs(Permission.COMPLETION_VIEW)
def people_file(kind: str) -> ResponseReturnValue:
    """The same people, all of them, as a file."""
    if kind not in ("csv", "xlsx"):
        abort(404)
    question = asked(today(), figures.PEOPLE_SORTS)
    shown = queries.completion(session(), organisation().name, question.as_of, question.wish, roots())
    departments = queries.covered(shown.tree, roots(), question.department)
    title = figures.requirement_title(shown.requirements, question.requirement)
    sheet = figures.people_sheet(
        everybody(question, departments), shown.tree, question, title, figures.state_words(), figures.definitions(shown)
    )
    return figures.file_answer(sheet, kind, f"people-{question.as_of}")


def everybody(question: Asked, departments: frozenset[int] | None) -> Iterator[Found]:
    """All people whom a question is about, read in batches."""
    page = 1
    while True:
        listed = behind(replace(question, page=page), departments, BATCH)
        yield from listed.rows
        if page * BATCH >= listed.total:
            return
        page += 1
