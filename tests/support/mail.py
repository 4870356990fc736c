"""A real SMTP server on a free port that keeps what it is given."""

from __future__ import annotations

import time
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.postgres import free_port


class MailServer:
    """``messages`` are the parsed mails in the order of arrival; ``refuse`` makes it answer with that line instead."""

    host = "127.0.0.1"
    __test__ = False  # tests may import it under a name that begins with Test

    def __init__(self) -> None:
        self.port = free_port()
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refuse: str | None = None
        self._controller = Controller(self, hostname=self.host, port=self.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by the server for every mail."""
        if self.refuse:
            return self.refuse
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        self.messages.append(message_from_bytes(content, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    def start(self) -> None:
        """Listen."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening: from now on a connection is refused, as when the mail server is down."""
        self._controller.stop()

    def wait_for(self, count: int, seconds: float = 10) -> list[EmailMessage]:
        """The messages, as soon as there are ``count`` of them."""
        end = time.monotonic() + seconds
        while len(self.messages) < count:
            if time.monotonic() > end:
                raise AssertionError(f"{count} mails were expected within {seconds} s, {len(self.messages)} arrived.")
            time.sleep(0.02)
        return self.messages
