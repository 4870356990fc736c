"""Small charts drawn with lines and rectangles. Each is one ``Figure`` whose ``alt`` says what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lms.pdf.canvas import TaggedCanvas, fill, num, stroke
from lms.pdf.layout import fit, place
from lms.pdf.palette import ACCENT, HAIR, INK, QUIET
from lms.pdf.shaping import shape


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the page: lower left corner and size, in points."""

    x: float
    y: float
    width: float
    height: float

    @property
    def edges(self) -> tuple[float, float, float, float]:
        return (self.x, self.y, self.x + self.width, self.y + self.height)


@dataclass(frozen=True, slots=True)
class Colours:
    line: str = ACCENT
    grid: str = HAIR
    text: str = QUIET
    ink: str = INK


def line_chart(
    canvas: TaggedCanvas,
    box: Box,
    points: Sequence[tuple[str, float | None]],
    *,
    alt: str,
    marks: Sequence[tuple[float, str]] = ((0.0, "0%"), (0.5, "50%"), (1.0, "100%")),
    last: str = "",
    every: int = 6,
    colours: Colours = Colours(),
) -> None:
    """Points from left to right, ``(label, share from 0 to 1)``; None leaves a gap.

    ``marks`` are the grid lines and their labels, their first and last the ends of the scale; every ``every``-th label is
    shown, counted from the last; ``last`` is written at the last point.
    """
    low, high = marks[0][0], marks[-1][0]
    left, bottom = box.x + 26, box.y + 14
    width, height = box.width - 26 - 30, box.height - 14 - 8
    step = width / max(1, len(points) - 1)

    def place_of(at: int, value: float) -> tuple[float, float]:
        share = (min(max(value, low), high) - low) / (high - low)
        return left + at * step, bottom + share * height

    with canvas.element("Figure", alt=alt, bbox=box.edges):
        for value, label in marks:
            y = place_of(0, value)[1]
            canvas.rule(left, y, left + width, y, 0.4, colours.grid)
            place(canvas, shape(label), left - 5, y - 2.5, 7, colours.text, "right")
        for at, (label, _) in enumerate(points):
            if (len(points) - 1 - at) % every == 0:
                place(canvas, shape(label), left + at * step, box.y + 2, 7, colours.text, "centre")
        operators, pen = [f"{stroke(colours.line)} 1.6 w 1 J 1 j"], "m"
        for at, (_, drawn) in enumerate(points):
            if drawn is None:
                pen = "m"
                continue
            x, y = place_of(at, drawn)
            operators.append(f"{num(x)} {num(y)} {pen}")
            pen = "l"
        canvas.write(*operators, "S 0 J 0 j")
        final = points[-1][1] if points else None
        if final is not None:
            x, y = place_of(len(points) - 1, final)
            canvas.write(f"{fill(colours.line)} {num(x - 2.2)} {num(y - 2.2)} 4.4 4.4 re f")
            place(canvas, shape(last, "bold"), x + 5, y - 3, 8.5, colours.ink)


def horizontal_bars(
    canvas: TaggedCanvas,
    box: Box,
    rows: Sequence[tuple[str, float | None, str]],
    *,
    alt: str,
    label_share: float = 0.3,
    rtl: bool = False,
    colours: Colours = Colours(),
) -> None:
    """One bar for each ``(label, length or None, text at its end)``, the longest as long as there is room.

    A row is ``box.height / len(rows)`` high; None draws no bar, only its text.
    """
    pitch = box.height / max(1, len(rows))
    longest = max((length for _, length, _ in rows if length), default=1.0)
    label_width = box.width * label_share
    room = box.width - label_width - 62
    with canvas.element("Figure", alt=alt, bbox=box.edges):
        for at, (label, length, said) in enumerate(rows):
            base = box.y + box.height - (at + 0.5) * pitch - 3
            name = fit(label, label_width - 6, size=8.5, least=6, lines=1, rtl=rtl)
            bar = room * (length or 0) / longest
            if rtl:
                place(canvas, name.lines[0], box.x + box.width, base, name.size, colours.ink, "right")
                start = box.x + box.width - label_width
                canvas.rectangle(start - bar, base - 1, bar, 8, colours.line)
                place(canvas, shape(said), start - bar - 5, base, 8.5, colours.ink, "right")
            else:
                place(canvas, name.lines[0], box.x, base, name.size, colours.ink)
                start = box.x + label_width
                canvas.rectangle(start, base - 1, bar, 8, colours.line)
                place(canvas, shape(said), start + bar + 5, base, 8.5, colours.ink)
