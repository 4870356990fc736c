"""The checker proves a scenario, or says by file, line and remedy what forbids it; scores and endings are proved against play."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.catalogue.checks import Lines, Proof, Report, check_scenario
from lms.catalogue.content import from_data, to_data
from lms.catalogue.exploring import explore
from lms.catalogue.scores import score_range
from lms.catalogue.story import Scenario
from lms.catalogue.yaml_text import read
from lms.errors import Invalid, Problem
from lms.learning.scenario import State, available, best_path, choose, replay, start

HUB = """\
title: Three questions
intro: You have a minute at the bedside.
state:
  trust: {label: Trust, start: 2, min: 0, max: 4}
pass_mark: 50
start: bedside
scenes:
  - id: bedside
    text: She looks up.
    visits: 3
    otherwise: bell
    choices:
      - {id: pain, text: Ask about pain., quality: acceptable, once: true, effects: {trust: 1}, consequence: C, why: W, next: bedside}
      - {id: wish, text: Ask what she wants., quality: best, once: true, effects: {trust: 2}, consequence: C, why: W, next: bedside}
      - {id: again, text: Ask again., quality: poor, effects: {trust: -1}, consequence: C, why: W, next: bedside}
      - {id: close, text: Sum up., quality: best, consequence: C, why: W, next: good}
  - id: bell
    text: The bell rings.
    choices:
      - {id: go, text: Go., quality: poor, consequence: C, why: W, next: good}
      - {id: finish, text: Finish the sentence., quality: best, when: {score: {min: 40}}, consequence: C, why: W, next: good}
  - {id: good, text: G, ending: good, when: {trust: {min: 3}, score: {min: 50}}, otherwise: mixed}
  - {id: mixed, text: M, ending: mixed, when: {trust: {min: 1}}, otherwise: poor}
  - {id: poor, text: P, ending: poor}
