"""Whom a pack is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.compliance.models import Requirement, Span
from lms.compliance.tallies import active
from lms.db import day_in, known
from lms.errors import N_, NotFound
from lms.evidence.scope import Scope
from lms.people.models import Department, Membership, Person
from lms.people.named import named
from lms.people.queries import tree


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of the people a pack is about, in order, and the numbers that nobody has (or nobody whom the asker may see)."""

    person_ids: tuple[int, ...]
    unknown: tuple[str, ...]
    requirement_id: int | None


def found(session: Session, scope: Scope, visible: Any = None) -> Found:
    """Who it is. ``visible`` is a subquery of the ids whom the asker may see; None: everybody.

    Leavers are found by their numbers; a requirement takes those to whom it applies on the day, a department those who work in it or
    below it on that day.

    Raises:
        NotFound: no such requirement or department.
    """
    requirement_id = _requirement(session, scope.requirement) if scope.requirement else None
    unknown: tuple[str, ...] = ()
    query = select(Person.id)
    if visible is not None:
        query = query.where(Person.id.in_(visible))
    if scope.numbers:
        listed = named(session, scope.numbers, query)
        unknown = listed.unknown
        ids = {person.id for _, who in listed.matches for person in who}
    else:
        ids = set(session.scalars(query.where(Person.id.in_(_working_or_required(scope, session, requirement_id)))))
        return Found(tuple(sorted(ids)), (), requirement_id)
    if scope.department:
        ids &= set(session.scalars(_working(session, scope)))
    return Found(tuple(sorted(ids)), unknown, requirement_id)


def _requirement(session: Session, code: str) -> int:
    ident = session.scalar(select(Requirement.id).where(func.lower(Requirement.code) == code.lower()))
    if ident is None:
        raise NotFound(N_("There is no requirement with the code %(code)s."), code=code)
    return ident


def _working_or_required(scope: Scope, session: Session, requirement_id: int | None) -> Any:
    if requirement_id is None:
        return _working(session, scope)
    required = select(Span.person_id).where(
        Span.generation_id == active(),
        Span.requirement_id == requirement_id,
        day_in(scope.as_of, Span.from_day, Span.to_day),
    )
    return required.where(Span.person_id.in_(_working(session, scope))) if scope.department else required


def _working(session: Session, scope: Scope) -> Any:
    ident = session.scalar(select(Department.id).where(func.lower(Department.code) == scope.department.lower()))
    if ident is None:
        raise NotFound(N_("There is no department with the code %(code)s."), code=scope.department)
    return select(Membership.person_id).where(
        known(Membership, scope.known_at),
        day_in(scope.as_of, Membership.from_day, Membership.to_day),
        Membership.department_id.in_(_below(session, ident, scope)),
    )


def _below(session: Session, department_id: int, scope: Scope) -> Iterable[int]:
    return tree(session, scope.as_of).subtree([department_id]) | {department_id}
