"""What of a state can still matter: two states that differ only in what nothing ahead asks for are one. Pure.

A checker that forgets, for instance, how often a scene was entered once nobody can come back to it, visits far fewer
states and proves the same: every choice, route and ending ahead is open in both or in neither.
"""

from __future__ import annotations

from collections.abc import Mapping

from lms.catalogue.scenes import Condition, Effect, Machine


class Forgetting:
    """For each scene of a machine, the parts of the code that some scene from there on asks for."""

    def __init__(self, machine: Machine) -> None:
        self._digits = machine.digits
        self._bits = {digit.unit: 1 << n for n, digit in enumerate(machine.digits)}
        self._names = {name: self._bits[digit.unit] for name, digit in machine.variables.items()}
        self._live = self._spread(machine)
        self._effects: dict[int, Effect] = {}

    def between(self, here: int, there: int) -> Effect | None:
        """What to do with the code of somebody who goes from one scene to another; None for nothing."""
        gone = self._live[here] & ~self._live[there]
        if not gone:
            return None
        effect = self._effects.get(gone)
        if effect is None:
            dead = (digit for n, digit in enumerate(self._digits) if gone >> n & 1)
            effect = self._effects[gone] = Effect(tuple((digit, -digit.size) for digit in dead), local=False)
        return effect

    def at(self, here: int, there: int, code: int) -> int:
        """The code of somebody who goes from one scene to another."""
        effect = self.between(here, there)
        return code if effect is None else effect.on(code)

    def kept(self, here: int, values: Mapping[str, int]) -> dict[str, int]:
        """The variables that matter in a scene or after it."""
        return {name: value for name, value in values.items() if self._names[name] & self._live[here]}

    def _spread(self, machine: Machine) -> list[int]:
        """What each scene asks for, and what those after it ask for, until nothing is added."""
        live, ahead = [], []
        for number in range(len(machine.scenario.scenes)):
            place = machine.place(number)
            conditions = [place.gate, *(move.condition for move in place.moves), *(route[0] for route in place.routes)]
            asked = 0
            for condition in conditions:
                asked |= self._asked(condition)
            live.append(asked)
            sent_on = [] if place.otherwise is None else [place.otherwise]
            ahead.append([*(move.next for move in place.moves), *(route[1] for route in place.routes), *sent_on])
        changed = True
        while changed:
            changed = False
            for number in reversed(range(len(live))):  # authors write what follows below
                wider = live[number]
                for following in ahead[number]:
                    wider |= live[following]
                if wider != live[number]:
                    live[number], changed = wider, True
        return live

    def _asked(self, condition: Condition | None) -> int:
        bits = 0
        for digit, _least, _most in condition.bounds if condition is not None else ():
            bits |= self._bits[digit.unit]
        return bits