debrief: D
"""


def story(text: str = HUB) -> Scenario:
    return Scenario.model_validate(read(text, "hub.yaml").data)


def judged(text: str, **limits: int) -> tuple[Proof, list[Problem]]:
    written = read(text, "hub.yaml")
    report = Report(Lines({("hub.yaml", at): line for at, line in written.lines.items()}))
    return check_scenario("hub.yaml", Scenario.model_validate(written.data), report, **limits), report.problems


def ends(scenario: Scenario) -> list[State]:
    """Every way through, played."""
    finished, going = [], [start(scenario)]
    while going:
        state = going.pop()
        if state.ending is not None:
            finished.append(state)
        going += [choose(scenario, state, choice.id) for choice in available(scenario, state)]
    return finished


def test_a_loop_with_limits_and_conditions_on_score_and_state_is_proved() -> None:
    proof, problems = judged(HUB)
    assert [str(problem) for problem in problems] == []
    played = ends(story())
    assert proof.verdict == "proved" and (proof.scenes, proof.endings) == (5, 3)
    assert {state.scene_id for state in played} == {"good", "mixed", "poor"}
    assert (proof.lowest, proof.highest) == (0, 100)
    assert str(proof.message).startswith("proved: all 5 scenes and 3 endings can be reached")


def test_a_scene_turns_away_whoever_came_often_enough() -> None:
    scenario = story()
    assert replay(scenario, ["again", "again"]).scene_id == "bedside"
    third = replay(scenario, ["again", "again", "again"])
    assert (third.scene_id, third.shown) == ("bell", ("bell",))
    assert [choice.id for choice in available(scenario, third)] == ["go"]
    with pytest.raises(Invalid, match="“finish” is not open"):
        choose(scenario, third, "finish")


def test_a_choice_that_is_open_once_is_gone_afterwards() -> None:
    asked = replay(story(), ["pain"])
    assert "pain" not in [choice.id for choice in available(story(), asked)]
    with pytest.raises(Invalid, match="not open"):
        choose(story(), asked, "pain")


def test_conditions_on_the_score_decide_choices_and_endings() -> None:
    scenario = story()
    after = replay(scenario, ["wish", "again", "pain"])  # (2 + 0 + 1) of 6
    assert after.percent == 50 and "finish" in [choice.id for choice in available(scenario, after)]
    assert replay(scenario, ["wish", "close"]).ending == "good"
    assert replay(scenario, ["again", "again", "wish", "go"]).ending == "mixed"  # trust 2, score 25
    assert replay(scenario, ["again", "again", "again", "go"]).ending == "poor"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("    visits: 3\n    otherwise: bell\n", "", 13, "loop without a limit: bedside → bedside"),
        ("    otherwise: bell\n", "", 8, "does not say where others go"),
        ("otherwise: mixed}", "otherwise: nowhere}", 22, "There is no scene “nowhere”"),
        (", when: {trust: {min: 3}, score: {min: 50}}, otherwise: mixed", ", otherwise: mixed", 22, "Nobody is ever sent"),
        ("{score: {min: 40}}", "{points: {min: 40}}", 21, "The state has no “points”"),
        ("  trust:", "  score: {label: S, start: 0, min: 0, max: 1}\n  trust:", 4, "must not be called `score`"),
        ("trust: {min: 1}", "trust: {min: 9}", 23, "cannot be reached: no path brings the state"),
        ("pass_mark: 50", "pass_mark: 101", 5, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_line_and_remedy(old: str, new: str, line: int, message: str) -> None:
    assert HUB.count(old) == 1
    if not message:
        with pytest.raises(ValueError):
            judged(HUB.replace(old, new))
        return
    proof, problems = judged(HUB.replace(old, new))
    said = next(problem for problem in problems if message in str(problem.message))
    assert (said.level, said.file, said.line) == ("error", "hub.yaml", line)
    assert said.remedy is not None
    assert str(proof.message) == "not proved: it has errors"


def test_a_trap_is_named() -> None:
    trapped = HUB.replace(
        "consequence: C, why: W, next: good}\n  - id: bell", "consequence: C, why: W, next: bedside}\n  - id: bell"
    )
    trapped = trapped.replace("next: good}", "next: bell}")
    _, problems = judged(trapped)
    assert "“bedside” is a trap" in " ".join(str(problem.message) for problem in problems)


def test_a_pass_mark_that_nobody_reaches_is_refused() -> None:
    text = HUB.replace("quality: best", "quality: acceptable").replace("pass_mark: 50", "pass_mark: 60")
    _, problems = judged(text.replace(", score: {min: 50}", ""))
    said = next(problem for problem in problems if "Nobody can pass" in str(problem.message))
    assert (said.level, said.line) == ("error", 5) and "50%" in str(said.message)


def test_a_hub_without_a_way_on_is_a_dead_end_in_that_state() -> None:
    alone = HUB.replace("      - {id: again", "      - {id: again2").replace(
        "quality: poor, effects", "quality: poor, once: true, effects"
    )
    alone = alone.replace("quality: best, consequence: C, why: W, next: good}\n  - id: bell",
                          "quality: best, when: {trust: {min: 9}}, consequence: C, why: W, next: good}\n  - id: bell")  # fmt: skip
    alone = alone.replace("visits: 3", "visits: 9")
    _, problems = judged(alone)
    assert any("nobody can go on when the state is" in str(problem.message) for problem in problems)


def test_beyond_the_limit_nothing_is_proved_and_that_is_said() -> None:
    proof, problems = judged(HUB, limit=5)
    assert (proof.verdict, proof.states) == ("limit", 5)
    assert str(proof.message) == "not proved: limit reached (5 states)"
    assert any(problem.level == "warning" and "more than 5 states" in str(problem.message) for problem in problems)


def test_a_version_frozen_before_loops_and_clocks_replays_as_it_did() -> None:
    """What an older Attune wrote knows no ``when``, ``visits`` or ``timed`` of scenes; and a variable may be called score."""
    data: dict[str, Any] = read(HUB, "hub.yaml").data
    choice = {"id": "a", "text": "T", "quality": "acceptable", "when": {"score": {"min": 3, "max": None}},
              "effects": {"score": 9}, "consequence": "C", "why": "W", "next": "end"}  # fmt: skip
    old = Scenario.model_validate(
        {**{key: data[key] for key in ("title", "intro", "debrief")}, "start": "s", "pass_mark": 0,
         "state": {"score": {"label": "S", "start": 3, "min": 0, "max": 5}},
         "scenes": [{"id": "s", "speaker": None, "text": "T", "choices": [choice], "routes": [], "ending": None},
                    {"id": "end", "text": "T", "ending": "good"}]}
    )  # fmt: skip
    state = replay(old, ["a"])
    assert (state.values, state.score, state.ending) == ({"score": 5}, 50.0, "good")


# Stories of any shape, with loops, conditions on the score, gates and choices that are open once


@st.composite
def stories(draw: st.DrawFn) -> Scenario:
    count = draw(st.integers(2, 5))
    names = st.sampled_from([f"s{n}" for n in range(count)])
    bound = st.fixed_dictionaries({}, optional={"min": st.integers(0, 3), "max": st.integers(0, 3)}).filter(bool)
    percent = st.fixed_dictionaries({}, optional={"min": st.integers(0, 100), "max": st.integers(0, 100)}).filter(bool)
    when = st.one_of(
        st.just({}),
        st.fixed_dictionaries({}, optional={"a": bound, "b": bound}),
        st.fixed_dictionaries({"score": percent}),
    )
    scenes: list[dict[str, Any]] = []
    for n in range(count):
        onward = st.integers(min(n + 1, count - 1), count - 1).map(lambda k: f"s{k}")
        if n == count - 1:
            scene: dict[str, Any] = {
                "id": f"s{n}",
                "text": "T",
                "ending": draw(st.sampled_from(["good", "mixed", "poor"])),
            }
        else:
            scene = {"id": f"s{n}", "text": "T", "choices": []}
            if draw(st.booleans()):
                scene |= {"visits": draw(st.integers(1, 3)), "otherwise": draw(onward)}
            for c in range(draw(st.integers(1, 3))):
                scene["choices"].append(
                    {
                        "id": f"c{c}",
                        "text": "T",
                        "quality": draw(st.sampled_from(["best", "acceptable", "poor"])),
                        "when": draw(when) if c else {},
                        "once": draw(st.booleans()) if c else False,
                        "effects": draw(st.dictionaries(st.sampled_from(["a", "b"]), st.integers(-2, 2), max_size=2)),
                        "consequence": "C",
                        "why": "W",
                        "next": draw(names) if "visits" in scene else draw(onward),
                    }
                )
        scenes.append(scene)
    variable = {"label": "V", "start": 1, "min": 0, "max": 3}
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


@settings(deadline=None, max_examples=80)
@given(stories(), st.data())
def test_what_is_proved_is_what_is_played(scenario: Scenario, data: st.DataObject) -> None:
    """Any way through a proved story ends, stays in bounds, scores within the proved range, replays to the same state from
    its frozen form, and meets only what the checker met."""
    proof = check_scenario("story.yaml", scenario, Report(Lines()))
    if proof.verdict != "proved":
        return
    found, scores = explore(scenario), score_range(scenario)
    assert scores is not None
    state = start(scenario)
    for _turn in range(200):
        if state.ending is not None:
            break
        assert set(state.shown) <= found.scenes
        choice = data.draw(st.sampled_from(available(scenario, state)))
        assert (state.scene_id, choice.id) in found.choices
        state = choose(scenario, state, choice.id)
        assert all(0 <= value <= 3 for value in state.values.values())
    assert state.ending is not None
    assert float(scores[0]) - 1e-9 <= state.score <= float(scores[1]) + 1e-9
    frozen = Scenario.model_validate_json(scenario.model_dump_json())
    assert replay(frozen, [taken.choice.id for taken in state.path]) == state


def few(scenario: Scenario) -> bool:
    return sum(scene.visits or 0 for scene in scenario.scenes) <= 4


@settings(deadline=None, max_examples=60)
@given(stories().filter(few))
def test_the_range_of_scores_and_the_best_path_are_those_of_playing_everything(scenario: Scenario) -> None:
    if check_scenario("story.yaml", scenario, Report(Lines())).verdict != "proved":
        return
    played = ends(scenario)
    exact = {Fraction(state.score).limit_denominator(1000) for state in played}
    assert score_range(scenario) == (min(exact), max(exact))
    best = best_path(scenario)
    rank = {"good": 3, "mixed": 2, "poor": 1}
    assert (best.score, rank[best.ending or ""], -len(best.path)) == max(
        (state.score, rank[state.ending or ""], -len(state.path)) for state in played
    )
    assert {scene for state in played for scene in state.shown} <= explore(scenario).scenes


def test_a_frozen_course_keeps_every_new_word(tmp_path: Any) -> None:
    from lms.catalogue.disk import load_course
    from tests.catalogue.making import FILES, write

    loaded = load_course(write(tmp_path, {**FILES, "scenarios/tea.yaml": HUB}))
    assert loaded.content is not None
    again = from_data(to_data(loaded.content))
    assert again.scenario("tea") == loaded.content.scenario("tea")
