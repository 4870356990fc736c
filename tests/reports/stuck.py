"""Somebody who has failed a test as often as it may be taken."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.catalogue.actions import publish
from lms.catalogue.disk import load_course
from lms.files import FileStore
from lms.learning.actions import enrol
from lms.learning.models import Attempt
from tests.catalogue import making
from tests.reports.house import NOW


def stuck_learner(session: Session, person_id: int) -> int:
    """Publish a small course with two attempts, fail both; gives the enrolment's id."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = load_course(making.sound(Path(folder)))
        published = publish(session, loaded, FileStore(Path(folder) / "files"), by=Actor(None, NOW))
    version = published.version
    enrolment = enrol(session, person_id, version.course_id, version.id, now=NOW, by=None)
    for number in (1, 2):
        session.add(
            Attempt(
                enrolment_id=enrolment.id, step_id="post-test", kind="test", number=number, seed="x", drawn=[],
                started_at=NOW, finished_at=NOW, language="en", score=50.0, pass_mark=80.0, passed=False,
            )
        )  # fmt: skip
    session.flush()
    return enrolment.id
