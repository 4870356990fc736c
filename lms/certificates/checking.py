"""Facts that belong to somebody or something else than they say: nothing in the program writes such rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from lms.catalogue.models import CourseVersion
from lms.certificates.models import Certificate
from lms.errors import N_, Message
from lms.learning.models import Attempt, Enrolment
from lms.records.models import TrainingRecord


def foreign_facts(session: Session) -> Iterator[Message]:
    """Records of another person's enrolment, attempt or course, certificates of another person's record, and rows that lead nowhere."""
    record = TrainingRecord
    stray = (
        select(record.id)
        .outerjoin(Enrolment, Enrolment.id == record.enrolment_id)
        .outerjoin(Attempt, Attempt.id == record.attempt_id)
        .join(CourseVersion, CourseVersion.id == record.version_id)
        .where(
            or_(
                Enrolment.person_id != record.person_id,
                Attempt.enrolment_id != record.enrolment_id,
                CourseVersion.course_id != record.course_id,
            )
        )
        .order_by(record.id)
    )
    for ident in session.scalars(stray):
        yield Message(
            N_("Record %(id)s is of another person's enrolment or attempt, or of another course."), {"id": ident}
        )
    others = (
        select(Certificate.id)
        .join(record, record.id == Certificate.record_id)
        .where(Certificate.person_id != record.person_id)
        .order_by(Certificate.id)
    )
    for ident in session.scalars(others):
        yield Message(N_("Certificate %(id)s is of another person than its record."), {"id": ident})
    if session.get_bind().dialect.name == "sqlite":  # PostgreSQL refuses such rows itself, whoever writes them
        for table, row, parent, _ in session.execute(text("pragma foreign_key_check")):
            told = {"table": table, "row": row, "parent": parent}
            yield Message(N_("Row %(row)s of %(table)s leads to a row of %(parent)s that is not there."), told)
