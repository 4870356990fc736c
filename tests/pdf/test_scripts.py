"""Text in many scripts, drawn and read back."""

from __future__ import annotations

import io
from datetime import date

import pikepdf
import pypdfium2
import pytest
from bidi import get_display
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.pdf.bidi import levels, visual_order
from lms.pdf.canvas import TaggedCanvas
from lms.pdf.fonts import face_for, styled
from lms.pdf.layout import fit, place
from lms.pdf.shaping import shape

NAMES = {
    "vietnamese": "Nguyễn Thị Ánh Nguyệt",
    "polish": "Łucja Źdźbło-Święcka",
    "greek": "Ελένη Παπαδοπούλου",
    "ukrainian": "Олександр Їжакевич",
    "arabic": "محمد عبد الرحمن",
    "persian": "پروین گلچین",
    "urdu": "ڈاکٹر فاطمہ",
    "hebrew": "נועה בן־דוד",
    "hindi": "क्षितिज श्रीवास्तव",
    "bengali": "শ্রাবন্তী চক্রবর্তী",
    "punjabi": "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ",
    "tamil": "தமிழ்ச்செல்வி",
    "thai": "ณัฐพงศ์ ที่ปรึกษา",
    "lao": "ສົມສັກ ວົງ",
    "khmer": "សុខ វិញ្ញាបនបត្រ",
    "burmese": "မြင့်မြင့်",
    "amharic": "መስከረም ኃይለ",
    "armenian": "Արամ Խաչատրյան",
    "georgian": "ნინო ბერიძე",
    "chinese": "王小明 陳大文",
    "japanese": "田中さくら",
    "korean": "김민수",
}


def draw(text: str) -> bytes:
    canvas = TaggedCanvas(title="Names", lang="en", size=(600, 200), made_on=date(2026, 3, 14))
    with canvas.element("P"):
        place(canvas, shape(text), 300, 100, 20, "#000000", "centre")
    return canvas.finish()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_every_script_has_glyphs_and_reads_back(name: str) -> None:
    assert all(face_for(char, styled("text")).covers(char) for char in name if char != "\u200d")
    line = shape(name)
    assert all(glyph.code != 0xF0000 for run in line.runs for glyph in run.glyphs), "a box instead of a letter"
    page = pypdfium2.PdfDocument(draw(name))[0]
    assert page.get_textpage().get_text_range().strip() == name


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_every_font_is_embedded_and_maps_to_unicode(name: str) -> None:
    with pikepdf.open(io.BytesIO(draw(name))) as document:
        fonts = document.pages[0].Resources.Font
        assert len(fonts) >= 1
        for key in fonts.keys():  # noqa: SIM118 -- a pikepdf dictionary
            assert "/FontFile2" in fonts[key].FontDescriptor
            assert "/ToUnicode" in fonts[key]


def test_a_latin_text_reads_no_other_font() -> None:
    line = shape("Zoë Łukasiewicz", "text")
    assert {run.face.name for run in line.runs} == {"NotoSans-Regular"}


def test_arabic_letters_join() -> None:
    alone = sum(shape(letter).em for letter in "محمد")
    assert shape("محمد").em < alone
    assert all(glyph.code >= 0xF0000 for run in shape("محمد").runs for glyph in run.glyphs[1:-1])


def test_brackets_around_latin_in_arabic_are_mirrored_and_not_moved() -> None:
    text = "شهادة (CLAS) 2026"
    assert levels(text, True)[text.index("(")] == 1
    assert levels(text, True)[text.index("C")] == 2
    assert levels(text, True)[text.index("2")] == 2
    drawn = [glyph for run in shape(text, "text", True).runs for glyph in run.glyphs]
    opening = next(glyph for glyph in drawn if glyph.text == "(")
    closing_glyph = styled("text").font.face.charToGlyph[ord(")")]
    assert opening.code == 0xF0000 + closing_glyph, "an opening bracket read right to left looks like a closing one"


UNMIRROR = str.maketrans(")]", "([")
"""The other implementation may turn brackets round; only the order is compared."""

# Examples worked by hand from the rules of UAX #9: (text, right to left, levels).
BIDI = [
    ("abc", False, "000"),
    ("abc אבג", False, "0000111"),
    ("אבג abc", True, "1111222"),
    ("אב 12", False, "11122"),
    ("ab 12", True, "22222"),
    ("12 אב", True, "22111"),
    ("١٢ ab", False, "22000"),
    ("אב(c)ד", True, "111211"),
    ("a(אב)c", False, "001100"),
    ("אב (ab) ", False, "11000000"),
    ("א 10%", True, "11222"),
    ("א 1,234.5", True, "112222222"),
    ("م 5", True, "112"),
]


@pytest.mark.parametrize(("text", "rtl", "expected"), BIDI)
def test_levels_follow_the_bidirectional_algorithm(text: str, rtl: bool, expected: str) -> None:
    assert "".join(map(str, levels(text, rtl))) == expected


def test_runs_are_reordered_level_by_level() -> None:
    assert visual_order([0, 1, 2, 1, 0]) == [0, 3, 2, 1, 4]
    assert visual_order([1, 2, 1]) == [2, 1, 0]
    assert visual_order([]) == []


def test_what_was_drawn_before_does_not_change_a_document() -> None:
    first = draw(NAMES["hindi"])
    draw("क्षत्रिय ज्ञानेश्वर श्री प्रमाणपत्र")
    assert draw(NAMES["hindi"]) == first


def test_nothing_is_drawn_untagged() -> None:
    canvas = TaggedCanvas(title="x", lang="en", size=(100, 100), made_on=date(2026, 1, 1))
    with pytest.raises(ValueError, match="outside of an element"):
        canvas.rectangle(0, 0, 1, 1, "#000000")


@pytest.mark.parametrize("text", ["word " * 60, "x" * 400, "王" * 300, "ที่ปรึกษา" * 40, "محمد " * 60])
def test_a_block_never_leaves_its_box(text: str) -> None:
    block = fit(text, 200, size=20, least=8, lines=3)
    assert len(block.lines) <= 3
    assert block.width <= 200.01


def test_a_word_is_shrunk_before_it_is_parted() -> None:
    block = fit("Compliant", 38, size=9, least=5, lines=2, wrap_first=True)
    assert [line.text for line in block.lines] == ["Compliant"]
    assert 5 <= block.size < 9


@given(
    st.text("abאבمع12٣٤ ,.:/+-%€()[]«!", max_size=14),
    st.booleans(),
)
@settings(max_examples=600, deadline=None)
def test_the_order_is_that_of_another_implementation(text: str, rtl: bool) -> None:
    ours = "".join(text[at] for at in visual_order(levels(text, rtl)))
    theirs = get_display(text, base_dir="R" if rtl else "L")
    assert ours.translate(UNMIRROR) == theirs.translate(UNMIRROR)
