"""The day of HR or of a manager: what changed since a day, who is about to lapse, and the people behind each figure.

Counts and lists come from one select.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.compliance.models import Requirement, RequirementVersion
from lms.compliance.spans import State
from lms.compliance.turned import lapses, turned
from lms.db import known
from lms.people import comings
from lms.people.models import ImportRun, Membership, Person
from lms.reports.waiting import undelivered

SOON, MONTH = 7, 30
"""The two stretches for which lapses are shown, in days."""

CHANGES = ("joined", "left", "moved", "overdue", "compliant")
LISTS = (*CHANGES, "lapsing", "undelivered")
"""What people can be listed for."""

FEW = 5
"""So many imports and rules are named; more stand on their own pages."""


@dataclass(frozen=True, slots=True)
class Behind:
    """One person behind a figure. ``on_day`` is when it happened or will; ``state``, ``due`` and ``because`` are of the span, if any."""

    person_id: int
    number: str
    name: str
    on_day: date
    department_id: int | None
    job: str
    state: State | None = None
    due: date | None = None
    because: str = ""
    from_department_id: int | None = None
    from_job: str = ""


def chosen(
    what: str, first: date, day: date, departments: Collection[int] | None, days: int, now: datetime
) -> Select[Any]:
    """The select behind one of :data:`LISTS`: each row begins with the person and ``on_day``."""
    match what:
        case "joined":
            return comings.joined(first, day, departments)
        case "left":
            return comings.left(first, day, departments)
        case "moved":
            return comings.moved(first, day, departments)
        case "overdue":
            return turned(first, day, [State.OVERDUE], departments)
        case "compliant":
            return turned(first, day, [State.COMPLIANT, State.RENEWAL_OPEN], departments)
        case "undelivered":
            return undelivered(day, now, departments)
        case _:
            return lapses(day, days, departments=departments)


def among(query: Select[Any], visible: Select[int] | None) -> Select[Any]:
    """The same rows, of these people only (None: of all)."""
    if visible is None:
        return query
    rows = query.subquery()
    return select(rows).where(rows.c.person_id.in_(visible))


def changes(
    session: Session,
    first: date,
    day: date,
    departments: Collection[int] | None,
    now: datetime,
    visible: Select[int] | None = None,
) -> dict[str, int]:
    """How many people (of those who are ``visible``; None: all) each of :data:`CHANGES` is about. One statement."""
    parts = []
    for what in CHANGES:
        rows = among(chosen(what, first, day, departments, 0, now), visible).subquery()
        parts.append(select(func.count(func.distinct(rows.c.person_id))).scalar_subquery())
    return dict(zip(CHANGES, session.execute(select(*parts)).one(), strict=True))


@dataclass(frozen=True, slots=True)
class Lapse:
    """So many people of a department (not of what is below it) lapse within :data:`SOON` and within :data:`MONTH` days."""

    department_id: int
    soon: int
    month: int


def lapsing(session: Session, day: date, departments: Collection[int] | None) -> list[Lapse]:
    """Who lapses, by department, where most do first. One statement."""
    rows = lapses(day, MONTH, departments=departments).subquery()
    query = select(rows.c.department_id, rows.c.on_day, func.count()).group_by(rows.c.department_id, rows.c.on_day)
    found: dict[int, list[int]] = {}
    for department, on_day, people in session.execute(query):
        sums = found.setdefault(department, [0, 0])
        sums[0] += people if on_day <= day + timedelta(days=SOON) else 0
        sums[1] += people
    lines = [Lapse(department, *sums) for department, sums in found.items()]
    return sorted(lines, key=lambda line: (-line.soon, -line.month, line.department_id))


def behind(session: Session, query: Select[Any], page: int, size: int) -> list[Behind]:
    """One page (from 1) of the people behind a figure, the earliest day first, and one more when there is a next page. Two statements."""
    rows = query.subquery()
    extra = [rows.c[name] for name in ("state", "due", "because") if name in rows.c]
    listed = (
        select(rows.c.on_day, Person, *extra)
        .join(Person, Person.id == rows.c.person_id)
        .order_by(rows.c.on_day, Person.family_name, Person.given_name, Person.id)
        .offset((page - 1) * size)
        .limit(size + 1)
    )
    people = session.execute(listed).all()
    held: dict[int, list[Membership]] = {}
    ids = {row[1].id for row in people}
    stretches = select(Membership).where(Membership.person_id.in_(ids), known(Membership), Membership.primary)
    for membership in session.scalars(stretches.order_by(Membership.from_day)):
        held.setdefault(membership.person_id, []).append(membership)
    return [_line(row, held.get(row[1].id, ())) for row in people]


def _line(row: Any, held: Sequence[Membership]) -> Behind:
    on_day, person, *span = row
    on_day = on_day.date() if isinstance(on_day, datetime) else on_day
    state, due, because = (State(span[0]), span[1], span[2]) if span else (None, None, "")
    before = next((each for each in reversed(held) if each.from_day < on_day <= each.to_day), None)
    there = next((each for each in held if each.from_day <= on_day < each.to_day), before)
    return Behind(
        person.id,
        person.number,
        person.display_name,
        on_day,
        there.department_id if there else None,
        there.job if there else "",
        state,
        due,
        because,
        before.department_id if before else None,
        before.job if before else "",
    )


def imports_since(session: Session, moment: datetime) -> Sequence[ImportRun]:
    """The files taken in since then and not undone, the newest first: at most :data:`FEW` and one more."""
    query = select(ImportRun).where(ImportRun.imported_at >= moment, ImportRun.undone_at.is_(None))
    found = session.scalars(query.order_by(ImportRun.id.desc()).limit(FEW + 3))
    return [run for run in found if not run.summary.get("unfinished")]


def rules_since(session: Session, moment: datetime, first: date, day: date) -> list[tuple[RequirementVersion, str]]:
    """The versions of requirements published since then, or in force since one of these days, with the requirement's code."""
    query = (
        select(RequirementVersion, Requirement.code)
        .join(Requirement, Requirement.id == RequirementVersion.requirement_id)
        .where(
            known(RequirementVersion),
            (RequirementVersion.recorded_at >= moment) | RequirementVersion.from_day.between(first, day),
        )
        .order_by(RequirementVersion.recorded_at.desc(), RequirementVersion.id.desc())
    )
    return [(version, code) for version, code in session.execute(query.limit(FEW + 1))]
