"""What stands on a certificate: the snapshot that was frozen, with the words of its language."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal

from lms.certificates.models import Certificate
from lms.certificates.pdf import CertificateFields, CertificateLabels
from lms.errors import N_
from lms.language import gettext_in, texts
from lms.organisation import Organisation

_TEXTS = (
    N_("Certificate of completion"), N_("This certifies that"), N_("has completed"), N_("Staff ID %(identifier)s"),
    N_("%(code)s, version %(version)s"), N_("Completed on"), N_("Valid until"), N_("No expiry date"), N_("Learning time"),
    N_("%(minutes)s min"), N_("Score"), N_("pass mark %(pass_mark)s"),
    N_("Certificate %(number)s"), N_("Issued on %(date)s"), N_("Replaces certificate %(number)s"), N_("Verify this certificate"),
    N_("QR code that opens %(url)s"),
)  # fmt: skip
"""The English defaults of :class:`CertificateLabels`, marked here so that translators see them."""


def labels_in(language: str, hours: Decimal = Decimal(2)) -> CertificateLabels:
    """The words in a language; those of the contact hours as their number wants them: 1 contact hour, 0.75 contact hours."""
    translate = gettext_in(language)
    english = CertificateLabels()
    words = {field.name: translate(getattr(english, field.name)) for field in fields(english)}
    number = int(hours) if hours == int(hours) else 2  # a fraction is many
    words["contact_hours"] = texts(language).ungettext("%(hours)s contact hour", "%(hours)s contact hours", number)
    return CertificateLabels(**words)


def certificate_fields(
    certificate: Certificate, organisation: Organisation, replaces: str | None = None
) -> CertificateFields:
    """The fields of a certificate's PDF: from the snapshot alone, so that it says the same whenever it is made.

    A contact hour is 60 minutes (ANCC); it is shown to two decimals, rounded down.
    """
    held = certificate.snapshot
    hours = (Decimal(held["minutes"]) / 60).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
    return CertificateFields(
        number=certificate.number,
        person_name=held["person_name"],
        person_identifier=None,
        course_title=held["course_title"],
        course_code=held["course_code"],
        course_version=str(held["version"]),
        language=certificate.language,
        completed_on=date.fromisoformat(held["completed_on"]),
        issued_on=certificate.issued_on,
        valid_until=certificate.valid_until,
        minutes=held["minutes"],
        contact_hours=hours,
        score=held["score"],
        pass_mark=held["pass_mark"],
        organisation_name=held["organisation"],
        verify_url=f"{organisation.base_url}/verify/{certificate.number}",
        labels=labels_in(certificate.language, hours),
        superseded_number=replaces,
    )
