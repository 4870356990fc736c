"""Where the boxes of a layered graph stand and how its arrows run (after Sugiyama, Tagawa and Toda 1981). Pure.

Boxes stand in rows; an arrow leads down, through a narrow place in each row that it passes. Rows are ordered so that few
arrows cross, then every box is moved as near as it may to what it is joined with. Lengths are in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

GAP = 34.0
LANE = 16.0
SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Size:
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a box stands: its row, its centre and its upper edge."""

    row: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Spots by box; for each pair (from, to) where it enters and leaves each row between the two, from top to bottom
    (``turned``: the arrow leads upwards and is drawn beside the boxes)."""

    spots: Mapping[str, Spot]
    lanes: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]
    turned: frozenset[tuple[str, str]]
    width: float
    height: float


def laid_out(
    sizes: Mapping[str, Size], arrows: Sequence[tuple[str, str]], start: str, last: Sequence[str] = ()
) -> Layout:
    """Lay out the boxes (in the author's order), joined by ``arrows``; ``last`` stand in the last row."""
    pairs = list(dict.fromkeys(pair for pair in arrows if pair[0] != pair[1]))
    turned = _turned(list(sizes), pairs, start)
    down = [(b, a) if (a, b) in turned else (a, b) for a, b in pairs]
    row_of = _rows(list(sizes), down, last)
    rows, joined, chains = _with_lanes(list(sizes), down, row_of)
    _order(rows, joined)
    widths = {node: sizes[node].width if node in sizes else LANE for row in rows for node in row}
    xs = _spread(rows, joined, widths)
    left = min(xs[node] - widths[node] / 2 for node in xs)
    heights = [max((sizes[node].height for node in row if node in sizes), default=0.0) for row in rows]
    tops = _tops(rows, joined, heights)
    spots = {node: Spot(row_of[node], xs[node] - left, tops[row_of[node]] + (heights[row_of[node]] - sizes[node].height) / 2)
             for node in sizes}  # fmt: skip
    lanes = {}
    for pair, way in zip(pairs, down, strict=True):
        ends = [(xs[lane] - left, y) for row, lane in chains[way] for y in (tops[row], tops[row] + heights[row])]
        lanes[pair] = tuple(ends)
    width = max(xs[node] + widths[node] / 2 for node in xs) - left
    return Layout(spots, lanes, frozenset(turned), width, tops[-1] + heights[-1])


def _turned(nodes: list[str], pairs: Sequence[tuple[str, str]], start: str) -> set[tuple[str, str]]:
    """The arrows that close a loop when one walks from the start: they are laid out the other way round."""
    ways: dict[str, list[str]] = {node: [] for node in nodes}
    for a, b in pairs:
        ways[a].append(b)
    turned: set[tuple[str, str]] = set()
    done: set[str] = set()
    for first in [start, *nodes]:
        path, going = ([first], [iter(ways[first])]) if first not in done else ([], [])
        on_path = set(path)
        while path:
            following = next(going[-1], None)
            if following is None:
                done.add(path[-1])
                on_path.discard(path.pop())
                going.pop()
            elif following in on_path:
                turned.add((path[-1], following))
            elif following not in done:
                path.append(following)
                on_path.add(following)
                going.append(iter(ways[following]))
    return turned


def _rows(nodes: list[str], down: Sequence[tuple[str, str]], last: Sequence[str]) -> dict[str, int]:
    """The row of each box: below everything that leads to it."""
    before: dict[str, int] = dict.fromkeys(nodes, 0)
    after: dict[str, list[str]] = {node: [] for node in nodes}
    for a, b in dict.fromkeys(down):
        after[a].append(b)
        before[b] += 1
    row = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not before[node]]
    for node in ready:
        for following in after[node]:
            row[following] = max(row[following], row[node] + 1)
            before[following] -= 1
            if not before[following]:
                ready.append(following)
    deepest = max(row.values())
    for node in last:
        if not after[node]:
            row[node] = deepest
    return row


def _with_lanes(
    nodes: list[str], down: Sequence[tuple[str, str]], row_of: Mapping[str, int]
) -> tuple[list[list[str]], dict[str, list[str]], dict[tuple[str, str], list[tuple[int, str]]]]:
    """The rows with a lane for each arrow that passes, what each is joined with in the next row, and the lanes of each arrow."""
    rows: list[list[str]] = [[] for _ in range(max(row_of.values()) + 1)]
    for node in nodes:
        rows[row_of[node]].append(node)
    joined: dict[str, list[str]] = {node: [] for node in nodes}
    chains: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for a, b in dict.fromkeys(down):
        chains[a, b] = []
        at = a
        for row in range(row_of[a] + 1, row_of[b]):
            lane = f"{a}>{b}:{row}"
            rows[row].append(lane)
            joined[lane] = []
            chains[a, b].append((row, lane))
            joined[at].append(lane)
            at = lane
        joined[at].append(b)
    return rows, joined, chains


