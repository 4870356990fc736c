"""What a mail server reports about a message that did not arrive: delivery status notifications (RFC 3464). Pure.

A report is believed only if it names a message that Attune wrote, by its Message-ID or by the envelope id (RFC 3461) it was sent with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email import message_from_bytes, message_from_string
from email.message import Message
from email.policy import compat32
from enum import StrEnum
from typing import Final, NamedTuple

LARGEST: Final = 4 << 20
"""Octets of a message that is looked at; a report with what it is about is far smaller."""

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"^\s*(5\d\d)\b")
FULL = "5.2.2"
"""A mailbox that is full: said to be for good (RFC 3463), and over when somebody tidies up."""

ABOUT_ADDRESS = ("5.0.", "5.1.", "5.2.", "5.4.")
"""Beginnings of status codes (RFC 3463) that say that nothing arrives at this address. The others are about this message, or about the
server: its size, its contents, a rule against spam."""

NO_MAILBOX = frozenset({"550", "551", "553"})
"""SMTP replies (RFC 5321, 4.2.3) that speak of the mailbox, where no status code says more."""


class Kind(StrEnum):
    """What is to be done: nothing (the server still tries), try again later, or somebody has to look."""

    DELAYED = "delayed"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


class Report(NamedTuple):
    """What became of one message for one recipient. ``ident`` tells the same report when it is read again.

    ``message_id`` and ``envelope`` name the message that it is about; ``status`` is a code of RFC 3463 or empty; ``said`` are the
    server's own words.
    """

    ident: str
    message_id: str
    envelope: str
    kind: Kind
    status: str
    said: str


def read(data: bytes) -> list[Report]:
    """The reports in a message, one for each recipient; none: it is something else (a holiday notice, an answer by a person)."""
    if len(data) > LARGEST:
        return []
    message = message_from_bytes(data, policy=compat32)
    status = next((part for part in message.walk() if part.get_content_type() == "message/delivery-status"), None)
    blocks = status.get_payload() if status is not None else None
    if not isinstance(blocks, list) or not blocks:
        return []
    whole, *recipients = [block for block in blocks if isinstance(block, Message)]
    about = next(iter(_original(message)), None)
    message_id = _clean(about.get("Message-ID")) if about is not None else ""
    envelope = _clean(whole.get("Original-Envelope-Id"))
    ident = hashlib.sha256(data).hexdigest()
    found = []
    for number, recipient in enumerate(block for block in recipients if block.get("Action")):
        kind = _kind(_clean(recipient.get("Action")).lower(), code := _code(recipient))
        if kind is not None:
            found.append(Report(f"{ident}-{number}", message_id, envelope, kind, code, _said(recipient)))
    return found


def address_is_wrong(status: str, said: str) -> bool:
    """Whether a final refusal is about the address: nothing else that is sent there will arrive."""
    if status:
        return status.startswith(ABOUT_ADDRESS)
    code = _CODE.match(said)
    return code is not None and code[1] in NO_MAILBOX


def status_in(said: str) -> str:
    """The status code of RFC 3463 in the words of a server, or empty."""
    found = _STATUS.search(said)
    return found[1] if found else ""


def _kind(action: str, status: str) -> Kind | None:
    if action == "delayed":
        return Kind.DELAYED
    if action != "failed":
        return None  # delivered, relayed, expanded: it arrived, or went where nothing more is told
    return Kind.TEMPORARY if status.startswith("4.") or status == FULL else Kind.PERMANENT


def _code(recipient: Message) -> str:
    return status_in(_clean(recipient.get("Status"))) or status_in(_clean(recipient.get("Diagnostic-Code")))


def _said(recipient: Message) -> str:
    """``smtp; 550 5.1.1 No such user`` without the name of the protocol."""
    words = _clean(recipient.get("Diagnostic-Code")) or _clean(recipient.get("Status"))
    kind, mark, rest = words.partition(";")
    return (rest if mark and kind.strip().isalnum() else words).strip()[:1000]


def _original(message: Message) -> Iterator[Message]:
    """The message that the report is about, or its headers."""
    for part in message.walk():
        if part is message:
            continue
        held = part.get_payload()
        first = held[0] if isinstance(held, list) and held else None
        if part.get_content_type() in ("message/rfc822", "message/rfc822-headers") and isinstance(first, Message):
            yield first
        elif part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
            text = part.get_payload(decode=True) if not part.is_multipart() else None
            yield message_from_string(
                text.decode("utf-8", "replace") if isinstance(text, bytes) else "", policy=compat32
            )


def _clean(value: object) -> str:
    return " ".join(str(value or "").split())[:2000]
