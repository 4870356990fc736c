"""A small hospital with the real courses published, and somebody who learns there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config import Config
from lms.audit import Actor
from lms.catalogue.actions import publish
from lms.catalogue.disk import load_course
from lms.db import Database
from lms.files import FileStore
from tests.accounts.conftest import Hospital
from tests.support.clocks import SetClock
from tests.support.pages import PageClient

COURSES = Path(__file__).resolve().parent.parent.parent / "courses"


@pytest.fixture
def hospital(db: Database, clock: SetClock) -> Hospital:
    """An organisation that is set up."""
    return Hospital(db, clock)


@pytest.fixture
def published(db: Database, clock: SetClock, config: Config, hospital: Hospital) -> None:
    """LA-110 and CC-101 can be taken."""
    for slug in ("la-110", "cc-101"):
        with db.transaction() as session:
            publish(
                session, load_course(COURSES / slug), FileStore(config.data_dir / "files"), by=Actor(None, clock.now())
            )


@pytest.fixture
def nurse(hospital: Hospital, published: None, signed_in: Callable[[int], PageClient]) -> PageClient:
    """A nurse of the Emergency Department, signed in."""
    return signed_in(hospital.person("1001", email="nurse@mercy.test", department=hospital.department("ED")))
