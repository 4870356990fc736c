"""Figures in words and cells: headings, filters as chips, tree rows, definitions. Shared by pages about completion."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

import flask_babel

from lms.compliance.assignments import PREFIX
from lms.people.tree import Tree
from lms.reports import queries, rollup
from lms.reports.grouping import Grouped
from lms.reports.queries import Completion
from lms.reports.rollup import STATES, Row
from lms.web.page import organisation, session
from lms.web.reports.asked import Asked
from lms.web.words import gettext, ngettext

COUNTS = ("required", *STATES, "due_soon", "also_here")
SORTS = ("name", "rate", *COUNTS)


def column_words() -> dict[str, str]:
    """The heading of each column in the reader's language."""
    return {
        "name": gettext("Department"),
        "rate": gettext("Rate"),
        "required": gettext("Required"),
        "compliant": gettext("Compliant"),
        "in_grace": gettext("In grace"),
        "overdue": gettext("Overdue"),
        "open": gettext("Open"),
        "upcoming": gettext("Upcoming"),
        "on_leave": gettext("On leave"),
        "exempt": gettext("Exempt"),
        "due_soon": gettext("Due soon"),
        "also_here": gettext("Also here"),
    }


def long_day(day: date) -> str:
    """A day written out."""
    return str(flask_babel.format_date(day, "long"))


def per_cent(rate: float | None) -> str:
    """A share in whole per cent; “–” for nobody. It says 100 % only of everybody, and 0 % only of nobody."""
    return "–" if rate is None else str(flask_babel.format_percent(careful(rate)))


def careful(rate: float | None) -> float | None:
    """A rate that still rounds to what is true: not to 100 % while somebody is missing."""
    return None if rate is None else rate if rate in (0.0, 1.0) else min(max(rate, 0.01), 0.99)


def definitions(shown: Completion | Grouped) -> list[tuple[str, str]]:
    """What the words of a table mean, and what the rate is a share of."""
    days = organisation().due_soon_days
    grace = (
        gettext("Grace days count as compliant here.")
        if shown.grace_is_compliant
        else gettext("Grace days count as late.")
    )
    return [
        (
            gettext("Rate"),
            gettext(
                "Compliant, divided by compliant, in grace and overdue together: of those whose duty has fallen due or been met."
            )
            + " "
            + grace
            + " "
            + gettext("“–” where that is nobody."),
        ),
        (
            gettext("Required"),
            gettext(
                "Everybody who is asked: compliant, in grace, overdue, open, upcoming, on leave and exempt together."
            ),
        ),
        *state_definitions(),
        (
            gettext("Due soon"),
            ngettext(
                "Due within %(num)s day; these people are counted in other columns.",
                "Due within %(num)s days; these people are counted in other columns.",
                days,
            ),
        ),
        (
            gettext("Also here"),
            gettext(
                "People who work here as well, but are counted in their main department. Everybody is counted once."
            ),
        ),
    ]


def state_definitions() -> list[tuple[str, str]]:
    """What the words of the states mean."""
    return [
        (gettext("Compliant"), gettext("Done and valid; this includes those who may renew already.")),
        (gettext("In grace"), gettext("The due day has passed, the days of grace have not.")),
        (gettext("Overdue"), gettext("The due day and the days of grace have passed.")),
        (gettext("Open"), gettext("May be done, and is not due yet.")),
        (gettext("Upcoming"), gettext("Will be asked, but cannot be done yet.")),
        (gettext("On leave"), gettext("Away on this day: the duty rests, and counts as neither done nor late.")),
        (gettext("Exempt"), gettext("Excused on this day, with a reason; counts as neither done nor late.")),
    ]


def person_definitions(*, valid_until: bool = False) -> list[tuple[str, str]]:
    """What the words about one person and a requirement mean, beside those of the states; ``valid_until``: the list says that, too."""
    return [
        (gettext("Renewal open"), gettext("Done and valid, and the next time may be done already.")),
        (gettext("Due"), gettext("The last day in time: of the next time, where the duty is met now.")),
        *(
            [(gettext("Valid until"), gettext("The last day on which what was done still counts."))]
            if valid_until
            else []
        ),
    ]


