"""A scenario plays by its rules: choices follow the state, the state stays in bounds, and a replay ends where play ended."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.catalogue.checks import Lines, Report, check_scenario
from lms.catalogue.exploring import explore
from lms.catalogue.story import Scenario
from lms.catalogue.yaml_text import read
from lms.errors import Invalid
from lms.learning.scenario import available, best_path, choose, replay, start
from tests.catalogue.making import TEA


def tea(text: str = TEA) -> Scenario:
    return Scenario.model_validate(read(text, "tea.yaml").data)


def test_choices_change_what_follows() -> None:
    scenario = tea()
    opening = start(scenario)
    assert (opening.scene_id, opening.values, opening.score, opening.ending) == ("opening", {"trust": 5}, 0, None)
    good = choose(scenario, opening, "ask")
    assert (good.scene_id, good.ending, good.score) == ("good", "good", 100.0)
    assert good.shown == ("crossroads", "good")
    assert good.path[0].changes == {"trust": 2}
    poor = replay(scenario, ["warn", "press"])
    assert (poor.ending, poor.score) == ("poor", 0.0)
    repaired = replay(scenario, ["warn", "repair"])
    assert (repaired.ending, repaired.score, repaired.percent) == ("mixed", 50.0, 50)


@pytest.mark.parametrize("choices", [["press"], ["nowhere"], ["ask", "ask"], ["warn", "ask"], [""]])
def test_a_choice_that_is_not_there_is_refused(choices: list[str]) -> None:
    with pytest.raises(Invalid):
        replay(tea(), choices)


def test_a_choice_whose_condition_does_not_hold_is_neither_shown_nor_taken() -> None:
    scenario = tea(TEA.replace("text: Press on.\n", "text: Press on.\n        when: {trust: {max: 1}}\n"))
    second = replay(scenario, ["warn"])
    assert [choice.id for choice in available(scenario, second)] == ["repair"]
    with pytest.raises(Invalid, match="not open"):
        choose(scenario, second, "press")


def test_variables_stop_at_their_bounds() -> None:
    scenario = tea(TEA.replace("{trust: +2}", "{trust: +99}", 1).replace("{trust: -3}", "{trust: -99}"))
    assert replay(scenario, ["ask"]).values == {"trust": 10}
    assert replay(scenario, ["warn"]).values == {"trust": 0}
    assert replay(scenario, ["warn"]).path[0].changes == {"trust": -5}


def test_the_best_path_is_the_experts_way() -> None:
    assert [taken.choice.id for taken in best_path(tea()).path] == ["ask"]


def test_the_best_path_makes_do_where_the_experts_way_is_closed() -> None:
    scenario = tea(TEA.replace("text: Ask why.\n", "text: Ask why.\n        when: {trust: {min: 9}}\n"))
    best = best_path(scenario)
    assert ([taken.choice.id for taken in best.path], best.ending, best.score) == (["warn", "repair"], "mixed", 50.0)


def test_a_story_without_an_end_has_no_best_path() -> None:
    scenario = tea().model_copy(update={"scenes": (tea().scenes[0].model_copy(update={"choices": ()}),)})
    with pytest.raises(Invalid):
        best_path(scenario)


# Stories of any shape


@st.composite
def stories(draw: st.DrawFn) -> Scenario:
    """Stories that lead on and never back, with conditions that may or may not ever hold."""
    count = draw(st.integers(2, 6))
    bounds = st.fixed_dictionaries({}, optional={"min": st.integers(-2, 6), "max": st.integers(-2, 6)})
    when = st.dictionaries(st.sampled_from(["a", "b"]), bounds.filter(bool), max_size=2)
    scenes: list[dict[str, Any]] = []
    for n in range(count - 1):
        onward = st.integers(n + 1, count - 1).map(lambda k: f"s{k}")
        scene: dict[str, Any] = {"id": f"s{n}", "text": "T"}
        if draw(st.booleans()):
            routes = draw(st.lists(st.fixed_dictionaries({"when": when, "next": onward}), max_size=2))
            scene["routes"] = [*routes, {"next": draw(onward)}]
        else:
            scene["choices"] = [
                {
                    "id": f"c{c}",
                    "text": "T",
                    "quality": draw(st.sampled_from(["best", "acceptable", "poor"])),
                    "when": draw(when) if c else {},
                    "effects": draw(st.dictionaries(st.sampled_from(["a", "b"]), st.integers(-3, 3), max_size=2)),
                    "consequence": "C",
                    "why": "W",
                    "next": draw(onward),
                }
                for c in range(draw(st.integers(1, 3)))
            ]
        scenes.append(scene)
    scenes.append({"id": f"s{count - 1}", "text": "T", "ending": draw(st.sampled_from(["good", "mixed", "poor"]))})
    variable = {"label": "V", "start": 2, "min": 0, "max": 5}
    return Scenario.model_validate(
        {
            "title": "T",
            "intro": "I",
            "debrief": "D",
            "start": "s0",
            "state": {"a": variable, "b": variable},
            "scenes": scenes,
        }
    )


@settings(deadline=None, max_examples=60)
@given(stories(), st.data())
def test_any_way_through_ends_and_replays_to_the_same_state(scenario: Scenario, data: st.DataObject) -> None:
    state = start(scenario)
    while state.ending is None:
        choice = data.draw(st.sampled_from(available(scenario, state)))
        state = choose(scenario, state, choice.id)
        assert all(
            scenario.state[name].min <= value <= scenario.state[name].max for name, value in state.values.items()
        )
        assert 0 <= state.score <= 100
    assert replay(scenario, [taken.choice.id for taken in state.path]) == state
    assert available(scenario, state) == ()
    assert best_path(scenario).score >= state.score
    assert set(state.shown) <= explore(scenario).scenes


@settings(deadline=None, max_examples=60)
@given(stories())
def test_the_checker_judges_every_story_without_stumbling(scenario: Scenario) -> None:
    report = Report(Lines())
    check_scenario("story.yaml", scenario, report)
    reached = explore(scenario).scenes
    unreachable = {scene.id for scene in scenario.scenes} - reached
    said = {
        str(problem.message).split("“")[1].split("”")[0]
        for problem in report.problems
        if "cannot be reached" in str(problem.message)
    }
    assert said <= unreachable
    assert not unreachable or any(problem.level == "error" for problem in report.problems)
