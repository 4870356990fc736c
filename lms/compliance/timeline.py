"""The compliance timeline: a pure function from rule versions and one person's facts to spans of days.

What others use::

    rule = Rule.parse(json)                                        # lms.compliance.rules; raises Invalid with problems
    requirement = RequirementFacts(requirement_id, (RuleVersion(id, rule, from_day, to_day, adopted_on), ...))
    person = PersonFacts(person_id, employments, memberships, leaves, exemptions, extensions, records)   # ...facts
    spans = timeline(requirement, person, horizon)                 # tuple[Span, ...] in order, here
    everything = overall({requirement_id: spans, ...})             # lms.compliance.overall
    rows = split_by_department(spans, person.memberships)          # lms.compliance.departments
    soon = due_soon(span, 30)                                      # (from_day, to_day) or None; ...departments
    message = explain(span, ...)                                   # lms.compliance.explain: a Message to translate

Spans of one requirement never overlap; together they cover every day up to ``horizon`` on which the person is in the
audience. Only spans that begin on or before ``horizon`` are returned, each with its true end; ``date.max`` as the
horizon gives the whole, always finite, future. Open ends are None or ``date.max`` in facts, ``date.max`` in spans.
The words and rules are those of ``docs/compliance.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from .calendar import FOREVER
from .cycles import Chain, Cycle, Done
from .dues import Move, Mover, Step, movers
from .facts import PersonFacts, Record
from .periods import Period, periods
from .rules import RequirementFacts
from .spans import Span, State


def timeline(requirement: RequirementFacts, person: PersonFacts, horizon: date) -> tuple[Span, ...]:
    """The states of one person for one requirement, in order of days; empty where it never applies."""
    if not requirement.phases:
        return ()
    found = periods(requirement, person)
    if not found:
        return ()
    records = _counting(person.records, requirement.courses)
    spans: list[Span] = []
    number = 1
    for period in found:
        if period.from_day > horizon.toordinal():
            break
        in_play = movers(requirement, person, period)
        cycles = Chain(period, requirement.phases, number).build(records, in_play)
        spans += _spans(period, cycles, in_play, horizon.toordinal())
        number = 1 + max(cycle.number for cycle in cycles if cycle.begins < period.to_day)
    return tuple(spans)


def _counting(records: Sequence[Record], courses: frozenset[str]) -> list[Done]:
    """The records that count for anything, in order: neither revoked nor replaced by a correction."""
    kept = [r for r in records if r.course in courses and not r.revoked]
    replaced = {r.replaces for r in records if r.replaces is not None and not r.revoked}
    return sorted((r.completed_on.toordinal(), r.id, r.course) for r in kept if r.id not in replaced)


Look = tuple[State, State | None, int, int, int, str, bool]
"""state, beneath, due, valid until (day numbers, ``FOREVER`` for none), cycle, because, lapsed and extended"""


def _spans(period: Period, cycles: list[Cycle], in_play: list[Mover], horizon: int) -> list[Span]:
    exemptions = [mover for mover in in_play if mover.move == Move.EXEMPTION]
    leaves = [mover for mover in in_play if mover.move == Move.LEAVE]
    from_day, to_day = period.from_day, period.to_day
    cuts = sorted(cut for cut in _cuts(cycles, exemptions, leaves) if from_day < cut < to_day)
    closed = [cycle.closed for cycle in cycles]
    last = -1
    spans: list[Span] = []
    for start, end in period.stays:
        begun, look = start, None
        for day in [start, *(cut for cut in cuts if start < cut < end)]:
            while last < len(closed) - 1 and closed[last + 1] <= day:
                last += 1
            now = _state(cycles, last, day)
            for state, covers in ((State.ON_LEAVE, leaves), (State.EXEMPT, exemptions)):
                for mover in covers:
                    if mover.from_day <= day < mover.to_day:
                        now = (state, now[0], now[2], now[3], now[4], mover.because, False)
                        break
            if now != look:
                if look is not None:
                    spans.append(_span(begun, day, look))
                begun, look = day, now
            if begun > horizon:
                return spans
        if look is not None and begun <= horizon:
            spans.append(_span(begun, end, look))
    return spans


def _cuts(cycles: list[Cycle], exemptions: list[Mover], leaves: list[Mover]) -> set[int]:
    """Every day on which the state can change."""
    cuts = {day for mover in (*exemptions, *leaves) for day in (mover.from_day, mover.to_day)}
    for cycle in cycles:
        closed = cycle.closed
        cuts.update((closed, cycle.cap + 1))
        if cycle.met_from != closed:
            cuts.add(cycle.met_from)
        for step in cycle.steps:
            if step.from_day > closed:
                break
            cuts.update((step.from_day, step.opens))
            if step.valid < closed:
                cuts.add(step.valid + 1)
            if step.due < closed:
                cuts.update((step.due + 1, step.due + step.grace + 1))
                if step.due < cycle.begins:  # an extension to a day before the cycle
                    cuts.add(cycle.begins)
    return cuts


def _state(cycles: list[Cycle], closed: int, day: int) -> Look:
    """The state on a day by the cycles alone, of which those up to index ``closed`` are met or missed by then.

    It is overdue or in grace by the oldest unmet cycle that is, else that of the valid one, else of the oldest unmet one.
    """
    holder, place = None, closed
    while place >= 0:
        if cycles[place].met_from <= day:
            holder = cycles[place]
            break
        place -= 1
    following = cycles[place + 1] if place + 1 < len(cycles) else None
    step = _step(following, day) if following is not None else None
    valid = FOREVER
    if holder is not None:
        valid = min(holder.cap, step.valid) if step is not None else holder.cap
    late = _late(cycles, closed + 1, day)
    if late is not None:
        state, missed, cycle = late
        return state, None, missed.due, valid, cycle.number, missed.because, False
    if holder is not None and (day <= valid or closed + 1 == len(cycles)):
        because = f"record:{holder.met_by}"
        if step is None:
            return State.COMPLIANT, None, FOREVER, valid, holder.number, because, False
        state = State.RENEWAL_OPEN if day >= step.opens else State.COMPLIANT
        return state, None, step.due, valid, holder.number, because, False
    waiting = cycles[closed + 1]
    step = _step(waiting, day)
    state = State.UPCOMING if waiting is cycles[0] and day < step.opens else State.OPEN
    lapsed = holder is not None and step.due > step.valid
    return state, None, step.due, valid, waiting.number, step.because, lapsed


def _late(cycles: list[Cycle], unmet: int, day: int) -> tuple[State, Step, Cycle] | None:
    """The oldest overdue cycle from index ``unmet`` on, or else the oldest in grace, with its step of the day."""
    in_grace = None
    for place in range(unmet, len(cycles)):
        cycle = cycles[place]
        if cycle.begins > day:
            break
        step = _step(cycle, day)
        if day > step.due + step.grace:
            return State.OVERDUE, step, cycle
        if day > step.due and in_grace is None:
            in_grace = State.IN_GRACE, step, cycle
    return in_grace


def _step(cycle: Cycle, day: int) -> Step:
    found = cycle.steps[0]
    if len(cycle.steps) > 1:
        for step in cycle.steps[1:]:
            if step.from_day <= day:
                found = step
    return found


def _span(start: int, end: int, look: Look) -> Span:
    state, beneath, due, valid, number, because, lapsed = look
    return Span(
        date.fromordinal(start),
        date.fromordinal(end),
        state,
        beneath,
        None if due >= FOREVER else date.fromordinal(due),
        None if valid >= FOREVER else date.fromordinal(valid),
        number,
        because,
        lapsed,
    )
