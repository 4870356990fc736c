"""The experts' way through a scenario. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from lms.catalogue.exploring import STATE_LIMIT
from lms.catalogue.forgetting import Forgetting
from lms.catalogue.scenes import BEST, Machine
from lms.catalogue.story import Ending, Quality, Scenario

RANK: dict[Ending | None, int] = {"good": 3, "mixed": 2, "poor": 1, None: 0}


@dataclass(frozen=True, slots=True)
class Way:
    """One way through to an ending: the choices in order, and what it scores, in per cent."""

    choices: tuple[str, ...]
    score: Fraction


@dataclass(slots=True)
class _Graph:
    """The states in an order in which each comes before those that follow it. ``ways[i]`` are (state, weight or None for
    no choice, choice); ``rank[i]`` is the rank of the ending there, 0 where there is none."""

    ways: list[list[tuple[int, int | None, str]]]
    rank: list[int]


def best_way(scenario: Scenario, *, limit: int = STATE_LIMIT) -> Way | None:
    """The experts' way: the highest score, of those the best ending, of those the shortest, of those the one whose
    choices stand first. None when no way comes to an end within ``limit`` states."""
    graph = _graph(scenario, limit, only="best")  # nothing scores higher than best choices alone
    if max(graph.rank) < RANK["good"]:
        graph = _graph(scenario, limit, only=None)
    return _highest(graph)


def _graph(scenario: Scenario, limit: int, only: Quality | None) -> _Graph:
    """States in topological order: a walk in depth notes each state when everything after it has been noted."""
    machine = Machine(scenario)
    forgetting = Forgetting(machine)
    width = len(scenario.scenes)
    numbered: dict[int, int] = {}
    graph = _Graph([], [])
    raw: dict[int, list[tuple[int, int | None, str]]] = {}
    stack = [machine.first * width + machine.start]
    while stack:
        key = stack[-1]
        if key in numbered:
            stack.pop()
            continue
        ways = raw.get(key)
        if ways is None:
            ways = raw[key] = _ways(machine, forgetting, key, only) if len(raw) < limit else []
            stack += [after for after, _, _ in ways if after not in raw]
            continue
        stack.pop()
        numbered[key] = len(graph.ways)
        graph.ways.append([(numbered[after], weight, choice) for after, weight, choice in ways if after in numbered])
        code, number = divmod(key, width)
        place = machine.place(number)
        graph.rank.append(RANK[place.scene.ending] if place.admits(code) else 0)
    return graph


def _ways(
    machine: Machine, forgetting: Forgetting, key: int, only: Quality | None
) -> list[tuple[int, int | None, str]]:
    width = len(machine.scenario.scenes)
    code, number = divmod(key, width)
    place = machine.place(number)

    def to(following: int, after: int) -> int:
        return forgetting.at(number, following, after) * width + following

    if not place.admits(code):
        return [] if place.otherwise is None else [(to(place.otherwise, code), None, "")]
    code = place.entered(code)
    if (route := place.route(code)) is not None:
        return [(to(place.routes[route][1], code), None, "")]
    return [
        (to(move.next, move.effect.on(code)), move.weight, move.choice.id)
        for move in machine.open(number, code)
        if only in (None, move.choice.quality)
    ]


def _highest(graph: _Graph) -> Way | None:
    """The way with the highest share of the weight that its choices could have.

    A share is no sum, so it is sought by guessing: with a guess p/q, a way whose sum of q·weight - p·most is above 0 has a
    larger share, which is the next guess; when no way is above 0, the guess was the answer (Dinkelbach 1967).
    """
    guess = Fraction(0)
    way = _longest(graph, guess)
    while way is not None and way.choices and way.score != 100 * guess:
        guess = way.score / 100
        way = _longest(graph, guess)
    return way


def _longest(graph: _Graph, guess: Fraction) -> Way | None:
    """Of all ways to an ending the one with the largest sum; then the best ending, then the fewest choices, then the first."""
    p, q = guess.numerator, guess.denominator
    best: list[tuple[int, int, int] | None] = []
    pick: list[int] = []
    for ways, rank in zip(graph.ways, graph.rank, strict=True):
        top: tuple[int, int, int] | None = (0, rank, 0) if rank else None
        chosen = -1
        for n, (after, weight, _) in enumerate(ways):
            below = best[after]
            if below is None:
                continue
            value = below if weight is None else (below[0] + q * weight - p * BEST, below[1], below[2] - 1)
            if top is None or value > top:
                top, chosen = value, n
        best.append(top)
        pick.append(chosen)
    if not best or best[-1] is None:
        return None
    at, taken, weights = len(best) - 1, [], 0
    while pick[at] >= 0:
        at, weight, choice = graph.ways[at][pick[at]]
        if weight is not None:
            taken.append(choice)
            weights += weight
    return Way(tuple(taken), Fraction(100 * weights, BEST * len(taken)) if taken else Fraction(100))
