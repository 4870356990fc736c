"""Facts about people and departments were written: timelines and accounts follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from sqlalchemy.orm import Session

from lms.accounts import roles
from lms.audit import Actor
from lms.clock import local_day
from lms.compliance import actions as compliance
from lms.db import Desk
from lms.errors import N_, AttuneError, Conflict, Message
from lms.files import StoredFile
from lms.organisation import load
from lms.outbox import again, enqueue
from lms.people import fact_taking, import_log, imports, undoing, worklist
from lms.people import queries as people
from lms.people.fact_feed import FactPlan
from lms.people.models import ImportRun
from lms.people.prepared import Prepared, Progress
from lms.people.report import Report, refuse

Begun = Callable[[Session, ImportRun], None]
"""Told the run of an import in the transaction that begins it."""


def silent(phase: str, done: int, total: int | None) -> None:
    """Nobody asks how far it is."""


def people_changed(session: Session, person_ids: Iterable[int], by: Actor, *, returned: Iterable[int] = ()) -> None:
    """Facts about people were written: their timelines follow, the accounts of those who have left close, of those who came
    back open. More than a couple of hundred people open a rebuild of everybody instead."""
    compliance.work_in(session, person_ids, "people", now=by.now)
    _accounts_follow(session, by, returned)


def department_changed(
    session: Session, department_ids: Iterable[int], from_day: date, by: Actor, *, moved: Iterable[int] = ()
) -> None:
    """Departments hang elsewhere, or are no more, from a day on: whoever works in or below them follows; ``moved`` did too."""
    people_changed(session, {*moved, *people.working_below(session, department_ids, from_day)}, by)


def import_people(
    desk: Desk,
    prepared: Prepared,
    file_id: int | None,
    by: Actor,
    *,
    confirmed: bool = False,
    progress: Progress = silent,
    begun: Begun = lambda session, run: None,
) -> ImportRun:
    """Take in a file that was prepared on the same desk: in short transactions that nobody can see the outcome of, and a last
    one that makes all of it known. The desk belongs to the edge and ends them. ``begun`` is told the run in the first of them.

    Raises:
        Invalid: the file has faults.
        Conflict: the fuse holds it back, or something changed since it was prepared. Nothing was taken in.
    """
    refuse(Report.of_staff(prepared), staff=True, confirmed=confirmed, asker=by.person_id)
    with desk.writing() as session:
        run = imports.begin(session, prepared, file_id, by)
        begun(session, run)
    try:
        with desk.reading() as session:
            steps = imports.people_steps(session, prepared, run, by)
        _write_in_turn(desk, steps, progress)
        with desk.reading() as session:
            imports.settle(session, prepared)
            steps = imports.fact_steps(session, prepared, run, by)
        _write_in_turn(desk, steps, progress)
        with desk.writing() as session:
            done = imports.finish(session, prepared, run, by)
            waiting = worklist.open_numbers(session, prepared.options.source, "staff")
            solved_for = imports.listed(session, waiting) if prepared.options.partial else None
            worklist.note(
                session, prepared.options.source, "staff", prepared.aside, prepared.numbers, _name_of(session, file_id), by,
                solved_for=solved_for,
            )  # fmt: skip
            if prepared.touched > compliance.AT_ONCE or prepared.departments:
                compliance.begin_generation(session, "import", by.now)
            else:
                compliance.rebuild(session, undoing.touched(session, run.id), now=by.now)
            _accounts_follow(session, by, prepared.rehired)
    except BaseException:
        abandon(desk, run.id)
        raise
    return done


def abandon(desk: Desk, run_id: int) -> None:
    """Clear away what an import that is not finished has left, in short transactions; the next import does it where this is cut off."""
    finished = False
    while not finished:
        with desk.writing() as session:
            finished = imports.abandon(session, run_id)
        if not finished:
            desk.give_way()


def note_faults(session: Session, source: str, what: str, report: Report, file_name: str, by: Actor) -> int:
    """The faults of a file that is not taken in wait in the work list; gives how many are new."""
    told = [*report.problems, *report.aside]
    return worklist.note(session, source, what, told, report.numbers, file_name, by)[0]


def _name_of(session: Session, file_id: int | None) -> str:
    stored = session.get(StoredFile, file_id) if file_id is not None else None
    return stored.name if stored is not None else ""


def import_facts(
    desk: Desk,
    plan: FactPlan,
    file_id: int | None,
    by: Actor,
    *,
    confirmed: bool = False,
    progress: Progress = silent,
    begun: Begun = lambda session, run: None,
    run_id: int | None = None,
) -> ImportRun:
    """The same for a file of licences, duties, leaves or birth months. ``run_id``: an import of the same file that was cut off, to go on
    with.

    Raises:
        Invalid: the file has faults.
        Conflict: the fuse holds it back, or something changed since it was looked at. Nothing was taken in.
    """
    refuse(Report.of_facts(plan), staff=False, confirmed=confirmed, asker=by.person_id)
    with desk.writing() as session:
        run = fact_taking.under_way(session, run_id) if run_id is not None else None
        if run is None:
            run = fact_taking.begin(session, plan, file_id, by)
            begun(session, run)
    try:
        while not _step_facts(desk, run.id, plan, by, progress):
            desk.give_way()
    except AttuneError:
        abandon(desk, run.id)
        raise
    return run


def _step_facts(desk: Desk, run_id: int, plan: FactPlan, by: Actor, progress: Progress) -> bool:
    """One slice of a file of facts; the last one makes all known, and timelines and the work list follow. True when it is done."""
    with desk.writing() as session:
        run = fact_taking.under_way(session, run_id)
        if run is None:
            raise Conflict(N_("Another import cleared this one away. Nothing was changed; try again."))
        finished = not fact_taking.write(session, run, plan, fact_taking.SLICE)
        if finished:
            fact_taking.finish(session, run, plan, by)
            waiting = worklist.open_numbers(session, run.source, plan.what)
            solved_for = waiting & plan.listed if plan.options.partial else None
            worklist.note(
                session, run.source, plan.what, plan.aside, plan.numbers, _name_of(session, run.file_id), by, solved_for=solved_for
            )  # fmt: skip
            people_changed(session, plan.touched, by)
        done = len(plan.changes) if finished else run.summary["done"]
    progress("writing", done, len(plan.changes))
    return finished


def begin_undo(session: Session, run_id: int, by: Actor) -> bool:
    """Take back the last import: now, and True, where it changed few people; else a worker does it beside the pages.

    Raises:
        NotFound, Conflict: see :func:`undo_import`; what only the worker finds stands with the import.
    """
    begun = session.get(ImportRun, run_id, with_for_update=True, populate_existing=True)
    if begun is not None and (job_id := begun.summary.get("undoing")) is not None:
        again(session, job_id, by.now)  # where it was given up; else a worker is at it, or will be
        return False
    run = undoing.to_be_undone(session, run_id)
    if undoing.touches(run) <= undoing.AT_ONCE:
        undo_import(session, run_id, by)
        return True
    asked = {"run": run.id, "by": by.person_id, "origin": by.origin}
    job_id = enqueue(session, undoing.UNDO, asked, by.now, key=str(run.id))
    run.summary = {name: told for name, told in run.summary.items() if name != "refused"} | {"undoing": job_id}
    return False


def refuse_undo(session: Session, run_id: int, why: Message) -> None:
    """It was not taken back; its page says why. One that is taken back already, by a worker that died before it could say so, stays so."""
    run = session.get_one(ImportRun, run_id, with_for_update=True, populate_existing=True)
    if run.undone_at is not None:
        return
    run.summary = {name: told for name, told in run.summary.items() if name != "undoing"} | {"refused": why.plain()}


def undo_import(session: Session, run_id: int, by: Actor) -> None:
    """Take back the last import; timelines and accounts follow.

    Raises:
        Conflict: it is not the last one, or later changes build on it.
    """
    while not step_undo(session, run_id, by):
        pass


def step_undo(session: Session, run_id: int, by: Actor) -> bool:
    """One short step of taking an import back: what it changed is told, then all of it is taken back at once, then what it wrote is
    cleared away. True when that is done; one that was cut off is gone on with.

    Raises:
        NotFound, Conflict: see :func:`undo_import`; nothing was changed.
    """
    run = session.get(ImportRun, run_id)
    if run is not None and run.undone_at is not None and "clearing" in run.summary:
        return undoing.clear(session, run_id, by)
    if import_log.catch_up(session, run_id):
        people_changed(session, undoing.undo(session, run_id, by), by)
        worklist.open_again(session, session.get_one(ImportRun, run_id), by)
    return False


def _write_in_turn(desk: Desk, steps: Sequence[Callable[[Session], None]], progress: Progress) -> None:
    for number, step in enumerate(steps, 1):
        with desk.writing() as session:
            step(session)
        desk.give_way()
        progress("writing", number, len(steps))


def _accounts_follow(session: Session, by: Actor, returned: Iterable[int]) -> None:
    own = load(session)
    roles.close_ended_accounts(session, local_day(by.now, own.zone if own else "UTC"), by)
    for person_id in returned:
        roles.reopen_rehired(session, person_id, by)
