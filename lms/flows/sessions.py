"""Live sessions: who was there gets a record, its certificate and its timeline in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from lms import audit
from lms.access import refuse_own
from lms.audit import Actor
from lms.catalogue.models import CourseVersion
from lms.catalogue.queries import content as content_of
from lms.clock import local_day
from lms.compliance import actions as compliance
from lms.compliance import store
from lms.errors import Conflict
from lms.flows.certifying import certify
from lms.organisation import Organisation, load
from lms.people import queries as people
from lms.people.models import Person
from lms.records import sessions
from lms.records.models import LiveSession, TrainingRecord


def record_attendance(session: Session, live: LiveSession, who: Sequence[Person], actor: Actor) -> list[TrainingRecord]:
    """These people were there: a record each, the certificate if the course issues one (it goes out by mail), and their timelines.

    Raises:
        Denied: one of them is the one who writes it down.
        Conflict: the session is still to come or called off, or one of them was not employed that day or has a record of the course
            from that day. Nothing is written then.
    """
    organisation = load(session) or Organisation(name="Attune")
    today = local_day(actor.now, organisation.zone)
    version = session.get_one(CourseVersion, live.version_id)
    content = content_of(session, live.version_id)
    session.refresh(live, with_for_update=True)  # nobody calls it off, or writes the same people down, meanwhile
    store.lock(session, [person.id for person in who])
    made = []
    for person in who:
        refuse_own(actor.person_id, person.id)
        refused = sessions.refusal(session, live, person, today)
        if refused is not None:
            raise Conflict(refused.msgid, **refused.params)
        held = people.held(session, person.id, live.day)
        record = sessions.attend(session, live, version, person, held, organisation.zone, actor)
        after = {
            "course": version.code, "version": version.number, "how": record.how, "session": live.id, "day": live.day.isoformat(),
            "minutes": record.minutes,
        }  # fmt: skip
        audit.record(session, actor, "record.award", "training_record", record.id, about=person.id, after=after)
        certify(session, record, content, organisation, today, actor)
        made.append(record)
    compliance.work_in(session, [record.person_id for record in made], "sessions", now=actor.now)
    return made