def _order(rows: list[list[str]], joined: Mapping[str, list[str]]) -> None:
    """Order each row by the middle of what its boxes are joined with, downwards and upwards in turn; keep the best order."""
    above: dict[str, list[str]] = {node: [] for row in rows for node in row}
    for node, following in joined.items():
        for each in following:
            above[each].append(node)
    best, fewest = [list(row) for row in rows], _crossings(rows, joined)
    for sweep in range(2 * SWEEPS):
        near = above if sweep % 2 == 0 else joined
        for row in rows if sweep % 2 == 0 else reversed(rows):
            place = {node: n for each in rows for n, node in enumerate(each)}
            row.sort(
                key=lambda node: sum(place[o] for o in near[node]) / len(near[node]) if near[node] else place[node]
            )
        crossings = _crossings(rows, joined)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
        if not fewest:
            break
    for row, order in zip(rows, best, strict=True):
        row[:] = order


def _crossings(rows: Sequence[Sequence[str]], joined: Mapping[str, list[str]]) -> int:
    """How many pairs of arrows cross between neighbouring rows."""
    total = 0
    for upper, lower in pairwise(rows):
        place = {node: n for n, node in enumerate(lower)}
        tree = [0] * (len(lower) + 1)
        drawn = 0
        for node in upper:
            ends = sorted(place[each] for each in joined[node])
            for end in ends:  # those already drawn that end to the right cross this one
                at, left = end + 1, 0
                while at:
                    left += tree[at]
                    at -= at & -at
                total += drawn - left
            for end in ends:
                drawn += 1
                at = end + 1
                while at < len(tree):
                    tree[at] += 1
                    at += at & -at
    return total


def _spread(
    rows: Sequence[Sequence[str]], joined: Mapping[str, list[str]], widths: Mapping[str, float]
) -> dict[str, float]:
    """The centre of each box: near what it is joined with, in order, and never too close to its neighbours."""
    above: dict[str, list[str]] = {node: [] for row in rows for node in row}
    for node, following in joined.items():
        for each in following:
            above[each].append(node)
    xs: dict[str, float] = {}
    offsets: list[list[float]] = []
    for row in rows:
        at, places = 0.0, []
        for n, node in enumerate(row):
            if n:
                both_lanes = widths[node] == LANE and widths[row[n - 1]] == LANE
                at += (widths[node] + widths[row[n - 1]]) / 2 + (LANE / 2 if both_lanes else GAP)
            places.append(at)
        offsets.append(places)
        xs |= {node: place - at / 2 for node, place in zip(row, places, strict=True)}
    for sweep in range(2 * SWEEPS):
        turn = list(zip(rows, offsets, strict=True))
        for row, places in turn if sweep % 2 == 0 else reversed(turn):
            wishes, weights = [], []
            for node in row:
                near = [*above[node], *joined[node]] if sweep > SWEEPS else (above if sweep % 2 == 0 else joined)[node]
                if sweep > SWEEPS and widths[node] == LANE and widths[above[node][0]] == LANE:
                    near = above[node]  # long arrows run straight down
                wishes.append(sum(xs[o] for o in near) / len(near) if near else xs[node])
                weights.append(4.0 if widths[node] == LANE else 1.0 + len(near) / 8)
            for node, x in zip(row, _kept_apart(wishes, weights, places), strict=True):
                xs[node] = x
    return xs


def _kept_apart(wishes: Sequence[float], weights: Sequence[float], places: Sequence[float]) -> list[float]:
    """The positions nearest to the wishes (least squares) with at least the distances of ``places`` between them: wishes that
    come too close are pooled (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for wish, weight, place in zip(wishes, weights, places, strict=True):
        mean, total, count = wish - place, weight, 1
        while pools and pools[-1][0] > mean:
            before, heavy, many = pools.pop()
            mean = (mean * total + before * heavy) / (total + heavy)
            total, count = total + heavy, count + many
        pools.append((mean, total, count))
    flat = [mean for mean, _, count in pools for _ in range(count)]
    return [base + place for base, place in zip(flat, places, strict=True)]


def _tops(rows: Sequence[Sequence[str]], joined: Mapping[str, list[str]], heights: Sequence[float]) -> list[float]:
    """The upper edge of each row; between rows there is more room where many arrows run."""
    tops, y = [], 0.0
    for row, height in zip(rows, heights, strict=True):
        tops.append(y)
        y += height + 56 + min(40, 2.5 * sum(len(joined[node]) for node in row))
    return tops
