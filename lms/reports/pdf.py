"""The leadership rollup as a PDF: one or two calm A4 pages, tagged, from figures computed elsewhere.

Nothing is computed here: the page, the export and this document are handed the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from lms.pdf.canvas import A4, MM, TaggedCanvas
from lms.pdf.charts import Box, horizontal_bars, line_chart
from lms.pdf.fonts import Style
from lms.pdf.language import locale_of, runs_rtl
from lms.pdf.layout import Align, Block, fit, place
from lms.pdf.palette import ACCENT, BAND, HAIR, INK, QUIET
from lms.pdf.shaping import Line

_MARGIN: Final = 18 * MM
_FOOT: Final = 16 * MM


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of the rollup. A count is None where it is suppressed; ``rate`` (0 to 1) is None where it is suppressed or, with
    nobody required, has no meaning. ``rounded``: the rate is rounded so that it tells no suppressed count. ``change`` is shown as it is
    given; ``lapsing`` are the people who will not be compliant any more within 90 days."""

    name: str
    rate: float | None
    compliant: int | None
    in_grace: int | None
    overdue: int | None
    open: int | None
    upcoming: int | None
    on_leave: int | None
    exempt: int | None
    required: int | None
    rounded: bool = False
    change: str = "–"
    lapsing: int | None = None

    @property
    def due(self) -> int | None:
        """Of how many people the rate is a share; None where a part of them is suppressed."""
        if self.compliant is None or self.in_grace is None or self.overdue is None:
            return None
        return self.compliant + self.in_grace + self.overdue


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The overall rate (0 to 1) at the end of the month that ``month`` lies in; None where there is none."""

    month: date
    rate: float | None


@dataclass(frozen=True, slots=True)
class Lapse:
    """How many obligations end in a stretch of the next 90 days; None where suppressed."""

    label: str
    people: int | None


@dataclass(frozen=True, slots=True)
class Attention:
    """A department that needs attention, with whole sentences that say why."""

    department: str
    reasons: tuple[str, ...]
    rate: float | None = None
    rounded: bool = False


@dataclass(frozen=True, slots=True)
class LeadershipLabels:
    """The words on the page, in its language. The defaults are English; ``%(...)s`` places are filled here."""

    title: str = "Training compliance"
    as_of: str = "As of %(date)s"
    overall: str = "Overall"
    overall_counts: str = "%(compliant)s of %(due)s whose training has come due; %(required)s are asked"
    trend: str = "The last 24 months"
    trend_alt: str = (
        "Line chart of the overall rate over %(months)s months: %(first)s at the start, %(last)s at the end,"
        " lowest %(low)s, highest %(high)s."
    )
    divisions: str = "By division"
    division: str = "Division"
    rate: str = "Rate"
    compliant: str = "Compliant"
    in_grace: str = "In grace"
    overdue: str = "Overdue"
    open: str = "Open"
    upcoming: str = "Upcoming"
    on_leave: str = "On leave"
    exempt: str = "Exempt"
    required: str = "Required"
    change: str = "Change in points"
    lapsing: str = "Lapsing"
    lapses: str = "Lapsing in the next 90 days"
    lapses_none: str = "Nothing lapses in the next 90 days."
    lapses_alt: str = "Bar chart: %(rows)s."
    attention: str = "Departments that need attention"
    attention_none: str = "No department needs attention."
    definitions: str = "Definitions and denominators"
    suppressed: str = "fewer than 11"
    no_rate: str = "–"
    page: str = "Page %(page)s"


@dataclass(frozen=True, slots=True)
class LeadershipPage:
    """The whole rollup, ready to show. ``headline`` and ``definitions`` (term, sentence) are whole sentences in ``language``
    (BCP 47); ``generated_at`` is shown as it is given; ``notes`` stand under the definitions."""

    organisation_name: str
    language: str
    as_of: date
    generated_at: str
    headline: str
    overall: Figures
    divisions: tuple[Figures, ...]
    trend: tuple[TrendPoint, ...]
    lapses: tuple[Lapse, ...]
    attention: tuple[Attention, ...]
    definitions: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    labels: LeadershipLabels = field(default_factory=LeadershipLabels)


def leadership_pdf(report: LeadershipPage) -> bytes:
    """The rollup on A4. Same figures, same bytes; the file's date is ``report.as_of``."""
    return _Rollup(report).draw()


