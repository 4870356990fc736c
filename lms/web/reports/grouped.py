"""Completion by requirement, job or site: a table like that of the departments, as a page and as a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from lms.compliance import queries as compliance
from lms.reports import queries, rollup
from lms.reports.export import Column, Sheet, Value
from lms.reports.grouping import Group, Grouped, grouped
from lms.reports.rollup import OUTSIDE, Row
from lms.web.page import organisation, session
from lms.web.reports import figures, sheets
from lms.web.reports.asked import Asked
from lms.web.reports.figures import COUNTS, SHOWN
from lms.web.words import gettext

PEOPLE = "completion.people"
COUNTED = tuple(name for name in COUNTS if name != "also_here")


def group_tabs(asked: Asked, current: str) -> list[dict[str, Any]]:
    """What a row of the table may be about; ``current`` is a group, empty for departments."""
    tabs = [
        {"label": gettext("By department"), "url": asked.url("completion.index", sort="", q=""), "current": not current}
    ]
    words = {
        Group.REQUIREMENT: gettext("By requirement"),
        Group.JOB: gettext("By job"),
        Group.SITE: gettext("By site"),
    }
    for group, label in words.items():
        url = asked.url("completion.grouped_page", group=group.value, sort="", q="")
        tabs.append({"label": label, "url": url, "current": current == group})
    return tabs


def _found(question: Asked, roots: Collection[int] | None, group: Group) -> tuple[Grouped, list[Row]]:
    everything = roots is None and not question.wish.narrowed and question.department is None
    name = organisation().name if everything else gettext("Total")
    shown = grouped(session(), name, question.as_of, question.wish, roots, group)
    rows = [_named(row, group) for row in shown.rows]
    if question.q or question.state:
        rows = rollup.narrowed(rows, question.q, question.state)
    if question.sort:
        rows = rollup.ordered(rows, question.sort.removeprefix("-"), question.sort.startswith("-"))
    return shown, rows


def _named(row: Row, group: Group) -> Row:
    if row.name:
        return row
    name = gettext("No job on this day") if group is Group.JOB else gettext("Below no facility")
    return replace(row, name=name, path=name)


def grouped_page(question: Asked, roots: Collection[int] | None, group: Group) -> ResponseReturnValue:
    """The table of a group below ``roots`` (None: all).

    Raises:
        NotFound: the department is not there on the day, or the viewer may not see it.
    """
    shown, rows = _found(question, roots, group)
    here = "completion.grouped_page"
    at = {"group": group.value}
    jobs, professions = queries.jobs(session(), question.as_of)
    title = figures.requirement_title(shown.requirements, question.requirement)
    return render_template(
        "completion/grouped.html",
        asked=question,
        group=group.value,
        found=len(rows),
        lede=figures.lede(shown.total),
        note=figures.table_note(question, shown.tree, title),
        caption=_caption(group, title),
        groups=group_tabs(question, group),
        tabs=[] if group is Group.REQUIREMENT else figures.requirement_tabs(shown, question, here, **at),
        chips=figures.chips(question, here, shown.tree, **at),
        columns=_columns(question, here, group),
        rows=list(_lines([*rows, shown.total], question, shown, group)),
        departments=figures.department_choices(shown.tree, roots),
        jobs=figures.choices(jobs, gettext("All jobs")),
        professions=figures.choices(professions, gettext("All professions")),
        states=figures.state_choices(),
        definitions=_definitions(shown),
        status=compliance.rebuild_status(session()),
    ), 422 if question.problem else 200


def _caption(group: Group, title: str) -> str:
    if group is Group.REQUIREMENT:
        return gettext("By requirement")
    if group is Group.JOB:
        return gettext("%(requirement)s, by job", requirement=title)
    return gettext("%(requirement)s, by site", requirement=title)


def _first_column(group: Group) -> str:
    return {
        Group.REQUIREMENT: gettext("Requirement"),
        Group.JOB: gettext("Job"),
        Group.SITE: gettext("Site"),
    }[group]


def _columns(question: Asked, here: str, group: Group) -> list[dict[str, Any]]:
    words = figures.column_words()
    found: list[dict[str, Any]] = []
    for name in ("name", *SHOWN):
        first = "" if name in ("name", "rate") else "-"
        label = _first_column(group) if name == "name" else words[name]
        sorting = question.sorting(here, name, first=first, group=group.value)
        found.append({"label": label, "numeric": name != "name", **sorting})
    return found


def _lines(rows: Sequence[Row], question: Asked, shown: Grouped, group: Group) -> Iterator[list[Any]]:
    for row in rows:
        change = {} if row is shown.total else _narrowing(row, shown, group)
        cells: list[Any] = [row.name]
        rate: dict[str, Any] = {"rate": figures.careful(row.rate), "url": None}
        if change is not None and row.rate is not None:
            rate["url"] = question.url("completion.why_page", **{"state": "", "sort": "", "q": "", **change})
        cells.append(rate)
        for name in SHOWN[1:]:
            count = getattr(row.figures, name)
            if not count or change is None:
                cells.append(count)
                continue
            state = "" if name == "required" else name
            url = question.url(PEOPLE, **{"state": state, "sort": "", "q": "", **change})
            cells.append({"text": count, "url": url})
        yield cells


def _narrowing(row: Row, shown: Grouped, group: Group) -> dict[str, Any] | None:
    """What narrows a list to the people of a row; None where no list says exactly that."""
    if group is Group.REQUIREMENT:
        return {"requirement": row.requirement_id}
    if row.department_id == OUTSIDE:
        return None
    if group is Group.JOB:
        return {"job": row.name}
    whole = shown.seen is None or (
        row.department_id is not None and shown.tree.subtree([row.department_id]) <= shown.seen
    )
    return {"department": row.department_id} if whole else None


def _definitions(shown: Grouped) -> list[tuple[str, str]]:
    return [pair for pair in figures.definitions(shown) if pair[0] != gettext("Also here")]


def group_sheet(question: Asked, roots: Collection[int] | None, group: Group) -> Sheet:
    """The same table as a file."""
    shown, rows = _found(question, roots, group)
    words = figures.column_words()
    title = figures.requirement_title(shown.requirements, question.requirement)
    codes = {version.requirement_id: code for version, code in shown.requirements}
    lines: list[Sequence[Value]] = [
        [codes.get(row.requirement_id, "") if group is Group.REQUIREMENT else row.code, row.name, row.rate]
        + [int(getattr(row.figures, name)) for name in COUNTED]
        for row in [*rows, shown.total]
    ]
    columns = [
        Column(gettext("Code"), width=16),
        Column(_first_column(group), width=44),
        Column(words["rate"], "share"),
        *(Column(words[name], "count") for name in COUNTED),
    ]
    if group is Group.JOB:
        columns, lines = columns[1:], [line[1:] for line in lines]
    return Sheet(
        gettext("Completion"),
        gettext("Completion as of %(day)s", day=figures.long_day(question.as_of)),
        figures.filter_words(question, shown.tree, gettext("All") if group is Group.REQUIREMENT else title),
        columns,
        lines,
        _definitions(shown),
        gettext("Definitions"),
        totals=1,
    )


def grouped_file(question: Asked, roots: Collection[int] | None, group: Group, kind: str) -> ResponseReturnValue:
    """The file; ``kind`` is csv or xlsx."""
    return sheets.file_answer(group_sheet(question, roots, group), kind, f"completion-by-{group}-{question.as_of}")
