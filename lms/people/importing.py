"""Rows of a staff file to rows that can be used, and every fault with line, column, value and remedy. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

from lms.clock import FOR_EVER
from lms.errors import N_, Invalid, Message, Problem
from lms.people import headings
from lms.people.csv_text import Unusable, parse_day
from lms.people.folding import folded_person
from lms.people.kinds import EmploymentKind
from lms.people.mapping import AS_USUAL, Reading
from lms.people.vocabulary import BY_DEPTH, KINDS, LANGUAGES, NO, YES

T = TypeVar("T")

PROBLEMS_KEPT = 5000
"""So many faults are listed one by one; beyond that only their number is."""

LETTERS_KEPT = 60
"""So many letters beyond A to Z are shown, each in the first name that holds it."""

LONGEST = 200
"""Characters in a cell; nothing that belongs here is longer, and nothing is cut off in silence."""

PATH_COLUMNS = ("facility", "division", "department_name", "unit")

_EMAIL = re.compile(r"^[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]{2,}$")
_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")


@dataclass(frozen=True, slots=True)
class Options:
    """What is declared about a file. ``as_of`` is the day it speaks of; ``dates`` is iso, us, eu or None (only ISO then);
    ``encoding`` None: found out; ``partial``: it does not list everybody, so nobody ends by being absent; ``reading``: how the files
    of this source are read; ``good_rows``: lines with a fault are set aside, and the rest is taken in."""

    source: str
    as_of: date
    dates: str | None = None
    encoding: str | None = None
    partial: bool = False
    reading: Reading = AS_USUAL
    good_rows: bool = False


class Row(NamedTuple):
    """One usable row of the staff file, in the order of the staging table. Days are ISO texts.

    None: the file does not say (the column is missing, or its cell is empty where an empty cell says nothing).
    """

    line: int
    number: str
    given_name: str
    family_name: str
    email: str | None
    kind: str | None
    department_id: int
    job: str | None
    profession: str | None
    patient_contact: bool | None
    supervisor: str | None
    hire: str | None
    to_day: str | None
    language: str | None
    zone: str | None
    also: str | None
    folded: str


@dataclass
class Places:
    """Departments as the import knows them: code -> id (negative: this import brings it), and what path columns add."""

    ids: dict[str, int]
    by_path: dict[tuple[str, ...], int] = field(default_factory=dict)
    added: list[tuple[int, str, str, str, int | None]] = field(default_factory=list)
    """(provisional id, code, name, kind, parent id) of departments that only the path columns name."""

    def along(self, names: list[str], code: str) -> int:
        """The department at the end of a path of names, adding what is missing; the last one takes ``code`` if there is one."""
        parent: int | None = None
        path: tuple[str, ...] = ()
        for depth, name in enumerate(names):
            path = (*path, name.casefold())
            last = depth == len(names) - 1
            known = self.ids.get(code) if last and code else self.by_path.get(path)
            if known is None:
                known = -1 - len(self.added) - 1_000_000
                own = code if last and code else self._code(path)
                self.added.append((known, own, name, BY_DEPTH[min(depth, 3)].value, parent))
                self.ids[own] = known
            self.by_path[path] = parent = known
        assert parent is not None
        return parent

    def _code(self, path: tuple[str, ...]) -> str:
        wanted = "/".join(re.sub(r"[^\w]+", "-", name).strip("-") for name in path)
        return wanted if wanted not in self.ids else f"{wanted}-{len(self.added) + 2}"


class StaffReader:
    """Turns rows of cells into :class:`Row`; faults are collected in ``problems`` (and counted beyond ``PROBLEMS_KEPT``).

    ``letters``: each letter beyond A to Z with the (number, name) of the first person whose name holds it.
    """

    def __init__(
        self, heading: list[str], options: Options, places: Places, zones: frozenset[str], file: str = "staff"
    ) -> None:
        self.options, self.places, self.zones, self.file = options, places, zones, file
        self.columns, self.unused = options.reading.places(heading, headings.STAFF)
        self._words = options.reading.values
        self.width = len(heading)
        self.problems: list[Problem] = []
        self.faults = 0
        self.letters: dict[str, tuple[str, str]] = {}
        self._days: dict[str, date] = {}
        self._path = [name for name in PATH_COLUMNS if name in self.columns]
        self._require()

    def _require(self) -> None:
        lacking = [name for name in headings.REQUIRED["staff"] if name not in self.columns]
        if len(self._path) > 1 and "department_code" in lacking:
            lacking.remove("department_code")
        if "name" not in self.columns and not {"given_name", "family_name"} <= self.columns.keys():
            lacking.append("given_name, family_name")
        if lacking:
            faults = [
                Problem(
                    Message(N_("The heading has no column “%(column)s”."), {"column": name}),
                    Message(N_("Add the column, or name it as the import guide says.")),
                    file=self.file,
                    line=1,
                    where=name,
                )
                for name in lacking
            ]
            raise Invalid(N_("Columns are missing, so the file cannot be used. Nothing was changed."), faults)

    def fault(self, line: int, column: str, value: str, message: Message, remedy: Message) -> None:
        """Note one fault."""
        self.faults += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(Problem(message, remedy, self.file, line, column, value[:200]))

    def row(self, line: int, cells: list[str]) -> Row | None:
        """The row as it was understood, faults noted; None when its cells do not fit the heading or it has no number."""
        if len(cells) != self.width:
            if len(cells) > self.width and any(cell.strip() for cell in cells[self.width :]):
                self._bad(
                    line, "", str(len(cells)),
                    N_("This line has %(found)s cells, but the heading has %(wanted)s."),
                    N_("Put cells that hold a delimiter in quotation marks, or remove what is too much."),
                    found=len(cells), wanted=self.width,
                )  # fmt: skip
                return None
            cells = [*cells, *[""] * (self.width - len(cells))]
        if len(max(cells, key=len, default="")) > LONGEST:
            self._measure(line, cells)
        given, family = self._name(line, cells)
        number = self._required(line, cells, "number")
        if not (given.isascii() and family.isascii()):
            self._note_letters(number, f"{given} {family}".strip())
        department_id = self._department(line, cells)
        hire, to_day = self._days_of(line, cells)
        contact = self._cell(cells, "patient_contact")
        kind, email = self._cell(cells, "kind"), self._cell(cells, "email")
        language, zone = self._cell(cells, "language"), self._cell(cells, "time_zone")
        if zone and zone not in self.zones:
            self._bad(
                line, "time_zone", zone,
                N_("This time zone is not known."), N_("Write a name such as America/Chicago, or leave the cell empty."),
            )  # fmt: skip
        address = self._parsed(line, "email", email, parse_email) if email else None
        made = Row(
            line, number, given, family, address,
            self._parsed(line, "kind", kind, _kind) if kind else None,
            department_id or 0,
            self._cell(cells, "job"),
            self._cell(cells, "profession"),
            self._parsed(line, "patient_contact", contact, _flag) if contact else None,
            self._cell(cells, "supervisor_number"),
            hire, to_day,
            self._parsed(line, "language", language, parse_language) if language else None,
            zone or None,
            self._also(line, cells),
            folded_person(given, family, number, address),
        )  # fmt: skip
        return made if number else None

    # cells

    def _note_letters(self, number: str, name: str) -> None:
        for letter in name:
            if not letter.isascii() and letter not in self.letters and len(self.letters) < LETTERS_KEPT:
                self.letters[letter] = (number, name)

    def _measure(self, line: int, cells: list[str]) -> None:
        for column, place in self.columns.items():
            if len(cells[place].strip()) > LONGEST and column != "secondary_departments":
                self._bad(
                    line, column, cells[place].strip(), N_("This is longer than %(most)s characters."),
                    N_("Shorten it; also look for a quotation mark that is opened and not closed."), most=LONGEST,
                )  # fmt: skip

    def _cell(self, cells: list[str], column: str) -> str | None:
        place = self.columns.get(column)
        if place is None:
            return None
        text = cells[place]
        text = text if text.isascii() and text.isalnum() else " ".join(text.split())
        return self.options.reading.word(column, text) if column in self._words else text

    def number_in(self, cells: list[str]) -> str:
        """The employee number of a line, as far as it has one."""
        place = self.columns.get("number")
        return " ".join(cells[place].split())[:LONGEST] if place is not None and place < len(cells) else ""

    def _required(self, line: int, cells: list[str], column: str) -> str:
        text = self._cell(cells, column) or ""
        if not text:
            self._bad(line, column, "", N_("This cell is empty."), N_("Fill it in; everybody needs one."))
        return text[:200]

    def _name(self, line: int, cells: list[str]) -> tuple[str, str]:
        if "given_name" in self.columns and "family_name" in self.columns:
            given, family = self._cell(cells, "given_name") or "", self._cell(cells, "family_name") or ""
            column = "family_name"
        else:
            column = "name"
            whole = self._cell(cells, "name") or ""
            family, comma, given = (part.strip() for part in whole.partition(","))
            if not comma:
                given, _, family = whole.rpartition(" ")
        if not given and not family:
            self._bad(line, column, "", N_("The name is empty."), N_("Fill in the name."))
        return given, family

    def _department(self, line: int, cells: list[str]) -> int | None:
        code = self._cell(cells, "department_code") or ""
        found = self.places.ids.get(code)
        if found is not None:
            return found
        names = [text for name in self._path if (text := self._cell(cells, name))]
        if len(self._path) > 1 and names:
            return self.places.along(names, code)
        if not code:
            self._bad(line, "department_code", "", N_("This cell is empty."), N_("Fill it in; everybody needs one."))
        else:
            self._bad(
                line, "department_code", code, N_("There is no department with this code."),
                N_("Correct the code, or bring the department in with a departments file or on the departments page."),
            )  # fmt: skip
        return None

    def _also(self, line: int, cells: list[str]) -> str | None:
        text = self._cell(cells, "secondary_departments")
        if text is None:
            return None
        ids = []
        for code in filter(None, (part.strip() for part in re.split(r"[;|]", text))):
            if code in self.places.ids:
                ids.append(self.places.ids[code])
            else:
                self._bad(
                    line, "secondary_departments", code, N_("There is no department with this code."),
                    N_("Correct the code, or bring the department in with a departments file or on the departments page."),
                )  # fmt: skip
        return ",".join(str(one) for one in sorted(set(ids)))

    def _days_of(self, line: int, cells: list[str]) -> tuple[str | None, str | None]:
        hire = self._day(line, "hire_date", cells)
        last = self._day(line, "end_date", cells)
        if hire and last and hire > last:
            self._bad(
                line, "end_date", last.isoformat(), N_("The last day lies before the hire date %(hire)s."),
                N_("Correct one of the two dates."), hire=hire.isoformat(),
            )  # fmt: skip
        if last is not None:
            to_day: str | None = (last + timedelta(days=1)).isoformat()
        else:
            to_day = FOR_EVER.isoformat() if "end_date" in self.columns else None
        return hire.isoformat() if hire else None, to_day

    def _day(self, line: int, column: str, cells: list[str]) -> date | None:
        text = self._cell(cells, column)
        if not text:
            return None
        known = self._days.get(text)
        if known is not None:
            return known
        try:
            found = parse_day(text, self.options.dates)
        except Unusable as error:
            self.fault(line, column, text, error.message, error.remedy)
            return None
        if column == "end_date" and found.year >= 2199:
            return None  # “no end” as some systems write it
        if len(self._days) < 50_000:
            self._days[text] = found
        return found

    def _parsed(self, line: int, column: str, text: str, parse: Callable[[str], T]) -> T | None:
        try:
            return parse(text)
        except Unusable as error:
            self.fault(line, column, text, error.message, error.remedy)
            return None

    def _bad(self, line: int, column: str, value: str, message: str, remedy: str, **params: object) -> None:
        self.fault(line, column, value, Message(message, params), Message(remedy, params))


def _flag(text: str) -> bool:
    folded = text.casefold()
    if folded in YES:
        return True
    if folded in NO:
        return False
    raise Unusable(N_("This is neither yes nor no."), N_("Write yes or no."))


def _kind(text: str) -> str:
    found = KINDS.get(headings.folded(text))
    if found is None:
        raise Unusable(
            N_("This kind of worker is not known."), N_("Use one of: %(options)s."), options=", ".join(EmploymentKind)
        )
    return found


def parse_email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.match(text):
        raise Unusable(N_("This is not an e-mail address."), N_("Correct it, or leave the cell empty."))
    return text.lower()


def parse_language(text: str) -> str:
    if (named := LANGUAGES.get(text.casefold())) is not None:
        return named
    if not _LANGUAGE.match(text):
        raise Unusable(N_("This is not a language."), N_("Write a code such as en, es or zh-Hans."))
    return text
