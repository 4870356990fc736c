"""The demo hospital, with decisions about its learner and a sealed audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from config import Config
from lms.audit import Actor, record
from lms.compliance import actions as compliance
from lms.compliance.models import Requirement
from lms.db import Database
from lms.evidence.building import build
from lms.evidence.people import found
from lms.evidence.scope import Scope
from lms.files import FileStore
from lms.organisation import Organisation, load
from lms.records.models import TrainingRecord
from lms.worker import Worker
from tests.support.clocks import SetClock
from tests.support.demo import TODAY
from tests.support.demo import config as config
from tests.support.demo import database_url as database_url
from tests.support.demo import demo_template as demo_template
from tests.support.demo import who as who

Who = Callable[[str], int]


@pytest.fixture
def worker(db: Database, clock: SetClock, config: Config) -> Worker:
    """What builds and seals."""
    return Worker(db, FileStore(config.data_dir / "files"), clock)


@pytest.fixture
def hospital(db: Database, clock: SetClock, who: Who, worker: Worker) -> Iterator[Database]:
    """HR exempted the learner from the first requirement; the manager was signed in from somewhere."""
    with db.transaction() as session:
        by = Actor(who("hr"), clock.now(), "10.1.1.1")
        first = session.query(Requirement.id).order_by(Requirement.id).limit(1).scalar()
        day = TODAY - timedelta(days=10)
        compliance.exempt(session, who("learner"), first, day, None, "Research only this summer", by)
        done = session.scalars(select(TrainingRecord).where(TrainingRecord.person_id == who("learner"))).first()
        assert done is not None
        told = {"course": done.course_code, "score": done.score}
        record(session, by, "record.award", "training_record", done.id, about=who("learner"), after=told)
        record(
            session, Actor(who("manager"), clock.now(), "10.2.2.2"), "session.begin", "account", 1, about=who("manager")
        )
    worker.drain()
    clock.advance(minutes=1)
    yield db


@pytest.fixture
def pack_of(hospital: Database, clock: SetClock) -> Callable[..., bytes]:
    """``pack_of(numbers=("learner",))`` builds a pack as of today."""

    def make(**about: object) -> bytes:
        with hospital.session() as session:
            scope = Scope(TODAY, clock.now(), **about)  # type: ignore[arg-type]
            return build(session, scope, found(session, scope), load(session) or Organisation(name="")).data

    return make
