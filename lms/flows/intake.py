"""Files about people: looked at, and taken in as they were looked at. Small ones while one waits, large ones by the worker; the desk
belongs to the edge, which says how far it is."""

from __future__ import annotations

from sqlalchemy.orm import Session

from lms.access import Permission
from lms.accounts import queries as accounts
from lms.audit import Actor
from lms.db import Desk
from lms.errors import AttuneError
from lms.files import FileStore
from lms.flows import staffing
from lms.flows.staffing import silent
from lms.organisation import load
from lms.people import dry_runs
from lms.people.dry_runs import Phase
from lms.people.fact_feed import FactPlan
from lms.people.models import DryRun, ImportRun
from lms.people.prepared import Prepared, Progress
from lms.people.sources import STAFF


def look(desk: Desk, ident: int, files: FileStore, progress: Progress = silent) -> None:
    """Look at the file of a dry run, and keep what it would do or why it cannot be read. One that was cut off begins anew: it has
    written nothing."""
    run = _run(desk, ident)
    if run is None or run.phase != Phase.LOOKING:
        return
    found: Prepared | FactPlan | AttuneError
    try:
        found = _compare(desk, run, files, progress)
    except AttuneError as error:
        found = error
    with desk.writing() as session:
        dry_runs.keep(session, ident, found)


def take_in(
    desk: Desk, ident: int, files: FileStore, by: Actor, *, confirmed: bool, progress: Progress = silent
) -> int:
    """Take in what was looked at, whole or not at all; gives the number of the import. One that was cut off is gone on with: facts where
    it was, staff from the beginning, because nobody knows of what was written of them.

    Raises:
        NotFound: it is not kept any more.
        Invalid, Conflict: it may not be taken in, or would do something else by now.
    """
    with desk.reading() as session:
        run = dry_runs.one(session, ident)
        before = session.get(ImportRun, run.run_id) if run.run_id is not None else None
    if before is not None and not before.summary.get("unfinished"):
        return _done(desk, ident, before.id)  # all but this was done
    # Only a worker, which holds its job, may take over what is not finished: a request may still be at it in another tab.
    begun_id = before.id if before is not None and run.beside else None
    if before is not None and begun_id is not None and (run.what == STAFF or "clearing" in before.summary):
        staffing.abandon(desk, begun_id)
    try:
        found = _compare(desk, run, files, progress)
        dry_runs.refuse_if_other(run, found)
    except AttuneError:
        if begun_id is not None:
            staffing.abandon(desk, begun_id)
        raise

    def begun(session: Session, made: ImportRun) -> None:
        dry_runs.note_run(session, ident, made.id)

    if isinstance(found, Prepared):
        made = staffing.import_people(desk, found, run.file_id, by, confirmed=confirmed, progress=progress, begun=begun)
    else:
        made = staffing.import_facts(
            desk, found, run.file_id, by, confirmed=confirmed, progress=progress, begun=begun, run_id=begun_id
        )
    return _done(desk, ident, made.id)


def _done(desk: Desk, ident: int, run_id: int) -> int:
    with desk.writing() as session:
        dry_runs.done(session, ident, run_id)
    return run_id


def _run(desk: Desk, ident: int) -> DryRun | None:
    with desk.reading() as session:
        return session.get(DryRun, ident)


def _compare(desk: Desk, run: DryRun, files: FileStore, progress: Progress) -> Prepared | FactPlan:
    with desk.reading() as session:
        own, takers = load(session), accounts.who_may(session, Permission.PEOPLE_IMPORT)
        return dry_runs.compare(session, run, files, own.import_fuse if own else 0.1, takers, progress)
