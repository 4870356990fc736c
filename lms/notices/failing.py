"""Messages that came back, and the addresses at which nothing arrives until somebody in HR has looked at them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.errors import N_, NotFound
from lms.notices import actions
from lms.notices.bounces import Kind, Report, address_is_wrong, status_in
from lms.notices.models import FailingAddress, Mail, MailBounce
from lms.people.models import Person

PAUSE = timedelta(days=1)
"""Between a message that a server gave up for now and the next try; twice and three times as long after that."""

TRIES = 3


class Outcome(StrEnum):
    """What a report led to."""

    UNKNOWN = "unknown"
    KNOWN = "known"
    NOTED = "noted"
    AGAIN = "again"
    FAILED = "failed"


def take_in(session: Session, report: Report, now: datetime) -> Outcome:
    """Work in what a server reports. The same report again changes nothing, so a mailbox may be read twice.

    A message that a server has given up for now is sent again later, under the same Message-ID. One whose link was removed after sending
    is not: its link would be missing.
    """
    mail = _named(session, report)
    if mail is None:
        return Outcome.UNKNOWN
    if session.scalar(select(MailBounce.id).where(MailBounce.ident == report.ident)) is not None:
        return Outcome.KNOWN
    bounce = MailBounce(
        mail_id=mail.id, ident=report.ident, kind=report.kind, status=report.status, said=report.said, taken_at=now
    )
    session.add(bounce)
    session.flush()
    mail.error = report.said or report.status
    if report.kind is Kind.DELAYED or mail.sent_at is None:
        return Outcome.NOTED  # the server still tries; or it is on its way again already
    gone = session.scalar(select(func.count()).where(MailBounce.mail_id == mail.id, MailBounce.kind == Kind.TEMPORARY))
    if report.kind is Kind.TEMPORARY and (gone or 0) <= TRIES and mail.kind not in actions.WITH_SECRET:
        mail.sent_at = None
        actions.queue(session, mail, now, now + PAUSE * (gone or 1))
        return Outcome.AGAIN
    mail.bounced_at = now
    if report.kind is Kind.TEMPORARY or address_is_wrong(report.status, report.said):
        mark(session, mail, report.status, report.said, Actor(None, now, "mail"))
    return Outcome.FAILED


def _named(session: Session, report: Report) -> Mail | None:
    """The message that a report is about, by the id that Attune gave it."""
    ids = [name for name in (report.message_id, f"<{report.envelope}>" if report.envelope else "") if name]
    if not ids:
        return None
    return session.scalar(select(Mail).where(Mail.message_id.in_(ids)).with_for_update().limit(1))


def refused(session: Session, mail_id: int, error: str, now: datetime) -> None:
    """The server refused a message at once; where it says that there is no such mailbox, the address is marked."""
    actions.note_refused(session, mail_id, error, now)
    if address_is_wrong(status_in(error), error):
        mark(session, session.get_one(Mail, mail_id), status_in(error), error, Actor(None, now, "mail"))


def mark(session: Session, mail: Mail, status: str, said: str, by: Actor) -> None:
    """Nothing arrives at the address of a message: no reminders go there until the address is corrected or HR says that it works."""
    address = mail.recipient.casefold()
    if mail.person_id is None or _open(session, [address]):
        return
    session.add(
        FailingAddress(
            address=address, person_id=mail.person_id, mail_id=mail.id, since=by.now, status=status, said=said[:1000],
            cleared_at=None, cleared_by=None,
        )
    )  # fmt: skip
    told = {"address": mail.recipient, "said": said[:200]}
    record(session, by, "address.fail", "person", mail.person_id, after=told)


def works_again(session: Session, ident: int, person_id: int, by: Actor) -> FailingAddress:
    """HR has looked: the address is right, so write to it again.

    Raises:
        NotFound: no such mark on an address of this person, or it was taken away already.
    """
    row = session.get(FailingAddress, ident, with_for_update=True, populate_existing=True)
    if row is None or row.person_id != person_id or row.cleared_at is not None:
        raise NotFound(N_("This address is not marked any more."))
    row.cleared_at, row.cleared_by = by.now, by.person_id
    before = {"address": row.address, "since": row.since.isoformat(timespec="seconds")}
    record(session, by, "address.works", "person", person_id, before=before)
    return row


def _open(session: Session, addresses: Collection[str]) -> list[FailingAddress]:
    query = select(FailingAddress).where(FailingAddress.address.in_(addresses), FailingAddress.cleared_at.is_(None))
    return list(session.scalars(query))


def of_person(session: Session, person: Person) -> FailingAddress | None:
    """The mark on the address that somebody has now, if there is one."""
    found = _open(session, [person.email.casefold()]) if person.email else []
    return found[0] if found else None


def failing(session: Session, people: Collection[int] | Any) -> set[int]:
    """Those of these people at whose present address nothing arrives."""
    return set(session.scalars(fails_for(people)))


def fails_for(people: Collection[int] | Any) -> Select[int]:
    """The same as a subquery of its own."""
    found: Select[int] = _now(select(Person.id)).where(Person.id.in_(people)).correlate(None)
    return found


def _now(query: Any) -> Any:
    return query.join(
        FailingAddress,
        (FailingAddress.person_id == Person.id) & (FailingAddress.address == func.lower(Person.email)),
    ).where(FailingAddress.cleared_at.is_(None))


def listed(session: Session, visible: Any, page: int, size: int = 50) -> Sequence[tuple[FailingAddress, Person]]:
    """One page (from 1) of addresses that fail now, the oldest first, and one more when there is a next page."""
    query = _now(select(FailingAddress, Person).select_from(Person)).where(Person.id.in_(visible))
    rows = session.execute(query.order_by(FailingAddress.since, Person.id).offset((page - 1) * size).limit(size + 1))
    return [(row[0], row[1]) for row in rows]


def count(session: Session, visible: Any) -> int:
    """How many people have an address that fails now."""
    return session.scalar(_now(select(func.count()).select_from(Person)).where(Person.id.in_(visible))) or 0


def bounces(session: Session, mail_ids: Collection[int]) -> dict[int, list[MailBounce]]:
    """What servers reported about these messages, the oldest first."""
    found: dict[int, list[MailBounce]] = {}
    rows = session.scalars(select(MailBounce).where(MailBounce.mail_id.in_(mail_ids)).order_by(MailBounce.id))
    for row in rows:
        found.setdefault(row.mail_id, []).append(row)
    return found
