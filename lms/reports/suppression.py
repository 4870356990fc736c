"""Small cells: what is about fewer than eleven people is not shown, and no total gives it away. Pure.

A count from 1 to 10 is suppressed; nobody (0) is not a cell of people. A rate is suppressed when fewer than eleven people are in
its denominator, and rounded to whole per cent where a count that it is made of is suppressed. A department that concerns
fewer than eleven people is suppressed whole. What stands alone in a row or column could be worked out from the total, so
the next smallest goes with it until at least two, of together eleven people, are missing (the usual rule of
primary and complementary cell suppression, as for CMS data, with the same threshold).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lms.reports.rollup import STATES, Figures, Row

Place = TypeVar("Place", int, str)

LIMIT = 11
"""The smallest number of people that is shown."""

COLUMNS = ("required", *STATES, "due_soon")


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as it may be shown: None for every suppressed figure. ``rounded``: the rate is in whole per cent."""

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
    """A rate as it may be shown; in whole per cent where ``coarse``, and then never 0 % or 100 % unless it is exactly that."""
    if rate is None or figures.denominator < LIMIT:
        return None
    if not coarse or rate in (0.0, 1.0):
        return rate
    return min(max(round(rate, 2), 0.01), 0.99)


def whole(row: Row) -> Shown:
    """A row that adds up everybody: shown unless it is itself about fewer than eleven people."""
    if small(row.figures.required):
        return _shown(row, set(COLUMNS))
    return _shown(row, set())


def suppress(rows: Sequence[Row]) -> list[Shown]:
    """Rows that add up to a total which is shown, as they may be shown themselves."""
    hidden = _hidden_rows(rows)
    gone = [set(COLUMNS) if place in hidden else _small_cells(row.figures) for place, row in enumerate(rows)]
    before = -1
    while (now := sum(map(len, gone))) != before:
        before = now
        for place, row in enumerate(rows):
            if place not in hidden:
                _cover(row.figures, gone[place], ("in_grace", "overdue"), together=False)
                _cover(row.figures, gone[place], STATES)
        for name in COLUMNS[1:]:
            _cover_column(rows, gone, name)
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


def _cover(figures: Figures, gone: set[str], names: Iterable[str], *, together: bool = True) -> None:
    people = {name: getattr(figures, name) for name in names}
    mine = gone & people.keys()
    _cover_places(people, mine, together=together)
    gone |= mine


def _cover_column(rows: Sequence[Row], gone: list[set[str]], name: str) -> None:
    people = {place: getattr(row.figures, name) for place, row in enumerate(rows)}
    mine = {place for place, cells in enumerate(gone) if name in cells}
    _cover_places(people, mine)
    for place in mine:
        gone[place].add(name)


def _cover_places(people: Mapping[Place, int], gone: set[Place], *, together: bool = True) -> None:
    """Add to ``gone`` the smallest other cells until two are missing and, where ``together``, of at least eleven people."""
    while gone and (len(gone) < 2 or (together and sum(people[place] for place in gone) < LIMIT)):
        left = [place for place, number in people.items() if place not in gone and number]
        if not left:
            return
        gone.add(min(left, key=lambda place: people[place]))


def _shown(row: Row, gone: set[str]) -> Shown:
    counts = {name: None if name in gone else int(getattr(row.figures, name)) for name in COLUMNS}
    coarse = bool(gone & {"compliant", "in_grace", "overdue"})
    rate = None if "required" in gone else safe_rate(row.figures, row.rate, coarse=coarse)
    return Shown(row.department_id, row.code, row.name, row.path, counts, rate, coarse and rate is not None)
