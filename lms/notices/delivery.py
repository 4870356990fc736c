"""Whether a mail goes out at this moment: what was decided when it was written may have changed while it waited."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.clock import local_day
from lms.db import day_in, known
from lms.errors import N_
from lms.notices import actions, asking, nightly
from lms.notices.models import Mail, NoticeLine
from lms.notices.plan import send_at
from lms.organisation import Organisation, load
from lms.people.models import Leave, Person

ON_LEAVE = N_("Not sent: this person is on leave.")
"""What stands beside a reminder whose reader went on leave while it waited."""

SETTLED = N_("Not sent: what it asked for was done, or is not asked any more.")
"""What stands beside a reminder that somebody asked for, and whose duties were all settled while it waited."""

WORDS = frozenset({actions.UNSURE, ON_LEAVE, SETTLED})
"""What Attune itself says beside a message; everything else there is what a mail server said, in its own words."""


SOON = timedelta(minutes=1)


def may_go(session: Session, mail_id: int, now: datetime) -> bool:
    """Whether a mail is to be handed to the server now. False: it waits for its hour, or is given up, and says why.

    A reminder waits for the hours of the plan on its reader's clock however often it was tried, one of an earlier day for the run of the
    day, and any for the next day where its reader got one today; nobody who is on leave by now is written to. What a colleague asked for is
    said as it stands now (:func:`lms.notices.asking.put_right`).
    """
    mail = session.get(Mail, mail_id)
    own = load(session)
    if mail is None or mail.sent_at is not None or mail.failed_at is not None or own is None or own.mail is None:
        return True  # nothing to hold back: there is nothing (more) to do
    if actions.left_unsure(session, mail, now):
        return False
    if mail.kind != actions.NOTICE or mail.person_id is None:
        return True
    day = local_day(now, own.zone)
    if _on_leave(session, mail, day):
        return _given_up(session, mail, ON_LEAVE, "on_leave", now)
    moment = _moment(session, mail, own, now)
    if moment > now:
        actions.queue(session, mail, now, moment)
        return False
    return asking.put_right(session, mail, now) or _given_up(session, mail, SETTLED, "settled", now)


def _given_up(session: Session, mail: Mail, words: str, withheld: str, now: datetime) -> bool:
    actions.note_refused(session, mail.id, words, now)
    session.execute(update(NoticeLine).where(NoticeLine.mail_id == mail.id).values(withheld=withheld))
    return False


def _on_leave(session: Session, mail: Mail, day: date) -> bool:
    theirs = Leave.person_id == mail.person_id
    away = select(Leave.id).where(theirs, known(Leave), day_in(day, Leave.from_day, Leave.to_day))
    return session.scalar(away.limit(1)) is not None


def _moment(session: Session, mail: Mail, own: Organisation, now: datetime) -> datetime:
    """From when on a reminder may go out."""
    person = session.get_one(Person, mail.person_id)
    zone = person.zone or own.zone
    midnight = datetime.combine(local_day(now, zone), time(), ZoneInfo(zone))
    today = local_day(now, own.zone)
    if local_day(mail.created_at, own.zone) < today and nightly.wanted(session, today):
        return now + SOON  # the run of the day takes what it says into the mail of the day
    another = select(Mail.id).where(Mail.person_id == person.id, Mail.kind == actions.NOTICE, Mail.sent_at >= midnight)
    agreed = nightly.plan(session)
    if session.scalar(another.limit(1)) is None:
        return send_at(agreed, now, zone)
    return send_at(agreed, midnight + timedelta(days=1), zone)
