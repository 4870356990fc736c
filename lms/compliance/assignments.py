"""A course assigned to people named one by one, with a due day and a reason: what is asked again after an incident.

Each assignment is a requirement of its own with one version, for the audience of those it names. It is asked once, and only what is
done from the day of the assignment on counts for it. Nothing is edited: what was wrong is withdrawn, and assigned anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from lms.access import refuse_own
from lms.audit import Actor, record
from lms.catalogue.models import Course
from lms.catalogue.queries import offered
from lms.clock import FOR_EVER, local_day
from lms.compliance import store
from lms.compliance.models import AssignedPerson, Assignment, Requirement, RequirementVersion, Span
from lms.compliance.spans import MET
from lms.compliance.tallies import active, within
from lms.db import day_in, known
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.organisation import load
from lms.people.models import Person
from lms.records.models import TrainingRecord

PREFIX = "ASSIGNED-"
"""Codes of requirements that came of assignments begin so, and no other requirement's does."""

LONGEST_AHEAD = timedelta(days=366)
NEVER_BROKEN = 36500
"""Days of absence that do not break what is asked: who comes back after years is not asked from the beginning."""

STANDS = and_(known(AssignedPerson), AssignedPerson.to_day == FOR_EVER)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be assigned: a course by its slug, the last good day, why (for HR and auditors), and what the person reads."""

    course: str
    due: date
    reason: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One assignment: to how many people it was given that the viewer may see, how many have done it, how many it was withdrawn from."""

    assignment: Assignment
    version: RequirementVersion
    code: str
    reason: str
    shown: str
    by: str
    people: int
    done: int
    withdrawn: int

    @property
    def left(self) -> int:
        """How many have not done it yet."""
        return self.people - self.done - self.withdrawn


def rule(code: str, wanted: Wanted, today: date) -> dict[str, Any]:
    """The rule of an assignment, as data."""
    due = wanted.due
    return {
        "audience": {"field": "assigned", "in": [code]},
        "courses": [wanted.course],
        "first": {"within": {"days": max((due - today).days, 1)}, "incumbents_due": due.isoformat()},
        "look_back": "none",
        "rejoin_within": NEVER_BROKEN,
    }


def assign(
    session: Session,
    wanted: Wanted,
    title: str,
    person_ids: Collection[int],
    actor: Actor,
    *,
    files: Mapping[int, int] | None = None,
) -> Assignment:
    """Ask a course of these people, from today on. ``files`` holds a document for each of them (its id), where there is one.

    Their timelines are not worked out here: the caller does that for all of them at once.

    Raises:
        Denied: one of them is the one who assigns.
        Invalid: nobody is named, no reason, a due day that is past or more than a year ahead.
        NotFound: the course is not offered.
        Conflict: the same was assigned to all of them today: the form was sent twice.
    """
    for person_id in person_ids:
        refuse_own(actor.person_id, person_id)
    today = _today(session, actor)
    check(wanted, today)
    if not person_ids:
        raise Invalid(N_("Name at least one person."))
    course = next((each for each in offered(session) if each.slug == wanted.course), None)
    if course is None:
        raise NotFound(N_("This course is not offered. Choose another one."))
    store.lock(session, person_ids)
    if _given_today(session, course.course_id, wanted, today) >= set(person_ids):
        raise Conflict(N_("The same course is assigned already, due by %(day)s."), day=wanted.due)
    requirement = Requirement(
        code=f"{PREFIX}{uuid4()}", created_at=actor.now
    )  # until it has a number: nobody else's at this moment
    session.add(requirement)
    session.flush()
    requirement.code = code = f"{PREFIX}{requirement.id}"
    version = RequirementVersion(
        requirement_id=requirement.id, number=1, title=title.strip(), rule=rule(code, wanted, today), adopted_on=today,
        apply_to_running=False, about={"authority": "own_policy", "status": "own_policy"}, from_day=today, to_day=FOR_EVER,
        recorded_at=actor.now, recorded_by=actor.person_id,
    )  # fmt: skip
    made = Assignment(requirement_id=requirement.id, course_id=course.course_id, due=wanted.due)
    session.add_all([version, made])
    session.flush()
    said = {"assignment": code, "course": wanted.course, "due": wanted.due.isoformat(), "from": today.isoformat()}
    record(session, actor, "assignment.make", "requirement", requirement.id, after={**said, "people": len(person_ids)})
    for person_id in sorted(person_ids):
        session.add(
            AssignedPerson(
                person_id=person_id, requirement_id=requirement.id, reason=wanted.reason.strip(), shown=wanted.shown.strip(),
                withdrawal=None, file_id=(files or {}).get(person_id), from_day=today, to_day=FOR_EVER, recorded_at=actor.now,
                recorded_by=actor.person_id,
            )
        )  # fmt: skip
        record(session, actor, "assignment.give", "person", person_id, after=said, reason=wanted.reason.strip())
    session.flush()
    return made


