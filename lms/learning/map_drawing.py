"""The map of a scenario as SVG. Pure: the words come from whoever draws it, in the reader's language.

On a page the colours come from the style sheet (classes alone); as a file of its own it carries them, light and dark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from lms.learning.map_layout import Layout, Size, laid_out
from lms.learning.map_words import cut, measured, wrapped
from lms.learning.story_map import Arrow, Box, StoryMap, name_of

WIDE, TALL = 212.0, 84.0
LOW = 34.0
MARGIN = 28.0
TOP = 84.0
APART = 9.0


@dataclass(frozen=True, slots=True)
class Words:
    """What the drawing says besides the author's texts. ``summary`` describes the whole for those who do not see it."""

    title: str
    summary: str
    start: str
    best_path: str
    best: str
    acceptable: str
    poor: str
    route: str
    condition: str
    """With the place %(condition)s."""
    good_ending: str
    mixed_ending: str
    poor_ending: str
    otherwise: str
    visits: str
    seconds: str
    """With the places %(count)s for ``visits`` and ``seconds``."""


ENGLISH = Words(
    title="Map of “%(title)s”",
    summary="%(scenes)s scenes, %(endings)s endings. The experts' way: %(way)s.",
    start="Start",
    best_path="The experts' way",
    best="Best choice",
    acceptable="Acceptable",
    poor="Poor",
    route="By the state",
    condition="only if %(condition)s",
    good_ending="Good ending",
    mixed_ending="Mixed ending",
    poor_ending="Poor ending",
    otherwise="otherwise",
    visits="up to %(count)s times",
    seconds="%(count)s seconds",
)

STYLE = """
:root{color-scheme:light dark;--paper:#fffdf9;--card:#fffdf9;--ink:#1c2725;--soft:#53605b;--line:#b9b0a0;--accent:#0b6b61;--halo:#cfe5df;
--ok:#2f7a4d;--okw:#e2efe1;--info:#44709f;--infow:#e3ecf4;--soon:#b57a12;--soonw:#faebcb;--quiet:#857d70;--quietw:#f1ece1}
@media(prefers-color-scheme:dark){:root{--paper:#161918;--card:#1e2321;--ink:#ece8df;--soft:#adb5af;--line:#4b544f;--accent:#74d0c1;--halo:#1d4640;
--ok:#6fbf8b;--okw:#17301f;--info:#7ba3cd;--infow:#1a2c3e;--soon:#e0ab48;--soonw:#382b11;--quiet:#8a938d;--quietw:#2a302d}}
text{font-family:"Noto Sans",system-ui,"Segoe UI",Arial,sans-serif}
.map-paper{fill:var(--paper)}
.map-box{fill:var(--card);stroke:var(--line);stroke-width:1.25}
.map-box.route{fill:var(--quietw);stroke-dasharray:none}
.map-box.good{fill:var(--okw);stroke:var(--ok)}.map-box.mixed{fill:var(--infow);stroke:var(--info)}.map-box.poor{fill:var(--soonw);stroke:var(--soon)}
.map-box.on-best{stroke:var(--accent);stroke-width:2.5}.map-box.good.on-best{stroke:var(--ok)}
.map-name{fill:var(--ink);font-size:14px;font-weight:600}.map-said{fill:var(--soft);font-size:11.5px}.map-who{fill:var(--accent);font-size:11.5px;font-weight:600}
.map-note{fill:var(--soft);font-size:11px}.map-tag{fill:var(--accent)}.map-tag-text{fill:var(--paper);font-size:11px;font-weight:600}
.map-tone{font-size:11.5px;font-weight:600}.map-tone.good{fill:var(--ok)}.map-tone.mixed{fill:var(--info)}.map-tone.poor{fill:var(--soon)}
.map-line{fill:none;stroke-width:1.75;stroke-linecap:round}.map-head{stroke:none}
.map-line.best{stroke:var(--ok)}.map-head.best,.map-port.best{fill:var(--ok)}
.map-line.acceptable{stroke:var(--info)}.map-head.acceptable{fill:var(--info)}.map-port.acceptable{fill:var(--card);stroke:var(--info);stroke-width:2}
.map-line.poor{stroke:var(--soon);stroke-dasharray:6 5}.map-head.poor,.map-port.poor{fill:var(--soon)}
.map-port.numbered{fill:var(--card);stroke:var(--quiet);stroke-width:1.25}.map-number{fill:var(--ink);font-size:10px;font-weight:600}
.map-line.route,.map-line.otherwise{stroke:var(--quiet);stroke-dasharray:1.5 5}
.map-head.route,.map-head.otherwise,.map-port.route,.map-port.otherwise{fill:var(--quiet)}
.map-halo{fill:none;stroke:var(--halo);stroke-width:11;stroke-linecap:round;stroke-linejoin:round}
.map-title{fill:var(--ink);font-size:19px;font-weight:600}
"""


