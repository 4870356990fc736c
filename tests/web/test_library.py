"""The library: HR reads what others ask, and adopts it; then it is a requirement like any other."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from config import Config
from lms.access import Role
from lms.compliance import queries
from lms.compliance.models import RequirementVersion
from lms.db import Database
from lms.files import FileStore
from lms.worker import Worker
from tests.accounts.conftest import Hospital
from tests.compliance.hospital import Hospital as Facts
from tests.support.clocks import SetClock
from tests.support.pages import PageClient

LIBRARY = Path(__file__).parents[2] / "courses" / "requirements"


@pytest.fixture(autouse=True)
def shelf(config: Config) -> None:
    """The library that comes with Attune, in the folder of courses of this test."""
    shutil.copytree(LIBRARY, config.courses_dir / "requirements")


def test_hr_reads_an_entry_and_adopts_it(
    hospital: Hospital, signed_in: Callable[[int], PageClient], db: Database, clock: SetClock, tmp_path: Path
) -> None:
    nurse = hospital.person("1001", department=hospital.department("ED", hospital.department("MAIN")))
    hr = signed_in(hospital.person("9001", grants=((Role.HR, None),)))
    whole = hr.page("/requirements/library")
    assert "This is not legal advice." in whole.text and "45 CFR 92.9" in whole.text
    only = hr.page("/requirements/library?where=US-NV")
    assert "Nevada" in only.text and "45 CFR 92.9" not in only.text
    entry = hr.page("/requirements/library/us-clas-4")
    assert "Recommended or permitted, no duty" in entry.text
    assert "Due again 1 year after each completion." in entry.text
    draft = hr.submit(entry, form="adopt", button="Adopt this requirement").page
    assert "This is a draft of it." in draft.text and "Due again 1 year after each completion." in draft.text
    assert draft.fields(draft.form("requirement"))["citation"][0].startswith("National CLAS Standards")
    refused = hr.submit(draft, form="requirement", button="Rehearse it")
    assert refused.status_code == 422 and "Nobody can satisfy this rule" in refused.page.text, "the course is not there"
    with db.transaction() as session:
        Facts(session).course("cc-101")
    rehearsal = hr.submit(hr.page("/requirements/drafts/1"), form="requirement", button="Rehearse it").page
    done = hr.submit(rehearsal, form="publish").page
    assert "The requirement is published" in done.text and "National CLAS Standards, Standard 4" in done.text
    with db.session() as session:
        version = session.scalars(select(RequirementVersion)).one()
        assert version.about["status"] == "own_policy" and version.about["library"] == "us-clas-4"
    Worker(db, FileStore(tmp_path), clock).drain()
    with db.session() as session:
        assert [duty.code for duty in queries.duties(session, nurse, clock.now().date())] == ["CLAS-4"]
    shown = hr.page("/requirements/1")
    assert "Read again by" in shown.text and "To be read again" not in shown.text
    clock.advance(days=400)
    late = signed_in(hospital.person("9002", grants=((Role.HR, None),)))
    assert "Somebody was to read the source again by" in late.page("/requirements/1").text
    assert "To be read again" in late.page("/requirements").text
    clock.advance(days=-400)
    again = hr.page("/requirements/library/us-clas-4")
    assert "Adopted" in again.text and "Adopt this requirement" not in again.text


def test_what_is_no_duty_of_learners_or_not_in_force_cannot_be_adopted(
    hospital: Hospital, signed_in: Callable[[int], PageClient]
) -> None:
    hr = signed_in(hospital.person("9001", grants=((Role.HR, None),)))
    course = hr.page("/requirements/library/ca-cme-content")
    assert "A duty of those who make courses" in course.text and "Adopt this requirement" not in course.text
    pending = hr.page("/requirements/library/md-structural-racism")
    assert "shown and not enforced" in pending.text and "Adopt this requirement" not in pending.text
    licence = hr.page("/requirements/library/il-implicit-bias")
    assert "Nobody holds a licence of the state “IL”." in licence.text
    assert hr.get("/requirements/library/no-such-entry").status_code == 404


def test_an_auditor_reads_the_library_and_adopts_nothing(
    hospital: Hospital, signed_in: Callable[[int], PageClient]
) -> None:
    auditor = signed_in(hospital.person("9002", grants=((Role.AUDITOR, None),)))
    assert "Adopt this requirement" not in auditor.page("/requirements/library/us-clas-4").text
