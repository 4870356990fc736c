"""The cycles of one applicability period: when each begins, opens and is due by itself, and what meets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from .calendar import FOREVER
from .dues import Move, Mover, Step, moved
from .periods import Period, phase_at
from .rules import CALENDAR_KINDS, Phase, Recurs, Rule
from .windows import aligned, calendar_day, first_due, first_opens_on, good_for, opens_on

PLACE = itemgetter(0, 1, 2)

Done = tuple[int, int, str]
"""A record as the cycles need it: day number, record id, course. Lists of them are in order of day."""


@dataclass(slots=True)
class Piece:
    """The rule that governs a cycle from a day on; a cycle has a second one only by ``apply_to_running``."""

    from_day: int
    phase: Phase
    due: int
    opens: int
    windowed: bool
    because: str


@dataclass(slots=True)
class Cycle:
    """One turn of the duty; day numbers. ``base`` and ``turn`` say where it stands in its cadence.

    ``done`` holds day and record id for each course.
    ``met_on`` is the day on which it was satisfied, ``met_from`` the first day on which that shows (later than
    ``met_on`` for what was done before the period). ``cap`` ends the validity early. ``missed_from``: a later cycle was
    met, or extended, instead.
    """

    number: int
    begins: int
    pieces: list[Piece]
    base: int
    turn: int
    done: dict[str, tuple[int, int]] = field(default_factory=dict)
    met_on: int = FOREVER
    met_from: int = FOREVER
    met_by: int = 0
    cap: int = FOREVER
    missed_from: int = FOREVER
    steps: list[Step] = field(default_factory=list)

    @property
    def rule(self) -> Rule:
        return self.pieces[-1].phase.rule

    @property
    def due(self) -> int:
        """Its own due day, as no leave or extension has moved it."""
        return self.pieces[-1].due

    @property
    def closed(self) -> int:
        return min(self.met_from, self.missed_from)


class Chain:
    """Builds the cycles of one period from the records, in the order of their days."""

    def __init__(self, period: Period, phases: tuple[Phase, ...], first_number: int) -> None:
        self.period = period
        self.phases = phases
        self.first_number = first_number
        self.cycles = [self._first()]

    def build(self, records: Sequence[Done], all_movers: list[Mover]) -> list[Cycle]:
        """All cycles that have begun or will follow from what is known. ``records`` in order of day."""
        start, end = self.period.from_day, self.period.to_day
        if records and records[0][0] < start:
            self._look_back(records)
        events: list[tuple[int, int, int, Done | Phase | Mover]] = [
            (done[0], 2, place, done) for place, done in enumerate(records) if start <= done[0] < end
        ]
        events += [(p.from_day, 0, 0, p) for p in self.phases if p.apply_to_running and start < p.from_day < end]
        events += [
            (m.from_day, 1, place, m)
            for place, m in enumerate(all_movers)
            if m.move == Move.EXTENSION and m.from_day >= start
        ]
        events.sort(key=PLACE)
        for day, _, _, event in events:
            self._lay(day)
            if isinstance(event, Phase):
                self._take_over(event)
            elif isinstance(event, Mover):
                self._close_before(event)
            else:
                self._count(event)
        self._lay_rest(all_movers)
        for cycle in self.cycles:
            cycle.steps = _steps(cycle, all_movers)
        return self.cycles

    # --- the first cycle

    def _first(self) -> Cycle:
        start = self.period.from_day
        phase = phase_at(self.phases, start)
        due, base, windowed = first_due(phase, start, self.period.incumbent)
        due = max(aligned(phase.rule, due), phase.not_before)
        piece = Piece(start, phase, due, first_opens_on(phase.rule, start, due), windowed, self.period.because)
        return Cycle(self.first_number, start, [piece], base, 0)

    def _look_back(self, records: Sequence[Done]) -> None:
        """What was done before the period counts for its first cycle, if it lies near enough and is still valid."""
        first, start = self.cycles[0], self.period.from_day
        rule = first.rule
        since = start
        if rule.look_back is not None:
            since = rule.look_back.after(start, -1) + 1
        if self.period.returning:
            since = min(since, start - rule.rejoin_within)
        for day, record_id, course in records:
            if since <= day < start and course in rule.courses and good_for(rule, day) >= start:
                first.done[course] = (day, record_id)
        if first.done:
            self._judge(first, start)

    # --- what comes next

    def _lay(self, day: int) -> None:
        """Append the calendar cycles that are open, or have begun, on ``day``."""
        while self.cycles[-1].rule.recurs in CALENDAR_KINDS:
            following = self._following(self.cycles[-1])
            if following is None or min(following.pieces[0].opens, following.begins) > day:
                return
            self.cycles.append(following)

    def _lay_rest(self, all_movers: list[Mover]) -> None:
        last = max([0, *(m.from_day if m.to_day == FOREVER else m.to_day for m in all_movers)])
        named = max([0, *(m.cycle for m in all_movers)])
        while True:
            cycle = self.cycles[-1]
            calendar = cycle.rule.recurs in CALENDAR_KINDS
            if cycle.met_on == FOREVER and not (calendar and (cycle.due <= last or cycle.number < named)):
                return
            following = self._following(cycle)
            if following is None or cycle.begins >= self.period.to_day:
                return
            self.cycles.append(following)

    def _following(self, cycle: Cycle) -> Cycle | None:
        """The cycle after ``cycle`` as far as it is known: only a calendar cycle follows one that is not met."""
        rule = cycle.rule
        met = cycle.met_on != FOREVER
        begins = cycle.due + 1 if rule.recurs in CALENDAR_KINDS else max(cycle.met_on + 1, self.period.from_day)
        if begins > FOREVER:
            return None
        phase = phase_at(self.phases, begins)
        if rule.recurs == Recurs.ONCE and phase.rule.recurs == Recurs.ONCE:
            later = [p for p in self.phases if p.from_day > begins and p.rule.recurs != Recurs.ONCE]
            if not later:
                return None
            phase, begins = later[0], later[0].from_day
        if phase.rule.recurs == Recurs.ONCE or (not met and phase.rule.recurs not in CALENDAR_KINDS):
            return None
        due, base, turn = self._next_due(cycle, phase, begins)
        calendar = rule.recurs in CALENDAR_KINDS
        because = f"record:{cycle.met_by}" if met and not calendar else f"rule:{phase.version_id}"
        piece = Piece(begins, phase, due, opens_on(phase.rule, begins, due), False, because)
        return Cycle(cycle.number + 1, begins, [piece], base, turn)

    def _next_due(self, cycle: Cycle, phase: Phase, begins: int) -> tuple[int, int, int]:
        """(own due day, base of the cadence, turn) of the cycle after ``cycle`` that begins on ``begins`` in ``phase``."""
        rule, before = phase.rule, cycle.rule
        if rule.recurs == Recurs.FIXED:
            if before.recurs == Recurs.FIXED and (rule.month, rule.day, rule.every) == (
                before.month,
                before.day,
                before.every,
            ):
                base, turn = cycle.base, cycle.turn + 1
                due = calendar_day(rule, base, turn)
            else:
                due, base, _ = first_due(phase, begins, False)
                turn = 0
        elif before.recurs in CALENDAR_KINDS and rule.recurs == Recurs.CADENCE:
            same = before.recurs == Recurs.CADENCE and before.every == rule.every
            base, turn = (cycle.base, cycle.turn + 1) if same else (cycle.due, 1)
            due = rule.every.after(base, turn)
        else:
            due = min(rule.every.after(cycle.met_on) - 1, cycle.cap)
            base, turn = due, 0
            if before.recurs == Recurs.ONCE:
                due = max(due, rule.first_within.after(begins))
        due = max(aligned(rule, due), phase.not_before)
        if before.recurs in CALENDAR_KINDS:
            due = max(due, cycle.due + 1 if rule.recurs in CALENDAR_KINDS else cycle.due)
        return min(due, FOREVER), base, turn

    # --- what meets them

    def _count(self, done: Done) -> None:
        day, record_id, course = done
        cycle = self._target(day)
        if cycle is not None and course not in cycle.done:
            cycle.done[course] = (day, record_id)
            self._judge(cycle, day)

    def _target(self, day: int) -> Cycle | None:
        """The cycle for which something done on ``day`` counts."""
        last = self.cycles[-1]
        if last.rule.recurs not in CALENDAR_KINDS:
            first = last is self.cycles[0]
            early = last.rule.look_back is not None if first else last.rule.early_counts
            counts = last.met_on == FOREVER and (early or last.pieces[-1].opens <= day)
            return last if counts else None
        latest = len(self.cycles) - 1
        while latest > 0 and self.cycles[latest].pieces[-1].opens > day:
            latest -= 1
        if self.cycles[latest].rule.opens_before is None:
            for place, cycle in enumerate(self.cycles[: latest + 1]):
                if cycle.closed == FOREVER and (place == latest or day <= self.cycles[place + 1].due):
                    return cycle
        cycle = self.cycles[latest]
        return cycle if cycle.met_on == FOREVER and self._open_first(cycle, day) else None

    def _open_first(self, cycle: Cycle, day: int) -> bool:
        return cycle is not self.cycles[0] or cycle.rule.look_back is not None or cycle.pieces[-1].opens <= day

    def _judge(self, cycle: Cycle, day: int) -> None:
        """Note that ``cycle`` is met if what was done for it by ``day`` fulfils the rule, and what follows from that."""
        rule = cycle.rule
        used = [done for course, done in cycle.done.items() if course in rule.courses]
        if not used or (rule.needs_all and len(used) < len(rule.courses)):
            return
        deciding = oldest_done = used[0]
        if len(used) > 1:
            if not rule.needs_all:
                used = [done for done in used if done[0] < self.period.from_day] or used
            deciding = max(used)
            oldest_done = min(used) if rule.needs_all else deciding
        oldest = oldest_done[0]
        cycle.met_on, cycle.met_by = deciding
        cycle.met_from = max(day, cycle.met_on)
        if oldest < self.period.from_day:
            cycle.cap = good_for(rule, oldest)
        for older in self.cycles:
            if older.number < cycle.number and older.closed == FOREVER:
                older.missed_from = cycle.met_from
        if rule.recurs not in CALENDAR_KINDS:
            following = self._following(cycle)
            if following is not None:
                self.cycles.append(following)

    # --- new versions and extensions

    def _take_over(self, phase: Phase) -> None:
        """A version with ``apply_to_running`` takes over the cycles that are not met."""
        for place, cycle in enumerate(list(self.cycles)):
            if cycle.closed != FOREVER or cycle.begins >= phase.from_day:
                continue
            before = self.cycles[place - 1] if place else None
            windowed = False
            if before is None:
                due, base, windowed = first_due(phase, cycle.begins, True)
                due = aligned(phase.rule, due)
                opens = first_opens_on(phase.rule, cycle.begins, due)
                cycle.base, cycle.turn = base, 0
            elif phase.rule.recurs == Recurs.ONCE:
                due = opens = FOREVER
            else:
                due, cycle.base, cycle.turn = self._next_due(before, phase, cycle.begins)
                opens = opens_on(phase.rule, cycle.begins, due)
            because = f"rule:{phase.version_id}"
            cycle.pieces.append(Piece(phase.from_day, phase, due, opens, windowed, because))
            self._judge(cycle, phase.from_day)

    def _close_before(self, extension: Mover) -> None:
        """Whoever gets more time for a running cycle is no longer asked for the older ones."""
        if extension.cycle > self.cycles[-1].number:
            return
        for cycle in self.cycles:
            if cycle.number < extension.cycle and cycle.closed == FOREVER:
                cycle.missed_from = extension.from_day


def _steps(cycle: Cycle, all_movers: list[Mover]) -> list[Step]:
    """The due days of a cycle over time, spliced where a version took it over while it ran."""
    result: list[Step] = []
    for piece in cycle.pieces:
        rule = piece.phase.rule
        first = Step(cycle.begins, piece.due, piece.due, piece.opens, rule.grace, piece.because)
        steps = moved(
            first,
            rule,
            cycle=cycle.number,
            begins=cycle.begins,
            met=cycle.met_from,
            windowed=piece.windowed,
            all_movers=all_movers,
        )
        if not result:
            result = steps
            continue
        now = [step for step in steps if step.from_day <= piece.from_day][-1]
        before = [step for step in result if step.from_day <= piece.from_day][-1]
        if now.due < piece.from_day and before.due < piece.from_day:
            continue  # late under both versions: it stays late
        due, valid = max(now.due, piece.phase.not_before), max(now.valid, piece.phase.not_before)
        taken = Step(piece.from_day, due, valid, now.opens, now.grace, now.because)
        result = [s for s in result if s.from_day < piece.from_day]
        result += [taken, *(s for s in steps if s.from_day > piece.from_day)]
    return result