class _Rollup:
    def __init__(self, report: LeadershipPage) -> None:
        self.report, self.labels = report, report.labels
        self.width, self.height = A4
        self.room = self.width - 2 * _MARGIN
        self.lang = report.language
        self.rtl = runs_rtl(report.language)
        self.locale = locale_of(report.language)
        self.start: Align = "right" if self.rtl else "left"
        self.end: Align = "left" if self.rtl else "right"
        self.page = 1
        self.y = self.height - 16 * MM
        self.canvas = TaggedCanvas(
            title=f"{self.labels.title}, {report.organisation_name}, {report.as_of.isoformat()}",
            lang=report.language,
            size=A4,
            made_on=report.as_of,
            author=report.organisation_name,
            subject=self.labels.title,
        )

    def draw(self) -> bytes:
        self._head()
        self._overall_and_trend()
        self._attention()
        self._divisions()
        self._lapses()
        self._definitions()
        self._foot()
        return self.canvas.finish()

    def _head(self) -> None:
        report, labels = self.report, self.labels
        as_of = labels.as_of % {"date": format_date(report.as_of, "long", locale=self.locale)}
        self._paragraph("P", f"{report.organisation_name} · {as_of}", 9, QUIET, after=4 * MM)
        self._paragraph("H1", labels.title, 24, ACCENT, style="display", after=3.5 * MM)
        self._paragraph("P", report.headline, 13, INK, lines=4, after=5 * MM)

    def _overall_and_trend(self) -> None:
        overall, labels = self.report.overall, self.labels
        high, left = 40 * MM, 52 * MM
        bottom = self.y - high
        with self.canvas.artifact():
            self.canvas.rectangle(_MARGIN, bottom, self.room, high, BAND)
        inner = left - 8 * MM
        with self.canvas.element("P"):
            self._at(5 * MM, self.y - 9 * MM, self._fit(labels.overall, inner, 9, 7), QUIET)
            self._at(5 * MM, self.y - 23 * MM, self._fit(self._rate(overall), inner, 38, 12, "display"), ACCENT)
            counts = labels.overall_counts % {
                "compliant": self._count(overall.compliant),
                "due": self._count(overall.due),
                "required": self._count(overall.required),
            }
            self._at(5 * MM, self.y - 30 * MM, self._fit(counts, inner, 9, 6, lines=2), INK)
        heading = self._fit(labels.trend, self.room - left, 9, 7, "bold")
        with self.canvas.element("H2"):
            self._at(left, self.y - 7 * MM, heading, INK)
        if any(point.rate is not None for point in self.report.trend):
            x = _MARGIN if self.rtl else _MARGIN + left
            self._trend(Box(x, bottom + 2.5 * MM, self.room - left, high - 11 * MM))
        self.y = bottom - 7 * MM

    def _trend(self, box: Box) -> None:
        trend = self.report.trend
        known = [point.rate for point in trend if point.rate is not None]
        low = max(0.0, (int(min(known) * 10) - 1) / 10)
        marks = [(share, self._percent(share, 0)) for share in (low, (low + 1) / 2, 1.0)]
        alt = self.labels.trend_alt % {
            "months": len(trend),
            "first": self._percent(known[0]),
            "last": self._percent(known[-1]),
            "low": self._percent(min(known)),
            "high": self._percent(max(known)),
        }
        points = [(format_date(point.month, "MMM yyyy", locale=self.locale), point.rate) for point in trend]
        last = "" if trend[-1].rate is None else self._percent(trend[-1].rate)
        line_chart(self.canvas, box, points, alt=alt, marks=marks, last=last)

    def _divisions(self) -> None:
        labels = self.labels
        self.heads: tuple[str, ...] = (
            labels.division,
            labels.rate,
            labels.change,
            labels.required,
            labels.compliant,
            labels.in_grace,
            labels.overdue,
            labels.open,
            labels.upcoming,
            labels.on_leave,
            labels.exempt,
            labels.lapsing,
        )
        self._heading(labels.divisions, 30 * MM)
        with self.canvas.element("Table"):
            self._row(self.heads, head=True)
            for number, row in enumerate(self.report.divisions, 1):
                last = number == len(self.report.divisions)
                self._row(self._cells(row), with_next=last)  # the sum never stands on a page without what it sums
            self._row(self._cells(self.report.overall), bold=True)
        self.y -= 6 * MM

    def _cells(self, row: Figures) -> tuple[str, ...]:
        counts = (
            row.required,
            row.compliant,
            row.in_grace,
            row.overdue,
            row.open,
            row.upcoming,
            row.on_leave,
            row.exempt,
            row.lapsing,
        )
        moved = row.change.replace("−", "–")  # the faces in lms/pdf/fonts hold no minus sign
        return (row.name, self._rate(row), moved, *(self._count(count) for count in counts))

    def _row(self, cells: tuple[str, ...], *, head: bool = False, bold: bool = False, with_next: bool = False) -> None:
        """One row: the first cell heads it and takes what the equal number columns leave; ``with_next``: the next one fits below it."""
        column = 12.6 * MM
        first = self.room - column * (len(cells) - 1)
        style: Style = "bold" if bold or head else "text"
        blocks = self._cell_blocks(cells, first, column, style, 7.5 if head else 8.5)
        if head:  # headings of one size, that of the longest word
            blocks = self._cell_blocks(cells, first, column, style, min(block.size for block in blocks))
        high = 3.2 * MM + max(len(block.lines) * block.size * 1.15 for block in blocks)
        if self._need(high * (1 + with_next)) and not head:
            with self.canvas.artifact():
                self._row(self.heads, head=True)
        base = self.y - high + 2 * MM
        with self.canvas.element("TR"):
            for at, block in enumerate(blocks):
                header = "Column" if head else None if at else "Row"
                with self.canvas.element("TH" if header else "TD", scope=header):
                    colour = QUIET if head and at else INK
                    self._at(first + column * at if at else 0, base, block, colour, up=True, end=bool(at))
        self.y -= high
        with self.canvas.artifact():
            width, colour = (0.8, ACCENT) if head else (0.4, HAIR)
            self.canvas.rule(_MARGIN, self.y, _MARGIN + self.room, self.y, width, colour)

    def _cell_blocks(
        self, cells: tuple[str, ...], first: float, column: float, style: Style, size: float
    ) -> list[Block]:
        gap, few = 1.5 * MM, self.labels.suppressed
        widths = [first - gap, *[column - gap] * (len(cells) - 1)]
        return [
            self._fit(cell, width, min(size, 7.5) if cell == few else size, 5, style, lines=2, wrap=True)
            for cell, width in zip(cells, widths, strict=True)
        ]

    def _lapses(self) -> None:
        rows = self.report.lapses
        pitch = 5.2 * MM
        self._heading(self.labels.lapses, pitch * min(len(rows), 15) + 4 * MM)
        if not rows:
            self._paragraph("P", self.labels.lapses_none, 9.5, INK, after=5 * MM)
        for start in range(0, len(rows), 15):
            part = rows[start : start + 15]
            self._need(pitch * len(part))
            told = ", ".join(f"{row.label}: {self._count(row.people)}" for row in part)
            bars = [(row.label, row.people, self._count(row.people)) for row in part]
            box = Box(_MARGIN, self.y - pitch * len(part), self.room, pitch * len(part))
            horizontal_bars(self.canvas, box, bars, alt=self.labels.lapses_alt % {"rows": told}, rtl=self.rtl)
            self.y = box.y
        self.y -= 6 * MM

    def _attention(self) -> None:
        self._heading(self.labels.attention, 16 * MM)
        if not self.report.attention:
            self._paragraph("P", self.labels.attention_none, 9.5, INK, after=5 * MM)
        for row in self.report.attention:
            self._need((6 + 5 * len(row.reasons)) * MM)
            rate = "" if row.rate is None else f" · {self._percent(row.rate, rounded=row.rounded)}"
            self._paragraph("H3", row.department + rate, 9.5, INK, style="bold", after=0.6 * MM)
            with self.canvas.element("L"):
                for reason in row.reasons:
                    with self.canvas.element("LI"):
                        self._paragraph("LBody", reason, 9, QUIET, lines=3, after=0.6 * MM)
            self.y -= 2 * MM
        self.y -= 3 * MM

    def _definitions(self) -> None:
        told = [f"{term}: {sentence}" for term, sentence in self.report.definitions]
        told += [note for note in (*self.report.notes, self.report.generated_at) if note]
        lines = sum(len(self._fit(text, self.room, 8.5, 6, lines=6, wrap=True).lines) for text in told)
        self._heading(self.labels.definitions, lines * 8.5 * 1.4 + len(told) * MM)
        for text in told:
            self._paragraph("P", text, 8.5, QUIET, lines=6, after=MM)

    def _heading(self, text: str, keep: float) -> None:
        """A section heading that stays with at least ``keep`` points of what follows."""
        self._need(8 * MM + keep)
        self._paragraph("H2", text, 12, INK, style="bold", after=1.5 * MM)

    def _paragraph(
        self, tag: str, text: str, size: float, colour: str, *, style: Style = "text", lines: int = 2, after: float = 0
    ) -> None:
        block = self._fit(text, self.room, size, size * 0.7, style, lines=lines, wrap=True)
        self._need(len(block.lines) * block.size * 1.4)
        with self.canvas.element(tag):
            for line in block.lines:
                self.y -= block.size
                self._draw(line, block.size, 0, self.y, colour, end=False)
                self.y -= block.size * 0.4
        self.y -= after

    def _need(self, high: float) -> bool:
        """Begin a new page unless ``high`` points are left on this one, or it has just begun. Whether it did."""
        if self.y - high >= _FOOT or self.y > self.height - 40 * MM:
            return False
        self._foot()
        self.canvas.new_page()
        self.page += 1
        self.y = self.height - 16 * MM
        return True

    def _foot(self) -> None:
        number = self.labels.page % {"page": format_decimal(self.page, locale=self.locale)}
        with self.canvas.artifact():
            self._at(0, 10 * MM, self._fit(self.report.organisation_name, self.room * 0.7, 8, 6), QUIET)
            self._at(self.room, 10 * MM, self._fit(number, self.room * 0.25, 8, 6), QUIET, end=True)

    def _at(self, offset: float, y: float, block: Block, colour: str, *, end: bool = False, up: bool = False) -> None:
        """Draw a block ``offset`` from the starting edge; ``up``: its last line, not its first, stands at ``y``."""
        lift = (len(block.lines) - 1) * block.size * 1.15 if up else 0.0
        for at, line in enumerate(block.lines):
            self._draw(line, block.size, offset, y + lift - at * block.size * 1.15, colour, end=end)

    def _draw(self, line: Line, size: float, offset: float, y: float, colour: str, *, end: bool) -> None:
        x = self.width - _MARGIN - offset if self.rtl else _MARGIN + offset
        place(self.canvas, line, x, y, size, colour, self.end if end else self.start)

    def _fit(
        self,
        text: str,
        width: float,
        size: float,
        least: float,
        style: Style = "text",
        *,
        lines: int = 1,
        wrap: bool = False,
    ) -> Block:
        return fit(
            text, width, size=size, least=least, lines=lines, style=style, rtl=self.rtl, lang=self.lang, wrap_first=wrap
        )

    def _rate(self, row: Figures) -> str:
        if row.rate is not None:
            return self._percent(row.rate, rounded=row.rounded)
        return self.labels.no_rate

    def _percent(self, share: float, digits: int = 1, *, rounded: bool = False) -> str:
        written = format_percent(round(share, 3), format="#,##0.#%" if digits else "#,##0%", locale=self.locale)
        return f"~{written}" if rounded else written

    def _count(self, count: int | None) -> str:
        return self.labels.suppressed if count is None else format_decimal(count, locale=self.locale)
