"""A hospital in which somebody has passed a small course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from config import Config
from lms.audit import Actor
from lms.catalogue import queries as catalogue
from lms.catalogue.actions import publish
from lms.catalogue.disk import load_course
from lms.certificates.models import Certificate
from lms.db import Database
from lms.files import FileStore
from lms.flows import assessing
from lms.learning import actions as learning
from lms.records.models import TrainingRecord
from lms.worker import Worker
from tests.accounts.conftest import Hospital
from tests.accounts.conftest import hospital as hospital
from tests.catalogue.making import sound
from tests.support.clocks import SetClock


@dataclass(frozen=True)
class Passed:
    """What a passed course leaves behind: ids, and the number of the certificate."""

    person: int
    record: int
    certificate: int
    number: str


@pytest.fixture
def worker(db: Database, config: Config, clock: SetClock) -> Worker:
    """A worker with the application's files."""
    return Worker(db, FileStore(config.data_dir / "files"), clock)


@pytest.fixture
def passes(
    db: Database, clock: SetClock, config: Config, hospital: Hospital, tmp_path: Path
) -> Callable[[int], Passed]:
    """``passes(person_id)``: the person takes the small course (20 minutes, good for 12 months) and answers everything right."""
    with db.transaction() as session:
        publish(
            session, load_course(sound(tmp_path)), FileStore(config.data_dir / "files"), by=Actor(None, clock.now())
        )

    def take(person: int) -> Passed:
        now = clock.now()
        with db.transaction() as session:
            offered = catalogue.offered_by_slug(session, "tea-101")
            content = catalogue.content(session, offered.version_id)
            enrolment = learning.enrol(session, person, offered.course_id, offered.version_id, now=now, by=person)
            for step in content.steps[:-1]:
                learning.mark_done(session, enrolment, step.id, now=now)
            test = content.steps[-1].id
            attempt = assessing.start_attempt(session, enrolment, content, test, language="en", seed="s", now=now)
            right = {item.id: [o.id for o in item.options if o.correct] for item in content.items(test)}
            for drawn in attempt.drawn:
                given = {"options": right[drawn["item"]]}
                learning.answer(
                    session, attempt, content, drawn["item"], given, language="en", key=drawn["item"], now=now
                )
            assessing.finish_attempt(session, attempt, enrolment, content, hospital.own, Actor(person, now))
            record = session.scalars(select(TrainingRecord).where(TrainingRecord.enrolment_id == enrolment.id)).one()
            issued = session.scalars(select(Certificate).where(Certificate.record_id == record.id)).one()
            return Passed(person, record.id, issued.id, issued.number)

    return take
