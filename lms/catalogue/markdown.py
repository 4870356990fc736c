"""Markdown as authors write it: to safe HTML for a page, and to a list of what it uses for the checker.

Ours beside CommonMark and tables: citations (``[@kleinman-1978]``, ``[@a; @b]``) and four kinds of boxes
(``::: try`` … ``:::``). Raw HTML is shown as text, never passed on; what is rendered is sanitised all the same.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.container import container_plugin

BOXES = ("try", "example", "say", "note")
MEDIA_PREFIX = "media/"
TERM_PREFIX = "glossary:"

_CITATION = re.compile(r"\[@[a-z0-9-]+(?:\s*;\s*@[a-z0-9-]+)*\]")
_SOURCE_ID = re.compile(r"@([a-z0-9-]+)")
_FENCE = re.compile(r"^ {0,3}:{3,}[ \t]*(.*?)[ \t]*$")
_BAD_LINK = re.compile(
    r"\]\(\s*<?\s*(?:javascript|vbscript|data|file):|<(?:javascript|vbscript|data|file):", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Citation:
    """How one citation of a source is shown: its number, and where the note is."""

    number: int
    href: str


@dataclass(slots=True)
class Notes:
    """Numbers sources in the order in which a page first cites them; pass one instance to every ``render`` of a page.

    ``used`` is what the page's list of notes shows: source ids, the first being number 1. A note's anchor is
    ``source-<id>``.
    """

    used: list[str] = field(default_factory=list)

    def __call__(self, source_id: str) -> Citation:
        if source_id not in self.used:
            self.used.append(source_id)
        return Citation(self.used.index(source_id) + 1, f"#source-{source_id}")


@dataclass(frozen=True, slots=True)
class Labels:
    """Words that Markdown cannot know, in the reader's language. ``source`` has a place for ``%(number)d``."""

    try_: str = "Try this on your next shift"
    example: str = "Example"
    say: str = "Words to use"
    note: str = "Good to know"
    source: str = "Source %(number)d"
    table: str = "Table"

    def box(self, name: str) -> str:
        return str(getattr(self, "try_" if name == "try" else name))


@dataclass(frozen=True, slots=True)
class Track:
    """Captions of one language: the language tag, its name, and the address."""

    language: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Film:
    """A film or recording of a lesson. ``kind`` is video or audio; ``said`` is the transcript, paragraph by paragraph, in ``language``."""

    kind: str
    type: str
    tracks: Sequence[Track]
    said: Sequence[str]
    language: str
    transcript: str
    """The word for it, in the reader's language."""


@dataclass(slots=True)
class _Page:
    """What the render rules need to know, and the headings and table names met so far."""

    media_url: Callable[[str], str]
    cite: Callable[[str], Citation]
    labels: Labels
    top: int
    blocks: bool = False
    term: Callable[[str], str | None] = lambda term_id: None
    film: Callable[[str], Film | None] = lambda name: None
    size: Callable[[str], tuple[int, int] | None] = lambda name: None
    heading: str = ""
    tables: list[str] = field(default_factory=list)


def render(
    markdown: str,
    *,
    media_url: Callable[[str], str],
    cite: Callable[[str], Citation],
    labels: Labels = Labels(),
    top: int = 2,
    blocks: bool = False,
    term: Callable[[str], str | None] = lambda term_id: None,
    film: Callable[[str], Film | None] = lambda name: None,
    size: Callable[[str], tuple[int, int] | None] = lambda name: None,
) -> Markup:
    """Safe HTML of a Markdown text. ``media_url`` maps a name in ``media/`` to an address; ``cite`` numbers a source;
    ``##`` becomes a heading of level ``top``.

    With ``blocks`` every outermost block has an id, ``block-1``, ``block-2``, ...: a translation has its blocks in the same
    order, so a place in one language is a place in every other. ``term`` gives the id of the element that explains a word of
    the glossary: a button opens it; without one the word stands as it is. ``film`` says what a name in ``media/`` is if it is
    no picture, ``size`` how wide and high a picture is (pixels).
    """
    page = _Page(media_url, cite, labels, top, blocks, term, film, size)
    return _kept(markdown, page, inline=False)


