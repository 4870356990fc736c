"""Writes the spans of people: only what differs from what is stored, and the changed counts beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Integer, bindparam, insert, select
from sqlalchemy.orm import Session

from lms.compliance import gathering
from lms.compliance.models import COUNTED, Generation, Span, TallyPending
from lms.compliance.rows import Row, changes, rows_of
from lms.compliance.surroundings import asked_by
from lms.compliance.tallies import within
from lms.organisation import load
from lms.people.models import Person
from lms.prepared import Prepared, among

COLUMNS = ("generation_id", *Row._fields)


LOCK = Prepared(select(Person.id).where(among(Person.id, "people")).order_by(Person.id).with_for_update(key_share=True))


def lock(session: Session, person_ids: Collection[int]) -> None:
    """Make whoever else works out these people wait for this transaction; people in the order of their ids, so nobody is stuck."""
    LOCK.rows(session, people=person_ids)


def work_out(session: Session, person_ids: Sequence[int]) -> dict[int, list[Row]]:
    """The rows that the facts of today give for these people, by person. Twelve statements, more where rules ask for more."""
    organisation = load(session)
    soon_days = organisation.due_soon_days if organisation else 30
    requirements = list(gathering.requirements(session, of=person_ids).values())
    people = gathering.people(session, person_ids, asks=asked_by(requirements))
    return {person: rows_of(requirements, facts, soon_days) for person, facts in people.items()}


STORED = Prepared(
    select(*(getattr(Span, name) for name in Row._fields)).where(
        within(bindparam("generation", type_=Integer)), among(Span.person_id, "people")
    )
)


def stored(session: Session, generation_id: int, person_ids: Collection[int]) -> set[Row]:
    """The rows that are stored for these people in a generation."""
    return {Row._make(row) for row in STORED.rows(session, generation=generation_id, people=person_ids)}


def replace(session: Session, generation: Generation, fresh: Mapping[int, Sequence[Row]], *, note: bool = True) -> bool:
    """Bring the rows of people to ``fresh``; unchanged rows stay, and counts that change are noted as pending. Gives whether any were.

    ``note`` False: nothing is noted, because the counts of the whole generation are still to be worked out.
    """
    added: Collection[Row] = [row for rows in fresh.values() for row in rows]
    removed: Collection[Row] = stored(session, generation.id, fresh)
    if removed:
        removed, added = set(removed) - set(added), set(added) - set(removed)
    _delete(session, generation.id, removed)
    _insert(session, generation.id, added)
    if not note:
        return False
    pending = [
        {"generation_id": generation.id, "day": day, "requirement_id": requirement, "department_id": department}
        | dict(zip(COUNTED, counts, strict=True))
        for (day, requirement, department), counts in changes(removed, added).items()
    ]
    if pending:
        session.execute(insert(TallyPending), pending)
    return bool(pending)


def _delete(session: Session, generation_id: int, rows: Iterable[Row]) -> None:
    keys = [(generation_id, row.person_id, row.requirement_id, _plain(session, row.from_day)) for row in rows]
    if keys:
        where = " AND ".join(
            f"{name} = {_mark(session)}" for name in ("generation_id", "person_id", "requirement_id", "from_day")
        )
        session.connection().exec_driver_sql(f"DELETE FROM span WHERE {where}", keys)


def _insert(session: Session, generation_id: int, rows: Collection[Row]) -> None:
    """Many rows at once, past the object layer, which would cost more than working them out."""
    if not rows:
        return
    names = ", ".join(COLUMNS)
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()  # a kept connection has no driver_connection
        with cursor, cursor.copy(f"COPY span ({names}) FROM STDIN") as copy:
            copy.write("".join(_copy_lines(generation_id, rows)))
        return
    marks = ", ".join(["?"] * len(COLUMNS))
    text = _Texts()
    plain = [
        (generation_id, person, requirement, text[start], text[end], place, int(state), beneath, text[due], text[until],
         text[soon], cycle, because, lapsed)
        for person, requirement, start, end, place, state, beneath, due, until, soon, cycle, because, lapsed in rows
    ]  # fmt: skip
    connection.exec_driver_sql(f"INSERT INTO span ({names}) VALUES ({marks})", plain)


def _copy_lines(generation_id: int, rows: Iterable[Row]) -> Iterator[str]:
    """Rows as PostgreSQL's COPY reads them. Nothing in them needs escaping: days, numbers, and the names of facts."""
    text: dict[date | None, str | None] = _Texts()
    text[None] = NULL
    for person, requirement, start, end, place, state, beneath, due, until, soon, cycle, because, lapsed in rows:
        under = NULL if beneath is None else int(beneath)
        yield (
            f"{generation_id}\t{person}\t{requirement}\t{text[start]}\t{text[end]}\t{place}\t{int(state)}\t{under}\t"
            f"{text[due]}\t{text[until]}\t{text[soon]}\t{cycle}\t{because}\t{lapsed}\n"
        )


NULL = "\\N"


class _Texts(dict[date | None, str | None]):
    """Days as text, each written once; None stays None."""

    def __missing__(self, day: date | None) -> str | None:
        written = self[day] = None if day is None else day.isoformat()
        return written


def _mark(session: Session) -> str:
    return "%s" if session.connection().dialect.name == "postgresql" else "?"


def _plain(session: Session, day: date) -> date | str:
    """A day as the driver itself takes it: SQLite keeps days as text."""
    return day if session.connection().dialect.name == "postgresql" else day.isoformat()
