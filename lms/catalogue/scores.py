"""The range of scores with which a scenario can end. Pure.

A score is a share (the weight of the choices made, of what as many best choices weigh), so its extremes are sought by
guessing: with a guess p/q, the way with the smallest sum of q·weight - p·most tells whether the share can be smaller, and
is the next guess (Dinkelbach 1967). That way is found without visiting every state: the story *without its variables* is
small and says how much is left at least, which leads a search (A*) through the states of the real one.
"""

from __future__ import annotations

from fractions import Fraction
from heapq import heappop, heappush

from lms.catalogue.exploring import STATE_LIMIT, explore
from lms.catalogue.forgetting import Forgetting
from lms.catalogue.scenes import BEST, Machine
from lms.catalogue.story import Quality, Scenario

_Ways = list[tuple[int, int | None]]
"""States that follow, each with the weight of the choice that leads there (None: no choice)."""


def score_range(scenario: Scenario, *, limit: int = STATE_LIMIT) -> tuple[Fraction, Fraction] | None:
    """The lowest and highest score, in per cent; None when no way was found to an end. The graph must be sound, with every
    loop limited."""
    machine = Machine(scenario)
    entered, _ = machine.arrive(machine.start, machine.first)
    if scenario.scenes[entered[-1]].ending is not None:
        return Fraction(100), Fraction(100)  # a story without choices is done by reading it
    lowest, highest = (_extreme(machine, sign, limit) for sign in (1, -1))
    return None if lowest is None or highest is None else (lowest, highest)


def _extreme(machine: Machine, sign: int, limit: int) -> Fraction | None:
    """The lowest (``sign`` 1) or highest (-1) share, in per cent."""
    alone: Quality = "poor" if sign > 0 else "best"
    endings = {scene.id for scene in machine.scenario.scenes if scene.ending is not None}
    if explore(machine.scenario, limit=limit, only=alone).scenes & endings:  # nothing goes beyond such a way
        return Fraction(0 if sign > 0 else 100)
    relaxed = _Relaxed(machine, limit)
    guess = relaxed.extreme(sign)
    while guess is not None:
        found = relaxed.search(guess, sign, limit)
        if found is None or found == guess:
            return None if found is None else 100 * found
        guess = found
    return None


class _Relaxed:
    """The story without its variables: what a condition asks of them may hold or not. Every way through the real story is
    a way through this one, so nothing there can go beyond what is possible here."""

    def __init__(self, machine: Machine, limit: int) -> None:
        self.machine = machine
        self.width = len(machine.scenario.scenes)
        self._forgetting = Forgetting(machine)
        self.start = machine.first * self.width + machine.start
        self._ways: dict[int, _Ways] = {}
        self._order = self._sorted(self._short(self.start), limit)

    def _short(self, key: int) -> int:
        """A state without its variables and its score."""
        code, number = divmod(key, self.width)
        code %= self.machine.top
        return (code - code % self.machine.base) * self.width + number

    def _sorted(self, start: int, limit: int) -> list[int]:
        """The states so that each comes after all that follow it."""
        order: list[int] = []
        done: set[int] = set()
        stack = [start]
        while stack and len(self._ways) < limit:
            key = stack[-1]
            if key in done:
                stack.pop()
            elif key in self._ways:
                done.add(stack.pop())
                order.append(key)
            else:
                self._ways[key] = self._possible(key)
                stack += [after for after, _ in self._ways[key] if after not in self._ways]
        return order

    def _possible(self, key: int) -> _Ways:
        code, number = divmod(key, self.width)
        place = self.machine.place(number)
        ways: _Ways = []
        gate = place.gate
        may_enter = gate is None or gate.may_hold(code)
        if place.otherwise is not None and gate is not None and not (may_enter and gate.of_digits):
            ways.append((self._to(number, place.otherwise, code), None))
        if not may_enter:
            return ways
        code = place.entered(code)
        for condition, following in place.routes:
            ways.append((self._to(number, following, code), None))
            if condition is None:
                break
        for move in place.moves:
            if move.condition is None or move.condition.may_hold(code):
                ways.append((self._to(number, move.next, move.effect.on(code)), move.weight))
        return ways

    def _to(self, number: int, following: int, code: int) -> int:
        return self._short(self._forgetting.at(number, following, code) * self.width + following)

    def _ends(self, key: int) -> bool:
        return self.machine.scenario.scenes[key % self.width].ending is not None

    def _left(self, guess: Fraction, sign: int) -> dict[int, tuple[int, int, int]]:
        """For each state the smallest sum from it to an end, with the weight and number of the choices on that way."""
        p, q = guess.numerator, guess.denominator
        left: dict[int, tuple[int, int, int]] = {}
        for key in self._order:
            top: tuple[int, int, int] | None = (0, 0, 0) if self._ends(key) else None
            for after, weight in self._ways[key]:
                if (below := left.get(after)) is None:
                    continue
                if weight is not None:
                    below = (below[0] + sign * (q * weight - p * BEST), below[1] + weight, below[2] + 1)
                if top is None or below < top:
                    top = below
            if top is not None:
                left[key] = top
        return left

    def extreme(self, sign: int) -> Fraction | None:
        """The lowest or highest share of this story."""
        guess, start = Fraction(1 if sign > 0 else 0), self._short(self.start)
        while True:
            found = self._left(guess, sign).get(start)
            if found is None or found[2] == 0:
                return None
            share = Fraction(found[1], BEST * found[2])
            if share == guess:
                return guess
            guess = share

    def search(self, guess: Fraction, sign: int, limit: int) -> Fraction | None:
        """The share of the way through the real story with the smallest sum for this guess; the guess itself when that
        sum is 0."""
        p, q = guess.numerator, guess.denominator
        left = self._left(guess, sign)
        first = left.get(self._short(self.start))
        heap = [] if first is None else [(first[0], 0, self.start, 0, 0)]
        done: set[int] = set()
        while heap and len(done) <= limit:
            _, turned, key, spent, weights = heappop(heap)
            if key in done:
                continue
            done.add(key)
            code, number = divmod(key, self.width)
            place = self.machine.place(number)
            if place.scene.ending is not None and place.admits(code):
                return guess if spent == 0 else Fraction(weights, BEST * -turned)
            for after, weight in self._following(number, code):
                below = left.get(self._short(after))
                if below is None or after in done:
                    continue
                if weight is None:
                    heappush(heap, (spent + below[0], turned, after, spent, weights))
                else:
                    cost = spent + sign * (q * weight - p * BEST)
                    heappush(heap, (cost + below[0], turned - 1, after, cost, weights + weight))
        return None

    def _following(self, number: int, code: int) -> _Ways:
        place, width = self.machine.place(number), self.width

        def to(following: int, after: int) -> int:
            return self._forgetting.at(number, following, after) * width + following

        if not place.admits(code):
            return [] if place.otherwise is None else [(to(place.otherwise, code), None)]
        code = place.entered(code)
        if (route := place.route(code)) is not None:
            return [(to(place.routes[route][1], code), None)]
        return [(to(m.next, m.effect.on(code)), m.weight) for m in self.machine.open(number, code)]
