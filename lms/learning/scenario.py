"""Playing a scenario: where somebody is, follows from the choices made and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lms.catalogue.best_way import best_way
from lms.catalogue.scenes import BEST, WEIGHTS, Machine, Move
from lms.catalogue.story import Choice, Ending, Scenario
from lms.errors import N_, Invalid


@dataclass(frozen=True, slots=True)
class Taken:
    """One choice that was made: in which scene, and the variables before and after it."""

    scene_id: str
    choice: Choice
    before: Mapping[str, int]
    after: Mapping[str, int]

    @property
    def changes(self) -> Mapping[str, int]:
        """By how much each variable really moved; those that did not are left out."""
        return {name: value - self.before[name] for name, value in self.after.items() if value != self.before[name]}


@dataclass(frozen=True, slots=True)
class State:
    """Where somebody is. ``shown`` are the scenes entered since the last choice: those that routes passed through, and
    last the present one. ``ending`` is set when the story is over. ``score`` is in per cent. ``code`` is all that what
    follows can depend on (``lms.catalogue.scenes``)."""

    scene_id: str
    values: Mapping[str, int]
    path: tuple[Taken, ...]
    shown: tuple[str, ...]
    ending: Ending | None
    score: float
    code: int = field(repr=False)

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down."""
        return int(self.score + 1e-9)


def start(scenario: Scenario) -> State:
    """Where the story begins."""
    return _begin(Machine(scenario))


def available(scenario: Scenario, state: State) -> tuple[Choice, ...]:
    """The choices that are open now, in the author's order; none when the story is over."""
    return tuple(move.choice for move in _open(Machine(scenario), state))


def choose(scenario: Scenario, state: State, choice_id: str) -> State:
    """The state after a choice.

    Raises:
        Invalid: the story is over, the scene has no such choice, or its condition does not hold.
    """
    return _take(Machine(scenario), state, choice_id)


def replay(scenario: Scenario, choices: Sequence[str]) -> State:
    """The state after these choices, in order. Raises Invalid as ``choose`` does."""
    machine = Machine(scenario)
    state = _begin(machine)
    for choice_id in choices:
        state = _take(machine, state, choice_id)
    return state


def best_path(scenario: Scenario) -> State:
    """The experts' way, for the debrief: the finished story with the highest score, of those the best ending, of those
    the shortest, of those the one whose choices stand first.

    Raises:
        Invalid: no way through the story comes to an end.
    """
    way = best_way(scenario)
    if way is None:
        raise Invalid(N_("This story has no end."))
    return replay(scenario, way.choices)


def _open(machine: Machine, state: State) -> tuple[Move, ...]:
    return machine.open(machine.index[state.scene_id], state.code)


def _take(machine: Machine, state: State, choice_id: str) -> State:
    if state.ending is not None:
        raise Invalid(N_("The story is over; no more choices can be made."))
    moves = machine.place(machine.index[state.scene_id]).moves
    move = next((each for each in moves if each.choice.id == choice_id), None)
    if move is None:
        raise Invalid(N_("There is no choice “%(choice)s” here. Reload the page."), choice=choice_id)
    if move.condition is not None and not move.condition.holds(state.code):
        raise Invalid(N_("The choice “%(choice)s” is not open as things stand. Reload the page."), choice=choice_id)
    code = move.effect.on(state.code)
    taken = Taken(state.scene_id, move.choice, state.values, machine.values(code))
    return _come(machine, move.next, code, (*state.path, taken))


def _begin(machine: Machine) -> State:
    return _come(machine, machine.start, machine.first, ())


def _come(machine: Machine, number: int, code: int, path: tuple[Taken, ...]) -> State:
    entered, code = machine.arrive(number, code)
    shown = tuple(machine.scenario.scenes[each].id for each in entered)
    scene = machine.scenario.scenes[entered[-1]]
    return State(
        scene.id, machine.values(code), path, shown, scene.ending, _score(path, over=scene.ending is not None), code
    )


def _score(path: Sequence[Taken], *, over: bool) -> float:
    """Weights of the choices made as per cent of as many best ones. A story without choices is done by reading it."""
    if not path:
        return 100.0 if over else 0.0
    return float(Fraction(100 * sum(WEIGHTS[taken.choice.quality] for taken in path), BEST * len(path)))
