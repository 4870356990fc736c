"""Text in a box: breaking into lines, shrinking until it fits, setting lines at an edge or in the middle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal
from unicodedata import category, east_asian_width

from lms.pdf.bidi import is_rtl
from lms.pdf.canvas import TaggedCanvas
from lms.pdf.fonts import Style
from lms.pdf.shaping import Line, shape

Align = Literal["left", "centre", "right"]

_NO_START: Final = set(")]}、。，．：；！？」』】〕〉》）］｝・ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々％")
_NO_END: Final = set("([{「『【〔〈《（［｛")
_JOINERS: Final = {"\u200d", "\u17d2", "\u1039", "\u2060"}


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one size. ``text`` is the whole text, also when the last line had to be cut."""

    text: str
    lines: tuple[Line, ...]
    size: float

    @property
    def width(self) -> float:
        return max((line.width(self.size) for line in self.lines), default=0.0)


def fit(
    text: str,
    width: float,
    *,
    size: float,
    least: float,
    lines: int,
    style: Style = "text",
    rtl: bool | None = None,
    lang: str = "",
    wrap_first: bool = False,
) -> Block:
    """Set ``text`` in ``width`` points: the largest size from ``size`` down to ``least`` that takes at most ``lines`` lines.

    Unless ``wrap_first``, one line is tried down to 70 % of ``size`` before a second is taken: a name on one line is
    worth a little size. A text too long even at ``least`` ends in an ellipsis.
    """
    rtl = is_rtl(text) if rtl is None else rtl
    whole = shape(text, style, rtl, lang)
    single = width / whole.em if whole.em else size
    if single >= (size if wrap_first else max(least, size * 0.7)):
        return Block(text, (whole,), min(size, single))
    trial = size
    while True:
        broken, parted = _wrap(text, width / trial, style, rtl, lang)
        if trial <= least or (len(broken) <= lines and not parted):
            break
        trial = max(least, trial - 0.5)
    if len(broken) > lines:
        broken = [
            *broken[: lines - 1],
            _cut(" ".join(line.text for line in broken[lines - 1 :]), width / trial, style, rtl, lang),
        ]
    return Block(text, tuple(broken), trial)


def place(
    canvas: TaggedCanvas, line: Line, x: float, y: float, size: float, colour: str, align: Align = "left"
) -> None:
    """Draw a line with its left end, middle or right end at ``x``."""
    shift = {"left": 0.0, "centre": 0.5, "right": 1.0}[align]
    canvas.text(line, x - line.width(size) * shift, y, size, colour)


def _wrap(text: str, em: float, style: Style, rtl: bool, lang: str) -> tuple[list[Line], bool]:
    """Break greedily into lines of at most ``em``, and whether a word had to be parted because it alone is too wide."""
    done: list[Line] = []
    parted = False
    current = ""
    for word in _words(text):
        if shape((current + word).rstrip(), style, rtl, lang).em <= em:
            current += word
            continue
        if current.strip():
            done.append(shape(current.rstrip(), style, rtl, lang))
        current = word
        while shape(current.rstrip(), style, rtl, lang).em > em:
            head = _head(current, em, style, rtl, lang)
            done.append(shape(head, style, rtl, lang))
            parted = parted or not _unspaced(head[-1])
            current = current[len(head) :]
    if current.strip() or not done:
        done.append(shape(current.rstrip(), style, rtl, lang))
    return done, parted


def _words(text: str) -> list[str]:
    """The pieces a line may be made of: words with the space behind them, and every wide (Chinese, Japanese) character."""
    pieces: list[str] = []
    start = 0
    for at in range(1, len(text)):
        before, after = text[at - 1], text[at]
        wide = _wide(before) or _wide(after)
        gap = (before in " -\u2013\u2014/" or before.isspace()) and not after.isspace()
        if gap or (
            wide
            and after not in _NO_START
            and before not in _NO_END
            and not after.isspace()
            and category(after)[0] != "M"
        ):
            pieces.append(text[start:at])
            start = at
    return [*pieces, text[start:]] if text else []


def _wide(char: str) -> bool:
    return east_asian_width(char) in ("W", "F") and not "\uac00" <= char <= "\ud7a3"


def _unspaced(char: str) -> bool:
    """Thai, Lao, Tibetan, Burmese and Khmer put no spaces between words; without a dictionary they part anywhere."""
    return "\u0e00" <= char <= "\u109f" or "\u1780" <= char <= "\u17ff"


def _clusters(text: str) -> list[int]:
    """Where a text may be cut without parting a letter from its marks."""
    return [
        at
        for at in range(1, len(text))
        if category(text[at])[0] != "M" and text[at] not in _JOINERS and text[at - 1] not in _JOINERS
    ]


def _head(text: str, em: float, style: Style, rtl: bool, lang: str) -> str:
    """The longest beginning that fits, at least one letter."""
    cuts = _clusters(text) or [len(text)]
    low, high = 0, len(cuts) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if shape(text[: cuts[middle]], style, rtl, lang).em <= em:
            low = middle
        else:
            high = middle - 1
    return text[: cuts[low]]


def _cut(text: str, em: float, style: Style, rtl: bool, lang: str) -> Line:
    head = _head(text, em - shape("…", style, rtl, lang).em, style, rtl, lang).rstrip()
    return shape(head + "…", style, rtl, lang)
