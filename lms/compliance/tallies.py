"""Counts of people that are kept beside the spans: per checkpoint, per day, and pending; and the one statement that adds them up.

A count on a day is the one at a checkpoint, plus the changes of the days since, plus the pending ones. Checkpoints are the 1st,
11th and 21st of each month within the bounds of the generation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Result,
    Select,
    TextClause,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Session

from lms.clock import FOR_EVER
from lms.compliance.models import (
    COUNTED,
    DUE_SOON,
    OVERALL,
    Generation,
    Requirement,
    Span,
    TallyBase,
    TallyDay,
    TallyPending,
)

CHECKPOINT_DAYS = (21, 11, 1)


def checkpoint(day: date) -> date:
    """The last checkpoint on or before ``day``."""
    return day.replace(day=next(first for first in CHECKPOINT_DAYS if first <= day.day))


def checkpoints(first: date, last: date) -> Iterator[date]:
    """The checkpoints from ``first`` to ``last``, both included."""
    day = checkpoint(first)
    while day <= last:
        if day >= first:
            yield day
        day = checkpoint(day + timedelta(days=11))


def active() -> Any:
    """The id of the generation that readers use, as a subquery."""
    return select(Generation.id).where(Generation.active).scalar_subquery()


def within(generation_id: Any) -> ColumnElement[bool]:
    """That a span is of a generation, said so that a planner without statistics goes by the person and not by the generation."""
    said: ColumnElement[bool] = Span.generation_id + 0 == generation_id
    return said


NAMES = ", ".join(f'"{name}"' for name in COUNTED)
SUMS = ", ".join(f'SUM("{name}") AS "{name}"' for name in COUNTED)
CHANGED = " OR ".join(f'SUM("{name}") <> 0' for name in COUNTED)
ACTIVE = "(SELECT id FROM generation WHERE active)"
STARTED = """(SELECT CASE WHEN first_checkpoint > :checkpoint THEN :never WHEN last_checkpoint < :checkpoint THEN last_checkpoint
    ELSE :checkpoint END FROM generation WHERE active)"""
COUNTS = """
SELECT requirement_id, department_id, {sums} FROM (
    SELECT requirement_id, department_id, {names} FROM tally_base
    WHERE generation_id = {active} AND requirement_id IN :requirements AND checkpoint = {started}
    UNION ALL SELECT requirement_id, department_id, {names} FROM tally_day
    WHERE generation_id = {active} AND requirement_id IN :requirements AND day > {started} AND day <= :day
    UNION ALL SELECT requirement_id, department_id, {names} FROM tally_pending
    WHERE generation_id = {active} AND requirement_id IN :requirements AND day <= :day
) AS found GROUP BY requirement_id, department_id
"""


def _typed(statement: str, *days: str) -> TextClause:
    requirements: list[Any] = [bindparam("requirements", expanding=True)] if ":requirements" in statement else []
    return text(statement).bindparams(*(bindparam(day, type_=Date) for day in days), *requirements)


COUNT = _typed(COUNTS.format(sums=SUMS, names=NAMES, active=ACTIVE, started=STARTED), "day", "checkpoint", "never")


def counted(session: Session, day: date, requirement_ids: Sequence[int]) -> Result[*tuple[Any, ...]]:
    """Requirement, department and the nine counts on ``day``: one statement, so that a switch or a fold falls before or after it.

    The requirements are named, because they come before the day in the key of the day changes.
    """
    days = {"day": day, "checkpoint": checkpoint(day), "never": date.min}
    return session.execute(COUNT, days | {"requirements": requirement_ids})


def requirement_ids(session: Session) -> list[int]:
    """Every requirement that can have counts, with the overall one."""
    return [OVERALL, *session.scalars(select(Requirement.id).order_by(Requirement.id))]


def grouped(day: date, generation: ColumnElement[bool], where: ColumnElement[bool] | None = None) -> Select[Any]:
    """The same counts straight from the spans: what the tallies must equal, and the way for filters that have no tally."""
    sums: list[Any] = [
        cast(func.sum(case((Span.state == code, 1), else_=0)), Integer).label(name)
        for code, name in enumerate(COUNTED[:-1], 1)
    ]
    soon = cast(func.sum(case((Span.soon_from <= day, 1), else_=0)), Integer).label(COUNTED[DUE_SOON - 1])
    query: Select[Any] = (
        select(*[Span.requirement_id, Span.department_id, *sums, soon])
        .where(generation, Span.from_day <= day, Span.to_day > day)
        .group_by(Span.requirement_id, Span.department_id)
    )
    return query if where is None else query.where(where)


# --- building -----------------------------------------------------------------------------------------------------------


def build_days(session: Session, generation_id: int, requirement_id: int, slice_no: int, slices: int) -> None:
    """Work out the day changes of one slice of the departments from the spans; what was pending for it is in them.

    Removing what is pending and reading the spans is one statement: on PostgreSQL both see the same moment.
    """

    def mine(table: Any) -> ColumnElement[bool]:
        return and_(
            table.generation_id == generation_id,
            table.requirement_id == requirement_id,
            table.department_id % slices == slice_no,
        )

    session.execute(delete(TallyDay).where(mine(TallyDay)))
    begins = _turns(Span.from_day, 1, literal(0))
    ends = _turns(Span.to_day, -1, case((Span.soon_from.is_not(None), -1), else_=0))
    soon = select(
        Span.soon_from.label("day"),
        Span.department_id,
        *(literal(0).label(name) for name in COUNTED[:-1]),
        literal(1).label(COUNTED[-1]),
    ).where(Span.soon_from.is_not(None))
    parts = [begins.where(mine(Span)), ends.where(mine(Span), Span.to_day < FOR_EVER), soon.where(mine(Span))]
    each = union_all(*parts).subquery()
    sums = [func.sum(each.c[name]).label(name) for name in COUNTED]
    found = (
        select(literal(generation_id), each.c.day, literal(requirement_id), each.c.department_id, *sums)
        .group_by(each.c.day, each.c.department_id)
        .having(_any_of(sums))
    )
    gone = delete(TallyPending).where(mine(TallyPending))
    into = insert(TallyDay).from_select(["generation_id", "day", "requirement_id", "department_id", *COUNTED], found)
    if session.get_bind().dialect.name == "postgresql":
        into = into.add_cte(gone.cte("gone"))
    else:
        session.execute(gone)
    session.execute(into)


def _turns(day: Any, sign: int, soon: ColumnElement[int]) -> Select[Any]:
    """What spans change in the counts on the day on which they begin (``sign`` 1) or end (-1)."""
    columns: list[Any] = [
        case((Span.state == code, sign), else_=0).label(name) for code, name in enumerate(COUNTED[:-1], 1)
    ]
    query: Select[Any] = select(*[day.label("day"), Span.department_id, *columns, soon.label(COUNTED[-1])])
    return query


def _any_of(sums: list[Any]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = sums[0].element != 0
    for one in sums[1:]:
        condition = condition | (one.element != 0)
    return condition


BUILD_CHECKPOINT = _typed(
    f"""
