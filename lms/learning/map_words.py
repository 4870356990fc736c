"""Words on the map of a scenario: how wide they are, about, and as much of them as fits. Pure."""

from __future__ import annotations

_NARROW, _WIDE = frozenset("iljtfrI.,:;'’‘!|()[] "), frozenset("mwMWÆŒ%@—…")


def measured(text: str, size: float) -> float:
    """About how wide a text is in a humanist sans, in pixels."""
    units = 0.0
    for letter in text:
        if letter in _NARROW:
            units += 0.31
        elif letter in _WIDE or ord(letter) > 0x2E80:
            units += 0.95
        else:
            units += 0.66 if letter.isupper() else 0.57
    return units * size


def cut(text: str, width: float, size: float) -> str:
    """As much of a text as fits, with … for the rest."""
    return wrapped(text, width, size, 1)[0] if text else ""


def wrapped(text: str, width: float, size: float, lines: int) -> list[str]:
    """A text in at most so many lines; what does not fit is cut, with … in its place."""
    made: list[str] = []
    rest = text.split()
    while rest and len(made) < lines:
        line = ""
        while rest and (not line or measured(f"{line} {rest[0]}", size) <= width):
            line = f"{line} {rest.pop(0)}".strip()
        made.append(line)
    for n, line in enumerate(made):
        more = bool(rest) and n == len(made) - 1
        if not more and measured(line, size) <= width:
            continue
        while line and measured(line + "…", size) > width:
            line = line[:-1].rstrip()
        made[n] = line + "…"
    return made
