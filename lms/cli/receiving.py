"""How the server takes in what a browser sends: a body that is too large travels past, and leaves nothing behind.

Waitress writes every body into a temporary file before the application sees it, and it hangs up on what is larger than its limit: a
browser that is still sending may then show only that the connection was lost. Here a body above the limit is read to its end and
thrown away, so that the application can say in the reader's language what was wrong. Memory and disk stay as they are. A body whose length
is not announced (chunked) is treated the same from the moment on at which it has become too large.
"""

from __future__ import annotations

from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import RequestEntityTooLarge

ENVELOPE = 2 * 1024 * 1024
"""Bytes of a request beside the file in it: the other fields, and the lines between them."""


class Nowhere:
    """What is left of a body that is not kept, where waitress would have a buffer."""

    def append(self, data: bytes) -> None:
        """Throw it away."""

    def __len__(self) -> int:
        return 0

    def close(self) -> None:
        """Nothing is open."""


class Request(HTTPRequestParser):
    """A request whose body is thrown away when it is announced as larger than ``max_request_body_size`` (bytes)."""

    content_length: int
    expect_continue: bool
    chunked: bool
    body_bytes_received: int
    error: Any
    body_rcv: Any
    passing = 0
    """Bytes of a body that is thrown away, still to come."""

    def parse_header(self, header_plus: bytes) -> None:
        """Decide by the announced length. Who asks before sending (``Expect: 100-continue``) is answered at once.

        The application learns the length from the heading ``CONTENT_LENGTH``, and refuses it.
        """
        super().parse_header(header_plus)
        if self.content_length < self.adj.max_request_body_size:
            return
        if self.expect_continue:
            self.expect_continue, self.headers["CONNECTION"] = False, "close"
        else:
            self.passing = self.content_length
        self.body_rcv, self.content_length = None, 0

    def received(self, data: bytes) -> int:
        """Take in some bytes; gives how many belonged to this request."""
        if not self.passing:
            consumed = int(super().received(data))
        else:
            consumed = min(len(data), self.passing)
            self.passing -= consumed
            self.completed = True
        self.completed = self.completed and not self.passing
        if self.chunked and isinstance(self.error, RequestEntityTooLarge):
            self._let_pass()
        return consumed

    def _let_pass(self) -> None:
        """A chunked body has become too large: what comes is read to its end and kept nowhere, and the application told how much it was."""
        self.error, self.completed = None, False
        chunks = self.body_rcv
        if not isinstance(chunks.buf, Nowhere):
            chunks.buf.close()
            chunks.buf = Nowhere()
        if chunks.error:
            self.error, self.completed = chunks.error, True
        elif chunks.completed:
            self.completed, self.body_rcv = True, None
            self.headers["CONTENT_LENGTH"] = str(self.body_bytes_received)


def limit_bodies() -> None:
    """Have waitress read requests this way."""
    HTTPChannel.parser_class = Request
