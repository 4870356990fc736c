"""The adapter to a mail server: a message from fields, and sending it by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from lms.organisation import MailServer

PATIENCE = 20
"""Seconds to wait for each answer of the server."""


class Refused(Exception):
    """The server will not take this message, now or later (an unknown recipient, say)."""


class Unreachable(Exception):
    """It did not work this time: no connection, a wrong password, or the server is busy."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to send along; ``params`` are those of its Content-Type."""

    name: str
    media_type: str
    data: bytes
    params: Mapping[str, str] = field(default_factory=dict)


def build(
    *,
    server: MailServer,
    sender_name: str,
    recipient: str,
    subject: str,
    body: str,
    message_id: str,
    written_at: datetime,
    attachments: Sequence[Attachment] = (),
    unsubscribe: str | None = None,
) -> EmailMessage:
    """The message, the same for every try. ``unsubscribe`` is the address of the link for those who want no more like it."""
    message = EmailMessage()
    address = sender_address(server)
    message["From"] = Address(display_name=sender_name, addr_spec=address)
    message["To"] = recipient
    message["Subject"] = subject
    message["Message-ID"] = message_id
    message["Date"] = format_datetime(written_at)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: keeps holiday notices from answering
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message.set_content(body)
    for attachment in attachments:
        main, _, sub = attachment.media_type.partition("/")
        message.add_attachment(
            attachment.data, maintype=main, subtype=sub, filename=attachment.name, params=dict(attachment.params)
        )
    return message


def sender_address(server: MailServer) -> str:
    """The address that messages come from, and go back to."""
    return parseaddr(server.sender or server.username)[1] or "attune@localhost"


class _Smtp(smtplib.SMTP):
    """Says when it begins to hand a message over: up to then it is certain that none has arrived."""

    handing: Callable[[], None]

    def data(self, msg: Any) -> tuple[int, bytes]:
        """The message itself, after the server agreed to sender and recipient."""
        self.handing()
        return super().data(msg)


class _SmtpOverTls(_Smtp, smtplib.SMTP_SSL):
    """The same on a connection that is encrypted from its first byte."""


def send(server: MailServer, message: EmailMessage, handing: Callable[[], None] = lambda: None) -> None:
    """Hand a message to the server; ``handing`` is called just before its text is sent.

    Raises:
        Refused: the server refuses it for good (a 5xx answer to the recipient or the message).
        Unreachable: anything that may work later.
    """
    try:
        with _connect(server) as smtp:
            smtp.handing = handing
            if server.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if server.username:
                smtp.login(server.username, server.password)
            told = smtp.has_extn(
                "dsn"
            )  # RFC 3461: a report will name the message, even one that holds no headers of it
            smtp.send_message(
                message,
                mail_options=(f"ENVID={message['Message-ID'].strip('<>')}", "RET=HDRS") if told else (),
                rcpt_options=("NOTIFY=FAILURE,DELAY",) if told else (),
            )
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _verdict(code, text) from error
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        raise Unreachable(str(error)) from error
    except smtplib.SMTPResponseException as error:
        raise _verdict(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(str(error) or type(error).__name__) from error


def _connect(server: MailServer) -> _Smtp:
    if server.security == "tls":
        return _SmtpOverTls(server.host, server.port, timeout=PATIENCE, context=ssl.create_default_context())
    return _Smtp(server.host, server.port, timeout=PATIENCE)


def _verdict(code: int, text: bytes | str) -> Refused | Unreachable:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return (Refused if 500 <= code < 600 else Unreachable)(f"{code} {words}".strip())
