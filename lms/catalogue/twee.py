"""Twee 3 as text: passages with tags and metadata, links of all three forms, and what story formats add. Pure.

The notation is that of the Twee 3 specification of the Interactive Fiction Technology Foundation (version 3.0.2): a passage
begins with ``:: Name [tags] {"metadata": "JSON"}``; links are ``[[shown->Name]]``, ``[[Name<-shown]]``, ``[[shown|Name]]`` or
``[[Name]]``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lms.errors import N_, Message, Problem


@dataclass(frozen=True, slots=True)
class Passage:
    """``line`` is that of the header, from 1; the text begins on the next."""

    name: str
    text: str
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """``data`` is what a block of ours right behind the link says, ``data_line`` where it begins."""

    shown: str
    target: str
    line: int
    data: str | None = None
    data_line: int = 0


@dataclass(frozen=True, slots=True)
class Body:
    """What a passage's text holds: prose, links in order, our data about the passage, and what was not taken."""

    prose: str
    links: tuple[Link, ...]
    data: str | None
    data_line: int
    left_out: tuple[tuple[int, str], ...]
    """Lines, and what stood there: macros and other marks of story formats."""


@dataclass(slots=True)
class Notes:
    """Problems of one file."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def error(self, line: int, message: str, remedy: str, /, **params: object) -> None:
        self.problems.append(Problem(Message(message, params), Message(remedy, params), self.file, line))

    def warning(self, line: int, message: str, remedy: str, /, **params: object) -> None:
        problem = Problem(Message(message, params), Message(remedy, params), self.file, line, level="warning")
        self.problems.append(problem)


_HEADER = re.compile(r"((?:\\.|[^\\\[{])*)(?:\[((?:\\.|[^\\\]])*)\])?\s*(\{.*\})?\s*")


def parse(text: str, notes: Notes) -> list[Passage]:
    """The passages of a file, in order. What stands before the first is passed over, as the specification says."""
    passages: list[Passage] = []
    header, lines, begun = None, [], 0
    for number, line in enumerate([*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), "::"], 1):
        if not line.startswith("::"):
            lines.append(line)
            continue
        if header is not None and (passage := _passage(header, "\n".join(lines).strip("\n"), begun, notes)) is not None:
            passages.append(passage)
        header, lines, begun = line[2:], [], number
    return passages


def _passage(header: str, text: str, line: int, notes: Notes) -> Passage | None:
    found = _HEADER.fullmatch(header)
    name = _unescaped(found[1]).strip() if found else ""
    if found is None or not name:
        notes.error(line, N_("A passage has no name."), N_("Write it as `:: Name [tags]`."))
        return None
    metadata: Any = {}
    if found[3]:
        try:
            metadata = json.loads(found[3])
        except ValueError:
            notes.warning(
                line, N_("The metadata of “%(name)s” is not JSON and was not taken."), N_("Correct it."), name=name
            )
    return Passage(name, text, tuple(map(_unescaped, (found[2] or "").split())), metadata, line)


def written(passages: list[Passage]) -> str:
    """The file with these passages."""
    parts = []
    for passage in passages:
        tags = f" [{' '.join(map(_escaped, passage.tags))}]" if passage.tags else ""
        metadata = f" {json.dumps(dict(passage.metadata), separators=(',', ':'))}" if passage.metadata else ""
        parts.append(f":: {_escaped(passage.name)}{tags}{metadata}\n{passage.text}\n")
    return "\n\n".join(parts)


def _escaped(text: str) -> str:
    return re.sub(r"([\\\[\]{}])", r"\\\1", text)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


# What stands in a passage

DATA = "attune"
_PART = re.compile(
    rf"<!--{DATA}[ \t]*\n(?P<data>.*?)\n?-->|<!--.*?-->|\[\[(?P<link>[^\[\]]+)\](?P<setter>\[[^\[\]]*\])?\]", re.S
)
_HARLOWE = (
    "a|act|alert|align|append|bg|border|change|click|click-append|click-goto|click-replace|columns|cond|css|cycling-link|"
    "display|dm|ds|either|else|else-if|elseif|enchant|event|for|font|force-input|goto|go-to|hidden|hide|hook|if|link|link-goto|"
    "link-repeat|link-replace|link-reveal|live|loop|meter|mouseover|move|nth|opacity|prepend|print|prompt|put|random|redirect|"
    "replace|rerun|restart|save-game|load-game|seq-link|set|shuffled|show|size|source|stop|text-colour|text-color|text-style|"
    "transition|t8n|undo|unless|unpack|verbatim|visited"
)
_MARKS = (
    re.compile(r"<<[^<>]*>>"),  # SugarCube
    re.compile(r"<%.*?%>", re.S),  # Snowman
    re.compile(rf"\((?:{_HARLOWE}):[^()]*\)", re.I),
    re.compile(r"\|[A-Za-z][\w-]*>(?=\[)|(?<=\])<[A-Za-z][\w-]*\|"),  # Harlowe's named hooks
    re.compile(r"^\[(?!@)[^\[\]\n]+\]$", re.M),  # Chapbook's modifiers
    re.compile(r"\{[^{}\n]+\}"),  # Chapbook's inserts
    re.compile(r"\$[A-Za-z_]\w*"),
)
_HOOK = re.compile(r"\x00\s*\[([^\[\]]*)\]")
_VARIABLES = re.compile(r"\A(?:[ \t]*[\w.]+(?: \([^)]*\))?:[^\n]*\n)+--[ \t]*(?:\n|\Z)")


def body(passage: Passage) -> Body:
    """Take a passage's text apart."""
    links: list[Link] = []
    left_out: list[tuple[int, str]] = []
    prose: list[str] = []
    data, data_line, at, behind_link = None, 0, 0, False
    text = passage.text
    variables = _VARIABLES.match(text)
    if variables is not None:  # kept as blank lines, so that the numbers of lines stay right
        left_out += [(passage.line + 1 + n, line) for n, line in enumerate(variables[0].rstrip("\n").split("\n"))]
        text = "\n" * variables[0].count("\n") + text[variables.end() :]
    for part in _PART.finditer(text):
        between = text[at : part.start()]
        line = passage.line + 1 + text[: part.start()].count("\n")
        prose.append(between)
        behind_link = behind_link and not between.strip()
        if part["link"] is not None:
            shown, target = _ends(part["link"])
            links.append(Link(shown, target, line))
            behind_link = True
            if part["setter"]:
                left_out.append((line, part["setter"]))
        elif part["data"] is not None and behind_link and links[-1].data is None:
            links[-1] = Link(links[-1].shown, links[-1].target, links[-1].line, part["data"], line)
        elif part["data"] is not None and data is None:
            data, data_line = part["data"], line
        else:
            left_out.append((line, part[0].split("\n")[0]))
        prose.append("\n" * part[0].count("\n"))
        at = part.end()
    prose.append(text[at:])
    plain = _without_marks("".join(prose), passage.line + 1, left_out)
    return Body(re.sub(r"\n{3,}", "\n\n", plain).strip(), tuple(links), data, data_line, tuple(sorted(left_out)))


def _without_marks(text: str, first: int, left_out: list[tuple[int, str]]) -> str:
    """The text without macros; the words of a hook behind a macro stay."""

    def gone(found: re.Match[str]) -> str:
        line = first + found.string[: found.start()].count("\n")
        left_out.append((line, found[0].replace("\x00", "…").split("\n")[0]))
        return "\n" * found[0].count("\n") + "\x00"

    for mark in _MARKS:
        before = None
        while before != text:  # Harlowe nests its macros
            before, text = text, mark.sub(gone, text)
            text = _HOOK.sub(r"\1", text)
    return text.replace("\x00", "")


def _ends(link: str) -> tuple[str, str]:
    """What a link shows and where it leads: the rightmost ``->``, else the leftmost ``<-``, else ``|``."""
    if "->" in link:
        shown, target = link.rsplit("->", 1)
    elif "<-" in link:
        target, shown = link.split("<-", 1)
    elif "|" in link:
        shown, target = link.rsplit("|", 1)
    else:
        shown = target = link
    return shown.strip(), target.strip()
