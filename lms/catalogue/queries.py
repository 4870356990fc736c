"""Reads about courses. The frozen content of a version never changes, so it is parsed once per process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
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


def content(session: Session, version_id: int) -> CourseContent:
    """The frozen content of a version; parsed once, then kept by its hash.

    Raises:
        NotFound: there is no such version.
    """
    return contents(session, [version_id])[version_id]


def contents(session: Session, version_ids: Iterable[int]) -> Mapping[int, CourseContent]:
    """The frozen contents of versions, by id: at most two statements, however many there are.

    Raises:
        NotFound: there is no such version.
    """
    ids = set(version_ids)
    if not ids:
        return {}
    rows = session.execute(select(CourseVersion.id, CourseVersion.content_hash).where(CourseVersion.id.in_(ids)))
    where = str(session.get_bind().engine.url)
    keys = {version_id: (where, version_id, digest) for version_id, digest in rows}
    if set(keys) != ids:
        raise NotFound(N_("There is no such version of a course."))
    if len(_parsed) > 200:
        _parsed.clear()
    unread = [version_id for version_id, key in keys.items() if key not in _parsed]
    if unread:
        frozen = select(CourseVersion.id, CourseVersion.content).where(CourseVersion.id.in_(unread))
        for version_id, data in session.execute(frozen):
            _parsed[keys[version_id]] = from_data(data)
    return {version_id: _parsed[key] for version_id, key in keys.items()}


_parsed: dict[tuple[str, int, str], CourseContent] = {}


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
    return {row[0]: Offered(*row) for row in rows}


def versions(session: Session, slug: str) -> Sequence[CourseVersion]:
    """Every published version of a course, newest first; none when it was never published."""
    return session.scalars(
        select(CourseVersion)
        .join(Course, Course.id == CourseVersion.course_id)
        .where(Course.slug == slug)
        .order_by(CourseVersion.number.desc())
    ).all()
