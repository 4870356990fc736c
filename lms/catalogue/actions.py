"""Verbs of the catalogue: publish a course, withdraw a version, take a course off the list."""

from __future__ import annotations

import io
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.audit import Actor
from lms.catalogue.assembly import Loaded
from lms.catalogue.content import CourseContent, content_hash, from_data, to_data
from lms.catalogue.edits import is_more_than_typo
from lms.catalogue.markdown import MEDIA_PREFIX
from lms.catalogue.models import Change, Course, CourseMedia, CourseVersion
from lms.catalogue.panels import frozen_marks
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.files import FileStore


@dataclass(frozen=True, slots=True)
class Published:
    """The version that now stands for the course; ``is_new`` is false when nothing had changed since it was frozen."""

    version: CourseVersion
    is_new: bool


def publish(
    session: Session, loaded: Loaded, files: FileStore, *, by: Actor, change: Change | None = None
) -> Published:
    """Freeze a checked course as its next version, with its pictures. The same content makes no second version.

    ``change`` overrides what course.yaml says of the edit. A course that was taken off the list is back on it.

    Raises:
        Invalid: the course has errors, the edit is called a typo and changes more than words, or the pass mark is to come from a
            panel and none is adopted. Nothing is written.
        Conflict: the test has other questions than the panel judged that was adopted, or a picture is not what was checked any more.
    """
    content = loaded.content
    if content is None or not loaded.ok:
        raise Invalid(N_("The course has errors and was not published."), problems=loaded.problems)
    content = frozen_marks(session, content)
    mark, digest = change or Change(content.change), content_hash(content)
    course = _course(session, content.slug, by)
    last = _last(session, course)
    if last is not None and last.content_hash == digest:
        _reopen(session, course, last, by)
        return Published(last, is_new=False)
    if last is not None and mark is Change.TYPO and is_more_than_typo(from_data(last.content), content):
        raise Invalid(
            N_("This edit of %(code)s is marked as a typo, but changes more than words. Mark it minor or material."),
            code=content.code,
        )
    version = _freeze(session, course, content, digest, mark, (last.number if last else 0) + 1, by)
    _keep_media(session, version, loaded, content, files, by)
    course.retired_at = None
    audit.record(
        session,
        by,
        "course.publish",
        "course_version",
        version.id,
        before={"number": last.number, "hash": last.content_hash} if last is not None else None,
        after={"slug": content.slug, "number": version.number, "hash": digest, "change": mark.value},
        reason=content.change_note,
    )
    return Published(version, is_new=True)


def withdraw(session: Session, version_id: int, *, reason: str, by: Actor) -> None:
    """Hide a version from new enrolments; the one before it is offered again, and learning under way goes on.

    Raises:
        NotFound: there is no such version.
        Invalid: no reason was given.
    """
    version = session.get(CourseVersion, version_id)
    if version is None:
        raise NotFound(N_("There is no such version of a course."))
    _needs_reason(reason)
    if version.withdrawn_at is None:
        version.withdrawn_at = by.now
        told = {"course": version.code, "version": version.number}
        audit.record(
            session, by, "course.withdraw", "course_version", version.id,
            before=told | {"offered": True}, after=told | {"offered": False}, reason=reason.strip(),
        )  # fmt: skip


def unpublish(session: Session, slug: str, *, reason: str, by: Actor) -> None:
    """Take a course off the list; learning under way goes on, and records stay. Publishing it again brings it back.

    Raises:
        NotFound: there is no such course.
        Conflict: it is off the list already.
        Invalid: no reason was given.
    """
    course = session.scalar(select(Course).where(Course.slug == slug).with_for_update())
    if course is None:
        raise NotFound(N_("There is no course “%(slug)s”."), slug=slug)
    _needs_reason(reason)
    if course.retired_at is not None:
        raise Conflict(N_("The course “%(slug)s” is off the list already."), slug=slug)
    course.retired_at = by.now
    told = {"slug": slug}
    audit.record(
        session, by, "course.unpublish", "course", course.id,
        before=told | {"offered": True}, after=told | {"offered": False}, reason=reason.strip(),
    )  # fmt: skip


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(N_("Say why."))


def _course(session: Session, slug: str, by: Actor) -> Course:
    """The course's row, locked, so that two who publish at once take turns; made when there is none."""
    course = session.scalar(select(Course).where(Course.slug == slug).with_for_update())
    if course is None:
        course = Course(slug=slug, created_at=by.now)
        session.add(course)
        session.flush()
    return course


def _last(session: Session, course: Course) -> CourseVersion | None:
    newest = select(func.max(CourseVersion.number)).where(CourseVersion.course_id == course.id).scalar_subquery()
    return session.scalar(
        select(CourseVersion).where(CourseVersion.course_id == course.id, CourseVersion.number == newest)
    )


def _reopen(session: Session, course: Course, version: CourseVersion, by: Actor) -> None:
    """The content that is published again was off the list: it is back."""
    if course.retired_at is None and version.withdrawn_at is None:
        return
    course.retired_at = version.withdrawn_at = None
    told = {"course": version.code, "version": version.number}
    audit.record(
        session, by, "course.reopen", "course_version", version.id,
        before=told | {"offered": False}, after=told | {"offered": True},
    )  # fmt: skip


def _freeze(
    session: Session, course: Course, content: CourseContent, digest: str, change: Change, number: int, by: Actor
) -> CourseVersion:
    version = CourseVersion(
        course_id=course.id,
        number=number,
        content=to_data(content),
        content_hash=digest,
        change=change.value,
        change_note=content.change_note,
        title=content.title,
        code=content.code,
        minutes=content.total_minutes,
        enrolment=content.enrolment,
        published_at=by.now,
        published_by=by.person_id,
    )
    session.add(version)
    session.flush()
    return version


def _keep_media(
    session: Session, version: CourseVersion, loaded: Loaded, content: CourseContent, files: FileStore, by: Actor
) -> None:
    for name, media in sorted(content.media.items()):
        data = loaded.media[name]
        if sha256(data).hexdigest() != media.sha256:
            raise Conflict(N_("The file %(name)s was changed while the course was read. Publish it again."), name=name)
        stored = files.put(
            session,
            io.BytesIO(data),
            name=name,
            media_type=media.type,
            purpose="media",
            owner_id=None,
            now=by.now,
        )
        session.add(CourseMedia(version_id=version.id, path=MEDIA_PREFIX + name, file_id=stored.id))
    session.flush()
