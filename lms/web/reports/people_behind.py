"""The people behind a number, as a page and as a file: one for HR and for managers, within what each may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from lms.access import Permission, may
from lms.compliance import queries as compliance
from lms.compliance.models import OVERALL
from lms.compliance.queries import Found
from lms.errors import Message
from lms.people.queries import tree as tree_of
from lms.people.tree import Tree
from lms.reports import queries
from lms.web.page import session, tell, viewer
from lms.web.people import reminding
from lms.web.reports import figures, sheets
from lms.web.reports.asked import Asked, person_url
from lms.web.reports.place import Place
from lms.web.words import gettext, ngettext

SORTS = ("name", "number", "job", "state", "due")
PEOPLE = 50
"""People on one page of a list."""


def people_page(question: Asked, place: Place, roots: Collection[int] | None, **more: Any) -> ResponseReturnValue:
    """One page of the people whom a question is about, below ``roots`` (None: all). ``more`` goes to the template.

    Raises:
        NotFound: the department is not there on the day, or the viewer may not see it.
    """
    tree = tree_of(session(), question.as_of)
    departments = queries.covered(tree, roots, question.department)
    required = compliance.requirements(session(), question.as_of)
    listed = behind(question, departments)
    pages = max(1, -(-listed.total // PEOPLE))
    if question.page > pages:
        question = replace(question, page=pages)
        listed = behind(question, departments)
    titles = {version.requirement_id: version.title for version, _ in required}
    title = figures.requirement_title(required, question.requirement)
    why = queries.reasons(session(), listed.rows, titles)
    lines = people_lines(listed.rows, why, tree, question, person_url)
    return render_template(
        place.people_template,
        asked=question,
        heading=people_heading(question),
        tabs=[
            {"label": label, "url": question.url(place.people, requirement=id), "current": id == question.requirement}
            for id, label in [(0, figures.requirement_title(required, 0)), *titles.items()]
        ],
        chips=figures.chips(question, place.people, tree),
        **with_reminders(people_headings(question, place.people), lines if place.reminding else (), question),
        people=lines,
        note=figures.table_note(question, tree, title),
        lede=people_lede(listed.total, title),
        total=listed.total,
        choosing=place.choosing and may(viewer(), Permission.EXEMPTION_EDIT),
        pages=pages,
        summary=summary(question.page, PEOPLE, listed.total),
        states=figures.state_choices(),
        url_of=lambda number: question.url(place.people, page=number),
        place=place,
        status=compliance.rebuild_status(session()),
        **more,
    ), 422 if question.problem else 200


def people_file(
    question: Asked, roots: Collection[int] | None, organisation: str, kind: str, name: str
) -> ResponseReturnValue:
    """The same people, all of them, as a CSV or XLSX file; ``name`` is that of the file without its ending."""
    if kind not in ("csv", "xlsx"):
        abort(404)
    shown = queries.completion(
        session(), organisation, question.as_of, replace(question.wish, department_id=None), roots
    )
    departments = queries.covered(shown.tree, roots, question.department)
    title = figures.requirement_title(shown.requirements, question.requirement)
    everyone = everybody(question, departments)
    overall = question.requirement == OVERALL
    words = figures.overall_definitions() if overall else figures.person_definitions(valid_until=True)
    sheet = sheets.people_sheet(
        everyone,
        shown.tree,
        question,
        title,
        figures.state_words(),
        [*figures.definitions(shown), *words],
    )
    return sheets.file_answer(sheet, kind, f"{name}-{question.as_of}")


def behind(question: Asked, departments: frozenset[int] | None, size: int = PEOPLE) -> compliance.Page:
    """The people whom a question is about, one page of them."""
    who = _wanted(question, departments)
    return compliance.people_in(session(), who, sort=question.sort or "name", page=question.page, size=size)


def everybody(question: Asked, departments: frozenset[int] | None) -> Iterator[Found]:
    """All people whom a question is about, read while they are taken."""
    return compliance.everyone_in(session(), _wanted(question, departments), sort=question.sort or "name")


def _wanted(question: Asked, departments: frozenset[int] | None) -> compliance.Who:
    states, soon = queries.states_of(question.state)
    everybody = queries.people_of(question.wish, question.as_of, departments)
    return replace(everybody, states=states, due_soon=soon, search=question.q)


def people_heading(asked: Asked) -> str:
    """What a list of people is, as its title."""
    if not asked.state:
        return gettext("People as of %(day)s", day=figures.long_day(asked.as_of))
    return gettext(
        "%(state)s as of %(day)s", state=figures.column_words()[asked.state], day=figures.long_day(asked.as_of)
    )


def people_lede(total: int, requirement: str) -> str:
    """How many there are, and for what."""
    people = ngettext("%(num)s person", "%(num)s people", total)
    return f"{people} · {requirement}"


def people_headings(asked: Asked, endpoint: str) -> list[dict[str, Any]]:
    """The columns of a list of people."""
    sortable = [("name", gettext("Name")), ("number", gettext("Number")), ("job", gettext("Job"))]
    found: list[dict[str, Any]] = [{"label": label, **asked.sorting(endpoint, name)} for name, label in sortable]
    found.append({"label": gettext("Department")})
    found += [
        {"label": label, **asked.sorting(endpoint, name, first=first)}
        for name, label, first in (("state", gettext("State"), "-"), ("due", gettext("Due"), ""))
    ]
    return [*found, {"label": gettext("Why")}]


def people_lines(
    found: Sequence[Found],
    why: Sequence[Message],
    tree: Tree,
    asked: Asked,
    address: Callable[[int, Asked], str | None],
) -> list[dict[str, Any]]:
    """One line for each person; ``address`` gives the page of a person."""
    return [
        {
            "id": row.person_id,
            "url": address(row.person_id, asked),
            "name": row.name,
            "number": row.number,
            "job": row.job,
            "department": tree.nodes[row.department_id].name
            if row.department_id in tree.nodes
            else figures.outside_words(),
            "path": tree.path(row.department_id),
            "state": row.state.name.lower(),
            "due": row.due,
            "why": tell(reason),
        }
        for row, reason in zip(found, why, strict=True)
    ]


def with_reminders(
    columns: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]], asked: Asked
) -> dict[str, Sequence[dict[str, Any]] | dict[int, dict[str, Any]]]:
    """What the template of a list with these lines takes so that people can be reminded there: its ``columns``, and the ``offers`` by
    person. On the list of another day than today nobody can."""
    offers = reminding.offered([line["id"] for line in lines]) if asked.as_of == asked.today else {}
    return {"columns": [*columns, {"label": gettext("Reminder")}] if offers else columns, "offers": offers}


def summary(page: int, size: int, total: int) -> str:
    """Which part of a list is shown."""
    first, last = min((page - 1) * size + 1, total), min(page * size, total)
    return gettext(
        "%(first)s to %(last)s of %(total)s",
        first=figures.number(first),
        last=figures.number(last),
        total=figures.number(total),
    )
