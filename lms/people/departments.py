"""Verbs of departments. Each takes effect from a day on; what was true before that day stays true, so past figures never change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.clock import FOR_EVER
from lms.db import known
from lms.errors import N_, Conflict, Invalid
from lms.people import queries
from lms.people.actions import write_facts
from lms.people.kinds import DepartmentKind
from lms.people.models import Department, DepartmentVersion, Membership, Person
from lms.people.plan import Facts, Placed


def create(
    session: Session, code: str, name: str, kind: str, parent_id: int | None, from_day: date, by: Actor
) -> Department:
    """A new department.

    Raises:
        Invalid: no code or name, or an unknown level.
        Conflict: the code is taken (a closed department keeps it), or the department above does not exist on that day.
    """
    code, name = code.strip(), name.strip()
    if not code or not name:
        raise Invalid(N_("A department needs a code and a name."))
    if kind not in set(DepartmentKind):
        raise Invalid(N_("There is no such level of departments."))
    if session.scalar(select(Department.id).where(Department.code == code)) is not None:
        raise Conflict(N_("There is a department with the code %(code)s already. Choose another code."), code=code)
    made = Department(code=code, created_at=by.now)
    session.add(made)
    session.flush()
    _refuse_place(session, made.id, parent_id, from_day)
    put_version(session, made.id, name, kind, parent_id, from_day, by)
    record(session, by, "department.create", "department", made.id, after=_said(name, kind, parent_id, from_day))
    return made


def change(
    session: Session, department_id: int, name: str, kind: str, parent_id: int | None, from_day: date, by: Actor
) -> None:
    """Another name, level or place in the tree from a day on.

    Raises:
        Invalid: no name, or the department would hang below itself.
        Conflict: it does not exist on that day, or the department above does not.
    """
    name = name.strip()
    if not name:
        raise Invalid(N_("A department needs a name."))
    node = queries.tree(session, from_day).nodes.get(department_id)
    if node is None:
        raise Conflict(N_("This department does not exist on %(day)s."), day=from_day)
    _refuse_place(session, department_id, parent_id, from_day)
    put_version(session, department_id, name, kind, parent_id, from_day, by)
    record(
        session, by, "department.change", "department", department_id,
        before=_said(node.name, node.kind, node.parent_id, from_day), after=_said(name, kind, parent_id, from_day),
    )  # fmt: skip


def close(session: Session, department_id: int, from_day: date, by: Actor) -> None:
    """From a day on the department is no more.

    Raises:
        Conflict: somebody works in it on that day or later, or another department hangs below it.
    """
    people = session.scalar(
        select(func.count(Membership.person_id.distinct())).where(
            Membership.department_id == department_id, known(Membership), Membership.to_day > from_day
        )
    )
    if people:
        raise Conflict(
            N_("%(count)s people work in this department on %(day)s or later. Move them first, or merge it."),
            count=people,
            day=from_day,
        )
    if _below(session, department_id, from_day):
        raise Conflict(N_("Other departments hang below this one. Move them first, or merge it."))
    node = queries.tree(session, from_day).nodes.get(department_id)
    if node is None:
        raise Conflict(N_("This department does not exist on %(day)s."), day=from_day)
    cut_versions(session, department_id, from_day, by, None)
    record(
        session, by, "department.close", "department", department_id,
        before=_said(node.name, node.kind, node.parent_id, from_day), after={"closed_from": from_day.isoformat()},
    )  # fmt: skip


def merge(session: Session, department_id: int, into_id: int, from_day: date, by: Actor) -> list[int]:
    """From a day on the people and departments of one are in the other, and the first is closed. Gives the people's ids.

    Raises:
        Invalid: into itself.
        Conflict: one of them does not exist on that day, or the other hangs below the one that would be closed.
    """
    tree = queries.tree(session, from_day)
    if department_id == into_id:
        raise Invalid(N_("Choose another department to merge this one into."))
    if department_id not in tree.nodes or into_id not in tree.nodes:
        raise Conflict(N_("One of the two departments does not exist on %(day)s."), day=from_day)
    merged = tree.nodes[department_id]
    if into_id in tree.subtree([department_id]):
        raise Conflict(N_("The other department hangs below this one. Move it first."))
    for below in _below(session, department_id, from_day):
        node = tree.nodes.get(below)
        if node is None:
            raise Conflict(N_("A department that begins later hangs below this one. Move it first."))
        put_version(session, below, node.name, node.kind, into_id, from_day, by)
    inside = select(Membership.person_id).where(
        Membership.department_id == department_id, known(Membership), Membership.to_day > from_day
    )
    ids = sorted(set(session.scalars(inside)))
    session.execute(select(Person.id).where(Person.id.in_(inside)).with_for_update())
    facts = queries.facts_of(session, inside)
    for person_id in ids:
        write_facts(
            session, person_id, facts[person_id], _elsewhere(facts[person_id], department_id, into_id, from_day), by
        )
    session.flush()
    cut_versions(session, department_id, from_day, by, None)
    record(
        session, by, "department.merge", "department", department_id,
        before=_said(merged.name, merged.kind, merged.parent_id, from_day),
        after={"into": into_id, "from_day": from_day.isoformat(), "people": len(ids)},
    )  # fmt: skip
    return ids


def put_version(
    session: Session, department_id: int, name: str, kind: str, parent_id: int | None, from_day: date, by: Actor
) -> None:
    """Write down what a department is from a day on; changes planned for later give way to it."""
    cut_versions(session, department_id, from_day, by, None)
    add_version(session, department_id, name, kind, parent_id, from_day, by, None)
    session.flush()


def add_version(
    session: Session,
    department_id: int,
    name: str,
    kind: str,
    parent_id: int | None,
    from_day: date,
    by: Actor,
    import_id: int | None,
) -> None:
    """A version without an end; there must be none on these days."""
    session.add(
        DepartmentVersion(
            department_id=department_id, name=name, kind=kind, parent_id=parent_id, import_id=import_id,
            from_day=from_day, to_day=FOR_EVER, recorded_at=by.now, recorded_by=by.person_id,
        )
    )  # fmt: skip


def cut_versions(
    session: Session, department_id: int, from_day: date, by: Actor, import_id: int | None
) -> Sequence[DepartmentVersion]:
    """Supersede what a department would be from a day on, and keep what it was before; gives the superseded versions."""
    query = select(DepartmentVersion).where(
        DepartmentVersion.department_id == department_id, known(DepartmentVersion), DepartmentVersion.to_day > from_day
    )
    old = session.scalars(query.with_for_update()).all()
    for version in old:
        version.superseded_at, version.superseded_by = by.now, by.person_id
        if version.from_day < from_day:
            session.add(
                DepartmentVersion(
                    department_id=department_id, name=version.name, kind=version.kind, parent_id=version.parent_id,
                    import_id=import_id, from_day=version.from_day, to_day=from_day, recorded_at=by.now,
                    recorded_by=by.person_id,
                )
            )  # fmt: skip
    session.flush()
    return old


def _below(session: Session, department_id: int, from_day: date) -> set[int]:
    """Departments that hang directly below this one on a day or later."""
    query = select(DepartmentVersion.department_id).where(
        DepartmentVersion.parent_id == department_id, known(DepartmentVersion), DepartmentVersion.to_day > from_day
    )
    return set(session.scalars(query))


def _refuse_place(session: Session, department_id: int, parent_id: int | None, from_day: date) -> None:
    """On no day from ``from_day`` on may the department hang below itself or below one that is not there."""
    if parent_id is None:
        return
    later = select(DepartmentVersion.from_day).where(known(DepartmentVersion), DepartmentVersion.from_day > from_day)
    for day in [from_day, *sorted(set(session.scalars(later.distinct())))]:
        tree = queries.tree(session, day)
        if parent_id not in tree.nodes:
            raise Conflict(N_("The department above does not exist on %(day)s."), day=day)
        if parent_id == department_id or any(node.id == department_id for node in tree.ancestors(parent_id)):
            raise Invalid(N_("A department cannot hang below itself."))


def _elsewhere(facts: Facts, department_id: int, into_id: int, day: date) -> Facts:
    """The facts of somebody whose department becomes another one from a day on."""
    stay: list[Placed] = []
    go: list[Placed] = []
    for m in facts.memberships:
        if m.holding.department_id != department_id or m.to_day <= day:
            stay.append(m)
            continue
        if m.from_day < day:
            stay.append(m._replace(to_day=day, id=None))
        holding = m.holding._replace(department_id=into_id)
        go.append(m._replace(holding=holding, from_day=max(m.from_day, day), id=None))
    there = [m for m in stay if m.holding.department_id == into_id]
    for m in go:
        overlapping = [o for o in there if o.from_day < m.to_day and m.from_day < o.to_day]
        if not overlapping:
            stay.append(m)
        elif m.primary:  # what was a second place there is the first one now
            for other in overlapping:
                stay.remove(other)
                if other.from_day < m.from_day:
                    stay.append(other._replace(to_day=m.from_day, id=None))
                if other.to_day > m.to_day:
                    stay.append(other._replace(from_day=m.to_day, id=None))
            stay.append(m)
    return Facts(facts.employments, tuple(stay))


def _said(name: str, kind: str, parent_id: int | None, from_day: date) -> dict[str, Any]:
    return {"name": name, "kind": kind, "parent": parent_id, "from_day": from_day.isoformat()}
