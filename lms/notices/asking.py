"""Reminding somebody at once because a person asks for it: through the one mail of the day, with the name of who asks on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from lms.access import refuse_own
from lms.accounts.models import Account
from lms.audit import Actor
from lms.audit import actions as audit
from lms.clock import FOR_EVER, local_day
from lms.compliance.models import OVERALL, Span
from lms.compliance.spans import State
from lms.compliance.tallies import active
from lms.db import day_in, known
from lms.notices import actions, merging, nightly
from lms.notices.calendar import Asked, cycle_asked
from lms.notices.failing import fails_for
from lms.notices.models import Mail, NoticeLine, NoticeRun
from lms.notices.plan import BEFORE_STATES, LATE_STATES, Reason, send_at
from lms.organisation import Organisation, load
from lms.people.models import Leave, Person


class Standing(StrEnum):
    """Whether somebody can be reminded now, or why not."""

    FREE = "free"
    NOTHING = "nothing"
    ON_LEAVE = "on_leave"
    CLOSED = "closed"
    NO_ADDRESS = "no_address"
    ADDRESS_FAILS = "address_fails"
    SENT = "sent"
    WAITS = "waits"
    FAILED = "failed"
    BUSY = "busy"


class Look(NamedTuple):
    """How it stands with one person: ``asked`` are the duties that can be done now, by requirement; ``moment`` is when the mail of today
    went out (:attr:`Standing.SENT`)."""

    standing: Standing
    asked: Mapping[int, Asked]
    moment: datetime | None = None


class Answer(NamedTuple):
    """What came of asking: ``moment`` is when the mail of today went out (:attr:`Standing.SENT`) or goes out (:attr:`Standing.FREE`; None:
    as soon as a mail server is set up)."""

    standing: Standing
    moment: datetime | None


def look(
    session: Session, people: Collection[int], now: datetime, visible: Select[int] | None = None
) -> dict[int, Look]:
    """Whether each of these people (of those among ``visible``) can be reminded now. One statement and the organisation's, however many
    they are."""
    own = load(session) or Organisation(name="Attune")
    rows: dict[int, list[Any]] = {}
    for row in session.execute(_facts(people, local_day(now, own.zone), now, visible)):
        rows.setdefault(row.id, []).append(row)
    return {person_id: _look(of_person, now, own.zone) for person_id, of_person in rows.items()}


def _facts(people: Collection[int], day: date, now: datetime, visible: Select[int] | None) -> Select[Any]:
    """What decides about each: a row for each duty that can be done now and each mail that waits or of which something became known
    lately, the newest last."""
    waits, lately = and_(Mail.sent_at.is_(None), Mail.failed_at.is_(None)), now - timedelta(days=2)
    away = exists().where(Leave.person_id == Person.id, known(Leave), day_in(day, Leave.from_day, Leave.to_day))
    mail = and_(
        Mail.person_id == Person.id,
        Mail.kind == actions.NOTICE,
        or_(waits, Mail.sent_at >= lately, Mail.failed_at >= lately),
    )
    duty = and_(
        Span.generation_id == active(),
        Span.person_id == Person.id,
        Span.requirement_id != OVERALL,
        Span.state.in_([int(state) for state in BEFORE_STATES | LATE_STATES]),
        day_in(day, Span.from_day, Span.to_day),
    )
    columns: list[Any] = [
        *(Person.id, Person.zone, Person.email, Account.closed_at),
        *(Span.requirement_id, Span.state, Span.cycle, Span.due, Mail.id.label("mail"), Mail.sent_at, Mail.failed_at),
    ]
    query: Select[Any] = (
        select(*columns, away.label("away"), Person.id.in_(fails_for(people)).label("fails"))
        .outerjoin(Account, Account.person_id == Person.id)
        .outerjoin(Span, duty)
        .outerjoin(Mail, mail)
        .where(Person.id.in_(people))
        .order_by(Mail.id)
    )
    return query if visible is None else query.where(Person.id.in_(visible))


def _look(rows: Sequence[Any], now: datetime, zone: str) -> Look:
    """How it stands with the person of these rows."""
    asked = {
        row.requirement_id: Asked(cycle_asked(State(row.state), row.cycle), row.due)
        for row in rows
        if row.requirement_id is not None
    }
    found = Look(Standing.FREE, asked)
    for row in rows:
        standing = _standing(row, asked, now, row.zone or zone)
        if standing is not Standing.FREE:
            found = Look(standing, asked, row.sent_at)
    return found


def _standing(row: Any, asked: Mapping[int, Asked], now: datetime, zone: str) -> Standing:
    for standing, holds in (
        (Standing.ON_LEAVE, row.away),
        (Standing.NOTHING, not asked),
        (Standing.CLOSED, row.closed_at is not None),
        (Standing.NO_ADDRESS, not row.email),
        (Standing.ADDRESS_FAILS, row.fails),
    ):
        if holds:
            return standing
    ended = row.sent_at or row.failed_at
    if row.mail is None or (ended is not None and local_day(ended, zone) != local_day(now, zone)):
        return Standing.FREE
    return Standing.SENT if row.sent_at else Standing.FAILED if row.failed_at else Standing.WAITS


def ask(session: Session, person_id: int, by: Actor) -> Answer:
    """Write somebody one mail with all that can be done now, in the name of whoever asks, for the plan's next hour on their clock;
    nothing where it would be the second mail of a day, or would be in vain. A second press finds the mail of the first.

    Raises:
        Denied: it is oneself.
    """
    refuse_own(by.person_id, person_id)
    person = session.get_one(Person, person_id, with_for_update=True, populate_existing=True)
    own = load(session) or Organisation(name="Attune")
    day = local_day(by.now, own.zone)
    found = look(session, [person_id], by.now)[person_id]
    if found.standing is not Standing.FREE:
        return Answer(found.standing, found.moment)
    run = session.get(NoticeRun, day)
    if run is not None and run.finished_at is None and nightly.wanted(session, day):
        return Answer(Standing.BUSY, None)  # it may be at this person just now
    kept = {
        line.requirement_id: line
        for line in session.scalars(select(NoticeLine).where(NoticeLine.day == day, NoticeLine.person_id == person_id))
    }  # what was withheld in the morning, and need not be any more
    for requirement_id, duty in found.asked.items():
        line = kept.get(requirement_id) or NoticeLine(day=day, person_id=person_id, requirement_id=requirement_id)
        line.reason, line.asked_by, line.withheld, line.mail_id = Reason.ASKED.value, by.person_id, None, None
        line.amount = (duty.due - day).days if duty.due else 0
        line.due, line.cycle = duty.due, duty.cycle
        session.add(line)
    session.flush()
    mine = select(NoticeLine).where(NoticeLine.day == day, NoticeLine.person_id == person_id)
    lines = session.scalars(
        mine.where(NoticeLine.requirement_id.in_(found.asked)).order_by(NoticeLine.due, NoticeLine.id)
    )
    writer = nightly.Writer(session, day, by.now, {}, merging.TakenBack(session, [], day), None)
    writer.write(person, lines.all())
    writer.keep()
    moment = send_at(nightly.plan(session), by.now, person.zone or own.zone) if own.mail is not None else None
    after = {"requirements": sorted(found.asked), "from": (moment or by.now).isoformat(timespec="seconds")}
    audit.record(session, by, "reminder.ask", "person", person_id, after=after)
    return Answer(Standing.FREE, moment)


def put_right(session: Session, mail: Mail, now: datetime) -> bool:
    """Say what a colleague asked for as it stands now, before its mail goes out: without what was settled while it waited, and by the due
    days of now. Mails that say anything else stay as they are. False: nothing of it is left to be said.
    """
    theirs = NoticeLine.person_id == mail.person_id  # lines are found by the person
    lines = session.scalars(select(NoticeLine).where(theirs, NoticeLine.mail_id == mail.id)).all()
    if mail.person_id is None or not lines or any(line.asked_by is None for line in lines):
        return True
    day = local_day(now, (load(session) or Organisation(name="Attune")).zone)
    stands = actions.standing(session, [mail.person_id], day).get(mail.person_id, {})
    left = []
    for line in lines:
        duty = stands.get(line.requirement_id)
        if duty is not None and duty.cycle == line.cycle:
            line.due, line.amount = duty.due, (duty.due - day).days if duty.due else 0
            left.append(line)
    if not left:
        return False
    for line in lines:
        if line not in left:
            line.mail_id, line.withheld = None, "settled"
    writer = nightly.Writer(session, day, now, {}, merging.TakenBack(session, [], day), None)
    left.sort(key=lambda line: (line.due or FOR_EVER, line.id))
    writer.write(session.get_one(Person, mail.person_id), left)
    for draft, _, _ in writer.written:
        mail.language, mail.subject, mail.body = draft["language"], draft["subject"], draft["body"]
    return True
