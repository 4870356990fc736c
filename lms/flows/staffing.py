"""Facts about people and departments were written: timelines and accounts follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from lms.accounts import roles
from lms.audit import Actor
from lms.clock import local_day
from lms.compliance import actions as compliance
from lms.db import Desk
from lms.files import StoredFile
from lms.organisation import load
from lms.outbox import enqueue
from lms.people import fact_taking, imports, undoing, worklist
from lms.people import queries as people
from lms.people.fact_feed import FactPlan
from lms.people.models import ImportRun
from lms.people.prepared import Prepared, Progress


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
    progress: Progress = lambda phase, done, total: None,
) -> ImportRun:
    """Take in a file that was prepared on the same desk: in short transactions that nobody can see the outcome of, and a last
    one that makes all of it known. The desk belongs to the edge and ends them.

    Raises:
        Invalid: the file has faults.
        Conflict: the fuse holds it back, or something changed since it was prepared. Nothing was taken in.
    """
    imports.refuse(prepared, confirmed=confirmed)
    with desk.writing() as session:
        run = imports.begin(session, prepared, file_id, by)
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
        with desk.writing() as session:
            imports.abandon(session, run.id)
        raise
    return done


def note_faults(session: Session, prepared: Prepared, file_name: str, by: Actor) -> int:
    """The faults of a file that is not taken in wait in the work list; gives how many are new."""
    told = [*prepared.problems, *prepared.aside]
    return worklist.note(session, prepared.options.source, "staff", told, prepared.numbers, file_name, by)[0]


def note_fact_faults(session: Session, plan: FactPlan, file_name: str, by: Actor) -> int:
    """The same for a file of facts."""
    told = [*plan.problems, *plan.aside]
    return worklist.note(session, plan.options.source, plan.what, told, plan.numbers, file_name, by)[0]


def _name_of(session: Session, file_id: int | None) -> str:
    stored = session.get(StoredFile, file_id) if file_id is not None else None
    return stored.name if stored is not None else ""


def take_in_facts(
    session: Session, plan: FactPlan, file_id: int | None, by: Actor, *, confirmed: bool = False
) -> ImportRun:
    """Take in a file of licences, duties, leaves or birth months, whole or not at all; timelines follow. A small file is taken in now,
    in the caller's transaction; for a large one a worker is asked, and the run says how far it is.

    Raises:
        Invalid: the file has faults.
        Conflict: the fuse holds it back, or something changed since it was looked at. Nothing was taken in.
    """
    run = fact_taking.begin(session, plan, file_id, by, confirmed=confirmed)
    if len(plan.changes) > fact_taking.AT_ONCE:
        go_on_with_facts(session, run, by)
        return run
    while not step_facts(session, run.id, plan, by.now):
        pass
    return run


def go_on_with_facts(session: Session, run: ImportRun, by: Actor) -> None:
    """Have a worker take a file of facts in, as far as that is still to be done."""
    enqueue(session, fact_taking.TAKE, {"run": run.id}, by.now, key=str(run.id))


def step_facts(session: Session, run_id: int, plan: FactPlan, now: datetime) -> bool:
    """One slice of a file of facts, in the caller's transaction; the last step makes all known, and timelines and the work list follow.
    True when there is nothing (more) to do.

    Raises:
        Conflict: something changed since the file was compared.
    """
    run = fact_taking.under_way(session, run_id)
    if run is None:
        return True
    if fact_taking.write(session, run, plan):
        return False
    by = Actor(run.imported_by, now, run.options["origin"])
    fact_taking.finish(session, run, plan, by)
    waiting = worklist.open_numbers(session, run.source, plan.what)
    solved_for = waiting & plan.listed if plan.options.partial else None
    worklist.note(
        session, run.source, plan.what, plan.aside, plan.numbers, _name_of(session, run.file_id), by, solved_for=solved_for
    )  # fmt: skip
    people_changed(session, plan.touched, by)
    return True


def undo_import(session: Session, run_id: int, by: Actor) -> None:
    """Take back the last import; timelines and accounts follow.

    Raises:
        Conflict: it is not the last one, or later changes build on it.
    """
    people_changed(session, undoing.undo(session, run_id, by), by)


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
