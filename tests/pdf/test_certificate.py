"""The certificate, read back the way a reader, a screen reader and a printer would."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pikepdf
import pypdfium2
import pytest

from lms.certificates.pdf import CertificateFields, CertificateLabels, certificate_pdf
from lms.pdf.qr import modules
from tests.pdf.test_scripts import NAMES

FIELDS = CertificateFields(
    number="AT-2026-004711",
    person_name="Zoë Nguyễn-Łukasiewicz",
    person_identifier="E10482",
    course_title="Working with qualified interpreters",
    course_code="LA-101",
    course_version="3",
    language="en-US",
    completed_on=date(2026, 3, 14),
    issued_on=date(2026, 3, 15),
    valid_until=date(2027, 3, 14),
    minutes=45,
    contact_hours=Decimal("0.75"),
    score=Decimal(92),
    pass_mark=Decimal(80),
    organisation_name="Riverside Teaching Hospital",
    verify_url="https://learn.riverside.example/verify/AT-2026-004711-K7QF",
)
ARABIC = replace(
    FIELDS,
    language="ar",
    course_title="العمل مع المترجمين المؤهلين",
    person_name=NAMES["arabic"],
    labels=CertificateLabels(heading="شهادة إتمام", completed_on="تاريخ الإتمام"),
)


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    assert len(document) == 1
    return " ".join(document[0].get_textpage().get_text_range().split())


def test_it_says_what_was_certified() -> None:
    text = text_of(certificate_pdf(FIELDS))
    for part in (
        "Riverside Teaching Hospital",
        "Certificate of completion",
        "Zoë Nguyễn-Łukasiewicz",
        "Staff ID E10482",
        "Working with qualified interpreters",
        "LA-101, version 3",
        "March 14, 2026",
        "Valid until March 14, 2027",
        "45 min",
        "0.75 contact hours",
        "92%",
        "pass mark 80%",
        "Certificate AT-2026-004711",
        "Issued on March 15, 2026",
        "learn.riverside.example/verify/AT-2026-004711-K7QF",
    ):
        assert part in text


def test_what_does_not_apply_is_left_out() -> None:
    bare = replace(FIELDS, person_identifier=None, valid_until=None, score=None, pass_mark=None)
    text = text_of(certificate_pdf(bare))
    assert "No expiry date" in text
    assert "Score" not in text
    assert "Staff ID" not in text
    assert "Replaces" not in text
    assert "Replaces certificate AT-2026-000001" in text_of(
        certificate_pdf(replace(bare, superseded_number="AT-2026-000001"))
    )


def test_dates_and_words_are_in_the_language_of_the_document() -> None:
    german = replace(FIELDS, language="de-DE", labels=CertificateLabels(heading="Teilnahmebescheinigung"))
    text = text_of(certificate_pdf(german))
    assert "Teilnahmebescheinigung" in text
    assert "14. März 2026" in text
    assert "0,75" in text
    text_of(certificate_pdf(replace(FIELDS, language="tlh")))  # a language without a locale still gets its certificate


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_any_name_is_readable(name: str) -> None:
    assert name in text_of(certificate_pdf(replace(FIELDS, person_name=name)))


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("name", ["Maximiliana Featherstonehaugh " * 4, "W" * 120, "王" * 120, "محمد عبد الرحمن " * 8])
def test_a_name_of_120_characters_stays_inside_the_frame(name: str, paper: str) -> None:
    long = replace(FIELDS, person_name=name[:120].strip(), course_title="Culturally appropriate services " * 6)
    data = certificate_pdf(long, paper="Letter" if paper == "Letter" else "A4")
    page = pypdfium2.PdfDocument(data)[0]
    width, height = page.get_size()
    assert (round(width), round(height)) == ((792, 612) if paper == "Letter" else (842, 595))
    frame = 41.0
    texts = [item for item in page.get_objects() if item.type == pypdfium2.raw.FPDF_PAGEOBJ_TEXT]
    assert texts
    for item in texts:
        left, bottom, right, top = item.get_bounds()
        assert left >= frame and bottom >= frame and right <= width - frame and top <= height - frame


@pytest.mark.parametrize(
    "name", ["Ana Lucía Fernández-O’Brien de la Santísima Trinidad y Todos los Santos", "Ågot " * 24]
)
def test_a_name_on_two_lines_touches_nothing(name: str) -> None:
    page = pypdfium2.PdfDocument(certificate_pdf(replace(FIELDS, person_name=name.strip())))[0]
    boxes = [item.get_bounds() for item in page.get_objects() if item.type == pypdfium2.raw.FPDF_PAGEOBJ_TEXT]
    height, mm = page.get_size()[1], 72 / 25.4
    low, high = height - 86.5 * mm, height - 61 * mm
    lines = [box for box in boxes if abs((box[1] + box[3]) - (low + high)) < 60]
    assert lines and all(low <= box[1] and box[3] <= high for box in lines), (
        "between the words above and the rule below"
    )


def test_every_font_is_embedded() -> None:
    with pikepdf.open(io.BytesIO(certificate_pdf(ARABIC))) as document:
        fonts = [
            item for item in document.objects if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font"
        ]
        assert fonts
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)


def test_it_is_tagged_titled_and_in_its_language() -> None:
    with pikepdf.open(io.BytesIO(certificate_pdf(ARABIC))) as document:
        root, page = document.Root, document.pages[0]
        assert root.MarkInfo.Marked
        assert str(root.Lang) == "ar"
        assert root.ViewerPreferences.DisplayDocTitle
        assert page.StructParents == 0
        assert b"<pdfuaid:part>1</pdfuaid:part>" in root.Metadata.read_bytes()
        elements = list(root.StructTreeRoot.K.K)
        assert [str(item.S) for item in elements].count("/H1") == 1
        figure = next(item for item in elements if item.S == "/Figure")
        assert FIELDS.verify_url in str(figure.Alt)
        assert NAMES["arabic"] in {str(item.get("/ActualText", "")) for item in elements}
        parents = root.StructTreeRoot.ParentTree.Nums[1]
        assert len(parents) == len(elements)
        assert str(document.docinfo["/CreationDate"]).startswith("D:20260315")


def test_everything_drawn_is_tagged_or_an_artifact() -> None:
    with pikepdf.open(io.BytesIO(certificate_pdf(FIELDS))) as document:
        depth = 0
        for operands, operator in pikepdf.parse_content_stream(document.pages[0]):
            name = str(operator)
            depth += (name in ("BDC", "BMC")) - (name == "EMC")
            if name in ("TJ", "Tj", "S", "f", "re", "l", "c"):
                assert depth > 0, f"{name} {operands} is outside of marked content"
        assert depth == 0


def test_the_qr_code_is_the_verification_address() -> None:
    """The dark squares on the page are exactly those of the code: rendered, then sampled in the middle of each module."""
    rows = modules(FIELDS.verify_url)
    page = pypdfium2.PdfDocument(certificate_pdf(FIELDS))[0]
    with pikepdf.open(io.BytesIO(certificate_pdf(FIELDS))) as document:
        figure = next(item for item in document.Root.StructTreeRoot.K.K if item.S == "/Figure")
        left, bottom, right, _top = (float(edge) for edge in figure.A.BBox)
    scale = 6
    image = page.render(scale=scale).to_pil().convert("L")
    unit = (right - left) / len(rows)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            across = (left + (x + 0.5) * unit) * scale
            down = image.height - (bottom + (len(rows) - y - 0.5) * unit) * scale
            assert (image.getpixel((round(across), round(down))) < 128) == bool(dark)


def test_same_input_same_bytes_whatever_was_made_before() -> None:
    first = certificate_pdf(FIELDS)
    certificate_pdf(ARABIC)
    certificate_pdf(replace(FIELDS, person_name=NAMES["hindi"]))
    assert certificate_pdf(FIELDS) == first
    assert certificate_pdf(replace(FIELDS, number="AT-2026-004712")) != first


def test_a_hostile_name_is_only_text() -> None:
    name = "A) Tj ET <script> & \\ % \x00\u202e Q"
    text = text_of(certificate_pdf(replace(FIELDS, person_name=name, course_title="a < b & c > d")))
    assert re.search(r"A\) Tj ET <script> & \\ %", text)
    text_of(certificate_pdf(replace(FIELDS, person_name="")))
