"""Every state that choices can bring about in a scenario. Pure.

A state is a scene that somebody comes to, and the code (``scenes``) with which they come, packed into one number. With
variables clamped and loops limited there are finitely many, and no way through comes to one of them twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lms.catalogue.content import Quality, Scenario
from lms.catalogue.forgetting import Forgetting
from lms.catalogue.scenes import Condition, Effect, Machine, Place

STATE_LIMIT = 200_000


@dataclass(slots=True)
class Exploration:
    """What can come about. ``complete`` is false when the limit was reached first: then absence proves nothing."""

    complete: bool = True
    states: int = 0
    scenes: set[str] = field(default_factory=set)
    choices: set[tuple[str, str]] = field(default_factory=set)
    routes: set[tuple[str, int]] = field(default_factory=set)
    stuck: dict[str, dict[str, int]] = field(default_factory=dict)
    """Scenes where nothing may be open, each with the first state in which that happens, as far as it matters there."""


_Row = tuple[Condition | None, dict[int, bool], Effect, dict[int, int], int, Effect | None, int, bool]


@dataclass(slots=True)
class _Seen:
    """What was met in one scene. ``plain``: nothing is asked or counted on entering, and no route leads on."""

    place: Place
    plain: bool
    is_end: bool
    rows: list[_Row]
    choices: bytearray
    routes: bytearray
    entered: bool = False


def explore(scenario: Scenario, *, limit: int = STATE_LIMIT, only: Quality | None = None) -> Exploration:
    """Visit every state that choices can bring about, breadth first; ``only`` follows choices of one quality alone.
    The scenario must name no unknown scene or variable."""
    machine = Machine(scenario)
    forgetting = Forgetting(machine)
    found = Exploration()
    width, base = len(scenario.scenes), machine.base
    met: list[_Seen | None] = [None] * width
    order = [machine.first * width + machine.start]
    seen = set(order)
    add, append = seen.add, order.append
    for key in order:  # grows while it is read
        code, number = divmod(key, width)
        here = met[number] or _look(machine, forgetting, met, number, only)
        if not here.plain:
            passing = _pass(here, forgetting, number, code)
            if passing is not None:
                if (after := passing[1] * width + passing[0]) not in seen:
                    add(after)
                    append(after)
                continue
            code = here.place.entered(code)
        here.entered = True
        is_open = here.is_end
        flags = here.choices
        low = code % base  # the variables: what conditions and effects look up is remembered by them alone
        high = code - low
        for condition, known, effect, results, following, forget, flag, wanted in here.rows:
            if condition is not None:
                holds = known.get(low)
                if holds is None:
                    holds = condition.holds(code)
                if not holds:
                    continue
            is_open = True
            flags[flag] = 1
            if not wanted:
                continue
            result = results.get(low)
            result = effect.on(code) if result is None else result + high
            if forget is not None:
                result = forget.on(result)
            after = result * width + following
            if after not in seen:
                add(after)
                append(after)
        if not is_open:
            found.stuck.setdefault(here.place.scene.id, forgetting.kept(number, machine.values(code)))
        if len(order) > limit:
            break
    found.complete = len(order) <= limit
    found.states = min(len(order), limit)
    _note(found, met)
    return found


def _pass(here: _Seen, forgetting: Forgetting, number: int, code: int) -> tuple[int, int] | None:
    """The scene that people are sent on to from here, and the code with which they come there; None where they stay."""
    place = here.place
    if not place.admits(code):
        following = place.otherwise
        return None if following is None else (following, forgetting.at(number, following, code))
    here.entered = True
    code = place.entered(code)
    route = place.route(code)
    if route is None:
        return None
    here.routes[route] = 1
    following = place.routes[route][1]
    return following, forgetting.at(number, following, code)


def _look(
    machine: Machine, forgetting: Forgetting, met: list[_Seen | None], number: int, only: Quality | None
) -> _Seen:
    place = machine.place(number)
    rows: list[_Row] = []
    for n, move in enumerate(place.moves):
        known = move.condition.known if move.condition and move.condition.local else {}
        results = move.effect.known if move.effect.local else {}
        forget = forgetting.between(number, move.next)
        wanted = only in (None, move.choice.quality)
        rows.append((move.condition, known, move.effect, results, move.next, forget, n, wanted))
    plain = place.gate is None and place.entry is None and not place.routes
    flags, routes = bytearray(len(rows)), bytearray(len(place.routes))
    here = met[number] = _Seen(place, plain, place.scene.ending is not None, rows, flags, routes)
    return here


def _note(found: Exploration, met: list[_Seen | None]) -> None:
    for here in met:
        if here is None:
            continue
        scene = here.place.scene
        if here.entered:
            found.scenes.add(scene.id)
        found.choices |= {
            (scene.id, choice.id) for choice, flag in zip(scene.choices, here.choices, strict=True) if flag
        }
        found.routes |= {(scene.id, n) for n, flag in enumerate(here.routes) if flag}