def render_inline(
    markdown: str, *, media_url: Callable[[str], str], cite: Callable[[str], Citation], labels: Labels = Labels()
) -> Markup:
    """Safe HTML without blocks, for places such as a label where a paragraph may not stand."""
    return _kept(markdown, _Page(media_url, cite, labels, 2), inline=True)


_ASKED = ("media_url", "cite", "term", "film", "size")
_KEPT: OrderedDict[tuple[Any, ...], tuple[list[tuple[str, str, Any]], Markup]] = OrderedDict()
KEEP = 1000
"""So many texts are kept as they were rendered last."""


def _kept(markdown: str, page: _Page, *, inline: bool) -> Markup:
    """The text as it was rendered last, if everything that was asked then is answered in the same way now; else rendered anew.

    The same questions are put in the same order, so that sources are numbered as if it had been rendered.
    """
    key = (markdown, page.labels, page.top, page.blocks, inline)
    if found := _KEPT.get(key):
        asked, html = found
        if all(getattr(page, what)(name) == answer for what, name, answer in asked):
            return html
    asked = []

    def noted(what: str) -> Callable[[str], Any]:
        ask = getattr(page, what)

        def note(name: str) -> Any:
            answer = ask(name)
            asked.append((what, name, answer))
            return answer

        return note

    asks: dict[str, Any] = {what: noted(what) for what in _ASKED}
    asking = replace(page, **asks)
    render = _PARSER.renderInline if inline else _PARSER.render
    html = Markup(_clean(render(markdown, {"page": asking})))
    _KEPT[key] = asked, html
    while len(_KEPT) > KEEP:
        with suppress(KeyError):  # another thread was quicker
            _KEPT.popitem(last=False)
    return html


_INLINE_TAGS = ("br", "button", "strong", "em", "s", "code", "a", "img", "sup")
_BLOCK_TAGS = (
    "p",
    "figure",
    "video",
    "audio",
    "source",
    "track",
    "details",
    "summary",
    "hr",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "div",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
)
_TABLE_TAGS = ("table", "thead", "tbody", "tr", "th", "td")
_TAGS = frozenset((*_INLINE_TAGS, *_BLOCK_TAGS, *_TABLE_TAGS))
_CLASSES = {
    "div": {"box", *(f"box-{name}" for name in BOXES), "table-scroll"},
    "p": {"box-title"},
    "sup": {"cite"},
    "figure": {"film"},
    "button": {"term"},
    "th": {"align-left", "align-center", "align-right"},
    "td": {"align-left", "align-center", "align-right"},
}
_ATTRIBUTES = {
    "a": {"href", "title", "role", "aria-label"},
    "img": {"src", "alt", "title", "loading", "decoding", "width", "height"},
    "div": {"role", "aria-label", "tabindex"},
    "th": {"scope"},
    "button": {"type", "popovertarget"},
    "figure": {"id"},
    "video": {"controls", "preload", "aria-label", "playsinline"},
    "audio": {"controls", "preload", "aria-label"},
    "source": {"src", "type"},
    "track": {"kind", "src", "srclang", "label", "default"},
    "details": {"lang", "open"},
    "ol": {"start"},
} | {tag: {"id"} for tag in ("p", "hr", "pre", "blockquote", "ul", "h2", "h3", "h4", "h5", "h6")}
_ATTRIBUTES["div"].add("id")
_ATTRIBUTES["ol"].add("id")


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        allowed_classes={tag: set(names) for tag, names in _CLASSES.items()},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


