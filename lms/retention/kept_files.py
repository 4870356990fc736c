"""Files that name several people: sign-in sheets, files of completions with their lines, and files that were never taken in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.files import StoredFile
from lms.people import dry_runs
from lms.people.models import DryRun, ImportRun, Person
from lms.records.history.models import HistoryRow, HistoryRun, Phase
from lms.records.models import SessionSheet, TrainingRecord
from lms.retention.queries import SOURCE

GONE = "–"


def forget_lines(session: Session, ids: list[int]) -> None:
    """Numbers in lines about these people, and of certificates of other systems; courses, days and minutes stay."""
    line = {"number": GONE, "value": GONE, "certificate": None}
    session.execute(update(HistoryRow).where(HistoryRow.person_id.in_(ids)).values(line))
    theirs = TrainingRecord.person_id.in_(ids) & TrainingRecord.outside_number.is_not(None)
    session.execute(update(TrainingRecord).where(theirs).values(outside_number=GONE))


def last_sheets(session: Session) -> list[int]:
    """Sheets of sessions of which nobody is known by name any more: a sheet is evidence for all who signed it, and goes with the last of
    them. Gives the ids of the files; the rows that led to them are gone."""
    named = (
        select(TrainingRecord.session_id)
        .join(Person, Person.id == TrainingRecord.person_id)
        .where(TrainingRecord.session_id.is_not(None), Person.source != SOURCE)
    )
    attended = select(TrainingRecord.session_id).where(TrainingRecord.session_id.is_not(None))
    of_these = SessionSheet.session_id.in_(attended) & SessionSheet.session_id.not_in(named)
    sheets = session.scalars(select(SessionSheet).where(of_these)).all()
    for sheet in sheets:
        session.delete(sheet)
    session.flush()
    return [sheet.file_id for sheet in sheets]


def old_history_files(session: Session, asked_before: datetime) -> list[int]:
    """Let go of files of completions that were uploaded before a moment, and of what their lines say of people nobody knows. Gives the
    ids of the files."""
    old = select(HistoryRun).where(HistoryRun.file_id.is_not(None), HistoryRun.asked_at < asked_before)
    files = []
    for run in session.scalars(old).all():
        if run.file_id is not None:
            files.append(run.file_id)
        run.file_id = None
        unknown = (HistoryRow.run_id == run.id) & HistoryRow.person_id.is_(None)
        session.execute(update(HistoryRow).where(unknown).values(number=GONE, value=GONE, certificate=None))
    session.flush()
    return files


def never_taken_in(session: Session, uploaded_before: datetime) -> list[int]:
    """Files that were uploaded to be taken in, before a moment, of which nobody asks any more: no import came of them, and what they would
    do is kept no longer. Gives their ids."""
    wanted = (ImportRun.file_id, DryRun.file_id, DryRun.departments_id, HistoryRun.file_id)
    old = select(StoredFile.id).where(StoredFile.purpose == "import", StoredFile.created_at < uploaded_before)
    for column in wanted:
        old = old.where(~select(column).where(column == StoredFile.id).exists())
    return list(session.scalars(old))


def let_go_of_looks(session: Session, asked_before: datetime) -> None:
    """Let go of what files would do that were looked at before a moment, and of files of completions that were thrown away."""
    dry_runs.forget_old(session, asked_before)
    dropped = update(HistoryRun).where(HistoryRun.phase == Phase.DROPPED, HistoryRun.asked_at < asked_before)
    session.execute(dropped.values(file_id=None))
