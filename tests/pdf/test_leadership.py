"""The leadership rollup, read back."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pikepdf
import pypdfium2

from lms.reports.pdf import (
    Attention,
    Figures,
    Lapse,
    LeadershipLabels,
    LeadershipPage,
    TrendPoint,
    leadership_pdf,
)

HIDDEN = Figures("Behavioural Health", None, None, None, None, None, None, None, None, None)
EMPTY = Figures("New division", None, 0, 0, 0, 0, 12, 0, 0, 12, lapsing=0)
REPORT = LeadershipPage(
    organisation_name="Riverside Teaching Hospital",
    language="en-US",
    as_of=date(2026, 3, 31),
    generated_at="Computed on March 31, 2026.",
    headline="86.9% of required training is in date.",
    overall=Figures(
        "Riverside Teaching Hospital", 0.869, 2112, 96, 217, 93, 221, 61, 18, 2425, change="+2", lapsing=301
    ),
    divisions=(
        Figures("Emergency", 0.731, 412, 33, 98, 20, 61, 12, 4, 543, change="−3", lapsing=77),
        HIDDEN,
        EMPTY,
    ),
    trend=tuple(TrendPoint(date(2024 + (m + 3) // 12, (m + 3) % 12 + 1, 1), 0.6 + m / 100) for m in range(24)),
    lapses=(Lapse("1 to 30 days", 122), Lapse("31 to 60 days", None)),
    attention=(Attention("Emergency Department", ("98 obligations are overdue.",), 0.731),),
    definitions=(("Rate", "compliant divided by required."),),
)


def text_of(data: bytes) -> str:
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pypdfium2.PdfDocument(data))


def test_it_shows_the_figures_it_was_given() -> None:
    text = text_of(leadership_pdf(REPORT))
    for part in (
        "As of March 31, 2026",
        "86.9% of required training is in date.",
        "2,112 of 2,425 whose training has come due; 2,425 are asked",
        "Emergency 73.1% –3 543 412 33 98 20 61 12 4 77",  # an en dash: the fonts hold no minus
        "1 to 30 days 122",
        "Emergency Department · 73.1%",
        "98 obligations are overdue.",
        "Rate: compliant divided by required.",
        "83%",
    ):
        assert part in text


def test_small_cells_are_suppressed_and_nobody_required_is_no_rate() -> None:
    text = text_of(leadership_pdf(REPORT))
    assert text.count("fewer than 11") == 9 + 1, "nine counts and a stretch; the rate is left out"
    assert "New division – – 12 0 0 0 0 12 0 0 0" in text


def test_it_is_one_page_when_it_fits_and_more_when_not() -> None:
    assert len(pypdfium2.PdfDocument(leadership_pdf(REPORT))) == 1
    many = tuple(replace(REPORT.divisions[0], name=f"Division {number}") for number in range(60))
    data = leadership_pdf(replace(REPORT, divisions=many))
    document = pypdfium2.PdfDocument(data)
    assert len(document) >= 3
    assert "Division 59" in text_of(data)
    assert text_of(data).count("In grace") == 3, "the table's headings are repeated where it goes on"
    for page in document:
        for item in page.get_objects():
            left, bottom, right, top = item.get_bounds()
            assert left >= 30 and bottom >= 20 and right <= page.get_width() - 30 and top <= page.get_height() - 20
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert [page.StructParents for page in pdf.pages] == list(range(len(document)))
        numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
        assert len(numbers) == 2 * len(document)


def test_the_table_has_headers_and_the_charts_have_words() -> None:
    with pikepdf.open(io.BytesIO(leadership_pdf(REPORT))) as pdf:
        elements = list(pdf.Root.StructTreeRoot.K.K)
        table = next(item for item in elements if item.S == "/Table")
        assert [str(cell.A.Scope) for cell in table.K[0].K] == ["/Column"] * 12
        assert [str(row.K[0].A.Scope) for row in list(table.K)[1:]] == ["/Row"] * 4
        alts = [str(item.Alt) for item in elements if item.S == "/Figure"]
        assert "60% at the start, 83% at the end" in alts[0]
        assert alts[1] == "Bar chart: 1 to 30 days: 122, 31 to 60 days: fewer than 11."


def test_nothing_to_show_says_so() -> None:
    bare = replace(REPORT, divisions=(), trend=(), lapses=(), attention=(), definitions=())
    text = text_of(leadership_pdf(bare))
    assert "Nothing lapses in the next 90 days." in text
    assert "No department needs attention." in text


def test_same_figures_same_bytes() -> None:
    first = leadership_pdf(REPORT)
    leadership_pdf(replace(REPORT, language="ar", labels=LeadershipLabels(title="الالتزام بالتدريب")))
    assert leadership_pdf(REPORT) == first
