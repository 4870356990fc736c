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
    taken = office.contents()
    asked = run("--undo")  # nobody answers: nothing happens
    assert asked.exit_code == 1 and "staff.csv of hr" in asked.output and "3 new" in asked.output
    assert office.contents() == taken
    undone = run("--undo", "--yes")
    assert undone.exit_code == 0 and "is undone" in undone.output and office.contents() == before
    assert run("--undo", "--yes").exit_code == 1


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


def test_a_source_without_a_name_is_refused(run: object) -> None:
    assert callable(run)
    for source in (" ", "x" * 61):
        refused = run("staff.csv", "--source", source)
        assert refused.exit_code == 2 and "60 characters" in refused.output


def test_a_line_of_headings_that_never_ends_is_told_in_words(run: object, tmp_path: Path) -> None:
    assert callable(run)
    (tmp_path / "odd.csv").write_text("number,name,department_code,job" + "x" * 70_000 + "\n1,A B,OR,Nurse\n")
    odd = run("odd.csv")
    assert odd.exit_code == 1 and "line of headings" in odd.output and "Traceback" not in odd.output
    strange = run("staff.csv", "--encoding", "undefined")
    assert strange.exit_code == 1 and "not written in the encoding" in strange.output


def test_a_mistake_in_the_departments_is_not_told_again_for_each_of_the_staff(run: object, tmp_path: Path) -> None:
    assert callable(run)
    (tmp_path / "tree.csv").write_text(TREE.replace("SURG,Surgery,MAIN", "SURG,Surgery,OR"), encoding="utf-8")
    faulty = run("staff.csv", "--departments", "tree.csv", "--as-of", "2026-06-01")
    assert faulty.exit_code == 1 and "in a circle" in faulty.output
    assert "staff" not in faulty.output.split("Remedy")[1]
