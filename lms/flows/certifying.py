"""Certificates and what is wrong with them: the file, its delivery, correction and revocation."""

from __future__ import annotations

import io
from datetime import date, datetime

from sqlalchemy.orm import Session

from lms import audit
from lms.access import refuse_own
from lms.audit import Actor
from lms.catalogue.content import CourseContent
from lms.certificates import actions as certificates
from lms.certificates.models import Certificate
from lms.certificates.pdf import CertificateFields, certificate_pdf
from lms.certificates.wording import certificate_fields
from lms.clock import local_day
from lms.compliance import actions as compliance
from lms.errors import N_, Invalid
from lms.files import FileStore, StoredFile
from lms.notices.actions import write_mail
from lms.notices.queries import was_written
from lms.organisation import Organisation, load
from lms.outbox import enqueue
from lms.people.models import Person
from lms.prepared import Changed
from lms.records import actions as records
from lms.records.models import TrainingRecord

CERTIFY = "certificate.deliver"
FILED = Changed(Certificate, "file_id")


def certify(
    session: Session,
    record: TrainingRecord,
    content: CourseContent,
    organisation: Organisation,
    today: date,
    actor: Actor,
) -> None:
    """Issue the certificate of a record, where its course has one; the PDF goes out by mail."""
    if content.certificate is None:
        return
    months = content.certificate.valid_months
    issued = certificates.issue(session, record, organisation, valid_months=months, today=today, now=actor.now)
    enqueue(session, CERTIFY, {"certificate": issued.id}, actor.now, key=str(issued.id))


def certificate_words(session: Session, certificate: Certificate) -> CertificateFields:
    """What the PDF of a certificate says."""
    organisation = load(session) or Organisation(name="Attune")
    old = session.get(Certificate, certificate.supersedes_id) if certificate.supersedes_id else None
    return certificate_fields(certificate, organisation, old.number if old else None)


def certificate_file(
    session: Session, certificate: Certificate, files: FileStore, now: datetime, drawn: bytes | None = None
) -> StoredFile:
    """The PDF of a certificate: made once, then always the same bytes. ``drawn``: they are here already."""
    if certificate.file_id is not None:
        return session.get_one(StoredFile, certificate.file_id)
    stored = files.put(
        session,
        io.BytesIO(drawn or certificate_pdf(certificate_words(session, certificate))),
        name=f"{certificate.number}.pdf",
        media_type="application/pdf",
        purpose="certificate",
        owner_id=certificate.person_id,
        now=now,
    )
    FILED.write(session, certificate, file_id=stored.id)
    return stored


def deliver_certificate(
    session: Session, certificate_id: int, files: FileStore, now: datetime, drawn: bytes | None = None
) -> None:
    """Keep the PDF (``drawn``, or made here) and write the mail that brings it; done again after a crash it writes no second mail."""
    certificate = session.get_one(Certificate, certificate_id, with_for_update=True)
    stored = certificate_file(session, certificate, files, now, drawn)
    if was_written(session, "certificate", certificate.person_id, stored.id):
        return
    person = session.get_one(Person, certificate.person_id)
    course, number = certificate.snapshot["course_title"], certificate.number
    write_mail(session, "certificate", person, now, attachments=[stored], course=course, number=number)


def revoke_record(
    session: Session,
    record: TrainingRecord,
    *,
    reason: str,
    actor: Actor,
    file_id: int | None = None,
    follow: bool = True,
) -> None:
    """A record no longer counts: its certificate is revoked with it, and the person's timeline is worked out again.

    ``file_id`` is a document that stands behind it. ``follow`` False: the caller works the timelines out, for many people at once.

    Raises:
        Denied: it is one's own.
        Invalid: no reason.
        Conflict: it is revoked already.
    """
    by = actor.person_id
    assert by is not None
    refuse_own(by, record.person_id)
    records.revoke(session, record, reason=reason, now=actor.now, by=by, file_id=file_id)
    before = {"course": record.course_code, "completed_on": record.completed_on.isoformat()}
    audit.record(
        session, actor, "record.revoke", "training_record", record.id, about=record.person_id, before=before,
        after={"document": file_id}, reason=reason,
    )  # fmt: skip
    if follow:
        compliance.rebuild(session, [record.person_id], now=actor.now)


def reissue_certificate(
    session: Session, old: Certificate, *, person_name: str, reason: str, actor: Actor
) -> Certificate:
    """A corrected certificate in place of one with a wrong name: the old one is superseded, the new one goes out by mail.

    Raises:
        Denied: it is one's own.
        Invalid: no name or no reason.
        Conflict: the old one has been corrected or revoked already.
    """
    refuse_own(actor.person_id, old.person_id)
    if not reason.strip():
        raise Invalid(N_("Say why the certificate is issued again."))
    record = session.get_one(TrainingRecord, old.record_id)
    organisation = load(session)
    today = local_day(actor.now, organisation.zone if organisation else "UTC")
    issued = certificates.reissue(session, old, record, person_name=person_name, today=today, now=actor.now)
    audit.record(
        session,
        actor,
        "certificate.reissue",
        "certificate",
        issued.id,
        about=issued.person_id,
        before={"number": old.number, "name": old.snapshot["person_name"]},
        after={"number": issued.number, "name": issued.snapshot["person_name"]},
        reason=reason.strip(),
    )
    enqueue(session, CERTIFY, {"certificate": issued.id}, actor.now, key=str(issued.id))
    return issued
