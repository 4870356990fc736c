"""Whose calendar a due day has to be moved or taken out of: found every night, and told in the mail of the day, if it is the only thing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Select, insert, select, true
from sqlalchemy.orm import Session

from lms.db import day_in, known
from lms.notices import actions
from lms.notices.failing import failing
from lms.notices.models import Mail, NoticeChoice, NoticeLine
from lms.notices.plan import Reason
from lms.people.models import Employment, Leave, Person

CALENDAR = -4
"""What stands for a requirement in a line about a calendar."""

PEOPLE_IN_STEP = 1000


def write_corrections(session: Session, day: date, after: int) -> int | None:
    """Note with a line who of the next people behind ``after`` is told on ``day`` that due days in their calendar have changed; gives the
    last one looked at, None when nobody is left."""
    ids = _told(session, day, after)
    found = _wrong(session, ids, day)
    if found:
        said = {"day": day, "requirement_id": CALENDAR, "reason": Reason.CALENDAR.value, "due": None, "cycle": None}
        rows = [said | {"person_id": person_id, "amount": number} for person_id, number in found]
        session.connection().execute(insert(NoticeLine), rows)
    return ids[-1] if ids else None


def expected_corrections(session: Session, day: date, visible: Select[int] | None) -> Iterator[tuple[int, int]]:
    """(person, due days) that a run for ``day`` would put right, as the facts are now; ``visible`` narrows the people."""
    after: int | None = 0
    while after is not None:
        ids = _told(session, day, after, visible)
        yield from _wrong(session, ids, day)
        after = ids[-1] if ids else None


def _told(session: Session, day: date, after: int, visible: Select[int] | None = None) -> list[int]:
    """The next people to whose calendar a day was sent that is still to come: who works here, can be written to and wants reminders."""
    query = (
        select(Mail.person_id)
        .join(Person, Person.id == Mail.person_id)
        .where(
            Mail.events_until >= day,
            Mail.person_id > after,
            Person.email.is_not(None),
            Mail.person_id.in_(
                select(Employment.person_id).where(
                    known(Employment), day_in(day, Employment.from_day, Employment.to_day)
                )
            ),
            Mail.person_id.not_in(select(NoticeChoice.person_id)),
            Mail.person_id.not_in(
                select(Leave.person_id).where(known(Leave), day_in(day, Leave.from_day, Leave.to_day))
            ),
            true() if visible is None else Mail.person_id.in_(visible),
        )
    )
    found = session.scalars(query.distinct().order_by(Mail.person_id).limit(PEOPLE_IN_STEP))
    return [person_id for person_id in found if person_id is not None]


def _wrong(session: Session, ids: list[int], day: date) -> list[tuple[int, int]]:
    """(person, how many of their calendar's days are not right any more), without those at whose address nothing arrives."""
    if not ids:
        return []
    corrections = actions.corrections(session, ids, day)
    silent = failing(session, list(corrections)) if corrections else frozenset()
    return sorted((person_id, len(events)) for person_id, events in corrections.items() if person_id not in silent)