def drawn(
    story: StoryMap,
    words: Words = ENGLISH,
    *,
    key: str = "map",
    language: str = "en",
    alone: bool = True,
    beside: Mapping[tuple[str, str | None], str] | None = None,
) -> str:
    """The picture. ``key`` begins its ids; ``language`` is that of the author's texts; ``alone``: a file of its own, with its
    colours and a heading, and not a part of a page. ``beside``: short notes, such as “64%”, at choices (scene and choice)
    and at endings (scene and None)."""
    layout = _layout(story, words)
    wide = max(layout.width + 2 * MARGIN, 720.0)
    shift = (wide - layout.width) / 2
    top = TOP if alone else TOP - 34
    tall = layout.height + top + MARGIN
    pen = _Pen(story, layout, words, shift, top)
    title = words.title % {"title": story.title}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" viewBox="0 0 {wide:.0f} {tall:.0f}" width="{wide:.0f}"',
        f' height="{tall:.0f}" role="img" aria-labelledby="{key}-title {key}-desc">',
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-desc">{escape(summary(story, words))}</desc>',
    ]
    if alone:
        parts.append(f'<style>{STYLE}</style><rect class="map-paper" width="{wide:.0f}" height="{tall:.0f}"/>')
        parts.append(f'<text class="map-title" x="{MARGIN:.0f}" y="38">{escape(title)}</text>')
    parts.append(_legend(words, MARGIN, top - 24))
    parts.append(f'<g lang="{escape(language)}">')
    parts += pen.halo()
    parts += [pen.arrow(arrow) for arrow in sorted(story.arrows, key=lambda arrow: arrow.on_best)]
    parts += [pen.box(box) for box in story.boxes]
    parts += [pen.port(arrow) for arrow in story.arrows]
    parts += [pen.note(where, text) for where, text in (beside or {}).items()]
    parts.append("</g></svg>")
    return "\n".join(parts) + "\n"


def stacked(pictures: Sequence[str]) -> str:
    """Several pictures in one file, one under another."""
    if len(pictures) == 1:
        return pictures[0]
    sizes = [re.search(r'width="(\d+)"\s+height="(\d+)"', picture) for picture in pictures]
    wide = max(int(size[1]) for size in sizes if size)
    parts, y = [], 0
    for picture, size in zip(pictures, sizes, strict=True):
        parts.append(picture.replace("<svg ", f'<svg y="{y}" ', 1))
        y += int(size[2]) if size else 0
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{y}">\n{"".join(parts)}</svg>\n'


def summary(story: StoryMap, words: Words) -> str:
    """The picture in a sentence."""
    way = [name_of(scene_id) for scene_id in story.way]
    values = {"scenes": len(story.boxes), "endings": sum(box.ending is not None for box in story.boxes)}
    return words.summary % {**values, "way": " → ".join(way)}


def _size(box: Box, story: StoryMap, words: Words) -> Size:
    if not box.scene.routes:
        return Size(WIDE, TALL + (15 if box.ending and box.scene.when else 0))
    lines = len(_routes(box, story, words)) + min(2, len(wrapped(box.said, WIDE - 28, 11.5, 2)))
    return Size(WIDE, LOW + 8 + 15 * lines)


