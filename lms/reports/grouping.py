"""Completion with one row for each requirement, job or site, instead of each department: the same people, states and rates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from lms.compliance import queries as compliance
from lms.compliance.by_job import JobCell, counts_by_job
from lms.compliance.models import OVERALL, RequirementVersion
from lms.people.queries import tree as tree_of
from lms.people.tree import Node, Tree
from lms.reports import rollup
from lms.reports.queries import Wish, covered, grace_is_compliant, people_of
from lms.reports.rollup import COLUMN_OF, NOBODY, OUTSIDE, Figures, Row


class Group(StrEnum):
    """What a row is about."""

    REQUIREMENT = "requirement"
    JOB = "job"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Grouped:
    """The rows, in order of their names, and everybody once in ``total``. ``seen``: the departments the figures are about (None: all).

    A row is named by ``requirement_id``, by ``name`` (a job; empty: none that day) or by ``department_id`` (a site;
    ``OUTSIDE``: below no facility). Rows of jobs and sites add up to the total; a person is in the row of each requirement they have.
    """

    tree: Tree
    seen: frozenset[int] | None
    rows: tuple[Row, ...]
    total: Row
    requirements: tuple[tuple[RequirementVersion, str], ...]
    grace_is_compliant: bool


def grouped(session: Session, name: str, day: date, wish: Wish, roots: Collection[int] | None, group: Group) -> Grouped:
    """Completion in rows of a group, in three statements. ``name`` is that of the total; ``roots`` as for ``queries.completion``.

    Sites and requirements of people who are not narrowed are added up from the tallies; jobs, and what is narrowed, read spans.

    Raises:
        NotFound: the department is not there on this day, the viewer may not see it.
    """
    tree = tree_of(session, day)
    seen = covered(tree, roots, wish.department_id)
    required = tuple(compliance.requirements(session, day))
    lenient = grace_is_compliant(required, wish.requirement_id)
    if group is Group.JOB:
        cells = counts_by_job(session, people_of(wish, day, seen))
        rows = _of_jobs(cells, wish.requirement_id, lenient)
        total = _total(name, rows, wish.requirement_id, lenient)
        return Grouped(tree, seen, tuple(rows), total, required, lenient)
    wanted = None if group is Group.REQUIREMENT else wish.requirement_id
    if wish.narrowed:
        found = compliance.filtered_counts(session, people_of(wish, day, seen), every=wanted is None)
    else:
        found = compliance.counts(session, day, requirement_id=wanted)
    alone = rollup.by_department(cell for cell in found if seen is None or cell.department_id in seen)
    if group is Group.REQUIREMENT:
        rows = [
            rollup.total_row(version.title, alone.get(id, {}), id, grace_is_compliant=grace_is_compliant(required, id))
            for version, _ in required
            for id in [version.requirement_id]
        ]
        overall = grace_is_compliant(required, OVERALL)
        total = rollup.total_row(name, alone.get(OVERALL, {}), OVERALL, grace_is_compliant=overall)
        return Grouped(tree, seen, tuple(rows), total, required, overall)
    figures = alone.get(wish.requirement_id, {})
    rows = _of_sites(tree, figures, wish.requirement_id, lenient)
    total = rollup.total_row(name, figures, wish.requirement_id, grace_is_compliant=lenient)
    return Grouped(tree, seen, tuple(rows), total, required, lenient)


def site_of(tree: Tree, department_id: int) -> Node | None:
    """The facility a department belongs to, the topmost where one hangs below another; None when it is below none."""
    return next((node for node in tree.ancestors(department_id) if node.kind == "facility"), None)


def _of_jobs(cells: Iterable[JobCell], requirement_id: int, lenient: bool) -> list[Row]:
    counts: dict[str, dict[str, int]] = {}
    for cell in cells:
        columns = counts.setdefault(cell.job, {})
        name = COLUMN_OF[cell.state]
        columns[name] = columns.get(name, 0) + cell.people
    rows = [(job, Figures(**columns)) for job, columns in counts.items()]
    return [
        Row(None if job else OUTSIDE, "", job, job, 1, requirement_id, figures, figures.rate(lenient))
        for job, figures in sorted(rows, key=lambda row: (not row[0], row[0].casefold()))
        if figures.required
    ]


def _of_sites(tree: Tree, alone: Mapping[int, Figures], requirement_id: int, lenient: bool) -> list[Row]:
    sums: dict[int, Figures] = {}
    for department_id, figures in alone.items():
        node = site_of(tree, department_id)
        place = node.id if node else OUTSIDE
        sums[place] = sums.get(place, NOBODY) + figures
    rows = []
    for place, figures in sums.items():
        node = tree.nodes.get(place)
        code, name = (node.code, node.name) if node else ("", "")
        path = tree.path(place) if node else ""
        rows.append(Row(place, code, name, path, 1, requirement_id, figures, figures.rate(lenient)))
    return sorted(rows, key=lambda row: (row.department_id == OUTSIDE, row.name.casefold()))


def _total(name: str, rows: Iterable[Row], requirement_id: int, lenient: bool) -> Row:
    figures = sum((row.figures for row in rows), NOBODY)
    return Row(None, "", name, name, 1, requirement_id, figures, figures.rate(lenient))
