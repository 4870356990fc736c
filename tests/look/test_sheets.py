"""The style sheets keep the house rules: logical directions, every token known, every class of the components drawn, small fonts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "lms" / "static"
SHEETS = sorted((STATIC / "css").glob("*.css"))
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))

PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding|inset)-(?:left|right|top|bottom)[\w-]*"
    r"|border-(?:top|bottom)-(?:left|right)-radius|left|right|top|bottom|(?:min-|max-)?(?:width|height))\s*:(?!.*\{)"
)
DIRECTED = re.compile(r"(?:text-align|float|clear)\s*:\s*(?:left|right)")
FOUR_SIDES = re.compile(r"(?:margin|padding|inset|border-width)\s*:\s*([^\s;]+) ([^\s;]+) ([^\s;]+) ([^\s;]+)\s*;")


def _plain(sheet: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.S)


def _declarations(css: str) -> list[str]:
    """Every ``property: value`` of a sheet, without the conditions of its media queries."""
    without_conditions = re.sub(r"@(?:media|container)[^{]*\{", "{", css)
    return [part.strip() for part in re.split(r"[{};]", without_conditions) if ":" in part]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_directions_are_logical(sheet: Path) -> None:
    """A page from right to left needs no sheet of its own."""
    css = _plain(sheet)
    wrong = [line for line in _declarations(css) if PHYSICAL.match(line) or DIRECTED.match(line)]
    lopsided = [found.group() for found in FOUR_SIDES.finditer(re.sub(r"calc\([^;]*\)|min\([^;]*\)", "x", css))
                if found.group(2) != found.group(4)]  # fmt: skip
    assert not wrong + lopsided


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_rules_stand_in_layers_and_fetch_nothing_from_elsewhere(sheet: Path) -> None:
    css = _plain(sheet)
    assert css.count("{") == css.count("}")
    outside = re.sub(r"@layer [\w, -]+;|@font-face\s*\{[^}]*\}", "", css)
    depth, loose = 0, ""
    for char in outside:
        depth += (char == "{") - (char == "}")
        loose += char if depth == 0 and char != "}" else ""
    assert all(rule.startswith("@layer") for rule in loose.split("\n") if rule.strip())
    assert not re.search(r"https?:|//|data:|@import", css)
    assert "gradient" not in css


def test_every_token_that_is_used_is_given() -> None:
    css = "\n".join(_plain(sheet) for sheet in SHEETS)
    used = set(re.findall(r"var\((--[\w-]+)", css))
    given = set(re.findall(r"(--[\w-]+)\s*:", css))
    assert used <= given


def test_colours_come_in_pairs() -> None:
    """Every colour token has a light and a dark value."""
    tokens = _plain(STATIC / "css" / "attune.css").split("@layer base")[0]
    plain = re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{3,8})\s*;", tokens)
    assert not plain


def test_every_class_of_the_components_is_drawn() -> None:
    """A class that no sheet knows is a slip of the pen; steps and tree-name are held by scripts and pages only."""
    css = "\n".join(_plain(sheet) for sheet in SHEETS)
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", css)) | {"leaf", "steps", "tree-name"}
    for template in COMPONENTS:
        for value in re.findall(r'class="([^"]*)"', template.read_text(encoding="utf-8")):
            names = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", value).split()
            unknown = {name for name in names if name not in known and not name.endswith("-")}
            assert not unknown, f"{template.name}: {unknown}"


def test_fonts_are_small_licensed_and_there() -> None:
    fonts = STATIC / "fonts"
    named = set(re.findall(r"fonts/([\w-]+\.woff2)", (STATIC / "css" / "attune.css").read_text(encoding="utf-8")))
    assert named == {font.name for font in fonts.glob("*.woff2")}
    assert all(font.stat().st_size <= 40 * 1024 for font in fonts.glob("*.woff2"))
    assert "SIL OPEN FONT LICENSE" in (fonts / "OFL.txt").read_text(encoding="utf-8")
    assert "ISC License" in (STATIC / "icons" / "LICENSE.txt").read_text(encoding="utf-8")


def test_every_icon_that_a_template_names_exists() -> None:
    shapes = set(re.findall(r'^  "([\w-]+)":', (COMPONENTS[0].parent / "icons.html").read_text(encoding="utf-8"), re.M))
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        named = set(re.findall(r'(?<![\w.])icon\("([\w-]+)"|icon_name="([\w-]+)"|"icon": "([\w-]+)"', text))
        missing = {name for group in named for name in group if name} - shapes
        assert not missing, f"{template.relative_to(ROOT)}: {missing}"
