"""Files of licences, duties, leaves and birth months: each line to a fact about somebody, every fault with its place. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple

from lms.clock import FOR_EVER
from lms.errors import N_, AttuneError, Invalid, Message, Problem
from lms.people import headings, holdings
from lms.people.csv_text import Table, Unusable, parse_day
from lms.people.holdings import DAY, Tagged
from lms.people.importing import PROBLEMS_KEPT, Options
from lms.people.kinds import LeaveKind

RENEWED = frozenset({"renewal", "renewed", "renew", "r"})

HEADINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "licences": {
        "number": headings.STAFF["number"],
        "kind": ("kind", "licence type", "license type", "licence", "license", "credential", "certification", "certification name", "type"),
        "state": ("state", "licence state", "license state", "issuing state", "state of issue"),
        "licence_number": ("licence number", "license number", "licence no", "license no", "credential number", "certificate number"),
        "issued": ("issued", "issue date", "issued on", "date issued", "effective date", "original issue date", "from"),
        "expires": ("expires", "expiration date", "expiry date", "expires on", "valid until", "to", "until"),
        "renew_by": ("renew by", "renewal date", "renewal due", "renewal due date"),
        "every_months": ("every months", "renewal months", "renewal cycle months", "cycle months"),
        "basis": ("basis", "initial or renewal", "issue type"),
    },
    "duties": {
        "number": headings.STAFF["number"],
        "duty": ("duty", "duty tag", "tag", "assignment", "role"),
        "from_day": ("from", "first day", "start date", "from day", "effective date"),
        "last_day": ("until", "last day", "end date", "to"),
    },
    "leaves": {
        "number": headings.STAFF["number"],
        "from_day": ("from", "first day", "leave start", "leave start date", "start date", "from day"),
        "last_day": ("until", "last day", "leave end", "leave end date", "end date", "estimated return", "to"),
        "kind": ("kind", "effect", "effect on due days"),
        "reason": ("reason", "leave type", "absence type", "leave reason"),
    },
    "birth_months": {"number": headings.STAFF["number"], "month": ("month", "birth month", "month of birth")},
}  # fmt: skip
"""The columns of each kind of file, and the headings that are understood."""

REQUIRED = {
    "licences": ("number", "kind", "issued"),
    "duties": ("number", "duty", "from_day"),
    "leaves": ("number", "from_day"),
    "birth_months": ("number", "month"),
}

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


class Away(NamedTuple):
    """A leave, [from_day, to_day)."""

    kind: str
    reason: str
    from_day: date
    to_day: date
    id: int | None = None


class Month(NamedTuple):
    """A birth month."""

    month: int
    id: int | None = None


class Line(NamedTuple):
    """One usable line: where it stands, whom it is about, and what it says."""

    line: int
    number: str
    fact: Any


class FactReader:
    """Turns the rows of a file into :class:`Line`; faults are collected in ``problems``, whose they are in ``numbers``."""

    def __init__(self, table: Table, what: str, options: Options) -> None:
        self.table, self.what, self.options = table, what, options
        self.columns, self.unused = options.reading.places(table.heading, HEADINGS[what])
        self.problems: list[Problem] = []
        self.numbers: dict[int, str] = {}
        self.faults = self.rows = 0
        lacking = [name for name in REQUIRED[what] if name not in self.columns]
        if lacking:
            raise Invalid(
                N_("Columns are missing, so the file cannot be used. Nothing was changed."),
                [
                    Problem(
                        Message(N_("The heading has no column “%(column)s”."), {"column": name}),
                        Message(N_("Add the column, or name it as the import guide says.")), what, 1, name,
                    )
                    for name in lacking
                ],
            )  # fmt: skip

    def lines(self) -> Iterator[Line]:
        """The lines that can be used, in the order of the file."""
        make: Callable[[list[str]], Any] = {
            "licences": self._term, "duties": self._tagged, "leaves": self._away, "birth_months": self._month,
        }[self.what]  # fmt: skip
        for line, cells in self.table.rows():
            self.rows += 1
            cells = [*cells, *[""] * (len(self.table.heading) - len(cells))]
            number = self._cell(cells, "number")
            try:
                if not number:
                    raise _Wrong("number", Unusable(N_("This cell is empty."), N_("Fill it in; everybody needs one.")))
                yield Line(line, number, make(cells))
            except _Wrong as wrong:
                text = self._cell(cells, wrong.column) if wrong.column else ""
                self.fault(line, number, wrong.column, text, wrong.said.message, wrong.said.remedy)
            except AttuneError as error:
                self.fault(line, number, "", "", error.message, Message(N_("Correct this line.")))

    def fault(self, line: int, number: str, column: str, value: str, message: Message, remedy: Message) -> None:
        """Note one fault."""
        self.faults += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(Problem(message, remedy, self.what, line, column, value[:200]))
            self.numbers[line] = number[:200]

    # cells

    def _cell(self, cells: list[str], column: str) -> str:
        place = self.columns.get(column)
        text = " ".join(cells[place].split()) if place is not None else ""
        return self.options.reading.word(column, text)

    def _day(self, cells: list[str], column: str) -> date | None:
        text = self._cell(cells, column)
        if not text:
            return None
        try:
            found = parse_day(text, self.options.dates)
        except Unusable as error:
            raise _Wrong(column, error) from None
        return None if found.year >= 2199 and column in {"expires", "last_day"} else found

    def _must(self, cells: list[str], column: str) -> date:
        found = self._day(cells, column)
        if found is None:
            raise _Wrong(column, Unusable(N_("This cell is empty."), N_("Enter a day.")))
        return found

    def _term(self, cells: list[str]) -> Any:
        months = self._cell(cells, "every_months")
        if months and not months.isdigit():
            raise _Wrong("every_months", Unusable(N_("This is not a number of months."), N_("Write digits only.")))
        return holdings.term(
            self._cell(cells, "kind"), self._cell(cells, "state"), self._cell(cells, "licence_number"),
            self._must(cells, "issued"), self._day(cells, "expires"),
            renewal=self._cell(cells, "basis").casefold() in RENEWED, renew_by=self._day(cells, "renew_by"),
            every_months=int(months) if months else None,
        )  # fmt: skip

    def _tagged(self, cells: list[str]) -> Any:
        first, end = self._stretch(cells)
        return Tagged(holdings.tag(self._cell(cells, "duty")), first, end)

    def _away(self, cells: list[str]) -> Any:
        kind = self._cell(cells, "kind") or LeaveKind.STOPS.value
        if kind not in set(LeaveKind):
            options = {"options": ", ".join(LeaveKind)}
            raise _Wrong(
                "kind", Unusable(N_("There is no such kind of leave."), N_("Use one of: %(options)s."), **options)
            )
        first, end = self._stretch(cells)
        return Away(kind, self._cell(cells, "reason")[:500] or "–", first, end)

    def _stretch(self, cells: list[str]) -> tuple[date, date]:
        first, last = self._must(cells, "from_day"), self._day(cells, "last_day")
        if last is not None and last < first:
            raise _Wrong(
                "last_day", Unusable(N_("The last day lies before the first. Correct one of them."), N_("Correct this line."))
            )  # fmt: skip
        return first, FOR_EVER if last is None else last + DAY

    def _month(self, cells: list[str]) -> Any:
        text = self._cell(cells, "month").casefold()
        named = next((place for place, name in enumerate(MONTHS, 1) if len(text) > 2 and name.startswith(text)), 0)
        number = int(text) if text.isdigit() and len(text) < 3 else named
        if not 1 <= number <= 12:
            raise _Wrong(
                "month", Unusable(N_("This is no month."), N_("Write a number from 1 to 12. Leave out day and year."))
            )
        return Month(number)


class _Wrong(Exception):
    """A cell that cannot be used."""

    def __init__(self, column: str, said: Unusable) -> None:
        self.column, self.said = column, said
