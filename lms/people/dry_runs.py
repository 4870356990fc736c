"""Files that are looked at before they are taken in: small ones at once, large ones beside the pages, and what they would do is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import BinaryIO

from sqlalchemy import Row, delete, select, update
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.errors import N_, AttuneError, Conflict, Invalid, Message, NotFound
from lms.files import FileStore, StoredFile
from lms.outbox import Job, JobState, enqueue
from lms.people import fact_feed
from lms.people.fact_feed import FactPlan
from lms.people.importing import Options
from lms.people.mapping import Reading
from lms.people.models import DryRun, Person
from lms.people.prepared import Prepared, Progress
from lms.people.preparing import prepare
from lms.people.report import Report
from lms.people.sources import STAFF

LOOK = "people.look"
"""The job that looks at a large file."""

TAKE = "people.take_in"
"""The job that takes a large file in."""

SMALL = 256 * 1024
"""A file of so many bytes is looked at and taken in while one waits; a larger one beside the pages."""

MANY = 5000
"""Where a source has more people than this, a file that ends whoever it does not list is a large one however short it is."""

KEPT = timedelta(days=7)
"""So long what a file would do is kept."""


class Phase(StrEnum):
    """Where a dry run is: being looked at, there to be read, being taken in, or taken in."""

    LOOKING = "looking"
    SEEN = "seen"
    TAKING = "taking"
    TAKEN = "taken"


def begin(
    session: Session, what: str, options: Options, stored: StoredFile, departments_id: int | None, by: Actor
) -> DryRun:
    """A file that is to be looked at: a worker is asked where it is ``beside``, else the caller does it. Old ones are let go of."""
    forget_old(session, by.now - KEPT)
    asked = {
        "as_of": options.as_of.isoformat(), "dates": options.dates, "encoding": options.encoding, "partial": options.partial,
        "reading": options.reading.plain(), "good": options.good_rows,
    }  # fmt: skip
    run = DryRun(
        what=what, source=options.source, asked=asked, file_id=stored.id, departments_id=departments_id, phase=Phase.LOOKING,
        beside=stored.size > SMALL or (not options.partial and _many(session, options.source)), report=None, refused=None,
        asked_at=by.now, asked_by=by.person_id, job_id=None, run_id=None,
    )  # fmt: skip
    session.add(run)
    session.flush()
    if run.beside:
        run.job_id = enqueue(session, LOOK, {"dry_run": run.id}, by.now, key=str(run.id))
    return run


def one(session: Session, ident: int) -> DryRun:
    """A dry run.

    Raises:
        NotFound: there is none with this number, or it is not kept any more.
    """
    found = session.get(DryRun, ident)
    if found is None:
        raise NotFound(N_("What this file would do is not kept any more. Upload it again."))
    return found


def options_of(run: DryRun) -> Options:
    """What was declared about its file."""
    said = run.asked
    return Options(
        run.source, date.fromisoformat(said["as_of"]), said["dates"], said["encoding"], said["partial"], Reading.of(said["reading"]),
        said["good"],
    )  # fmt: skip


def report_of(run: DryRun) -> Report | None:
    """What its file would do; None where nobody looked yet, or it cannot be read at all."""
    return Report.of(run.report) if run.report is not None else None


def compare(
    session: Session,
    run: DryRun,
    files: FileStore,
    fuse: float,
    takers: Collection[int],
    progress: Progress = lambda phase, done, total: None,
) -> Prepared | FactPlan:
    """Read the file and compare it with what is known; on a desk, of which only temporary tables are written. ``takers``: those who may
    take files in.

    Raises:
        Invalid: a file that cannot be read at all; single faults stand in ``problems`` instead.
        NotFound: the file is gone.
    """
    options = options_of(run)
    with _opened(session, run, files) as (file, departments):
        if run.what == STAFF:
            return prepare(session, file, departments, options, fuse, progress, takers)
        return fact_feed.look(session, file, run.what, options, fuse, progress)


def told(found: Prepared | FactPlan) -> Report:
    """What stands on the page of it."""
    return Report.of_staff(found) if isinstance(found, Prepared) else Report.of_facts(found)


def keep(session: Session, ident: int, found: Prepared | FactPlan | AttuneError) -> None:
    """Keep what a file would do, or why it cannot be read."""
    run = session.get(DryRun, ident)
    if run is None or run.phase != Phase.LOOKING:
        return
    if isinstance(found, AttuneError):
        problems = list(found.problems) if isinstance(found, Invalid) else []
        run.report = Report(faults=len(problems), problems=problems).plain() if problems else None
        run.refused = found.message.plain()
    else:
        run.report = told(found).plain()
    run.phase, run.job_id = Phase.SEEN, None


def begin_taking(session: Session, ident: int, by: Actor, *, confirmed: bool) -> None:
    """Have a worker take a large file in.

    Raises:
        Conflict: it is being taken in already, or nobody has looked at it yet.
    """
    run = session.get(DryRun, ident, with_for_update=True, populate_existing=True)
    if run is None or run.phase != Phase.SEEN:
        raise Conflict(N_("This file is being taken in already, or is not looked at yet. Nothing was changed."))
    asked = {"dry_run": run.id, "confirmed": confirmed, "by": by.person_id, "origin": by.origin}
    run.phase, run.refused = Phase.TAKING, None
    run.job_id = enqueue(session, TAKE, asked, by.now, key=str(run.id))


def note_run(session: Session, ident: int, run_id: int) -> None:
    """The import that is to come of it, so that it is gone on with, or cleared away, where it is cut off."""
    session.execute(update(DryRun).where(DryRun.id == ident).values(run_id=run_id))


def done(session: Session, ident: int, run_id: int) -> None:
    """It is taken in: what the import did stands in the history of imports, also where the dry run was let go of meanwhile."""
    run = session.get(DryRun, ident)
    if run is None:
        return
    run.phase, run.run_id, run.report, run.refused, run.job_id = Phase.TAKEN, run_id, None, None, None


def refuse(session: Session, ident: int, why: Message) -> None:
    """It was not taken in; it can be read again, and why."""
    run = session.get(DryRun, ident, with_for_update=True, populate_existing=True)
    if run is not None and run.phase != Phase.TAKEN:
        run.phase, run.refused, run.job_id, run.run_id = Phase.SEEN, why.plain(), None, None


def refuse_if_other(run: DryRun, found: Prepared | FactPlan) -> None:
    """Only what was looked at is taken in.

    Raises:
        Conflict: the file would do something else by now.
    """
    seen = report_of(run)
    if seen is None or told(found).digest != seen.digest:
        raise Conflict(
            N_("Something was changed since, so this file would do something else by now. Nothing was changed. Look at it again.")
        )  # fmt: skip


def under_way(session: Session) -> list[Row[DryRun, StoredFile, Person | None]]:
    """Large files that are being looked at or taken in, or wait to be taken in, with who asked; the newest first."""
    query = (
        select(DryRun, StoredFile, Person)
        .join(StoredFile, StoredFile.id == DryRun.file_id)
        .outerjoin(Person, Person.id == DryRun.asked_by)
        .where(DryRun.beside, DryRun.phase != Phase.TAKEN)
    )
    return list(session.execute(query.order_by(DryRun.id.desc()).limit(20)).all())


def job_of(session: Session, run: DryRun) -> Job | None:
    """The job that is at it: how far it has come stands there."""
    return session.get(Job, run.job_id) if run.job_id is not None else None


def forget_old(session: Session, asked_before: datetime) -> None:
    """Let go of what files would do that were looked at before a moment, unless a worker is taking one in."""
    at_work = select(Job.id).where(Job.state.in_([JobState.WAITING, JobState.RUNNING]))
    idle = (DryRun.phase != Phase.TAKING) | DryRun.job_id.is_(None) | DryRun.job_id.not_in(at_work)
    session.execute(delete(DryRun).where(DryRun.asked_at < asked_before, idle))


def forget_files(session: Session, ids: Sequence[int]) -> None:
    """Let go of what these files would do, whichever of the two they are."""
    session.execute(delete(DryRun).where(DryRun.file_id.in_(ids) | DryRun.departments_id.in_(ids)))


def _many(session: Session, source: str) -> bool:
    return session.scalar(select(Person.id).where(Person.source == source).offset(MANY).limit(1)) is not None


@contextmanager
def _opened(session: Session, run: DryRun, files: FileStore) -> Iterator[tuple[BinaryIO, BinaryIO | None]]:
    with ExitStack() as stack:
        found: list[BinaryIO | None] = []
        for ident in (run.file_id, run.departments_id):
            stored = session.get(StoredFile, ident) if ident is not None else None
            path = files.path(stored.sha256) if stored is not None else None
            if ident is not None and (path is None or not path.exists()):
                raise NotFound(N_("There is no such file. Upload it again."))
            found.append(stack.enter_context(path.open("rb")) if path is not None else None)
        file, departments = found
        assert file is not None
        yield file, departments
