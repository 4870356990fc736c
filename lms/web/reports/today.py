"""Today: HR's first page. What waits for a decision, what changed, who is about to lapse; and the people behind each figure."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.access import Permission, may, scope
from lms.compliance import queries as compliance
from lms.people.queries import tree as tree_of
from lms.people.tree import Tree
from lms.reports import queries, today
from lms.reports.today import LISTS, MONTH, SOON
from lms.reports.waiting import Look, waiting
from lms.web import page as here
from lms.web.page import needs, now, session, viewer
from lms.web.reports import changed, figures
from lms.web.reports.waiting import work
from lms.web.words import gettext, ngettext

blueprint = Blueprint("today", __name__, url_prefix="/today")

DEPARTMENTS = 10
"""Departments in the table of lapses; the list of people holds everybody."""


def roots() -> frozenset[int] | None:
    """The departments for which the viewer may see this page; None means all."""
    return scope(viewer(), Permission.COMPLETION_VIEW)


@blueprint.get("")
@needs(Permission.COMPLETION_VIEW)
def index() -> ResponseReturnValue:
    """The day on one page."""
    day, since = here.today(), changed.since_when()
    tree = tree_of(session(), day)
    departments = queries.covered(tree, roots(), None)
    found = waiting(session(), Look(viewer(), day, now()))
    lapses = today.lapsing(session(), day, departments)
    everywhere = may(viewer(), Permission.IMPORT_VIEW)
    return render_template(
        "today/index.html",
        day=day,
        lede=_lede(sum(found.values())),
        work=work(found),
        tabs=changed.tabs(since, "today.index", {}),
        since=since.first,
        changes=changed.stats(
            today.changes(session(), since.first, day, departments, now()), since, "today.people", {}
        ),
        imports=today.imports_since(session(), since.moment) if everywhere else [],
        rules=today.rules_since(session(), since.moment, since.first, day)
        if may(viewer(), Permission.REQUIREMENT_VIEW)
        else [],
        few=today.FEW,
        lapses=[_lapse(line, tree) for line in lapses[:DEPARTMENTS]],
        lapsing=(sum(line.soon for line in lapses), sum(line.month for line in lapses), len(lapses)),
        lapse_columns=_lapse_columns(),
        all_lapses=[url_for("today.people", what="lapsing", days=days) for days in (SOON, MONTH)],
        status=compliance.rebuild_status(session()),
    )


def _lede(waits: int) -> str:
    if not waits:
        return gettext("Nothing waits for your decision.")
    return ngettext("%(num)s thing waits for your decision.", "%(num)s things wait for your decision.", waits)


def _lapse_columns() -> list[dict[str, Any]]:
    return [
        {"label": gettext("Department")},
        {"label": gettext("Next %(days)s days", days=SOON), "numeric": True},
        {"label": gettext("Next %(days)s days", days=MONTH), "numeric": True},
    ]


def _lapse(line: today.Lapse, tree: Tree) -> list[Any]:
    inside = line.department_id in tree.nodes
    name = {"place": tree.path(line.department_id)} if inside else figures.outside_words()

    def cell(people: int, days: int) -> Any:
        if not people or not inside:
            return people
        return {
            "text": people,
            "url": url_for("today.people", what="lapsing", days=days, department=line.department_id),
        }

    return [name, cell(line.soon, SOON), cell(line.month, MONTH)]


@blueprint.get("/<what>")
@needs(Permission.COMPLETION_VIEW)
def people(what: str) -> ResponseReturnValue:
    """The people behind a figure of the day."""
    if what not in LISTS:
        abort(404)
    day, since = here.today(), changed.since_when()
    days = SOON if request.args.get("days") == str(SOON) else MONTH
    tree = tree_of(session(), day)
    department = request.args.get("department", type=int)
    departments = queries.covered(tree, roots(), department)
    if department is not None and departments is not None:
        departments = frozenset({department})  # a figure of the day is one of a single department
    kept = {"since": since.name, "department": department, "days": days if what == "lapsing" else None}
    shown = changed.List(
        what,
        today.chosen(what, since.first, day, departments, days, now()),
        _list_lede(what, since, days, tree.path(department) if department is not None else ""),
        (gettext("Today"), url_for("today.index")),
        "today.people",
        kept,
    )
    return changed.people_page(shown, tree, day)


def _list_lede(what: str, since: changed.Since, days: int, place: str) -> str:
    if what == "undelivered":
        return gettext(
            "In the last two weeks a mail could not be delivered, and none since. Correct the address on the person's page."
        )
    if what == "lapsing":
        said = ngettext(
            "Compliant today, and no longer within %(num)s day if nothing is done.",
            "Compliant today, and no longer within %(num)s days if nothing is done.",
            days,
        )
    else:
        said = changed.since_words(since)
    return f"{place}: {said}" if place else said
