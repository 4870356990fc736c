"""YAML as authors write it: plain values out, with the line of every key, and every fault with a remedy.

YAML 1.2's core schema, and days (``2026-11-22``). Anchors, aliases and tags are refused: a course needs none, and a few
lines of aliases can stand for gigabytes. A key written twice is an error, not the last one winning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from lms.catalogue.checks import At, Lines, Report, dotted
from lms.errors import N_, Message, Problem

MAX_DEPTH = 30

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Written:
    """What a file says. ``data`` is None where it cannot be told; ``lines`` is keyed by place in the file."""

    data: Any = None
    lines: dict[At, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    value: dict[Any, Any] | list[Any]
    at: At
    key: str = ""
    has_key: bool = False


def read(text: str, file: str) -> Written:
    """Read one YAML document. Never raises for what the text contains; ``file`` is only named in problems."""
    written = Written()
    report = _YamlReport(Lines(), file=file)
    try:
        data = _build(YAML(typ="safe", pure=True).parse(text), written.lines, report)
    except MarkedYAMLError as error:
        report.broken(error)
    except (YAMLError, ValueError) as error:  # unprintable characters carry no mark
        detail = str(error).splitlines()[0]
        report.at_line(
            None, (), N_("This is not YAML: %(detail)s."), N_("Remove the unusual characters."), detail=detail
        )
    else:
        written.data = data if not report.problems else None
    written.problems = report.problems
    return written


@dataclass(slots=True)
class _YamlReport(Report):
    file: str = ""

    def at_line(self, line: int | None, at: At, message: str, remedy: str, /, **params: object) -> None:
        place = dotted(at)
        self.problems.append(Problem(Message(message, params), Message(remedy, params), self.file, line, place))

    def broken(self, error: MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        if "end of stream" in str(error.problem):  # what was opened is the fault, not the end of the file
            mark = error.context_mark or mark
        detail = ", ".join(str(part).strip() for part in (error.context, error.problem) if part)
        remedy = N_("Look at this line and the one before it: a missing colon, quote, dash or space breaks the rest.")
        if "mapping values are not allowed" in detail:
            remedy = N_("Put the text in quotes if it contains a colon followed by a space; check the indentation.")
        elif "\\t" in detail:
            remedy = N_("Indent with spaces, never with tabs.")
        elif "quoted scalar" in detail:
            remedy = N_("Close the quote; a quote inside a quoted text is written twice.")
        line = mark.line + 1 if mark is not None else None
        self.at_line(line, (), N_("This is not YAML: %(detail)s."), remedy, detail=detail)


def _build(events: Iterator[Any], lines: dict[At, int], report: _YamlReport) -> Any:
    """Plain values from the parser's events, without recursion, so that depth cannot exhaust the stack."""
    opened: list[_Open] = []
    root: Any = None
    documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                report.at_line(line, (), N_("A second document begins here."), N_("Remove the line with `---`."))
                return None
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            value = opened.pop().value
            root = value if not opened else root
        elif isinstance(event, NodeEvent):
            if not _plain(event, line, report):
                return None
            at = _place(opened, event, line, lines)
            if isinstance(event, ScalarEvent):
                value = _scalar(event, line, at, report)
                _put(opened, value, at, line, lines, report, is_scalar=True)
                root = value if not opened else root
            else:
                new: dict[Any, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
                if opened and isinstance(opened[-1].value, dict) and not opened[-1].has_key:
                    report.at_line(line, at, N_("A key must be a word."), N_("Put the text in quotes."))
                    return None
                _put(opened, new, at, line, lines, report)
                opened.append(_Open(new, at))
                if len(opened) > MAX_DEPTH:
                    report.at_line(line, at, N_("The nesting is too deep."), N_("A course needs far fewer levels."))
                    return None
    return root


def _plain(event: Any, line: int, report: _YamlReport) -> bool:
    if isinstance(event, AliasEvent) or event.anchor is not None:
        report.at_line(
            line,
            (),
            N_("Anchors (&name) and aliases (*name) are not allowed."),
            N_("Write the text out; if it begins with & or *, put it in quotes."),
        )
        return False
    if isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent) and event.tag is not None:
        report.at_line(
            line,
            (),
            N_("Tags (!name) are not allowed."),
            N_("Remove the tag; if the text begins with !, put it in quotes."),
        )
        return False
    return True


def _place(opened: list[_Open], event: Any, line: int, lines: dict[At, int]) -> At:
    """Where the coming value stands; list entries get their line here, mapping values got their key's."""
    if not opened:
        lines.setdefault((), line)
        return ()
    holder = opened[-1]
    if isinstance(holder.value, list):
        at: At = (*holder.at, len(holder.value))
        lines[at] = line
        return at
    return (*holder.at, holder.key) if holder.has_key else holder.at


def _put(
    opened: list[_Open],
    value: Any,
    at: At,
    line: int,
    lines: dict[At, int],
    report: _YamlReport,
    *,
    is_scalar: bool = False,
) -> None:
    if not opened:
        return
    holder = opened[-1]
    if isinstance(holder.value, list):
        holder.value.append(value)
    elif holder.has_key:
        holder.value[holder.key] = value
        holder.has_key = False
    elif is_scalar:
        key = value if isinstance(value, str) else str(value).lower()  # `true:` as a key is the word
        at = (*holder.at, key)
        if key in holder.value:
            report.at_line(
                line,
                at,
                N_("The key “%(key)s” is written twice; the first is on line %(first)s."),
                N_("Keep one of the two."),
                key=key,
                first=lines.get(at, "?"),
            )
        lines.setdefault(at, line)
        holder.key, holder.has_key = key, True


def _scalar(event: ScalarEvent, line: int, at: At, report: _YamlReport) -> Any:
    """The value of a scalar; only plain ones (without quotes) are anything but text."""
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text) and len(text) < 20:
        return int(text)
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            report.at_line(line, at, N_("There is no day %(day)s."), N_("Write year-month-day."), day=text)
            return text
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
