"""Reads a file of completions into rows of its own, in short steps; nothing of it is known until it is taken in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.clock import local_day
from lms.errors import N_, Conflict, Invalid, Message, NotFound
from lms.files import FileStore, StoredFile
from lms.organisation import load
from lms.people import queries as people
from lms.people import sources
from lms.people.models import DepartmentVersion, Person
from lms.people.plan import Placed
from lms.people.preparing import open_table
from lms.people.sources import COMPLETIONS
from lms.people.tree import SEPARATOR
from lms.records.history.courses import Courses, judge
from lms.records.history.file import Claim, Fault, HistoryReader
from lms.records.history.models import HistoryRow, HistoryRun, Phase, State

READ = "history.read"
"""The job that reads a file."""

BATCH = 5000
"""Lines of one step: well under a second on a slow disk."""


def begin(
    session: Session,
    source: str,
    numbers_of: str,
    stored: StoredFile,
    dates: str | None,
    encoding: str | None,
    by: Actor,
) -> HistoryRun:
    """A file that is to be read.

    Raises:
        Invalid: no name of the system, or one that is too long.
    """
    source, numbers_of = source.strip(), numbers_of.strip()
    if not 0 < len(source) <= 60 or not 0 < len(numbers_of) <= 60:
        raise Invalid(N_("Name the system that the completions come from, in 60 characters at most."))
    run = HistoryRun(
        source=source, numbers_of=numbers_of, file_id=stored.id, file_name=stored.name, dates=dates, encoding=encoding,
        phase=Phase.READING, position=0, lines=0, problem=None, summary={}, asked_at=by.now, asked_by=by.person_id, taken_at=None,
        taken_by=None, undone_at=None, undone_by=None, undo_reason=None,
    )  # fmt: skip
    session.add(run)
    session.flush()
    return run


def again(session: Session, run: HistoryRun, dates: str | None, encoding: str | None) -> None:
    """Read the file from its beginning, after it was settled how it is read.

    Raises:
        Conflict: it was taken in, or thrown away, meanwhile.
    """
    session.refresh(run, with_for_update=True)
    if run.phase not in (Phase.READING, Phase.READY):
        raise Conflict(N_("This file was taken in or thrown away already."))
    session.execute(delete(HistoryRow).where(HistoryRow.run_id == run.id))
    run.phase, run.position, run.lines, run.problem, run.summary = Phase.READING, 0, 0, None, {}
    run.dates, run.encoding = dates, encoding


def step(session: Session, run_id: int, files: FileStore, by: Actor, size: int = BATCH) -> bool:
    """Read some more lines, in the caller's transaction; True when all are read. Done again after a crash it goes on where it was."""
    run = session.get(HistoryRun, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.phase != Phase.READING:
        return True
    try:
        lines = _next(session, run, files, _today(session, by), size)
    except (Invalid, NotFound) as error:
        session.execute(delete(HistoryRow).where(HistoryRow.run_id == run.id))
        told = error.problems if isinstance(error, Invalid) else ()
        run.problem = {**error.message.plain(), "more": [each.message.plain() for each in told]}
        run.phase = Phase.READY
        return True
    courses = Courses.known(session, sources.reading(session, run.source, COMPLETIONS))
    rows = _rows(session, run, lines, courses)
    if rows:
        session.execute(insert(HistoryRow), rows)
        run.position, run.lines = rows[-1]["line"], run.lines + len(rows)
    if len(rows) == size:
        return False
    if not run.lines:
        run.problem = {**Message(N_("The file holds no completions, only a heading.")).plain(), "more": []}
    judge(session, run)
    run.phase = Phase.READY
    return True


def drop(session: Session, run: HistoryRun) -> None:
    """Throw a file away that was only looked at.

    Raises:
        Conflict: it was taken in, or thrown away, already.
    """
    session.refresh(run, with_for_update=True)
    if run.phase not in (Phase.READING, Phase.READY):
        raise Conflict(N_("This file was taken in or thrown away already."))
    session.execute(delete(HistoryRow).where(HistoryRow.run_id == run.id))
    run.phase = Phase.DROPPED


def _next(session: Session, run: HistoryRun, files: FileStore, today: date, size: int) -> list[Claim | Fault]:
    stored = session.get(StoredFile, run.file_id) if run.file_id is not None else None
    path = files.path(stored.sha256) if stored is not None else None
    if path is None or not path.exists():
        raise NotFound(N_("There is no such file. Upload it again."))
    with path.open("rb") as file:
        table, run.encoding = open_table(file, run.file_name, run.encoding)
        reading = sources.reading(session, run.source, COMPLETIONS)
        return list(islice(HistoryReader(table, reading, run.dates, today).lines(run.position), size))


def _today(session: Session, by: Actor) -> date:
    own = load(session)
    return local_day(by.now, own.zone if own else "UTC")


# --- rows ---------------------------------------------------------------------------------------------------------------


def _rows(session: Session, run: HistoryRun, lines: Sequence[Claim | Fault], courses: Courses) -> list[dict[str, Any]]:
    claims = [line for line in lines if isinstance(line, Claim)]
    found = _people(session, run.numbers_of, claims)
    ids = sorted({who for who, _ in found.values() if who is not None})
    placed = _placed(session, ids)
    paths = _Paths(session, {held.holding.department_id for many in placed.values() for held in many})
    rows = []
    for line in lines:
        if isinstance(line, Fault):
            rows.append(
                _blank(run, line.line, line.who, line.course)
                | _fault(line.column, line.value, line.message, line.remedy)
            )
            continue
        who, wrong = found[line.line]
        row = _blank(run, line.line, line.who, line.course) | {
            "person_id": who, "day": line.day, "score": line.score, "minutes": line.minutes, "certificate": line.certificate or None,
            "expires": line.expires, "provider": line.provider or None,
        }  # fmt: skip
        if wrong is not None:
            row |= _fault("number" if line.number else "email", line.who, *wrong) | {"state": State.UNKNOWN}
        else:
            course = courses.of(line.course)
            row |= {"course_id": course.id, "state": course.state}
            row |= _held(placed.get(who or 0, ()), line.day, paths)
        rows.append(row)
    return rows


def _blank(run: HistoryRun, line: int, who: str, course: str) -> dict[str, Any]:
    return {
        "run_id": run.id, "line": line, "number": who, "course_name": course, "course_key": course.casefold(), "state": State.FAULT,
        "person_id": None, "course_id": None, "day": None, "score": None, "minutes": 0, "certificate": None, "expires": None,
        "provider": None, "department_id": None, "department_path": "", "job": "", "profession": "", "column": None, "value": None,
        "message": None, "remedy": None,
    }  # fmt: skip


def _fault(column: str, value: str, message: Message, remedy: Message) -> dict[str, Any]:
    return {"column": column, "value": value, "message": message.plain(), "remedy": remedy.plain()}


Found = dict[int, tuple[int | None, tuple[Message, Message] | None]]
"""By line: whom it means, or why nobody."""


def _people(session: Session, numbers_of: str, claims: Sequence[Claim]) -> Found:
    by_number = _wanted(session, {(claim.source or numbers_of, claim.number) for claim in claims if claim.number})
    by_email = _addresses(session, {claim.email for claim in claims if claim.email})
    found: Found = {}
    for claim in claims:
        numbered = by_number.get((claim.source or numbers_of, claim.number))
        addressed = by_email.get(claim.email) if claim.email else None
        if claim.number and addressed is not None and numbered is not None and numbered != addressed:
            found[claim.line] = (
                None,
                (
                    Message(N_("The number and the e-mail address belong to two people.")),
                    Message(N_("Correct one of them, or leave one empty.")),
                ),
            )
        elif numbered is None and addressed is None:
            found[claim.line] = None, _nobody(claim, numbers_of)
        else:
            found[claim.line] = (numbered if numbered is not None else addressed), None
    return found


def _nobody(claim: Claim, numbers_of: str) -> tuple[Message, Message]:
    if not claim.number:
        return (
            Message(N_("Nobody has this e-mail address.")),
            Message(
                N_("Correct it, or write the employee number. People who are not known here are added by a staff file.")
            ),
        )
    return (
        Message(N_("Nobody of %(source)s has this number."), {"source": claim.source or numbers_of}),
        Message(
            N_(
                "Correct it, name the system that it comes from, or take in a staff file that lists this person, leavers too."
            )
        ),
    )


def _wanted(session: Session, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    numbers = sorted({number for _, number in wanted})
    for start in range(0, len(numbers), 500):
        rows = session.execute(
            select(Person.source, Person.number, Person.id).where(Person.number.in_(numbers[start : start + 500]))
        )
        found.update({(source, number): ident for source, number, ident in rows if (source, number) in wanted})
    return found


def _addresses(session: Session, wanted: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    addresses = sorted(wanted)
    for start in range(0, len(addresses), 500):
        some = addresses[start : start + 500]
        rows = session.execute(select(func.lower(Person.email), Person.id).where(func.lower(Person.email).in_(some)))
        found.update((address, ident) for address, ident in rows)
    return found


def _placed(session: Session, ids: Sequence[int]) -> dict[int, Sequence[Placed]]:
    found: dict[int, Sequence[Placed]] = {}
    for start in range(0, len(ids), 500):
        facts = people.facts_of(session, list(ids[start : start + 500]))
        found.update({who: known.memberships for who, known in facts.items()})
    return found


def _held(placed: Sequence[Placed], day: date, paths: _Paths) -> dict[str, Any]:
    """What somebody held on the day; before they were known here: nothing."""
    there = [one for one in placed if one.from_day <= day < one.to_day]
    if not there:
        return {}
    one = min(there, key=lambda each: (not each.primary, each.id or 0))
    where = one.holding.department_id
    return {
        "department_id": where, "department_path": paths.of(where, day), "job": one.holding.job, "profession": one.holding.profession,
    }  # fmt: skip


class _Paths:
    """What departments and all above them were called on a day, without asking the database for each day."""

    def __init__(self, session: Session, wanted: set[int]) -> None:
        self._versions: dict[int, list[tuple[date, date, str, int | None]]] = {}
        self._told: dict[tuple[int, date], str] = {}
        if wanted:
            version = DepartmentVersion
            rows = session.execute(
                select(version.department_id, version.from_day, version.to_day, version.name, version.parent_id).where(
                    version.superseded_at.is_(None)
                )
            )
            for ident, first, end, name, parent in rows:
                self._versions.setdefault(ident, []).append((first, end, name, parent))

    def of(self, department_id: int, day: date) -> str:
        key = (department_id, day)
        if key not in self._told:
            names: list[str] = []
            seen: set[int] = set()
            at: int | None = department_id
            while at is not None and at not in seen:
                seen.add(at)
                version = next((v for v in self._versions.get(at, ()) if v[0] <= day < v[1]), None)
                if version is None:
                    break
                names.append(version[2])
                at = version[3]
            self._told[key] = SEPARATOR.join(reversed(names))
        return self._told[key]
