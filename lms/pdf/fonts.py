"""The fonts in ``lms/pdf/fonts``, and which of them draws a character.

Each file is read from disk when a text first needs it, so a Latin certificate never pays for the Chinese font.
"""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal

import uharfbuzz
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT_FOLDER: Final = Path(__file__).parent / "fonts"

Style = Literal["text", "bold", "display"]
"""``text`` and ``bold`` are a sans, ``display`` a serif for large sizes. Scripts other than Latin, Greek and Cyrillic
have one face each, used for all three."""

_STYLES: Final[dict[Style, str]] = {
    "text": "NotoSans-Regular",
    "bold": "NotoSans-Bold",
    "display": "NotoSerifDisplay-Regular",
}

_HAN: Final = "NotoSansSC-Regular"
_HANGUL: Final = "NotoSansKR-Regular"
_ARABIC: Final = "NotoNaskhArabic-Regular"
_BLOCKS: Final[tuple[tuple[int, int, str], ...]] = (
    (0x0530, 0x058F, "NotoSansArmenian-Regular"),
    (0x0590, 0x05FF, "NotoSansHebrew-Regular"),
    (0x0600, 0x06FF, _ARABIC),
    (0x0700, 0x074F, "NotoSansSyriac-Regular"),
    (0x0750, 0x077F, _ARABIC),
    (0x0780, 0x07BF, "NotoSansThaana-Regular"),
    (0x07C0, 0x07FF, "NotoSansNKo-Regular"),
    (0x08A0, 0x08FF, _ARABIC),
    (0x0900, 0x097F, "NotoSansDevanagari-Regular"),
    (0x0980, 0x09FF, "NotoSansBengali-Regular"),
    (0x0A00, 0x0A7F, "NotoSansGurmukhi-Regular"),
    (0x0A80, 0x0AFF, "NotoSansGujarati-Regular"),
    (0x0B00, 0x0B7F, "NotoSansOriya-Regular"),
    (0x0B80, 0x0BFF, "NotoSansTamil-Regular"),
    (0x0C00, 0x0C7F, "NotoSansTelugu-Regular"),
    (0x0C80, 0x0CFF, "NotoSansKannada-Regular"),
    (0x0D00, 0x0D7F, "NotoSansMalayalam-Regular"),
    (0x0D80, 0x0DFF, "NotoSansSinhala-Regular"),
    (0x0E00, 0x0E7F, "NotoSansThai-Regular"),
    (0x0E80, 0x0EFF, "NotoSansLao-Regular"),
    (0x0F00, 0x0FFF, "NotoSerifTibetan-Regular"),
    (0x1000, 0x109F, "NotoSansMyanmar-Regular"),
    (0x10A0, 0x10FF, "NotoSansGeorgian-Regular"),
    (0x1100, 0x11FF, _HANGUL),
    (0x1200, 0x139F, "NotoSansEthiopic-Regular"),
    (0x13A0, 0x13FF, "NotoSansCherokee-Regular"),
    (0x1400, 0x167F, "NotoSansCanadianAboriginal-Regular"),
    (0x1780, 0x17FF, "NotoSansKhmer-Regular"),
    (0x18B0, 0x18FF, "NotoSansCanadianAboriginal-Regular"),
    (0x19E0, 0x19FF, "NotoSansKhmer-Regular"),
    (0x1C90, 0x1CBF, "NotoSansGeorgian-Regular"),
    (0x2D00, 0x2D2F, "NotoSansGeorgian-Regular"),
    (0x2D30, 0x2D7F, "NotoSansTifinagh-Regular"),
    (0x2D80, 0x2DDF, "NotoSansEthiopic-Regular"),
    (0x2E80, 0x312F, _HAN),
    (0x3130, 0x318F, _HANGUL),
    (0x3190, 0x9FFF, _HAN),
    (0xA8E0, 0xA8FF, "NotoSansDevanagari-Regular"),
    (0xA9E0, 0xA9FF, "NotoSansMyanmar-Regular"),
    (0xAA60, 0xAA7F, "NotoSansMyanmar-Regular"),
    (0xAB00, 0xAB2F, "NotoSansEthiopic-Regular"),
    (0xAB70, 0xABBF, "NotoSansCherokee-Regular"),
    (0xAC00, 0xD7FF, _HANGUL),
    (0xF900, 0xFAFF, _HAN),
    (0xFB13, 0xFB17, "NotoSansArmenian-Regular"),
    (0xFB1D, 0xFB4F, "NotoSansHebrew-Regular"),
    (0xFB50, 0xFDFF, _ARABIC),
    (0xFE70, 0xFEFF, _ARABIC),
    (0xFF00, 0xFFEF, _HAN),
    (0x10D00, 0x10D3F, "NotoSansHanifiRohingya-Regular"),
    (0x16B00, 0x16B8F, "NotoSansPahawhHmong-Regular"),
    (0x1E900, 0x1E95F, "NotoSansAdlam-Regular"),
    (0x20000, 0x323AF, _HAN),
)
_BLOCK_STARTS: Final = [start for start, _, _ in _BLOCKS]

_GLYPH_CODES: Final = 0xF0000
"""A glyph that no single character maps to (a ligature, a joined form) is known to ReportLab as this plus its id."""


class Face:
    """One font file: ReportLab embeds it, HarfBuzz shapes with it. Get one from :func:`face`."""

    def __init__(self, name: str) -> None:
        path = FONT_FOLDER / f"{name}.ttf"
        self.name = name
        self.font: Any = TTFont(name, str(path), asciiReadable=False)
        pdfmetrics.registerFont(self.font)
        hb_face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
        self.hb_font: Any = uharfbuzz.Font(hb_face)
        self.units: int = hb_face.upem
        self._glyphs: dict[int, int] = self.font.face.charToGlyph
        self._widths: dict[int, float] = self.font.face.charWidths

    def covers(self, char: str) -> bool:
        code = ord(char)
        return code < _GLYPH_CODES and code in self._glyphs

    def code(self, glyph: int, char: str) -> int:
        """The code ReportLab draws ``glyph`` by: that of ``char`` when the font maps it there, else one made from the id.

        Made from the id and not counted up, so that a document does not depend on those made before it.
        """
        if self._glyphs.get(ord(char)) == glyph and char != "\u00a0":
            return ord(char)
        code = _GLYPH_CODES + glyph
        if code not in self._glyphs:
            self._widths[code] = self.hb_font.get_glyph_h_advance(glyph) * 1000 / self.units
            self._glyphs[code] = glyph
        return code

    def width(self, code: int) -> float:
        """The advance written into the PDF for this code, in thousandths of the size."""
        return self._widths[code]


_loaded: dict[str, Face] = {}
_loading = Lock()


def face(name: str) -> Face:
    """The face of ``fonts/<name>.ttf``, read on first use. FileNotFoundError or TTFError mean a broken installation."""
    if name not in _loaded:
        with _loading:
            if name not in _loaded:
                _loaded[name] = Face(name)
    return _loaded[name]


def styled(style: Style) -> Face:
    return face(_STYLES[style])


def face_for(char: str, preferred: Face) -> Face:
    """``preferred`` if it has the character, else the face of the character's block, else ``preferred`` (a box)."""
    if preferred.covers(char):
        return preferred
    at = bisect_right(_BLOCK_STARTS, ord(char)) - 1
    if at >= 0 and ord(char) <= _BLOCKS[at][1]:
        candidate = face(_BLOCKS[at][2])
        if candidate.covers(char):
            return candidate
    sans = styled("text")
    return sans if sans.covers(char) else preferred
