"""The order of a line that mixes directions: the Unicode Bidirectional Algorithm (UAX #9) for one line.

Done here because the library at hand gives neither levels nor mirrored brackets, and shaping needs both. Explicit
formatting characters (embeddings, overrides, isolates) are treated as invisible: names and titles do not carry them.
"""

from __future__ import annotations

from typing import Final
from unicodedata import bidirectional, normalize

_STRONG: Final = {"L": "L", "R": "R", "AL": "R"}
_INVISIBLE: Final = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN"}
_NEUTRAL: Final = {"B", "S", "WS", "ON"}
_PAIRS: Final = dict(
    zip(
        "([{⟦⟨⟪⟬⟮⦃⦅⦇⦉⦋⁅⁽₍❨❪❬❮❰❲❴〈《「『【〔〖〘〚﹙﹛﹝（［｛｟｢〈",
        ")]}⟧⟩⟫⟭⟯⦄⦆⦈⦊⦌⁆⁾₎❩❫❭❯❱❳❵〉》」』】〕〗〙〛﹚﹜﹞）］｝｠｣〉",
        strict=True,
    )
)
_CLOSING: Final = {close: opening for opening, close in _PAIRS.items()}


def is_rtl(text: str, default: bool = False) -> bool:
    """Whether the first strong character runs right to left (rules P2 and P3); ``default`` when there is none."""
    for char in text:
        strong = _STRONG.get(bidirectional(char))
        if strong:
            return strong == "R"
    return default


def levels(text: str, rtl: bool) -> list[int]:
    """The embedding level of every character, even left to right, odd right to left, in a line of base ``rtl``."""
    base = int(rtl)
    original = [bidirectional(char) or "L" for char in text]
    if not rtl and not any(kind in ("R", "AL", "AN") for kind in original):
        return [0] * len(text)
    seen = [at for at, kind in enumerate(original) if kind not in _INVISIBLE]
    kinds = [original[at] for at in seen]
    side = "R" if rtl else "L"
    _weak(kinds, side)
    _brackets([text[at] for at in seen], kinds, [original[at] for at in seen], side)
    _neutral(kinds, side)
    result = [base] * len(text)
    for at, kind in zip(seen, kinds, strict=True):
        if base == 0:
            result[at] = {"L": 0, "R": 1}.get(kind, 2)
        else:
            result[at] = 1 if kind == "R" else 2
    for at, kind in enumerate(original):  # rule X9: the invisible take the level of what precedes them
        if kind in _INVISIBLE:
            result[at] = result[at - 1] if at else base
    for at in range(len(text) - 1, -1, -1):  # rule L1: space at the end of a line follows the line
        if original[at] not in ("WS", "B", "S") and original[at] not in _INVISIBLE:
            break
        result[at] = base
    return result


def visual_order(runs: list[int]) -> list[int]:
    """Rule L2: given the level of each run in logical order, the indices of the runs from left to right."""
    order = list(range(len(runs)))
    for level in range(max(runs, default=0), 0, -1):
        start = 0
        while start < len(order):
            if runs[order[start]] < level:
                start += 1
                continue
            end = start
            while end < len(order) and runs[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end
    return order


def _weak(kinds: list[str], side: str) -> None:
    """Rules W1 to W7, in place."""
    before = side
    strong = side
    for at, kind in enumerate(kinds):
        if kind == "NSM":  # W1
            kinds[at] = kind = before
        before = kind
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":  # W2
            kinds[at] = "AN"
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    for at in range(1, len(kinds) - 1):  # W4
        left, kind, right = kinds[at - 1 : at + 2]
        if left == right and ((kind in ("ES", "CS") and left == "EN") or (kind == "CS" and left == "AN")):
            kinds[at] = left
    at = 0
    while at < len(kinds):  # W5
        end = at
        while end < len(kinds) and kinds[end] == "ET":
            end += 1
        if end > at and ((at and kinds[at - 1] == "EN") or (end < len(kinds) and kinds[end] == "EN")):
            kinds[at:end] = ["EN"] * (end - at)
        at = end + 1
    kinds[:] = ["ON" if kind in ("ES", "ET", "CS") else kind for kind in kinds]  # W6
    strong = side
    for at, kind in enumerate(kinds):  # W7
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[at] = "L"


def _brackets(chars: list[str], kinds: list[str], original: list[str], side: str) -> None:
    """Rule N0: both brackets of a pair take one direction, in place."""
    stack: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for at, char in enumerate(chars):
        if kinds[at] != "ON":
            continue
        if char in _PAIRS:
            stack.append((normalize("NFC", _PAIRS[char]), at))
        elif char in _CLOSING:
            wanted = normalize("NFC", char)
            for depth in range(len(stack) - 1, -1, -1):
                if stack[depth][0] == wanted:
                    pairs.append((stack[depth][1], at))
                    del stack[depth:]
                    break
    for opening, closing in sorted(pairs):
        inside = {_side(kind) for kind in kinds[opening + 1 : closing]} - {""}
        if side in inside:
            found = side
        elif inside:
            other = inside.pop()
            context = next((_side(kind) for kind in reversed(kinds[:opening]) if _side(kind)), side)
            found = other if context == other else side
        else:
            continue
        for bracket in (opening, closing):
            kinds[bracket] = found
            mark = bracket + 1
            while mark < len(kinds) and original[mark] == "NSM":
                kinds[mark] = found
                mark += 1


def _neutral(kinds: list[str], side: str) -> None:
    """Rules N1 and N2, in place."""
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        if end > at:
            left = _side(kinds[at - 1]) if at else side
            right = _side(kinds[end]) if end < len(kinds) else side
            kinds[at:end] = [left if left == right else side] * (end - at)
        at = end + 1


def _side(kind: str) -> str:
    """The direction a resolved kind counts as for its neighbours: numbers count as right to left."""
    return {"L": "L", "R": "R", "EN": "R", "AN": "R"}.get(kind, "")
