"""Every state that choices can bring about in a scenario. Pure.

A state is a scene that somebody comes to, and the code (``scenes``) with which they come. With variables clamped and loops
limited there are finitely many, and no way through comes to one of them twice.

All codes that wait at a scene are taken on together: what a choice makes of each is looked up in a table, and what is new
at the next scene is a difference of sets, so that hardly any work is done for a single state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from heapq import heappop, heappush

from lms.catalogue.forgetting import Forgetting
from lms.catalogue.scenes import Effect, Machine, Move, Place
from lms.catalogue.story import Quality, Scenario

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
    """Scenes where nothing may be open, each with a state in which that happens, as far as it matters there."""


class _Table(dict[int, int]):
    """What follows from a code: worked out once, then looked up."""

    def __init__(self, work: Callable[[int], int]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, code: int) -> int:
        found = self[code] = self._work(code)
        return found


_Row = tuple[int, _Table | None, _Table, int, bool]
"""A choice: its number, whether it is open, what it does, the scene it leads to, whether it is followed."""


def explore(scenario: Scenario, *, limit: int = STATE_LIMIT, only: Quality | None = None) -> Exploration:
    """Visit every state that choices can bring about; ``only`` follows choices of one quality alone. The scenario must name
    no unknown scene or variable."""
    return _Walk(Machine(scenario), limit, only).found()


class _Walk:
    """Scenes are taken in the author's order, which mostly is the story's: so most of those who come to a scene come first."""

    def __init__(self, machine: Machine, limit: int, only: Quality | None) -> None:
        self.machine, self.limit, self.only = machine, limit, only
        self.forgetting = Forgetting(machine)
        scenes = len(machine.scenario.scenes)
        self.seen: list[set[int]] = [set() for _ in range(scenes)]
        self.waiting: list[set[int]] = [set() for _ in range(scenes)]
        self.todo: list[int] = []
        self.states = 0
        self.result = Exploration()
        self._open: dict[int, _Table] = {}
        self._after: dict[tuple[int, int], _Table] = {}
        self._rows: dict[int, list[_Row]] = {}

    def found(self) -> Exploration:
        """Walk until nothing is new, or the limit is reached."""
        self._come(self.machine.start, {self.machine.first})
        while self.todo and self.states <= self.limit:
            number = heappop(self.todo)
            codes, self.waiting[number] = self.waiting[number], set()
            self._go_on(number, codes)
        self.result.complete = self.states <= self.limit
        self.result.states = min(self.states, self.limit)
        return self.result

    def _come(self, number: int, codes: set[int]) -> None:
        fresh = codes - self.seen[number]
        if not fresh:
            return
        self.states += len(fresh)
        self.seen[number] |= fresh
        if not self.waiting[number]:
            heappush(self.todo, number)
        self.waiting[number] |= fresh

    def _go_on(self, number: int, codes: Collection[int]) -> None:
        place, result = self.machine.place(number), self.result
        if place.gate is not None or place.entry is not None or place.routes:
            codes = self._staying(number, place, codes)
        if not codes:
            return
        scene = place.scene
        result.scenes.add(scene.id)
        closed = set() if scene.ending is not None else set(codes)
        for n, is_open, after, following, followed in self._rows_of(number, place):
            able = codes if is_open is None else list(filter(is_open.__getitem__, codes))
            if not able:
                continue
            closed = closed.difference(able) if is_open is not None and closed else set()
            result.choices.add((scene.id, scene.choices[n].id))
            if followed:
                self._come(following, set(map(after.__getitem__, able)))
                if self.states > self.limit:
                    return
        if closed:
            kept = self.forgetting.kept(number, self.machine.values(min(closed)))
            result.stuck.setdefault(scene.id, kept)

    def _staying(self, number: int, place: Place, codes: Collection[int]) -> list[int]:
        """The codes of those who stay in a scene; the others are sent on."""
        staying = []
        for code in codes:
            if place.otherwise is not None and not place.admits(code):
                self._come(place.otherwise, {self.forgetting.at(number, place.otherwise, code)})
                continue
            after = place.entered(code)
            route = place.route(after)
            if route is None:
                staying.append(after)
                continue
            self.result.scenes.add(place.scene.id)
            self.result.routes.add((place.scene.id, route))
            following = place.routes[route][1]
            self._come(following, {self.forgetting.at(number, following, after)})
        return staying

    def _rows_of(self, number: int, place: Place) -> list[_Row]:
        rows = self._rows.get(number)
        if rows is None:
            rows = self._rows[number] = [self._row(number, n, move) for n, move in enumerate(place.moves)]
        return rows

    def _row(self, number: int, n: int, move: Move) -> _Row:
        """Equal conditions and effects are one object (``scenes``), so they share their tables."""
        is_open = None
        if move.condition is not None:
            is_open = self._open.setdefault(id(move.condition), _Table(move.condition.holds))
        forget = self.forgetting.between(number, move.next)
        after = self._after.setdefault((id(move.effect), id(forget)), _Table(_both(move.effect, forget)))
        return n, is_open, after, move.next, self.only in (None, move.choice.quality)


def _both(effect: Effect, forget: Effect | None) -> Callable[[int], int]:
    if forget is None:
        return effect.on
    return lambda code: forget.on(effect.on(code))
