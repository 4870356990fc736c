"""Small cells: what is about fewer than eleven people is not shown, and nothing else gives it away. Pure.

A count from 1 to 10 is suppressed; nobody (0) is not a cell of people. A department that concerns fewer than eleven people is
suppressed whole. What stands alone in a row or column could be worked out from the total, so the next smallest goes with it
until at least two, of together eleven people, are missing; where there is no other number, a zero goes. Every suppressed cell is
then part of a ring of suppressed cells, so that no chain of subtractions leads to it. A rate is suppressed when fewer than eleven
people are in its denominator; where it would say what a suppressed count is, it is rounded until two numbers of people fit it,
or left out (primary and complementary cell suppression as for CMS data, with the same threshold; percentages included).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import TypeVar

from lms.reports.rollup import STATES, Figures, Row

Place = TypeVar("Place", int, str)

LIMIT = 11
"""The smallest number of people that is shown."""

COLUMNS = ("required", *STATES, "due_soon")
RING = ("required", *STATES)
"""The columns whose cells add up along a row as well."""
STEPS = (100, 20, 10)
"""A rate is rounded to whole, to five, or to ten per cent."""
FITTING = 2
"""So many numbers of people must fit a rounded rate."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as it may be shown: None for every suppressed figure. ``rounded``: the rate is rounded so that it tells no count."""

    department_id: int | None
    code: str
    name: str
    path: str
    counts: Mapping[str, int | None]
    rate: float | None
    rounded: bool = False

    @property
    def suppressed(self) -> tuple[str, ...]:
        """The columns that are suppressed."""
        return tuple(name for name in COLUMNS if self.counts[name] is None)

    @property
    def hidden(self) -> bool:
        """Whether the whole row is suppressed."""
        return self.counts["required"] is None


def small(people: int) -> bool:
    """Whether a count must not be shown."""
    return 0 < people < LIMIT


def count(people: int) -> int | None:
    """A count that stands alone, as it may be shown."""
    return None if small(people) else people


def safe_rate(figures: Figures, rate: float | None, *, coarse: bool = False) -> float | None:
    """A rate as it may be shown; where ``coarse``, rounded so far that two numbers of people or more fit it, or None.

    It is then never 0 % or 100 %: that would say that nobody, or everybody, is late.
    """
    if rate is None or figures.denominator < LIMIT:
        return None
    if not coarse:
        return rate
    people = figures.denominator
    for parts in STEPS:
        shown = _stepped(rate, parts)
        if sum(_stepped(some / people, parts) == shown for some in range(1, people)) >= FITTING:
            return shown
    return None


def _stepped(share: float, parts: int) -> float:
    return min(max(floor(share * parts + 0.5), 1), parts - 1) / parts


def telling(figures: Figures) -> bool:
    """Whether an exact rate would say a small number: few are late, or few compliant."""
    return any(small(number) for number in (figures.late, figures.compliant, figures.overdue, figures.in_grace))


def whole(row: Row) -> Shown:
    """A row that adds up everybody: shown unless it is itself about fewer than eleven people."""
    if small(row.figures.required):
        return _shown(row, set(COLUMNS))
    return _shown(row, set())


def part(row: Row) -> Shown:
    """A row that stands alone, of a part of the organisation: small cells are suppressed, and what would give them away in the row."""
    gone = set(COLUMNS) if small(row.figures.required) else _small_cells(row.figures)
    if "required" not in gone:
        _cover_row(row, gone)
    return _shown(row, gone)


def suppress(rows: Sequence[Row]) -> list[Shown]:
    """Rows that add up to a total which is shown, as they may be shown themselves."""
    hidden = _hidden_rows(rows)
    gone = [set(COLUMNS) if place in hidden else _small_cells(row.figures) for place, row in enumerate(rows)]
    before = -1
    while (now := sum(map(len, gone))) != before:
        before = now
        for place, row in enumerate(rows):
            if place not in hidden:
                _cover_row(row, gone[place])
        for name in COLUMNS[1:]:
            _cover_column(rows, gone, name)
        if now == sum(map(len, gone)):
            _close_a_ring(rows, gone, hidden)
    return [_shown(row, cells) for row, cells in zip(rows, gone, strict=True)]


