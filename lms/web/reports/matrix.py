"""People × requirements on a day, as a page and as a file: one for HR and for managers, within what each may see."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from lms.compliance import queries as compliance
from lms.compliance.models import OVERALL
from lms.compliance.queries import Found
from lms.compliance.standing import Standing, standings
from lms.people.queries import tree as tree_of
from lms.people.tree import Tree
from lms.reports import queries
from lms.reports.export import Column, Sheet, Value
from lms.web.page import session
from lms.web.reports import figures, people_behind, sheets
from lms.web.reports.asked import Asked, person_url
from lms.web.reports.people_behind import PEOPLE
from lms.web.reports.place import Place
from lms.web.words import gettext

SORTS = ("name", "number", "job", "state")
BATCH = 500
"""For so many people at once a file reads the states."""


def matrix_page(question: Asked, place: Place, roots: Collection[int] | None) -> ResponseReturnValue:
    """One page of people below ``roots`` (None: all), with their state for each requirement in force on the day.

    Raises:
        NotFound: the department is not there on the day, or the viewer may not see it.
    """
    tree = tree_of(session(), question.as_of)
    departments = queries.covered(tree, roots, question.department)
    titles = _titles(question)
    listed = people_behind.behind(question, departments)
    pages = max(1, -(-listed.total // PEOPLE))
    if question.page > pages:
        question = replace(question, page=pages)
        listed = people_behind.behind(question, departments)
    jobs, professions = queries.jobs(session(), question.as_of)
    return render_template(
        "completion/matrix.html",
        asked=question,
        place=place,
        lede=people_behind.people_lede(listed.total, gettext("every requirement in force on this day")),
        note=figures.table_note(question, tree, gettext("every requirement in force on this day")),
        columns=_headings(question, place.matrix, titles.values()),
        people=list(_lines(question, listed.rows, tree, titles)),
        titles=list(titles.values()),
        chips=figures.chips(question, place.matrix, tree),
        departments=figures.department_choices(tree, roots),
        jobs=figures.choices(jobs, gettext("All jobs")),
        professions=figures.choices(professions, gettext("All professions")),
        states=figures.state_choices(),
        pages=pages,
        summary=people_behind.summary(question.page, PEOPLE, listed.total),
        url_of=lambda number: question.url(place.matrix, page=number),
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


def matrix_file(question: Asked, roots: Collection[int] | None, kind: str) -> ResponseReturnValue:
    """The same, everybody, as a CSV or XLSX file: for each requirement a column with the state and one with the due day."""
    if kind not in ("csv", "xlsx"):
        abort(404)
    tree = tree_of(session(), question.as_of)
    departments = queries.covered(tree, roots, question.department)
    titles = _titles(question)
    words = figures.state_words()
    pairs = [
        (Column(title, width=18), Column(gettext("%(requirement)s: due", requirement=title), "day"))
        for title in titles.values()
    ]
    sheet = Sheet(
        gettext("Matrix"),
        gettext("People and requirements as of %(day)s", day=figures.long_day(question.as_of)),
        figures.filter_words(question, tree, gettext("Overall")),
        [
            Column(gettext("Number"), width=12),
            Column(gettext("Name"), width=28),
            Column(gettext("Department"), width=60),
            Column(gettext("Job"), width=28),
            *(column for pair in pairs for column in pair),
        ],
        _rows(question, departments, tree, list(titles), words),
        [*figures.state_definitions(), *figures.person_definitions()],
        gettext("Definitions"),
    )
    return sheets.file_answer(sheet, kind, f"matrix-{question.as_of}")


def _titles(question: Asked) -> dict[int, str]:
    """The requirements in force on the day: all of them, or the one that is asked for."""
    required = compliance.requirements(session(), question.as_of, settled=question.requirement != OVERALL)
    return {
        version.requirement_id: version.title
        for version, _ in required
        if question.requirement in (OVERALL, version.requirement_id)
    }


def _headings(question: Asked, endpoint: str, titles: Collection[str]) -> list[dict[str, Any]]:
    sortable = [("name", gettext("Name")), ("job", gettext("Job")), ("state", gettext("Overall"))]
    found = [{"label": label, **question.sorting(endpoint, name)} for name, label in sortable]
    return [*found, *({"label": title} for title in titles)]


def _lines(question: Asked, rows: Sequence[Found], tree: Tree, titles: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    stands = standings(session(), question.as_of, [row.person_id for row in rows], list(titles))
    for row in rows:
        yield {
            "url": person_url(row.person_id, question),
            "name": row.name,
            "number": row.number,
            "job": row.job,
            "department": tree.nodes[row.department_id].name
            if row.department_id in tree.nodes
            else figures.outside_words(),
            "state": row.state.name.lower(),
            "cells": [_cell(stands[row.person_id].get(id), question) for id in titles],
        }


def _cell(standing: Standing | None, question: Asked) -> dict[str, Any] | None:
    """What a cell says: the state, and the day that matters next: until when it is done, or by when it must be."""
    if standing is None:
        return None
    return {
        "state": standing.state.name.lower(),
        "until": standing.valid_until if standing.valid_until and standing.valid_until >= question.as_of else None,
        "due": standing.due,
    }


def _rows(
    question: Asked, departments: frozenset[int] | None, tree: Tree, requirements: list[int], words: Mapping[str, str]
) -> Iterator[Sequence[Value]]:
    everybody = people_behind.everybody(question, departments)
    while batch := list(islice(everybody, BATCH)):
        stands = standings(session(), question.as_of, [row.person_id for row in batch], requirements)
        for row in batch:
            held = [stands[row.person_id].get(id) for id in requirements]
            cells: list[Value] = []
            for standing in held:
                cells += ["", None] if standing is None else [words[standing.state.name.lower()], standing.due]
            yield [row.number, row.name, tree.path(row.department_id), row.job, *cells]
