"""Twee 3 comes in with everything it has, or says by line what is wrong and what is not taken; our own export comes back unchanged."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.catalogue.checks import Lines, Report, check_scenario
from lms.catalogue.disk import load_course
from lms.catalogue.story import Scenario
from lms.catalogue.twee import Notes, Passage, body, parse
from lms.catalogue.twee_story import as_yaml, exported, imported
from lms.catalogue.yaml_text import read
from lms.cli import main
from tests.catalogue.making import sound
from tests.catalogue.test_real_courses import COURSES
from tests.catalogue.test_scenario_checks import HUB, stories, story

TWINE = """\
:: StoryTitle
A quiet room

:: StoryData
{"ifid": "D674C58C-DEFA-4F70-B7A2-27742230C0FC", "format": "Harlowe", "start": "The door"}

:: The door [quiet night] {"position":"100,100","size":"100,100"}
She sits by the window. (set: $trust to 3)
(if: $trust > 2)[She looks up.]
[[Knock->The chair]]
[[The chair<-Come in at once]]
[[Wait outside|Corridor]]
[[Corridor]]

:: The chair
<<set $x to 1>>"Sit," she says.

:: Corridor [ending-poor]
The light goes out.

:: Styles [stylesheet]
body { color: red }
"""


def lines_of(problems: Any, level: str) -> list[tuple[int, str]]:
    return [(problem.line, str(problem.message)) for problem in problems if problem.level == level]


def test_a_story_from_twine_comes_in_with_links_of_every_form() -> None:
    found = imported(TWINE, "room.twee")
    assert found.scenario is not None and lines_of(found.problems, "error") == []
    scenario = found.scenario
    assert (scenario.title, scenario.start, found.slug) == ("A quiet room", "the-door", "a-quiet-room")
    door = scenario.by_id["the-door"]
    assert door.text == "She sits by the window. \nShe looks up."
    assert [(c.id, c.text, c.next) for c in door.choices] == [
        ("knock", "Knock", "the-chair"),
        ("come-in-at-once", "Come in at once", "the-chair"),
        ("wait-outside", "Wait outside", "corridor"),
        ("corridor", "Corridor", "corridor"),
    ]
    assert {scene.id: scene.ending for scene in scenario.scenes} == {
        "the-door": None, "the-chair": "mixed", "corridor": "poor",
    }  # fmt: skip


def test_what_is_not_taken_is_listed_by_line() -> None:
    said = lines_of(imported(TWINE, "room.twee").problems, "warning")
    marks = [(line, text.split(": ", 1)[1]) for line, text in said if "a mark of a story format" in text]
    assert marks == [(8, "(set: $trust to 3)"), (9, "(if: $trust > 2)"), (16, "<<set $x to 1>>")]
    assert (7, "Tags were not taken: quiet, night.") in said
    assert any(line == 15 and "leads nowhere" in text for line, text in said)
    assert any(line == 21 and "belongs to a story format" in text for line, text in said)
    assert [line for line, text in said if "does not say: quality, consequence, why" in text] == [10, 11, 12, 13]


@pytest.mark.parametrize(
    "mark",
    [
        "<<if $a>>",
        "<% s.a = 1 %>",
        "(link-goto: 'x', 'y')",
        "{embed passage: 'x'}",
        "[after 1 second]",
        "$name",
        "|hook>[words]",
    ],
)
def test_marks_of_every_story_format_are_found(mark: str) -> None:
    held = body(Passage("p", f"Words.\n\n{mark}\n\nMore.", line=1))
    assert [line for line, _ in held.left_out] == [4]
    assert mark not in held.prose and held.prose.startswith("Words.") and held.prose.endswith("More.")


def test_variables_of_chapbook_are_found_and_citations_are_no_marks() -> None:
    held = body(
        Passage("p", "trust: 3\nmood (trust > 2): 'calm'\n--\nShe waits. [@kleinman-1978] (note: no macro)", line=1)
    )
    assert [line for line, _ in held.left_out] == [2, 3, 4]
    assert held.prose == "She waits. [@kleinman-1978] (note: no macro)"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("[[Knock->The chair]]", "[[Knock->The chiar]]", 10, "leads to the passage “The chiar”, which does not exist"),
        ("[[The chair<-Come in at once]]", "[[Nowhere<-Come in]]", 11, "“Nowhere”, which does not exist"),
        ("[[Wait outside|Corridor]]", "[[Wait outside|corridor]]", 12, "“corridor”, which does not exist"),
        (":: Corridor", ":: The chair", 18, "There are two passages “The chair”; the first is on line 15."),
        ("The door\"}", "The gate\"}", 4, "there is no passage “The gate”"),
        (":: The chair", "::  [tag]", 15, "A passage has no name."),
        ("[[Knock->The chair]]", "[[Knock->The chair]]\n<!--attune\nquality: best\nwhy: [\n-->", 13, "This is not YAML"),
        ("[[Knock->The chair]]", "[[Knock->The chair]]\n<!--attune\nquailty: best\n-->", 12, "Unknown key `quailty`."),
        ("[[Knock->The chair]]", "[[Knock->The chair]]\n<!--attune\nquality: fine\n-->", 10, "`quality` does not fit"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_line(old: str, new: str, line: int, said: str) -> None:
    assert TWINE.count(old) == 1
    found = imported(TWINE.replace(old, new), "room.twee")
    assert found.scenario is None
    assert [at for at, text in lines_of(found.problems, "error") if said in text] == [line]


@pytest.mark.parametrize(
    "text", ["", "no passages at all", ":: \n", "::", "::StoryData\n[1]", ":: a\n[[", ":: a\n<!--attune\n- x\n-->"]
)
def test_nonsense_is_an_error_and_no_traceback(text: str) -> None:
    found = imported(text, "x.twee")
    assert found.problems and (found.scenario is None) == any(problem.level == "error" for problem in found.problems)


def test_an_import_that_lacks_words_is_refused_by_the_checker() -> None:
    found = imported(TWINE, "room.twee").scenario
    assert found is not None
    report = Report(Lines())
    assert check_scenario("room.yaml", found, report).verdict == "faults"
    assert any("still to be written" in str(problem.message) for problem in report.problems)


def same(scenario: Scenario) -> None:
    """Out and in again is the same, and so is out once more; and so is the YAML that an import writes."""
    text = exported(scenario, "course/story")
    found = imported(text, "story.twee")
    assert [str(problem) for problem in found.problems] == []
    assert found.scenario == scenario
    assert exported(found.scenario, "course/story") == text
    written = read(as_yaml(scenario), "story.yaml")
    assert written.problems == [] and Scenario.model_validate(written.data) == scenario


@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
def test_every_shipped_scenario_goes_out_and_comes_back_unchanged(folder: Path) -> None:
    content = load_course(folder).content
    assert content is not None and content.scenarios
    for scenario in content.scenarios.values():
        same(scenario)


def test_loops_limits_clocks_and_conditions_survive() -> None:
    same(story(HUB.replace("    visits: 3\n", "    visits: 3\n    timed: {seconds: 60, timeout: again}\n")))


WORDS = st.one_of(
    st.sampled_from(
        ["[[x->y]]", "<!--attune\n-->", "--> ", ":: not a passage", "a\n::b", "(set: $x to 1)", "<<x>>", "{x}", "[after 1s]",
         "  indented", "trailing ", "a\n\n\n\nb", "\\", "a: b\n--\nc", "- x\n- y", "true", "1", "~", "#x", "'", '"', "a | b",
         "left <- right", "]]", "[@a-1]", "a\tb", "\u2028x", "\x85x", "\ufeffx", "x\n", "é — “quoted” ‘so’"]
    ),
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(lambda text: text.strip() != ""),
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(stories(), st.data())
def test_any_scenario_with_any_words_goes_out_and_comes_back_unchanged(scenario: Scenario, data: st.DataObject) -> None:
    drawn = scenario.model_dump()
    for key in ("title", "intro", "debrief"):
        drawn[key] = data.draw(WORDS)
    for scene in drawn["scenes"]:
        scene["text"], scene["speaker"] = data.draw(WORDS), data.draw(st.none() | WORDS)
        for choice in scene["choices"]:
            for key in ("text", "consequence", "why"):
                choice[key] = data.draw(WORDS)
    try:
        made = Scenario.model_validate(drawn)
    except ValueError:
        return
    same(made)


def test_the_file_is_twee_3_as_the_specification_has_it() -> None:
    text = exported(story(), "tea-101/tea")
    passages = {passage.name: passage for passage in parse(text, Notes("x"))}
    data = json.loads(passages["StoryData"].text)
    assert re.fullmatch(r"[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}", data["ifid"])
    assert data["start"] in passages and passages["StoryTitle"].text == "Three questions"
    assert passages["good"].tags == ("ending-good",) and set(passages["good"].metadata) == {"position", "size"}
    assert exported(story(), "tea-101/tea") == text and exported(story(), "other") != text


def test_names_with_marks_are_escaped_in_headers() -> None:
    (passage,) = parse(':: A \\[strange\\] name [one two] {"position":"1,2"}\nText\n\n', Notes("x"))
    assert (passage.name, passage.tags, passage.text) == ("A [strange] name", ("one", "two"), "Text")
    assert passage.metadata == {"position": "1,2"}


def test_on_the_command_line(tmp_path: Path) -> None:
    folder, twee = sound(tmp_path), tmp_path / "tea.twee"
    run = CliRunner().invoke
    assert run(main, ["courses", "twee", "export", str(folder), "tea", "--out", str(twee)]).exit_code == 0
    there = run(main, ["courses", "twee", "import", str(twee), "--into", str(tmp_path / "new")])
    assert there.exit_code == 0 and "the-tea.yaml (6 scenes)" in there.output
    again = run(main, ["courses", "twee", "import", str(twee), "--into", str(tmp_path / "new")])
    assert again.exit_code == 1 and "is there already" in again.output
    course = run(main, ["courses", "twee", "import", str(twee), "--into", str(folder)])
    assert "file: scenarios/the-tea.yaml" in course.output and (folder / "scenarios/the-tea.yaml").is_file()
    twee.write_text(TWINE.replace("Knock->The chair", "Knock->The chiar"), encoding="utf-8")
    broken = run(main, ["courses", "twee", "import", str(twee), "--into", str(tmp_path / "other")])
    assert broken.exit_code == 1 and not (tmp_path / "other").exists()
    assert "tea.twee:10 error: The link “Knock” leads to the passage “The chiar”" in broken.output
    unknown = run(main, ["courses", "twee", "export", str(folder), "coffee", "--out", str(twee)])
    assert unknown.exit_code == 1 and "the course has: tea." in unknown.output
