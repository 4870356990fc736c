"""A completion that HR writes down by hand: the record, its certificate and the person's timeline."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from lms import audit
from lms.access import refuse_own
from lms.audit import Actor
from lms.catalogue.queries import content as content_of
from lms.clock import local_day
from lms.compliance import actions as compliance
from lms.compliance import store
from lms.flows.certifying import certify
from lms.organisation import Organisation, load
from lms.people import queries as people
from lms.people.models import Person
from lms.records import by_hand
from lms.records.models import TrainingRecord


def complete_by_hand(
    session: Session,
    person: Person,
    course_id: int,
    day: date,
    reason: str,
    actor: Actor,
    *,
    file_id: int | None = None,
    follow: bool = True,
) -> TrainingRecord:
    """Somebody completed a course on a day, as HR vouches. ``follow`` False: the caller works the timeline out, for many at once.

    Raises:
        Denied: it is one's own.
        Invalid: no reason, a day to come, or one on which the course was not offered.
        Conflict: not employed that day, or there is a record of the course from that day.
    """
    refuse_own(actor.person_id, person.id)
    organisation = load(session) or Organisation(name="Attune")
    version = by_hand.offered_on(session, course_id, day, organisation.zone, actor)
    held = people.held(session, person.id, day)
    store.lock(session, [person.id])  # the same form sent twice is written down once
    record = by_hand.complete(
        session, person, version, held, day, reason, organisation.zone, actor, file_id=file_id
    )  # fmt: skip
    after = {
        "course": version.code,
        "version": version.number,
        "how": record.how,
        "day": day.isoformat(),
        "document": file_id,
    }
    audit.record(
        session,
        actor,
        "record.award",
        "training_record",
        record.id,
        about=person.id,
        after=after,
        reason=reason.strip(),
    )
    certify(
        session, record, content_of(session, version.id), organisation, local_day(actor.now, organisation.zone), actor
    )
    if follow:
        compliance.rebuild(session, [person.id], now=actor.now)
    return record
