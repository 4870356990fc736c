"""Today: HR's first page. What waits for a decision, what changed, who is about to lapse; and the people behind each figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms.access import Permission, may, scope
from lms.accounts.queries import seen_before
from lms.clock import local_day
from lms.compliance import queries as compliance
from lms.people.queries import tree as tree_of
from lms.people.tree import Tree
from lms.reports import queries, today
from lms.reports.today import LISTS, MONTH, SOON, Behind
from lms.reports.waiting import Look, waiting
from lms.web import page as here
from lms.web.page import needs, now, organisation, session, viewer
from lms.web.reports import figures
from lms.web.reports.asked import asked, person_url
from lms.web.reports.waiting import work
from lms.web.words import gettext, ngettext

blueprint = Blueprint("today", __name__, url_prefix="/today")

PEOPLE = 50
"""People on one page of a list."""

DEPARTMENTS = 10
"""Departments in the table of lapses; the list of people holds everybody."""

LONGEST = 60
"""Days back that can be looked at; the audit log and the figures as of a day tell of earlier ones."""


@dataclass(frozen=True, slots=True)
class Since:
    """From which day on changes are shown: ``name`` is ``yesterday``, ``week`` or ``seen`` (since the viewer was last here)."""

    name: str
    first: date

    @property
    def moment(self) -> datetime:
        """When that day began."""
        return datetime.combine(self.first, time(), ZoneInfo(organisation().zone))


def _since() -> Since:
    name = request.args.get("since", "yesterday")
    day = here.today()
    if name == "week":
        return Since(name, day - timedelta(days=7))
    if name == "seen":
        last = seen_before(session(), viewer().account_id, current_user.token)
        if last is not None:
            return Since(name, max(local_day(last, organisation().zone), day - timedelta(days=LONGEST)))
    return Since("yesterday", day - timedelta(days=1))


def roots() -> frozenset[int] | None:
    """The departments for which the viewer may see this page; None means all."""
    return scope(viewer(), Permission.COMPLETION_VIEW)


@blueprint.get("")
@needs(Permission.COMPLETION_VIEW)
def index() -> ResponseReturnValue:
    """The day on one page."""
    day, since = here.today(), _since()
    tree = tree_of(session(), day)
    departments = queries.covered(tree, roots(), None)
    found = waiting(session(), Look(viewer(), day, now()))
    lapses = today.lapsing(session(), day, departments)
    everywhere = may(viewer(), Permission.PEOPLE_IMPORT)
    return render_template(
        "today/index.html",
        day=day,
        lede=_lede(sum(found.values())),
        work=work(found),
        tabs=_tabs(since),
        since=since.first,
        changes=_changes(today.changes(session(), since.first, day, departments, now()), since),
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


def _tabs(since: Since) -> list[dict[str, Any]]:
    names = {
        "yesterday": gettext("Since yesterday"),
        "week": gettext("In the last 7 days"),
        "seen": gettext("Since you were last here"),
    }
    return [
        {"label": label, "url": url_for("today.index", since=name), "current": name == since.name}
        for name, label in names.items()
    ]


def _changes(found: dict[str, int], since: Since) -> list[dict[str, Any]]:
    words = list_words()
    return [
        {
            "label": words[name],
            "value": figures.number(people),
            "url": url_for("today.people", what=name, since=since.name) if people else None,
            "tone": "late" if name == "overdue" and people else None,
        }
        for name, people in found.items()
    ]


def list_words() -> dict[str, str]:
    """What each list of people is called."""
    return {
        "joined": gettext("Joined"),
        "left": gettext("Left"),
        "moved": gettext("Moved"),
        "overdue": gettext("Newly overdue"),
        "compliant": gettext("Newly compliant"),
        "lapsing": gettext("About to lapse"),
        "undelivered": gettext("Mail could not be delivered"),
    }


def _lapse_columns() -> list[dict[str, Any]]:
    return [
        {"label": gettext("Department")},
        {"label": gettext("Next %(days)s days", days=SOON), "numeric": True},
        {"label": gettext("Next %(days)s days", days=MONTH), "numeric": True},
    ]


def _lapse(line: today.Lapse, tree: Tree) -> list[Any]:
    inside = line.department_id in tree.nodes
    name = tree.path(line.department_id) if inside else figures.outside_words()

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
    day, since = here.today(), _since()
    days = SOON if request.args.get("days") == str(SOON) else MONTH
    tree = tree_of(session(), day)
    department = request.args.get("department", type=int)
    departments = queries.covered(tree, roots(), department)
    if department is not None and departments is not None:
        departments = frozenset({department})  # a figure of the day is one of a single department
    page = min(max(request.args.get("page", 1, type=int) or 1, 1), 100_000)
    query = today.chosen(what, since.first, day, departments, days, now())
    found = today.behind(session(), query, page, PEOPLE)
    titles = {version.requirement_id: version.title for version, _ in compliance.requirements(session(), day)}
    question = asked(day)
    kept: dict[str, Any] = {
        "what": what,
        "since": since.name,
        "department": department,
        "days": days if what == "lapsing" else None,
    }
    return render_template(
        "today/people.html",
        title=list_words()[what],
        lede=_list_lede(what, since, days, tree.path(department) if department is not None else ""),
        lines=[_person(what, line, tree, titles, question) for line in found[:PEOPLE]],
        more=len(found) > PEOPLE,
        page=page,
        url_of=lambda number: url_for("today.people", page=number, **kept),
    )


def _list_lede(what: str, since: Since, days: int, place: str) -> str:
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
        said = gettext("Since %(day)s.", day=figures.long_day(since.first))
    return f"{place}: {said}" if place else said


def _person(what: str, line: Behind, tree: Tree, titles: dict[int, str], question: Any) -> dict[str, Any]:
    return {
        "name": line.name,
        "url": person_url(line.person_id, question),
        "number": line.number,
        "department": _place(line.department_id, tree),
        "job": line.job,
        "day": line.on_day - timedelta(days=1) if what == "left" else line.on_day,
        "said": _said(what, line, tree, titles),
    }


def _place(department_id: int | None, tree: Tree) -> str:
    node = None if department_id is None else tree.nodes.get(department_id)
    return node.name if node is not None else figures.outside_words()


def _said(what: str, line: Behind, tree: Tree, titles: dict[int, str]) -> str:
    kind, _, subject = line.because.partition(":")
    title = titles.get(int(subject), "") if kind == "requirement" else ""
    match what:
        case "joined":
            return gettext("First day of employment")
        case "left":
            return gettext("Last day of employment")
        case "moved":
            before = ", ".join(part for part in (_place(line.from_department_id, tree), line.from_job) if part)
            return gettext("Was in %(place)s before", place=before)
        case "undelivered":
            return gettext("Mail could not be delivered")
        case "compliant":
            return gettext("Nothing is late any more")
        case _ if line.due is not None:
            return gettext("%(requirement)s, due on %(day)s", requirement=title, day=figures.long_day(line.due))
        case _:
            return title
