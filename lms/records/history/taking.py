"""Takes completions of another system in, all of a file or nothing, and takes them back by revoking each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import insert, select, tuple_
from sqlalchemy.orm import Session

from lms.audit import Actor, AuditEntry
from lms.audit import record as note
from lms.catalogue.models import CourseVersion
from lms.db import Base
from lms.errors import N_, Conflict, Invalid
from lms.files import StoredFile
from lms.organisation import load
from lms.people.models import Person
from lms.people.staging import bulk, moment_text
from lms.records.history.courses import judge
from lms.records.history.models import HistoryRow, HistoryRun, Phase, State
from lms.records.history.queries import counts
from lms.records.models import How, Modality, RecordRevocation, TrainingRecord
from lms.records.sessions import noon

BATCH = 5000
"""Rows that are in memory at once."""

HINDERS = (State.FAULT, State.UNKNOWN, State.UNMAPPED)
"""Lines that cannot be taken in: the file is refused, or they are left out because somebody says so."""


def take_in(session: Session, run: HistoryRun, by: Actor, *, leave_out: bool = False) -> list[int]:
    """Write a record for every new line; gives the ids of the people, each once. The audit log gets an entry for each of them.

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
    stored = session.get(StoredFile, run.file_id) if run.file_id is not None else None
    people = _write(session, run, by)
    run.phase, run.taken_at, run.taken_by = Phase.TAKEN, by.now, by.person_id
    run.summary = {state.value: found[state] for state in State} | {"people": len(people)}
    told = {**run.summary, "source": run.source, "file": run.file_name, "sha256": stored.sha256 if stored else None}
    note(session, by, "record.import", "history_run", run.id, after=told)
    session.flush()
    return people


def undo(session: Session, run: HistoryRun, reason: str, by: Actor) -> list[int]:
    """Revoke every record that the file brought and that still counts; gives the ids of the people. Nothing is removed.

    Raises:
        Invalid: no reason.
        Conflict: it is not in force.
    """
    if not reason.strip():
        raise Invalid(N_("Say why the import is taken back."))
    session.refresh(run, with_for_update=True)
    if run.phase != Phase.TAKEN or by.person_id is None:
        raise Conflict(N_("This import is not in force, so it cannot be taken back. Nothing was changed."))
    people: list[int] = []
    for batch in _in_force(session, run):
        revoked = {"revoked_at": by.now, "revoked_by": by.person_id, "reason": reason.strip()}
        session.execute(insert(RecordRevocation), [{"record_id": row.id, **revoked} for row in batch])
        entries = []
        for who, rows in groupby(batch, key=lambda row: row.person_id):
            told = [{"record": row.id, "course": row.course_code, "day": row.completed_on.isoformat()} for row in rows]
            people.append(who)
            entries.append(_entry(run, "record.import.undo", who, {"records": told}, None, reason.strip(), by))
        session.execute(insert(AuditEntry), entries)
    run.phase, run.undone_at, run.undone_by, run.undo_reason = Phase.UNDONE, by.now, by.person_id, reason.strip()
    note(session, by, "record.import.undo", "history_run", run.id, before=run.summary, reason=reason.strip())
    session.flush()
    return sorted(set(people))


# --- in batches -------------------------------------------------------------------------------------------------------


RECORD = (
    "person_id", "course_id", "completed_on", "completed_at", "language", "score", "how", "minutes", "topics", "course_code",
    "course_title", "modality", "expires", "provider", "outside_number", "import_id", "person_name", "department_id",
    "department_path", "job", "profession", "recorded_at", "recorded_by",
)  # fmt: skip
ENTRY = ("at", "actor_id", "action", "subject_kind", "subject_id", "about_id", "after", "origin")


def _write(session: Session, run: HistoryRun, by: Actor) -> list[int]:
    """Write records and entries by the quickest way there is: on SQLite nobody else can write meanwhile."""
    own = load(session)
    zone = own.zone if own else "UTC"
    codes = dict(
        session.execute(select(CourseVersion.course_id, CourseVersion.code).order_by(CourseVersion.number)).all()
    )
    mark = "" if session.get_bind().dialect.name == "sqlite" else "+00"
    recorded = moment_text(by.now) + mark

    @cache
    def at_noon(day: date) -> str:
        return moment_text(noon(day, zone)) + mark

    records, entries = Base.metadata.tables["training_record"], Base.metadata.tables["audit_entry"]
    people: list[int] = []
    for batch in _new(session, run):
        fresh, told = [], []
        for who, rows in groupby(batch, key=lambda row: row.person_id):
            lines = []
            for row in rows:
                code, expires = codes[row.course_id], row.expires.isoformat() if row.expires else None
                fresh.append(
                    (
                        who, row.course_id, row.day.isoformat(), at_noon(row.day), "", row.score, How.ELSEWHERE.value, row.minutes, "{}",
                        code, row.course_name, Modality.UNKNOWN.value, expires, row.provider, row.certificate, run.id,
                        f"{row.given_name} {row.family_name}".strip(), row.department_id, row.department_path, row.job,
                        row.profession, recorded, by.person_id,
                    )
                )  # fmt: skip
                lines.append(_told(row, code))
            after = json.dumps({"import": run.id, "source": run.source, "records": lines}, ensure_ascii=False)
            told.append((recorded, by.person_id, "record.import", "history_run", run.id, who, after, by.origin))
            people.append(who)
        bulk(session, records, fresh, only=RECORD)
        bulk(session, entries, told, only=ENTRY)
    return sorted(set(people))


def _new(session: Session, run: HistoryRun) -> Iterator[Sequence[Any]]:
    """The new lines with the names of their people, by person, some at a time."""
    row = HistoryRow.__table__.c
    query = (
        select(HistoryRow.__table__, Person.given_name, Person.family_name)
        .join(Person, Person.id == row.person_id)
        .where(row.run_id == run.id, row.state == State.NEW)
        .order_by(row.person_id, row.line)
        .limit(BATCH)
    )
    after = (0, 0)
    while found := session.execute(query.where(tuple_(row.person_id, row.line) > after)).all():
        yield found
        after = (found[-1].person_id, found[-1].line)


def _in_force(session: Session, run: HistoryRun) -> Iterator[Sequence[Any]]:
    record = TrainingRecord
    query = (
        select(record.id, record.person_id, record.course_code, record.completed_on)
        .outerjoin(RecordRevocation, RecordRevocation.record_id == record.id)
        .where(record.import_id == run.id, RecordRevocation.id.is_(None))
        .order_by(record.person_id, record.id)
        .limit(BATCH)
    )
    while found := session.execute(query).all():
        yield found  # what was yielded is revoked before the next are asked for


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
