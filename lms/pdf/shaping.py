"""From a line of text to glyphs from left to right: directions, a font for each character, HarfBuzz.

Shaping does not depend on the size, so a :class:`Line` is measured in ems and drawn at any size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from unicodedata import category

import uharfbuzz

from lms.pdf.bidi import is_rtl, levels, visual_order
from lms.pdf.fonts import Face, Style, face_for, styled

_MARKS: Final = {"Mn", "Mc", "Me", "Cf"}
_SPACES: Final = {" ", "\u00a0", "\u202f", "\u2009"}


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph. Lengths are thousandths of the size. ``text`` is what it stands for, empty in the rest of a cluster."""

    code: int
    advance: float
    dx: float
    dy: float
    text: str


@dataclass(frozen=True, slots=True)
class Run:
    face: Face
    glyphs: tuple[Glyph, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A shaped line. ``plain`` when the glyphs read in the order of the text and say it by themselves; ``rtl`` when a part
    of it runs right to left."""

    text: str
    runs: tuple[Run, ...]
    em: float
    plain: bool
    rtl: bool

    def width(self, size: float) -> float:
        """In points, at ``size`` points."""
        return self.em * size


@lru_cache(maxsize=4096)
def shape(text: str, style: Style = "text", rtl: bool | None = None, lang: str = "") -> Line:
    """Shape one line. ``rtl`` is the direction of the line, None to go by its first strong character.

    ``lang`` is a BCP 47 tag; it picks forms that differ between languages of one script. Control characters are
    dropped, any white space becomes a space.
    """
    clean = "".join(" " if char.isspace() and char != "\u00a0" else char for char in text)
    clean = "".join(char for char in clean if category(char) not in ("Cc", "Cs", "Co"))
    pieces = list(_pieces(clean, styled(style), is_rtl(clean) if rtl is None else rtl))
    runs = [_shape_piece(clean[start:end], face, level, lang) for level, face, start, end in pieces]
    ordered = tuple(runs[at] for at in visual_order([piece[0] for piece in pieces]))
    turned = any(piece[0] % 2 for piece in pieces)
    plain = not turned and all(
        len(glyph.text) == 1 and glyph.code == ord(glyph.text) for run in ordered for glyph in run.glyphs
    )
    em = sum(glyph.advance for run in ordered for glyph in run.glyphs) / 1000
    return Line(clean, ordered, em, plain, turned)


def _pieces(text: str, preferred: Face, rtl: bool) -> Iterator[tuple[int, Face, int, int]]:
    """Stretches of one level and one face, in logical order: (level, face, start, end)."""
    level_of = levels(text, rtl)
    start, current = 0, preferred
    for at, char in enumerate(text):
        chosen = _face(char, current, preferred, first=at == 0)
        if at and (chosen is not current or level_of[at] != level_of[at - 1]):
            yield level_of[start], current, start, at
            start = at
        current = chosen
    if text:
        yield level_of[start], current, start, len(text)


def _face(char: str, current: Face, preferred: Face, *, first: bool) -> Face:
    """Marks, joiners and spaces stay with the letters before them, so that a word is shaped as a whole."""
    stays = char in _SPACES or category(char) in _MARKS
    if not first and stays and (current.covers(char) or category(char) == "Cf"):
        return current
    return face_for(char, preferred)


def _shape_piece(text: str, face: Face, level: int, lang: str) -> Run:
    buffer = uharfbuzz.Buffer()
    buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_GRAPHEMES
    buffer.add_str(text)
    buffer.direction = "rtl" if level % 2 else "ltr"
    buffer.language = lang or "und"  # never HarfBuzz's own default, which is the machine's locale
    buffer.guess_segment_properties()
    uharfbuzz.shape(face.hb_font, buffer, None)
    infos, positions = buffer.glyph_infos, buffer.glyph_positions
    starts = sorted({info.cluster for info in infos})
    cluster_end = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    scale = 1000 / face.units
    glyphs, told = [], set()
    for info, position in zip(infos, positions, strict=True):
        said = "" if info.cluster in told else text[info.cluster : cluster_end[info.cluster]]
        told.add(info.cluster)
        code = face.code(info.codepoint, said if len(said) == 1 else "\u00a0")
        advance, dx, dy = position.x_advance * scale, position.x_offset * scale, position.y_offset * scale
        glyphs.append(Glyph(code, advance, dx, dy, said))
    return Run(face, tuple(glyphs))
