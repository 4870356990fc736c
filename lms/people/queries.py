"""Reads about people: the tree of a day, what somebody held on a day, and which people a viewer may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, SelectBase, bindparam, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from lms.access import Permission, Viewer, scope
from lms.db import day_in, is_sqlite, known
from lms.errors import N_, NotFound
from lms.people.folding import folded
from lms.people.models import Department, DepartmentVersion, Employment, Leave, Membership, Person
from lms.people.plan import Employed, Facts, Holding, Placed
from lms.people.tree import Node, Tree
from lms.prepared import Prepared

_PLACE = DepartmentVersion
_DAY: Any = bindparam("day", type_=Date)
TREE = Prepared(
    select(Department.id, Department.code, _PLACE.name, _PLACE.kind, _PLACE.parent_id)
    .join(_PLACE, _PLACE.department_id == Department.id)
    .where(known(_PLACE), day_in(_DAY, _PLACE.from_day, _PLACE.to_day))
)


def hold_people(session: Session, people: SelectBase) -> None:
    """Hold these people, in the order of their ids, until the caller's transaction ends: others who change something about them wait.
    Learners who only save do not. On SQLite the writer is alone anyway."""
    if not is_sqlite(session):
        held = select(Person.id).where(Person.id.in_(people)).order_by(Person.id).with_for_update(key_share=True)
        session.execute(select(func.count()).select_from(held.subquery()))


def tree(session: Session, day: date) -> Tree:
    """The departments as they were called and hung on ``day``."""
    rows = TREE.rows(session, day=day)
    return Tree({row.id: Node(row.id, row.code, row.name, row.kind, row.parent_id) for row in rows})


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody held on a day by primary membership; without one, department None and empty words."""

    department_id: int | None
    path: str
    job: str
    profession: str


HELD = Prepared(
    select(Membership.department_id, Membership.job, Membership.profession)
    .where(
        *(Membership.person_id == bindparam("person_id"), known(Membership)),
        day_in(_DAY, Membership.from_day, Membership.to_day),
    )
    .order_by(Membership.primary.desc(), Membership.id)
    .limit(1)
)


def held(session: Session, person_id: int, day: date) -> Held:
    """The primary membership of a person on a day, with the department's path on that day."""
    row = HELD.row(session, person_id=person_id, day=day)
    if row is None:
        return Held(None, "", "", "")
    return Held(row.department_id, tree(session, day).path(row.department_id), row.job, row.profession)


def visible_departments(
    session: Session, viewer: Viewer, permission: Permission, day: date, of_day: Tree | None = None
) -> frozenset[int] | None:
    """The departments in which the viewer holds the permission on a day, with everything below; None means all of them."""
    roots = scope(viewer, permission)
    return None if roots is None else (of_day or tree(session, day)).subtree(roots)


def visible_to(
    session: Session, viewer: Viewer, permission: Permission, day: date, of_day: Tree | None = None
) -> Select[int]:
    """The ids of the people for whom the viewer holds the permission, as a subquery: the one place where rows are decided.

    With a scope, people are those with a membership (primary or secondary) in it on ``day``, or whose last membership,
    now ended, was there: a leaver stays visible to those who saw them. ``of_day`` is the tree of the day, where it was read already.
    """
    departments = visible_departments(session, viewer, permission, day, of_day)
    if departments is None:
        return select(Person.id).where(true())
    return select(Membership.person_id).where(Membership.department_id.in_(departments), *seen_there(day))


def seen_there(day: date) -> list[ColumnElement[bool]]:
    """The conditions on a :class:`Membership` by which people are seen through its department on ``day``."""
    later = aliased(Membership)
    moved_on = (
        select(later.id)
        .where(
            later.person_id == Membership.person_id,
            known(later),
            later.from_day >= Membership.to_day,
            later.from_day <= day,
        )
        .exists()
    )
    return [known(Membership), Membership.from_day <= day, or_(Membership.to_day > day, ~moved_on)]


