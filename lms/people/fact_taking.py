"""Takes a file of facts in, whole or not at all: people by people in slices that nobody knows of yet, and a last step that makes all of
it known. One that was cut off goes on where it was, if the file would still do the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.errors import N_, Conflict, Invalid, Message, NotFound
from lms.files import FileStore, StoredFile
from lms.outbox import HowFar
from lms.people import fact_feed, import_log, imports
from lms.people.fact_feed import KINDS, FactPlan
from lms.people.importing import Options
from lms.people.mapping import Reading
from lms.people.models import ImportChange, ImportRun, Leave
from lms.people.plan import Verdict
from lms.people.preparing import last_change
from lms.people.staging import batches
from lms.people.undoing import forget

TAKE = "people.facts"
"""The job that takes a large file in."""

AT_ONCE = 2000
"""So many people are changed while one waits; more of them beside the pages, in slices."""

KEPT = ("what", "dates", "encoding", "partial")
"""What stays known of how a file was read, once it is taken in or given up."""

SLICE = 5000
"""People of one slice: a quarter of a second in which nobody else can write on SQLite."""


def begin(session: Session, plan: FactPlan, file_id: int | None, by: Actor, *, confirmed: bool) -> ImportRun:
    """Let what was looked at be taken in, by :func:`write` and :func:`finish`. The run keeps all that is needed to look again.

    Raises:
        Invalid: there are faults.
        Conflict: the fuse, people were changed since, or another import is being taken in.
    """
    if plan.faults:
        raise Invalid(N_("The file has %(count)s faults. Nothing was changed."), plan.problems, count=plan.faults)
    if plan.blown and not confirmed:
        raise Conflict(
            N_("This file would end %(hit)s of %(all)s entries. Nothing was changed. Look at the report; if it is right, confirm it."),
            hit=plan.counts[Verdict.ENDED], all=plan.by_feed,
        )  # fmt: skip
    _refuse_if_changed(session, plan)
    imports.clear_interrupted(session, by.now)
    given = plan.options
    options = {
        "what": plan.what, "dates": given.dates, "encoding": plan.encoding, "partial": given.partial, "good": given.good_rows,
        "reading": given.reading.plain(), "digest": plan.digest, "origin": by.origin,
    }  # fmt: skip
    run = ImportRun(
        source=given.source, file_id=file_id, as_of=given.as_of, options=options,
        summary={"unfinished": True, "what": plan.what, "done": 0, "total": len(plan.changes)},
        imported_at=by.now, imported_by=by.person_id, undone_at=by.now, undone_by=None,
    )  # fmt: skip
    session.add(run)
    session.flush()
    return run


def under_way(session: Session, run_id: int) -> ImportRun | None:
    """The run, locked, if it is still to be taken in; None when it is, was given up, or was cleared away."""
    run = session.get(ImportRun, run_id, with_for_update=True, populate_existing=True)
    return run if run is not None and how_far(run) is not None else None


def how_far(run: ImportRun) -> HowFar | None:
    """How many of the people whom it changes are written; None when it is not being taken in."""
    told = run.summary
    if not told.get("unfinished") or "total" not in told or "refused" in told:
        return None
    return HowFar("facts", told["done"], told["total"])


def look_again(session: Session, run_id: int, files: FileStore) -> FactPlan | None:
    """What a file that is being taken in would do now, read as it was declared; None when there is nothing to take in any more.

    Raises:
        NotFound: the file is gone.
        Conflict: it would do something else than what was looked at.
    """
    run = session.get(ImportRun, run_id)
    if run is None or how_far(run) is None:
        return None
    stored = session.get(StoredFile, run.file_id) if run.file_id is not None else None
    path = files.path(stored.sha256) if stored is not None else None
    if path is None or not path.exists():
        raise NotFound(N_("There is no such file. Upload it again."))
    said = run.options
    options = Options(
        run.source, run.as_of, said["dates"], said["encoding"], said["partial"], Reading.of(said["reading"]), said["good"]
    )  # fmt: skip
    with path.open("rb") as file:
        plan = fact_feed.look(session, file, said["what"], options, 1.0)
    if plan.faults or plan.digest != said["digest"]:
        raise _changed()
    return plan


def write(session: Session, run: ImportRun, plan: FactPlan, size: int = SLICE) -> bool:
    """Write the facts of the next people, superseded from the moment they are recorded, so that nobody knows them; False when there are
    none left to write."""
    done = run.summary["done"]
    some = plan.changes[done : done + size]
    if not some:
        return False
    model = KINDS[plan.what].model
    gone = [ident for _, ids, _ in some for ident in ids]
    if gone:
        kept = {"import_id": run.id, "table_name": model.__tablename__, "before": None}
        session.execute(insert(ImportChange), [{**kept, "row_id": ident} for ident in gone])
    if rows := _rows(session, run, plan, some, gone):
        session.execute(insert(model), rows)
    run.summary = {**run.summary, "done": done + len(some)}
    return True


def finish(session: Session, run: ImportRun, plan: FactPlan, by: Actor) -> None:
    """Make all that was written known at once.

    Raises:
        Conflict: somebody changed people or departments after the file was compared with them; nothing is taken in.
    """
    _refuse_if_changed(session, plan)
    model = KINDS[plan.what].model
    old = select(ImportChange.row_id).where(
        ImportChange.import_id == run.id, ImportChange.table_name == model.__tablename__
    )
    unsynchronised = {"synchronize_session": False}
    session.execute(
        update(model).where(model.id.in_(old)).values(superseded_at=by.now, superseded_by=by.person_id),
        execution_options=unsynchronised,
    )
    session.execute(
        update(model).where(model.import_id == run.id).values(recorded_at=by.now, superseded_at=None),
        execution_options=unsynchronised,
    )
    counts = {verdict.value: plan.counts[verdict] for verdict in Verdict}
    told = {"what": plan.what, "rows": plan.rows, "encoding": plan.encoding, "aside": len(plan.aside)}
    run.options = {name: run.options[name] for name in KEPT}
    run.summary, run.imported_at, run.undone_at = counts | told, by.now, None
    record(session, by, "people.import", "import_run", run.id, after=run.summary)
    session.flush()
    import_log.begin(session, run, by, (model,))


def give_up(session: Session, run_id: int, why: Message) -> None:
    """Remove what was written of a file that cannot be taken in any more, and say why."""
    run = under_way(session, run_id)
    if run is not None:
        forget(session, run)
        plain = {"text": why.msgid, "params": {name: str(value) for name, value in why.params.items()}}
        run.summary = {**run.summary, "refused": plain}
        run.options = {name: run.options[name] for name in KEPT}


def _refuse_if_changed(session: Session, plan: FactPlan) -> None:
    if last_change(session) != plan.seen:
        raise _changed()


def _changed() -> Conflict:
    return Conflict(
        N_("Somebody changed people or departments while the file was being compared. Nothing was changed; try again.")
    )


def _rows(
    session: Session, run: ImportRun, plan: FactPlan, some: Sequence[tuple[int, list[int], list[Any]]], gone: Sequence[int]
) -> list[dict[str, Any]]:  # fmt: skip
    kind = KINDS[plan.what]
    moment: datetime = run.imported_at
    unknown = {
        "import_id": run.id, "recorded_at": moment, "recorded_by": run.imported_by, "superseded_at": moment, "superseded_by": None,
    }  # fmt: skip
    rows = [
        {"person_id": person, **unknown, **{name: getattr(fact, name) for name in kind.fields}}
        for person, _, new in some
        for fact in new
    ]
    if kind.model is Leave:
        kept = _documents(session, gone)
        for row in rows:
            row["file_id"] = kept.get((row["person_id"], row["from_day"]))
    return rows


def _documents(session: Session, leave_ids: Sequence[int]) -> dict[tuple[int, date], int]:
    """The documents of leaves that are written anew with another end, by person and first day: they stay with the leave."""
    found: dict[tuple[int, date], int] = {}
    for some in batches(leave_ids, 500):
        query = select(Leave.person_id, Leave.from_day, Leave.file_id)
        for person, first, file_id in session.execute(query.where(Leave.id.in_(some))):
            if file_id is not None:
                found[person, first] = file_id
    return found
