"""The worked examples: what ``lms requirements explain`` prints is what was worked out by hand from each rule's text."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from lms.cli import main

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "requirements"
FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())


def test_there_are_at_least_twenty_examples() -> None:
    assert len(FOLDERS) >= 20


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_example_gives_exactly_what_was_worked_out_by_hand(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text())
    files = ["--rule", str(folder / "rule.yaml"), "--facts", str(folder / "facts.yaml")]
    done = CliRunner().invoke(main, ["requirements", "explain", *files, "--as-of", expected["as_of"], "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_example_cites_its_rule(folder: Path) -> None:
    text = (folder / "rule.yaml").read_text()
    assert "citation: " in text and text.startswith("# ")
    assert date.fromisoformat(json.loads((folder / "expected.json").read_text())["as_of"])
