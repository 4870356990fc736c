"""What may be a policy's document: a PDF, or plain text that the page shows itself. Pure."""

from __future__ import annotations

from lms.errors import N_, Invalid

PDF, TEXT = "application/pdf", "text/plain"
MOST = 20 << 20
"""Bytes of a document."""


def kind_of(head: bytes, whole: bytes | None = None) -> str:
    """The media type of a document by what it holds, never by its name. ``whole`` is looked at for text.

    Raises:
        Invalid: it is neither a PDF nor text in UTF-8.
    """
    if head.startswith(b"%PDF-"):
        return PDF
    try:
        text = (whole if whole is not None else head).decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if not text.strip() or any(ord(char) < 32 and char not in "\t\n\r\f" for char in text):
        raise Invalid(N_("A policy is a PDF, or plain text in UTF-8. Save the document as PDF and choose that file."))
    return TEXT


def language_for(offered: list[str], wanted: str) -> str:
    """The language in which somebody reads: theirs, else its main language, else English, else the first."""
    for tag in (wanted, wanted.split("-")[0], "en"):
        if tag in offered:
            return tag
    return sorted(offered)[0]
