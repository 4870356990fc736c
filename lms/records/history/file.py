"""A file of completions: each line to a claim that somebody completed something on a day, every fault with its place. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from lms.errors import N_, Invalid, Message, Problem
from lms.people import headings
from lms.people.csv_text import Cells, Table, Unusable, parse_day
from lms.people.mapping import Reading

HEADINGS: dict[str, tuple[str, ...]] = {
    "number": headings.STAFF["number"],
    "email": headings.STAFF["email"],
    "source": ("source", "source system", "hr system", "system of the number", "number source"),
    "course": (
        "course", "course code", "course name", "course title", "course id", "training", "training title", "training name", "activity",
        "activity name", "learning item", "item title", "item", "class", "module", "curriculum", "learning object", "title",
    ),
    "completed": (
        "completed", "completed on", "completion date", "date completed", "completed date", "day completed", "finished", "finish date",
        "end date", "completion", "date of completion", "transcript completion date",
    ),
    "score": ("score", "score percent", "grade", "result percent", "mark", "final score", "percent"),
    "minutes": ("minutes", "duration minutes", "duration in minutes", "credit minutes", "training minutes", "length in minutes"),
    "certificate": ("certificate", "certificate number", "certificate no", "certificate id", "credential number"),
    "expires": ("expires", "expires on", "expiration date", "expiry date", "expiry", "valid until", "expiration"),
    "provider": ("provider", "vendor", "training provider", "sponsor", "organization", "organisation", "institution"),
}  # fmt: skip
"""The columns, and the headings that are understood."""

LONGEST = 200
"""Characters of a cell; nothing that belongs here is longer, and nothing is cut off in silence."""

MOST_MINUTES = 100_000


class Claim(NamedTuple):
    """What one usable line says. ``source`` is empty where the line does not name the system of the number."""

    line: int
    source: str
    number: str
    email: str
    course: str
    day: date
    score: float | None
    minutes: int
    certificate: str
    expires: date | None
    provider: str

    @property
    def who(self) -> str:
        """The number or address as the file has it."""
        return self.number or self.email


class Fault(NamedTuple):
    """A line that cannot be used: what stands where, what is wrong, and what to do."""

    line: int
    who: str
    course: str
    column: str
    value: str
    message: Message
    remedy: Message


class _Wrong(Exception):
    def __init__(self, column: str, message: str, remedy: str, **params: object) -> None:
        self.column, self.message, self.remedy = column, Message(message, params), Message(remedy, params)


class HistoryReader:
    """Reads the rows of a file, in the order they stand in. ``today`` is the organisation's day: nothing is completed after it.

    Raises:
        Invalid: the heading lacks a column that is needed.
    """

    def __init__(self, table: Table, reading: Reading, dates: str | None, today: date) -> None:
        self.table, self.dates, self.today = table, dates, today
        self.columns, self.unused = reading.places(table.heading, HEADINGS)
        lacking = [name for name in ("course", "completed") if name not in self.columns]
        if "number" not in self.columns and "email" not in self.columns:
            lacking.append("number")
        if lacking:
            raise Invalid(
                N_("Columns are missing, so the file cannot be used. Nothing was changed."),
                [
                    Problem(
                        Message(N_("The heading has no column “%(column)s”."), {"column": name}),
                        Message(N_("Add the column, or name it as the import guide says.")), "completions", 1, name,
                    )
                    for name in lacking
                ],
            )  # fmt: skip

    def lines(self, after: int = 0) -> Iterator[Claim | Fault]:
        """What each line behind line ``after`` says.

        Raises:
            Invalid: the file cannot be read to its end.
        """
        for row in self.table.rows():
            if row.line > after:
                yield self._understood(row)

    def _understood(self, row: Cells) -> Claim | Fault:
        cells = [*row.cells, *[""] * (len(self.table.heading) - len(row.cells))]
        said = {name: " ".join(cells[place].split()) for name, place in self.columns.items()}
        number, email, course = said.get("number", ""), said.get("email", "").casefold(), said.get("course", "")
        try:
            for column, text in said.items():
                if len(text) > LONGEST:
                    raise _Wrong(
                        column, N_("This cell is longer than %(most)s characters."), N_("Shorten it."), most=LONGEST
                    )
            if not number and not email:
                raise _Wrong(
                    "number", N_("The line names nobody."), N_("Fill in the employee number or the e-mail address.")
                )
            if not course:
                raise _Wrong("course", N_("This cell is empty."), N_("Fill in the course."))
            day = self._day(said, "completed")
            if day is None:
                raise _Wrong("completed", N_("This cell is empty."), N_("Enter a day."))
            if day > self.today:
                raise _Wrong(
                    "completed",
                    N_("This day is still to come."),
                    N_("Correct the day, and check the declared date style."),
                )
            expires = self._day(said, "expires")
            if expires is not None and expires < day:
                raise _Wrong(
                    "expires",
                    N_("It would have been over before it was completed."),
                    N_("Correct one of the two days."),
                )
            return Claim(
                row.line, said.get("source", ""), number, email, course, day, _score(said.get("score", "")),
                _minutes(said.get("minutes", "")), said.get("certificate", ""), expires, said.get("provider", ""),
            )  # fmt: skip
        except _Wrong as wrong:
            value = said.get(wrong.column, "")[:LONGEST]
            return Fault(
                row.line,
                (number or email)[:LONGEST],
                course[:LONGEST],
                wrong.column,
                value,
                wrong.message,
                wrong.remedy,
            )

    def _day(self, said: dict[str, str], column: str) -> date | None:
        text = said.get(column, "")
        if not text:
            return None
        try:
            found = parse_day(text, self.dates)
        except Unusable as error:
            raise _Wrong(column, error.message.msgid, error.remedy.msgid, **error.message.params) from None
        return None if found.year >= 2199 and column == "expires" else found


def _score(text: str) -> float | None:
    if not text:
        return None
    try:
        found = float(text.rstrip(" %").replace(",", "."))
    except ValueError:
        found = -1.0
    if not 0 <= found <= 100:
        raise _Wrong(
            "score", N_("This is no score from 0 to 100."), N_("Write per cent as digits, or leave the cell empty.")
        )
    return found


def _minutes(text: str) -> int:
    if not text:
        return 0
    whole = text.removesuffix(".0")
    if not whole.isascii() or not whole.isdigit() or int(whole) > MOST_MINUTES:
        raise _Wrong("minutes", N_("This is not a number of minutes."), N_("Write digits only."))
    return int(whole)
