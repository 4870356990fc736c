"""Checks of a scenario: first its graph, then, where that is sound, every state that can come about."""

from __future__ import annotations

from lms.catalogue.checks.finding import At, Report
from lms.catalogue.checks.graph import check_graph
from lms.catalogue.checks.outline import no_duplicates
from lms.catalogue.checks.proof import Proof
from lms.catalogue.exploring import STATE_LIMIT, Exploration, explore
from lms.catalogue.scores import score_range
from lms.catalogue.story import SCORE, Scenario, Scene, When
from lms.errors import N_

UNWRITTEN = "To be written."
"""Stands where an imported file said nothing."""


def check_scenario(file: str, scenario: Scenario, report: Report, *, limit: int = STATE_LIMIT) -> Proof:
    """Everything about one scenario. ``limit`` is the number of states after which the proof is given up."""
    before = _errors(report)
    no_duplicates(report, file, ((("scenes", n, "id"), scene.id) for n, scene in enumerate(scenario.scenes)))
    _variables(file, scenario, report)
    _unwritten(file, scenario, report)
    for n, scene in enumerate(scenario.scenes):
        _scene(file, ("scenes", n), scene, scenario, report)
    if scenario.start not in scenario.by_id:
        _unknown_scene(file, ("start",), scenario.start, scenario, report)
    if _errors(report) > before:
        return Proof("faults", limit=limit)  # what follows walks the graph, and needs it whole
    check_graph(file, scenario, report)
    if _errors(report) > before:
        return Proof("faults", limit=limit)
    return _play(file, scenario, report, limit)


def _unwritten(file: str, scenario: Scenario, report: Report) -> None:
    """What an import left for the author to write."""
    texts: list[tuple[At, str | None]] = [((name,), getattr(scenario, name)) for name in ("title", "intro", "debrief")]
    for n, scene in enumerate(scenario.scenes):
        texts.append((("scenes", n, "text"), scene.text))
        for c, choice in enumerate(scene.choices):
            texts += [(("scenes", n, "choices", c, name), getattr(choice, name)) for name in ("consequence", "why")]
    for at, text in texts:
        if text is not None and text.strip() == UNWRITTEN:
            report.error(
                file, at, N_("This text is still to be written."), N_("Write it; an import could not know it.")
            )


def _errors(report: Report) -> int:
    return sum(problem.level == "error" for problem in report.problems)


def _variables(file: str, scenario: Scenario, report: Report) -> None:
    for name, variable in scenario.state.items():
        if name == SCORE:
            report.error(
                file,
                ("state", name),
                N_("A variable must not be called `score`: in conditions that is the score so far."),
                N_("Give it another name, such as `points`."),
            )
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
    _entry(file, at, scene, scenario, report)
    _timed(file, at, scene, report)
    _choices(file, at, scene, scenario, report)
    _routes(file, at, scene, scenario, report)


def _entry(file: str, at: At, scene: Scene, scenario: Scenario, report: Report) -> None:
    _condition(file, (*at, "when"), scene.when, scenario, report)
    gated = bool(scene.when) or scene.visits is not None
    if gated and scene.otherwise is None:
        report.error(
            file,
            at,
            N_("The scene “%(id)s” has a condition or a limit of visits, and does not say where others go."),
            N_("Add `otherwise:` with the scene for those who may not come in."),
            id=scene.id,
        )
    if scene.otherwise is not None and not gated:
        report.error(
            file,
            (*at, "otherwise"),
            N_("Nobody is ever sent to `otherwise` from the scene “%(id)s”."),
            N_("Give the scene a `when:` or `visits:`, or remove `otherwise:`."),
            id=scene.id,
        )
    if scene.otherwise is not None and scene.otherwise not in scenario.by_id:
        _unknown_scene(file, (*at, "otherwise"), scene.otherwise, scenario, report)


def _timed(file: str, at: At, scene: Scene, report: Report) -> None:
    if scene.timed is None:
        return
    choice = next((each for each in scene.choices if each.id == scene.timed.timeout), None)
    if choice is None:
        report.error(
            file,
            (*at, "timed", "timeout"),
            N_("The scene “%(id)s” has no choice “%(choice)s” to take when the time is up."),
            N_("Name one of its choices, such as one in which somebody hesitates."),
            id=scene.id,
            choice=scene.timed.timeout,
        )
    elif choice.when or choice.once:
        report.error(
            file,
            (*at, "timed", "timeout"),
            N_("The choice “%(choice)s” might be closed when the time is up."),
            N_("Name a choice without `when:` and `once:`."),
            choice=choice.id,
        )


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
        if name not in scenario.state and name != SCORE:
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


def _play(file: str, scenario: Scenario, report: Report, limit: int) -> Proof:
    before = _errors(report)
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
                state=state or "–",
            )
    if not found.complete:
        report.warning(
            file,
            ("scenes",),
            N_("Not proved that every ending can be reached: there are more than %(limit)d states."),
            N_("Use fewer variables or a smaller range; until then nobody knows whether every scene is ever seen."),
            limit=limit,
        )
        return Proof("faults" if _errors(report) > before else "limit", found.states, limit)
    _never(file, scenario, found, report)
    scores = score_range(scenario, limit=limit)
    if scores is not None and scores[1] < scenario.pass_mark:
        report.error(
            file,
            ("pass_mark",),
            N_("Nobody can pass: the best way through scores %(highest)d%%, and the pass mark is %(mark)d%% (proved)."),
            N_("Lower `pass_mark:`, or let more `best` choices be made on one way through."),
            highest=int(scores[1]),
            mark=scenario.pass_mark,
        )
    if "good" not in {scenario.by_id[scene].ending for scene in explore(scenario, limit=limit, only="best").scenes}:
        report.warning(
            file,
            ("scenes",),
            N_("Whoever makes only `best` choices never comes to a good ending."),
            N_("Look at the effects, conditions and keys along that path; the debrief shows it as the experts' path."),
        )
    if scores is None or _errors(report) > before:
        return Proof("faults", found.states, limit)
    endings = sum(scene.ending is not None for scene in scenario.scenes)
    return Proof("proved", found.states, limit, len(scenario.scenes), endings, int(scores[0]), int(scores[1]))


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
