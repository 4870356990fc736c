"""What changed since a day, as figures, and the people behind each: on HR's first page and on a manager's, for their departments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request, url_for
from flask_login import current_user
from sqlalchemy import Select, select

from lms.accounts.queries import seen_before
from lms.clock import local_day
from lms.compliance import queries as compliance
from lms.people.models import Person
from lms.people.tree import Tree
from lms.reports import today
from lms.reports.today import Behind
from lms.web import page as here
from lms.web.page import organisation, session, viewer
from lms.web.reports import figures
from lms.web.reports.asked import asked, person_url
from lms.web.words import gettext

PEOPLE = 50
"""People on one page of a list."""

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


def since_when() -> Since:
    """What the address asks for."""
    name = request.args.get("since", "yesterday")
    day = here.today()
    if name == "week":
        return Since(name, day - timedelta(days=7))
    if name == "seen":
        last = seen_before(session(), viewer().account_id, current_user.token)
        if last is not None:
            return Since(name, max(local_day(last, organisation().zone), day - timedelta(days=LONGEST)))
    return Since("yesterday", day - timedelta(days=1))


def tabs(since: Since, page: str, kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stretches of time that can be chosen; ``kept`` is the rest of the page's address."""
    names = {
        "yesterday": gettext("Since yesterday"),
        "week": gettext("In the last 7 days"),
        "seen": gettext("Since you were last here"),
    }
    return [
        {"label": label, "url": url_for(page, since=name, **kept), "current": name == since.name}
        for name, label in names.items()
    ]


def stats(found: Mapping[str, int], since: Since, people_page: str, kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The figures, each with the way to its people."""
    words = list_words()
    return [
        {
            "label": words[name],
            "value": figures.number(people),
            "url": url_for(people_page, what=name, since=since.name, **kept) if people else None,
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


@dataclass(frozen=True, slots=True)
class List:
    """A list of the people that ``query`` finds: its name in :func:`list_words`, the sentence above it, the page it belongs to (its
    words and address), the address of the list itself with what it must keep, and whose pages the viewer may open (None: everybody's)."""

    what: str
    query: Select[Any]
    lede: str
    home: tuple[str, str]
    endpoint: str
    kept: Mapping[str, Any]
    open_to: Select[int] | None = None


def people_page(chosen: List, tree: Tree, day: date) -> str:
    """One page of the people behind a figure."""
    page = min(max(request.args.get("page", 1, type=int) or 1, 1), 100_000)
    found = today.behind(session(), chosen.query, page, PEOPLE)
    open_to = _open_to(chosen, [line.person_id for line in found])
    titles = {version.requirement_id: version.title for version, _ in compliance.requirements(session(), day)}
    question = asked(day)
    return render_template(
        "today/people.html",
        title=list_words()[chosen.what],
        lede=chosen.lede,
        home=chosen.home,
        lines=[
            _person(chosen.what, line, tree, titles)
            | {"url": person_url(line.person_id, question) if line.person_id in open_to else None}
            for line in found[:PEOPLE]
        ],
        more=len(found) > PEOPLE,
        page=page,
        url_of=lambda number: url_for(chosen.endpoint, what=chosen.what, page=number, **chosen.kept),
    )


def _open_to(chosen: List, person_ids: Sequence[int]) -> Collection[int]:
    """Whose pages the viewer may open. One statement, unless it is everybody's."""
    if chosen.open_to is None:
        return person_ids
    query = select(Person.id).where(Person.id.in_(person_ids), Person.id.in_(chosen.open_to))
    return set(session().scalars(query))


def since_words(since: Since) -> str:
    """The sentence above a list of what changed."""
    return gettext("Since %(day)s.", day=figures.long_day(since.first))


def _person(what: str, line: Behind, tree: Tree, titles: dict[int, str]) -> dict[str, Any]:
    return {
        "name": line.name,
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
