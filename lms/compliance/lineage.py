"""Under which departments a department lay, stretch by stretch of days: so that a moved department changes no past day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

Stretch = tuple[date, date, frozenset[str]]
"""From day, to day (exclusive), the codes of the department and of all above it."""


@dataclass(frozen=True, slots=True)
class Hung:
    """A department hung below ``parent_id`` (None: at the top) on the days [from_day, to_day)."""

    department_id: int
    parent_id: int | None
    from_day: date
    to_day: date


class Lineage:
    """The whole history of the tree, from the codes of all departments and where they hung when."""

    def __init__(self, codes: Mapping[int, str], hung: Iterable[Hung]) -> None:
        self._codes = codes
        self._hung: dict[int, list[Hung]] = {}
        for entry in hung:
            self._hung.setdefault(entry.department_id, []).append(entry)
        self._known: dict[int, tuple[Stretch, ...]] = {}

    def stretches(self, department_id: int) -> tuple[Stretch, ...]:
        """The stretches of a department in order, without gaps from ``date.min`` to ``date.max``."""
        found = self._known.get(department_id)
        if found is None:
            found = self._known[department_id] = self._work_out(department_id, frozenset())
        return found

    def _work_out(self, department_id: int, below: frozenset[int]) -> tuple[Stretch, ...]:
        own = frozenset((self._codes[department_id],))
        raw: list[Stretch] = []
        reached = date.min
        for entry in sorted(self._hung.get(department_id, ()), key=lambda h: h.from_day):
            start = max(entry.from_day, reached)
            if start >= entry.to_day:
                continue
            if start > reached:
                raw.append((reached, start, own))
            if entry.parent_id is None or entry.parent_id in below or entry.parent_id == department_id:
                raw.append((start, entry.to_day, own))
            else:
                above = self._work_out(entry.parent_id, below | {department_id})
                raw += [
                    (max(start, first), min(entry.to_day, last), codes | own)
                    for first, last, codes in above
                    if first < entry.to_day and last > start
                ]
            reached = entry.to_day
        if reached < date.max:
            raw.append((reached, date.max, own))
        joined: list[Stretch] = []
        for first, last, codes in raw:
            if joined and joined[-1][2] == codes:
                joined[-1] = (joined[-1][0], last, codes)
            else:
                joined.append((first, last, codes))
        return tuple(joined)
