"""The whole answer for one person, one requirement and one day, as plain data: what ``lms requirements explain`` prints. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from lms.errors import N_, Message

from .credit import with_credit
from .explain import explain
from .facts_file import Scene
from .requirement_file import Document
from .spans import Span
from .timeline import satisfied_on, timeline


class Answer(NamedTuple):
    """``shown`` is what is printed as JSON, but for ``reason``, which is the message."""

    shown: dict[str, Any]
    reason: Message


def answer(document: Document, scene: Scene, day: date) -> Answer:
    """State, due day and all spans; days as text, None for "no such day" and for the end of time."""
    requirement, person = document.facts(), scene.person
    spans = timeline(requirement, person, date.max)
    now = next((span for span in spans if span.from_day <= day < span.to_day), None)
    satisfied = satisfied_on(requirement, person, day) if now else None
    reason = Message(N_("It does not apply to this person on this day."))
    if now is not None:
        governing = next((phase for phase in reversed(requirement.phases) if phase.from_day <= day.toordinal()), None)
        reason = explain(now, person)
        reason = with_credit(reason, now, person, governing.rule, {}) if governing else reason
    shown = {
        "as_of": day.isoformat(),
        "state": now.state.name.lower() if now else "not_applicable",
        "due": _text(now.due) if now else None,
        "satisfied_on": _text(satisfied),
        "valid_until": _text(now.valid_until) if now else None,
        "reason": str(reason),
        "spans": [_span(span, scene) for span in spans],
    }
    return Answer(shown, reason)


def _span(span: Span, scene: Scene) -> dict[str, Any]:
    return {
        "from": span.from_day.isoformat(),
        "to": _text(span.to_day),
        "state": span.state.name.lower(),
        "due": _text(span.due),
        "cycle": span.cycle,
        "because": _because(span.because, scene),
    }


def _because(because: str, scene: Scene) -> str:
    cause, _, subject = because.partition(":")
    return f"entered:{scene.departments.get(int(subject), subject)}" if cause == "entered" else because


def _text(day: date | None) -> str | None:
    return None if day is None or day == date.max else day.isoformat()
