"""Reads about courses. The frozen content of a version never changes, so it is parsed once per process."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import URL, ColumnElement, select
from sqlalchemy.orm import Session

from lms.catalogue.content import CourseContent, from_data
from lms.catalogue.markdown import MEDIA_PREFIX
from lms.catalogue.models import Course, CourseMedia, CourseVersion
from lms.errors import N_, NotFound
from lms.files import StoredFile


@dataclass(frozen=True, slots=True)
class Offered:
    """A course as lists show it: its newest version that is not withdrawn. Minutes are the course's worth."""

    course_id: int
    slug: str
    version_id: int
    number: int
    code: str
    title: str
    minutes: int
    enrolment: str
    content_hash: str


def offered(session: Session) -> Sequence[Offered]:
    """Every course that can be taken, by code."""
    return sorted(
        _newest(session, CourseVersion.withdrawn_at.is_(None) & Course.retired_at.is_(None)).values(),
        key=lambda o: o.code,
    )


def offered_by_slug(session: Session, slug: str) -> Offered:
    """One course that can be taken.

    Raises:
        NotFound: there is none of this name, or it has been withdrawn.
    """
    found = _newest(session, (Course.slug == slug) & CourseVersion.withdrawn_at.is_(None) & Course.retired_at.is_(None))
    if not found:
        raise NotFound(N_("There is no course “%(slug)s” to take at the moment."), slug=slug)
    return next(iter(found.values()))


def taken(session: Session, version_ids: Iterable[int]) -> Sequence[Offered]:
    """Versions that somebody has begun, as lists show courses, whether they are still offered or not."""
    return list(_newest(session, CourseVersion.id.in_(set(version_ids))).values())


def content(session: Session, version_id: int) -> CourseContent:
    """The frozen content of a version; parsed once, then kept by its hash.

    Raises:
        NotFound: there is no such version.
    """
    return contents(session, [version_id])[version_id]


def contents(session: Session, version_ids: Iterable[int]) -> Mapping[int, CourseContent]:
    """The frozen contents of versions, by id: one statement, however many there are.

    Raises:
        NotFound: there is no such version.
    """
    ids = set(version_ids)
    if not ids:
        return {}
    where = _database(session)
    held = {version_id: kept for version_id in ids if (kept := _parsed.get((where, version_id))) is not None}
    if len(held) == len(ids):
        seen = _hashes(session)
        if not ids <= seen.keys():
            hashes = select(CourseVersion.id, CourseVersion.content_hash).where(CourseVersion.id.in_(ids))
            seen.update(dict(session.execute(hashes).all()))
        if all(seen.get(version_id) == digest for version_id, (digest, _) in held.items()):
            return {version_id: parsed for version_id, (_, parsed) in held.items()}
    return _read(session, where, ids)


def note_hash(session: Session, version_id: int, content_hash: str) -> None:
    """The hash of a version came with another statement: :func:`contents` need not ask this session for it."""
    _hashes(session)[version_id] = content_hash


def _hashes(session: Session) -> dict[int, str]:
    """The hashes that this session has read, by version: frozen, so once is enough."""
    seen: dict[int, str] = session.info.setdefault("content hashes", {})
    return seen


def _database(session: Session) -> URL:
    return session.get_bind().engine.url


def _read(session: Session, where: URL, ids: Collection[int]) -> Mapping[int, CourseContent]:
    frozen = select(CourseVersion.id, CourseVersion.content_hash, CourseVersion.content)
    rows = session.execute(frozen.where(CourseVersion.id.in_(ids))).all()
    if len(rows) != len(ids):
        raise NotFound(N_("There is no such version of a course."))
    if len(_parsed) > 200:
        _parsed.clear()
    read = {version_id: (digest, from_data(data)) for version_id, digest, data in rows}
    _parsed.update({(where, version_id): kept for version_id, kept in read.items()})
    _hashes(session).update({version_id: digest for version_id, (digest, _) in read.items()})
    return {version_id: parsed for version_id, (_, parsed) in read.items()}


_parsed: dict[tuple[URL, int], tuple[str, CourseContent]] = {}
"""By database and version: the hash, and what it stands for."""


def media(session: Session, version_id: int, name: str) -> StoredFile:
    """A picture of a version by its name in the folder ``media/``.

    Raises:
        NotFound: the version has no such picture.
    """
    found = session.scalar(
        select(StoredFile)
        .join(CourseMedia, CourseMedia.file_id == StoredFile.id)
        .where(CourseMedia.version_id == version_id, CourseMedia.path == MEDIA_PREFIX + name)
    )
    if found is None:
        raise NotFound(N_("This course has no picture “%(name)s”."), name=name)
    return found


def _newest(session: Session, condition: ColumnElement[bool]) -> Mapping[int, Offered]:
    rows = session.execute(
        select(
            Course.id,
            Course.slug,
            CourseVersion.id,
            CourseVersion.number,
            CourseVersion.code,
            CourseVersion.title,
            CourseVersion.minutes,
            CourseVersion.enrolment,
            CourseVersion.content_hash,
        )
        .join(CourseVersion, CourseVersion.course_id == Course.id)
        .where(condition)
        .order_by(CourseVersion.number)
    )
    found = {row[0]: Offered(*row) for row in rows}
    _hashes(session).update({each.version_id: each.content_hash for each in found.values()})
    return found


def versions(session: Session, slug: str) -> Sequence[CourseVersion]:
    """Every published version of a course, newest first; none when it was never published."""
    return session.scalars(
        select(CourseVersion)
        .join(Course, Course.id == CourseVersion.course_id)
        .where(Course.slug == slug)
        .order_by(CourseVersion.number.desc())
    ).all()
