"""What a draft would do to one person, and what it comes to for all: the rehearsal of a rule before it goes live. Pure.

It asks the same function as the live timeline, :func:`lms.compliance.timeline.timeline`, once with the versions that stand and once
with the draft beside them. Nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from lms.compliance.calendar import add_months
from lms.compliance.departments import homes
from lms.compliance.facts import PersonFacts, Record
from lms.compliance.rules import Recurs, RequirementFacts, Rule, RuleVersion
from lms.compliance.satisfaction import AllOf, AnyOf, Item, Satisfaction
from lms.compliance.spans import CAN_FALL_DUE, Span, State
from lms.compliance.timeline import timeline

MONTHS = 24
DONE = "done in the rehearsal"
"""What is done in a rehearsal so that one can see what falls due after it; no record has this name."""

LATE = frozenset({State.OVERDUE, State.IN_GRACE})
FEW = 3
"""Examples of each case."""

CASES = (
    "on_leave", "exempt", "extended", "rehired", "transferred", "two_memberships", "leap_day", "retroactive", "newly_hired",
    "leaving", "done_before", "no_department",
)  # fmt: skip
"""What is easily got wrong, and is looked for among the people there are."""

RECENT = 365


@dataclass(frozen=True, slots=True)
class Question:
    """The requirement as it stands (None: there is none yet) and with the draft, from the first day on which the draft would bind."""

    before: RequirementFacts | None
    after: RequirementFacts
    first_day: date
    played: RequirementFacts | None

    @property
    def last_day(self) -> date:
        """The first day after the months that are looked at."""
        return add_months(self.first_day, MONTHS)


def question(before: RequirementFacts | None, requirement_id: int, draft: RuleVersion) -> Question:
    """The question that a draft asks; ``requirement_id`` 0 where it is new."""
    versions = [*before.versions, draft] if before else [draft]
    after = RequirementFacts(requirement_id, versions)
    first_day = max(draft.from_day, draft.adopted_on)
    playable = draft.rule.recurs not in (Recurs.WINDOW, Recurs.HELD)
    played = [replace(version, rule=_playable(version.rule)) for version in versions]
    return Question(before, after, first_day, RequirementFacts(requirement_id, played) if playable else None)


def _playable(rule: Rule) -> Rule:
    """The same rule, which can also be met by what is done in the rehearsal."""
    asked: Satisfaction | None = rule.satisfied
    if asked is None:
        items = tuple(Item(key) for key in sorted(rule.courses))
        asked = AllOf(items) if rule.needs_all else AnyOf(items)
    return replace(rule, courses=rule.courses | {DONE}, satisfied=AnyOf((asked, Item(DONE))))


class Effect(NamedTuple):
    """What the draft would do to a person: the state on the first day without and with it (None: it does not apply), the next
    due day, the days in the next months on which it falls due, which cases the person is, and the spans."""

    person_id: int
    department_id: int
    was: State | None
    becomes: State | None
    due: date | None
    falls_due: tuple[date, ...]
    cases: frozenset[str]
    spans: tuple[Span, ...]

    @property
    def move(self) -> str:
        """``enters``, ``leaves``, ``changes``, ``stays``, or ``outside``."""
        if self.was is None:
            return "outside" if self.becomes is None else "enters"
        if self.becomes is None:
            return "leaves"
        return "stays" if self.was == self.becomes else "changes"


def effect(asked: Question, person: PersonFacts, retroactive: bool = False) -> Effect:
    """What the draft would do to this person; ``retroactive``: the hire was written down after the first day of work."""
    day = asked.first_day
    spans = timeline(asked.after, person, asked.last_day)
    old = timeline(asked.before, person, day) if asked.before else ()
    now, then = on(spans, day), on(old, day)
    home = next((where or 0 for start, end, where in homes(person.memberships) if start <= day < end), 0)
    return Effect(
        person.person_id,
        home,
        then.state if then else None,
        now.state if now else None,
        now.due if now else None,
        _falls_due(asked, person, spans),
        _cases(asked, person, spans, retroactive),
        tuple(span for span in spans if span.to_day > day),
    )


def on(spans: Iterable[Span], day: date) -> Span | None:
    """The span of a day."""
    return next((span for span in spans if span.from_day <= day < span.to_day), None)


def _falls_due(asked: Question, person: PersonFacts, spans: tuple[Span, ...]) -> tuple[date, ...]:
    """The days in the coming months on which it falls due, if it is done each time on the last good day, and at once where it is late."""
    day, found = asked.first_day, []
    if asked.played is None:
        due = _next(spans, day, asked.last_day)
        return (due,) if due else ()
    records = list(person.records)
    for turn in range(1, 2 * MONTHS):
        now = on(spans, day)
        late = now is not None and now.state in LATE
        due = day if late else _next(spans, day, asked.last_day)
        if due is None:
            break
        if not late:
            found.append(due)
        records.append(Record(-turn, DONE, due, version=1_000_000))
        spans = timeline(asked.played, replace(person, records=records), asked.last_day)
        if late and (after := on(spans, day)) is not None and after.state in LATE:
            break  # it cannot be met on this day, so nothing is known of later ones
        day = due if late else date.fromordinal(due.toordinal() + 1)
    return tuple(found)


def _next(spans: Iterable[Span], day: date, end: date) -> date | None:
    days = (
        span.due
        for span in spans
        if span.due is not None
        and span.state in CAN_FALL_DUE
        and max(span.from_day, day) <= span.due < min(span.to_day, end)
    )
    return min(days, default=None)


def _cases(asked: Question, person: PersonFacts, spans: tuple[Span, ...], retroactive: bool) -> frozenset[str]:
    first, last = asked.first_day, asked.last_day
    hired = [start for start, end in person.employments if (end or date.max) > first and start < last]
    if not hired:
        return frozenset()
    here = [m for m in person.memberships if m.from_day <= first < (m.to_day or date.max)]
    if not here and any(start <= first for start in hired):
        return frozenset({"no_department"})
    if not spans or spans[-1].to_day <= first:
        return frozenset()
    requirement_id = asked.after.requirement_id
    starts = {start for start, _ in person.employments}
    moved = [
        m for m in person.memberships
        if m.primary and m.from_day not in starts and (m.from_day - first).days > -RECENT and m.from_day < last
        and any(o.primary and o.to_day == m.from_day and o.department_id != m.department_id for o in person.memberships)
    ]  # fmt: skip
    holds = {
        "on_leave": any(leave.from_day < last and (leave.to_day or date.max) > first for leave in person.leaves),
        "exempt": any(
            e.requirement_id in (None, requirement_id) and e.from_day < last and (e.to_day or date.max) > first
            for e in person.exemptions
        ),
        "extended": any(e.requirement_id == requirement_id and e.due >= first for e in person.extensions),
        "rehired": len(person.employments) > 1,
        "transferred": bool(moved),
        "two_memberships": len({m.department_id for m in here}) > 1,
        "leap_day": any((start.month, start.day) == (2, 29) for start in hired),
        "retroactive": retroactive,
        "newly_hired": any((start - first).days > -30 for start in hired),
        "leaving": any(first < (end or date.max) < last for _, end in person.employments),
        "done_before": any(r.course in asked.after.courses and r.completed_on < first for r in person.records),
    }
    return frozenset(case for case, true in holds.items() if true)


# --- what it comes to -----------------------------------------------------------------------------------------------------

Figures = dict[str, Any]
"""Plain data, so that a rehearsal can be kept and gone on with: people in each state without (``was``) and with the draft
(``becomes``), by ``moves``; ``months`` and ``departments`` of what falls due; ``cases`` with how many and some examples."""


def nothing() -> Figures:
    """The figures before anybody is looked at."""
    return {"people": 0, "was": {}, "becomes": {}, "moves": {}, "months": {}, "departments": {}, "cases": {}}


def add(figures: Figures, found: Effect) -> None:
    """Work one person into the figures."""
    figures["people"] += 1
    home = str(found.department_id)
    for side, state in (("was", found.was), ("becomes", found.becomes)):
        if state is not None:
            _count(figures[side], str(int(state)))
    _count(figures["moves"], found.move)
    if found.becomes is not None:
        there = figures["departments"].setdefault(home, {})
        _count(there, "required")
        if found.becomes in LATE:
            _count(there, "late")
    for due in found.falls_due:
        _count(figures["months"].setdefault(f"{due:%Y-%m}", {}), home)
    for case in found.cases:
        told = figures["cases"].setdefault(case, {"people": 0, "examples": []})
        told["people"] += 1
        if len(told["examples"]) < FEW:
            told["examples"].append({"person": found.person_id, "spans": [_plain(span) for span in found.spans[:8]]})


def _plain(span: Span) -> list[Any]:
    due = span.due.isoformat() if span.due else None
    return [span.from_day.isoformat(), span.to_day.isoformat(), int(span.state), due]


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def people_in(figures: Figures, side: str, states: Collection[State] | None = None) -> int:
    """How many people are in these states (None: to whom it applies) without (``was``) or with the draft (``becomes``)."""
    counts: dict[str, int] = figures[side]
    return sum(number for code, number in counts.items() if states is None or State(int(code)) in states)
