"""What every answer that is posted brings along: its key, how long it waited, and whether a script sent it."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Response, jsonify, request


def by_script() -> bool:
    """Whether the player's script sent this; it is told where to go on instead of being sent there."""
    return request.headers.get("X-Requested-With") == "fetch"


def answer_key() -> str:
    """The key by which the same answer sent again is known."""
    return request.form.get("key", "")[:64] or secrets.token_hex(12)


def answer_age() -> timedelta:
    """How long an answer waited in the browser, by the browser's own stopwatch (milliseconds); its clock is never asked."""
    waited = request.form.get("age", "")
    return (
        timedelta(milliseconds=int(waited))
        if waited.isascii() and waited.isdigit() and len(waited) < 11
        else timedelta()
    )


def lead_on(answer: Response) -> Response:
    """A script keeps the page until the way is open: where others are sent on, it gets the address."""
    if by_script() and answer.status_code in {302, 303}:
        return jsonify({"next": answer.location})
    return answer
