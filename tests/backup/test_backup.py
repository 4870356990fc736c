"""Backup and restore: what comes back is what was there, in either kind of database, and also while others write."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from lms.access import Role
from lms.audit import Actor, AuditEntry, record
from lms.catalogue.models import Course, CourseVersion
from lms.cli import main
from lms.db import Base, Database
from lms.files import FileStore, StoredFile
from lms.learning.models import Enrolment
from lms.people.models import Person
from tests.accounts.conftest import Hospital, SignIn
from tests.support.clocks import SetClock
from tests.support.pages import PageClient

Run = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def files(data: Path) -> FileStore:
    return FileStore(data / "files")


@pytest.fixture
def lived_in(hospital: Hospital, db: Database, files: FileStore, clock: SetClock) -> Hospital:
    """A hospital with some of everything that is hard to carry over: JSON, moments, days without end, scripts, floats, files."""
    ward = hospital.department("ward")
    person = hospital.person("1001", email="Ana@mercy.test", department=ward, grants=((Role.MANAGER, ward),))
    hospital.person("1002", employed=(date(2020, 1, 1), date(2021, 2, 28)), account=False)
    with db.transaction() as session:
        someone = session.get_one(Person, person)
        someone.given_name, someone.family_name = "ليلى", "Nguyễn “quoted” \\ \n line"
        course = Course(slug="cc-101", created_at=clock.now())
        session.add(course)
        session.flush()
        content = {"title": "Ünï", "nested": [1, 2.5, None, True, {"a": "中文"}], "order": {"z": 1, "a": 2}}
        version = CourseVersion(
            course_id=course.id, number=1, content=content, content_hash="0" * 64, change="material", change_note="",
            title="T", code="CC-101", minutes=20, enrolment="open", published_at=clock.now(),
        )  # fmt: skip
        session.add(version)
        session.flush()
        session.add(Enrolment(person_id=person, course_id=course.id, version_id=version.id, enrolled_at=clock.now()))
        for number in range(3):
            stored = io.BytesIO(b"picture %d" % number * 1000)
            files.put(
                session,
                stored,
                name=f"p{number}.png",
                media_type="image/png",
                purpose="media",
                owner_id=None,
                now=clock.now(),
            )
        files.put(
            session,
            io.BytesIO(b"picture 0" * 1000),
            name="again.png",
            media_type="image/png",
            purpose="media",
            owner_id=person,
            now=clock.now(),
        )
        record(session, Actor(person, clock.now()), "x.y", "person", person, before=None, after={"n": [1]}, reason="ñ")
    return hospital


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on a database and data folder."""

    def do(url: str, data: Path, *words: object) -> Result:
        monkeypatch.setenv("LMS_DATABASE_URL", url)
        monkeypatch.setenv("LMS_DATA_DIR", str(data))
        return CliRunner().invoke(main, [str(word) for word in words])

    return do


def everything(url: str) -> dict[str, list[Any]]:
    """All rows of all tables."""
    database = Database(url)
    with database.engine.connect() as connection:
        rows = {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(*table.columns)))
            for table in Base.metadata.sorted_tables
        }
    database.close()
    return rows


def test_what_comes_back_is_what_was_there(
    lived_in: Hospital, database_url: str, empty_database_url: str, data: Path, tmp_path: Path, run: Run
) -> None:
    archive, elsewhere = tmp_path / "attune.zip", tmp_path / "elsewhere"
    made = run(database_url, data, "backup", archive)
    assert made.exit_code == 0, made.output
    assert "3 files" in made.output and archive.stat().st_mode & 0o077 == 0, "for its owner only"
    restored = run(empty_database_url, elsewhere, "restore", archive)
    assert restored.exit_code == 0, restored.output
    assert everything(empty_database_url) == everything(database_url)
    originals = {path.name: path.read_bytes() for path in (data / "files").rglob("*") if path.is_file()}
    assert {path.name: path.read_bytes() for path in (elsewhere / "files").rglob("*") if path.is_file()} == originals
    third = f"sqlite:///{tmp_path / 'third' / 'attune.sqlite'}"  # on a PostgreSQL run: from one kind into the other
    assert run(third, elsewhere, "restore", archive).exit_code == 0
    assert everything(third) == everything(database_url)
    onward = tmp_path / "onward.zip"
    assert run(third, elsewhere, "backup", onward).exit_code == 0
    back = run(database_url, data, "restore", onward, "--replace")
    assert back.exit_code == 0, back.output
    assert everything(third) == everything(database_url)


def test_new_rows_follow_the_restored_ones(
    lived_in: Hospital,
    database_url: str,
    empty_database_url: str,
    data: Path,
    tmp_path: Path,
    run: Run,
    clock: SetClock,
) -> None:
    run(database_url, data, "backup", tmp_path / "a.zip")
    run(empty_database_url, data, "restore", tmp_path / "a.zip")
    database = Database(empty_database_url)
    with database.transaction() as session:
        most = session.scalar(select(func.max(Person.id))) or 0
        session.add(Person(source="hr", number="new", given_name="N", family_name="N", created_at=clock.now()))
    with database.session() as session:
        assert session.scalars(select(Person.id).where(Person.number == "new")).one() > most
    database.close()


def test_a_database_with_data_is_refused_unless_told(
    lived_in: Hospital, database_url: str, data: Path, tmp_path: Path, run: Run, db: Database, clock: SetClock
) -> None:
    run(database_url, data, "backup", tmp_path / "a.zip")
    before = everything(database_url)
    with db.transaction() as session:
        session.add(Person(source="hr", number="later", given_name="L", family_name="L", created_at=clock.now()))
    refused = run(database_url, data, "restore", tmp_path / "a.zip")
    assert refused.exit_code == 1 and "--replace" in refused.output
    assert everything(database_url) != before
    assert run(database_url, data, "restore", tmp_path / "a.zip", "--replace").exit_code == 0
    assert everything(database_url) == before


def test_restoring_under_a_running_application(
    lived_in: Hospital, database_url: str, data: Path, tmp_path: Path, run: Run, client: PageClient, sign_in: SignIn
) -> None:
    sign_in("1001")
    assert run(database_url, data, "backup", tmp_path / "a.zip").exit_code == 0
    lived_in.person("1003")
    later, new = client.application.test_client(), client.application.test_client()
    assert isinstance(later, PageClient) and isinstance(new, PageClient)
    sign_in("1003", by=later)
    assert later.get("/account").status_code == 200
    assert run(database_url, data, "restore", tmp_path / "a.zip", "--replace").exit_code == 0
    assert client.get("/account").status_code == 200, "signed in when the backup was made"
    assert later.get("/account").status_code == 302, "unknown when the backup was made"
    assert sign_in("1003", by=new).status_code == 422  # type: ignore[attr-defined]
    assert sign_in("1001", by=new).status_code == 303  # type: ignore[attr-defined]


def test_a_backup_while_others_write_is_of_one_moment(
    lived_in: Hospital,
    database_url: str,
    empty_database_url: str,
    data: Path,
    tmp_path: Path,
    run: Run,
    db: Database,
    clock: SetClock,
) -> None:
    stop, wrote = threading.Event(), 0

    def write_pairs() -> None:
        nonlocal wrote
        while not stop.is_set():
            with db.transaction() as session:
                person = Person(
                    source="pair", number=str(wrote), given_name="P", family_name="P", created_at=clock.now()
                )
                session.add(person)
                session.flush()
                record(session, Actor(person.id, clock.now()), "pair", "person", person.id)
            wrote += 1

    writer = threading.Thread(target=write_pairs)
    writer.start()
    try:
        for number in range(3):
            before = wrote
            assert run(database_url, data, "backup", tmp_path / f"{number}.zip").exit_code == 0
            assert wrote > before, "the writer did not wait"
    finally:
        stop.set()
        writer.join()
    assert run(empty_database_url, data, "restore", tmp_path / "2.zip").exit_code == 0
    database = Database(empty_database_url)
    with database.session() as session:
        people = session.scalar(select(func.count()).where(Person.source == "pair"))
        assert people and people == session.scalar(select(func.count()).where(AuditEntry.action == "pair"))
    database.close()


def test_damage_is_found_before_anything_is_touched(
    lived_in: Hospital, database_url: str, empty_database_url: str, data: Path, tmp_path: Path, run: Run
) -> None:
    archive = tmp_path / "a.zip"
    run(database_url, data, "backup", archive)
    whole = archive.read_bytes()
    before = everything(database_url)
    middle = whole.index(b"picture 1") + 100
    (tmp_path / "flipped.zip").write_bytes(whole[:middle] + b"X" + whole[middle + 1 :])
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.zip").write_text("hello")
    with zipfile.ZipFile(tmp_path / "foreign.zip", "w") as foreign:
        foreign.writestr("a.txt", "a")
    for name, says in (
        ("flipped", "damaged at files/"), ("cut", "only a part of one"), ("text", "not a backup"), ("foreign", "no manifest"),
        ("absent", "There is no file"),
    ):  # fmt: skip
        result = run(database_url, data, "restore", tmp_path / f"{name}.zip", "--replace")
        assert result.exit_code == 1 and says in result.output, result.output
    assert everything(database_url) == before


def test_a_tampered_table_is_found(lived_in: Hospital, database_url: str, data: Path, tmp_path: Path, run: Run) -> None:
    run(database_url, data, "backup", tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as old, zipfile.ZipFile(tmp_path / "b.zip", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(
                name, content.replace(b"mercy.test", b"evil0.test") if name == "tables/person.jsonl" else content
            )
    result = run(database_url, data, "restore", tmp_path / "b.zip", "--replace")
    assert result.exit_code == 1 and "damaged at tables/person.jsonl" in result.output


def test_an_archive_of_a_later_version_is_refused(
    lived_in: Hospital, database_url: str, empty_database_url: str, data: Path, tmp_path: Path, run: Run
) -> None:
    run(database_url, data, "backup", tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as old, zipfile.ZipFile(tmp_path / "b.zip", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "manifest.json":
                content = content.replace(b'"revision": "', b'"revision": "later')
            new.writestr(name, content)
    result = run(empty_database_url, data, "restore", tmp_path / "b.zip")
    assert result.exit_code == 1 and "newer Attune" in result.output


def test_missing_files_are_named_and_the_rest_is_kept(
    lived_in: Hospital, database_url: str, data: Path, tmp_path: Path, run: Run, db: Database, files: FileStore
) -> None:
    with db.session() as session:
        lost = session.scalars(select(StoredFile.sha256).order_by(StoredFile.id)).first()
    assert lost
    files.path(lost).unlink()
    result = run(database_url, data, "backup", tmp_path / "a.zip")
    assert result.exit_code == 1 and lost in result.output and (tmp_path / "a.zip").exists()
    again = run(database_url, data, "backup", tmp_path / "a.zip")
    assert again.exit_code == 1 and "there already" in again.output


def test_nothing_is_left_when_the_target_cannot_be_written(
    lived_in: Hospital, database_url: str, data: Path, tmp_path: Path, run: Run
) -> None:
    result = run(database_url, data, "backup", tmp_path / "no such folder" / "a.zip")
    assert result.exit_code == 1 and "could not be written" in result.output
    assert list(tmp_path.glob("**/.a.zip.part")) == []
