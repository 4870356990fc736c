"""Reads about certificates, and the one opinion about them: whether they are good on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from lms.certificates.models import Certificate, CertificateStatus
from lms.records.models import RecordRevocation


@dataclass(frozen=True, slots=True)
class Verified:
    """A certificate and what became of it. ``superseded_by`` is the number of the corrected one; ``reason`` of a revocation,
    which happened at the moment ``revoked_at``."""

    certificate: Certificate
    status: CertificateStatus
    superseded_by: str | None
    revoked_at: datetime | None
    reason: str | None

    @property
    def completed_on(self) -> date:
        """The day of completion that was certified."""
        return date.fromisoformat(self.certificate.snapshot["completed_on"])


def by_number(session: Session, number: str, today: date) -> Verified | None:
    """What the verification page answers for a number as people type it (see :func:`as_issued`), or None."""
    found = _read(session, Certificate.number == as_issued(number), today)
    return found[0] if found else None


def as_issued(typed: str) -> str:
    """A number as it was issued, ``2026-AB3DE-7FGHJ``, from one that was typed: case, spaces and hyphens of any kind do not matter."""
    signs = "".join(sign for sign in typed.upper() if sign.isascii() and sign.isalnum())
    return "-".join(part for part in (signs[:4], signs[4:9], signs[9:40]) if part)


def of_person(session: Session, person_id: int, today: date) -> Sequence[Verified]:
    """Every certificate of a person, newest first."""
    return _read(session, Certificate.person_id == person_id, today)


def _read(session: Session, condition: ColumnElement[bool], today: date) -> list[Verified]:
    newer = aliased(Certificate)
    rows = session.execute(
        select(Certificate, newer.number, RecordRevocation)
        .outerjoin(newer, newer.supersedes_id == Certificate.id)
        .outerjoin(RecordRevocation, RecordRevocation.record_id == Certificate.record_id)
        .where(condition)
        .order_by(Certificate.issued_at.desc(), Certificate.id.desc())
    )
    return [_judge(certificate, number, revoked, today) for certificate, number, revoked in rows]


def _judge(
    certificate: Certificate,
    superseded_by: str | None,
    revoked: RecordRevocation | None,
    today: date,
) -> Verified:
    """Revoked before superseded before expired: the gravest word is the one that is said. A revoked record takes its certificate along."""
    if revoked is not None:
        status = CertificateStatus.REVOKED
    elif superseded_by is not None:
        status = CertificateStatus.SUPERSEDED
    elif certificate.valid_until is not None and certificate.valid_until < today:
        status = CertificateStatus.EXPIRED
    else:
        status = CertificateStatus.VALID
    return Verified(
        certificate,
        status,
        superseded_by,
        revoked.revoked_at if revoked else None,
        revoked.reason if revoked else None,
    )
