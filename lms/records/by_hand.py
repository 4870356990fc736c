"""Completions that HR writes down by hand: what was done on paper or shown to somebody, with the reason and a document."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.catalogue.localised import localised
from lms.catalogue.models import CourseVersion
from lms.catalogue.queries import content as content_of
from lms.clock import local_day
from lms.errors import N_, Conflict, Invalid
from lms.people.models import Person
from lms.people.queries import Held, employed
from lms.records.models import How, ManualCompletion, TrainingRecord
from lms.records.sessions import already, noon, version_on


def offered_on(session: Session, course_id: int, day: date, zone: str, by: Actor) -> CourseVersion:
    """The version that somebody completed on a day.

    Raises:
        Invalid: the day is still to come, or no version of the course was offered on it.
    """
    if day > local_day(by.now, zone):
        raise Invalid(N_("The day is still to come. A completion is written down when it has happened."))
    return version_on(session, course_id, day, zone)


def complete(
    session: Session,
    person: Person,
    version: CourseVersion,
    held: Held,
    day: date,
    reason: str,
    zone: str,
    by: Actor,
    *,
    file_id: int | None = None,
) -> TrainingRecord:
    """The record of a completion that HR vouches for: worth the minutes and topics of the version, without a score.

    Raises:
        Invalid: no reason.
        Conflict: not employed that day, or there is a record of the course from that day.
    """
    if not reason.strip():
        raise Invalid(N_("Give a reason."))
    if not employed(session, person.id, day):
        raise Conflict(N_("Not employed here on %(day)s."), day=day)
    if already(session, person.id, version.course_id, day) is not None:
        raise Conflict(N_("Has a record of this course from that day already."))
    content = content_of(session, version.id)
    language = person.language if person.language in content.languages else content.language
    assert language is not None
    record = TrainingRecord(
        person_id=person.id, course_id=version.course_id, version_id=version.id, enrolment_id=None, attempt_id=None,
        completed_on=day, completed_at=noon(day, zone), language=language, score=None, pass_mark=None, how=How.BY_HAND,
        minutes=content.total_minutes, topics=dict(content.topics), course_code=version.code,
        course_title=localised(content, language).title.value, version_number=version.number, person_name=person.display_name,
        department_id=held.department_id, department_path=held.path, job=held.job, profession=held.profession, modality=None,
        expires=None, provider=None, outside_number=None, session_id=None, import_id=None, recorded_at=by.now,
        recorded_by=by.person_id,
    )  # fmt: skip
    session.add(record)
    session.flush()
    session.add(ManualCompletion(record_id=record.id, reason=reason.strip(), file_id=file_id))
    session.flush()
    return record
