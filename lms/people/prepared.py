"""What an import would do, as a value: the report that is read before anything is changed, and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from lms.errors import Message, Problem
from lms.people.importing import PROBLEMS_KEPT, Options
from lms.people.plan import Verdict

SAMPLE = 100
"""So many people of each verdict are named in the report."""

BEGINNING = date(1900, 1, 1)
"""The first tree of departments holds from here on, so that people hired before the first import have a place."""

Progress = Callable[[str, int, int | None], None]
"""Told (phase, rows done, rows in all if known). Phases: reading, checking, deciding, writing."""


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody in the report: number, name, and what happens to them."""

    number: str
    name: str
    detail: Message | None = None


@dataclass(frozen=True, slots=True)
class PlannedDepartment:
    """A department that the import brings (negative id, or one that was closed) or changes from its day on."""

    id: int
    code: str
    name: str
    kind: str
    parent_id: int | None
    new: bool


@dataclass
class Prepared:
    """What an import would do. It can be applied on the same connection if there are no problems and the fuse holds."""

    options: Options
    encoding: str = ""
    declared: bool = False
    delimiter: str = ","
    columns: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    rows: int = 0
    counts: Counter[Verdict] = field(default_factory=Counter)
    named: dict[Verdict, list[Named]] = field(default_factory=dict)
    letters: dict[str, Named] = field(default_factory=dict)
    """Each letter beyond A to Z in a name, with the first who bears it: what a wrong encoding would spoil."""
    departments: list[PlannedDepartment] = field(default_factory=list)
    first_tree: bool = False
    problems: list[Problem] = field(default_factory=list)
    faults: int = 0
    warnings: list[Message] = field(default_factory=list)
    staff: int = 0
    fuse: float = 0.1
    seen: int = 0
    ends: list[int] = field(default_factory=list)
    """Those who may take files in and would end with this one: seldom what is meant by who does it."""
    digest: str = ""
    """The same for files that would write the same about the same people."""
    rehired: list[int] = field(default_factory=list)
    numbers: dict[int, str] = field(default_factory=dict)
    """The employee numbers of lines with a fault."""
    aside: list[Problem] = field(default_factory=list)
    """Faults of lines that are set aside, so that the rest can be taken in."""
    spares_missing: bool = False
    """A line that was set aside does not say whose it is, so nobody ends by being absent."""
    kept: list[Named] = field(default_factory=list)
    """About whom the file says otherwise in what HR owns: the first of them by name."""
    kept_count: int = 0
    new_ids: dict[int, int] = field(default_factory=dict)
    """Provisional ids of departments and their real ones, once they have some."""

    def fault(self, problem: Problem) -> None:
        """Note one fault; beyond ``PROBLEMS_KEPT`` they are only counted."""
        self.faults += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(problem)

    def set_aside(self, lines: Iterable[int]) -> None:
        """Faults of these lines of the staff file hold nothing back any more."""
        gone = set(lines)
        self.aside += [each for each in self.problems if each.file == "staff" and each.line in gone]
        self.problems = [each for each in self.problems if not (each.file == "staff" and each.line in gone)]
        self.faults = len(self.problems)

    @property
    def touched(self) -> int:
        """How many people would be new or different."""
        return sum(count for verdict, count in self.counts.items() if verdict is not Verdict.UNCHANGED)
