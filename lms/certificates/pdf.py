"""A certificate as a PDF: one landscape page, tagged, with a QR code to the verification page.

All words come in translated; only dates and numbers are formatted here, in the language of the document.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from lms.pdf.canvas import A4, LETTER, MM, TaggedCanvas, fill, num, stroke
from lms.pdf.fonts import Style
from lms.pdf.language import locale_of, runs_rtl
from lms.pdf.layout import Align, Block, fit, place
from lms.pdf.ornament import border, rosette
from lms.pdf.palette import ACCENT, INK, PALE, PAPER, QUIET, TINT
from lms.pdf.qr import draw_qr


@dataclass(frozen=True, slots=True)
class CertificateLabels:
    """The words on the certificate, in its language. The defaults are English; ``%(...)s`` places are filled here."""

    heading: str = "Certificate of completion"
    awarded_to: str = "This certifies that"
    has_completed: str = "has completed"
    identifier: str = "Staff ID %(identifier)s"
    course: str = "%(code)s, version %(version)s"
    completed_on: str = "Completed on"
    valid_until: str = "Valid until"
    no_expiry: str = "No expiry date"
    duration: str = "Learning time"
    duration_value: str = "%(minutes)s min"
    contact_hours: str = "%(hours)s contact hours"
    score: str = "Score"
    pass_mark: str = "pass mark %(pass_mark)s"
    number: str = "Certificate %(number)s"
    issued_on: str = "Issued on %(date)s"
    superseded: str = "Replaces certificate %(number)s"
    verify: str = "Verify this certificate"
    qr_alt: str = "QR code that opens %(url)s"


@dataclass(frozen=True, slots=True)
class CertificateFields:
    """What one certificate says. ``language`` is the BCP 47 tag of ``labels``; ``score`` and ``pass_mark`` are per cent (0-100);
    ``superseded_number`` is the certificate that this one corrects and replaces."""

    number: str
    person_name: str
    person_identifier: str | None
    course_title: str
    course_code: str
    course_version: str
    language: str
    completed_on: date
    issued_on: date
    valid_until: date | None
    minutes: int
    contact_hours: Decimal
    score: Decimal | float | None
    pass_mark: Decimal | float | None
    organisation_name: str
    verify_url: str
    labels: CertificateLabels = field(default_factory=CertificateLabels)
    superseded_number: str | None = None


def certificate_pdf(fields: CertificateFields, *, paper: Literal["A4", "Letter"] = "A4") -> bytes:
    """The certificate on one landscape page of ``paper``. Same fields, same bytes; the file's date is the day of issue."""
    return _Certificate(fields, LETTER if paper == "Letter" else A4).draw()