def _citation_rule(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "[":
        return False
    match = _CITATION.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        token = state.push("citation", "", 0)
        token.meta = {"sources": _SOURCE_ID.findall(match.group())}
    state.pos = match.end()
    return True


def _render_citation(_self: RendererHTML, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
    page: _Page = env["page"]
    links = []
    for source_id in tokens[idx].meta["sources"]:
        citation = page.cite(source_id)
        label = escapeHtml(page.labels.source % {"number": citation.number})
        href = escapeHtml(citation.href)
        links.append(f'<a href="{href}" role="doc-noteref" aria-label="{label}">{citation.number}</a>')
    return f'<sup class="cite">{" ".join(links)}</sup>'


def _render_heading(self: RendererHTML, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
    page: _Page = env["page"]
    level = min(6, max(2, int(tokens[idx].tag[1:])) - 2 + page.top)
    if tokens[idx].nesting == 1:
        page.heading = _plain(tokens[idx + 1].children or [])
    return f"<h{level}{_id(tokens[idx])}>" if tokens[idx].nesting == 1 else f"</h{level}>\n"


def _render_image(_self: RendererHTML, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
    page: _Page = env["page"]
    token = tokens[idx]
    src = str(token.attrs.get("src", ""))
    if not src.startswith(MEDIA_PREFIX):  # pictures from elsewhere would tell others who reads what
        return escapeHtml(token.content)
    name = src.removeprefix(MEDIA_PREFIX)
    address = escapeHtml(page.media_url(name))
    film = page.film(name)
    if film is not None:
        return _figure(film, address, token) if "alone" in token.meta else escapeHtml(token.content)
    known = page.size(name)
    room = f' width="{known[0]}" height="{known[1]}"' if known else ""
    return f'<img src="{address}" alt="{escapeHtml(token.content)}"{room} loading="lazy" decoding="async">'


def _figure(film: Film, address: str, token: Token) -> str:
    """A film or recording with its captions, and below it what is said."""
    size = " playsinline" if film.kind == "video" else ""
    tracks = "".join(
        f'<track kind="captions" src="{escapeHtml(track.url)}" srclang="{escapeHtml(track.language)}" '
        f'label="{escapeHtml(track.label)}"{" default" if track.language == film.language else ""}>'
        for track in film.tracks
    )
    said = "".join(f"<p>{escapeHtml(part)}</p>" for part in film.said)
    return (
        f'<figure{token.meta["alone"]} class="film">'
        f'<{film.kind} controls preload="metadata" aria-label="{escapeHtml(token.content)}"{size}>'
        f'<source src="{address}" type="{escapeHtml(film.type)}">{tracks}</{film.kind}>'
        f'<details lang="{escapeHtml(film.language)}"{" open" if film.kind == "audio" else ""}>'
        f"<summary>{escapeHtml(film.transcript)}</summary>{said}</details></figure>"
    )


def _films_stand_alone(state: StateCore) -> None:
    """A film is no part of a sentence: a paragraph that holds nothing else makes room for it."""
    page = state.env.get("page")
    for opening, inline, closing in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        only = inline.children or []
        if page is None or opening.type != "paragraph_open" or [child.type for child in only] != ["image"]:
            continue
        src = str(only[0].attrs.get("src", ""))
        if src.startswith(MEDIA_PREFIX) and page.film(src.removeprefix(MEDIA_PREFIX)) is not None:
            opening.hidden = closing.hidden = True
            only[0].meta["alone"] = _id(opening)


def _render_table(_self: RendererHTML, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
    page: _Page = env["page"]
    if tokens[idx].nesting == -1:
        return "</table>\n</div>\n"
    name = page.heading or page.labels.table
    page.tables.append(name)
    count = page.tables.count(name)
    label = escapeHtml(name if count == 1 else f"{name} ({count})")  # two regions of one name cannot be told apart
    return f'<div{_id(tokens[idx])} class="table-scroll" role="region" aria-label="{label}" tabindex="0">\n<table>\n'


def _render_cell(_self: RendererHTML, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
    token = tokens[idx]
    align = str(token.attrs.get("style", "")).removeprefix("text-align:")  # the policy forbids inline style
    scope = ' scope="col"' if token.tag == "th" else ""
    return f'<{token.tag}{scope} class="align-{align}">' if align else f"<{token.tag}{scope}>"


def _render_box(_self: RendererHTML, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
    page: _Page = env["page"]
    if tokens[idx].nesting == -1:
        return "</div>\n"
    name = tokens[idx].info.strip().split()[0]
    return f'<div{_id(tokens[idx])} class="box box-{name}">\n<p class="box-title">{escapeHtml(page.labels.box(name))}</p>\n'


def _render_link_open(self: RendererHTML, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
    href = str(tokens[idx].attrs.get("href", ""))
    if not href.startswith(TERM_PREFIX):
        return self.renderToken(tokens, idx, options, env)
    target = env["page"].term(href.removeprefix(TERM_PREFIX))
    tokens[_closing(tokens, idx)].meta["term"] = target or ""
    return f'<button type="button" class="term" popovertarget="{escapeHtml(target)}">' if target else ""


def _closing(tokens: Sequence[Token], idx: int) -> int:
    """Links hold no links, so the next end of a link is this one's."""
    return next(place for place in range(idx, len(tokens)) if tokens[place].type == "link_close")


def _render_link_close(_self: RendererHTML, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
    term = tokens[idx].meta.get("term")
    return "</a>" if term is None else "</button>" if term else ""


def _number_blocks(state: StateCore) -> None:
    page = state.env.get("page")
    if page is None or not page.blocks:
        return
    for number, token in enumerate(_outermost(state.tokens), start=1):
        token.attrSet("id", f"block-{number}")


def _outermost(tokens: Sequence[Token]) -> Iterable[Token]:
    return (token for token in tokens if token.level == 0 and token.block and token.nesting != -1)


def _id(token: Token) -> str:
    """The id that a rule of ours must write itself."""
    return f' id="{token.attrs["id"]}"' if "id" in token.attrs else ""


def _parser(*, html: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": html}).enable("table")
    parser.inline.ruler.before("link", "citation", _citation_rule)
    parser.core.ruler.push("number_blocks", _number_blocks)
    parser.core.ruler.push("films_stand_alone", _films_stand_alone)
    for name in BOXES:
        parser.use(container_plugin, name, render=_render_box)
    rules = {
        "citation": _render_citation,
        "heading_open": _render_heading,
        "heading_close": _render_heading,
        "image": _render_image,
        "link_open": _render_link_open,
        "link_close": _render_link_close,
        "table_open": _render_table,
        "table_close": _render_table,
        "th_open": _render_cell,
        "td_open": _render_cell,
    }
    for rule, function in rules.items():
        parser.add_render_rule(rule, function)
    return parser


_PARSER = _parser(html=False)
_INSPECTOR = _parser(html=True)  # recognises HTML in order to report it


# For the checker


@dataclass(frozen=True, slots=True)
class Use:
    """One thing a text uses: ``kind`` (citation, image, link, html, heading, box), its value, and the line, from 1.

    ``value`` is the source id, the address, the HTML, the heading's level, or the name of an unknown or unclosed box;
    ``alt`` is a picture's description.
    """

    kind: str
    value: str
    line: int
    alt: str = ""


def count_blocks(markdown: str) -> int:
    """How many blocks a text has at its outermost level: what :func:`render` numbers."""
    return sum(1 for _ in _outermost(_PARSER.parse(markdown)))


def inspect(markdown: str) -> list[Use]:
    """Everything in a text that the checker has an opinion about, in the order of the text."""
    found = list(_boxes(markdown))
    for token in _INSPECTOR.parse(markdown):
        line = token.map[0] + 1 if token.map else 1
        if token.type == "html_block":
            found.append(Use("html", token.content.strip(), line))
        elif token.type == "heading_open":
            found.append(Use("heading", token.tag[1:], line))
        elif token.type == "inline":
            found.extend(_inline_uses(token.children or [], line))
    for number, text in enumerate(markdown.splitlines(), start=1):
        if _BAD_LINK.search(text):
            found.append(Use("link", _BAD_LINK.search(text).group().lstrip("](<").strip(), number))  # type: ignore[union-attr]
    return sorted(found, key=lambda use: use.line)


def _inline_uses(tokens: Sequence[Token], line: int) -> Iterable[Use]:
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            line += 1
        elif token.type == "html_inline":
            yield Use("html", token.content, line)
        elif token.type == "citation":
            yield from (Use("citation", source, line) for source in token.meta["sources"])
        elif token.type == "image":
            yield Use("image", str(token.attrs.get("src", "")), line, token.content.strip())
        elif token.type == "link_open":
            yield Use("link", str(token.attrs.get("href", "")), line)


def _boxes(markdown: str) -> Iterable[Use]:
    """Boxes that would not come out as boxes: of an unknown kind, or never closed."""
    opened: list[tuple[str, int]] = []
    for number, text in enumerate(markdown.splitlines(), start=1):
        match = _FENCE.match(text)
        if match is None:
            continue
        name = match.group(1)
        if not name:
            if opened:
                opened.pop()
        elif name not in BOXES:
            yield Use("unknown-box", name, number)
            opened.append(("", number))
        else:
            opened.append((name, number))
    yield from (Use("open-box", name, line) for name, line in opened if name)


def _plain(tokens: Sequence[Token]) -> str:
    return "".join(token.content for token in tokens if token.type in ("text", "code_inline")).strip()
