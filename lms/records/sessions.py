"""Live sessions: held on a day, attended by people, each of whom gets a record as whoever passes the test does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.audit import record as note
from lms.catalogue.content import CourseContent
from lms.catalogue.localised import localised
from lms.catalogue.models import CourseVersion
from lms.catalogue.queries import content as content_of
from lms.clock import local_day
from lms.errors import N_, Conflict, Invalid, Message, NotFound
from lms.files import StoredFile
from lms.people.models import Person
from lms.people.queries import Held, employed
from lms.records.models import How, LiveSession, Modality, RecordRevocation, SessionSheet, TrainingRecord

TAUGHT = (Modality.IN_PERSON, Modality.LIVE, Modality.BLENDED)
"""How a session can be taught."""

LONGEST = 24 * 60
"""Minutes of one session at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session to be written down. ``minutes`` None and empty ``topics`` (minutes by topic): as the course says."""

    course_id: int
    day: date
    modality: str
    language: str
    minutes: int | None = None
    topics: Mapping[str, int] | None = None
    place: str = ""
    teacher: str = ""


def hold(session: Session, wanted: Wanted, zone: str, by: Actor) -> LiveSession:
    """Write a session down, past or to come; nobody has attended it yet.

    Raises:
        Invalid: the course was not published by that day, or minutes and topics do not fit together.
    """
    version = version_on(session, wanted.course_id, min(wanted.day, local_day(by.now, zone)), zone)
    content = content_of(session, version.id)
    if wanted.modality not in TAUGHT:
        raise Invalid(N_("Say how the session is taught: in person, live at a distance, or blended."))
    minutes, topics = _worth(content, wanted)
    language = wanted.language if wanted.language in content.languages else content.language
    row = LiveSession(
        course_id=wanted.course_id, version_id=version.id, day=wanted.day, minutes=minutes, topics=topics,
        modality=wanted.modality, language=language, place=wanted.place.strip(), teacher=wanted.teacher.strip(),
        recorded_at=by.now, recorded_by=by.person_id, called_off_at=None, called_off_by=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    after = {
        "course": version.code, "version": version.number, "day": row.day.isoformat(), "minutes": minutes, "topics": topics,
        "modality": row.modality, "place": row.place, "teacher": row.teacher,
    }  # fmt: skip
    note(session, by, "session.hold", "live_session", row.id, after=after)
    return row


def version_on(session: Session, course_id: int, day: date, zone: str) -> CourseVersion:
    """The version of a course that was offered on a day.

    Raises:
        Invalid: there was none yet, or none any more.
    """
    query = select(CourseVersion).where(CourseVersion.course_id == course_id).order_by(CourseVersion.number.desc())
    versions = session.scalars(query).all()
    for version in versions:
        gone = version.withdrawn_at is not None and local_day(version.withdrawn_at, zone) <= day
        if local_day(version.published_at, zone) <= day and not gone:
            return version
    first = min((local_day(each.published_at, zone) for each in versions), default=None)
    raise Invalid(
        N_(
            "No version of this course was offered on that day; the first one is of %(first)s. What was taught before can be "
            "imported as completed training that was recorded elsewhere."
        ),
        first=first or "–",
    )


def call_off(session: Session, row: LiveSession, by: Actor) -> None:
    """A session does not take place, or was written down by mistake.

    Raises:
        Conflict: it was called off already, or somebody has a record of it.
    """
    session.refresh(row, with_for_update=True)
    if row.called_off_at is not None:
        raise Conflict(N_("This session was called off already."))
    if session.scalar(select(TrainingRecord.id).where(TrainingRecord.session_id == row.id).limit(1)) is not None:
        raise Conflict(N_("Somebody has a record of this session. Strike them out instead; nothing was changed."))
    row.called_off_at, row.called_off_by = by.now, by.person_id
    note(session, by, "session.call_off", "live_session", row.id, before={"day": row.day.isoformat()})


def refusal(session: Session, row: LiveSession, person: Person, today: date) -> Message | None:
    """Why somebody cannot be written down as present; None where they can."""
    if row.called_off_at is not None:
        return Message(N_("This session was called off already."))
    if row.day > today:
        return Message(N_("The session is still to come: who was there is written down from its day on."))
    if not employed(session, person.id, row.day):
        return Message(N_("Not employed here on %(day)s."), {"day": row.day})
    if already(session, person.id, row.course_id, row.day) is not None:
        return Message(N_("Has a record of this course from that day already."))
    return None


def already(session: Session, person_id: int, course_id: int, day: date) -> TrainingRecord | None:
    """A record of this person, course and day that counts."""
    record = TrainingRecord
    return session.scalar(
        select(record)
        .outerjoin(RecordRevocation, RecordRevocation.record_id == record.id)
        .where(record.person_id == person_id, record.course_id == course_id, record.completed_on == day)
        .where(RecordRevocation.id.is_(None))
        .limit(1)
    )


def attend(
    session: Session, row: LiveSession, version: CourseVersion, person: Person, held: Held, zone: str, by: Actor
) -> TrainingRecord:
    """The record of somebody who was there: a snapshot like that of a passed test, without a score."""
    record = TrainingRecord(
        person_id=person.id, course_id=row.course_id, version_id=row.version_id, enrolment_id=None, attempt_id=None,
        completed_on=row.day, completed_at=noon(row.day, zone), language=row.language, score=None, pass_mark=None, how=How.LIVE,
        minutes=row.minutes, topics=dict(row.topics), course_code=version.code,
        course_title=localised(content_of(session, row.version_id), row.language).title.value, version_number=version.number,
        person_name=person.display_name, department_id=held.department_id, department_path=held.path, job=held.job,
        profession=held.profession, modality=row.modality, expires=None, provider=None, outside_number=None,
        session_id=row.id, import_id=None, recorded_at=by.now, recorded_by=by.person_id,
    )  # fmt: skip
    session.add(record)
    session.flush()
    return record


def noon(day: date, zone: str) -> datetime:
    """The moment that stands for a day of which only the day is known."""
    return datetime.combine(day, time(12), ZoneInfo(zone))


def keep_sheet(session: Session, row: LiveSession, stored: StoredFile, by: Actor) -> SessionSheet:
    """A document belongs to a session: its sign-in sheet."""
    sheet = SessionSheet(session_id=row.id, file_id=stored.id, added_at=by.now, added_by=by.person_id)
    session.add(sheet)
    session.flush()
    after = {"file": stored.name, "sha256": stored.sha256}
    note(session, by, "session.sheet", "live_session", row.id, after=after)
    return sheet


# --- reads ------------------------------------------------------------------------------------------------------------


def one(session: Session, session_id: int) -> LiveSession:
    """A session.

    Raises:
        NotFound: there is none with this number.
    """
    row = session.get(LiveSession, session_id)
    if row is None:
        raise NotFound(N_("There is no such session."))
    return row


def listed(session: Session, page: int, size: int) -> Sequence[Row[LiveSession, CourseVersion, int]]:
    """One page of the sessions with their course and how many records count, the latest day first; one more when there is a next."""
    count = (
        select(func.count(TrainingRecord.id))
        .outerjoin(RecordRevocation, RecordRevocation.record_id == TrainingRecord.id)
        .where(TrainingRecord.session_id == LiveSession.id, RecordRevocation.id.is_(None))
        .scalar_subquery()
    )
    query = select(LiveSession, CourseVersion, count).join(CourseVersion, CourseVersion.id == LiveSession.version_id)
    ordered = query.order_by(LiveSession.day.desc(), LiveSession.id.desc())
    return session.execute(ordered.offset((page - 1) * size).limit(size + 1)).all()


def held(session: Session, today: date, most: int, asked: int = 0) -> Sequence[Row[LiveSession, CourseVersion]]:
    """The sessions that took place, with their course: the one ``asked`` for, however long ago, then the latest; at most so many."""
    query = select(LiveSession, CourseVersion).join(CourseVersion, CourseVersion.id == LiveSession.version_id)
    took_place = query.where(LiveSession.day <= today, LiveSession.called_off_at.is_(None))
    ordered = took_place.order_by((LiveSession.id == asked).desc(), LiveSession.day.desc(), LiveSession.id.desc())
    return session.execute(ordered.limit(most)).all()


def attendance(
    session: Session, session_id: int, visible: Select[int]
) -> tuple[Sequence[Row[TrainingRecord, Person, RecordRevocation | None]], int]:
    """The visible attendees by name with what became of their records, and how many attendees the viewer may not see."""
    mine = TrainingRecord.session_id == session_id
    rows = session.execute(
        select(TrainingRecord, Person, RecordRevocation)
        .join(Person, Person.id == TrainingRecord.person_id)
        .outerjoin(RecordRevocation, RecordRevocation.record_id == TrainingRecord.id)
        .where(mine, TrainingRecord.person_id.in_(visible))
        .order_by(Person.family_name, Person.given_name, TrainingRecord.id)
    ).all()
    total = session.scalar(select(func.count(TrainingRecord.id)).where(mine)) or 0
    return rows, total - len(rows)


def sheets(session: Session, session_id: int) -> Sequence[Row[SessionSheet, StoredFile]]:
    """The documents of a session, the oldest first."""
    query = select(SessionSheet, StoredFile).join(StoredFile, StoredFile.id == SessionSheet.file_id)
    return session.execute(query.where(SessionSheet.session_id == session_id).order_by(SessionSheet.id)).all()


# --- what it is worth -------------------------------------------------------------------------------------------------


def _worth(content: CourseContent, wanted: Wanted) -> tuple[int, dict[str, Any]]:
    """Minutes, and minutes by topic. What is not said is as the course says; nothing is shared out by guessing."""
    minutes = content.total_minutes if wanted.minutes is None else wanted.minutes
    if not 0 < minutes <= LONGEST:
        raise Invalid(N_("A session has between 1 minute and 24 hours."))
    topics = dict(wanted.topics or {})
    unknown = sorted(topics.keys() - content.topics.keys())
    if unknown:
        raise Invalid(
            N_("The course has no topic “%(topic)s”. Its topics are: %(topics)s."),
            topic=unknown[0],
            topics=", ".join(sorted(content.topics)),
        )
    topics = {name: worth for name, worth in (topics or content.topics).items() if worth}
    if sum(topics.values()) > minutes:
        raise Invalid(
            N_("The topics add up to %(sum)s minutes, more than the %(minutes)s of the session. Say how many minutes each topic had."),
            sum=sum(topics.values()),
            minutes=minutes,
        )  # fmt: skip
    return minutes, topics
