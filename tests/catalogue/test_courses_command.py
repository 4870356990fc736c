"""``lms courses check`` says what a person or a program needs to know, and its exit code says whether all is well."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from lms.cli.courses import courses
from tests.catalogue.making import FILES, sound, write


def test_a_sound_course_is_ready(tmp_path: Path) -> None:
    result = CliRunner().invoke(courses, ["check", str(sound(tmp_path))])
    assert result.exit_code == 0
    proof, ready = result.output.splitlines()
    assert proof == (
        "tea-101/scenarios/tea.yaml: proved: all 6 scenes and 3 endings can be reached, every way comes to an end, "
        "somebody can pass, and scores range from 0 to 100% (8 states)"
    )
    assert ready == "tea-101: ready to publish"
    said = json.loads(CliRunner().invoke(courses, ["check", "--json", str(tmp_path / "tea-101")]).output)
    assert said["scenarios"]["tea-101"]["scenarios/tea.yaml"]["verdict"] == "proved"


def test_what_is_too_large_to_prove_says_so(tmp_path: Path) -> None:
    """Twelve scenes, each of which moves one of four wide variables: more states than the limit."""
    names = "abcd"
    state = "".join(f"  {name}: {{label: V, start: 0, min: 0, max: 9999}}\n" for name in names)
    scenes = "".join(
        f"  - id: s{n}\n    text: T\n    choices:\n"
        + "".join(
            f"      - {{id: c{c}, text: T, quality: best, effects: {{{names[(n + c) % 4]}: {7**c + n}}}, consequence: C, "
            f"why: W, next: s{n + 1}}}\n"
            for c in range(4)
        )
        for n in range(12)
    )
    text = f"title: T\nintro: I\nstate:\n{state}start: s0\nscenes:\n{scenes}  - {{id: s12, text: T, ending: good}}\ndebrief: D\n"
    result = CliRunner().invoke(courses, ["check", str(write(tmp_path, {**FILES, "scenarios/tea.yaml": text}))])
    assert "tea-101/scenarios/tea.yaml: not proved: limit reached (200000 states)" in result.output


def test_a_broken_course_fails_with_file_line_and_remedy(tmp_path: Path) -> None:
    folder = write(tmp_path, {**FILES, "course.yaml": FILES["course.yaml"].replace("title: Asking", "tittle: Asking")})
    result = CliRunner().invoke(courses, ["check", str(folder)])
    assert result.exit_code == 1
    assert "tea-101/course.yaml:4 tittle error: Unknown key `tittle`. Did you mean `title`?" in result.output
    as_json = CliRunner().invoke(courses, ["check", "--json", str(folder)])
    assert as_json.exit_code == 1
    said = json.loads(as_json.output)
    assert said["ok"] is False
    assert {"file": "course.yaml", "line": 4, "level": "error"}.items() <= said["courses"]["tea-101"][1].items()


def test_stamping_from_the_command_line(tmp_path: Path) -> None:
    folder = write(tmp_path, {**FILES, "translations/es/course.yaml": "title: T\n"})
    assert CliRunner().invoke(courses, ["stamp", str(folder), "es"]).exit_code == 0
    assert (folder / "translations/es/stamps.yaml").exists()
