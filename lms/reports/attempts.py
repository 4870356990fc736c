"""Who has used up the attempts at a test and cannot go on without help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from lms.catalogue.models import CourseVersion
from lms.catalogue.steps import TestStep
from lms.db import day_in, known
from lms.learning.models import Accommodation, Attempt, AttemptKind, Enrolment
from lms.people.models import Person


@dataclass(frozen=True, slots=True)
class UsedUp:
    """An open enrolment whose attempts at the step ``step_id`` are used up; ``best`` and ``pass_mark`` are in per cent."""

    enrolment_id: int
    person_id: int
    number: str
    name: str
    course: str
    step_id: str
    tries: int
    best: float | None
    pass_mark: float | None
    last_at: datetime


def used_up(
    session: Session, visible: Select[int], day: date, *, enrolment_id: int | None = None, not_person: int | None = None
) -> list[UsedUp]:
    """Those of the visible people who need another attempt on ``day``, who has waited longest first; ``not_person`` is left out.

    Two statements, however many people and courses.
    """
    granted = (
        select(func.coalesce(func.sum(Accommodation.extra_attempts), 0))
        .where(
            Accommodation.person_id == Person.id,
            or_(Accommodation.enrolment_id.is_(None), Accommodation.enrolment_id == Enrolment.id),
            known(Accommodation),
            day_in(day, Accommodation.from_day, Accommodation.to_day),
        )
        .correlate(Enrolment, Person)
        .scalar_subquery()
    )
    tries = func.count(Attempt.id)
    query = (
        select(
            Enrolment.id,
            Enrolment.version_id,
            Person,
            Attempt.step_id,
            tries,
            func.max(Attempt.score),
            func.max(Attempt.pass_mark),
            func.max(Attempt.finished_at),
            granted,
        )
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            Attempt.kind == AttemptKind.TEST,
            Enrolment.closed_at.is_(None),
            Enrolment.completed_at.is_(None),
            Enrolment.person_id.in_(visible),
        )
        .group_by(Enrolment.id, Enrolment.version_id, Person.id, Attempt.enrolment_id, Attempt.step_id)
        .having(func.count(Attempt.finished_at) == tries, func.sum(case((Attempt.passed.is_(True), 1), else_=0)) == 0)
        .order_by(func.max(Attempt.finished_at), Enrolment.id)
    )
    if enrolment_id is not None:
        query = query.where(Enrolment.id == enrolment_id)
    if not_person is not None:
        query = query.where(Person.id != not_person)
    rows = session.execute(query).all()
    if not rows:
        return []
    courses = {
        row.id: (row.title, row.content)
        for row in session.execute(
            select(CourseVersion.id, CourseVersion.title, CourseVersion.content).where(
                CourseVersion.id.in_({version_id for _, version_id, *_ in rows})
            )
        )
    }
    found = []
    for id, version_id, person, step_id, made, best, mark, last, extra in rows:
        title, content = courses[version_id]
        if made >= allowed(content, step_id) + extra:
            found.append(
                UsedUp(id, person.id, person.number, person.display_name, title, step_id, made, best, mark, last)
            )
    return found


def allowed(content: Mapping[str, Any], step_id: str) -> int:
    """How many attempts the frozen content of a course gives at a test."""
    default: int = TestStep.model_fields["attempts"].default
    for module in content.get("outline", ()):
        for step in module.get("steps", ()):
            if step.get("test") == step_id:
                return int(step.get("attempts", default))
    return default
