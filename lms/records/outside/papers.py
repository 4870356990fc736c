"""What may be handed in as proof: a PDF or a picture, judged by what it holds and never by its name. Pure."""

from __future__ import annotations

from lms.errors import N_, Invalid
from lms.people.documents import MOST, SIGNS

__all__ = ["ENDINGS", "MOST", "kind_of"]

ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


def kind_of(data: bytes) -> str:
    """The media type of a document.

    Raises:
        Invalid: it is empty, larger than :data:`MOST`, or neither a PDF nor a JPEG or PNG picture.
    """
    if not data:
        raise Invalid(N_("The file is empty. Choose the certificate again."))
    if len(data) > MOST:
        raise Invalid(N_("The file is larger than %(megabytes)s MB. Nothing was stored."), megabytes=MOST >> 20)
    for start, kind in SIGNS:
        if data.startswith(start):
            return kind
    raise Invalid(
        N_("This is neither a PDF nor a JPEG or PNG picture. Save the certificate as one of these and choose it again.")
    )
