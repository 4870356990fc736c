"""Verbs of records: award and revoke. There is no verb that changes one."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms.catalogue.content import CourseContent
from lms.catalogue.localised import localised
from lms.catalogue.models import CourseVersion
from lms.errors import N_, Conflict, Invalid
from lms.learning.models import Attempt, AttemptKind, Enrolment
from lms.people.models import Person, display_name
from lms.people.queries import Held
from lms.prepared import New, Prepared
from lms.records.models import How, RecordRevocation, TrainingRecord

OF_ENROLMENT = Prepared(
    select(
        *(CourseVersion.course_id, CourseVersion.number, Person.given_name, Person.family_name),
        TrainingRecord.id.label("record_id"),
    )
    .select_from(Enrolment)
    .join(CourseVersion, CourseVersion.id == Enrolment.version_id)
    .join(Person, Person.id == Enrolment.person_id)
    .outerjoin(TrainingRecord, TrainingRecord.enrolment_id == Enrolment.id)
    .where(Enrolment.id == bindparam("enrolment_id"))
)
"""Whose it is and of which course, and the record of it, if there is one."""


AWARD = New(
    TrainingRecord,
    *("person_id", "course_id", "version_id", "enrolment_id", "attempt_id", "completed_on", "completed_at", "language"),
    *("score", "pass_mark", "how", "minutes", "topics", "course_code", "course_title", "version_number", "person_name"),
    *("department_id", "department_path", "job", "profession", "recorded_at", "recorded_by"),
)


def award(
    session: Session,
    held: Held,
    enrolment: Enrolment,
    attempt: Attempt,
    content: CourseContent,
    *,
    completed_on: date,
    now: datetime,
) -> TrainingRecord:
    """The record of an enrolment that is passed or tested out of; the one that is already there when asked again."""
    found = OF_ENROLMENT.row(session, enrolment_id=enrolment.id)
    assert found is not None
    if found.record_id is not None:
        return session.get_one(TrainingRecord, found.record_id)
    out = attempt.kind == AttemptKind.PRE_TEST
    minutes, topics = content.granted_by_test_out() if out else (content.total_minutes, dict(content.topics))
    record = TrainingRecord(
        person_id=enrolment.person_id,
        course_id=found.course_id,
        version_id=enrolment.version_id,
        enrolment_id=enrolment.id,
        attempt_id=attempt.id,
        completed_on=completed_on,
        completed_at=attempt.finished_at or now,
        language=attempt.language,
        score=attempt.score,
        pass_mark=attempt.pass_mark,
        how=How.TEST_OUT if out else How.COURSE,
        minutes=minutes,
        topics=topics,
        course_code=content.code,
        course_title=localised(content, attempt.language).title.value,
        version_number=found.number,
        person_name=display_name(found.given_name, found.family_name),
        department_id=held.department_id,
        department_path=held.path,
        job=held.job,
        profession=held.profession,
        recorded_at=now,
        recorded_by=None,
    )
    AWARD.write(session, record)
    return record


def revoke(
    session: Session, record: TrainingRecord, *, reason: str, now: datetime, by: int, file_id: int | None = None
) -> RecordRevocation:
    """The record no longer counts, on any day (as known now). ``file_id`` is a document that stands behind it.

    Raises:
        Invalid: no reason.
        Conflict: it is revoked already.
    """
    if not reason.strip():
        raise Invalid(N_("Say why the record is revoked."))
    session.execute(select(TrainingRecord.id).where(TrainingRecord.id == record.id).with_for_update())
    if session.scalar(select(RecordRevocation.id).where(RecordRevocation.record_id == record.id)) is not None:
        raise Conflict(N_("This record has been revoked already."))
    row = RecordRevocation(record_id=record.id, revoked_at=now, revoked_by=by, reason=reason.strip(), file_id=file_id)
    session.add(row)
    session.flush()
    return row