class _Certificate:
    def __init__(self, fields: CertificateFields, paper: tuple[float, float]) -> None:
        self.fields = fields
        self.labels = fields.labels
        self.width, self.height = paper[1], paper[0]
        self.lang = fields.language
        self.rtl = runs_rtl(fields.language)
        self.locale = locale_of(fields.language)
        self.canvas = TaggedCanvas(
            title=f"{self.labels.heading}: {fields.course_title} ({fields.number})",
            lang=fields.language,
            size=(self.width, self.height),
            made_on=fields.issued_on,
            author=fields.organisation_name,
            subject=fields.course_title,
        )

    def draw(self) -> bytes:
        with self.canvas.artifact():
            self._ground()
        self._award()
        self._facts()
        self._foot()
        return self.canvas.finish()

    def _ground(self) -> None:
        self.canvas.stamp("ground", _ground(self.width, self.height))

    def _award(self) -> None:
        fields, labels, middle = self.fields, self.labels, self.width / 2
        wide = self.width - 72 * MM
        top = self.height
        organisation = self._fit(fields.organisation_name, wide, 12, 8, 2, "bold")
        self._centred("P", organisation, top - 32 * MM, INK)
        self._centred("H1", self._fit(labels.heading, wide, 30, 16, 2, "display"), top - 48 * MM, ACCENT)
        self._centred("P", self._fit(labels.awarded_to, wide, 11, 8, 1), top - 61 * MM, QUIET)
        name = fit(fields.person_name, wide, size=40, least=16, lines=2, style="display", lang="")
        if len(name.lines) > 1:  # two lines of more than this would touch the words above and the rule below
            name = fit(fields.person_name, wide, size=24, least=14, lines=2, style="display", lang="")
        self._centred("P", name, top - 78 * MM, INK, around=True)
        with self.canvas.artifact():
            self.canvas.rule(middle - 55 * MM, top - 86.5 * MM, middle + 55 * MM, top - 86.5 * MM, 0.5, TINT)
        if fields.person_identifier:
            told = labels.identifier % {"identifier": fields.person_identifier}
            self._centred("P", self._fit(told, wide, 9, 7, 1), top - 92.5 * MM, QUIET)
        self._centred("P", self._fit(labels.has_completed, wide, 11, 8, 1), top - 101.5 * MM, QUIET)
        title = self._fit(fields.course_title, wide, 23, 12, 2, "display")
        self._centred("P", title, top - 113 * MM, INK, around=True)
        course = labels.course % {"code": fields.course_code, "version": fields.course_version}
        self._centred("P", self._fit(course, wide, 9.5, 7, 1), top - 123 * MM, QUIET)

    def _facts(self) -> None:
        fields, labels = self.fields, self.labels
        facts = [(labels.completed_on, self._date(fields.completed_on), "")]
        until = self._date(fields.valid_until) if fields.valid_until else labels.no_expiry
        facts.append((labels.valid_until, until, ""))
        hours = labels.contact_hours % {"hours": format_decimal(fields.contact_hours, locale=self.locale)}
        minutes = labels.duration_value % {"minutes": format_decimal(fields.minutes, locale=self.locale)}
        facts.append((labels.duration, minutes, hours if fields.contact_hours else ""))
        if fields.score is not None:
            mark = "" if fields.pass_mark is None else labels.pass_mark % {"pass_mark": self._percent(fields.pass_mark)}
            facts.append((labels.score, self._percent(fields.score), mark))
        column = min(50 * MM, (self.width - 60 * MM) / len(facts))
        start = (self.width - column * len(facts)) / 2
        top = self.height - 134.5 * MM
        for at, (label, value, more) in enumerate(facts):
            x = start + column * ((len(facts) - 1 - at if self.rtl else at) + 0.5)
            with self.canvas.element("P"):
                self._line(self._fit(label, column - 4 * MM, 8.5, 6, 1), x, top, QUIET)
                self._line(self._fit(value, column - 4 * MM, 12, 7, 1, "bold"), x, top - 5.8 * MM, INK)
                if more:
                    self._line(self._fit(more, column - 4 * MM, 8.5, 6, 1), x, top - 10.6 * MM, QUIET)
            if at:
                with self.canvas.artifact():
                    edge = start + column * (len(facts) - at if self.rtl else at)
                    self.canvas.rule(edge, top + 2.5 * MM, edge, top - 7.5 * MM, 0.4, TINT)

    def _foot(self) -> None:
        fields, labels = self.fields, self.labels
        margin, side, base = 24 * MM, 25 * MM, 24 * MM
        wide = self.width / 2 - 20 * MM - margin
        start = self.width - margin if self.rtl else margin
        align: Align = "right" if self.rtl else "left"
        rows: list[tuple[str, float, Style, str]] = [
            (labels.number % {"number": fields.number}, 11, "bold", INK),
            (labels.issued_on % {"date": self._date(fields.issued_on)}, 9, "text", QUIET),
        ]
        if fields.superseded_number:
            rows.append((labels.superseded % {"number": fields.superseded_number}, 9, "text", QUIET))
        for at, (text, size, style, colour) in enumerate(rows):
            y = base + (len(rows) - 1 - at) * 5.2 * MM + 0.8 * MM
            with self.canvas.element("P"):
                self._line(self._fit(text, wide, size, 6, 1, style), start, y, colour, align)
        code_x = margin if self.rtl else self.width - margin - side
        box = (code_x, base, code_x + side, base + side)
        with self.canvas.element("Figure", alt=labels.qr_alt % {"url": fields.verify_url}, bbox=box):
            draw_qr(self.canvas, fields.verify_url, code_x, base, side, INK)
        near = code_x + side + 5 * MM if self.rtl else code_x - 5 * MM
        towards: Align = "left" if self.rtl else "right"
        room = wide - side - 5 * MM
        with self.canvas.element("P"):
            self._line(self._fit(labels.verify, room, 9, 6, 1, "bold"), near, base + 5.6 * MM, ACCENT, towards)
            shown = fields.verify_url.removeprefix("https://")
            self._line(fit(shown, room, size=8.5, least=5.5, lines=2, rtl=False), near, base + 0.8 * MM, QUIET, towards)

    def _fit(self, text: str, width: float, size: float, least: float, lines: int, style: Style = "text") -> Block:
        return fit(text, width, size=size, least=least, lines=lines, style=style, rtl=self.rtl, lang=self.lang)

    def _centred(self, tag: str, block: Block, y: float, colour: str, *, around: bool = False) -> None:
        """Set a block in the middle of the page, its first baseline at ``y``; ``around``: the block's middle stays there."""
        with self.canvas.element(tag):
            leading = block.size * 1.22
            lift = (len(block.lines) - 1) * leading * (0.5 if around else 1.0)
            for at, line in enumerate(block.lines):
                place(self.canvas, line, self.width / 2, y + lift - at * leading, block.size, colour, "centre")

    def _line(self, block: Block, x: float, y: float, colour: str, align: Align = "centre") -> None:
        for at, line in enumerate(reversed(block.lines)):
            place(self.canvas, line, x, y + at * block.size * 1.22, block.size, colour, align)

    def _date(self, day: date) -> str:
        return format_date(day, "long", locale=self.locale)

    def _percent(self, value: Decimal | float) -> str:
        return format_percent(Decimal(str(value)) / 100, format=None, locale=self.locale)


@lru_cache(maxsize=4)
def _ground(width: float, height: float) -> str:
    """Paper, border and rosette: the same on every certificate of one size."""
    edge = 11 * MM
    inner = edge + 3.6 * MM
    frame = " ".join(num(value) for value in (inner, inner, width - 2 * inner, height - 2 * inner))
    return "\n".join(
        [
            f"{fill(PAPER)} 0 0 {num(width)} {num(height)} re f",
            f"{stroke(TINT)} 0.45 w {border(edge, edge, width - edge, height - edge, 1.7 * MM, 9 * MM)}",
            f"{stroke(ACCENT)} 0.7 w {frame} re S",
            f"{stroke(PALE)} 0.4 w {rosette(width / 2, 36 * MM, 15 * MM, 12, 7)}",
            f"{stroke(ACCENT)} 0.4 w {rosette(width / 2, 36 * MM, 7.2 * MM, 12, 4)}",
        ]
    )
