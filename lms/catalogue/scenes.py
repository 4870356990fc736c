"""How a scenario moves: which choices are open, what a choice does to the state, where routes lead, and every state
that can come about. The checker and the player share these rules, so what was proved is what is played.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from lms.catalogue.content import Choice, Scenario, Scene, When

STATE_LIMIT = 200_000

Values = Mapping[str, int]


def initial(scenario: Scenario) -> dict[str, int]:
    """The variables at the start."""
    return {name: variable.start for name, variable in scenario.state.items()}


def holds(when: When, values: Values) -> bool:
    """Whether every bound of the condition holds; no condition always holds. Bounds are inclusive."""
    return all(
        (bounds.min is None or values[name] >= bounds.min) and (bounds.max is None or values[name] <= bounds.max)
        for name, bounds in when.items()
    )


def affected(scenario: Scenario, values: Values, effects: Mapping[str, int]) -> dict[str, int]:
    """The variables after the effects, each kept within its ``min`` and ``max``."""
    after = dict(values)
    for name, change in effects.items():
        variable = scenario.state[name]
        after[name] = min(variable.max, max(variable.min, after[name] + change))
    return after


def open_choices(scene: Scene, values: Values) -> tuple[Choice, ...]:
    """The choices that the state allows, in the author's order."""
    return tuple(choice for choice in scene.choices if holds(choice.when, values))


def settle(scenario: Scenario, scene_id: str, values: Values) -> tuple[str, ...]:
    """The scenes from this one to where somebody must choose or the story ends, along the first routes that hold."""
    passed = [scene_id]
    while routes := scenario.by_id[passed[-1]].routes:
        chosen = next((route for route in routes if holds(route.when, values)), None)
        if chosen is None or chosen.next in passed:  # the checker refuses both; never hang on content it has not seen
            break
        passed.append(chosen.next)
    return tuple(passed)


@dataclass(slots=True)
class Exploration:
    """What can come about. ``complete`` is false when the limit was reached first: then absence proves nothing."""

    complete: bool = True
    states: int = 0
    scenes: set[str] = field(default_factory=set)
    choices: set[tuple[str, str]] = field(default_factory=set)
    routes: set[tuple[str, int]] = field(default_factory=set)
    stuck: dict[str, dict[str, int]] = field(default_factory=dict)
    """Scenes where nothing may be open, each with the first state in which that happens."""


def explore(scenario: Scenario, *, limit: int = STATE_LIMIT, only_best: bool = False) -> Exploration:
    """Visit every state that choices can bring about, breadth first; ``only_best`` follows the expert key alone.
    The scenario must name no unknown scene or variable."""
    names = tuple(scenario.state)
    found = Exploration()
    first = (scenario.start, tuple(initial(scenario).values()))
    seen = {first}
    waiting = deque([first])
    while waiting:
        scene_id, packed = waiting.popleft()
        values = dict(zip(names, packed, strict=True))
        found.states += 1
        found.scenes.add(scene_id)
        for after in _following(scenario, scenario.by_id[scene_id], values, found, only_best=only_best):
            if after in seen:
                continue
            if len(seen) >= limit:
                found.complete = False
                return found
            seen.add(after)
            waiting.append(after)
    return found


def _following(
    scenario: Scenario, scene: Scene, values: dict[str, int], found: Exploration, *, only_best: bool
) -> list[tuple[str, tuple[int, ...]]]:
    """The states one step on, noting what is open on the way."""
    for place, route in enumerate(scene.routes):
        if holds(route.when, values):
            found.routes.add((scene.id, place))
            return [(route.next, tuple(values.values()))]
    choices = open_choices(scene, values)
    if not choices and scene.ending is None:
        found.stuck.setdefault(scene.id, values)
    following = []
    for choice in choices:
        found.choices.add((scene.id, choice.id))
        if choice.quality == "best" or not only_best:
            following.append((choice.next, tuple(affected(scenario, values, choice.effects).values())))
    return following
