"""A tagged A4 document that runs on from page to page: headings, paragraphs, figures in a band, and tables whose head repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from lms.language import Voice
from lms.pdf.canvas import A4, MM, TaggedCanvas
from lms.pdf.fonts import Style
from lms.pdf.layout import Block, fit, place
from lms.pdf.palette import ACCENT, BAND, HAIR, INK, QUIET

MARGIN: Final = 18 * MM
FOOT: Final = 17 * MM


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, its share of the width, and whether it holds numbers (set at the end)."""

    head: str
    share: float
    number: bool = False


class Paper:
    """Draw from top to bottom, then :meth:`finish`. Points from the top of the first page; in the language of a voice, left to right."""

    def __init__(self, *, title: str, author: str, made_on: date, foot: str, voice: Voice) -> None:
        self.width, self.height = A4
        self.room = self.width - 2 * MARGIN
        self.canvas = TaggedCanvas(
            title=title, lang=voice.language, size=A4, made_on=made_on, author=author, subject=title
        )
        self.foot = foot
        self.voice = voice
        self.lang = voice.language
        self.page = 1
        self.y = self.height - MARGIN

    def finish(self) -> bytes:
        """The file."""
        self._end_page()
        return self.canvas.finish()

    def paragraph(
        self, text: str, size: float = 9.5, *, tag: str = "P", colour: str = INK, style: Style = "text", after: float = 2.0,
        lines: int = 12, indent: float = 0.0,
    ) -> None:  # fmt: skip
        """A paragraph; ``after`` is the room below it in millimetres."""
        block = fit(
            text,
            self.room - indent,
            size=size,
            least=size * 0.75,
            lines=lines,
            style=style,
            rtl=False,
            lang=self.lang,
            wrap_first=True,
        )
        self.need(len(block.lines) * block.size * 1.4)
        with self.canvas.element(tag):
            for line in block.lines:
                self.y -= block.size
                place(self.canvas, line, MARGIN + indent, self.y, block.size, colour)
                self.y -= block.size * 0.4
        self.y -= after * MM

    def heading(self, text: str, keep: float = 22) -> None:
        """A section's heading, which stays with at least ``keep`` millimetres of what follows."""
        self.need((9 + keep) * MM)
        self.y -= 3 * MM
        self.paragraph(text, 13, tag="H2", style="bold", colour=ACCENT, after=1.5)

    def band(self, figures: Sequence[tuple[str, str]]) -> None:
        """Figures beside each other: a large one over a small word."""
        high, wide = 21 * MM, self.room / len(figures)
        self.need(high)
        with self.canvas.artifact():
            self.canvas.rectangle(MARGIN, self.y - high, self.room, high, BAND)
        for at, (figure, word) in enumerate(figures):
            x = MARGIN + at * wide + 5 * MM
            with self.canvas.element("P"):
                self._set(figure, x, self.y - 10.5 * MM, wide - 8 * MM, 21, ACCENT, "display")
                self._set(word, x, self.y - 16.5 * MM, wide - 8 * MM, 8.5, QUIET)
        self.y -= high + 4 * MM

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, size: float = 8.2) -> None:
        """A table; the first cell heads its row. Rows never break across pages."""
        with self.canvas.element("Table"):
            self._row(columns, [column.head for column in columns], 7.4, head=True)
            for row in rows:
                self._row(columns, row, size)
        self.y -= 4 * MM

    def need(self, high: float) -> bool:
        """Begin a new page unless ``high`` points are left on this one. Whether it did."""
        if self.y - high >= FOOT or self.y > self.height - 40 * MM:
            return False
        self._end_page()
        self.canvas.new_page()
        self.page += 1
        self.y = self.height - MARGIN
        return True

    def _row(self, columns: Sequence[Column], cells: Sequence[str], size: float, *, head: bool = False) -> None:
        gap = 2 * MM
        widths = [self.room * column.share for column in columns]
        style: Style = "bold" if head else "text"
        blocks = [
            fit(cell, width - gap, size=size, least=size * 0.72, lines=3, style=style, rtl=False, lang=self.lang, wrap_first=True)
            for cell, width in zip(cells, widths, strict=True)
        ]  # fmt: skip
        if head:  # headings of one size, that of the longest word
            least = min(block.size for block in blocks)
            blocks = [replace(block, size=least) for block in blocks]
        high = 3 * MM + max(len(block.lines) * block.size * 1.22 for block in blocks)
        if self.need(high) and not head:
            with self.canvas.artifact():
                self._row(columns, [column.head for column in columns], 7.4, head=True)
        x = MARGIN
        with self.canvas.element("TR"):
            for at, (block, column, width) in enumerate(zip(blocks, columns, widths, strict=True)):
                scope = "Column" if head else None if at else "Row"
                with self.canvas.element("TH" if scope else "TD", scope=scope):
                    self._cell(block, x, width - gap, column, QUIET if head else INK)
                x += width
        self.y -= high
        with self.canvas.artifact():
            self.canvas.rule(MARGIN, self.y, MARGIN + self.room, self.y, 0.8 if head else 0.4, ACCENT if head else HAIR)

    def _cell(self, block: Block, x: float, width: float, column: Column, colour: str) -> None:
        y = self.y - 1.4 * MM
        for line in block.lines:
            y -= block.size
            place(
                self.canvas,
                line,
                x + width if column.number else x,
                y,
                block.size,
                colour,
                "right" if column.number else "left",
            )
            y -= block.size * 0.22

    def _set(
        self, text: str, x: float, y: float, width: float, size: float, colour: str, style: Style = "text"
    ) -> None:
        block = fit(text, width, size=size, least=size * 0.5, lines=1, style=style, rtl=False, lang=self.lang)
        place(self.canvas, block.lines[0], x, y, block.size, colour)

    def _end_page(self) -> None:
        with self.canvas.artifact():
            self.canvas.rule(MARGIN, 13.5 * MM, MARGIN + self.room, 13.5 * MM, 0.4, HAIR)
            self._set(self.foot, MARGIN, 9.5 * MM, self.room * 0.8, 8, QUIET)
            block = fit(
                self.voice.gettext("Page %(page)s", page=self.page),
                self.room * 0.18,
                size=8,
                least=6,
                lines=1,
                rtl=False,
                lang=self.lang,
            )
            place(self.canvas, block.lines[0], MARGIN + self.room, 9.5 * MM, 8, QUIET, "right")
