"""``lms people import`` as somebody at a terminal sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from lms.catalogue.models import Course, CourseVersion
from lms.cli import main
from lms.db import Database
from lms.records.models import TrainingRecord
from tests.accounts.conftest import Hospital
from tests.people.conftest import STAFF, TREE, Office
from tests.support.clocks import SetClock


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


def test_completions_of_another_system(run: object, tmp_path: Path, db: Database, clock: SetClock) -> None:
    assert callable(run)
    assert run("staff.csv", "--departments", "tree.csv", "--as-of", "2026-06-01").exit_code == 0
    with db.transaction() as session:
        session.add(Course(slug="la-110", created_at=clock.now(), retired_at=None))
        session.flush()
        session.add(
            CourseVersion(
                course_id=1, number=1, content={}, content_hash="x", change="minor", change_note="", title="Language", code="LA-110",
                minutes=45, enrolment="open", published_at=clock.now(), published_by=None, withdrawn_at=None,
            )
        )  # fmt: skip
    (tmp_path / "done.csv").write_text("number,course,completed\n1001,Old course,2024-05-06\n4711,la-110,2024-05-06\n")

    def take(*words: str) -> Result:
        return CliRunner().invoke(main, ["records", "import", "done.csv", "--source", "Old", *words])

    looked = take("--dry-run")
    assert looked.exit_code == 1 and 'Not known: 1 lines of "Old course"' in looked.output and "4711" in looked.output
    assert "  1\n" in take("--dry-run", "--course", "Old course=la-110", "--leave-out").output
    done = take("--leave-out")
    assert done.exit_code == 0 and "1 records of 1 people" in done.output
    with db.session() as session:
        assert session.scalars(select(TrainingRecord.course_title)).all() == ["Old course"]