def overall_definitions() -> list[tuple[str, str]]:
    """The same for what is said of all requirements together."""
    return [
        (
            gettext("Due"),
            gettext("The next due day of any requirement; of who is late, the oldest one that was missed."),
        )
    ]


SHOWN = ("rate", "required", *STATES, "due_soon")
"""The columns of the table on a page; who is also here stands beside the name."""


def table(asked: Asked, seen: Collection[int] | None, name: str) -> tuple[Completion, list[Row]]:
    """The figures below ``seen`` (None: all), and the rows to be shown of them, in order; ``name`` is that of the total.

    Raises:
        NotFound: the department is not there on the day, or the viewer may not see it.
    """
    shown = queries.completion(session(), name, asked.as_of, asked.wish, seen, outside=outside_words())
    rows = rollup.narrowed(shown.rows, asked.q, asked.state) if asked.q or asked.state else list(shown.rows)
    if asked.sort:
        rows = rollup.ordered(rows, asked.sort.removeprefix("-"), asked.sort.startswith("-"))
    return shown, rows


def headings(asked: Asked, endpoint: str) -> list[dict[str, Any]]:
    """The columns of the tree table."""
    words = column_words()
    found = [{"label": words["name"], **asked.sorting(endpoint, "name")}]
    for name in SHOWN:
        first = "" if name == "rate" else "-"
        found.append({"label": words[name], "numeric": True, **asked.sorting(endpoint, name, first=first)})
    return found


def tree_rows(rows: Iterable[Row], asked: Asked, endpoint: str, people: str, why: str) -> list[dict[str, Any]]:
    """Rows for the component ``tree_table``; a name narrows the page to the department, a number opens the people behind it.

    A rate opens what it is made of, at the endpoint ``why``.
    """
    found = []
    for row in rows:
        outside = row.department_id == rollup.OUTSIDE
        found.append(
            {
                "level": row.level,
                "label": row.name,
                "url": None
                if row.department_id is None or outside
                else asked.url(endpoint, department=row.department_id),
                "total": row.department_id is None,
                "note": gettext("%(count)s also here", count=number(row.also_here)) if row.also_here else None,
                "cells": [_rate(row, asked, why), *(_number(row, name, asked, people) for name in SHOWN[1:])],
            }
        )
    return found


def _rate(row: Row, asked: Asked, why: str) -> dict[str, Any]:
    where = asked.department if row.department_id is None else row.department_id
    url = (
        None
        if row.rate is None or row.department_id == rollup.OUTSIDE
        else asked.url(why, department=where, state="", sort="", q="")
    )
    return {"rate": careful(row.rate), "url": url}


def _number(row: Row, name: str, asked: Asked, people: str) -> Any:
    count = getattr(row.figures, name)
    if not count or row.department_id == rollup.OUTSIDE:
        return count
    where = asked.department if row.department_id is None else row.department_id
    state = "" if name == "required" else name
    return {"text": count, "url": asked.url(people, department=where, state=state, sort="", q="")}


def lede(total: Row) -> str:
    """The answer of the page in one sentence."""
    figures = total.figures
    if not figures.required:
        return gettext("Nobody is asked for this on this day.")
    if total.rate is None:
        return ngettext(
            "%(num)s person is asked; nothing has fallen due yet.",
            "%(num)s people are asked; nothing has fallen due yet.",
            figures.required,
        )
    rate = gettext(
        "%(rate)s of %(people)s whose training has come due are compliant",
        rate=per_cent(total.rate),
        people=ngettext("%(num)s person", "%(num)s people", figures.denominator),
    )
    late = ngettext("%(num)s person is late", "%(num)s people are late", figures.late)
    soon = ngettext("%(num)s more falls due soon", "%(num)s more fall due soon", figures.due_soon)
    return gettext("%(rate)s; %(late)s, %(soon)s.", rate=rate, late=late, soon=soon)


