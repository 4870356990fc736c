"""The compliance timeline: a pure function from rule versions and one person's facts to spans of days.

What others use::

    rule = Rule.parse(json)                                        # lms.compliance.rules; raises Invalid with problems
    requirement = RequirementFacts(requirement_id, (RuleVersion(id, rule, from_day, to_day, adopted_on), ...))
    person = PersonFacts(person_id, employments, memberships, leaves, exemptions, extensions, records)   # ...facts
    spans = timeline(requirement, person, horizon)                 # tuple[Span, ...] in order, here
    everything = overall({requirement_id: spans, ...})             # lms.compliance.overall
    rows = rows_of([requirement], person, 30)                      # lms.compliance.rows: what is stored, cut by department
    soon = due_soon(span, 30)                                      # (from_day, to_day) or None; ...departments
    message = explain(span, ...)                                   # lms.compliance.explain: a Message to translate
    day = satisfied_on(requirement, person, day)                   # here: what "satisfied on" says on a day

Spans of one requirement never overlap; together they cover every day up to ``horizon`` on which the person is in the
audience. Only spans that begin on or before ``horizon`` are returned, each with its true end; ``date.max`` as the
horizon gives the whole, always finite, future. Open ends are None or ``date.max`` in facts, ``date.max`` in spans.
The words and rules are those of ``docs/compliance.md``.
"""

from __future__ import annotations

from datetime import date
from itertools import chain

from .calendar import FOREVER
from .cycles import BY_DAY, Chain, Cycle
from .dues import Move, Mover, Step, movers
from .facts import Done, PersonFacts
from .periods import Period, periods
from .rules import RequirementFacts
from .spans import COMPLIANT, EXEMPT, IN_GRACE, ON_LEAVE, OPEN, OVERDUE, RENEWAL_OPEN, UPCOMING, Span, State


def timeline(requirement: RequirementFacts, person: PersonFacts, horizon: date) -> tuple[Span, ...]:
    """The states of one person for one requirement, in order of days; empty where it never applies."""
    if not requirement.phases:
        return ()
    found = periods(requirement, person)
    if not found:
        return ()
    records = counting(requirement, person)
    spans: list[Span] = []
    number = 1
    for period in found:
        if period.from_day > horizon.toordinal():
            break
        in_play = movers(requirement, person, period)
        cycles = Chain(period, requirement, person, number).build(records, in_play)
        spans += (
            _plain_spans(period, cycles, horizon.toordinal())
            if not in_play and len(period.stays) == 1 and _is_plain(cycles)
            else _spans(period, cycles, in_play, horizon.toordinal())
        )
        number = 1 + max(cycle.number for cycle in cycles if cycle.begins < period.to_day)
    return tuple(spans)


def satisfied_on(requirement: RequirementFacts, person: PersonFacts, day: date) -> date | None:
    """The day on which what was last met by ``day`` was satisfied; None where nothing was met in the present period."""
    number = day.toordinal()
    here = (
        [period for period in periods(requirement, person) if period.from_day <= number] if requirement.phases else []
    )
    if not here or number >= here[-1].to_day:
        return None
    in_play = movers(requirement, person, here[-1])
    cycles = Chain(here[-1], requirement, person, 1).build(counting(requirement, person), in_play)
    met = [cycle for cycle in cycles if cycle.met_from <= number]
    return date.fromordinal(met[-1].met_on) if met else None


def counting(requirement: RequirementFacts, person: PersonFacts) -> list[Done]:
    """What was done that may count for the requirement, in order of days."""
    done = person.done()
    wanted = requirement.names
    if wanted is None:  # hours may come from anything
        names = [
            name for name in done if ":" not in name or name in requirement.courses or name.startswith("external:")
        ]
    else:
        names = [name for name in wanted if name in done]
    if not names:
        return []
    if len(names) == 1:
        return done[names[0]]
    found = sorted(chain.from_iterable(done[name] for name in names), key=BY_DAY)
    if requirement.counts_hours or any(record.counts_as for _, _, record in found):  # filed under several names
        return list({(day, id, record.kind): (day, id, record) for day, id, record in found}.values())
    return found


Look = tuple[State, State | None, int, int, int, str, bool]
"""state, beneath, due, valid until (day numbers, ``FOREVER`` for none), cycle, because, lapsed and extended"""