def _given_today(session: Session, course_id: int, wanted: Wanted, today: date) -> set[int]:
    """To whom the same was assigned today, in the same words."""
    same = (Assignment.course_id == course_id, Assignment.due == wanted.due)
    given = (AssignedPerson.from_day == today, AssignedPerson.reason == wanted.reason.strip())
    query = select(AssignedPerson.person_id).join(
        Assignment, Assignment.requirement_id == AssignedPerson.requirement_id
    )
    return set(session.scalars(query.where(STANDS, *same, *given)))


def check(wanted: Wanted, today: date) -> None:
    """Refuse what cannot be assigned.

    Raises:
        Invalid: no reason, or a due day that is past or more than a year ahead.
    """
    if not wanted.reason.strip():
        raise Invalid(N_("Give a reason."))
    if not today <= wanted.due <= today + LONGEST_AHEAD:
        raise Invalid(
            N_("Choose a due day from %(first)s to %(last)s."), first=today, last=today + LONGEST_AHEAD
        )  # fmt: skip


def withdraw(
    session: Session,
    requirement_id: int,
    person_ids: Collection[int],
    reason: str,
    actor: Actor,
    *,
    mistake: bool = False,
) -> list[int]:
    """It is no longer asked of these people from today on, or (``mistake``) never should have been. Gives whom it concerned.

    Who has done it keeps it unless it was a mistake. Timelines are worked out by the caller.

    Raises:
        Denied: one of them is the one who withdraws it.
        Invalid: no reason.
        Conflict: of none of them is anything asked any more.
    """
    for person_id in person_ids:
        refuse_own(actor.person_id, person_id)
    if not reason.strip():
        raise Invalid(N_("Give a reason."))
    today = _today(session, actor)
    query = select(AssignedPerson).where(
        AssignedPerson.requirement_id == requirement_id, STANDS, AssignedPerson.person_id.in_(person_ids)
    )
    rows = session.scalars(query.order_by(AssignedPerson.person_id).with_for_update()).all()
    done = _done(session, requirement_id, today) if not mistake else set()
    found = [row for row in rows if row.person_id not in done]
    if not found:
        raise Conflict(N_("It is done, or withdrawn already. Nothing was changed."))
    for row in found:
        row.superseded_at, row.superseded_by = actor.now, actor.person_id
        session.flush()  # the one that stands is gone before the next one is written
        if mistake or row.from_day >= today:
            row.withdrawal = reason.strip()
        else:
            session.add(
                AssignedPerson(
                    person_id=row.person_id, requirement_id=requirement_id, reason=row.reason, shown=row.shown,
                    withdrawal=reason.strip(), file_id=row.file_id, from_day=row.from_day, to_day=today,
                    recorded_at=actor.now, recorded_by=actor.person_id,
                )
            )  # fmt: skip
        before = {"assignment": f"{PREFIX}{requirement_id}", "from": row.from_day.isoformat()}
        after = {"last": None if mistake else (today - timedelta(days=1)).isoformat()}
        record(
            session,
            actor,
            "assignment.withdraw",
            "person",
            row.person_id,
            before=before,
            after=after,
            reason=reason.strip(),
        )
    session.flush()
    return [row.person_id for row in found]


# --- reads ------------------------------------------------------------------------------------------------------------


def ids() -> Select[int]:
    """The requirements that came of assignments, as a subquery."""
    return select(Assignment.requirement_id)


