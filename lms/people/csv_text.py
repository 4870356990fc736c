"""CSV as HR systems write it: encoding, delimiter, rows with their lines, and days in a declared style. Pure.

Nothing is guessed that could be wrong in silence: a date that could be two days is refused unless the style is declared, and the
encoding that was found stands in the report.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from lms.errors import N_, Invalid, Message, Problem

csv.field_size_limit(64 * 1024)

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DATE = re.compile(r"^(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_MAC = re.compile(
    rb"""[a-z\x9a\x9c\x9e][\x8a\x8c\x8e\x9f]                     # a capital after a small letter: Jos\x8e
    | [A-Z][\x8a\x8c\x8e\x9f][a-z]                             # or between a capital and a small one: M\x9fller
    | [A-Za-z][\x80\x82-\x89\x8b\x93-\x95\x98\x99\x9b][A-Za-z]  # a sign within a word
    | [A-Za-z]\x83 | \x83[A-Za-z]                             # the florin sign in a word
    | [a-z\x9a\x9c\x9e][\x96\x97][a-z\x9a\x9c\x9e]              # a dash within a word
    | [\x81\x8d\x8f\x90\x9d]                                  # what Windows-1252 has no letter for""",
    re.VERBOSE,
)
"""Bytes that make no word in Windows-1252; in Mac Roman, whose accented letters lie from 0x80 to 0x9f, they do."""
_WORD = re.compile(rb"[A-Za-z\x80-\xff'-]+")


def detect_encoding(chunks: Iterable[bytes]) -> str:
    """``utf-8-sig``, ``utf-16``, ``utf-8`` or ``cp1252``: by its mark, else UTF-8 if every byte fits, else Windows-1252.

    Raises:
        Invalid: a workbook or other binary file, bytes that fit neither, or words that are none in Windows-1252.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    windows = codecs.getincrementaldecoder("cp1252")()
    utf8 = True
    first = True
    for chunk in chunks:
        if first:
            first = False
            if chunk.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
                raise Invalid(
                    N_("This is a workbook, not a CSV file. In the spreadsheet choose “Save as” and “CSV UTF-8”.")
                )
            marked = next((name for mark, name in _BOMS if chunk.startswith(mark)), None)
            if marked is not None:
                return marked
        if b"\0" in chunk:
            raise Invalid(N_("This is not a text file. Export the staff list from the HR system as CSV."))
        try:
            if utf8:
                decoder.decode(chunk)
        except UnicodeDecodeError:
            utf8 = False
        if not utf8 and (word := _doubtful(chunk)) is not None:
            raise _two_readings(word)
        try:
            windows.decode(chunk)
        except UnicodeDecodeError as error:
            if not utf8:
                raise Invalid(
                    N_("The file is neither UTF-8 nor Windows-1252. Export it as UTF-8, or declare its encoding.")
                ) from error
    return "utf-8" if utf8 else "cp1252"


def _doubtful(chunk: bytes) -> bytes | None:
    """The first word that Windows-1252 would make nonsense of."""
    found = _MAC.search(chunk)
    if found is None:
        return None
    words = _WORD.finditer(chunk, max(0, found.start() - 60), found.end() + 60)
    return next((word[0] for word in words if word.end() > found.start()), found[0])


def _two_readings(word: bytes) -> Invalid:
    return Invalid(
        N_(
            "It is not clear in which encoding this file is written: one word reads “%(mac)s” in Mac Roman and “%(windows)s” in "
            "Windows-1252. Declare the encoding, or export the file as UTF-8."
        ),
        mac=word.decode("mac_roman"),
        windows=word.decode("cp1252", "replace"),
    )


def delimiter_of(first_line: str) -> str:
    """Comma, semicolon or tab: the one that the first line holds most of, outside quotes."""
    bare = re.sub(r'"[^"]*"', "", first_line)
    return max((",", ";", "\t"), key=bare.count)


class Cells(NamedTuple):
    """One row of a file: the line it begins on, counted from 1, and its cells."""

    line: int
    cells: list[str]


@dataclass
class Table:
    """A CSV text read row by row, the heading first. ``file`` is what it is called in messages."""

    lines: Iterable[str]
    file: str
    heading: list[str] = field(init=False)
    delimiter: str = field(init=False)
    _csv: Any = field(init=False)

    def __post_init__(self) -> None:
        lines = iter(self.lines)
        first = next(lines, "")
        if not first.strip():
            raise Invalid(N_("The file is empty. It must begin with a line of headings."))
        self.delimiter = delimiter_of(first)
        self._csv = csv.reader(_again(first, lines), delimiter=self.delimiter)
        try:
            self.heading = [cell.strip() for cell in next(self._csv)]
        except csv.Error as error:
            raise Invalid(
                N_("The line of headings cannot be read. Look for a quotation mark that is not closed.")
            ) from error

    def rows(self) -> Iterator[Cells]:
        """The rows that are not blank.

        Raises:
            Invalid: a cell that does not end (an opening quote without a closing one).
        """
        line = self._csv.line_num + 1
        try:
            for cells in self._csv:
                if any(cells):
                    yield Cells(line, cells)
                line = self._csv.line_num + 1
        except (csv.Error, UnicodeError) as error:
            fault = Problem(
                Message(N_("From here on the file cannot be read: a cell has no end, or its bytes are not text.")),
                Message(N_("Look for a quotation mark that is opened and not closed, and check the encoding.")),
                file=self.file,
                line=line,
            )
            raise Invalid(N_("The file cannot be read to its end. Nothing was changed."), [fault]) from error


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


class Unusable(Exception):
    """A value that cannot be used: what is wrong and what to do, as message ids with values."""

    def __init__(self, message: str, remedy: str, **params: object) -> None:
        super().__init__(message)
        self.message, self.remedy = Message(message, params), Message(remedy, params)


def parse_day(text: str, style: str | None) -> date:
    """A calendar day as the declared style writes it; the year first is understood in every style.

    Raises:
        Unusable: not a date, no such day, or a form that needs the style to be declared.
    """
    compact = _COMPACT.match(text)
    matched = _DATE.match(text)
    if compact:
        year, month, day = (int(part) for part in compact.groups())
    elif matched and len(matched[1]) == 4 and len(matched[4]) <= 2:
        year, month, day = int(matched[1]), int(matched[3]), int(matched[4])
    elif matched and len(matched[1]) <= 2 and len(matched[4]) == 4:
        if style not in ("us", "eu"):
            raise Unusable(
                N_("This date can be read in two ways, and the file’s date style is not declared."),
                N_("Declare it: us for month/day/year, eu for day/month/year. Or export dates as 2026-06-30."),
            )
        one, two, year = int(matched[1]), int(matched[3]), int(matched[4])
        month, day = (one, two) if style == "us" else (two, one)
    elif matched and len(matched[4]) == 2 and len(matched[1]) <= 2:
        raise Unusable(N_("The year has two digits only."), N_("Export dates with four digits for the year."))
    else:
        raise Unusable(N_("This is not a date."), N_("Write it as 2026-06-30, or in the declared style."))
    try:
        found = date(year, month, day)
    except ValueError:
        raise Unusable(
            N_("There is no such day."), N_("Correct the day; also check that the declared date style is right.")
        ) from None
    if not 1900 <= year <= 2200:
        raise Unusable(N_("The year lies outside 1900 to 2200."), N_("Correct the year, or leave the cell empty."))
    return found
