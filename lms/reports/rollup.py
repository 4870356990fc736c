"""Adding up: counts of single departments and the tree of the same day become rows, each person counted once. Pure.

A person's span carries one primary department, so the counts of departments may be added without counting anybody twice.
Columns are those of ``docs/compliance.md``: required = compliant + in grace + overdue + open + upcoming + on leave + exempt,
exactly; compliant includes those whose renewal is open; due soon is an of-which.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Protocol

from lms.compliance.rows import DUE_SOON, OVERALL
from lms.compliance.spans import State
from lms.people.tree import SEPARATOR, Node, Tree

STATES = ("compliant", "in_grace", "overdue", "open", "upcoming", "on_leave", "exempt")
"""The columns that add up to *required*, in the order in which they are shown."""

COLUMN_OF = {
    State.COMPLIANT: "compliant",
    State.RENEWAL_OPEN: "compliant",
    State.IN_GRACE: "in_grace",
    State.OVERDUE: "overdue",
    State.OPEN: "open",
    State.UPCOMING: "upcoming",
    State.ON_LEAVE: "on_leave",
    State.EXEMPT: "exempt",
    DUE_SOON: "due_soon",
}
"""The column in which a state code counts."""

OUTSIDE = -1
"""The department id of a row for people whose department is not in the tree of the day, so that totals stay whole."""


class Counted(Protocol):
    """People of one department (not of what is below it) in one state for one requirement; see ``compliance.queries.Cell``."""

    @property
    def requirement_id(self) -> int:
        """0 for the overall state."""

    @property
    def department_id(self) -> int:
        """Where the people have their primary membership."""

    @property
    def state(self) -> int:
        """A code of ``compliance.spans.State``, or ``DUE_SOON``."""

    @property
    def people(self) -> int:
        """How many."""


@dataclass(frozen=True, slots=True)
class Figures:
    """People by column. ``due_soon`` is contained in other columns and not added."""

    compliant: int = 0
    in_grace: int = 0
    overdue: int = 0
    open: int = 0
    upcoming: int = 0
    on_leave: int = 0
    exempt: int = 0
    due_soon: int = 0

    @property
    def required(self) -> int:
        """Everybody whom the requirement concerns."""
        return sum(getattr(self, name) for name in STATES)

    @property
    def late(self) -> int:
        """People in grace or overdue."""
        return self.in_grace + self.overdue

    @property
    def denominator(self) -> int:
        """People whose duty has fallen due or been met: whom the rate is about."""
        return self.compliant + self.late

    def rate(self, grace_is_compliant: bool = False) -> float | None:
        """Compliant people as a share, 0 to 1, of :attr:`denominator`; None when that is nobody."""
        if not self.denominator:
            return None
        return (self.compliant + (self.in_grace if grace_is_compliant else 0)) / self.denominator

    def __add__(self, other: Figures) -> Figures:
        """Both together."""
        return Figures(*(getattr(self, name) + getattr(other, name) for name in FIELDS))


FIELDS = tuple(field.name for field in fields(Figures))
NOBODY = Figures()


@dataclass(frozen=True, slots=True)
class Row:
    """A department with everything below it, for one requirement (``requirement_id`` 0: overall).

    ``department_id`` None is the total. ``level`` counts from 1; ``path`` holds the names from the top down. ``also_here`` counts
    people of other departments who work here too; they are not in the figures.
    """

    department_id: int | None
    code: str
    name: str
    path: str
    level: int
    requirement_id: int
    figures: Figures
    rate: float | None
    also_here: int = 0


def by_department(cells: Iterable[Counted]) -> dict[int, dict[int, Figures]]:
    """requirement id -> department id -> figures of that department alone."""
    counts: dict[tuple[int, int], dict[str, int]] = {}
    for cell in cells:
        columns = counts.setdefault((cell.requirement_id, cell.department_id), {})
        name = COLUMN_OF[cell.state]
        columns[name] = columns.get(name, 0) + cell.people
    found: dict[int, dict[int, Figures]] = {}
    for (requirement_id, department_id), columns in counts.items():
        found.setdefault(requirement_id, {})[department_id] = Figures(**columns)
    return found


def total(alone: Mapping[int, Figures]) -> Figures:
    """Everybody, each once."""
    return sum(alone.values(), NOBODY)


def subtrees(tree: Tree, alone: Mapping[int, Figures]) -> dict[int, Figures]:
    """Figures of every department with what is below it on the day of the tree; what hangs nowhere stands under ``OUTSIDE``."""
    found: dict[int, Figures] = {}
    for department_id, figures in alone.items():
        line = [node.id for node in tree.ancestors(department_id)] or [OUTSIDE]
        for above in line:
            found[above] = found.get(above, NOBODY) + figures
    return found


def rows(
    tree: Tree,
    alone: Mapping[int, Figures],
    requirement_id: int = OVERALL,
    *,
    roots: Collection[int] | None = None,
    outside: str = "",
    grace_is_compliant: bool = False,
    also_here: Mapping[int, int] | None = None,
) -> list[Row]:
    """One row for each department below ``roots`` (None: all), parents before children; departments without anybody as well.

    ``outside`` names the row of people whose department is not in the tree of the day; it is left out where there is nobody.
    """
    sums = subtrees(tree, alone)
    beside = also_here or {}
    found: list[Row] = []
    for level, node in tree.walk(None if roots is None else tops(tree, roots)):
        figures = sums.get(node.id, NOBODY)
        rate = figures.rate(grace_is_compliant)
        path = tree.path(node.id)
        found.append(
            Row(node.id, node.code, node.name, path, level + 1, requirement_id, figures, rate, beside.get(node.id, 0))
        )
    if OUTSIDE in sums and roots is None:
        figures = sums[OUTSIDE]
        found.append(Row(OUTSIDE, "", outside, outside, 1, requirement_id, figures, figures.rate(grace_is_compliant)))
    return found


def tops(tree: Tree, departments: Collection[int]) -> list[int]:
    """Those of the departments that hang below no other of them, in the order of the tree."""
    chosen = set(departments)
    return [
        node.id
        for _, node in tree.walk()
        if node.id in chosen and not any(above.id in chosen for above in tree.ancestors(node.id)[:-1])
    ]


def total_row(
    name: str, alone: Mapping[int, Figures], requirement_id: int = OVERALL, *, grace_is_compliant: bool = False
) -> Row:
    """The row of everybody."""
    figures = total(alone)
    return Row(None, "", name, name, 1, requirement_id, figures, figures.rate(grace_is_compliant))


def division_of(tree: Tree, department_id: int) -> Node | None:
    """The division a department belongs to; the facility when it hangs directly below that; None when it hangs nowhere."""
    line = tree.ancestors(department_id)
    return next((node for node in reversed(line) if node.kind == "division"), line[0] if line else None)


def divisions(
    tree: Tree, alone: Mapping[int, Figures], *, outside: str = "", grace_is_compliant: bool = False
) -> list[Row]:
    """One row for each division, and for each facility that has people outside its divisions, by path; they add up to the total."""
    sums: dict[int, Figures] = {}
    for department_id, figures in alone.items():
        node = division_of(tree, department_id)
        place = node.id if node else OUTSIDE
        sums[place] = sums.get(place, NOBODY) + figures
    found = []
    for place, figures in sums.items():
        if not figures.required:
            continue
        node = tree.nodes.get(place)
        name, path = (node.name, tree.path(place)) if node else (outside, outside)
        code = node.code if node else ""
        found.append(Row(place, code, name, path, 1, OVERALL, figures, figures.rate(grace_is_compliant)))
    return sorted(found, key=lambda row: (row.department_id == OUTSIDE, row.path.casefold().split(SEPARATOR)))


class Beside(Protocol):
    """People who hold a secondary membership in a department and a primary one in another."""

    @property
    def department_id(self) -> int:
        """Where they are also."""

    @property
    def home_id(self) -> int:
        """Where they are counted."""

    @property
    def people(self) -> int:
        """How many."""


def also_here(tree: Tree, beside: Iterable[Beside]) -> dict[int, int]:
    """department id -> people who work somewhere in its subtree, but are counted outside it."""
    found: dict[int, int] = {}
    for entry in beside:
        home = {node.id for node in tree.ancestors(entry.home_id)}
        for node in tree.ancestors(entry.department_id):
            if node.id not in home:
                found[node.id] = found.get(node.id, 0) + entry.people
    return found


def ordered(rows: Sequence[Row], column: str, descending: bool = False) -> list[Row]:
    """The same tree with siblings ordered by a column (``name``, ``rate``, ``required``, ``also_here`` or a state); no rate comes last."""

    def key(row: Row) -> tuple[bool, float | str]:
        if column == "name":
            return (row.department_id == OUTSIDE, row.name.casefold())
        if column == "rate":
            value = row.rate
            return (value is None, 0.0 if value is None else -value if descending else value)
        amount = row.also_here if column == "also_here" else getattr(row.figures, column)
        return (False, -amount if descending else amount)

    groups: list[list[Row]] = [[]]  # each row with everything below it
    top = min((row.level for row in rows), default=1)
    for row in rows:
        if row.level == top:
            groups.append([row])
        else:
            groups[-1].append(row)
    heads = sorted((group for group in groups if group), key=lambda group: key(group[0]))
    if column == "name" and descending:
        heads.reverse()
    return [row for head, *below in heads for row in (head, *ordered(below, column, descending))]


def narrowed(rows: Sequence[Row], term: str = "", column: str = "") -> list[Row]:
    """The rows whose name or code holds ``term`` and that have somebody in ``column``, with the rows above them."""
    folded = term.casefold()
    keep: set[int] = set()
    line: list[int] = []
    for place, row in enumerate(rows):
        line = [above for above in line if rows[above].level < row.level] + [place]
        matches = folded in row.name.casefold() or folded in row.code.casefold()
        if matches and (not column or getattr(row.figures, column)):
            keep.update(line)
    return [row for place, row in enumerate(rows) if place in keep]
