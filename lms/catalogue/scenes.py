"""How a scenario moves: which choices are open, what a choice does, where somebody comes to. Pure.

The checker and the player go by these rules alone, so what was proved is what is played. All that can change while a
story is played is one whole number, the *code*: the variables, how often a scene with a limit was entered, which
choices that are open once were taken, and (where a condition asks for it) the score so far, each a digit of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lms.catalogue.story import SCORE, Choice, Quality, Scenario, Scene, When

WEIGHTS: Mapping[Quality, int] = {"best": 2, "acceptable": 1, "poor": 0}
"""What a choice weighs by the expert key (docs/course-format.md)."""

BEST = max(WEIGHTS.values())
_MANY = 1 << 24
_FAR = 1 << 62


@dataclass(frozen=True, slots=True)
class Digit:
    """One part of the code: its value is ``low`` plus what stands at ``unit``, ``size`` values in all."""

    unit: int
    size: int
    low: int = 0

    def of(self, code: int) -> int:
        return code // self.unit % self.size + self.low


@dataclass(slots=True)
class Condition:
    """Bounds, both inclusive, on digits and on the score so far. ``local``: on variables alone, which are the last
    digits of the code (``base``); answers are remembered by them, else by the whole code."""

    bounds: tuple[tuple[Digit, int, int], ...]
    score: tuple[int, int] | None
    weight: Digit | None
    count: Digit | None
    base: int
    local: bool
    known: dict[int, bool] = field(default_factory=dict)

    def holds(self, code: int) -> bool:
        key = code % self.base if self.local else code
        answer = self.known.get(key)
        if answer is None:
            answer = self.known[key] = self._holds(code)
        return answer

    @property
    def of_digits(self) -> bool:
        """Whether it asks for nothing but visits and choices taken, which ``may_hold`` decides."""
        return self.score is None and all(digit.unit >= self.base for digit, _, _ in self.bounds)

    def may_hold(self, code: int) -> bool:
        """Whether it can hold for some values of the variables and some score."""
        return all(least <= digit.of(code) <= most for digit, least, most in self.bounds if digit.unit >= self.base)

    def _holds(self, code: int) -> bool:
        if any(not least <= digit.of(code) <= most for digit, least, most in self.bounds):
            return False
        if self.score is None or self.weight is None or self.count is None:
            return True
        count = self.count.of(code)
        so_far = 100 * self.weight.of(code) // (BEST * count) if count else 0
        return self.score[0] <= so_far <= self.score[1]


@dataclass(slots=True)
class Effect:
    """Changes of digits, each kept within its size; remembered as answers of conditions are."""

    changes: tuple[tuple[Digit, int], ...]
    base: int = 1
    local: bool = False
    known: dict[int, int] = field(default_factory=dict)

    def on(self, code: int) -> int:
        key = code % self.base if self.local else code
        after = self.known.get(key)
        if after is None:
            after = key
            for digit, change in self.changes:
                value = code // digit.unit % digit.size
                after += (min(digit.size - 1, max(0, value + change)) - value) * digit.unit
            self.known[key] = after
        return after + code - key


@dataclass(frozen=True, slots=True)
class Move:
    """A choice: when it is open, what it does, and the place of the scene it leads to."""

    choice: Choice
    condition: Condition | None
    effect: Effect
    next: int
    weight: int


@dataclass(frozen=True, slots=True)
class Place:
    """A scene ready to be played. ``gate`` says whether somebody may come in, ``entry`` counts that they did."""

    scene: Scene
    gate: Condition | None
    entry: Effect | None
    otherwise: int | None
    moves: tuple[Move, ...]
    routes: tuple[tuple[Condition | None, int], ...]

    def admits(self, code: int) -> bool:
        """Whether somebody who comes with this code enters; who does not goes to ``otherwise``."""
        return self.gate is None or self.gate.holds(code)

    def entered(self, code: int) -> int:
        """The code of somebody who has entered."""
        return code if self.entry is None else self.entry.on(code)

    def route(self, code: int) -> int | None:
        """The first route that holds; None where people stay."""
        for number, (condition, _) in enumerate(self.routes):
            if condition is None or condition.holds(code):
                return number
        return None


class Machine:
    """A scenario made ready. It must name no unknown scene or variable; scenes are made ready when somebody comes."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.index = {scene.id: n for n, scene in enumerate(scenario.scenes)}
        self._unit = 1
        self.variables = {
            name: self._digit(variable.max - variable.min + 1, variable.min)
            for name, variable in scenario.state.items()
        }
        self.base = self._unit
        self._visits = {s.id: self._digit(s.visits + 1) for s in scenario.scenes if s.visits is not None}
        self._taken = {(s.id, c.id): self._digit(2) for s in scenario.scenes for c in s.choices if c.once}
        self.digits = (*self.variables.values(), *self._visits.values(), *self._taken.values())
        self.top = self._unit
        scored = _asks_for_score(scenario)
        self._weight = self._digit(_MANY) if scored else None
        self._count = self._digit(_MANY) if scored else None
        self._conditions: dict[object, Condition] = {}
        self._effects: dict[object, Effect] = {}
        self._places: list[Place | None] = [None] * len(scenario.scenes)
        self.start = self.index[scenario.start]
        self.first = sum(
            (variable.start - variable.min) * self.variables[name].unit for name, variable in scenario.state.items()
        )

    def _digit(self, size: int, low: int = 0) -> Digit:
        made = Digit(self._unit, size, low)
        self._unit *= size
        return made

    def values(self, code: int) -> dict[str, int]:
        """The variables the author named."""
        return {name: digit.of(code) for name, digit in self.variables.items()}

    def place(self, number: int) -> Place:
        """The scene with this number, counted from 0 in the author's order."""
        place = self._places[number]
        if place is None:
            place = self._places[number] = self._ready(self.scenario.scenes[number])
        return place

    def arrive(self, number: int, code: int) -> tuple[tuple[int, ...], int]:
        """Come to a scene and go on to where somebody must choose or the story ends: the scenes entered, and the code."""
        entered: list[int] = []
        met = set()
        following: int | None = number
        while following is not None and (following, code) not in met:  # never hang on what the checker has not seen
            met.add((following, code))
            number = following
            place = self.place(number)
            if not place.admits(code):
                following = place.otherwise
                continue
            code = place.entered(code)
            entered.append(number)
            route = place.route(code)
            following = None if route is None else place.routes[route][1]
        return tuple(entered) or (number,), code

    def open(self, number: int, code: int) -> tuple[Move, ...]:
        """The choices that the state allows, in the author's order."""
        return tuple(m for m in self.place(number).moves if m.condition is None or m.condition.holds(code))

    # Making ready

    def _ready(self, scene: Scene) -> Place:
        visits = self._visits.get(scene.id)
        return Place(
            scene,
            gate=self._condition(scene.when, [(visits, 0, visits.size - 2)] if visits else []),
            entry=self._effect({}, [(visits, 1)]) if visits is not None else None,
            otherwise=self.index[scene.otherwise] if scene.otherwise else None,
            moves=tuple(self._move(scene, choice) for choice in scene.choices),
            routes=tuple((self._condition(route.when, []), self.index[route.next]) for route in scene.routes),
        )

    def _move(self, scene: Scene, choice: Choice) -> Move:
        taken = self._taken.get((scene.id, choice.id))
        weight = WEIGHTS[choice.quality]
        more = [(taken, 1)] if taken else []
        if self._weight is not None and self._count is not None:
            more += [(self._weight, weight), (self._count, 1)]
        return Move(
            choice,
            self._condition(choice.when, [(taken, 0, 0)] if taken else []),
            self._effect(choice.effects, more),
            self.index[choice.next],
            weight,
        )

    def _condition(self, when: When, more: list[tuple[Digit, int, int]]) -> Condition | None:
        """Equal conditions are one object, so that they share what they remember."""
        score = None
        bounds = list(more)
        for name, bound in when.items():
            least = -_FAR if bound.min is None else bound.min
            most = _FAR if bound.max is None else bound.max
            if name in self.variables:
                bounds.append((self.variables[name], least, most))
            else:
                score = (least, most)
        if not bounds and score is None:
            return None
        key = (tuple(bounds), score)
        found = self._conditions.get(key)
        if found is None:
            local = not more and score is None
            found = Condition(tuple(bounds), score, self._weight, self._count, self.base, local)
            self._conditions[key] = found
        return found

    def _effect(self, effects: Mapping[str, int], more: list[tuple[Digit, int]]) -> Effect:
        changes = (*((self.variables[name], change) for name, change in effects.items() if change), *more)
        found = self._effects.get(changes)
        if found is None:
            found = self._effects[changes] = Effect(changes, self.base, local=not more)
        return found


def _asks_for_score(scenario: Scenario) -> bool:
    if SCORE in scenario.state:  # an old version may have a variable of this name; then it is that
        return False
    return any(
        SCORE in when
        for scene in scenario.scenes
        for when in (scene.when, *(c.when for c in scene.choices), *(r.when for r in scene.routes))
    )