def listed(session: Session, visible: Select[int], day: date, *, requirement_id: int | None = None) -> list[Listed]:
    """The assignments that name somebody visible, the newest first, counted as of ``day`` over visible people. One statement."""
    given = AssignedPerson
    counts = (
        select(
            given.requirement_id,
            func.count().label("people"),
            func.sum(case((and_(STANDS, met(day)), 1), else_=0)).label("done"),
            func.sum(case((~STANDS, 1), else_=0)).label("withdrawn"),
            func.max(given.reason).label("reason"),
            func.max(given.shown).label("shown"),
        )
        .where(_last_word(), given.person_id.in_(visible))
        .group_by(given.requirement_id)
        .subquery()
    )
    query = (
        select(Assignment, RequirementVersion, Requirement.code, counts, Person)
        .join(counts, counts.c.requirement_id == Assignment.requirement_id)
        .join(Requirement, Requirement.id == Assignment.requirement_id)
        .join(RequirementVersion, RequirementVersion.requirement_id == Assignment.requirement_id)
        .outerjoin(Person, Person.id == RequirementVersion.recorded_by)
        .where(known(RequirementVersion))
        .order_by(Assignment.requirement_id.desc())
    )
    if requirement_id is not None:
        query = query.where(Assignment.requirement_id == requirement_id)
    return [
        Listed(
            row[0],
            row[1],
            row.code,
            row.reason,
            row.shown,
            by.display_name if by else "",
            row.people,
            row.done,
            row.withdrawn,
        )
        for row in session.execute(query)
        for by in [row[-1]]
    ]


def people_of(session: Session, requirement_id: int, visible: Select[int], day: date) -> Sequence[Any]:
    """Whom an assignment names: (row, person, span on ``day`` or None), by name. One statement.

    A row that stands, ended by being withdrawn, or was taken back altogether (superseded); each person once.
    """
    given = AssignedPerson
    return session.execute(
        select(given, Person, Span)
        .join(Person, Person.id == given.person_id)
        .outerjoin(
            Span,
            and_(
                within(active()),
                Span.person_id == given.person_id,
                Span.requirement_id == given.requirement_id,
                day_in(day, Span.from_day, Span.to_day),
            ),
        )
        .where(given.requirement_id == requirement_id, _last_word(), given.person_id.in_(visible))
        .order_by(Person.family_name, Person.given_name, Person.id)
    ).all()


def of_person(session: Session, person_id: int) -> Sequence[Any]:
    """What was assigned to a person by name, the latest first: (the last word about it, who said so, title). One statement."""
    version = RequirementVersion
    return session.execute(
        select(AssignedPerson, Person, version.title)
        .join(version, version.requirement_id == AssignedPerson.requirement_id)
        .outerjoin(Person, Person.id == AssignedPerson.recorded_by)
        .where(AssignedPerson.person_id == person_id, _last_word(), known(version))
        .order_by(AssignedPerson.requirement_id.desc(), AssignedPerson.id)
    ).all()


def asked_already(session: Session, person_id: int, slug: str, day: date) -> Assignment | None:
    """An assignment of the same course that stands for somebody and is not done; the one that is due first."""
    query = (
        select(Assignment)
        .join(AssignedPerson, AssignedPerson.requirement_id == Assignment.requirement_id)
        .join(Course, Course.id == Assignment.course_id)
        .where(AssignedPerson.person_id == person_id, STANDS, Course.slug == slug, ~met(day))
        .order_by(Assignment.due)
    )
    return session.scalars(query).first()


def completed_on(session: Session, person_id: int, slug: str, day: date) -> bool:
    """Whether somebody completed a course on a day."""
    query = (
        select(TrainingRecord.id)
        .join(Course, Course.id == TrainingRecord.course_id)
        .where(TrainingRecord.person_id == person_id, Course.slug == slug, TrainingRecord.completed_on == day)
    )
    return session.scalar(query.limit(1)) is not None


def met(day: date) -> Any:
    """The SQL condition that what an :class:`AssignedPerson` row asks is done on ``day``."""
    return (
        select(Span.person_id)
        .where(
            within(active()),
            Span.person_id == AssignedPerson.person_id,
            Span.requirement_id == AssignedPerson.requirement_id,
            day_in(day, Span.from_day, Span.to_day),
            Span.state.in_([int(state) for state in MET]),
        )
        .exists()
    )


def _last_word() -> Any:
    """The last word about each person: what is known, or what was taken back without anything in its place."""
    return or_(known(AssignedPerson), AssignedPerson.withdrawal.is_not(None))


def _done(session: Session, requirement_id: int, day: date) -> set[int]:
    query = select(AssignedPerson.person_id).where(AssignedPerson.requirement_id == requirement_id, STANDS, met(day))
    return set(session.scalars(query))


def _today(session: Session, actor: Actor) -> date:
    organisation = load(session)
    return local_day(actor.now, organisation.zone if organisation else "UTC")
