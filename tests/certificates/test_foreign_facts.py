"""Facts that belong to somebody else are found and named."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select, text

from lms.certificates.checking import foreign_facts
from lms.certificates.models import Certificate
from lms.db import Database
from lms.learning.models import Attempt
from lms.records.models import TrainingRecord
from tests.support.demo import config as config
from tests.support.demo import database_url as database_url
from tests.support.demo import demo_template as demo_template
from tests.support.demo import who as who


def test_stray_records_and_certificates(db: Database, who: Callable[[str], int]) -> None:
    with db.session() as session:
        assert list(foreign_facts(session)) == []
        record = session.scalars(select(TrainingRecord).where(TrainingRecord.person_id == who("learner"))).first()
        assert record is not None
        paper = session.scalars(select(Certificate.id).where(Certificate.record_id == record.id)).one()
        attempt = session.scalars(select(Attempt.id).where(Attempt.enrolment_id != record.enrolment_id)).first()
        course = session.scalars(
            select(TrainingRecord.course_id).where(TrainingRecord.course_id != record.course_id)
        ).first()
    stray = f"Record {record.id} is of another person's enrolment or attempt, or of another course."
    with db.transaction() as session:
        session.execute(text(f"update training_record set person_id = {who('hr')} where id = {record.id}"))
    with db.session() as session:
        assert [str(fault) for fault in foreign_facts(session)] == [
            stray,
            f"Certificate {paper} is of another person than its record.",
        ]
    mine = f"person_id = {who('learner')}, attempt_id = {record.attempt_id or 'null'}, course_id = {record.course_id}"
    for wrong in (f"attempt_id = {attempt}", f"course_id = {course}"):
        with db.transaction() as session:
            session.execute(text(f"update training_record set {mine} where id = {record.id}"))
            session.execute(text(f"update training_record set {wrong} where id = {record.id}"))
        with db.session() as session:
            assert [str(fault) for fault in foreign_facts(session)] == [stray], wrong


def test_a_row_that_leads_nowhere(db: Database) -> None:
    if not db.is_sqlite:
        return
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("pragma foreign_keys = off")
        raw.execute("delete from enrolment where id = (select min(enrolment_id) from training_record)")
        raw.execute("pragma foreign_keys = on")
    with db.session() as session:
        found = [str(fault) for fault in foreign_facts(session)]
    assert any("leads to a row of enrolment that is not there" in fault for fault in found), found
