"""Checks of a scenario: first its graph, then, where that is sound, every state that can come about."""

from __future__ import annotations

from collections.abc import Iterable

from lms.catalogue.checks.finding import At, Report
from lms.catalogue.checks.outline import no_duplicates
from lms.catalogue.content import Scenario, Scene, When
from lms.catalogue.scenes import STATE_LIMIT, Exploration, explore
from lms.errors import N_


def check_scenario(file: str, scenario: Scenario, report: Report, *, limit: int = STATE_LIMIT) -> None:
    """Everything about one scenario. ``limit`` is the number of states after which the proof is given up."""
    before = len([problem for problem in report.problems if problem.level == "error"])
    no_duplicates(report, file, ((("scenes", n, "id"), scene.id) for n, scene in enumerate(scenario.scenes)))
    _variables(file, scenario, report)
    for n, scene in enumerate(scenario.scenes):
        _scene(file, ("scenes", n), scene, scenario, report)
    if scenario.start not in scenario.by_id:
        _unknown_scene(file, ("start",), scenario.start, scenario, report)
    if len([problem for problem in report.problems if problem.level == "error"]) > before:
        return  # what follows walks the graph, and needs it whole
    unreached = _unreachable(file, scenario, report)
    if _loops(file, scenario, report) or unreached:
        return
    _play(file, scenario, report, limit)


def _variables(file: str, scenario: Scenario, report: Report) -> None:
    for name, variable in scenario.state.items():
        if not variable.min <= variable.start <= variable.max:
            report.error(
                file,
                ("state", name),
                N_("“%(name)s” starts at %(start)d, outside %(min)d to %(max)d."),
                N_("Choose `min`, `start` and `max` in this order."),
                name=name,
                start=variable.start,
                min=variable.min,
                max=variable.max,
            )


def _scene(file: str, at: At, scene: Scene, scenario: Scenario, report: Report) -> None:
    ways = [bool(scene.choices), bool(scene.routes), scene.ending is not None]
    if not any(ways):
        report.error(
            file,
            at,
            N_("The scene “%(id)s” is a dead end: it has no choices and no routes, and is not an ending."),
            N_("Add `choices:` or `routes:`, or say how the story ends with `ending: good`, `mixed` or `poor`."),
            id=scene.id,
        )
    if sum(ways) > 1:
        report.error(
            file,
            at,
            N_("The scene “%(id)s” has more than one of `choices`, `routes` and `ending`."),
            N_("Keep one; put the rest in a scene that follows."),
            id=scene.id,
        )
    if not scene.text and not scene.routes:
        report.error(
            file,
            at,
            N_("The scene “%(id)s” has no text."),
            N_("Add `text:`; only a scene with routes can do without."),
            id=scene.id,
        )
    _choices(file, at, scene, scenario, report)
    _routes(file, at, scene, scenario, report)


def _choices(file: str, at: At, scene: Scene, scenario: Scenario, report: Report) -> None:
    places: list[At] = [(*at, "choices", c) for c in range(len(scene.choices))]
    no_duplicates(report, file, ((place, choice.id) for place, choice in zip(places, scene.choices, strict=True)))
    for place, choice in zip(places, scene.choices, strict=True):
        if choice.next not in scenario.by_id:
            _unknown_scene(file, (*place, "next"), choice.next, scenario, report)
        _condition(file, (*place, "when"), choice.when, scenario, report)
        for name in choice.effects:
            if name not in scenario.state:
                _unknown_variable(file, (*place, "effects", name), name, scenario, report)
    if scene.choices and not any(choice.quality == "best" for choice in scene.choices):
        report.warning(
            file,
            (*at, "choices"),
            N_("No choice in the scene “%(id)s” is keyed `best`, so nobody can score fully."),
            N_("Key the choice that the experts would make as `quality: best`."),
            id=scene.id,
        )


def _routes(file: str, at: At, scene: Scene, scenario: Scenario, report: Report) -> None:
    for r, route in enumerate(scene.routes):
        place: At = (*at, "routes", r)
        if route.next not in scenario.by_id:
            _unknown_scene(file, (*place, "next"), route.next, scenario, report)
        _condition(file, (*place, "when"), route.when, scenario, report)
        last = r == len(scene.routes) - 1
        if last and route.when:
            report.error(
                file,
                place,
                N_("The last route of “%(id)s” has a condition, so some people might have no way on."),
                N_("Add a last route without `when:`."),
                id=scene.id,
            )
        if not last and not route.when:
            report.error(
                file,
                place,
                N_("A route of “%(id)s” without a condition hides those after it."),
                N_("Move it to the end, or give it a `when:`."),
                id=scene.id,
            )


def _condition(file: str, at: At, when: When, scenario: Scenario, report: Report) -> None:
    for name, bounds in when.items():
        if name not in scenario.state:
            _unknown_variable(file, (*at, name), name, scenario, report)
        if bounds.min is None and bounds.max is None:
            report.error(
                file,
                (*at, name),
                N_("The condition on “%(name)s” says nothing."),
                N_("Give it a `min:` or a `max:`, both inclusive."),
                name=name,
            )


