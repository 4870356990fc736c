"""Takes a file of facts in, whole or not at all: people by people in slices that nobody knows of yet, and a last step that makes all of
it known. One that was cut off goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.bulk import batches
from lms.people import import_log, imports
from lms.people.fact_feed import KINDS, FactPlan
from lms.people.models import ImportChange, ImportRun, Leave
from lms.people.plan import Verdict
from lms.people.preparing import hold

SLICE = 5000
"""People of one slice: a quarter of a second in which nobody else can write on SQLite."""


def begin(session: Session, plan: FactPlan, file_id: int | None, by: Actor) -> ImportRun:
    """Let what was looked at be taken in, by :func:`write` and :func:`finish`.

    Raises:
        Conflict: another import is being taken in.
    """
    imports.clear_interrupted(session, by.now)
    given = plan.options
    run = ImportRun(
        source=given.source, file_id=file_id, as_of=given.as_of,
        options={"what": plan.what, "dates": given.dates, "encoding": plan.encoding, "partial": given.partial},
        summary={"unfinished": True, "what": plan.what, "done": 0}, imported_at=by.now, imported_by=by.person_id,
        undone_at=by.now, undone_by=None,
    )  # fmt: skip
    session.add(run)
    session.flush()
    return run


def under_way(session: Session, run_id: int) -> ImportRun | None:
    """The run, locked, if it is still to be taken in; None when it is, or was cleared away."""
    run = session.get(ImportRun, run_id, with_for_update=True, populate_existing=True)
    return run if run is not None and run.summary.get("unfinished") else None


def write(session: Session, run: ImportRun, plan: FactPlan, size: int) -> bool:
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
    model = KINDS[plan.what].model
    old = select(ImportChange.row_id).where(
        ImportChange.import_id == run.id, ImportChange.table_name == model.__tablename__
    )
    either = (model.import_id == run.id) | model.id.in_(old)
    hold(session, select(model.person_id).where(either), plan.seen)
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
    run.summary, run.imported_at, run.undone_at = counts | told, by.now, None
    record(session, by, "people.import", "import_run", run.id, after=run.summary)
    session.flush()
    import_log.begin(session, run, by, (model,))


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
