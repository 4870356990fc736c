"""What one person is given beyond what a course or a rule gives everybody: another attempt, more time, accommodations."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta

from sqlalchemy.orm import Session

from lms import audit
from lms.access import refuse_own
from lms.audit import Actor
from lms.catalogue.content import CourseContent
from lms.catalogue.localised import localised
from lms.clock import FOR_EVER, local_day
from lms.compliance import more_time
from lms.learning import accommodations
from lms.learning.accommodations import Given
from lms.learning.models import Accommodation, Enrolment
from lms.notices.actions import language_of, write_mail
from lms.organisation import load
from lms.people import queries as people


def give_another_attempt(
    session: Session, enrolment: Enrolment, content: CourseContent, *, reason: str, link: str, actor: Actor
) -> None:
    """One more attempt at the test of a course, with a reason; the learner is told by mail, where they have an address.

    It opens at once, cool-down or not. ``link`` leads to the course, for the mail.

    Raises:
        Denied: it is one's own.
        Invalid: no reason.
    """
    by = actor.person_id
    assert by is not None
    refuse_own(by, enrolment.person_id)
    own = load(session)
    given = accommodations.accommodate(
        session,
        enrolment.person_id,
        Given(attempts=1),
        first_day=local_day(actor.now, own.zone if own else "UTC"),
        last_day=None,
        reason=reason,
        now=actor.now,
        by=by,
        enrolment_id=enrolment.id,
    )
    after = {"enrolment_id": enrolment.id, "extra": 1, "accommodation": given.id}
    audit.record(session, actor, "attempt.grant", "person", enrolment.person_id, after=after, reason=given.reason)
    person = people.person(session, enrolment.person_id)
    course = localised(content, language_of(person, load(session))).title.value
    write_mail(session, "another_attempt", person, actor.now, course=course, link=link)


def decide_more_time(
    session: Session, one: more_time.Waiting, until: date | None, *, reason: str, link: str, actor: Actor
) -> None:
    """More time for a duty, until a day (None: refused); the learner is told by mail, where they have an address.

    ``link`` leads to what they have to do.

    Raises:
        Denied, Conflict, Invalid: see :func:`lms.compliance.more_time.grant` and ``refuse``.
    """
    if until is not None:
        more_time.grant(session, one, until, reason, actor)
    else:
        more_time.refuse(session, one, reason, actor)
    person = people.person(session, one.request.person_id)
    write_mail(
        session,
        "more_time_refused" if until is None else "more_time_granted",
        person,
        actor.now,
        duty=one.turn.title,
        until=until or one.turn.due,
        reason=reason.strip(),
        link=link,
    )


def give_more_time(
    session: Session,
    person_id: int,
    requirement_id: int,
    until: date,
    *,
    reason: str,
    link: str,
    actor: Actor,
    file_id: int | None = None,
    follow: bool = True,
) -> more_time.Turn:
    """More time for a duty that HR gives without being asked; the learner is told by mail, where they have an address. Gives the turn
    as it stood before.

    ``link`` leads to what they have to do. ``follow`` False: the caller works the timeline out, for many people at once.

    Raises:
        Denied, NotFound, Invalid: see :func:`lms.compliance.more_time.give`.
    """
    own = load(session)
    today = local_day(actor.now, own.zone if own else "UTC")
    turn = more_time.give(
        session, person_id, requirement_id, until, reason, today, actor, file_id=file_id, follow=follow
    )  # fmt: skip
    person = people.person(session, person_id)
    write_mail(session, "more_time_given", person, actor.now, duty=turn.title, until=until, link=link)
    return turn


def accommodate(
    session: Session,
    person_id: int,
    given: Given,
    *,
    first_day: date,
    last_day: date | None,
    reason: str,
    actor: Actor,
) -> Accommodation:
    """More time or attempts at every test for a person; attempts that are running are lengthened at once.

    The reason stays with the accommodation and out of the audit log, which more people may read.

    Raises:
        Denied: it is one's own.
        Invalid: no reason, nothing or too much is given, or it ends before it begins.
    """
    by = actor.person_id
    assert by is not None
    refuse_own(by, person_id)
    row = accommodations.accommodate(
        session, person_id, given, first_day=first_day, last_day=last_day, reason=reason, now=actor.now, by=by
    )
    own = load(session)
    today = local_day(actor.now, own.zone if own else "UTC")
    moved = accommodations.lengthen_running(session, row, now=actor.now) if row.from_day <= today < row.to_day else []
    after = {
        **asdict(given),
        "accommodation": row.id,
        "from": first_day.isoformat(),
        "last": last_day.isoformat() if last_day else None,
        "lengthened": [attempt.id for attempt in moved],
    }
    audit.record(session, actor, "accommodation.grant", "person", person_id, after=after)
    return row


def end_accommodation(session: Session, row: Accommodation, last_day: date, actor: Actor) -> None:
    """It holds through ``last_day`` and no longer.

    Raises:
        Denied: it is one's own.
        Conflict: it ends by that day already.
        Invalid: it would end before it began.
    """
    by = actor.person_id
    assert by is not None
    refuse_own(by, row.person_id)
    before = {"accommodation": row.id, "last": None if row.to_day >= FOR_EVER else str(row.to_day - timedelta(days=1))}
    ended = accommodations.end(session, row, last_day, now=actor.now, by=by)
    after = {"accommodation": ended.id, "last": last_day.isoformat()}
    audit.record(session, actor, "accommodation.end", "person", row.person_id, before=before, after=after)