def _unknown_scene(file: str, at: At, wanted: str, scenario: Scenario, report: Report) -> None:
    report.error(
        file,
        at,
        N_("There is no scene “%(id)s”."),
        N_("Write that scene, or use one of: %(known)s."),
        id=wanted,
        known=", ".join(scenario.by_id),
    )


def _unknown_variable(file: str, at: At, wanted: str, scenario: Scenario, report: Report) -> None:
    report.error(
        file,
        at,
        N_("The state has no “%(name)s”."),
        N_("Add it under `state:`, or use one of: %(known)s."),
        name=wanted,
        known=", ".join(scenario.state) or "–",
    )


def _next(scene: Scene) -> Iterable[str]:
    yield from (choice.next for choice in scene.choices)
    yield from (route.next for route in scene.routes)


def _unreachable(file: str, scenario: Scenario, report: Report) -> bool:
    """Whether there are scenes to which no arrow leads, whatever the state."""
    reached, waiting = {scenario.start}, [scenario.start]
    while waiting:
        for following in _next(scenario.by_id[waiting.pop()]):
            if following not in reached:
                reached.add(following)
                waiting.append(following)
    for n, scene in enumerate(scenario.scenes):
        if scene.id not in reached:
            report.error(
                file,
                ("scenes", n),
                N_("The scene “%(id)s” cannot be reached."),
                N_("Let a choice or a route lead to it with `next: %(id)s`, or remove it."),
                id=scene.id,
            )
    return len(reached) < len(scenario.scenes)


def _loops(file: str, scenario: Scenario, report: Report) -> bool:
    """Whether a path comes back to a scene; reported once for each arrow that closes a loop."""
    done: set[str] = set()
    found = False
    path: list[str] = [scenario.start]
    ways = [iter(_next(scenario.by_id[scenario.start]))]
    while path:
        following = next(ways[-1], None)
        if following is None:
            done.add(path.pop())
            ways.pop()
        elif following in path:
            found = True
            loop = [*path[path.index(following) :], following]
            report.error(
                file,
                ("scenes", list(scenario.by_id).index(path[-1])),
                N_("The story goes in a loop: %(loop)s."),
                N_("Lead on to a new scene instead; a story that can turn back may never end."),
                loop=" → ".join(loop),
            )
        elif following not in done:
            path.append(following)
            ways.append(iter(_next(scenario.by_id[following])))
    return found


def _play(file: str, scenario: Scenario, report: Report, limit: int) -> None:
    found = explore(scenario, limit=limit)
    for n, scene in enumerate(scenario.scenes):
        if scene.id in found.stuck:
            state = ", ".join(f"{name} {value}" for name, value in found.stuck[scene.id].items())
            report.error(
                file,
                ("scenes", n, "choices"),
                N_("In the scene “%(id)s” nobody can go on when the state is: %(state)s."),
                N_("Give it a choice without `when:`, or widen a condition."),
                id=scene.id,
                state=state,
            )
    if not found.complete:
        report.warning(
            file,
            ("scenes",),
            N_("Not proved that every ending can be reached: there are more than %(limit)d states."),
            N_("Use fewer variables or a smaller range; until then nobody knows whether every scene is ever seen."),
            limit=limit,
        )
        return
    _never(file, scenario, found, report)
    if "good" not in {scenario.by_id[scene].ending for scene in explore(scenario, limit=limit, only_best=True).scenes}:
        report.warning(
            file,
            ("scenes",),
            N_("Whoever makes only `best` choices never comes to a good ending."),
            N_("Look at the effects, conditions and keys along that path; the debrief shows it as the experts' path."),
        )


def _never(file: str, scenario: Scenario, found: Exploration, report: Report) -> None:
    """What the whole exploration proved never to happen."""
    for n, scene in enumerate(scenario.scenes):
        if scene.id not in found.scenes:
            report.error(
                file,
                ("scenes", n),
                N_("The scene “%(id)s” cannot be reached: no path brings the state that leads to it (proved)."),
                N_("Change the effects or conditions on the way to it, or remove it."),
                id=scene.id,
            )
            continue
        for c, choice in enumerate(scene.choices):
            if (scene.id, choice.id) not in found.choices:
                report.warning(
                    file,
                    ("scenes", n, "choices", c, "when"),
                    N_("The choice “%(id)s” is never offered: its condition never holds here (proved)."),
                    N_("Change its condition or the effects before it, or remove it."),
                    id=choice.id,
                )
        for r, _route in enumerate(scene.routes):
            if (scene.id, r) not in found.routes:
                report.warning(
                    file,
                    ("scenes", n, "routes", r),
                    N_("This route of “%(id)s” is never taken (proved)."),
                    N_("Change its condition or the effects before it, or remove it."),
                    id=scene.id,
                )
