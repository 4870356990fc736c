"""YAML as an author would write it, from plain values, so that reading gives the same values back. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

_UNUSUAL = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?: [A-Za-z0-9-]+)*[.]?")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_LONG = 100


def document(value: Mapping[str, object]) -> str:
    """A whole file: blocks for what is long, one line for what is short."""
    return "".join(f"{line}\n" for line in _mapping(value, 0))


def one_line(value: object) -> str:
    """A value in one line, in quotes where it needs them."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {one_line(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(one_line, value)) + "]"
    if isinstance(value, str):
        if _BARE.fullmatch(value) and value.lower() not in _WORDS and len(value) < _LONG:
            return value
        return quoted(value)
    return json.dumps(value)


def quoted(text: str) -> str:
    """A text in double quotes; nothing in it ends an HTML comment."""
    said = json.dumps(text, ensure_ascii=False).replace("-->", "--\\u003e")
    return _UNUSUAL.sub(lambda found: f"\\u{ord(found[0]):04x}", said)


def _mapping(value: Mapping[str, object], depth: int) -> list[str]:
    lines: list[str] = []
    for key, each in value.items():
        lines += _entry(f"{key}:", each, depth)
    return lines


def _entry(head: str, value: object, depth: int) -> list[str]:
    pad = "  " * depth
    if isinstance(value, str) and _is_block(value):
        keep = "|-" if not value.endswith("\n") else "|"
        return [f"{pad}{head} {keep}", *(f"{pad}  {line}" if line else "" for line in value.rstrip("\n").split("\n"))]
    if isinstance(value, Mapping) and value and _is_long(value):
        return [f"{pad}{head}", *_mapping(value, depth + 1)]
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        lines = [f"{pad}{head}"]
        for each in value:
            inner = _mapping(each, depth + 2) if isinstance(each, Mapping) else [f"{pad}    {one_line(each)}"]
            lines += [f"{pad}  - {inner[0].strip()}", *inner[1:]]
        return lines
    return [f"{pad}{head} {one_line(value)}"]


def _is_block(text: str) -> bool:
    """Whether a text can stand as lines of its own and be read back as it was."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) == 1 or text.endswith("\n\n") or not lines[0].strip() or lines[0].startswith(" "):
        return False
    unusual = _UNUSUAL.search(text) or any(ord(letter) < 32 and letter != "\n" for letter in text)
    return not unusual and all(
        line == line.strip() or (line.startswith(" ") and line == line.rstrip()) for line in lines
    )


def _is_long(value: Mapping[str, object]) -> bool:
    return any(isinstance(each, Mapping | list | tuple) for each in value.values()) or len(one_line(value)) > _LONG
