"""Figures in words and cells: headings, filters as chips, tree rows, definitions, files. Shared by pages about completion."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import flask_babel
from flask import Response, stream_with_context

from lms.compliance.queries import Found
from lms.errors import Message
from lms.people.tree import Tree
from lms.reports import rollup
from lms.reports.export import Column, Sheet, Value, csv_lines, xlsx
from lms.reports.queries import Completion
from lms.reports.rollup import STATES, Row
from lms.web.asked import Asked
from lms.web.page import organisation, tell
from lms.web.words import gettext, ngettext

COUNTS = ("required", *STATES, "due_soon", "also_here")
SORTS = ("name", "rate", *COUNTS)
PEOPLE_SORTS = ("name", "number", "job", "state", "due")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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


def definitions(shown: Completion) -> list[tuple[str, str]]:
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
        (gettext("Compliant"), gettext("Done and valid; this includes those who may renew already.")),
        (gettext("In grace"), gettext("The due day has passed, the days of grace have not.")),
        (gettext("Overdue"), gettext("The due day and the days of grace have passed.")),
        (gettext("Open"), gettext("May be done, and is not due yet.")),
        (gettext("Upcoming"), gettext("Will be asked, but cannot be done yet.")),
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


SHOWN = ("rate", "required", *STATES, "due_soon")
"""The columns of the table on a page; who is also here stands beside the name."""


def headings(asked: Asked, endpoint: str) -> list[dict[str, Any]]:
    """The columns of the tree table."""
    words = column_words()
    found = [{"label": words["name"], **asked.sorting(endpoint, "name")}]
    for name in SHOWN:
        first = "" if name == "rate" else "-"
        found.append({"label": words[name], "numeric": True, **asked.sorting(endpoint, name, first=first)})
    return found


def tree_rows(rows: Iterable[Row], asked: Asked, endpoint: str, people: str) -> list[dict[str, Any]]:
    """Rows for the component ``tree_table``; a name narrows the page to the department, a number opens the people behind it."""
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
                "cells": [{"rate": careful(row.rate)}, *(_number(row, name, asked, people) for name in SHOWN[1:])],
            }
        )
    return found


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


def requirement_tabs(shown: Completion, asked: Asked, endpoint: str) -> list[dict[str, Any]]:
    """Overall, and one tab for each requirement in force."""
    tabs = [(0, gettext("Overall"))] + [(version.requirement_id, version.title) for version, _ in shown.requirements]
    return [
        {
            "label": label,
            "url": asked.url(endpoint, requirement=id, sort=asked.sort),
            "current": id == asked.requirement,
        }
        for id, label in tabs
    ]


def chips(asked: Asked, endpoint: str, tree: Tree) -> list[dict[str, Any]]:
    """The filters that are on, each with the address without it."""
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
    if asked.reports:
        found.append((gettext("My direct reports"), {"reports": False}))
    if asked.q:
        found.append((gettext("Search: %(term)s", term=asked.q), {"q": ""}))
    return [{"label": label, "url": asked.url(endpoint, **change), "on": True} for label, change in found]


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


def back_words(page: str) -> str:
    """The name of the page that a list of people belongs to."""
    return gettext("Completion") if page == "completion" else gettext("My team")


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


def summary(page: int, size: int, total: int) -> str:
    """Which part of a list is shown."""
    first, last = min((page - 1) * size + 1, total), min(page * size, total)
    return gettext("%(first)s to %(last)s of %(total)s", first=number(first), last=number(last), total=number(total))


def number(value: int) -> str:
    """A count as the reader writes it."""
    return str(flask_babel.format_decimal(value))


def people_heading(asked: Asked) -> str:
    """What a list of people is, as its title."""
    if not asked.state:
        return gettext("People as of %(day)s", day=long_day(asked.as_of))
    return gettext("%(state)s as of %(day)s", state=column_words()[asked.state], day=long_day(asked.as_of))


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
            "url": address(row.person_id, asked),
            "name": row.name,
            "number": row.number,
            "job": row.job,
            "department": tree.nodes[row.department_id].name if row.department_id in tree.nodes else outside_words(),
            "path": tree.path(row.department_id),
            "state": row.state.name.lower(),
            "due": row.due,
            "why": tell(reason),
        }
        for row, reason in zip(found, why, strict=True)
    ]


# --- files --------------------------------------------------------------------------------------------------------------


def departments_sheet(shown: Completion, rows: Sequence[Row], asked: Asked) -> Sheet:
    """The table of departments as a file."""
    words = column_words()
    title = requirement_title(shown.requirements, asked.requirement)
    columns = [
        Column(gettext("Code"), width=14),
        Column(words["name"], width=44),
        Column(gettext("Path"), width=60),
        Column(words["rate"], "share"),
        *(Column(words[name], "count") for name in COUNTS),
    ]
    lines: list[Sequence[Value]] = [
        [row.code, row.name, row.path, row.rate, *(_amount(row, name) for name in COUNTS)]
        for row in [*rows, shown.total]
    ]
    return Sheet(
        gettext("Completion"),
        gettext("Completion by department as of %(day)s", day=long_day(asked.as_of)),
        filter_words(asked, shown.tree, title),
        columns,
        lines,
        definitions(shown),
        gettext("Definitions"),
    )


def _amount(row: Row, name: str) -> int:
    return row.also_here if name == "also_here" else int(getattr(row.figures, name))


def people_sheet(
    found: Iterable[Found],
    tree: Tree,
    asked: Asked,
    requirement: str,
    said: Mapping[str, str],
    terms: Sequence[tuple[str, str]],
) -> Sheet:
    """The people behind a number as a file; ``said`` gives the word of each state."""
    columns = [
        Column(gettext("Number"), width=12),
        Column(gettext("Name"), width=28),
        Column(gettext("Department"), width=60),
        Column(gettext("Job"), width=28),
        Column(gettext("Profession"), width=14),
        Column(gettext("State"), width=16),
        Column(gettext("Due"), "day"),
        Column(gettext("Valid until"), "day"),
    ]
    lines = (
        [
            row.number, row.name, tree.path(row.department_id), row.job, row.profession, said[row.state.name.lower()],
            row.due, row.valid_until,
        ]
        for row in found
    )  # fmt: skip
    return Sheet(
        gettext("People"),
        gettext("People as of %(day)s", day=long_day(asked.as_of)),
        filter_words(asked, tree, requirement),
        columns,
        lines,
        terms,
        gettext("Definitions"),
    )


def state_words() -> dict[str, str]:
    """The word of each state of a person."""
    return column_words() | {"renewal_open": gettext("Renewal open")}


def file_answer(sheet: Sheet, kind: str, name: str) -> Response:
    """The file as an attachment: CSV is sent as it is read, XLSX when it is whole."""
    if kind == "xlsx":
        answer = Response(xlsx(sheet), mimetype=XLSX)
    else:
        lines = stream_with_context(line.encode() for line in csv_lines(sheet))  # it reads people while it is sent
        answer = Response(lines, mimetype="text/csv", content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer
