"""Publishing freezes what was checked, once; what has errors is refused and nothing is written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.audit import Actor, AuditEntry
from lms.catalogue.actions import publish, unpublish, withdraw
from lms.catalogue.content import content_hash, from_data
from lms.catalogue.disk import load_course
from lms.catalogue.models import Change, Course, CourseMedia, CourseVersion
from lms.catalogue.queries import content as content_of
from lms.catalogue.queries import media, offered, offered_by_slug, versions
from lms.errors import Conflict, Invalid, NotFound
from lms.files import FileStore
from tests.catalogue.making import FILES, SVG, sound, write

SYSTEM = Actor(None, datetime(2026, 6, 15, 14, 0, tzinfo=UTC), "tests")


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def edited(tmp_path: Path, file: str, old: str, new: str) -> Path:
    assert old in FILES[file]
    return write(tmp_path / "edited", {**FILES, file: FILES[file].replace(old, new)})


def test_a_published_version_is_frozen_with_its_pictures(session: Session, tmp_path: Path, files: FileStore) -> None:
    loaded = load_course(sound(tmp_path))
    published = publish(session, loaded, files, by=SYSTEM)
    version = published.version
    assert (published.is_new, version.number, version.title, version.minutes) == (True, 1, "Asking before advising", 20)
    assert from_data(version.content) == loaded.content
    assert content_hash(from_data(version.content)) == version.content_hash
    assert content_of(session, version.id) == loaded.content
    assert files.read(media(session, version.id, "ask.svg")) == SVG.encode()
    assert [course.slug for course in offered(session)] == ["tea-101"]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "course.publish")).one()
    assert entry.subject_id == version.id


def test_a_picture_that_changed_after_it_was_checked_is_not_published(
    session: Session, tmp_path: Path, files: FileStore
) -> None:
    folder = sound(tmp_path)
    loaded = load_course(folder)
    (folder / "media/ask.svg").write_text(SVG.replace("</svg>", "<script/></svg>"), encoding="utf-8")
    with pytest.raises(Conflict, match=r"ask\.svg was changed"):
        publish(session, loaded, files, by=SYSTEM)


def test_the_same_content_makes_no_second_version(session: Session, tmp_path: Path, files: FileStore) -> None:
    first = publish(session, load_course(sound(tmp_path)), files, by=SYSTEM)
    again = publish(session, load_course(sound(tmp_path)), files, by=SYSTEM, change=Change.MINOR)
    assert (again.is_new, again.version.id) == (False, first.version.id)
    assert session.scalar(select(func.count(CourseVersion.id))) == 1


def test_an_edit_makes_the_next_version_and_the_old_one_stays(
    session: Session, tmp_path: Path, files: FileStore
) -> None:
    first = publish(session, load_course(sound(tmp_path)), files, by=SYSTEM).version
    before = dict(first.content)
    folder = edited(tmp_path, "course.yaml", "pass_mark: 80", "pass_mark: 90")
    second = publish(session, load_course(folder), files, by=SYSTEM, change=Change.MINOR).version
    session.expire_all()
    assert [version.number for version in versions(session, "tea-101")] == [2, 1]
    assert session.get_one(CourseVersion, first.id).content == before
    assert offered_by_slug(session, "tea-101").version_id == second.id
    assert second.change == "minor"


def test_errors_forbid_publishing_and_nothing_is_written(session: Session, tmp_path: Path, files: FileStore) -> None:
    loaded = load_course(edited(tmp_path, "scenarios/tea.yaml", "next: second", "next: third"))
    assert loaded.content is not None, "an author can still look at it"
    with pytest.raises(Invalid) as caught:
        publish(session, loaded, files, by=SYSTEM)
    assert any("third" in str(problem.message) for problem in caught.value.problems)
    for table in (Course, CourseVersion, CourseMedia, AuditEntry):
        assert session.scalar(select(func.count(table.id))) == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "fits"),
    [
        ("items/quick.yaml", "stem: What first?", "stem: What is first?", True),
        ("lessons/why-ask.md", "People explain", "People will explain", True),
        ("items/quick.yaml", "id: tell, text: Tell.", "id: tell, correct: false, text: Tell it.", True),
        ("items/quick.yaml", "id: tell", "id: say", False),
        ("course.yaml", "pass_mark: 80", "pass_mark: 90", False),
        ("scenarios/tea.yaml", "{trust: -3}", "{trust: -2}", False),
    ],
)
def test_a_typo_changes_words_only(
    session: Session, tmp_path: Path, files: FileStore, file: str, old: str, new: str, fits: bool
) -> None:
    publish(session, load_course(sound(tmp_path)), files, by=SYSTEM)
    loaded = load_course(edited(tmp_path, file, old, new))
    if fits:
        assert publish(session, loaded, files, by=SYSTEM, change=Change.TYPO).version.number == 2
    else:
        with pytest.raises(Invalid, match="typo"):
            publish(session, loaded, files, by=SYSTEM, change=Change.TYPO)


def test_a_withdrawn_version_gives_way_to_the_one_before(session: Session, tmp_path: Path, files: FileStore) -> None:
    first = publish(session, load_course(sound(tmp_path)), files, by=SYSTEM).version
    folder = edited(tmp_path, "course.yaml", "pass_mark: 80", "pass_mark: 90")
    second = publish(session, load_course(folder), files, by=SYSTEM).version
    with pytest.raises(Invalid):
        withdraw(session, second.id, reason=" ", by=SYSTEM)
    withdraw(session, second.id, reason="A wrong key", by=SYSTEM)
    assert offered_by_slug(session, "tea-101").version_id == first.id
    assert content_of(session, second.id).test is not None, "attempts under way go on"
    again = publish(session, load_course(folder), files, by=SYSTEM)
    assert (again.is_new, offered_by_slug(session, "tea-101").version_id) == (False, second.id)
    with pytest.raises(NotFound):
        withdraw(session, 999, reason="x", by=SYSTEM)


def test_a_course_taken_off_the_list_comes_back_by_publishing(
    session: Session, tmp_path: Path, files: FileStore
) -> None:
    loaded = load_course(sound(tmp_path))
    publish(session, loaded, files, by=SYSTEM)
    unpublish(session, "tea-101", reason="Under review", by=SYSTEM)
    assert offered(session) == []
    with pytest.raises(Conflict):
        unpublish(session, "tea-101", reason="Again", by=SYSTEM)
    with pytest.raises(NotFound):
        unpublish(session, "nowhere", reason="x", by=SYSTEM)
    publish(session, loaded, files, by=SYSTEM)
    assert [course.slug for course in offered(session)] == ["tea-101"]
