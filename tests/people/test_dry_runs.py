"""Large files about people: looked at and taken in by the worker, with how far it is, and gone on with where it was cut off."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from config import Config
from lms.access import Role
from lms.audit import Actor
from lms.db import Database
from lms.errors import Conflict
from lms.files import FileStore, StoredFile
from lms.flows import intake, staffing
from lms.outbox import HowFar, Job, JobState, tell
from lms.people import dry_runs, fact_taking, qualifications, undoing
from lms.people.models import BirthMonth, DryRun, ImportRun, Person
from lms.worker import Worker
from lms.worker.bench import Bench
from lms.worker.jobs import take_file_in, take_import_back
from tests.accounts.conftest import Hospital
from tests.people.conftest import STAFF, Office, People
from tests.support.clocks import SetClock
from tests.support.pages import Page, PageClient, page_of

MONTHS = "Number,Birth month\n1001,9\n1002,12\n1003,2\n"


class Hall:
    """Someone of HR with a large file, and the worker."""

    def __init__(self, desk: PageClient, db: Database, clock: SetClock, config: Config, hr: int) -> None:
        self.desk, self.db, self.clock, self.hr = desk, db, clock, hr
        self.files = FileStore(config.data_dir / "files")

    def upload(self, text: str, what: str = "birth_months", **how: str) -> Page:
        """Send a file; the page that is shown then."""
        said = {"source": "hr", "as_of": "2026-06-01", "dates": "iso", **how}
        name, where = ("staff", "/people/import/") if what == "staff" else ("file", "/people/import/facts")
        sent = {**said, name: (io.BytesIO(text.encode()), "large.csv"), **({} if what == "staff" else {"what": what})}
        form = self.desk.page(where)
        return page_of(self.desk.submit(form, sent, form="upload", content_type="multipart/form-data"))

    def work(self) -> None:
        """Run all that is due."""
        Worker(self.db, self.files, self.clock).drain()

    def begin(self, text: str, what: str = "birth_months", **how: str) -> tuple[Page, int]:
        """Upload, let it be looked at, take it in: the page, and the number of the dry run."""
        page = self.upload(text, what, **how)
        assert "This file is being read and compared" in page.text
        self.work()
        report = self.desk.page(page.url)
        assert report.h1 == "What this file would do", report.text
        return page_of(self.desk.submit(report, form="take-in")), int(page.url.rpartition("/")[2])

    def months(self) -> dict[str, int]:
        """The birth months that are known, by number."""
        with self.db.session() as session:
            rows = select(Person.number, BirthMonth.month).join(Person, Person.id == BirthMonth.person_id)
            return dict(session.execute(rows.where(BirthMonth.superseded_at.is_(None))).all())

    def dies(self, ident: int, at: str, done: int) -> None:
        """The worker begins to take a file in, and dies there."""

        def progress(phase: str, come: int, total: int | None) -> None:
            if (phase, come) == (at, done):
                raise RuntimeError("the worker dies")

        with pytest.raises(RuntimeError), self.db.desk() as desk:
            by = Actor(self.hr, self.clock.now())
            intake.take_in(desk, ident, self.files, by, confirmed=False, progress=progress)


@pytest.fixture
def hall(
    db: Database, clock: SetClock, config: Config, staffed: Office, hr: int, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> Hall:  # fmt: skip
    monkeypatch.setattr(dry_runs, "SMALL", 10)
    return Hall(signed_in(hr), db, clock, config, hr)


def test_a_large_file_of_facts_says_how_far_it_is_and_goes_on_where_it_was_cut_off(
    hall: Hall, db: Database, staffed: Office, hr: int, number: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fact_taking, "SLICE", 2)
    page = hall.upload(MONTHS)
    assert "It begins as soon as the worker has time for it" in page.text
    with db.transaction() as session:
        job = session.scalars(select(Job).where(Job.kind == dry_runs.LOOK)).one()
        tell(session, job.id, HowFar("reading", 5000, 0))
    assert "5,000 lines are read" in hall.desk.page(page.url).text
    with db.transaction() as session:
        tell(session, job.id, HowFar("deciding", 1000, 5000))
    assert "1,000 of 5,000 lines are compared" in hall.desk.page(page.url).text
    assert "large.csv" in hall.desk.page("/people/import/history").text
    hall.work()
    report = hall.desk.page(page.url)
    assert "Nothing is changed yet" in report.text and hall.months() == {}
    page = page_of(hall.desk.submit(report, form="take-in"))
    ident = int(page.url.rpartition("/")[2])
    assert "This file is being taken in" in page.text and "The file is taken in" not in page.text
    hall.dies(ident, "writing", 2)
    assert hall.months() == {}, "nobody knows of it yet"
    with pytest.raises(Conflict):
        staffed.take_in(STAFF)  # one import at a time
    hall.work()
    assert hall.months() == {"1001": 9, "1002": 12, "1003": 2}
    with db.session() as session:
        (run,) = session.scalars(select(ImportRun).where(ImportRun.summary["what"].as_string() == "birth_months")).all()
        assert (run.summary["new"], run.undone_at, run.imported_by) == (3, None, hr)
        assert len(session.scalars(select(BirthMonth)).all()) == 3, "nothing is written twice"
    assert hall.desk.page(page.url).url.endswith(f"/people/import/history/{run.id}")
    take_file_in({"dry_run": ident, "confirmed": False, "by": hr, "origin": None}, Bench(db, hall.files, hall.clock))
    done = hall.desk.page(f"/people/import/history/{run.id}")
    monkeypatch.setattr(undoing, "AT_ONCE", 2)
    going = page_of(hall.desk.submit(done, form="undo"))
    assert "This import is being taken back" in going.text and len(hall.months()) == 3
    with db.transaction() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == undoing.UNDO)).all()
        job.state = JobState.FAILED
    stopped = hall.desk.page(going.url)
    assert "Taking this import back stopped" in stopped.text
    hall.desk.submit(stopped, form="undo")
    with db.transaction() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == undoing.UNDO)).all()
        assert job.state == JobState.WAITING
        staffing.begin_undo(session, run.id, Actor(hr, hall.clock.now()))  # pressed in another tab
        qualifications.set_birth_month(session, number("1002"), 4, Actor(hr, hall.clock.now()))
    hall.work()
    refused = hall.desk.page(going.url)
    assert "later changes build on it: Bo Li" in refused.text and hall.months()["1001"] == 9
    with db.transaction() as session:  # as if it had never been
        session.execute(delete(BirthMonth).where(BirthMonth.import_id.is_(None)))
        session.execute(update(BirthMonth).values(superseded_at=None))
    hall.desk.submit(refused, form="undo")
    with db.transaction() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == undoing.UNDO, Job.state == JobState.WAITING)).all()
        assert not staffing.step_undo(session, run.id, Actor(hr, hall.clock.now()))  # and then the worker dies
        far = undoing.how_far(session, run.id)
        assert far is not None
        tell(session, job.id, far)
    clearing = hall.desk.page(going.url)
    assert "What it wrote is being cleared away" in clearing.text and hall.months() == {}
    assert f"0 of {far.total} steps are done" in clearing.text
    with pytest.raises(Conflict, match="still being cleared away"):
        staffed.take_in(STAFF, confirmed=True)
    with db.transaction() as session:
        session.get_one(Job, job.id).state = JobState.FAILED
    stopped = hall.desk.page(going.url)
    assert "Clearing away stopped" in stopped.text
    hall.desk.submit(stopped, form="undo")
    hall.work()
    with db.session() as session:
        assert (
            not session.scalars(select(BirthMonth)).all()
            and "clearing" not in session.get_one(ImportRun, run.id).summary
        )
    take_import_back(
        {"run": run.id, "by": hr, "origin": None}, Bench(db, hall.files, hall.clock)
    )  # it died before it could say so
    undone = hall.desk.page(going.url)
    assert "This import was undone" in undone.text and "not taken back" not in undone.text and hall.months() == {}


def test_what_is_taken_in_is_what_was_looked_at(hall: Hall, db: Database, hr: int, number: People) -> None:
    page, ident = hall.begin(MONTHS)
    hall.dies(ident, "writing", 3)  # all but the last step
    with db.transaction() as session:
        qualifications.set_birth_month(session, number("1001"), 9, Actor(hr, hall.clock.now()))
    hall.work()
    with db.session() as session:
        assert [row.import_id for row in session.scalars(select(BirthMonth))] == [None], "nothing of it is left"
        assert not [each for each in session.scalars(select(ImportRun)) if each.summary.get("unfinished")]
    page = page_of(hall.desk.get(page.url), 422)
    assert "this file would do something else by now" in page.text and hall.months() == {"1001": 9}
    again = page_of(hall.desk.submit(page, form="/again"))
    hall.work()
    report = hall.desk.page(again.url)
    assert "something else by now" not in report.text
    hall.desk.submit(report, form="take-in")
    hall.work()
    assert hall.months() == {"1001": 9, "1002": 12, "1003": 2}


def test_a_large_file_of_staff_begins_again_where_it_was_cut_off_and_leaves_nothing_twice(
    hall: Hall, db: Database, staffed: Office
) -> None:
    text = STAFF + "1009,Di,Wu,ED,Clerk,2026-05-15,,1003,di@mercy.test,no\n"
    page, ident = hall.begin(text, "staff", partial="y")
    before = staffed.contents()
    hall.dies(ident, "writing", 1)
    assert staffed.contents() == before
    with db.transaction() as session:  # a process that is killed clears nothing away
        gone = session.scalars(select(ImportRun.id).order_by(ImportRun.id.desc())).first()
        left = ImportRun(
            source="hr", file_id=None, as_of=hall.clock.now().date(), options={}, summary={"unfinished": True},
            imported_at=hall.clock.now(), imported_by=None, undone_at=hall.clock.now(), undone_by=None,
        )  # fmt: skip
        session.add(left)
        session.flush()
        assert left.id != gone
        session.get_one(DryRun, ident).run_id = left.id
    hall.work()
    done = hall.desk.page(page.url)
    assert "/people/import/history/" in done.url and "1" in done.text
    with db.session() as session:
        assert len(session.scalars(select(Person).where(Person.number == "1009")).all()) == 1
        assert not [run for run in session.scalars(select(ImportRun)) if run.summary.get("unfinished")]


def test_a_large_file_that_cannot_be_read_says_so(hall: Hall) -> None:
    page = hall.upload("PK\x03\x04 not a csv", "staff")
    hall.work()
    assert "workbook" in page_of(hall.desk.get(page.url), 422).text
    page = hall.upload("Number,Birth month\n1001,9\n7777,1\n")
    hall.work()
    faulty = page_of(hall.desk.get(page.url), 422)
    assert "Nobody of this source has this number" in faulty.text
    kept = page_of(hall.desk.submit(faulty, form="/problems"))
    assert "7777" in kept.text
    good = page_of(hall.desk.submit(faulty, form="/again"))
    hall.work()
    assert "1 line is set aside" in hall.desk.page(good.url).text


def test_what_a_file_would_do_is_let_go_of_with_the_people_in_it(hall: Hall, db: Database) -> None:
    hall.upload(MONTHS)
    hall.work()
    with db.transaction() as session:
        (run,) = session.scalars(select(DryRun)).all()
        assert "Núñez" in str(run.report)
        dry_runs.begin_taking(session, run.id, Actor(hall.hr, hall.clock.now()), confirmed=False)
        dry_runs.forget_old(session, run.asked_at + dry_runs.KEPT)
        assert session.scalars(select(DryRun)).all() == [run], "a worker is to take it in"
        session.get_one(Job, run.job_id).state = JobState.FAILED
        dry_runs.forget_old(session, run.asked_at + dry_runs.KEPT)
        assert session.scalars(select(DryRun)).all() == []


def test_files_that_are_never_taken_in_go_after_a_week(hall: Hall, db: Database, staffed: Office) -> None:
    hall.upload(MONTHS)
    hall.begin("Number,Birth month\n1001,5\n")
    hall.work()
    assert hall.months() == {"1001": 5}
    worker = Worker(db, hall.files, hall.clock)
    worker.tidy()
    with db.session() as session:
        kept = session.scalars(select(StoredFile).where(StoredFile.purpose == "import").order_by(StoredFile.id)).all()
        assert len(kept) == 2 and all(hall.files.path(one.sha256).exists() for one in kept), "not yet a week old"
    hall.clock.advance(days=8)
    worker.tidy()
    with db.session() as session:
        assert not session.scalars(select(DryRun)).all()
        (left,) = session.scalars(select(StoredFile).where(StoredFile.purpose == "import")).all()
        assert left.id == kept[1].id, "what was taken in can be read again"
        assert [hall.files.path(one.sha256).exists() for one in kept] == [False, True]


def test_whoever_presses_is_asked_whether_they_end_themselves_and_everybody_sees_who_ends(
    hall: Hall, db: Database, staffed: Office, number: People, hospital: Hospital, signed_in: Any
) -> None:
    with db.transaction() as session:
        session.execute(update(Person).where(Person.id == hall.hr).values(source="hr"))
    text = STAFF + "".join(f"20{n:02},A,B,ED,Clerk,2021-02-15,,,,no\n" for n in range(40))
    page = hall.upload(text, "staff")
    hall.work()
    own = hall.desk.page(page.url)
    assert "You are not in this file yourself: your account would close" in own.text
    other = signed_in(hospital.person("OTHER", grants=((Role.HR, None),)))
    seen = other.page(page.url)
    assert "You are not in this file yourself" not in seen.text
    refused = page_of(hall.desk.submit(own, form="take-in"), 409)
    assert "your own employment would end" in refused.text
    ends = hospital.person("EXTRA")
    with db.transaction() as session:  # as many people end, but somebody else
        session.execute(update(Person).where(Person.id == hall.hr).values(source="none"))
        session.execute(update(Person).where(Person.id == ends).values(source="hr"))
    page_of(other.submit(seen, {"confirmed": "y"}, form="take-in"))
    hall.work()
    assert "this file would do something else by now" in page_of(other.get(page.url), 422).text


def test_a_small_file_is_not_taken_from_the_tab_that_is_at_it(
    hall: Hall, db: Database, hr: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_runs, "SMALL", 10_000)
    ident = int(hall.upload(MONTHS).url.rpartition("/")[2])
    hall.dies(ident, "writing", 3)  # or is at it still: nobody can tell
    with pytest.raises(Conflict, match="Another import is being taken in"), db.desk() as desk:
        intake.take_in(desk, ident, hall.files, Actor(hr, hall.clock.now()), confirmed=False)
    hall.clock.advance(minutes=11)
    with db.desk() as desk:
        intake.take_in(desk, ident, hall.files, Actor(hr, hall.clock.now()), confirmed=False)
    assert hall.months() == {"1001": 9, "1002": 12, "1003": 2}


def test_a_fact_that_hr_corrects_while_a_file_becomes_known_is_kept(
    hall: Hall, db: Database, hr: int, number: People
) -> None:
    by = Actor(hr, hall.clock.now())
    with db.transaction() as session:
        qualifications.set_birth_month(session, number("1001"), 1, by)
    _, ident = hall.begin(MONTHS)
    hall.dies(ident, "writing", 3)  # all but the last step

    def go_on() -> None:
        with db.desk() as desk:
            intake.take_in(desk, ident, hall.files, by, confirmed=False)

    with ThreadPoolExecutor(1) as other:
        with db.transaction() as session:
            qualifications.set_birth_month(session, number("1001"), 5, by)
            waiting = other.submit(go_on)
            wait([waiting], timeout=1)  # it compares, and is to come upon what is held
        with pytest.raises(Conflict):
            waiting.result(timeout=30)
    assert hall.months() == {"1001": 5}
