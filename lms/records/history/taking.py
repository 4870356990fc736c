"""Takes completions of another system in, all of a file or nothing, and takes them back by revoking each of them: in slices, so that
nobody waits long for their turn to write. A file that is not whole yet says so, goes on where it was, and can be taken back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session

from lms.audit import Actor, AuditEntry
from lms.audit import record as note
from lms.bulk import bulk, moment_text
from lms.catalogue.models import CourseVersion
from lms.db import Base, is_sqlite
from lms.errors import N_, Conflict, Invalid
from lms.files import StoredFile
from lms.organisation import load
from lms.people.models import Person, display_name
from lms.people.queries import hold_people
from lms.records.history.courses import judge
from lms.records.history.models import HistoryRow, HistoryRun, Phase, State
from lms.records.history.queries import counts, still_count
from lms.records.models import How, Modality, RecordRevocation, TrainingRecord
from lms.records.sessions import noon

TAKE = "history.take"
"""The job that takes a file in, or takes it back."""

SLICE = 2500
"""Lines that are written in one step: a fifth of a second in which nobody else can write on SQLite."""

AT_ONCE = 2000
"""So many new lines are taken in while one waits; more of them beside the pages, in slices."""

HINDERS = (State.FAULT, State.UNKNOWN, State.UNMAPPED)
"""Lines that cannot be taken in: the file is refused, or they are left out because somebody says so."""


def begin(session: Session, run: HistoryRun, by: Actor, *, leave_out: bool = False) -> int:
    """Let a file be taken in, by :func:`step`; gives how many lines are new.

    ``leave_out``: lines that cannot be used stay behind, with their reasons.

    Raises:
        Conflict: the file was taken in or thrown away already, or is still being read.
        Invalid: some lines cannot be used, or nothing in it is new.
    """
    session.refresh(
        run, with_for_update=True
    )  # taken in, thrown away or taken back once, whoever else does so at this moment
    if run.phase != Phase.READY or run.problem is not None:
        raise Conflict(
            N_("This file cannot be taken in: it is still being read, was taken in already, or cannot be used.")
        )
    judge(session, run)
    found = counts(session, run)
    hindered = sum(found[state] for state in HINDERS)
    if hindered and not leave_out:
        raise Invalid(
            N_("%(count)s lines cannot be used. Correct them, or confirm that they are left out. Nothing was changed."),
            count=hindered,
        )
    if not found[State.NEW]:
        raise Invalid(N_("Nothing in this file is new. Nothing was changed."))
    run.phase, run.position, run.taken_at, run.taken_by = Phase.TAKING, 0, by.now, by.person_id
    session.flush()
    return found[State.NEW]


def begin_undo(session: Session, run: HistoryRun, reason: str, by: Actor) -> int:
    """Let :func:`step` revoke every record that the file brought and that still counts; gives how many. Nothing is removed.

    A file that is still being taken in is not taken in any further.

    Raises:
        Invalid: no reason.
        Conflict: it is not in force.
    """
    if not reason.strip():
        raise Invalid(N_("Say why the import is taken back."))
    session.refresh(run, with_for_update=True)
    if run.phase not in (Phase.TAKING, Phase.TAKEN) or by.person_id is None:
        raise Conflict(N_("This import is not in force, so it cannot be taken back. Nothing was changed."))
    run.phase, run.undone_at, run.undone_by, run.undo_reason = Phase.UNDOING, by.now, by.person_id, reason.strip()
    session.flush()
    return still_count(session, run)


def under_way(session: Session, run_id: int) -> bool:
    """Whether something is left to be taken in, or to be taken back."""
    phase = session.scalar(select(HistoryRun.phase).where(HistoryRun.id == run_id))
    return phase in (Phase.TAKING, Phase.UNDOING)


def step(session: Session, run_id: int, now: datetime, origin: str | None, size: int = SLICE) -> bool:
    """Take some more of a file in, or some more of it back, in the caller's transaction; True when the last was. A step that is done
    again after a crash goes on behind the last one. The audit log gets an entry for each person, and one for the file."""
    run = session.get(HistoryRun, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.phase not in (Phase.TAKING, Phase.UNDOING):
        return True
    if run.phase == Phase.TAKING:
        by = Actor(run.taken_by, now, origin)
        if _write(session, run, by, size):
            return False
        _finish(session, run, by)
    else:
        by = Actor(run.undone_by, now, origin)
        if _revoke(session, run, by, size):
            return False
        run.phase = Phase.UNDONE
        note(session, by, "record.import.undo", "history_run", run.id, before=run.summary, reason=run.undo_reason)
    session.flush()
    return True


def people(session: Session, run_id: int) -> list[int]:
    """Whom the records are about that a file brought, each once."""
    query = select(TrainingRecord.person_id).where(TrainingRecord.import_id == run_id).distinct()
    return sorted(session.scalars(query))


def _finish(session: Session, run: HistoryRun, by: Actor) -> None:
    found = counts(session, run)
    stored = session.get(StoredFile, run.file_id) if run.file_id is not None else None
    about = len(people(session, run.id))
    run.phase, run.taken_at = Phase.TAKEN, by.now
    run.summary = {state.value: found[state] for state in State} | {"people": about}
    told = {**run.summary, "source": run.source, "file": run.file_name, "sha256": stored.sha256 if stored else None}
    note(session, by, "record.import", "history_run", run.id, after=told)


# --- in slices -------------------------------------------------------------------------------------------------------


RECORD = (
    "person_id", "course_id", "completed_on", "completed_at", "language", "score", "how", "minutes", "topics", "course_code",
    "course_title", "modality", "expires", "provider", "outside_number", "import_id", "person_name", "department_id",
    "department_path", "job", "profession", "recorded_at", "recorded_by",
)  # fmt: skip
ENTRY = ("at", "actor_id", "action", "subject_kind", "subject_id", "about_id", "after", "origin")


def _write(session: Session, run: HistoryRun, by: Actor, size: int) -> bool:
    """Write records and entries of the next people by the quickest way there is: on SQLite nobody else can write meanwhile. False: none
    are left."""
    found = _new(session, run, size)
    if not found:
        return False
    own = load(session)
    zone = own.zone if own else "UTC"
    codes = dict(
        session.execute(select(CourseVersion.course_id, CourseVersion.code).order_by(CourseVersion.number)).all()
    )
    recorded = moment_text(session, by.now)

    @cache
    def at_noon(day: date) -> str:
        return moment_text(session, noon(day, zone))

    records, entries = Base.metadata.tables["training_record"], Base.metadata.tables["audit_entry"]
    fresh, told = [], []
    for who, rows in groupby(found, key=lambda row: row.person_id):
        lines = []
        for row in rows:
            code, expires = codes[row.course_id], row.expires.isoformat() if row.expires else None
            fresh.append(
                (
                    who, row.course_id, row.day.isoformat(), at_noon(row.day), "", row.score, How.ELSEWHERE.value, row.minutes, "{}",
                    code, row.course_name, Modality.UNKNOWN.value, expires, row.provider, row.certificate, run.id,
                    display_name(row.given_name, row.family_name), row.department_id, row.department_path, row.job,
                    row.profession, recorded, by.person_id,
                )
            )  # fmt: skip
            lines.append(_told(row, code))
        after = json.dumps({"import": run.id, "source": run.source, "records": lines}, ensure_ascii=False)
        told.append((recorded, by.person_id, "record.import", "history_run", run.id, who, after, by.origin))
    bulk(session, records, fresh, only=RECORD)
    bulk(session, entries, told, only=ENTRY)
    run.position = found[-1].person_id
    return True


def _new(session: Session, run: HistoryRun, size: int) -> Sequence[Any]:
    """The next new lines with the names of their people: of whole people, at least one. What was recorded since the file was judged is
    not among them."""
    row = HistoryRow.__table__.c
    mine = (row.run_id == run.id) & (row.state == State.NEW) & (row.person_id > run.position)
    next_people = select(row.person_id).where(mine).order_by(row.person_id).limit(size)
    ids = session.scalars(next_people).all()
    if not ids:
        return []
    last = ids[-1] if len(ids) < size or ids[0] == ids[-1] else max(who for who in ids if who != ids[-1])
    hold_people(
        session, select(row.person_id).where(mine, row.person_id <= last)
    )  # two files never bring the same at once
    same = exists().where(
        TrainingRecord.person_id == row.person_id,
        TrainingRecord.course_id == row.course_id,
        TrainingRecord.completed_on == row.day,
        ~exists().where(RecordRevocation.record_id == TrainingRecord.id),
    )
    there = select(row.line).where(mine, row.person_id <= last, same)
    if known := session.scalars(there).all():
        session.execute(
            update(HistoryRow).where(HistoryRow.run_id == run.id, HistoryRow.line.in_(known)).values(state=State.THERE),
            execution_options={"synchronize_session": False},
        )
    query = select(HistoryRow.__table__, Person.given_name, Person.family_name).join(Person, Person.id == row.person_id)
    found = session.execute(query.where(mine, row.person_id <= last).order_by(row.person_id, row.line)).all()
    if not found:  # all of these were recorded meanwhile
        run.position = last
        return _new(session, run, size)
    return found


def _revoke(session: Session, run: HistoryRun, by: Actor, size: int) -> bool:
    """Revoke some more of what the file brought; False when nothing of it counts any more."""
    record = TrainingRecord
    counts_still = (record.import_id == run.id) & ~exists().where(RecordRevocation.record_id == record.id)
    query = select(record.id, record.person_id, record.course_code, record.completed_on).order_by(
        record.person_id, record.id
    )
    found = session.execute(query.where(counts_still).limit(size)).all()
    if not found:
        return False
    if not is_sqlite(session):  # somebody else may revoke one of them at this moment: held, and looked at again
        ids = [row.id for row in found]
        session.execute(select(record.id).where(record.id.in_(ids)).order_by(record.id).with_for_update())
        found = session.execute(query.where(counts_still, record.id.in_(ids))).all()
        if not found:
            return True
    revoked = {"revoked_at": by.now, "revoked_by": by.person_id, "reason": run.undo_reason}
    session.execute(insert(RecordRevocation), [{"record_id": row.id, **revoked} for row in found])
    entries = []
    for who, rows in groupby(found, key=lambda row: row.person_id):
        told = [{"record": row.id, "course": row.course_code, "day": row.completed_on.isoformat()} for row in rows]
        entries.append(_entry(run, "record.import.undo", who, {"records": told}, None, run.undo_reason, by))
    session.execute(insert(AuditEntry), entries)
    return True


def _told(row: Any, code: str) -> dict[str, Any]:
    said = {
        "line": row.line, "course": code, "called": row.course_name, "day": row.day.isoformat(), "score": row.score,
        "minutes": row.minutes, "certificate": row.certificate, "expires": row.expires.isoformat() if row.expires else None,
        "provider": row.provider,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _entry(
    run: HistoryRun,
    action: str,
    about: int,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    reason: str | None,
    by: Actor,
) -> dict[str, Any]:
    return {
        "at": by.now, "actor_id": by.person_id, "action": action, "subject_kind": "history_run", "subject_id": run.id,
        "about_id": about, "before": before, "after": after, "reason": reason, "origin": by.origin,
    }  # fmt: skip
