"""What a viewer sees of a kept comparison: its figures by department, the people who stand elsewhere, and both as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import flask_babel
from flask import request, url_for

from lms.access import Permission, scope
from lms.compliance import queries as compliance
from lms.compliance.comparing import queries as comparing
from lms.compliance.comparing.models import Comparison
from lms.compliance.comparing.queries import Moved, Stand, Wanted
from lms.compliance.models import OVERALL
from lms.people.queries import tree as tree_of
from lms.people.tree import Tree
from lms.reports import queries, rollup
from lms.reports.export import Column, Sheet, Value
from lms.reports.rollup import STATES, Row
from lms.web.page import organisation, session, tell, viewer
from lms.web.reports import figures
from lms.web.words import gettext


@dataclass(frozen=True, slots=True)
class Seen:
    """A comparison as one viewer sees it: the tree of its day, the departments that are theirs (None: all), the choice of the address."""

    kept: Comparison
    roots: frozenset[int] | None
    tree: Tree
    departments: frozenset[int] | None
    department: int | None
    requirement: int
    titles: dict[int, str]
    grace_is_compliant: frozenset[int]

    @property
    def wanted(self) -> Wanted:
        """The people whom the page is about."""
        return Wanted(self.kept.id, self.requirement, self.departments)

    @property
    def title(self) -> str:
        """What is compared."""
        return gettext("%(day)s, as known then and as known now", day=figures.long_day(self.kept.day))

    @property
    def file_name(self) -> str:
        """The beginning of the names of files."""
        return f"completion-{self.kept.day}-known-{self.kept.known_on}"

    def lenient(self, requirement_id: int) -> bool:
        """Whether grace counts as compliant for a requirement."""
        return requirement_id in self.grace_is_compliant

    def url(self, endpoint: str, **changes: Any) -> str:
        """The address of the same choice with changes."""
        chosen = {"requirement": self.requirement or None, "department": self.department} | changes
        return url_for(endpoint, comparison_id=self.kept.id, **chosen)


def seen(comparison_id: int) -> Seen:
    kept = comparing.comparison(session(), comparison_id)
    roots = scope(viewer(), Permission.COMPLETION_VIEW)
    tree = tree_of(session(), kept.day)
    department = request.args.get("department", None, type=int)
    departments = queries.covered(tree, roots, department)
    required = compliance.requirements(session(), kept.day)
    titles = {OVERALL: gettext("Overall")} | {version.requirement_id: version.title for version, _ in required}
    gone = [id for id in kept.changed_rules if id not in titles]
    if gone:
        others = {version.requirement_id: version.title for version, _ in compliance.not_in_force(session(), kept.day)}
        titles |= {id: others.get(id, gettext("not in force on this day")) for id in gone}
    requirement = request.args.get("requirement", OVERALL, type=int)
    lenient = frozenset(id for id in titles if queries.grace_is_compliant(required, id))
    return Seen(
        kept, roots, tree, departments, department, requirement if requirement in titles else OVERALL, titles, lenient
    )


# --- figures ----------------------------------------------------------------------------------------------------------


def rows(shown: Seen) -> tuple[list[Row], list[Row]]:
    """The rows of the tree then and now, the total last; rows in which nobody was required at either time are left out."""
    sides: list[list[Row]] = []
    for cells in comparing.cells(session(), shown.kept.id, shown.requirement):
        mine = [cell for cell in cells if shown.departments is None or cell.department_id in shown.departments]
        alone = rollup.by_department(mine).get(shown.requirement, {})
        heads = [shown.department] if shown.department is not None else shown.roots
        lenient = shown.lenient(shown.requirement)
        rows = rollup.rows(
            shown.tree,
            alone,
            shown.requirement,
            roots=heads,
            outside=figures.outside_words(),
            grace_is_compliant=lenient,
        )
        name = organisation().name if shown.departments is None else gettext("Total")
        sides.append([*rows, rollup.total_row(name, alone, shown.requirement, grace_is_compliant=lenient)])
    then, now = ({row.department_id: row for row in rows} for rows in sides)
    order = [*now, *(id for id in then if id not in now)]
    order = [*(id for id in order if id is not None), None]
    pairs_ = [(then.get(id) or _empty(now[id]), now.get(id) or _empty(then[id])) for id in order]
    kept = [both for both in pairs_ if both[0].department_id is None or any(row.figures.required for row in both)]
    return [both[0] for both in kept], [both[1] for both in kept]


def _empty(row: Row) -> Row:
    return Row(row.department_id, row.code, row.name, row.path, row.level, row.requirement_id, rollup.NOBODY, None)


def sides(then: Row, now: Row) -> list[dict[str, Any]]:
    """The figures of the total, then and now."""
    words = figures.column_words()
    rate = {"label": words["rate"], "then": figures.per_cent(then.rate), "now": figures.per_cent(now.rate)}
    counts = [(name, getattr(then.figures, name), getattr(now.figures, name)) for name in ("required", *STATES)]
    return [rate, *({"label": words[name], "then": a, "now": b, "change": b - a} for name, a, b in counts)]


SHOWN = ("required", "compliant", "overdue")
"""The counts that stand beside the rate in the table of departments; the file holds all."""


def headings(kept: Comparison) -> list[dict[str, Any]]:
    words = figures.column_words()
    found: list[dict[str, Any]] = [{"label": words["name"]}]
    for name in ("rate", *SHOWN):
        found.append({"label": gettext("%(figure)s, then", figure=words[name]), "numeric": True})
        found.append({"label": gettext("%(figure)s, now", figure=words[name]), "numeric": True})
    return found


def tree_row(shown: Seen, then: Row, now: Row) -> dict[str, Any]:
    cells: list[Any] = [{"rate": figures.careful(then.rate)}, {"rate": figures.careful(now.rate)}]
    for name in SHOWN:
        cells += [getattr(then.figures, name), getattr(now.figures, name)]
    own = now.department_id is not None and now.department_id != rollup.OUTSIDE
    url = shown.url("comparisons.people", department=now.department_id) if own else None
    return {"level": now.level, "label": now.name, "url": url, "total": now.department_id is None, "cells": cells}


# --- people -----------------------------------------------------------------------------------------------------------


def lines(found: Sequence[Moved], shown: Seen) -> Iterator[dict[str, Any]]:
    for person in found:
        for change in person.changes:
            yield {
                "name": person.name,
                "url": url_for(
                    "completion.known_page", as_of=shown.kept.day, known=shown.kept.known_on, person=person.person_id
                ),
                "requirement": shown.titles.get(change.requirement_id, gettext("not in force on this day")),
                "then": _told(change.then, shown.tree),
                "now": _told(change.now, shown.tree),
                "later": change.learnt,
            }


def _told(stand: Stand, tree: Tree) -> dict[str, Any]:
    state = "not_applicable" if stand.state is None else stand.state.name.lower()
    department = None if stand.department_id is None else _name(tree, stand.department_id)
    return {"state": state, "department": department, "due": stand.due}


def _file_rows(shown: Seen) -> Iterator[Sequence[Value]]:
    words = figures.state_words()
    for person in comparing.everybody_moved(session(), shown.kept, shown.wanted):
        for change in person.changes:
            sides: list[Value] = []
            for stand in (change.then, change.now):
                state = gettext("Does not apply") if stand.state is None else words[stand.state.name.lower()]
                where = "" if stand.department_id is None else _name(shown.tree, stand.department_id)
                sides += [state, where, stand.due]
            requirement = shown.titles.get(change.requirement_id, gettext("not in force on this day"))
            yield [person.number, person.name, requirement, *sides, " ".join(tell(each) for each in change.learnt)]


def _name(tree: Tree, department_id: int) -> str:
    return tree.nodes[department_id].name if department_id in tree.nodes else figures.outside_words()


def lede(moved: int, shown: Seen) -> str:
    about = "" if not shown.requirement else f" · {shown.titles[shown.requirement]}"
    if shown.department is not None:
        about = f" · {_name(shown.tree, shown.department)}{about}"
    stand = gettext(
        "%(changed)s people stand elsewhere, or are due on another day, by what is known now.",
        changed=figures.number(moved),
    )
    return f"{stand}{about}"


def _known_words(kept: Comparison) -> tuple[str, str]:
    """By what was known, in words."""
    return (
        gettext("as known on %(day)s", day=figures.long_day(kept.known_on)),
        gettext("as known on %(day)s", day=str(flask_babel.format_datetime(kept.asked_at, "medium"))),
    )


def _terms() -> list[tuple[str, str]]:
    return [
        (
            gettext("As known on a day"),
            gettext(
                "By everything that had been written down until the end of that day, in the organisation's time zone."
            ),
        ),
        *figures.state_definitions(),
        *figures.person_definitions(),
    ]


# --- files ------------------------------------------------------------------------------------------------------------


def departments_sheet(shown: Seen) -> Sheet:
    """Department × requirement × state, then and now, as a file."""
    then, now = comparing.cells(session(), shown.kept.id)
    known_then, known_now = _known_words(shown.kept)
    words = figures.column_words()
    counts = {at: rollup.by_department(cells) for at, cells in ((0, then), (1, now))}
    found: list[Sequence[Value]] = []
    for requirement_id, title in shown.titles.items():
        both = [counts[at].get(requirement_id, {}) for at in (0, 1)]
        for department_id in sorted({*both[0], *both[1]}, key=lambda id: shown.tree.path(id).casefold()):
            if shown.departments is not None and department_id not in shown.departments:
                continue
            alone = [each.get(department_id, rollup.NOBODY) for each in both]
            rates = [each.rate(shown.lenient(requirement_id)) for each in alone]
            numbers = [getattr(each, name) for name in ("required", *STATES) for each in alone]
            found.append([title, _name(shown.tree, department_id), shown.tree.path(department_id), *rates, *numbers])
    columns = [
        Column(gettext("Requirement"), width=36),
        Column(gettext("Department"), width=36),
        Column(gettext("Path"), width=60),
    ]
    for name in ("rate", "required", *STATES):
        kinds = "share" if name == "rate" else "count"
        columns += [Column(f"{words[name]}, {known}", kinds, 18) for known in (known_then, known_now)]
    return Sheet(
        gettext("Completion"), shown.title, [known_then, known_now], columns, found, _terms(), gettext("Definitions")
    )


def people_sheet(shown: Seen) -> Sheet:
    """Everybody who stands elsewhere, one line for each requirement, as a file."""
    known_then, known_now = _known_words(shown.kept)
    columns = [
        Column(gettext("Number"), width=12), Column(gettext("Name"), width=28), Column(gettext("Requirement"), width=36),
        Column(f"{gettext('State')}, {known_then}", width=18), Column(f"{gettext('Department')}, {known_then}", width=40),
        Column(f"{gettext('Due')}, {known_then}", "day"),
        Column(f"{gettext('State')}, {known_now}", width=18), Column(f"{gettext('Department')}, {known_now}", width=40),
        Column(f"{gettext('Due')}, {known_now}", "day"), Column(gettext("Learnt since"), width=60),
    ]  # fmt: skip
    return Sheet(
        gettext("People"), shown.title, [known_then, known_now], columns, _file_rows(shown), _terms(), gettext("Definitions"),
    )  # fmt: skip
