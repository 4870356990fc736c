"""A sign-in sheet of a live session: what it is, and lines to sign on, with names or without. Every word comes in translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from lms.pdf.canvas import A4, MM, TaggedCanvas
from lms.pdf.fonts import Style
from lms.pdf.language import runs_rtl
from lms.pdf.layout import fit, place
from lms.pdf.palette import ACCENT, HAIR, INK, QUIET

_MARGIN: Final = 18 * MM
_FOOT: Final = 18 * MM
_LINE: Final = 10.5 * MM
_SHARES: Final = (0.42, 0.2, 0.38)
"""What name, number and signature take of the width."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """``facts`` are (label, value); ``heads`` the three columns; ``people`` (name, number); ``empty`` so many lines without a name.
    ``page`` is a sentence with the places ``page`` and ``pages``."""

    organisation: str
    language: str
    course: str
    day: date
    facts: Sequence[tuple[str, str]]
    title: str
    heads: tuple[str, str, str]
    people: Sequence[tuple[str, str]]
    empty: int
    page: str


def sign_in_sheet(sheet: Sheet) -> bytes:
    """The sheet on A4, as many pages as its lines take. Same sheet, same bytes; the file's date is the day of the session."""
    return _Pages(sheet).draw()


class _Pages:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.width, self.height = A4
        self.room = self.width - 2 * _MARGIN
        self.rtl = runs_rtl(sheet.language)
        self.lines = [*sheet.people, *[("", "")] * sheet.empty]
        self.canvas = TaggedCanvas(
            title=f"{sheet.title}: {sheet.course}", lang=sheet.language, size=A4, made_on=sheet.day, author=sheet.organisation,
            subject=sheet.title,
        )  # fmt: skip
        self.y = self.height - _MARGIN

    def draw(self) -> bytes:
        self._head()
        first = int((self.y - _LINE - _FOOT) // _LINE)
        more = int((self.height - _MARGIN - _LINE - _FOOT) // _LINE)
        pages = 1 + max(0, -(-(len(self.lines) - first) // more))
        at, number = 0, 1
        with self.canvas.element("Table"):
            while True:
                part = self.lines[at : at + (first if number == 1 else more)]
                self._table(part, again=number > 1)
                self._foot(number, pages)
                at += len(part)
                if at >= len(self.lines):
                    break
                self.canvas.new_page()
                number, self.y = number + 1, self.height - _MARGIN
        return self.canvas.finish()

    def _head(self) -> None:
        sheet = self.sheet
        self._say("P", sheet.organisation, 9, QUIET)
        self._say("H1", sheet.title, 22, ACCENT, "display")
        self._say("P", sheet.course, 13, INK, "bold")
        for label, value in sheet.facts:
            self._say("P", f"{label}: {value}", 10, INK)
        self.y -= 4 * MM

    def _table(self, lines: Sequence[tuple[str, str]], *, again: bool) -> None:
        if again:
            with self.canvas.artifact():
                self._row(self.sheet.heads, head=True)
        else:
            self._row(self.sheet.heads, head=True)
        for name, number in lines:
            self._row((name, number, ""))

    def _row(self, cells: tuple[str, str, str], *, head: bool = False) -> None:
        base = self.y - _LINE + 3 * MM
        offset = 0.0
        with self.canvas.element("TR"):
            for share, cell in zip(_SHARES, cells, strict=True):
                with self.canvas.element("TH" if head else "TD", scope="Column" if head else None):
                    if cell:
                        self._cell(cell, offset, base, share * self.room - 2 * MM, head)
                offset += share * self.room
        self.y -= _LINE
        with self.canvas.artifact():
            self.canvas.rule(
                _MARGIN, self.y, _MARGIN + self.room, self.y, 0.8 if head else 0.5, ACCENT if head else HAIR
            )

    def _cell(self, text: str, offset: float, y: float, width: float, head: bool) -> None:
        block = fit(
            text,
            width,
            size=9 if head else 11,
            least=7,
            lines=1,
            style="bold" if head else "text",
            lang=self.sheet.language,
        )
        x = self.width - _MARGIN - offset if self.rtl else _MARGIN + offset
        place(self.canvas, block.lines[0], x, y, block.size, QUIET if head else INK, "right" if self.rtl else "left")

    def _say(self, tag: str, text: str, size: float, colour: str, style: Style = "text") -> None:
        block = fit(
            text,
            self.room,
            size=size,
            least=size * 0.7,
            lines=2,
            style=style,
            lang=self.sheet.language,
            wrap_first=True,
        )
        with self.canvas.element(tag):
            for line in block.lines:
                self.y -= block.size * 1.25
                x = self.width - _MARGIN if self.rtl else _MARGIN
                place(self.canvas, line, x, self.y, block.size, colour, "right" if self.rtl else "left")
        self.y -= 1.2 * MM

    def _foot(self, number: int, pages: int) -> None:
        text = self.sheet.page % {"page": number, "pages": pages}
        with self.canvas.artifact():
            line = fit(text, self.room, size=8, least=6, lines=1, lang=self.sheet.language).lines[0]
            place(
                self.canvas,
                line,
                _MARGIN if self.rtl else self.width - _MARGIN,
                10 * MM,
                8,
                QUIET,
                "left" if self.rtl else "right",
            )
