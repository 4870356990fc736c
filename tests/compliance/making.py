"""Short ways to write facts and to read timelines in tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from lms.compliance.facts import Exemption, Extension, Leave, Membership, PersonFacts, Record
from lms.compliance.rules import RequirementFacts, Rule, RuleVersion
from lms.compliance.spans import Span
from lms.compliance.timeline import timeline

REQUIREMENT = 1
START = "2020-01-01"


def d(text: str) -> date:
    """A day as the tests write it: 2026-06-30."""
    return date.fromisoformat(text)


def end(text: str | None) -> date | None:
    return None if text is None else d(text)


def rule(
    within: int | dict[str, int] = 90, every: int | None = 12, kind: str = "rolling", **more: Any
) -> dict[str, Any]:
    """A rule in JSON for the course cc-101: due within some days, then every so many months."""
    first: dict[str, Any] = {"within": {"days": within} if isinstance(within, int) else within}
    first |= more.pop("first", {})
    data: dict[str, Any] = {"courses": ["cc-101"], "first": first}
    if every is not None:
        data["recurs"] = {"kind": kind, "every": {"months": every}} | more.pop("recurs", {})
    return data | more


def version(
    data: dict[str, Any], id: int = 1, begin: str = START, until: str | None = None, **more: Any
) -> RuleVersion:
    adopted = d(more.pop("adopted", begin))
    return RuleVersion(id, Rule.parse(data), d(begin), end(until), adopted, **more)


def requirement(*versions: RuleVersion | dict[str, Any]) -> RequirementFacts:
    return RequirementFacts(REQUIREMENT, [v if isinstance(v, RuleVersion) else version(v) for v in versions])


def member(
    begin: str, until: str | None = None, department: int = 10, codes: tuple[str, ...] = ("ED",), **more: Any
) -> Membership:
    return Membership(d(begin), end(until), department, frozenset(codes), **more)


def person(hired: str, left: str | None = None, **facts: Any) -> PersonFacts:
    """Somebody employed on [hired, left); ``done`` lists completion days of cc-101 as records 1, 2, ..."""
    done = [Record(number, "cc-101", d(day)) for number, day in enumerate(facts.pop("done", ()), 1)]
    facts.setdefault("memberships", [member(hired, left)])
    facts.setdefault("records", done)
    facts.setdefault("employments", [(d(hired), end(left))])
    return PersonFacts(1, **facts)


def leave(begin: str, until: str | None, id: int = 1, kind: Any = None) -> Leave:
    return Leave(id, d(begin), end(until), kind)


def exemption(begin: str, until: str | None, id: int = 1) -> Exemption:
    return Exemption(id, REQUIREMENT, d(begin), end(until), "decided")


def extension(cycle: int, due: str, granted: str, id: int = 1) -> Extension:
    return Extension(id, REQUIREMENT, cycle, d(due), d(granted))


def line(facts: PersonFacts, *rules: Any, horizon: date = date.max) -> tuple[Span, ...]:
    return timeline(requirement(*rules), facts, horizon)


def on(spans: tuple[Span, ...], day: str) -> Span | None:
    """The span of a day."""
    found = [span for span in spans if span.from_day <= d(day) < span.to_day]
    assert len(found) <= 1, "spans overlap"
    return found[0] if found else None


def state(spans: tuple[Span, ...], day: str) -> str | None:
    """The state of a day in small letters, with a star where it is lapsed and extended; None where it is not asked."""
    span = on(spans, day)
    return None if span is None else span.state.name.lower() + ("*" if span.lapsed_extended else "")


def told(spans: tuple[Span, ...]) -> list[str]:
    """The whole timeline, one line for a span: ``2026-03-01 open due 2026-05-30``."""
    return [
        f"{span.from_day} {span.state.name.lower()}{'*' if span.lapsed_extended else ''}"
        + (f" due {span.due}" if span.due else "")
        for span in spans
    ]
