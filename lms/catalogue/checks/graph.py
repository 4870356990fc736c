"""Checks of a scenario's graph, whatever the state: what no arrow leads to, what leads nowhere, what may go on for ever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lms.catalogue.checks.finding import At, Report
from lms.catalogue.story import Scenario, Scene
from lms.errors import N_


def check_graph(file: str, scenario: Scenario, report: Report) -> None:
    """The graph must be whole: every ``next`` names a scene."""
    ways = {scene.id: list(dict.fromkeys(_next(scene))) for scene in scenario.scenes}
    reached = _reached({scenario.start}, ways)
    back: dict[str, list[str]] = {scene.id: [] for scene in scenario.scenes}
    for scene_id, following in ways.items():
        for each in following:
            back[each].append(scene_id)
    ending = _reached({scene.id for scene in scenario.scenes if scene.ending is not None}, back)
    for n, scene in enumerate(scenario.scenes):
        if scene.id not in reached:
            report.error(
                file,
                ("scenes", n),
                N_("The scene “%(id)s” cannot be reached."),
                N_("Let a choice or a route lead to it with `next: %(id)s`, or remove it."),
                id=scene.id,
            )
        elif scene.id not in ending:
            report.error(
                file,
                ("scenes", n),
                N_("The scene “%(id)s” is a trap: from it no ending can be reached."),
                N_("Let a choice lead out of the loop towards an ending."),
                id=scene.id,
            )
    _loops(file, scenario, report)


def _next(scene: Scene) -> Iterable[str]:
    yield from (choice.next for choice in scene.choices)
    yield from (route.next for route in scene.routes)
    if scene.otherwise is not None:
        yield scene.otherwise


def _unlimited(scene: Scene) -> Iterable[str]:
    """The arrows that can be followed any number of times: not those out of a scene with a limit of visits (only the one
    of those it turns away), and not choices that are open once."""
    if scene.visits is None:
        yield from (choice.next for choice in scene.choices if not choice.once)
        yield from (route.next for route in scene.routes)
    if scene.otherwise is not None:
        yield scene.otherwise


def _reached(start: set[str], ways: Mapping[str, Iterable[str]]) -> set[str]:
    reached, waiting = set(start), list(start)
    while waiting:
        for following in ways[waiting.pop()]:
            if following not in reached:
                reached.add(following)
                waiting.append(following)
    return reached


def _arrow(scene: Scene, following: str) -> At:
    """Where in the scene the arrow to another stands."""
    for kind in ("choices", "routes"):
        for n, way in enumerate(getattr(scene, kind)):
            if way.next == following and not getattr(way, "once", False):
                return (kind, n)
    return ("otherwise",)


def _loops(file: str, scenario: Scenario, report: Report) -> None:
    """Paths that come back to a scene and may do so for ever; reported once for each arrow that closes a loop."""
    numbers = {scene.id: n for n, scene in enumerate(scenario.scenes)}
    done: set[str] = set()
    for first in scenario.scenes:
        if first.id in done:
            continue
        path = {first.id: 0}
        ways = [iter(_unlimited(first))]
        while path:
            following = next(ways[-1], None)
            if following is None:
                done.add(path.popitem()[0])
                ways.pop()
            elif following in path:
                loop = [*list(path)[path[following] :], following]
                report.error(
                    file,
                    ("scenes", numbers[next(reversed(path))], *_arrow(scenario.by_id[next(reversed(path))], following)),
                    N_("The story goes in a loop without a limit: %(loop)s."),
                    N_(
                        "Give a scene of the loop `visits:` and `otherwise:`, or its choices `once: true`; or lead on to a "
                        "new scene."
                    ),
                    loop=" → ".join(loop),
                )
            elif following not in done:
                path[following] = len(path)
                ways.append(iter(_unlimited(scenario.by_id[following])))
