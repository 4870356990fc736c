"""Playing a scenario: where somebody is, follows from the choices made and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lms.catalogue.content import Choice, Ending, Quality, Scenario
from lms.catalogue.scenes import affected, holds, initial, open_choices, settle
from lms.errors import N_, Invalid

WEIGHTS: Mapping[Quality, int] = {"best": 2, "acceptable": 1, "poor": 0}
"""What a choice weighs by the expert key (docs/course-format.md)."""

_ENDINGS: Mapping[Ending | None, int] = {"good": 3, "mixed": 2, "poor": 1, None: 0}
_WIDTH = 2_000


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
    last the present one. ``ending`` is set when the story is over. ``score`` is in per cent."""

    scene_id: str
    values: Mapping[str, int]
    path: tuple[Taken, ...]
    shown: tuple[str, ...]
    ending: Ending | None
    score: float

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down."""
        return int(self.score + 1e-9)


def start(scenario: Scenario) -> State:
    """Where the story begins."""
    return _enter(scenario, scenario.start, initial(scenario), ())


def available(scenario: Scenario, state: State) -> tuple[Choice, ...]:
    """The choices that are open now, in the author's order; none when the story is over."""
    return open_choices(scenario.by_id[state.scene_id], state.values)


def choose(scenario: Scenario, state: State, choice_id: str) -> State:
    """The state after a choice.

    Raises:
        Invalid: the story is over, the scene has no such choice, or its condition does not hold.
    """
    if state.ending is not None:
        raise Invalid(N_("The story is over; no more choices can be made."))
    choice = next((each for each in scenario.by_id[state.scene_id].choices if each.id == choice_id), None)
    if choice is None:
        raise Invalid(N_("There is no choice “%(choice)s” here. Reload the page."), choice=choice_id)
    if not holds(choice.when, state.values):
        raise Invalid(N_("The choice “%(choice)s” is not open as things stand. Reload the page."), choice=choice_id)
    after = affected(scenario, state.values, choice.effects)
    return _enter(scenario, choice.next, after, (*state.path, Taken(state.scene_id, choice, state.values, after)))


def replay(scenario: Scenario, choices: Sequence[str]) -> State:
    """The state after these choices, in order. Raises Invalid as ``choose`` does."""
    state = start(scenario)
    for choice_id in choices:
        state = choose(scenario, state, choice_id)
    return state


def _enter(scenario: Scenario, scene_id: str, values: Mapping[str, int], path: tuple[Taken, ...]) -> State:
    shown = settle(scenario, scene_id, values)
    ending = scenario.by_id[shown[-1]].ending
    return State(shown[-1], values, path, shown, ending, _score(path, over=ending is not None))


def _score(path: Sequence[Taken], *, over: bool) -> float:
    """Weights of the choices made as per cent of as many best ones. A story without choices is done by reading it."""
    if not path:
        return 100.0 if over else 0.0
    return float(Fraction(100 * sum(WEIGHTS[taken.choice.quality] for taken in path), 2 * len(path)))


def best_path(scenario: Scenario) -> State:
    """The experts' way, for the debrief: the finished story with the highest score, of those the best ending, of those
    the shortest, of those the one whose choices stand first.

    Raises:
        Invalid: no way through the story comes to an end.
    """
    finished = _finished(scenario, only_best=True)  # nothing scores higher, so a good ending here is the answer
    if not any(state.ending == "good" for state in finished):
        finished = _finished(scenario, only_best=False)
    if not finished:
        raise Invalid(N_("This story has no end."))
    return max(finished, key=lambda state: (state.score, _ENDINGS[state.ending], -len(state.path)))


def _finished(scenario: Scenario, *, only_best: bool) -> list[State]:
    """Finished stories, followed choice by choice, keeping for each state the best-scored way there. Only the 2,000
    best-scored states go on at each turn, which no story that people can write has needed."""
    layer = [start(scenario)]
    finished: list[State] = []
    for _turn in range(len(scenario.scenes) + 1):  # no scene comes twice, so no story takes more choices
        finished += [state for state in layer if state.ending is not None]
        best: dict[tuple[str, tuple[int, ...]], State] = {}
        for state in layer:
            for choice in available(scenario, state):
                if only_best and choice.quality != "best":
                    continue
                after = choose(scenario, state, choice.id)
                known = best.get(key := (after.scene_id, tuple(after.values.values())))
                if known is None or after.score > known.score:
                    best[key] = after
        layer = sorted(best.values(), key=lambda state: -state.score)[:_WIDTH]
    return finished
