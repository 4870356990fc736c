"""Which SQL statements a piece of code runs, and whether one ran while a template rendered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from flask import before_render_template, template_rendered
from sqlalchemy import event
from sqlalchemy.engine import Engine

_BOOKKEEPING = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "SET ")


@dataclass
class Statements:
    """``all`` statements in order, and those sent ``while_rendering``."""

    all: list[str] = field(default_factory=list)
    while_rendering: list[str] = field(default_factory=list)
    rendering: int = 0


_watching: ContextVar[Statements | None] = ContextVar("watching", default=None)


@contextmanager
def statements() -> Iterator[Statements]:
    """Collect the statements that this thread sends; not those that begin and end transactions."""
    seen = Statements()
    token = _watching.set(seen)
    try:
        yield seen
    finally:
        _watching.reset(token)


def _sent(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
    seen = _watching.get()
    if seen is None or statement.lstrip().upper().startswith(_BOOKKEEPING):
        return
    seen.all.append(statement)
    if seen.rendering:
        seen.while_rendering.append(statement)


def _rendering(by: int) -> Any:
    def change(sender: Any, **rest: Any) -> None:
        seen = _watching.get()
        if seen is not None:
            seen.rendering += by

    return change


_begins, _ends = _rendering(1), _rendering(-1)
event.listen(Engine, "before_cursor_execute", _sent)
before_render_template.connect(_begins)
template_rendered.connect(_ends)
