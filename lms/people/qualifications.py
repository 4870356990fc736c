"""Verbs about what a person holds beside their job: licences, duties, birth month. Decided in :mod:`lms.people.holdings`.

Nothing is edited: what changes is superseded. Every change is in the audit log. The caller works out the timeline afterwards
(:func:`lms.flows.staffing.people_changed`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access import refuse_own
from lms.audit import Actor, record
from lms.clock import FOR_EVER
from lms.db import known
from lms.errors import N_, Invalid, NotFound
from lms.people import holdings
from lms.people.holdings import Tagged, Term
from lms.people.models import BirthMonth, DutyTag, Licence, Person

TERM = ("kind", "state", "number", "basis", "from_day", "to_day", "renew_by", "every_months")


def terms(session: Session, person_id: int) -> tuple[Term, ...]:
    """The known terms of a person's licences, by first day."""
    rows = session.scalars(
        select(Licence).where(Licence.person_id == person_id, known(Licence)).order_by(Licence.from_day, Licence.id)
    )
    return tuple(Term(**{name: getattr(row, name) for name in TERM}, id=row.id) for row in rows)


def tags(session: Session, person_id: int) -> tuple[Tagged, ...]:
    """The known duties of a person, by first day."""
    rows = session.scalars(
        select(DutyTag).where(DutyTag.person_id == person_id, known(DutyTag)).order_by(DutyTag.from_day, DutyTag.id)
    )
    return tuple(Tagged(row.tag, row.from_day, row.to_day, row.id) for row in rows)


def birth_month(session: Session, person_id: int) -> int | None:
    """The month in which a person was born, if it is known."""
    return session.scalar(select(BirthMonth.month).where(BirthMonth.person_id == person_id, known(BirthMonth)))


def record_licence(session: Session, person_id: int, new: Term, by: Actor) -> None:
    """A licence was issued or renewed; ``new`` comes from :func:`lms.people.holdings.term`.

    Raises:
        NotFound: no such person.
        Conflict: it is written down for some of these days already.
    """
    _locked(session, person_id, by)
    before = terms(session, person_id)
    _write_terms(session, person_id, before, holdings.issued(before, new), "licence.record", by)


def correct_licence(session: Session, person_id: int, ident: int, new: Term, by: Actor, reason: str) -> None:
    """A term was written down wrongly.

    Raises:
        Invalid: no reason.
        Conflict: it was corrected already, or another term is on these days.
    """
    _reasoned(reason)
    _locked(session, person_id, by)
    before = terms(session, person_id)
    _write_terms(session, person_id, before, holdings.corrected(before, ident, new), "licence.correct", by, reason)


def end_licence(session: Session, person_id: int, ident: int, last_day: date, by: Actor, reason: str) -> None:
    """A licence ends earlier than its term, or was never held (a last day before its first).

    Raises:
        Invalid: no reason.
        Conflict: it was corrected already.
    """
    _reasoned(reason)
    _locked(session, person_id, by)
    before = terms(session, person_id)
    _write_terms(session, person_id, before, holdings.ended(before, ident, last_day), "licence.end", by, reason)


def give_duty(session: Session, person_id: int, name: str, from_day: date, last_day: date | None, by: Actor) -> None:
    """Somebody has a duty from a day on.

    Raises:
        Invalid: no duty, or a last day before the first.
        Conflict: they have it on some of these days already.
    """
    _locked(session, person_id, by)
    before = tags(session, person_id)
    end = FOR_EVER if last_day is None else last_day + holdings.DAY
    after = holdings.given(before, holdings.tag(name), from_day, end)
    _write_tags(session, person_id, before, after, "duty.give", by)


def end_duty(session: Session, person_id: int, ident: int, last_day: date, by: Actor, reason: str) -> None:
    """A duty ends with a last day; a last day before its first takes it away.

    Raises:
        Invalid: no reason.
        Conflict: its end was changed already.
    """
    _reasoned(reason)
    _locked(session, person_id, by)
    before = tags(session, person_id)
    _write_tags(session, person_id, before, holdings.laid_down(before, ident, last_day), "duty.end", by, reason)


def set_birth_month(session: Session, person_id: int, month: int | None, by: Actor) -> None:
    """The month in which somebody was born, or (None) that it is not kept any more.

    Raises:
        Invalid: no month.
        NotFound: no such person.
    """
    if month is not None and not 1 <= month <= 12:
        raise Invalid(N_("A month is a number from 1 to 12."))
    _locked(session, person_id, by)
    old = session.scalar(select(BirthMonth).where(BirthMonth.person_id == person_id, known(BirthMonth)))
    before = old.month if old else None
    if before == month:
        return
    if old is not None:
        old.superseded_at, old.superseded_by = by.now, by.person_id
        session.flush()
    if month is not None:
        session.add(BirthMonth(person_id=person_id, month=month, recorded_at=by.now, recorded_by=by.person_id))
        session.flush()
    record(session, by, "birth_month.set", "person", person_id, before={"month": before}, after={"month": month})


# --- small parts ------------------------------------------------------------------------------------------------------


def _write_terms(
    session: Session,
    person_id: int,
    before: Sequence[Term],
    after: Sequence[Term],
    action: str,
    by: Actor,
    reason: str = "",
) -> None:
    gone, new = holdings.difference(before, after)
    _supersede(session, Licence, gone, by)
    for one in new:
        values = {name: getattr(one, name) for name in TERM}
        session.add(Licence(person_id=person_id, **values, recorded_at=by.now, recorded_by=by.person_id))
    _note(session, person_id, [each for each in before if each.id in gone], new, action, by, reason)


def _write_tags(
    session: Session, person_id: int, before: Sequence[Tagged], after: Sequence[Tagged], action: str, by: Actor, reason: str = ""
) -> None:  # fmt: skip
    gone, new = holdings.difference(before, after)
    _supersede(session, DutyTag, gone, by)
    for one in new:
        session.add(
            DutyTag(
                person_id=person_id, tag=one.tag, from_day=one.from_day, to_day=one.to_day, recorded_at=by.now,
                recorded_by=by.person_id,
            )
        )  # fmt: skip
    _note(session, person_id, [each for each in before if each.id in gone], new, action, by, reason)


def _supersede(session: Session, model: Any, ids: Sequence[int], by: Actor) -> None:
    for ident in ids:
        row: Any = session.get_one(model, ident)
        row.superseded_at, row.superseded_by = by.now, by.person_id


def _note(
    session: Session, person_id: int, gone: Sequence[Any], new: Sequence[Any], action: str, by: Actor, reason: str = ""
) -> None:
    if not gone and not new:
        return
    session.flush()
    record(
        session, by, action, "person", person_id,
        before={"was": [_said(each) for each in gone]} if gone else None,
        after={"is": [_said(each) for each in new]},
        reason=reason.strip() or None,
    )  # fmt: skip


def _said(fact: Term | Tagged) -> dict[str, Any]:
    plain = fact._asdict()
    plain.pop("id")
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in plain.items()}


def _locked(session: Session, person_id: int, by: Actor) -> None:
    """One decision about a person at a time, and none about oneself."""
    refuse_own(by.person_id, person_id)
    if session.scalar(select(Person.id).where(Person.id == person_id).with_for_update()) is None:
        raise NotFound(N_("There is no such person."))


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise Invalid(N_("Enter a reason; it is kept in the audit log."))
