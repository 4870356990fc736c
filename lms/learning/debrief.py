"""Looking back at a scenario: the path that was taken beside the experts', scene by scene, and why they part. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from lms.catalogue.scenes import BEST, WEIGHTS
from lms.catalogue.story import SCORE, Choice, Scenario, When
from lms.learning.scenario import State, Taken, best_path


@dataclass(frozen=True, slots=True)
class Lack:
    """A bound that did not hold: the variable (or ``score``, in per cent), what it was, and what was asked for."""

    name: str
    value: int
    least: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Closed:
    """A best choice that was not open, and why; nothing lacks where it had been taken before and is open once."""

    choice: Choice
    lacks: tuple[Lack, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One scene. ``yours`` is None where only the experts come, ``theirs`` where only the learner came; ``better`` is the best
    choice that was open to the learner in a scene to which the experts do not come, when another was made."""

    scene_id: str
    yours: Taken | None
    theirs: Taken | None
    better: Choice | None = None
    closed: tuple[Closed, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the learner did as the experts do."""
        return self.yours is not None and self.theirs is not None and self.yours.choice.id == self.theirs.choice.id


@dataclass(frozen=True, slots=True)
class Debrief:
    """``missed`` are the bounds that kept the learner from the experts' ending, where both stood before the same door."""

    turns: tuple[Turn, ...]
    best: State
    missed: tuple[Lack, ...]


def debrief(scenario: Scenario, state: State) -> Debrief:
    """A finished story beside the experts' way. Raises Invalid when no way comes to an end, as ``best_path`` does."""
    best = best_path(scenario)
    yours, theirs = state.path, best.path
    match = SequenceMatcher(None, [t.scene_id for t in yours], [t.scene_id for t in theirs], autojunk=False)
    turns: list[Turn] = []
    for kind, a, b, c, d in match.get_opcodes():
        if kind == "equal":
            turns += [_turn(scenario, yours, a + n, theirs[c + n]) for n in range(b - a)]
        else:
            turns += [_turn(scenario, yours, n, None) for n in range(a, b)]
            turns += [Turn(taken.scene_id, None, taken) for taken in theirs[c:d]]
    return Debrief(tuple(turns), best, _missed(scenario, state, best))


def _turn(scenario: Scenario, path: Sequence[Taken], place: int, theirs: Taken | None) -> Turn:
    taken = path[place]
    scene = scenario.by_id[taken.scene_id]
    before = path[:place]
    done = {each.choice.id for each in before if each.scene_id == scene.id}
    values = _with_score(scenario, taken.before, before)
    open_best, closed = [], []
    for choice in scene.choices:
        if choice.quality != "best":
            continue
        lacks = _lacks(choice.when, values)
        if lacks or (choice.once and choice.id in done):
            closed.append(Closed(choice, lacks))
        else:
            open_best.append(choice)
    is_best = taken.choice.quality == "best"
    better = open_best[0] if open_best and not is_best and theirs is None else None
    return Turn(scene.id, taken, theirs, better, () if is_best or open_best else tuple(closed))


def _with_score(scenario: Scenario, values: Mapping[str, int], path: Sequence[Taken]) -> Mapping[str, int]:
    """The variables, and the score so far where no variable has that name."""
    weight = sum(WEIGHTS[taken.choice.quality] for taken in path)
    return {SCORE: 100 * weight // (BEST * len(path)) if path else 0, **values}


def _lacks(when: When, values: Mapping[str, int]) -> tuple[Lack, ...]:
    return tuple(
        Lack(name, values[name], bounds.min, bounds.max)
        for name, bounds in when.items()
        if (bounds.min is not None and values[name] < bounds.min)
        or (bounds.max is not None and values[name] > bounds.max)
    )


def _missed(scenario: Scenario, state: State, best: State) -> tuple[Lack, ...]:
    """The first door on the experts' last steps that the learner stood before and that was closed."""
    if state.scene_id == best.scene_id:
        return ()
    values = _with_score(scenario, state.values, state.path)
    for here, there in zip(best.shown, best.shown[1:], strict=False):
        if here not in state.shown:
            continue
        route = next((route for route in scenario.by_id[here].routes if route.next == there), None)
        lacks = _lacks(route.when, values) if route is not None else ()
        if lacks:
            return lacks
    return _lacks(scenario.by_id[best.scene_id].when, values)
