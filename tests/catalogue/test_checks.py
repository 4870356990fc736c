"""A broken course says where (file and line), what, and what to do about it; every fault at once, never a traceback."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lms.catalogue.checks import Lines, Report, check_scenario
from lms.catalogue.disk import load_course
from lms.errors import Problem
from tests.catalogue.making import FILES, SPANISH, SVG, TEA, sound, write

TODAY = date(2026, 6, 15)


def problems(tmp_path: Path, **changed: tuple[str, str] | str) -> list[Problem]:
    """What the checker says after one replacement in each named file (``course``, ``lesson``, ``quick``, ``test``, ``tea``)."""
    names = {
        "course": "course.yaml",
        "lesson": "lessons/why-ask.md",
        "quick": "items/quick.yaml",
        "test": "items/post-test.yaml",
        "tea": "scenarios/tea.yaml",
        "svg": "media/ask.svg",
    }
    files = dict(FILES)
    for key, change in changed.items():
        name = names[key]
        if isinstance(change, str):
            files[name] = change
        else:
            assert change[0] in files[name]
            files[name] = files[name].replace(change[0], change[1], 1)
    return list(load_course(write(tmp_path, files), today=TODAY).problems)


def one(found: list[Problem], text: str) -> Problem:
    """The only problem that says so."""
    matching = [problem for problem in found if text in str(problem.message)]
    assert len(matching) == 1, "\n".join(map(str, found))
    assert str(matching[0].remedy)
    return matching[0]


def test_a_sound_course_has_no_problems(tmp_path: Path) -> None:
    loaded = load_course(sound(tmp_path), today=TODAY)
    assert [str(problem) for problem in loaded.problems] == []
    assert loaded.ok
    assert loaded.media["ask.svg"] == SVG.encode()


# file, what is changed, what is said, in which line, and a word of the remedy
BROKEN = [
    ("course", ("title: Asking", "tittle: Asking"), "Unknown key `tittle`", 4, "`title`"),
    ("course", ("title: Asking", "tittle: Asking"), "`title` is missing", 1, "Add `title:`"),
    ("course", ("title: Asking before advising", "title: a: b"), "not YAML", 4, "quotes"),
    ("course", ("slug: tea-101\n", "slug: tea-101\nslug: tea-101\n"), "written twice", 3, "Keep one"),
    ("course", ("slug: tea-101", "slug: tea-102"), "folder is called", 2, "same name"),
    ("course", ("slug: tea-101", "slug: Tea_101"), "not an id", 2, "hyphens"),
    ("course", ("change: material", "change: big"), "cannot be big", 8, "'typo', 'minor' or 'material'"),
    ("course", ("cultural_competency: 20", "cultural_competency: many"), "whole number", 13, "digits"),
    ("course", ('edition: "2013"', "edition: 2013"), "must be text", 15, "quotes"),
    ("course", ("as_of: 2026-01-10", "as_of: 2026-02-31"), "no day 2026-02-31", 20, "year-month-day"),
    ("course", ("as_of: 2026-01-10", "as_of: soon"), "must be a day", 20, "year-month-day"),
    ("course", ("id: act-safely", "id: ask-first"), "used twice", 12, "another id"),
    ("course", ("kind: research", "kind: law"), "no `review_by`", 18, "review_by"),
    ("course", ("kind: research", "kind: law"), "no `jurisdiction`", 18, "jurisdiction"),
    (
        "course",
        ("kind: research", "kind: data\n    review_by: 2026-05-01"),
        "was due by 2026-05-01",
        22,
        "still says so",
    ),
    ("course", ("minutes: 5}", "minutes: 25}"), "topics claim 20", 13, "10%"),
    ("course", ("{check: quick", "{quiz: quick"), "what kind of step", 27, "`lesson:`"),
    ("course", ("lessons/why-ask.md", "lessons/why.md"), "no file lessons/why.md", 26, "correct the path"),
    ("course", ("lessons/why-ask.md", "../secrets.md"), "no file ../secrets.md", 26, "correct the path"),
    ("course", ("lessons/why-ask.md", "items/quick.yaml"), "not where a step of this kind", 26, "lessons/why-ask.md"),
    ("course", ("draw: 2", "draw: 9"), "draws 9 items, but items/post-test.yaml has 3", 36, "Lower `draw`"),
    ("course", ("- test: post-test", "- check: post-test"), "Unknown key `draw`", 36, "Remove it"),
    ("course", ("{id: act-safely", "{id: act-well"), "no objective “act-safely”", None, "act-well"),
    ("lesson", ("People", "<script>alert(1)</script>"), "<script>", 3, "Markdown"),
    ("lesson", ("People", "<b>People</b>"), "HTML", 3, "Markdown"),
    ("lesson", ("People", "[x](javascript:alert(1))"), "javascript:", 3, "https://"),
    ("lesson", ("@kleinman-1978", "@kleinman-1987"), "[@kleinman-1987] names no source", 3, "sources:"),
    ("lesson", ("media/ask.svg", "media/asks.svg"), "no picture media/asks.svg", 5, "media/"),
    ("lesson", ("media/ask.svg", "https://example.org/a.png"), "no picture https://", 5, "media/"),
    ("lesson", ("A person asks another", ""), "no description", 5, "between the brackets"),
    ("lesson", ("## Ask", "# Ask"), "single #", 1, "##"),
    ("lesson", ("::: say", "::: shout"), "no box “shout”", 7, "::: say"),
    ("lesson", ('it?"\n:::', 'it?"'), "never closed", 7, ":::"),
    ("quick", (", correct: true", ""), "0 right options", 6, "correct: true"),
    ("quick", ("id: tell", "id: ask"), "“ask” is used twice", 8, "another id"),
    ("quick", ("type: single", "type: essay"), "no type essay", 3, "'single'"),
    ("quick", ("    type: single\n", ""), "`type` is missing", 2, "Add `type:`"),
    ("quick", ("      - {id: tell, text: Tell., feedback: Not yet.}\n", ""), "too few entries", 6, "at least 2"),
    ("quick", (", feedback: Not yet.", ""), "`feedback` is missing", 8, "Add `feedback:`"),
    ("quick", ("objective: ask-first", "objective: fly"), "no objective “fly”", 4, "act-safely, ask-first"),
    ("test", ("id: true, text", "id: yes, text"), "options `true` and `false`", 25, "type: single"),
    ("tea", ("next: second", "next: third"), "no scene “third”", 24, "opening, second"),
    ("tea", ("effects: {trust: +2}", "effects: {hope: +2}"), "no “hope”", 14, "trust"),
    ("tea", ("start: 5", "start: 15"), "starts at 15", 4, "in this order"),
    ("tea", ("text: She goes., ending: poor", "text: She goes."), "“poor” is a dead end", 48, "ending: good"),
    (
        "tea",
        ("- {next: poor}", "- {when: {trust: {max: 3}}, next: poor}"),
        "last route of “crossroads”",
        45,
        "without `when:`",
    ),
    ("tea", ("when: {trust: {min: 7}}, next: good", "next: good"), "hides those after it", 43, "Move it"),
    ("tea", ("trust: {min: 7}", "trust: {}"), "says nothing", 43, "`min:`"),
    ("tea", ("debrief: Ask first.", "debrief: Ask *a\n  b: c"), "not YAML", 50, "colon"),
]


@pytest.mark.parametrize(("file", "change", "message", "line", "remedy"), BROKEN, ids=[case[2] for case in BROKEN])
def test_each_fault_is_told_with_line_and_remedy(
    tmp_path: Path, file: str, change: tuple[str, str], message: str, line: int | None, remedy: str
) -> None:
    problem = one(problems(tmp_path, **{file: change}), message)
    assert problem.file
    assert remedy in str(problem.remedy)
    if line is not None:
        assert problem.line == line


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        course=("title: Asking", "tittle: Asking"),
        lesson="",
        quick=("id: tell", "id: ask"),
        tea=("next: second", "next: third"),
    )
    assert {problem.file for problem in found} == {
        "course.yaml",
        "lessons/why-ask.md",
        "items/quick.yaml",
        "scenarios/tea.yaml",
    }


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"
    problem = one(problems(tmp_path, course=bomb), "aliases")
    assert (problem.file, problem.line) == ("course.yaml", 1)


@pytest.mark.parametrize(
    "text", ["[" * 5000, "- " * 5000 + "a", "{a: " * 5000, "!!python/object:os.system {}", "\x00", "%", "- a\n---\n- b"]
)
def test_hostile_yaml_ends_in_a_problem(tmp_path: Path, text: str) -> None:
    found = problems(tmp_path, quick=text)
    assert [problem.file for problem in found] == ["items/quick.yaml"]


@pytest.mark.parametrize("text", ["just text", "- a\n- b", "items: 3", "items: [3]", "items:\n- [1]", "3: 4"])
def test_the_wrong_shape_ends_in_a_problem(tmp_path: Path, text: str) -> None:
    assert {problem.file for problem in problems(tmp_path, quick=text)} == {"items/quick.yaml"}


def test_text_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    course = sound(tmp_path)
    (course / "lessons/why-ask.md").write_bytes(b"## Ask\n\ncaf\xe9\n")
    problem = one(list(load_course(course).problems), "not UTF-8")
    assert (problem.file, problem.line) == ("lessons/why-ask.md", 3)


def test_windows_newlines_and_a_byte_order_mark_make_no_difference(tmp_path: Path) -> None:
    course = sound(tmp_path)
    before = load_course(course).content
    for path in course.rglob("*.yaml"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_course(course).content == before


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    course = sound(tmp_path)
    secret = tmp_path / "secret.md"
    secret.write_text("secret")
    (course / "lessons/why-ask.md").unlink()
    (course / "lessons/why-ask.md").symlink_to(secret)
    loaded = load_course(course)
    assert not loaded.ok
    one(list(loaded.problems), "link to elsewhere")


def test_a_folder_that_is_none_and_a_folder_without_a_course(tmp_path: Path) -> None:
    one(list(load_course(tmp_path / "nowhere").problems), "no such folder")
    one(list(load_course(tmp_path).problems), "course.yaml is missing")


def test_files_that_nothing_uses_are_warned_of(tmp_path: Path) -> None:
    course = sound(tmp_path)
    (course / "lessons/old.md").write_text("Old.")
    (course / "notes.txt").write_text("Notes.")
    (course / "media/spare.svg").write_text(SVG)
    loaded = load_course(course)
    assert loaded.ok
    assert {(problem.file, problem.level) for problem in loaded.problems} == {
        ("lessons/old.md", "warning"),
        ("notes.txt", "warning"),
        ("media/spare.svg", "warning"),
    }


def test_a_test_must_be_there_once_and_last(tmp_path: Path) -> None:
    without = FILES["course.yaml"].split("  - module: show")[0]
    one(problems(tmp_path / "a", course=without), "no test")
    show = FILES["course.yaml"].split("  - module: show")[1]
    first = (
        FILES["course.yaml"]
        .replace("outline:\n", "outline:\n  - module: show" + show)
        .split("  - module: show\n    title: Show\n    steps:\n      - test")
    )
    moved = "  - module: show\n    title: Show\n    steps:\n      - test".join(first[:2])
    one(problems(tmp_path / "b", course=moved), "not the last step")
    twice = FILES["course.yaml"] + show.split("steps:\n")[1].replace("post-test", "post-again")
    one(problems(tmp_path / "c", course=twice), "more than one test")


# Pictures


@pytest.mark.parametrize(
    ("svg", "why"),
    [
        ("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "<script>"),
        ("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "onload"),
        ("<svg xmlns='http://www.w3.org/2000/svg'><a href='https://example.org'/></svg>", "elsewhere"),
        ("<svg xmlns='http://www.w3.org/2000/svg'><style>@import 'x'</style></svg>", "style loads"),
        ("<svg xmlns='http://www.w3.org/2000/svg'><foreignObject/></svg>", "foreignobject"),
        ("<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>", "document type"),
        ("<html/>", "not an SVG"),
        ("<svg", "well-formed"),
    ],
)
def test_a_drawing_that_could_do_something_is_refused(tmp_path: Path, svg: str, why: str) -> None:
    problem = one(problems(tmp_path, svg=svg), why)
    assert (problem.file, problem.level) == ("media/ask.svg", "error")


def test_a_picture_over_size_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    course = sound(tmp_path)
    with (course / "media/ask.svg").open("wb") as file:
        file.truncate(2_000_000_000)
    loaded = load_course(course)
    problem = one(list(loaded.problems), "2000.0 MB")
    assert problem.file == "media/ask.svg"
    assert len(loaded.media["ask.svg"]) < 2_000_000


def test_a_picture_that_is_not_what_it_says(tmp_path: Path) -> None:
    course = sound(tmp_path)
    (course / "media/shot.png").write_bytes(b"GIF89a")
    (course / "media/film.avi").write_bytes(b"x")
    found = list(load_course(course).problems)
    assert one(found, "not what its ending says").file == "media/shot.png"
    assert one(found, "not a picture").file == "media/film.avi"


# Scenarios


def test_a_scene_no_arrow_leads_to(tmp_path: Path) -> None:
    problem = one(problems(tmp_path, tea=("next: second", "next: crossroads")), "“second” cannot be reached")
    assert problem.line == 25


def test_an_ending_no_state_leads_to_is_proved_unreachable(tmp_path: Path) -> None:
    problem = one(problems(tmp_path, tea=("{trust: {min: 7}}", "{trust: {min: 9}}")), "“good” cannot be reached")
    assert "(proved)" in str(problem.message)
    assert problem.level == "error"


def test_a_loop_is_named(tmp_path: Path) -> None:
    looped = TEA.replace("{next: poor}", "{next: opening}").replace(
        "  - {id: poor, text: She goes., ending: poor}\n", ""
    )
    assert "opening → crossroads → opening" in str(one(problems(tmp_path, tea=looped), "in a loop").message)


def test_a_choice_list_where_nothing_may_be_open(tmp_path: Path) -> None:
    closed = TEA.replace("text: Say sorry, and ask.\n", "text: Say sorry, and ask.\n        when: {trust: {min: 3}}\n")
    closed = closed.replace("text: Press on.\n", "text: Press on.\n        when: {trust: {min: 3}}\n")
    problem = one(problems(tmp_path, tea=closed), "“second” nobody can go on")
    assert "trust 2" in str(problem.message)
    assert problem.line == 27


def test_a_choice_and_a_route_that_never_come(tmp_path: Path) -> None:
    never = TEA.replace("text: Press on.\n", "text: Press on.\n        when: {trust: {min: 9}}\n")
    assert one(problems(tmp_path, tea=never), "“press” is never offered").level == "warning"


def test_the_experts_path_must_end_well(tmp_path: Path) -> None:
    inverted = TEA.replace("effects: {trust: +2}", "effects: {trust: -2}", 1)
    assert one(problems(tmp_path, tea=inverted), "never comes to a good ending").level == "warning"


def test_a_scenario_with_too_many_states_says_that_nothing_is_proved(tmp_path: Path) -> None:
    content = load_course(sound(tmp_path)).content
    assert content is not None
    report = Report(Lines())
    check_scenario("scenarios/tea.yaml", content.scenario("tea"), report, limit=3)
    problem = one(report.problems, "Not proved")
    assert problem.level == "warning"
    assert "more than 3 states" in str(problem.message)


# Translations


def test_a_translation_says_what_is_missing_and_what_is_unstamped(tmp_path: Path) -> None:
    loaded = load_course(write(tmp_path, {**FILES, **SPANISH}))
    assert loaded.ok
    found = list(loaded.problems)
    assert one(found, "items/post-test.yaml is not translated").file == "translations/es/items/post-test.yaml"
    assert one(found, "scenarios/tea.yaml is not translated").level == "warning"
    one(found, "which original these were made from")
    short = one(
        found, "has 2 blocks (headings, paragraphs, lists, boxes), the original 4"
    )  # a switch of language would lose the place
    assert (short.file, short.level) == ("translations/es/lessons/why-ask.md", "warning")


def test_one_missing_text_is_named(tmp_path: Path) -> None:
    spanish = dict(SPANISH)
    spanish["translations/es/items/quick.yaml"] = spanish["translations/es/items/quick.yaml"].replace(
        ", feedback: Aún no.", ""
    )
    found = list(load_course(write(tmp_path, {**FILES, **spanish})).problems)
    problem = one(found, "“first › options › tell › feedback” is not translated")
    assert (problem.file, problem.line) == ("translations/es/items/quick.yaml", 6)


def test_a_translation_of_nothing_is_an_error(tmp_path: Path) -> None:
    spanish = dict(SPANISH)
    spanish["translations/es/items/quick.yaml"] = spanish["translations/es/items/quick.yaml"].replace("tell:", "say:")
    spanish["translations/es/lessons/other.md"] = "Otra."
    spanish["translations/english/course.yaml"] = "title: T\n"
    loaded = load_course(write(tmp_path, {**FILES, **spanish}))
    assert not loaded.ok
    found = list(loaded.problems)
    wrong = [problem for problem in found if "translates nothing" in str(problem.message)]
    assert {problem.file for problem in wrong} == {
        "translations/es/items/quick.yaml",
        "translations/es/lessons/other.md",
    }
    one(found, "“english” is not a language")


def test_a_script_in_a_translation_is_found(tmp_path: Path) -> None:
    spanish = {**SPANISH, "translations/es/lessons/why-ask.md": "Hola\n\n<script>x</script>\n"}
    problem = one(list(load_course(write(tmp_path, {**FILES, **spanish})).problems), "HTML")
    assert (problem.file, problem.line) == ("translations/es/lessons/why-ask.md", 3)


def test_a_translation_that_leaves_out_a_citation_is_warned_of(tmp_path: Path) -> None:
    spanish = {**SPANISH, "translations/es/lessons/why-ask.md": "## Pregunte\n\nSin fuente.\n"}
    found = list(load_course(write(tmp_path, {**FILES, **spanish})).problems)
    problem = one(found, "leaves out [@kleinman-1978]")
    assert (problem.file, problem.level) == ("translations/es/lessons/why-ask.md", "warning")


@pytest.mark.parametrize(
    ("written", "where", "message", "remedy"),
    [
        ("cool_down: soon", "cool_down", "is not a length of time", "30 s, 20 min, 24 h or 7 days"),
        ("cool_down: 24", "cool_down", "“24” is not a length of time", "a unit"),
        ("cool_down: 40 days", "cool_down", "more than 30 days", "Shorten it"),
        ("time_limit: 20 s", "time_limit", "not between 1 min and 8 h", "Write a length"),
        ("time_limit: 5 min", "time_limit", "takes an ordinary learner 6 minutes", "Lengthen"),
        ("grace: 10 s", "grace", "nothing without a time limit", "time_limit"),
        ("time_limit: 20 min\n        grace: 20 min", "grace", "more than 5 min", "Keep it short"),
        ("pass_mark: hofstee", "pass_mark", "cannot be hofstee", "angoff"),
        ("pass_mark: 101", "pass_mark", "too large: 101", "100"),
    ],
)
def test_the_policy_of_a_test_is_checked_by_line(
    tmp_path: Path, written: str, where: str, message: str, remedy: str
) -> None:
    line = "pass_mark: 80" if "pass_mark" in written else "attempts: 2"
    new = written if "pass_mark" in written else f"{line}\n        {written}"
    found = one(problems(tmp_path, course=(line, new)), message)
    assert found.file == "course.yaml" and remedy in str(found.remedy)
    assert (found.where or "").endswith(where)
    assert found.line == (38 if "pass_mark" in written else 40 + written.count("\n"))


def test_a_pause_before_an_only_attempt_is_pointed_out(tmp_path: Path) -> None:
    found = problems(tmp_path, course=("attempts: 2", "attempts: 1\n        cool_down: 1 h"))
    assert one(found, "only one attempt").level == "warning"
    assert not problems(tmp_path / "b", course=("attempts: 2", "attempts: 2\n        cool_down: 7 days"))