def _routes(box: Box, story: StoryMap, words: Words) -> list[tuple[str, str]]:
    """The number and the condition of each route, in lines that fit."""
    lines: list[tuple[str, str]] = []
    for n, arrow in enumerate((a for a in story.out_of(box.id) if a.kind == "route"), 1):
        said = wrapped(arrow.when or words.otherwise, WIDE - 50, 11.5, 3)
        lines += [(str(n) if not m else "", line) for m, line in enumerate(said)]
    return lines


def _layout(story: StoryMap, words: Words) -> Layout:
    sizes = {box.id: _size(box, story, words) for box in story.boxes}
    start = next(box.id for box in story.boxes if box.start)
    last = [box.id for box in story.boxes if box.ending is not None and not story.out_of(box.id)]
    return laid_out(sizes, [(arrow.source, arrow.target) for arrow in story.arrows], start, last)


class _Pen:
    """Draws boxes and arrows of one map."""

    def __init__(self, story: StoryMap, layout: Layout, words: Words, shift: float, top: float) -> None:
        self.story, self.layout, self.words = story, layout, words
        self.shift, self.top = shift, top
        self.boxes = story.by_id
        self._out = self._ports(down=True)
        self._in = self._ports(down=False)

    # Boxes

    def corner(self, box: Box) -> tuple[float, float, float, float]:
        """Left, top, width, height."""
        spot, size = self.layout.spots[box.id], _size(box, self.story, self.words)
        return spot.x + self.shift - size.width / 2, spot.y + self.top, size.width, size.height

    def box(self, box: Box) -> str:
        x, y, wide, tall = self.corner(box)
        tone = box.ending or ("route" if box.scene.routes else "scene")
        classes = f"map-box {tone}{' on-best' if box.on_best else ''}"
        round_by = 26 if box.ending else 10
        parts = [
            f'<rect class="{classes}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="{round_by:.0f}"/>'
        ]
        middle = x + wide / 2
        if box.ending:
            word = {"good": self.words.good_ending, "mixed": self.words.mixed_ending, "poor": self.words.poor_ending}
            parts.append(
                _text(f"map-tone {box.ending}", middle, y + 21, f"{_FACE[box.ending]} {word[box.ending]}", centre=True)
            )
            parts.append(_text("map-name", middle, y + 41, cut(box.name, wide - 32, 14), centre=True))
            for n, line in enumerate(wrapped(box.said, wide - 40, 11.5, 2)):
                parts.append(_text("map-said", middle, y + 57 + 14 * n, line, centre=True))
            if box.when:
                parts.append(_text("map-note", middle, y + 89, cut(self._if(box), wide - 40, 11), centre=True))
        else:
            parts += self._scene(box, x, y, wide)
        if box.start:
            width = 16 + measured(self.words.start, 11) * 1.08
            parts.append(
                f'<rect class="map-tag" x="{x + 12:.1f}" y="{y - 15:.1f}" width="{width:.1f}" height="20" rx="10"/>'
            )
            parts.append(_text("map-tag-text", x + 12 + width / 2, y - 1, self.words.start, centre=True))
        return f"<g><title>{escape(box.name)}. {escape(box.said)}</title>{''.join(parts)}</g>"

    def _scene(self, box: Box, x: float, y: float, wide: float) -> list[str]:
        parts = [_text("map-name", x + 14, y + 24, cut(box.name, wide - 28, 14.5))]
        at, lines = y + 42, 3
        if box.scene.speaker:
            parts.append(_text("map-who", x + 14, at, cut(box.scene.speaker, wide - 28, 12)))
            at, lines = at + 15, 2
        if box.scene.routes:
            for line in wrapped(box.said, wide - 28, 11.5, 2):
                parts.append(_text("map-said", x + 14, at, line))
                at += 15
            for number, line in _routes(box, self.story, self.words):
                parts += [_text("map-who", x + 14, at, number), _text("map-said", x + 32, at, line)]
                at += 15
            return parts
        note = self._note(box)
        if note:
            lines -= 1
        for line in wrapped(box.said, wide - 28, 11.5, lines):
            parts.append(_text("map-said", x + 14, at, line))
            at += 15
        if note:
            parts.append(_text("map-note", x + 14, at, note))
        return parts

    def _note(self, box: Box) -> str:
        said = [self._if(box)] if box.when else []
        if box.scene.visits is not None:
            said.append("↻ " + self.words.visits % {"count": box.scene.visits})
        if box.scene.timed is not None:
            said.append("◷ " + self.words.seconds % {"count": box.scene.timed.seconds})
        return cut(" · ".join(said), WIDE - 28, 11)

    def _if(self, box: Box) -> str:
        return self.words.condition % {"condition": box.when}

    # Arrows

    def _ports(self, *, down: bool) -> Mapping[Arrow, float]:
        """Where along the lower (or upper) edge of its box each arrow begins (or ends): by where it goes, so that few cross."""
        ports: dict[Arrow, float] = {}
        for box in self.story.boxes:
            joined = [
                a for a in self.story.arrows if (a.source if down else a.target) == box.id and not self._beside(a)
            ]
            joined.sort(key=lambda arrow: (self._aim(arrow, down=down), self.story.arrows.index(arrow)))
            x, _, wide, _ = self.corner(box)
            gap = min(30.0 if down else 14.0, (wide - 40) / max(1, len(joined) - 1))
            for n, arrow in enumerate(joined):
                ports[arrow] = x + wide / 2 + (n - (len(joined) - 1) / 2) * gap
        return ports

    def _beside(self, arrow: Arrow) -> bool:
        return arrow.source == arrow.target or (arrow.source, arrow.target) in self.layout.turned

    def _aim(self, arrow: Arrow, *, down: bool) -> float:
        lanes = self.layout.lanes.get((arrow.source, arrow.target), ())
        if lanes:
            return (lanes[0] if down else lanes[-1])[0]
        return self.layout.spots[arrow.target if down else arrow.source].x

    def path(self, arrow: Arrow) -> str:
        """The line of an arrow; those that share their ends and lanes run side by side."""
        source, target = self.corner(self.boxes[arrow.source]), self.corner(self.boxes[arrow.target])
        if self._beside(arrow):
            return self._loop(arrow, source, target)
        together = [a for a in self.story.arrows if (a.source, a.target) == (arrow.source, arrow.target)]
        together.sort(key=lambda each: self._out[each])
        aside = (together.index(arrow) - (len(together) - 1) / 2) * APART
        points = [(self._out[arrow], source[1] + source[3] + 4)]
        points += [(x + self.shift + aside, y + self.top) for x, y in self.layout.lanes[arrow.source, arrow.target]]
        points.append((self._in[arrow], target[1] - 8))
        return _curve(points)

    def _loop(self, arrow: Arrow, source: Sequence[float], target: Sequence[float]) -> str:
        """An arrow that leads back runs on the right of the boxes it passes."""
        x, y = source[0] + source[2], source[1] + source[3] * 0.62
        to_x, to_y = target[0] + target[2] + 8, target[1] + target[3] * 0.38
        lanes = [at + self.shift for at, _ in self.layout.lanes.get((arrow.source, arrow.target), ())]
        out = max([x, to_x, *lanes]) + 26
        loops = [a for a in self.story.arrows if self._beside(a) and a.target == arrow.target]
        out += 10 * loops.index(arrow)
        y, to_y = y + 6 * loops.index(arrow), to_y - 6 * loops.index(arrow)
        return f"M{x:.1f} {y:.1f}C{out:.1f} {y:.1f} {out:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"

    def halo(self) -> list[str]:
        """The experts' way, as a broad band under its arrows."""
        return [f'<path class="map-halo" d="{self.path(arrow)}"/>' for arrow in self.story.arrows if arrow.on_best]

    def arrow(self, arrow: Arrow) -> str:
        target = self.corner(self.boxes[arrow.target])
        if self._beside(arrow):
            loops = [a for a in self.story.arrows if self._beside(a) and a.target == arrow.target]
            x, y = target[0] + target[2] + 1, target[1] + target[3] * 0.38 - 6 * loops.index(arrow)
            head = f"M{x:.1f} {y:.1f}l9 -5v10z"
        else:
            head = f"M{self._in[arrow]:.1f} {target[1] - 1:.1f}l-5 -9h10z"
        said = " ".join(part for part in (arrow.said, f"({arrow.when})" if arrow.when else "") if part)
        if arrow.kind == "otherwise":
            said = self.words.otherwise
        return (
            f"<g><title>{escape(said)}</title>"
            f'<path class="map-line {arrow.kind}" d="{self.path(arrow)}"/><path class="map-head {arrow.kind}" d="{head}"/></g>'
        )

    def port(self, arrow: Arrow) -> str:
        """Where the arrow begins; routes carry the number of their condition in the box."""
        x, y, wide, tall = self.corner(self.boxes[arrow.source])
        if self._beside(arrow):
            loops = [a for a in self.story.arrows if self._beside(a) and a.target == arrow.target]
            return _port(arrow.kind, x + wide, y + tall * 0.62 + 6 * loops.index(arrow))
        if arrow.kind == "route":
            number = [a for a in self.story.out_of(arrow.source) if a.kind == "route"].index(arrow) + 1
            at = self._out[arrow]
            return (
                f'<circle class="map-port numbered" cx="{at:.1f}" cy="{y + tall:.1f}" r="8"/>'
                f"{_text('map-number', at, y + tall + 3.6, str(number), centre=True)}"
            )
        return _port(arrow.kind, self._out[arrow], y + tall)

    def note(self, where: tuple[str, str | None], text: str) -> str:
        """A short text where a choice begins, or below an ending, on a ground that keeps arrows away from it."""
        scene, choice = where
        x, y, wide, tall = self.corner(self.boxes[scene])
        arrow = next((a for a in self.story.out_of(scene) if choice is not None and a.choice_id == choice), None)
        at, low = x + wide / 2, y + tall + 15
        if arrow is not None and not self._beside(arrow):
            at = self._out[arrow]
        elif arrow is not None:
            at, low = x + wide + 20, y + tall * 0.62 + 20
        half = measured(text, 10) / 2 + 3
        return (
            f'<rect class="map-ground" x="{at - half:.1f}" y="{low - 9:.1f}" width="{2 * half:.1f}" height="13" rx="4"/>'
            f"{_text('map-number', at, low + 1, text, centre=True)}"
        )


