"""Lessons come out as clean, accessible HTML, and nothing an author writes can run."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.catalogue.markdown import Labels, Notes, inspect, render, render_inline

KNOWN = set(
    re.findall(r"\w+", "p br hr strong em s code pre blockquote ul ol li a img table thead tbody tr th td div sup")
)
KNOWN |= {f"h{level}" for level in range(2, 7)}


def shown(markdown: str, top: int = 2) -> str:
    return str(render(markdown, media_url=lambda name: f"/media/7/{name}", cite=Notes(), top=top))


def test_citations_are_numbered_in_order_and_the_notes_know_them() -> None:
    notes = Notes()
    first = render("A [@b-1] and [@a; @b-1].", media_url=str, cite=notes, labels=Labels(source="Fuente %(number)d"))
    render("Later [@c].", media_url=str, cite=notes)
    assert notes.used == ["b-1", "a", "c"]
    assert first.count('href="#source-b-1"') == 2
    assert 'aria-label="Fuente 2"' in first
    assert ">1</a>" in first


def test_headings_begin_at_the_level_the_page_needs() -> None:
    assert "<h2>A</h2>" in shown("## A")
    assert "<h2>A</h2>" in shown("# A")
    assert "<h3>A</h3>" in shown("## A", top=3)
    assert "<h6>A</h6>" in shown("###### A", top=4)


def test_a_picture_has_its_description_and_loads_late() -> None:
    html = shown('![A "quoted" cup](media/cup.svg)')
    assert 'src="/media/7/cup.svg"' in html
    assert 'alt="A &quot;quoted&quot; cup"' in html
    assert 'loading="lazy"' in html


def test_a_picture_from_elsewhere_is_not_loaded() -> None:
    assert "<img" not in shown("![x](https://example.org/x.png)")


def test_each_table_is_a_region_with_a_name_of_its_own() -> None:
    table = "| a | b |\n|---|--:|\n| 1 | 2 |\n"
    html = shown(f"## Laws\n\n{table}\n{table}")
    assert re.findall(r'role="region" aria-label="([^"]+)" tabindex="0"', html) == ["Laws", "Laws (2)"]
    assert '<th scope="col" class="align-right">' in html
    assert "style=" not in html


@pytest.mark.parametrize("name", ["try", "example", "say", "note"])
def test_boxes_have_a_title(name: str) -> None:
    html = shown(f"::: {name}\nHello\n:::\n")
    assert f'<div class="box box-{name}">' in html
    assert f'<p class="box-title">{Labels().box(name)}</p>' in html


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "![x](javascript:alert(1))",
        "<style>*{}</style>",
        '<a href="https://example.org" style="x">x</a>',
        '<https://example.org/" onmouseover=alert(1)>',
    ],
)
def test_nothing_runs(evil: str) -> None:
    for html in (shown(evil), str(render_inline(evil, media_url=str, cite=Notes()))):
        assert not re.search(r"<(script|style|img)\b", html)
        assert not re.search(r"<[^>]*\b(on\w+|style)=", html)
        assert not re.search(r"(href|src)=\"?(javascript|data)", html)


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="<>&\"'`[](){}!@:;#-=/\\* \nabcscriptonerrorjavascript", max_size=200))
def test_whatever_is_written_only_known_tags_come_out(text: str) -> None:
    html = shown(text) + str(render_inline(text, media_url=str, cite=Notes()))
    tags = set(re.findall(r"<([a-zA-Z][a-zA-Z0-9]*)", html))
    assert tags <= KNOWN
    assert not re.search(r"<[^>]*\son\w+\s*=", html)
    inspect(text)


def test_inline_text_has_no_blocks() -> None:
    html = str(render_inline('"**Tell** me." [@a]', media_url=str, cite=Notes()))
    assert "<p>" not in html
    assert "<strong>Tell</strong>" in html


def test_a_text_rendered_before_is_rendered_for_the_page_it_is_on() -> None:
    text = "Said [@b] and ![A ward](media/ward.png) and [@a]."

    def shown(notes: Notes, folder: str) -> str:
        return render(text, media_url=lambda name: f"/{folder}/{name}", cite=notes)

    first, other = Notes(), Notes(["a"])
    once = shown(first, "one")
    assert shown(again := Notes(), "one") == once and again.used == first.used == ["b", "a"]
    assert ">1</a>" in once.partition("ward.png")[0]
    there = shown(other, "two")
    assert "/two/ward.png" in there and "/one/" not in there
    assert ">2</a>" in there.partition("ward.png")[0] and other.used == ["a", "b"]