INSERT INTO tally_base (generation_id, checkpoint, requirement_id, department_id, {NAMES})
SELECT :generation, :at, requirement_id, department_id, {SUMS} FROM (
    SELECT requirement_id, department_id, {NAMES} FROM tally_base
    WHERE generation_id = :generation AND checkpoint = :earlier
    UNION ALL SELECT requirement_id, department_id, {NAMES} FROM tally_day
    WHERE generation_id = :generation AND requirement_id IN :requirements AND day > :earlier AND day <= :at
) AS found GROUP BY requirement_id, department_id HAVING {CHANGED}
""",
    "at",
    "earlier",
)


def build_checkpoint(session: Session, generation_id: int, requirements: Sequence[int], first: date, at: date) -> None:
    """Work out the counts of a checkpoint from the one before it and the day changes since (the first: from all before it).

    With the first, those of an earlier try are removed.
    """
    if at == first:
        session.execute(delete(TallyBase).where(TallyBase.generation_id == generation_id))
    earlier = checkpoint(at - timedelta(days=1)) if at > first else date.min
    values = {"generation": generation_id, "at": at, "earlier": earlier, "requirements": requirements}
    session.execute(BUILD_CHECKPOINT, values)


# --- folding ------------------------------------------------------------------------------------------------------------


def waiting(session: Session) -> int:
    """About how many changes are pending (two look-ups at the ends of the index)."""
    newest = select(func.max(TallyPending.id)).scalar_subquery()
    oldest = select(func.min(TallyPending.id)).scalar_subquery()
    return int(session.scalar(select(func.coalesce(newest - oldest + 1, 0))) or 0)


def fold(session: Session, generation: Generation, limit: int) -> int:
    """Fold at most ``limit`` pending changes of a generation into its days and checkpoints; gives how many.

    The rows that are folded are exactly those that are deleted, in one transaction: a reader adds each change up once.
    """
    chosen = (
        select(TallyPending.id)
        .where(TallyPending.generation_id == generation.id)
        .order_by(TallyPending.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    names = [getattr(TallyPending, name) for name in COUNTED]
    gone = session.execute(
        delete(TallyPending)
        .where(TallyPending.id.in_(chosen.scalar_subquery()))
        .returning(TallyPending.day, TallyPending.requirement_id, TallyPending.department_id, *names)
    ).all()
    by_day: dict[tuple[date, int, int], list[int]] = {}
    for day, requirement, department, *counts in gone:
        _add(by_day.setdefault((day, requirement, department), [0] * len(COUNTED)), counts)
    by_checkpoint: dict[tuple[date, int, int], list[int]] = {}
    running: dict[tuple[int, int], list[int]] = {}
    left = sorted(by_day)
    place = 0
    for at in checkpoints(generation.first_checkpoint, generation.last_checkpoint):
        while place < len(left) and left[place][0] <= at:
            _add(running.setdefault(left[place][1:], [0] * len(COUNTED)), by_day[left[place]])
            place += 1
        for cell, counts in running.items():
            if any(counts):
                by_checkpoint[at, *cell] = list(counts)
    _upsert(session, "tally_day", "day", generation.id, by_day)
    _upsert(session, "tally_base", "checkpoint", generation.id, by_checkpoint)
    return len(gone)


def _add(into: list[int], counts: Any) -> None:
    for place, count in enumerate(counts):
        into[place] += count


def _upsert(
    session: Session, table: str, day: str, generation_id: int, found: dict[tuple[date, int, int], list[int]]
) -> None:
    rows = [
        {"generation_id": generation_id, "at": at, "requirement_id": requirement, "department_id": department}
        | dict(zip(COUNTED, counts, strict=True))
        for (at, requirement, department), counts in sorted(found.items())
        if any(counts)
    ]
    if not rows:
        return
    keys = f"generation_id, {day}, requirement_id, department_id"
    values = ", ".join(f":{name}" for name in COUNTED)
    sums = ", ".join(f'"{name}" = {table}."{name}" + excluded."{name}"' for name in COUNTED)
    statement = _typed(
        f"INSERT INTO {table} ({keys}, {NAMES}) VALUES (:generation_id, :at, :requirement_id, :department_id, {values})"
        f" ON CONFLICT ({keys}) DO UPDATE SET {sums}",
        "at",
    )
    session.execute(statement, rows)