def _is_plain(cycles: list[Cycle]) -> bool:
    """Whether each cycle but the last is met before the next begins, and nothing moves, ends or replaces any of them."""
    if cycles[-1].rule.calendar:
        return False
    before = None
    for cycle in cycles:
        if len(cycle.steps) > 1 or cycle.missed_from != FOREVER or cycle.rule.calendar:
            return False
        if before is not None and (before.cap < cycle.steps[0].due or before.met_from == FOREVER):
            return False
        before = cycle
    return True


def _plain_spans(period: Period, cycles: list[Cycle], horizon: int) -> list[Span]:
    """The same as :func:`_spans` for cycles that simply follow each other, which most do, in less than half the time."""
    spans: list[Span] = []
    start, to_day = period.from_day, period.to_day
    holder: Cycle | None = None
    for cycle in cycles:
        end = cycle.met_from if cycle.met_from < to_day else to_day
        if start < end:
            _, due, _, opens, grace, why = cycle.steps[0]
            late = due + 1 if due < FOREVER else end
            over = late + grace
            if holder is None:
                good, better, valid, turn, because = UPCOMING, OPEN, FOREVER, cycle.number, why
            else:
                good, better, turn, because = COMPLIANT, RENEWAL_OPEN, holder.number, holder.met_by
                valid = holder.cap if holder.cap < due else due
            if opens > due:
                opens = late
            for begins, ends, state, number, cause in (
                (start, opens, good, turn, because),
                (opens, late, better, turn, because),
                (late, over, IN_GRACE, cycle.number, why),
                (over, end, OVERDUE, cycle.number, why),
            ):
                if begins < start:
                    begins = start
                if ends > end:
                    ends = end
                if begins < ends and begins <= horizon:
                    spans.append(_span(begins, ends, (state, None, due, valid, number, cause, False)))
            start = end
        holder = cycle
    if holder is not None and holder.met_from < FOREVER and start < to_day and start <= horizon:
        spans.append(_span(start, to_day, (COMPLIANT, None, FOREVER, holder.cap, holder.number, holder.met_by, False)))
    return spans


def _spans(period: Period, cycles: list[Cycle], in_play: list[Mover], horizon: int) -> list[Span]:
    exemptions = [mover for mover in in_play if mover.move == Move.EXEMPTION] if in_play else []
    leaves = [mover for mover in in_play if mover.move == Move.LEAVE] if in_play else []
    covering = ((ON_LEAVE, leaves), (EXEMPT, exemptions)) if leaves or exemptions else ()
    from_day, to_day = period.from_day, period.to_day
    cuts = sorted([cut for cut in _cuts(cycles, exemptions, leaves) if from_day < cut < to_day])
    closed = [cycle.closed for cycle in cycles]
    last = -1
    spans: list[Span] = []
    for start, end in period.stays:
        begun, look = start, None
        for day in [start, *(cut for cut in cuts if start < cut < end)]:
            while last < len(closed) - 1 and closed[last + 1] <= day:
                last += 1
            now = _state(cycles, last, day)
            for state, covers in covering:
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
        because = holder.met_by
        if step is None:
            return COMPLIANT, None, FOREVER, valid, holder.number, because, False
        state = RENEWAL_OPEN if day >= step.opens else COMPLIANT
        return state, None, step.due, valid, holder.number, because, False
    waiting = cycles[closed + 1]
    step = _step(waiting, day)
    state = UPCOMING if waiting is cycles[0] and day < step.opens else OPEN
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
            return OVERDUE, step, cycle
        if day > step.due and in_grace is None:
            in_grace = IN_GRACE, step, cycle
    return in_grace


def _step(cycle: Cycle, day: int) -> Step:
    found = cycle.steps[0]
    if len(cycle.steps) > 1:
        for step in cycle.steps[1:]:
            if step.from_day <= day:
                found = step
    return found


def _span(start: int, end: int, look: Look) -> Span:
    state, beneath, due, valid, turn, because, lapsed = look
    whole = (DAYS[start], DAYS[end], state, beneath, LIMITS[due], LIMITS[valid], turn, because, lapsed)
    return tuple.__new__(Span, whole)  # made by the million: past the constructor with its nine names


class _Days(dict[int, date]):
    """Days by their numbers, each made once: few are asked for, and very often."""

    def __missing__(self, number: int) -> date:
        made = self[number] = date.fromordinal(number)
        return made


class _Limits(dict[int, date | None]):
    """The same for due days and ends of validity, None for the day that never comes."""

    def __missing__(self, number: int) -> date | None:
        made = self[number] = None if number >= FOREVER else date.fromordinal(number)
        return made


DAYS, LIMITS = _Days(), _Limits()