def requirement_tabs(shown: Completion | Grouped, asked: Asked, endpoint: str, **route: Any) -> list[dict[str, Any]]:
    """Overall, and one tab for each requirement in force; of what is assigned by name, of which there may be hundreds, only the one that
    is looked at. ``route`` is what else the endpoint needs."""
    tabs = [(0, gettext("Overall"))] + [
        (version.requirement_id, version.title)
        for version, code in shown.requirements
        if not code.startswith(PREFIX) or version.requirement_id == asked.requirement
    ]
    return [
        {
            "label": label,
            "url": asked.url(endpoint, requirement=id, sort=asked.sort, **route),
            "current": id == asked.requirement,
        }
        for id, label in tabs
    ]


def chips(asked: Asked, endpoint: str, tree: Tree, **route: Any) -> list[dict[str, Any]]:
    """The filters that are on, each with the address without it; ``route`` is what else the endpoint needs."""
    words = column_words()
    found: list[tuple[str, dict[str, Any]]] = []
    if asked.department is not None:
        found.append((tree.path(asked.department), {"department": None}))
    if asked.job:
        found.append((gettext("Job: %(job)s", job=asked.job), {"job": ""}))
    if asked.profession:
        found.append((gettext("Profession: %(profession)s", profession=asked.profession), {"profession": ""}))
    if asked.state:
        found.append((words[asked.state], {"state": ""}))
    if asked.q:
        found.append((gettext("Search: %(term)s", term=asked.q), {"q": ""}))
    return [{"label": label, "url": asked.url(endpoint, **change, **route), "on": True} for label, change in found]


def filter_words(asked: Asked, tree: Tree, requirement: str) -> list[str]:
    """As of when and of whom, in sentences for files and paper."""
    words = column_words()
    parts = [gettext("Requirement: %(title)s", title=requirement)]
    if asked.department is not None:
        parts.append(gettext("Department: %(path)s", path=tree.path(asked.department)))
    if asked.job:
        parts.append(gettext("Job: %(job)s", job=asked.job))
    if asked.profession:
        parts.append(gettext("Profession: %(profession)s", profession=asked.profession))
    if asked.state:
        parts.append(gettext("State: %(state)s", state=words[asked.state]))
    if asked.reports:
        parts.append(gettext("My direct reports"))
    if asked.q:
        parts.append(gettext("Search: %(term)s", term=asked.q))
    return [gettext("As of %(day)s", day=long_day(asked.as_of)), "; ".join(parts)]


def table_note(asked: Asked, tree: Tree, requirement: str) -> str:
    """What stands under the heading of a table, on paper as well: as of when, of whom, and that numbers can be opened."""
    when, whom = filter_words(asked, tree, requirement)
    return f"{when}. {whom}."


def requirement_title(shown: Sequence[tuple[Any, str]], requirement_id: int) -> str:
    """The title of a requirement in force, or “Overall”."""
    titles = {version.requirement_id: version.title for version, _ in shown}
    return gettext("Overall") if not requirement_id else titles.get(requirement_id, gettext("not in force on this day"))


def outside_words() -> str:
    """The name of the row of people whose department does not exist on the day."""
    return gettext("No department on this day")


def department_choices(tree: Tree, roots: Collection[int] | None) -> list[tuple[str, str]]:
    """The departments that may be chosen, their levels shown."""
    heads = None if roots is None else rollup.tops(tree, roots)
    nodes = [(str(node.id), f"{'– ' * level}{node.name}") for level, node in tree.walk(heads)]
    return [("", gettext("All departments")), *nodes]


def choices(names: Sequence[str], everything: str) -> list[tuple[str, str]]:
    """Names to choose from; ``everything`` is the word for not choosing."""
    return [("", everything), *((name, name) for name in names)]


def state_choices() -> list[tuple[str, str]]:
    """The columns that a page can be narrowed to."""
    words = column_words()
    return [("", gettext("Any state")), *((name, words[name]) for name in (*STATES, "due_soon"))]


def number(value: int) -> str:
    """A count as the reader writes it."""
    return str(flask_babel.format_decimal(value))


def state_words() -> dict[str, str]:
    """The word of each state of a person."""
    return column_words() | {"renewal_open": gettext("Renewal open")}
