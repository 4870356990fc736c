"""The command line reads like a manual: commands in the order of need, each with its help, errors in words."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from lms.catalogue.models import CourseVersion
from lms.cli import Manual, main
from lms.db import Database
from tests.catalogue.making import FILES, sound, write
from tests.demo.conftest import Run


def commands(group: click.Group = main, path: str = "lms") -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name."""
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def test_help_lists_the_commands_in_order() -> None:
    text = CliRunner().invoke(main, ["--help"]).output
    listed = re.findall(r"^  ([a-z]+) +\S", text.split("Commands:")[1], re.M)
    assert listed == list(Manual.order), "and nothing else"
    assert "lms demo" in text and "lms setup" in text and "LMS_DATABASE_URL" in text


def test_every_command_and_option_has_its_help() -> None:
    for name, command in commands():
        assert command.help and command.help.strip().endswith("."), name
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.opts[-1]}"
        assert CliRunner().invoke(main, [*name.split()[1:], "--help"]).exit_code == 0


def test_an_empty_house_says_what_to_do(run: Run) -> None:
    for words in (("worker", "--once"), ("courses", "publish"), ("doctor",)):
        result = run(*words)
        assert result.exit_code == 1 and "Run: lms setup" in result.output and "Traceback" not in result.output


def test_a_setting_that_cannot_be_used_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("eighty", "0", "70000"):
        monkeypatch.setenv("PORT", wrong)
        result = run("db", "upgrade")
        assert result.exit_code == 1
        assert f"PORT must be a whole number from 1 to 65535, but is '{wrong}'." in result.output


def test_a_port_that_is_taken_is_told_with_a_way_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        result = run("serve")
    assert result.exit_code == 1 and f"127.0.0.1:{port}" in result.output and f"PORT={port + 1}" in result.output
    assert "Traceback" not in result.output and isinstance(result.exception, SystemExit)


def test_the_database_is_made_and_brought_up_to_date(run: Run) -> None:
    for _ in range(2):
        result = run("db", "upgrade")
        assert (result.exit_code, result.output) == (0, "The database is up to date.\n")
    assert run("worker", "--once").output == "0 jobs done.\n"


def test_courses_are_published_from_the_command_line(run: Run, empty_database_url: str, tmp_path: Path) -> None:
    run("db", "upgrade")
    folder = sound(tmp_path)
    result = run("courses", "publish", str(folder))
    assert result.exit_code == 0 and result.output.startswith("TEA-101: published version 1 (")
    assert run("courses", "publish", str(folder)).output.startswith("TEA-101: unchanged, still version 1 (")
    write(tmp_path, {"lessons/why-ask.md": FILES["lessons/why-ask.md"].replace("own words", "very own words")})
    assert "version 2" in run("courses", "publish", str(folder), "--change", "minor").output
    assert run("courses", "publish", str(folder), "--change", "huge").exit_code == 2
    write(tmp_path, {"course.yaml": FILES["course.yaml"].replace("title: Asking", "tittle: Asking")})
    refused = run("courses", "publish", str(folder))
    assert refused.exit_code == 1 and "course.yaml:4" in refused.output and "Did you mean" in refused.output
    database = Database(empty_database_url)
    with database.session() as session:
        assert list(session.scalars(select(CourseVersion.number).order_by(CourseVersion.number))) == [1, 2]
    database.close()


def test_checking_needs_no_database_and_speaks_json(run: Run, tmp_path: Path) -> None:
    good = run("courses", "check", "--json", str(sound(tmp_path / "good")))
    assert good.exit_code == 0
    told = json.loads(good.output)
    assert told["ok"] and told["courses"] == {"tea-101": []}
    assert told["scenarios"]["tea-101"]["scenarios/tea.yaml"]["verdict"] == "proved"
    broken = write(tmp_path / "bad", {**FILES, "items/quick.yaml": "items: [\n"})
    bad = run("courses", "check", str(broken), "--json")
    assert bad.exit_code == 1
    (problem, *_) = json.loads(bad.output)["courses"]["tea-101"]
    assert (
        problem["file"] == "items/quick.yaml" and problem["line"] and problem["message"] and problem["level"] == "error"
    )
    assert run("courses", "check", str(tmp_path / "nowhere")).exit_code == 2


def test_a_folder_that_is_no_course_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("courses", "check", str(tmp_path / "empty"))
    assert result.exit_code == 1 and "course.yaml" in result.output and "Traceback" not in result.output


def test_schemas_are_written_for_editors(run: Run, tmp_path: Path) -> None:
    assert run("courses", "schema", "--out", str(tmp_path / "schemas")).exit_code == 0
    written = sorted(path.name for path in (tmp_path / "schemas").iterdir())
    assert "course.schema.json" in written
    assert all("$schema" in json.loads((tmp_path / "schemas" / name).read_text()) for name in written)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://db/attune", "LMS_DATABASE_URL must name a PostgreSQL database"),
        ("attune", "LMS_DATABASE_URL must name a PostgreSQL database"),
        ("postgresql://127.0.0.1:1/attune", "The database does not answer"),
    ],
)
def test_a_database_that_cannot_be_had_is_told_in_words(
    run: Run, monkeypatch: pytest.MonkeyPatch, address: str, told: str
) -> None:
    monkeypatch.setenv("LMS_DATABASE_URL", address)
    result = run("doctor")
    assert result.exit_code == 1 and told in result.output and "Traceback" not in result.output


def test_no_sentence_of_the_list_of_commands_is_cut_off() -> None:
    listed = CliRunner().invoke(main, ["--help"], terminal_width=80).output.split("Commands:")[1]
    assert "..." not in listed


def test_a_folder_that_is_not_there_is_told_in_words(run: Run, tmp_path: Path) -> None:
    run(
        "setup",
        "--name",
        "M",
        "--zone",
        "UTC",
        "--languages",
        "en",
        "--base-url",
        "http://m.test",
        "--admin-number",
        "1",
        "--admin-name",
        "A B",
    )
    nowhere = str(tmp_path / "nowhere" / "out")
    for words in (("report", "completion", "--out", nowhere), ("backup", nowhere)):
        result = run(*words)
        assert result.exit_code == 1 and "nowhere" in result.output and "No such" in result.output, result.output
