"""A tagged page canvas on ReportLab: what is drawn belongs to a structure element or is an artifact.

ReportLab writes the file and embeds the fonts; text, tags and metadata are written here, because ReportLab knows no
tags and its shaped text sets one glyph at a time. Coordinates are points from the bottom left corner.
"""

from __future__ import annotations

import io
import zlib
from calendar import timegm
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.utils import TimeStamp
from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFObject,
    PDFObjectReference,
    PDFStream,
    PDFString,
    PDFZCompress,
)
from reportlab.pdfgen.canvas import Canvas

from lms.pdf.fonts import Face, styled
from lms.pdf.shaping import Line

MM: Final = 72 / 25.4
A4: Final = (210 * MM, 297 * MM)
LETTER: Final = (8.5 * 72, 11 * 72)

_saving = Lock()
"""ReportLab's font parser keeps a read position, and faces are shared: one thread at a time embeds them."""


@dataclass(slots=True)
class Element:
    """A node of the structure tree. ``kids`` are elements and (page index, marked content id)."""

    kind: str
    alt: str | None = None
    lang: str | None = None
    scope: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    said: list[Line] = field(default_factory=list)
    kids: list[Element | tuple[int, int]] = field(default_factory=list)


class TaggedCanvas:
    """Draw pages, then :meth:`finish`. Same calls, same bytes.

    ``title`` and ``lang`` (BCP 47) go to the file's metadata, ``made_on`` is its creation date.
    """

    def __init__(
        self, *, title: str, lang: str, size: tuple[float, float], made_on: date, author: str = "", subject: str = ""
    ) -> None:
        self.size = size
        self._canvas: Any = Canvas(
            io.BytesIO(),
            pagesize=size,
            pageCompression=1,
            pdfVersion=(1, 7),
            invariant=1,
            lang=lang,
            initialFontName=styled("text").font.fontName,  # else Helvetica is named, and never embedded
        )
        document = self._canvas._doc
        document._timeStamp = _midnight(made_on)
        document.Catalog.MarkInfo = PDFDictionary({"Marked": "true"})
        document.Catalog.Metadata = _metadata(title, author, lang, made_on)
        self._canvas.setViewerPreference("DisplayDocTitle", "true")
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setSubject(subject)
        self._canvas.setCreator("Attune")
        self._root = Element("Document")
        self._open: list[Element] = [self._root]
        self._content: str | None = None  # the marked content being written: an element's, or an artifact
        self._in_artifact = False
        self._owners: list[list[Element]] = [[]]  # for each page, the element of each marked content id
        self._said: dict[str, dict[int, str]] = {}

    @contextmanager
    def element(
        self,
        kind: str,
        *,
        alt: str | None = None,
        lang: str | None = None,
        scope: str | None = None,
        bbox: tuple[float, float, float, float] | None = None,
    ) -> Iterator[None]:
        """What is drawn inside belongs to a structure element.

        ``kind`` is ``H1``, ``P``, ``Figure`` (give ``alt``, and ``bbox`` as left, bottom, right, top), ``Table``, ``TR``,
        ``TH`` (give ``scope``: ``Row`` or ``Column``), ``TD``, ``L``, ``LI``, ``LBody`` ...
        Inside an artifact it means nothing: a table's heading repeated on the next page is decoration.
        """
        if self._in_artifact:
            yield
            return
        self._close_content()
        child = Element(kind, alt, lang, scope, bbox)
        self._open[-1].kids.append(child)
        self._open.append(child)
        yield
        self._close_content()
        self._open.pop()

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """What is drawn inside is decoration: readers skip it."""
        self._close_content()
        before, self._in_artifact = self._in_artifact, True
        yield
        self._close_content()
        self._in_artifact = before

    def write(self, *operators: str) -> None:
        """Add PDF operators to the page. ValueError outside of an element or artifact: nothing stays untagged."""
        if self._content is None:
            self._begin_content()
        self._canvas._code.extend(operators)

    def text(self, line: Line, x: float, y: float, size: float, colour: str) -> None:
        """Draw a line with its left end at ``x`` and its baseline at ``y``.

        A line whose glyphs do not say it by themselves carries its text: left to right on the glyphs, right to left only
        on the element, because readers that extract text turn such glyphs round themselves and would turn it twice.
        """
        if not line.runs:
            return
        if not self._in_artifact:
            self._open[-1].said.append(line)
        spoken = not line.plain and not line.rtl and not self._in_artifact
        operators = [f"/Span <</ActualText <{_utf16(line.text)}>>> BDC"] if spoken else []
        operators += ["BT", fill(colour)]
        for run in line.runs:
            operators += self._run(run.face, run.glyphs, x, y, size)
            x += sum(glyph.advance for glyph in run.glyphs) * size / 1000
        operators += ["ET", "EMC"] if spoken else ["ET"]
        self.write(*operators)

    def rectangle(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self.write(f"{fill(colour)} {num(x)} {num(y)} {num(width)} {num(height)} re f")

    def rule(self, x0: float, y0: float, x1: float, y1: float, width: float, colour: str) -> None:
        self.write(f"{stroke(colour)} {num(width)} w {num(x0)} {num(y0)} m {num(x1)} {num(y1)} l S")

    def stamp(self, name: str, operators: str) -> None:
        """Draw decoration that is the same in every document: compressed once for the process, once in the file."""
        document = self._canvas._doc
        if not self._canvas.hasForm(name):
            form = PDFStream(content=_compressed(operators), filters=[])
            box = PDFArray([0, 0, round(self.size[0], 3), round(self.size[1], 3)])
            kind = {
                "Type": PDFName("XObject"),
                "Subtype": PDFName("Form"),
                "BBox": box,
                "Filter": PDFName("FlateDecode"),
            }
            form.dictionary.dict.update(kind)
            document.addForm(name, form)
        self._canvas._formsinuse.append(name)
        self.write(f"/{document.getXObjectName(name)} Do")

    def new_page(self) -> None:
        """End the page and begin the next; open elements go on there."""
        self._close_content()
        self._end_page()
        self._owners.append([])

    def finish(self) -> bytes:
        """The file. The canvas cannot be used afterwards."""
        self._close_content()
        self._end_page()
        document = self._canvas._doc
        self._write_structure(document)
        document.delayedFonts = [
            _ReadableFont(font, self._said.get(font.fontName, {})) for font in document.delayedFonts
        ]
        with _saving:
            data = document.GetPDFData(self._canvas)
        return bytes(data)

    def _run(self, face: Face, glyphs: Sequence[Any], x: float, y: float, size: float) -> list[str]:
        """Show one run: glyphs at HarfBuzz's places, with a number in the array wherever the width does not lead there."""
        document, said = self._canvas._doc, self._said.setdefault(face.font.fontName, {})
        out = [f"1 0 0 1 {num(x)} {num(y)} Tm"]
        parts: list[str] = []
        pen = target = rise = 0.0
        at = 0

        def flush() -> None:
            if parts:
                out.append(f"[{''.join(parts)}] TJ")
                parts.clear()

        for subset, codes in face.font.splitString("".join(chr(glyph.code) for glyph in glyphs), document):
            flush()
            out.append(f"{face.font.getSubsetInternalName(subset, document)} {num(size)} Tf")
            for code in codes:
                glyph = glyphs[at]
                at += 1
                said.setdefault(glyph.code, glyph.text)
                if glyph.dy != rise:
                    flush()
                    rise = glyph.dy
                    out.append(f"{num(rise * size / 1000)} Ts")
                gap = target + glyph.dx - pen
                if abs(gap) >= 0.5:
                    parts.append(num(-gap))
                    pen += gap
                parts.append(f"<{code:02x}>")
                pen += face.width(glyph.code)
                target += glyph.advance
        flush()
        if rise:
            out.append("0 Ts")
        return out

    def _begin_content(self) -> None:
        if self._in_artifact:
            self._content = "/Artifact BMC"
        elif len(self._open) > 1:
            page, element = len(self._owners) - 1, self._open[-1]
            mcid = len(self._owners[page])
            self._owners[page].append(element)
            element.kids.append((page, mcid))
            self._content = f"/{element.kind} <</MCID {mcid}>> BDC"
        else:
            raise ValueError("drawn outside of an element or artifact: say what it is")
        self._canvas._code.append(self._content)

    def _close_content(self) -> None:
        if self._content is not None:
            self._canvas._code.append("EMC")
            self._content = None

    def _end_page(self) -> None:
        name = self._canvas._doc.thisPageName()
        self._canvas.showPage()
        page = self._canvas._doc.idToObject[name]
        page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
        page.StructParents = len(self._owners) - 1
        page.Tabs = PDFName("S")
        # Not ReportLab's own stream: that one is also written as ASCII, slowly.
        page.Contents = PDFStream(content=page.stream, filters=[PDFZCompress])

    def _write_structure(self, document: Any) -> None:
        names: dict[int, str] = {}
        root_ref = document.Reference(root := _Ready(), "StructTreeRoot")
        top = self._write_element(document, self._root, "StructTreeRoot", names)
        parents = []
        for page, owners in enumerate(self._owners):
            document.Reference(
                _Ready("[", *(PDFObjectReference(names[id(owner)]) for owner in owners), "]"), f"Parents{page}"
            )
            parents += [str(page), PDFObjectReference(f"Parents{page}")]
        root.parts = (
            "<</Type /StructTreeRoot /K", top, f"/ParentTreeNextKey {len(self._owners)} /ParentTree <</Nums [", *parents, "]>>>>",
        )  # fmt: skip
        document.Catalog.StructTreeRoot = root_ref

    def _write_element(self, document: Any, element: Element, parent: str, names: dict[int, str]) -> Any:
        names[id(element)] = name = f"Element{len(names)}"
        document.Reference(node := _Ready(), name)
        kids: list[str | PDFObject] = []
        for kid in element.kids:
            if isinstance(kid, Element):
                kids.append(self._write_element(document, kid, name, names))
            else:
                kids += ["<</Type /MCR /Pg", PDFObjectReference(f"Page{kid[0] + 1}"), f"/MCID {kid[1]}>>"]
        parts: list[str | PDFObject] = [
            f"<</Type /StructElem /S /{element.kind} /P",
            PDFObjectReference(parent),
            "/K [",
            *kids,
            "]",
        ]
        if element.alt is not None:
            parts += ["/Alt", PDFString(element.alt)]
        if element.lang is not None:
            parts += ["/Lang", PDFString(element.lang)]
        if any(not line.plain for line in element.said):
            parts += ["/ActualText", PDFString(" ".join(line.text for line in element.said))]
        if element.scope is not None:
            parts.append(f"/A <</O /Table /Scope /{element.scope}>>")
        if element.bbox is not None:
            box = " ".join(num(edge) for edge in element.bbox)
            parts.append(f"/A <</O /Layout /BBox [{box}] /Placement /Block>>")
        node.parts = (*parts, ">>")
        return PDFObjectReference(name)


class _Ready(PDFObject):
    """An object in PDF's own syntax. A page has some twenty elements, and ReportLab's dictionaries, which check and sort
    every key, took a tenth of the time of a certificate."""

    def __init__(self, *parts: str | PDFObject) -> None:
        self.parts = parts

    def format(self, document: Any) -> bytes:
        return b" ".join(
            part.encode("ascii") if isinstance(part, str) else part.format(document) for part in self.parts
        )


class _ReadableFont:
    """Stands in for a ReportLab font while the file is written: tells readers the text of every glyph."""

    def __init__(self, font: Any, said: dict[int, str]) -> None:
        self._font, self._said = font, said

    def addObjects(self, document: Any) -> None:
        subsets = list(self._font.state[document].subsets)
        names = [self._font.getSubsetInternalName(at, document)[1:] for at in range(len(subsets))]
        known = set(document.idToObject)
        self._font.addObjects(document)
        maps = [name for name in document.idToObject if name not in known and name.startswith("toUnicodeCMap:")]
        for name, subset in zip(maps, subsets, strict=True):
            document.idToObject[name].content = _unicode_map(subset, self._said)
        for name, subset in zip(names, subsets, strict=True):
            widths = " ".join(num(self._font.face.getCharWidth(code)) for code in subset)
            document.idToObject[name].Widths = _Ready(f"[ {widths} ]")


def _unicode_map(subset: Sequence[int], said: dict[int, str]) -> str:
    """A ToUnicode CMap: code in the subset -> text. A glyph inside a cluster says nothing by itself: a zero-width space."""
    told = [said.get(code, chr(code) if code < 0xF0000 else "") for code in subset]
    rows = [f"<{at:02X}> <{_utf16(text or chr(0x200B), mark=False)}>" for at, text in enumerate(told)]
    blocks = [rows[at : at + 100] for at in range(0, len(rows), 100)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <00> <FF> endcodespacerange",
            *(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    )


@lru_cache(maxsize=16)
def _compressed(operators: str) -> bytes:
    return zlib.compress(operators.encode("ascii"), 9)


def num(value: float) -> str:
    """A number as PDF writes it: at most three decimals, no exponent, no trailing zeros."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@lru_cache(maxsize=256)
def _rgb(colour: str) -> str:
    return " ".join(num(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))


def fill(colour: str) -> str:
    """The operator that fills with ``#rrggbb`` from here on."""
    return f"{_rgb(colour)} rg"


def stroke(colour: str) -> str:
    """The operator that strokes with ``#rrggbb`` from here on."""
    return f"{_rgb(colour)} RG"


@lru_cache(maxsize=4096)
def _utf16(text: str, *, mark: bool = True) -> str:
    return ("FEFF" if mark else "") + text.encode("utf-16-be", "replace").hex().upper()


def _midnight(day: date) -> Any:
    stamp = TimeStamp(True)
    stamp.lt = (day.year, day.month, day.day, 0, 0, 0, day.weekday(), day.timetuple().tm_yday, 0)
    stamp.t = float(timegm(stamp.lt))
    stamp.YMDhms = stamp.lt[:6]
    return stamp


def _metadata(title: str, author: str, lang: str, made_on: date) -> Any:
    """XMP: the title that readers show, and the claim of PDF/UA-1."""
    creator = f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>" if author else ""
    packet = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">'
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>{creator}'
        f"<dc:language><rdf:Bag><rdf:li>{escape(lang)}</rdf:li></rdf:Bag></dc:language>"
        f"<xmp:CreateDate>{made_on.isoformat()}T00:00:00Z</xmp:CreateDate><pdfuaid:part>1</pdfuaid:part>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )
    stream = PDFStream(content=packet.encode("utf-8"), filters=[])
    stream.dictionary["Type"] = PDFName("Metadata")
    stream.dictionary["Subtype"] = PDFName("XML")
    return stream
