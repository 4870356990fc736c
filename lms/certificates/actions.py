"""Verbs of certificates: issue, issue again corrected, revoke, keep the PDF. What was certified is frozen when issued."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms.certificates.models import Certificate
from lms.compliance.calendar import add_months
from lms.errors import N_, Conflict, Invalid
from lms.organisation import Organisation
from lms.prepared import New, Prepared
from lms.records.models import RecordRevocation, TrainingRecord

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misread from paper


OF_RECORD = Prepared(
    select(Certificate.id)
    .where(Certificate.record_id == bindparam("record_id"))
    .order_by(Certificate.id.desc())
    .limit(1)
)


def issue(
    session: Session,
    record: TrainingRecord,
    organisation: Organisation,
    *,
    valid_months: int | None,
    today: date,
    now: datetime,
) -> Certificate:
    """The certificate of a record; the one that is already there when asked again.

    Valid N months means through the day before completion + N months (``time-and-rules``: that day is the last good one).
    """
    found = OF_RECORD.row(session, record_id=record.id)
    if found is not None:
        return session.get_one(Certificate, found.id)
    until = add_months(record.completed_on, valid_months) - timedelta(days=1) if valid_months else None
    snapshot = {
        "person_name": record.person_name,
        "course_code": record.course_code,
        "course_title": record.course_title,
        "version": record.version_number,
        "completed_on": record.completed_on.isoformat(),
        "minutes": record.minutes,
        "score": record.score,
        "pass_mark": record.pass_mark,
        "organisation": organisation.name,
    }
    return _new(session, record, snapshot, until, record.language, today, now, supersedes=None)


def reissue(
    session: Session, old: Certificate, record: TrainingRecord, *, person_name: str, today: date, now: datetime
) -> Certificate:
    """A corrected certificate in place of one with a wrong name; the old one is superseded from now on.

    Raises:
        Invalid: no name.
        Conflict: the old one has been corrected or revoked already.
    """
    if not person_name.strip():
        raise Invalid(N_("Give the name as it should stand on the certificate."))
    _lock(session, old)
    if session.scalar(select(Certificate.id).where(Certificate.supersedes_id == old.id)) is not None:
        raise Conflict(N_("This certificate has been corrected already; correct the newer one."))
    if session.scalar(select(RecordRevocation.id).where(RecordRevocation.record_id == old.record_id)) is not None:
        raise Conflict(N_("This certificate has been revoked and cannot be issued again."))
    snapshot = {**old.snapshot, "person_name": person_name.strip()}
    return _new(session, record, snapshot, old.valid_until, old.language, today, now, supersedes=old.id)


def _lock(session: Session, certificate: Certificate) -> None:
    """Let one at a time decide what becomes of a certificate."""
    session.execute(select(Certificate.id).where(Certificate.id == certificate.id).with_for_update())


NEW = New(
    Certificate,
    *("number", "record_id", "person_id", "issued_at", "issued_on", "valid_until", "language", "snapshot"),
    "supersedes_id",
)


def new_number(today: date) -> str:
    """A number that cannot be guessed: the year and ten characters without look-alikes (about 49 bits)."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(10))
    return f"{today.year}-{drawn[:5]}-{drawn[5:]}"


def _new(
    session: Session,
    record: TrainingRecord,
    snapshot: dict[str, Any],
    until: date | None,
    language: str,
    today: date,
    now: datetime,
    *,
    supersedes: int | None,
) -> Certificate:
    row = Certificate(
        number=new_number(today),
        record_id=record.id,
        person_id=record.person_id,
        issued_at=now,
        issued_on=today,
        valid_until=until,
        language=language,
        snapshot=snapshot,
        supersedes_id=supersedes,
    )
    NEW.write(session, row)
    return row
