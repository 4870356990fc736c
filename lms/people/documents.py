"""What may be a document beside a fact about somebody: a PDF, a picture, plain text. Never a program. Pure."""

from __future__ import annotations

from lms.errors import N_, Invalid

MOST = 10 << 20
"""Bytes of a document."""

PURPOSE = "document"
"""What a stored file of this kind is for."""

SIGNS = ((b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
PROGRAMS = (b"#!", b"MZ", b"<script", b"<?php", b"<html", b"<!doctype", b"<svg", b"<?xml", b"@echo")
"""How what runs, or what a browser would run, begins."""


def kind_of(data: bytes) -> str:
    """The media type by what the file holds, never by its name.

    Raises:
        Invalid: it is empty, larger than :data:`MOST`, a program, or of a kind that is not taken.
    """
    if not data.strip():
        raise Invalid(N_("The document is empty. Nothing was stored."))
    if len(data) > MOST:
        raise Invalid(N_("The file is larger than %(megabytes)s MB. Nothing was stored."), megabytes=MOST >> 20)
    for sign, media_type in SIGNS:
        if data.startswith(sign):
            return media_type
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    begins = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    runs = any(begins.startswith(sign.lower()) for sign in PROGRAMS)
    if runs or any(ord(char) < 32 and char not in "\t\n\r\f" for char in text):
        raise Invalid(
            N_("A document is a PDF, a PNG or JPEG picture, or plain text. Save it as PDF and choose that file.")
        )
    return "text/plain; charset=utf-8"


def safe_name(name: str) -> str:
    """The name a file came with, without folders and control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable()).strip()[:200] or "document"
