"""``lms courses check`` says what a person or a program needs to know, and its exit code says whether all is well."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from lms.cli.courses import courses
from tests.catalogue.making import FILES, sound, write


def test_a_sound_course_is_ready(tmp_path: Path) -> None:
    result = CliRunner().invoke(courses, ["check", str(sound(tmp_path))])
    assert (result.exit_code, result.output) == (0, "tea-101: ready to publish\n")


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
