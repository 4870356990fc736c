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
    records = _counting(person.records, frozenset().union(*(phase.rule.courses for phase in requirement.phases)))
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
    spans: list[Span] = []
    for start, end in period.stays:
        if start > horizon:
            break
        days = [start, *(cut for cut in cuts if start < cut < end and cut <= horizon)]
        looks: list[tuple[int, Look]] = []
        for day in days:
            look = _covered(day, _state(cycles, day), exemptions, leaves)
            if not looks or looks[-1][1] != look:
                looks.append((day, look))
        last = len(looks) - 1
        if last >= 0 and end > horizon + 1:
            end = _true_end(looks[-1][1], [cut for cut in cuts if horizon < cut < end], cycles, exemptions, leaves, end)
        for place, (day, look) in enumerate(looks):
            spans.append(_span(day, end if place == last else looks[place + 1][0], look))
    return spans


def _true_end(
    look: Look, cuts: list[int], cycles: list[Cycle], exemptions: list[Mover], leaves: list[Mover], end: int
) -> int:
    for cut in cuts:
        if _covered(cut, _state(cycles, cut), exemptions, leaves) != look:
            return cut
    return end


def _cuts(cycles: list[Cycle], exemptions: list[Mover], leaves: list[Mover]) -> set[int]:
    """Every day on which the state can change."""
    cuts = {day for mover in (*exemptions, *leaves) for day in (mover.from_day, mover.to_day)}
    for cycle in cycles:
        closed = cycle.closed
        cuts.update((cycle.begins, cycle.met_from, cycle.missed_from, cycle.cap + 1))
        for step in cycle.steps:
            if step.from_day > closed:
                break
            cuts.update((step.from_day, step.opens, step.valid + 1))
            if step.due < closed:
                cuts.update((step.due + 1, step.due + step.grace + 1))
    return cuts


def _state(cycles: list[Cycle], day: int) -> Look:
    """The state on a day by the cycles alone: overdue or in grace by the oldest unmet cycle that is, else of the valid
    one, else of the oldest unmet one.
    """
    late: tuple[State, Step, Cycle] | None = None
    holder: Cycle | None = None
    waiting: Cycle | None = None
    following: Cycle | None = None
    for cycle in cycles:
        if holder is not None and following is None:
            following = cycle
        if cycle.met_from <= day:
            holder, following = cycle, None
        elif cycle.missed_from > day:
            if waiting is None:
                waiting = cycle
            if cycle.begins <= day:
                step = _step(cycle, day)
                if day > step.due + step.grace:
                    if late is None or late[0] == State.IN_GRACE:
                        late = State.OVERDUE, step, cycle
                elif day > step.due and late is None:
                    late = State.IN_GRACE, step, cycle
    valid = _valid_until(holder, following, day)
    if late is not None:
        return late[0], None, late[1].due, valid, late[2].number, late[1].because, False
    if holder is not None and (day <= valid or waiting is None):
        because = f"record:{holder.met_by}"
        if following is None:
            return State.COMPLIANT, None, FOREVER, valid, holder.number, because, False
        step = _step(following, day)
        state = State.RENEWAL_OPEN if day >= step.opens else State.COMPLIANT
        return state, None, step.due, valid, holder.number, because, False
    assert waiting is not None  # a period begins with a cycle, and only what is met or missed for another stops waiting
    step = _step(waiting, day)
    state = State.UPCOMING if waiting is cycles[0] and day < step.opens else State.OPEN
    lapsed = holder is not None and step.due > step.valid
    return state, None, step.due, valid, waiting.number, step.because, lapsed


def _step(cycle: Cycle, day: int) -> Step:
    found = cycle.steps[0]
    for step in cycle.steps[1:]:
        if step.from_day <= day:
            found = step
    return found


def _valid_until(holder: Cycle | None, following: Cycle | None, day: int) -> int:
    if holder is None:
        return FOREVER
    return min(holder.cap, _step(following, day).valid if following is not None else FOREVER)


def _covered(day: int, look: Look, exemptions: list[Mover], leaves: list[Mover]) -> Look:
    """``look`` under the leave and the exemption of that day."""
    for state, covers in ((State.ON_LEAVE, leaves), (State.EXEMPT, exemptions)):
        for mover in covers:
            if mover.from_day <= day < mover.to_day:
                _, _, due, valid, number, _, _ = look
                look = (state, look[0], due, valid, number, mover.because, False)
                break
    return look


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
