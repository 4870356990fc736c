"""``lms people import`` as somebody at a terminal sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lms.cli import main
from tests.accounts.conftest import Hospital
from tests.people.conftest import STAFF, TREE, Office


@pytest.fixture
def run(hospital: Hospital, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Run the command on the test's database, beside two files."""
    monkeypatch.setenv("LMS_DATABASE_URL", database_url)
    monkeypatch.setenv("LMS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LMS_UPLOAD_LIMIT_MB", "1")
    (tmp_path / "staff.csv").write_text(STAFF, encoding="utf-8")
    (tmp_path / "tree.csv").write_text(TREE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, ["people", "import", *words])

    return call


def test_look_take_in_and_take_back(run: object, office: Office) -> None:
    assert callable(run)
    before = office.contents()
    looked = run("staff.csv", "--departments", "tree.csv", "--as-of", "2026-06-01", "--dry-run")
    assert looked.exit_code == 0 and "New        3" in looked.output and office.contents() == before
    done = run("staff.csv", "--departments", "tree.csv", "--as-of", "2026-06-01")
    assert done.exit_code == 0 and "is done" in done.output and office.contents() != before
    undone = run("--undo")
    assert undone.exit_code == 0 and office.contents() == before
    assert run("--undo").exit_code == 1


def test_faults_are_a_table_and_exit_code_1(run: object, tmp_path: Path) -> None:
    assert callable(run)
    faulty = run("staff.csv", "--as-of", "2026-06-01")
    assert faulty.exit_code == 1 and "3 faults" in faulty.output
    assert "department_code" in faulty.output and "Correct the code" in faulty.output
    (tmp_path / "huge.csv").write_bytes(b"x" * 2_000_000)
    huge = run("huge.csv")
    assert huge.exit_code == 1 and "larger than 1 MB" in huge.output
    assert run("staff.csv", "--dates", "martian").exit_code == 2
    assert run().exit_code == 2