_FACE = {"good": "●", "mixed": "◐", "poor": "○"}


def _port(kind: str, x: float, y: float) -> str:
    """Where an arrow begins: its shape says the quality as its colour does."""
    if kind == "poor":
        return f'<path class="map-port {kind}" d="M{x:.1f} {y - 5.5:.1f}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>'
    size = 5.0 if kind == "best" else 4.2 if kind == "acceptable" else 3.0
    return f'<circle class="map-port {kind}" cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>'


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """A line through the points that runs straight down at each."""
    said = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        bend = (to_y - y) * 0.5
        said += f"C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}"
    return said


def _legend(words: Words, x: float, y: float) -> str:
    parts = []
    for kind, word in (
        ("best", words.best),
        ("acceptable", words.acceptable),
        ("poor", words.poor),
        ("route", words.route),
    ):
        parts.append(f'<path class="map-line {kind}" d="M{x:.1f} {y - 4:.1f}h30"/>{_port(kind, x, y - 4)}')
        parts.append(_text("map-note", x + 38, y, word))
        x += 38 + measured(word, 11) + 26
    parts.append(
        f'<path class="map-halo" d="M{x + 4:.1f} {y - 4:.1f}h26"/><path class="map-line best" d="M{x + 4:.1f} {y - 4:.1f}h26"/>'
    )
    parts.append(_text("map-note", x + 44, y, words.best_path))
    return f"<g>{''.join(parts)}</g>"


def _text(style: str, x: float, y: float, text: str, *, centre: bool = False) -> str:
    anchor = ' text-anchor="middle"' if centre else ""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}"{anchor}>{escape(text)}</text>'
