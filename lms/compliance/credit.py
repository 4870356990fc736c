"""One more sentence for "why this state?": by what a duty was met, where that is not the course that the rule names. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from lms.errors import N_, Message

from .facts import PersonFacts, Record
from .rules import Rule
from .spans import Span

ELSEWHERE = N_("%(why)s This was training done elsewhere: “%(done_as)s”.")
EQUAL = N_("%(why)s This was “%(done_as)s”, which counts as what is asked.")


def done_as(span: Span, person: PersonFacts, rule: Rule) -> Record | None:
    """What met the duty, if it is outside training or a course that the rule does not name; None where nothing need be said."""
    kind, _, ident = span.because.partition(":")
    if kind not in ("record", "external"):
        return None
    found = next((each for each in person.records if each.kind == kind and each.id == int(ident)), None)
    if found is None or found.course in rule.courses or (kind == "record" and rule.hours):
        return None
    return found


def with_credit(why: Message, span: Span, person: PersonFacts, rule: Rule, called: Mapping[str, str]) -> Message:
    """The sentence, and by what the duty was met. ``called`` gives what a cause (``record:7``) is called, where that is known."""
    found = done_as(span, person, rule)
    if found is None:
        return why
    name = called.get(span.because) or found.course.removeprefix("external:")
    return Message(ELSEWHERE if found.kind == "external" else EQUAL, {"why": why, "done_as": name})
