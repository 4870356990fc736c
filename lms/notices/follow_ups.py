"""Who is asked what has changed since a course, and reminded of it once: in the night's run, as part of the mail of the day."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lms.catalogue import queries as catalogue
from lms.catalogue.localised import Text, localised
from lms.clock import local_day
from lms.db import day_in, known
from lms.learning.models import Enrolment, FollowUp, FollowUpChoice
from lms.learning.surveys import EARLIEST, LATEST, window
from lms.notices.models import NoticeLine
from lms.notices.plan import Reason
from lms.people.models import Employment, Leave, Person
from lms.records.models import How, RecordRevocation, TrainingRecord

FOLLOW_UPS = -1
"""What stands for a requirement in a line about follow-ups."""


class Asked(NamedTuple):
    """A follow-up that a mail asks for."""

    title: Text
    enrolment_id: int
    closes_on: date
    again: bool


def write_follow_ups(session: Session, day: date, zone: str) -> int:
    """Note whom the mails of ``day`` ask or remind, with a line for each of them; gives how many people.

    Nobody is asked who is not employed, is on leave, has no address, does not want to be asked, or tested out. Who comes back while
    the follow-up is open is asked then. Nobody is asked twice; one reminder comes half-way, if it was not answered.
    """
    people: dict[int, int] = {}
    for enrolment, found, closes_on in _due(session, day, zone):
        if found is None:
            session.add(
                FollowUp(
                    enrolment_id=enrolment.id, closes_on=closes_on, invited_on=day, reminded_on=None, answered_at=None
                )
            )
        else:
            found.reminded_on = day
        people[enrolment.person_id] = people.get(enrolment.person_id, 0) + 1
    for person_id, number in sorted(people.items()):
        session.add(
            NoticeLine(
                day=day, person_id=person_id, requirement_id=FOLLOW_UPS, reason=Reason.FOLLOW_UP, amount=number, due=None,
                mail_id=None, withheld=None,
            )
        )  # fmt: skip
    return len(people)


def expected_follow_ups(session: Session, day: date, zone: str, visible: Select[int] | None = None) -> dict[int, int]:
    """How many follow-ups the mail of ``day`` would ask each person for, as the facts are now; nothing is written."""
    people: dict[int, int] = {}
    for enrolment, _, _ in _due(session, day, zone, visible):
        people[enrolment.person_id] = people.get(enrolment.person_id, 0) + 1
    return people


def _due(
    session: Session, day: date, zone: str, visible: Select[int] | None = None
) -> Iterator[tuple[Enrolment, FollowUp | None, date]]:
    """Whose follow-up is asked for the first time (None), or once more, on ``day``, and until when it is open."""
    query = _candidates(day, zone)
    rows = session.execute(query if visible is None else query.where(Enrolment.person_id.in_(visible))).all()
    contents = catalogue.contents(session, {row.version_id for row, _ in rows})
    for enrolment, found in rows:
        content = contents[enrolment.version_id]
        assert enrolment.completed_at is not None
        stretch = window(content, local_day(enrolment.completed_at, zone))
        if stretch is None or content.follow_up is None or not stretch[0] <= day <= stretch[1]:
            continue
        if found is None or (
            found.answered_at is None
            and found.reminded_on is None
            and found.invited_on is not None
            and day >= found.invited_on + timedelta(days=content.follow_up.expires // 2)
        ):
            yield enrolment, found, stretch[1]


def _candidates(day: date, zone: str) -> Select[Enrolment, FollowUp | None]:
    """Enrolments completed by taking the course so long ago, of people who can be asked, with what is known of their follow-up."""
    midnight = time(0, tzinfo=ZoneInfo(zone))
    first = datetime.combine(day - timedelta(days=LATEST), midnight)
    last = datetime.combine(day - timedelta(days=EARLIEST - 1), midnight)
    person = Enrolment.person_id
    here = select(Employment.id).where(
        Employment.person_id == person, known(Employment), day_in(day, Employment.from_day, Employment.to_day)
    )
    away = select(Leave.id).where(Leave.person_id == person, known(Leave), day_in(day, Leave.from_day, Leave.to_day))
    declined = select(FollowUpChoice.person_id).where(FollowUpChoice.person_id == person)
    revoked = select(RecordRevocation.id).where(RecordRevocation.record_id == TrainingRecord.id)
    return (
        select(Enrolment, FollowUp)
        .join(TrainingRecord, TrainingRecord.enrolment_id == Enrolment.id)
        .join(Person, Person.id == person)
        .outerjoin(FollowUp, FollowUp.enrolment_id == Enrolment.id)
        .where(
            Enrolment.completed_at >= first,
            Enrolment.completed_at < last,
            TrainingRecord.how == How.COURSE,
            Person.email.is_not(None),
            here.exists(),
            ~away.exists(),
            ~declined.exists(),
            ~revoked.exists(),
        )
        .order_by(Enrolment.id)
    )


def asked_of(session: Session, person_id: int, days: Collection[date], language: str) -> list[Asked]:
    """The follow-ups that the mails of some days ask somebody for, the first to close first."""
    rows = session.execute(
        select(FollowUp, Enrolment.id, Enrolment.version_id)
        .join(Enrolment, Enrolment.id == FollowUp.enrolment_id)
        .where(Enrolment.person_id == person_id, FollowUp.answered_at.is_(None))
        .where(FollowUp.invited_on.in_(days) | FollowUp.reminded_on.in_(days))
        .order_by(FollowUp.closes_on, FollowUp.id)
    ).all()
    contents = catalogue.contents(session, {version_id for _, _, version_id in rows})
    return [
        Asked(localised(contents[version_id], language).title, enrolment_id, row.closes_on, row.reminded_on in days)
        for row, enrolment_id, version_id in rows
    ]