def cover_list(people: Sequence[int]) -> list[int | None]:
    """Counts in a list whose sum is shown, as they may be shown."""
    gone = {place for place, number in enumerate(people) if small(number)}
    _cover_places(dict(enumerate(people)), gone)
    return [None if place in gone else number for place, number in enumerate(people)]


def _hidden_rows(rows: Sequence[Row]) -> set[int]:
    hidden = {place for place, row in enumerate(rows) if small(row.figures.required)}
    _cover_places({place: row.figures.required for place, row in enumerate(rows)}, hidden)
    return hidden


def _small_cells(figures: Figures) -> set[str]:
    return {name for name in (*STATES, "due_soon") if small(getattr(figures, name))}


def _cover_row(row: Row, gone: set[str]) -> None:
    _cover(row.figures, gone, ("in_grace", "overdue"), together=False)
    _cover(row.figures, gone, STATES)


def _cover(figures: Figures, gone: set[str], names: Iterable[str], *, together: bool = True) -> None:
    people = {name: getattr(figures, name) for name in names}
    mine = gone & people.keys()
    _cover_places(people, mine, together=together)
    gone |= mine


def _cover_column(rows: Sequence[Row], gone: list[set[str]], name: str) -> None:
    people = {place: getattr(row.figures, name) for place, row in enumerate(rows)}
    mine = {place for place, cells in enumerate(gone) if name in cells}
    _cover_places(people, mine)
    if len(mine) == 1 and len(rows) > 1:  # nobody else is in this column: a zero must stand in
        mine.add(max((place for place in people if place not in mine), key=lambda place: len(gone[place])))
    for place in mine:
        gone[place].add(name)


def _close_a_ring(rows: Sequence[Row], gone: list[set[str]], hidden: set[int]) -> None:
    """Suppress one more cell where a small one can be worked out by going from total to total.

    Rows and columns are the nodes of a graph and suppressed cells its edges: all totals being shown, a cell can be worked out
    exactly when it is the only way between two parts of the graph.
    """
    cells = [(place, name) for place, names in enumerate(gone) for name in names if name in RING]
    for place, name in cells:
        if not small(getattr(rows[place].figures, name)):
            continue
        part = _reached(place, [cell for cell in cells if cell != (place, name)])
        if name in part:
            continue
        across = [
            (number == 0, number, other, column)
            for other, row in enumerate(rows)
            for column in STATES
            if other not in hidden and column not in gone[other] and (other in part) != (column in part)
            for number in [getattr(row.figures, column)]
        ]
        if across:
            *_, other, column = min(across)
            gone[other].add(column)
            return


def _reached(start: int, cells: Sequence[tuple[int, str]]) -> set[int | str]:
    """The rows and columns that can be reached from a row through suppressed cells."""
    found: set[int | str] = {start}
    before = 0
    while len(found) != before:
        before = len(found)
        for row, column in cells:
            if row in found or column in found:
                found |= {row, column}
    return found


def _cover_places(people: Mapping[Place, int], gone: set[Place], *, together: bool = True) -> None:
    """Add to ``gone`` the smallest other cells until two are missing and, where ``together``, of at least eleven people."""
    while gone and (len(gone) < 2 or (together and sum(people[place] for place in gone) < LIMIT)):
        left = [place for place, number in people.items() if place not in gone and number]
        if not left:
            return
        gone.add(min(left, key=lambda place: people[place]))


def _shown(row: Row, gone: set[str]) -> Shown:
    counts = {name: None if name in gone else int(getattr(row.figures, name)) for name in COLUMNS}
    coarse = bool(gone & {"compliant", "in_grace", "overdue"}) and not _known(row, gone)
    if row.rate in (0.0, 1.0) and coarse:
        rate = None if gone & {"in_grace", "overdue", "required"} else safe_rate(row.figures, row.rate)
        return Shown(row.department_id, row.code, row.name, row.path, counts, rate)
    rate = None if "required" in gone else safe_rate(row.figures, row.rate, coarse=coarse)
    return Shown(row.department_id, row.code, row.name, row.path, counts, rate, coarse and rate is not None)


def _known(row: Row, gone: set[str]) -> bool:
    """Whether the rate follows from the counts that are shown, so that it says nothing new: both late columns are missing, no other."""
    return gone & set(RING) == {"in_grace", "overdue"} and row.rate == row.figures.rate()
