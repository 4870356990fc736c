"""More time and more attempts for a person: given with a reason, ended, and carried over to attempts that are running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, bindparam, or_, select
from sqlalchemy.orm import Session

from lms.catalogue.models import CourseVersion
from lms.clock import FOR_EVER
from lms.db import day_in, known
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.learning import policy
from lms.learning.models import Accommodation, Attempt, Enrolment
from lms.learning.policy import Allowance
from lms.people.models import Person
from lms.prepared import Prepared

LONGEST = 500
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class Given:
    """What is to be given: one kind of time or none, and extra attempts; at least one of the two."""

    percent: int | None = None
    minutes: int | None = None
    unlimited: bool = False
    attempts: int = 0


def accommodate(
    session: Session,
    person_id: int,
    given: Given,
    *,
    first_day: date,
    last_day: date | None,
    reason: str,
    now: datetime,
    by: int,
    enrolment_id: int | None = None,
) -> Accommodation:
    """Give a person more time or attempts from ``first_day`` to ``last_day``, both included (None: until it is ended).

    It holds for every test, or (``enrolment_id``) for one turn through a course. Attempts that are running on a day on which it holds are
    lengthened at once: see :func:`lengthen_running`.

    Raises:
        Invalid: no reason, nothing given, more than may be given, or it ends before it begins.
    """
    to_day = FOR_EVER if last_day is None else last_day + timedelta(days=1)
    if to_day <= first_day:
        raise Invalid(N_("The last day lies before the first day."))
    _check(given)
    written = reason.strip()
    if not written:
        raise Invalid(
            N_("Say why another attempt is given.") if enrolment_id is not None else N_("Say why this is given.")
        )
    if len(written) > LONGEST:
        raise Invalid(N_("Please write at most %(most)s characters."), most=LONGEST)
    row = Accommodation(
        person_id=person_id,
        enrolment_id=enrolment_id,
        time_percent=given.percent,
        extra_minutes=given.minutes,
        unlimited=given.unlimited,
        extra_attempts=given.attempts,
        reason=written,
        from_day=first_day,
        to_day=to_day,
        recorded_at=now,
        recorded_by=by,
    )
    session.add(row)
    session.flush()
    return row


def _check(given: Given) -> None:
    kinds = [given.percent is not None, given.minutes is not None, given.unlimited]
    if sum(kinds) > 1:
        raise Invalid(N_("Give time in one way: as a share, as minutes, or without a limit."))
    if not any(kinds) and not given.attempts:
        raise Invalid(N_("Choose more time, more attempts, or both."))
    if given.percent is not None and not 100 < given.percent <= 300:
        raise Invalid(N_("Time can be given up to three times the limit."))
    if given.minutes is not None and not 0 < given.minutes <= 480:
        raise Invalid(N_("Give from 1 to 480 more minutes."))
    if not 0 <= given.attempts <= 5:
        raise Invalid(N_("One to five attempts can be given at a time."))


def end(session: Session, row: Accommodation, last_day: date, *, now: datetime, by: int) -> Accommodation:
    """It holds through ``last_day`` and no longer; attempts that are running keep what they have. Gives what stands now.

    Raises:
        Conflict: it ends by that day already, or somebody has changed it.
        Invalid: it would end before the day on which it began.
    """
    session.refresh(row, with_for_update=True)
    if row.superseded_at is not None or row.to_day <= last_day + timedelta(days=1):
        raise Conflict(N_("It ends by that day already."))
    if last_day + timedelta(days=1) <= row.from_day:
        raise Invalid(N_("The last day lies before the first day."))
    row.superseded_at, row.superseded_by = now, by
    kept = ("person_id", "enrolment_id", "time_percent", "extra_minutes", "unlimited", "extra_attempts", "reason")
    ended = Accommodation(
        **{name: getattr(row, name) for name in kept},
        from_day=row.from_day,
        to_day=last_day + timedelta(days=1),
        recorded_at=now,
        recorded_by=by,
    )
    session.add(ended)
    session.flush()
    return ended


def lengthen_running(session: Session, row: Accommodation, *, now: datetime) -> list[Attempt]:
    """Give the time to attempts of the person that are running; gives those whose deadline moved. None is ever shortened."""
    query = (
        select(Attempt)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.person_id == row.person_id, Attempt.finished_at.is_(None), Attempt.deadline.is_not(None))
        .with_for_update(of=Attempt)
    )
    if row.enrolment_id is not None:
        query = query.where(Enrolment.id == row.enrolment_id)
    moved = []
    for attempt in session.scalars(query):
        assert attempt.deadline is not None and attempt.policy is not None
        if policy.is_over(attempt.deadline, attempt.policy, now):
            continue
        longer = policy.lengthened(attempt.started_at, attempt.deadline, attempt.policy, _allowance(row), now)
        if longer is not None:
            attempt.deadline, attempt.policy = longer
            moved.append(attempt)
    session.flush()
    return moved


_GIVEN = Accommodation.__table__.c
_DAY: Any = bindparam("day", type_=Date)
ALLOWED = Prepared(
    select(
        *(_GIVEN.id, _GIVEN.recorded_at, _GIVEN.time_percent, _GIVEN.extra_minutes, _GIVEN.unlimited),
        *(_GIVEN.extra_attempts, _GIVEN.enrolment_id.is_not(None).label("for_this")),
    )
    .where(
        _GIVEN.person_id == bindparam("person_id"),
        known(_GIVEN),
        day_in(_DAY, _GIVEN.from_day, _GIVEN.to_day),
        or_(_GIVEN.enrolment_id.is_(None), _GIVEN.enrolment_id == bindparam("enrolment_id")),
    )
    .order_by(_GIVEN.recorded_at, _GIVEN.id)
)


def allowances(session: Session, enrolment: Enrolment, day: date) -> list[Allowance]:
    """What the person of an enrolment is given on ``day`` for its test, first to last."""
    rows = ALLOWED.rows(session, person_id=enrolment.person_id, enrolment_id=enrolment.id, day=day)
    return [Allowance(*row) for row in rows]


def _allowance(row: Accommodation) -> Allowance:
    return Allowance(
        row.id,
        row.recorded_at,
        row.time_percent,
        row.extra_minutes,
        row.unlimited,
        row.extra_attempts,
        row.enrolment_id is not None,
    )


@dataclass(frozen=True, slots=True)
class Decided:
    """An accommodation with who decided it and, where it is for one course only, that course's title."""

    row: Accommodation
    decider: Person | None
    course: str | None


def of_person(session: Session, person_id: int) -> Sequence[Decided]:
    """Every accommodation of a person as it stands, newest first."""
    rows = session.execute(
        select(Accommodation, Person, CourseVersion.title)
        .outerjoin(Person, Person.id == Accommodation.recorded_by)
        .outerjoin(Enrolment, Enrolment.id == Accommodation.enrolment_id)
        .outerjoin(CourseVersion, CourseVersion.id == Enrolment.version_id)
        .where(Accommodation.person_id == person_id, known(Accommodation))
        .order_by(Accommodation.recorded_at.desc(), Accommodation.id.desc())
    )
    return [Decided(row, decider, title) for row, decider, title in rows]


def one(session: Session, person_id: int, accommodation_id: int) -> Accommodation:
    """An accommodation of this person as it stands.

    Raises:
        NotFound: there is none.
    """
    row = session.get(Accommodation, accommodation_id)
    if row is None or row.person_id != person_id or row.superseded_at is not None:
        raise NotFound(N_("There is no such accommodation."))
    return row
