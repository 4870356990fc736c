"""The map shows every scene and every way on, marks the experts' way, keeps boxes apart, and says the same in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from hypothesis import given, settings

from lms.catalogue.checks import Lines, Report, check_scenario
from lms.catalogue.story import Scenario
from lms.cli import main
from lms.learning.map_drawing import drawn
from lms.learning.map_layout import Size, laid_out
from lms.learning.map_words import measured, wrapped
from lms.learning.story_map import as_data, story_map
from tests.catalogue.making import sound
from tests.catalogue.test_real_courses import COURSES
from tests.catalogue.test_scenario_checks import HUB, stories, story

SVG = "{http://www.w3.org/2000/svg}"


def boxes_of(picture: str) -> Iterator[tuple[float, float, float, float]]:
    for rect in ElementTree.fromstring(picture).iter(f"{SVG}rect"):
        if "map-box" in rect.get("class", ""):
            yield tuple(float(rect.get(name, "0")) for name in ("x", "y", "width", "height"))  # type: ignore[misc]


def check_picture(scenario: Scenario) -> None:
    made, picture = story_map(scenario), drawn(story_map(scenario))
    root = ElementTree.fromstring(picture)
    assert (root.get("role"), root[0].tag, root[1].tag) == ("img", f"{SVG}title", f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"
    boxes = list(boxes_of(picture))
    assert len(boxes) == len(scenario.scenes)
    for a, b in combinations(boxes, 2):
        apart = a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
        assert apart, "two boxes overlap"
    _, _, wide, tall = (float(part) for part in root.get("viewBox", "").split())
    assert all(x >= 0 and y >= 0 and x + w <= wide and y + h <= tall for x, y, w, h in boxes)
    heads = [path for path in root.iter(f"{SVG}path") if "map-head" in path.get("class", "")]
    ways = sum(len(scene.choices) + len(scene.routes) + (scene.otherwise is not None) for scene in scenario.scenes)
    assert len(heads) == len(made.arrows) == ways
    bands = [path for path in root.iter(f"{SVG}path") if path.get("class") == "map-halo"]
    assert len(bands) - 1 == sum(arrow.on_best for arrow in made.arrows)  # one stands in the legend


def test_a_loop_and_scenes_that_turn_people_away_are_drawn() -> None:
    check_picture(story())
    made = story_map(story())
    assert [arrow.choice_id for arrow in made.arrows if arrow.on_best and arrow.choice_id] == ["wish", "close"]
    assert made.way == ("bedside", "good") and made.best == ("wish", "close")
    assert made.by_id["good"].when == "trust ≥ 3, score ≥ 50%"
    assert {arrow.kind for arrow in made.out_of("bedside")} == {"best", "acceptable", "poor", "otherwise"}
    said = drawn(made)
    assert "↻ up to 3 times" in said and "only if trust ≥ 3" in said and "Poor ending" in said


def test_a_door_that_turned_the_experts_away_is_on_their_way() -> None:
    text = HUB.replace("score: {min: 50}", "score: {min: 101}").replace("trust: {min: 3}, score", "score")
    made = story_map(story(text))
    marked = [(a.source, a.target) for a in made.arrows if a.on_best and a.kind == "otherwise"]
    assert marked == [("good", "mixed")]


@settings(deadline=None, max_examples=40)
@given(stories())
def test_any_sound_story_can_be_drawn(scenario: Scenario) -> None:
    if check_scenario("story.yaml", scenario, Report(Lines())).verdict == "proved":
        check_picture(scenario)


@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
def test_every_shipped_scenario_is_drawn_whole(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.json"
    result = CliRunner().invoke(main, ["courses", "map", str(folder), "--format", "json", "--out", str(out)])
    assert result.exit_code == 0 and "proved: all" in result.output
    listed = json.loads(out.read_text(encoding="utf-8"))["scenarios"]
    piped = CliRunner().invoke(
        main, ["courses", "map", str(folder), "--format", "json"]
    )  # what is proved goes to stderr
    assert piped.exit_code == 0 and json.loads(piped.stdout)["scenarios"] == listed and "proved: all" in piped.stderr
    picture = tmp_path / "map.svg"
    assert CliRunner().invoke(main, ["courses", "map", str(folder), "--out", str(picture)]).exit_code == 0
    root = ElementTree.fromstring(picture.read_text(encoding="utf-8"))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) == 2 * len(listed)
    for made in listed.values():
        assert made["proof"]["verdict"] == "proved"
        assert {way["to"] for way in made["ways"]} <= {scene["id"] for scene in made["scenes"]}
        assert sum(scene["start"] for scene in made["scenes"]) == 1 and made["best_path"]


def test_the_command_says_what_it_cannot_draw(tmp_path: Path) -> None:
    folder = sound(tmp_path)
    out = tmp_path / "map.svg"
    unknown = CliRunner().invoke(main, ["courses", "map", str(folder), "--scenario", "coffee", "--out", str(out)])
    assert unknown.exit_code == 1 and "There is no scenario “coffee”; the course has: tea." in unknown.output
    tea = folder / "scenarios/tea.yaml"
    tea.write_text(tea.read_text(encoding="utf-8").replace("next: second", "next: nowhere"), encoding="utf-8")
    broken = CliRunner().invoke(main, ["courses", "map", str(folder), "--out", str(out)])
    assert broken.exit_code == 1 and "scenarios/tea.yaml:" in broken.output and not out.exists()


def test_long_texts_are_cut_with_dots_and_markup_is_text() -> None:
    assert wrapped("one two three four", 50, 12, 1)[0].endswith("…")
    assert all(measured(line, 12) <= 60 for line in wrapped("Ein-sehr-langes-Wort-ohne-Ende und mehr", 60, 12, 2))
    made = drawn(story_map(story(HUB.replace("She looks up.", "She <b>looks</b> & waits."))))
    assert "She &lt;b" in made and "<b>" not in made


def test_a_graph_of_500_scenes_is_laid_out() -> None:
    nodes = [f"s{n}" for n in range(500)]
    arrows = [(f"s{n}", f"s{min(499, n + step)}") for n in range(499) for step in (4, 5, 9)]
    layout = laid_out({node: Size(200, 80) for node in nodes}, arrows, "s0", ["s499"])
    assert len(layout.spots) == 500 and not layout.turned


def test_the_data_says_what_the_picture_shows() -> None:
    data = as_data(story_map(story()))
    assert data["scenes"][0]["visits"] == 3 and data["best_path"] == ["wish", "close"]
    assert {"from": "bedside", "to": "bell", "kind": "otherwise"}.items() <= data["ways"][4].items()
