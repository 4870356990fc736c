"""Reads for the pages of HR: lists of people, one person's facts with names in them, departments, imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.audit import AuditEntry
from lms.db import day_in, known
from lms.people.models import DepartmentVersion, Employment, ImportRun, Membership, Person, display_name
from lms.people.queries import found_by

SORTS = ("name", "number", "department", "job", "begins")
STANDINGS = ("now", "ended", "coming", "all")


@dataclass(frozen=True, slots=True)
class Wish:
    """Which people: a part of name, number or address; departments (None: any); a kind; how they stand on the day."""

    term: str = ""
    departments: frozenset[int] | None = None
    kind: str = ""
    standing: str = "now"
    sort: str = "name"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """One person in the list, as of the day. ``begins`` and ``ends`` are of the employment of the day, else of the last one."""

    id: int
    number: str
    name: str
    kind: str | None
    department: str | None
    job: str | None
    employed: bool
    begins: date | None
    ends: date | None


def people(
    session: Session, visible: Select[int], wish: Wish, day: date, *, page: int = 1, size: int = 50
) -> tuple[list[Found], int]:
    """One page of people (from 1), and how many there are. Two statements."""
    query = _wished(visible, wish, day)
    count = session.scalar(select(func.count()).select_from(query.with_only_columns(Person.id).subquery())) or 0
    order = {
        "name": (Person.family_name, Person.given_name),
        "number": (Person.number,),
        "department": (DepartmentVersion.name, Person.family_name),
        "job": (Membership.job, Person.family_name),
        "begins": (Employment.from_day, Person.family_name),
    }[wish.sort]
    by = [column.desc() if wish.descending else column for column in order]
    rows = session.execute(query.order_by(*by, Person.id).offset((page - 1) * size).limit(size))
    return [
        Found(
            row.id, row.number, display_name(row.given_name, row.family_name), row.kind or row.last_kind, row.department,
            row.job, row.kind is not None, row.from_day or row.first, row.to_day or row.last,
        )
        for row in rows
    ], count  # fmt: skip


def _wished(visible: Select[int], wish: Wish, day: date) -> Any:
    stretch = aliased(Employment)
    own = and_(stretch.person_id == Person.id, known(stretch))
    query: Any = (
        select(
            Person.id, Person.number, Person.given_name, Person.family_name, Employment.kind, Employment.from_day,
            Employment.to_day, Membership.job, DepartmentVersion.name.label("department"),
            select(func.max(stretch.to_day)).where(own).scalar_subquery().label("last"),
            select(func.min(stretch.from_day)).where(own).scalar_subquery().label("first"),
            select(func.max(stretch.kind)).where(own).scalar_subquery().label("last_kind"),
        )
        .outerjoin(Employment, _on_day(Employment, day))
        .outerjoin(Membership, and_(_on_day(Membership, day), Membership.primary))
        .outerjoin(
            DepartmentVersion,
            and_(
                DepartmentVersion.department_id == Membership.department_id,
                known(DepartmentVersion),
                day_in(day, DepartmentVersion.from_day, DepartmentVersion.to_day),
            ),
        )
        .where(Person.id.in_(visible))
    )  # fmt: skip
    query = query.where(*found_by(wish.term))
    if wish.standing == "now":
        query = query.where(Employment.id.is_not(None))
    elif wish.standing in ("ended", "coming"):
        side = stretch.to_day <= day if wish.standing == "ended" else stretch.from_day > day
        query = query.where(Employment.id.is_(None), select(stretch.id).where(own, side).exists())
    if wish.kind:
        query = query.where(select(stretch.id).where(own, stretch.kind == wish.kind).exists())
    if wish.departments is not None:
        placed = aliased(Membership)
        there = and_(placed.person_id == Person.id, known(placed), placed.department_id.in_(wish.departments))
        days = day_in(day, placed.from_day, placed.to_day)
        query = query.where(select(placed.id).where(there, or_(days, Employment.id.is_(None))).exists())
    return query


def _on_day(model: Any, day: date) -> Any:
    return and_(model.person_id == Person.id, known(model), day_in(day, model.from_day, model.to_day))


def memberships(session: Session, person_id: int) -> Sequence[Row[Membership, Person | None]]:
    """The known memberships of a person with the supervisor of each, the newest first."""
    supervisor = aliased(Person)
    return session.execute(
        select(Membership, supervisor)
        .outerjoin(supervisor, supervisor.id == Membership.supervisor_id)
        .where(Membership.person_id == person_id, known(Membership))
        .order_by(Membership.from_day.desc(), Membership.primary.desc(), Membership.id.desc())
    ).all()


def employments(session: Session, person_id: int) -> Sequence[Employment]:
    """The known employments of a person, the newest first."""
    return session.scalars(
        select(Employment)
        .where(Employment.person_id == person_id, known(Employment))
        .order_by(Employment.from_day.desc())
    ).all()


def by_number(session: Session, number: str, source: str = "") -> Person | None:
    """The person with this number, of this source first."""
    return session.scalar(
        select(Person)
        .where(func.lower(Person.number) == number.strip().lower())
        .order_by((Person.source == source).desc(), Person.id)
        .limit(1)
    )


def sources(session: Session) -> Sequence[str]:
    """The systems that employee numbers come from."""
    return session.scalars(select(Person.source).distinct().order_by(Person.source)).all()


def usual_source(session: Session) -> str:
    """The system that the next file most likely comes from: that of the newest import that stands, else the usual name or the only one."""
    newest = select(ImportRun.source).where(ImportRun.undone_at.is_(None)).order_by(ImportRun.id.desc())
    if (source := session.scalar(newest.limit(1))) is not None:
        return source
    there = sources(session)
    return there[0] if len(there) == 1 else "hr"


def headcount(session: Session, day: date) -> dict[int, int]:
    """How many people have their primary membership in each department (not what is below it) on a day."""
    rows = session.execute(
        select(Membership.department_id, func.count(Membership.person_id.distinct()))
        .where(Membership.primary, known(Membership), day_in(day, Membership.from_day, Membership.to_day))
        .group_by(Membership.department_id)
    )
    return dict(rows.all())


def versions(session: Session, department_id: int) -> Sequence[DepartmentVersion]:
    """What a department was, is and will be called, and where it hangs, the newest first."""
    return session.scalars(
        select(DepartmentVersion)
        .where(DepartmentVersion.department_id == department_id, known(DepartmentVersion))
        .order_by(DepartmentVersion.from_day.desc())
    ).all()


def runs(session: Session, page: int = 1, size: int = 25) -> Sequence[Row[ImportRun, Person | None]]:
    """Imports with who took them in, the newest first, one more than ``size`` when there is a next page."""
    return session.execute(
        select(ImportRun, Person)
        .outerjoin(Person, Person.id == ImportRun.imported_by)
        .order_by(ImportRun.id.desc())
        .offset((page - 1) * size)
        .limit(size + 1)
    ).all()


def changes(session: Session, person_id: int, size: int = 100) -> Sequence[AuditEntry]:
    """What was done to a person, the newest first."""
    return session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == "person", AuditEntry.subject_id == person_id)
        .order_by(AuditEntry.id.desc())
        .limit(size)
    ).all()