def found_by(term: str) -> list[ColumnElement[bool]]:
    """The conditions on :class:`Person` for a search: each word occurs in name, number or address, accents and capitals aside."""
    return [Person.folded.contains(word, autoescape=True) for word in folded(term).split()]


def person(session: Session, person_id: int) -> Person:
    """One person.

    Raises:
        NotFound: there is none with this id.
    """
    found = session.get(Person, person_id)
    if found is None:
        raise NotFound(N_("There is no such person."))
    return found


def employed(session: Session, person_id: int, day: date) -> bool:
    """Whether the person belongs to the organisation on this day."""
    return (
        session.scalar(
            select(Employment.id)
            .where(
                Employment.person_id == person_id,
                known(Employment),
                day_in(day, Employment.from_day, Employment.to_day),
            )
            .limit(1)
        )
        is not None
    )


def facts_of(session: Session, ids: Any) -> dict[int, Facts]:
    """The known employments and memberships by person; ``ids`` is a collection of ids (each is then there) or a subquery."""
    employments: dict[int, list[Employed]] = {}
    memberships: dict[int, list[Placed]] = {}
    e, m = Employment, Membership
    for stretch in session.execute(
        select(e.person_id, e.kind, e.from_day, e.to_day, e.id).where(e.person_id.in_(ids), known(e)).order_by(e.id)
    ):
        employments.setdefault(stretch[0], []).append(Employed(*stretch[1:]))
    what = (m.department_id, m.job, m.profession, m.patient_contact, m.supervisor_id)
    placed = select(m.person_id, m.primary, m.from_day, m.to_day, m.id, *what)
    rows: Any = session.execute(placed.where(m.person_id.in_(ids), known(m)).order_by(m.id))
    for who, primary, from_day, to_day, ident, *holding in rows:
        memberships.setdefault(who, []).append(Placed(Holding(*holding), primary, from_day, to_day, ident))
    asked = set(ids) if isinstance(ids, list | tuple | set | frozenset) else set()
    return {
        who: Facts(tuple(employments.get(who, ())), tuple(memberships.get(who, ())))
        for who in asked | employments.keys() | memberships.keys()
    }


def leaves(session: Session, person_id: int) -> Sequence[Leave]:
    """The known leaves of a person, newest first."""
    return session.scalars(
        select(Leave).where(Leave.person_id == person_id, known(Leave)).order_by(Leave.from_day.desc())
    ).all()


def last_names(session: Session, department_ids: Iterable[int]) -> dict[int, str]:
    """What departments were called last, also those that are no more."""
    rows = session.execute(
        select(DepartmentVersion.department_id, DepartmentVersion.name)
        .where(DepartmentVersion.department_id.in_(set(department_ids)), known(DepartmentVersion))
        .order_by(DepartmentVersion.from_day)
    )
    return dict(rows.all())


def working_below(session: Session, department_ids: Iterable[int], day: date) -> set[int]:
    """The ids of everybody with a membership on ``day`` or later in these departments or below them, as the tree is that day."""
    below = tree(session, day).subtree(department_ids) | set(department_ids)
    query = select(Membership.person_id).where(
        Membership.department_id.in_(below), known(Membership), Membership.to_day > day
    )
    return set(session.scalars(query))


def working_on(session: Session, department_ids: Iterable[int], day: date) -> Select[int]:
    """The ids of everybody with a membership on ``day`` in these departments or below them, as the tree is that day; a subquery."""
    below = tree(session, day).subtree(department_ids)
    return select(Membership.person_id).where(
        Membership.department_id.in_(below), known(Membership), day_in(day, Membership.from_day, Membership.to_day)
    )


def code_of(session: Session, department_id: int) -> str:
    """The code of a department, also of one that is no more."""
    return session.scalar(select(Department.code).where(Department.id == department_id)) or ""
