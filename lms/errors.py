"""What can go wrong, as values: a message that can be translated later, and exceptions that carry one.

Below the edges nothing is translated: code raises a :class:`Message` (an English ``msgid`` with ``%(name)s`` places and
their values) and the edge that answers a person renders it in that person's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any


def N_(msgid: str) -> str:
    """Mark a text for translation without translating it here."""
    return msgid


@dataclass(frozen=True, slots=True)
class Message:
    """A translatable sentence: ``msgid`` with ``%(name)s`` places, and the values for them."""

    msgid: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.msgid % self.params if self.params else self.msgid

    def plain(self) -> dict[str, Any]:
        """As data that JSON holds, ``{"text", "params"}``: to be told later, in the language of whoever asks then."""
        return {"text": self.msgid, "params": {name: _plain(value) for name, value in self.params.items()}}

    @staticmethod
    def of(data: Mapping[str, Any]) -> Message:
        """From such data."""
        return Message(data["text"], {name: _of(value) for name, value in data["params"].items()})


def _plain(value: object) -> object:
    if isinstance(value, Message):
        return value.plain()
    if type(value) is date:
        return {"day": value.isoformat()}
    return value if isinstance(value, (int, float)) else str(value)


def _of(value: Any) -> object:
    if isinstance(value, dict):
        return date.fromisoformat(value["day"]) if "day" in value else Message.of(value)
    return value


class AttuneError(Exception):
    """Something a person can be told. ``status`` is the HTTP status an edge answers with."""

    status = 400

    def __init__(self, msgid: str, /, **params: object) -> None:
        self.message = Message(msgid, params)
        super().__init__(str(self.message))


class Invalid(AttuneError):
    """The input cannot be used. ``problems`` lists every single fault where there can be several."""

    status = 422

    def __init__(self, msgid: str, /, problems: Sequence[Problem] = (), **params: object) -> None:
        super().__init__(msgid, **params)
        self.problems = tuple(problems)


class Denied(AttuneError):
    """The person may not do this."""

    status = 403


class NotFound(AttuneError):
    """There is no such thing, or the person may not know of it."""

    status = 404


class Conflict(AttuneError):
    """It was possible a moment ago, but something changed; nothing was written."""

    status = 409


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a file or form: where it is, what is wrong, and what to do.

    ``file`` and ``where`` (column, field or path) are as the author knows them; ``line`` counts from 1; ``level`` is
    ``error`` or ``warning``; ``value`` is what was found.
    """

    message: Message
    remedy: Message | None = None
    file: str | None = None
    line: int | None = None
    where: str | None = None
    value: str | None = None
    level: str = "error"

    def plain(self) -> dict[str, Any]:
        """As data that JSON holds."""
        said = {"file": self.file, "line": self.line, "where": self.where, "value": self.value, "level": self.level}
        return {"message": self.message.plain(), "remedy": self.remedy.plain() if self.remedy else None, **said}

    @staticmethod
    def of(data: Mapping[str, Any]) -> Problem:
        """From such data."""
        remedy = data["remedy"]
        told = {"message": Message.of(data["message"]), "remedy": Message.of(remedy) if remedy else None}
        return Problem(**{**data, **told})

    def __str__(self) -> str:
        place = ":".join(str(p) for p in (self.file, self.line) if p is not None)
        parts = [place, self.where or "", f"{self.level}: {self.message}", str(self.remedy or "")]
        return " ".join(part for part in parts if part)
