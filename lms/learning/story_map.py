"""A scenario as a graph to look at: boxes for scenes, arrows for choices and routes, the experts' way marked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lms.catalogue.best_way import best_way
from lms.catalogue.story import SCORE, Ending, Scenario, Scene, When
from lms.learning import scenario as playing

ArrowKind = Literal["best", "acceptable", "poor", "route", "otherwise"]


@dataclass(frozen=True, slots=True)
class Box:
    """One scene. ``name`` is its id in words; ``said`` its text without marks; ``when`` who
    may come in; ``on_best``: the experts come here."""

    scene: Scene
    name: str
    said: str
    when: str
    start: bool
    on_best: bool

    @property
    def id(self) -> str:
        return self.scene.id

    @property
    def ending(self) -> Ending | None:
        return self.scene.ending


@dataclass(frozen=True, slots=True)
class Arrow:
    """One way on: a choice (``choice_id``), a route, or the way of those who may not come in. ``when`` says under which
    conditions, such as ``trust ≥ 7``."""

    source: str
    target: str
    kind: ArrowKind
    said: str
    when: str
    choice_id: str | None
    on_best: bool


@dataclass(frozen=True, slots=True)
class StoryMap:
    """``best`` are the choices of the experts' way, in order, ``way`` the scenes it comes through; empty when no way comes to
    an end."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    best: tuple[str, ...]
    way: tuple[str, ...]

    def out_of(self, scene_id: str) -> tuple[Arrow, ...]:
        """The ways on from a scene, in the author's order."""
        return tuple(arrow for arrow in self.arrows if arrow.source == scene_id)

    @property
    def by_id(self) -> Mapping[str, Box]:
        return {box.id: box for box in self.boxes}


def story_map(scenario: Scenario) -> StoryMap:
    """The graph of a scenario; every ``next`` must name a scene."""
    way = best_way(scenario)
    visited, steps = _walked(scenario, way.choices if way else ())
    boxes = tuple(
        Box(
            scene,
            name_of(scene.id),
            _plain(scene.text or ""),
            in_words(scenario, scene.when),
            scene.id == scenario.start,
            scene.id in visited,
        )
        for scene in scenario.scenes
    )
    arrows = []
    for scene in scenario.scenes:
        for c in scene.choices:
            said, on_best = _plain(c.text), (scene.id, c.id) in steps
            arrows.append(Arrow(scene.id, c.next, c.quality, said, in_words(scenario, c.when), c.id, on_best))
        for n, r in enumerate(scene.routes):
            arrows.append(
                Arrow(scene.id, r.next, "route", "", in_words(scenario, r.when), None, (scene.id, n) in steps)
            )
        if scene.otherwise is not None:
            arrows.append(Arrow(scene.id, scene.otherwise, "otherwise", "", "", None, (scene.id, -1) in steps))
    return StoryMap(scenario.title, boxes, tuple(arrows), way.choices if way else (), tuple(visited))


def _walked(scenario: Scenario, choices: tuple[str, ...]) -> tuple[dict[str, None], set[tuple[str, str | int]]]:
    """The scenes that the experts' way comes through, and the choices (by id), routes (by number) and doors (-1) it takes."""
    visited: dict[str, None] = {}
    steps: set[tuple[str, str | int]] = set()
    state = playing.start(scenario)
    for choice_id in (*choices, None):
        visited |= dict.fromkeys(state.shown)
        for here, there in zip(state.shown, state.shown[1:], strict=False):
            routes = scenario.by_id[here].routes
            direct = next((n for n, route in enumerate(routes) if route.next == there), None)
            steps |= {(here, direct)} if direct is not None else _doors(scenario, [r.next for r in routes], here, there)
        if choice_id is None:
            break
        here, next_id = (
            state.scene_id,
            next(c.next for c in scenario.by_id[state.scene_id].choices if c.id == choice_id),
        )
        steps.add((here, choice_id))
        state = playing.choose(scenario, state, choice_id)
        if next_id != state.shown[0]:
            steps |= _turned_away(scenario, next_id, state.shown[0])
    return visited, steps


def _doors(scenario: Scenario, nexts: list[str], here: str, there: str) -> set[tuple[str, str | int]]:
    """The route to a scene that turned somebody away, and the doors from there on."""
    for n, following in enumerate(nexts):
        doors = _turned_away(scenario, following, there)
        if doors:
            return {(here, n), *doors}
    return set()


def _turned_away(scenario: Scenario, at: str, there: str) -> set[tuple[str, str | int]]:
    """The doors from a scene that turned somebody away to the one that let them in; none when they lead elsewhere."""
    doors: set[tuple[str, str | int]] = set()
    following: str | None = at
    while following is not None and following != there and (following, -1) not in doors:
        doors.add((following, -1))
        following = scenario.by_id[following].otherwise
    return doors if following == there else set()


def name_of(scene_id: str) -> str:
    """An id in words: ``her-account`` is “Her account”."""
    return scene_id.replace("-", " ").capitalize()


def in_words(scenario: Scenario, when: When) -> str:
    """A condition as people write it: ``trust ≥ 7, safety ≤ 3``; the score in per cent."""
    parts = []
    for name, bounds in when.items():
        unit = "%" if name == SCORE and SCORE not in scenario.state else ""
        said = name.replace("_", " ")
        if bounds.min is not None and bounds.min == bounds.max:
            parts.append(f"{said} = {bounds.min}{unit}")
            continue
        parts += [f"{said} ≥ {bounds.min}{unit}"] if bounds.min is not None else []
        parts += [f"{said} ≤ {bounds.max}{unit}"] if bounds.max is not None else []
    return ", ".join(parts)


def _plain(markdown: str) -> str:
    """A text without the marks of Markdown and without citations, in one line."""
    text = re.sub(r"\[@[^\]]*\]", "", markdown)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[*_`#>]+", "", text).split())


def as_data(drawn: StoryMap) -> dict[str, Any]:
    """For machines: scenes, ways on, and the experts' way."""
    return {
        "title": drawn.title,
        "scenes": [
            {
                "id": box.id,
                "name": box.name,
                "speaker": box.scene.speaker,
                "text": box.said,
                "start": box.start,
                "ending": box.ending,
                "when": box.when or None,
                "visits": box.scene.visits,
                "seconds": box.scene.timed.seconds if box.scene.timed else None,
                "on_best_path": box.on_best,
            }
            for box in drawn.boxes
        ],
        "ways": [
            {
                "from": arrow.source,
                "to": arrow.target,
                "kind": arrow.kind,
                "choice": arrow.choice_id,
                "text": arrow.said or None,
                "when": arrow.when or None,
                "on_best_path": arrow.on_best,
            }
            for arrow in drawn.arrows
        ],
        "best_path": list(drawn.best),
    }
