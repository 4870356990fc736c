"""The cycles of one applicability period: when each begins, opens and is due by itself, and what meets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter

from .calendar import FOREVER
from .dues import Move, Mover, Step, moved
from .facts import Done, Event, PersonFacts, Record
from .hours import Hours, Turn, account, falls_short
from .own_days import own_days, series_day, term_begins
from .periods import Period, phase_at
from .rule_words import BY_LICENCE, CADENCE, HELD, NO_LENGTH, ONCE, SERIES, WINDOW
from .rules import Phase, RequirementFacts, Rule
from .satisfaction import Ledger
from .windows import aligned, first_due, first_opens_on, good_for, opens_on

PLACE = itemgetter(0, 1, 2)
BY_DAY = itemgetter(0, 1)


@dataclass(slots=True)
class Piece:
    """The rule that governs a cycle from a day on; a cycle has another by ``apply_to_running``, or by an ``event`` that asks again."""

    from_day: int
    phase: Phase
    due: int
    opens: int
    windowed: bool
    because: str
    event: bool = False


@dataclass(slots=True)
class Cycle:
    """One turn of the duty; day numbers. ``base`` and ``turn`` say where it stands in its cadence.

    ``done`` is what counts for it, in the order in which it came; ``since`` the day on which its term began, ``versions`` the lowest
    that count of what an event renewed, ``carried`` the minutes that came over from the cycle before, for each account of hours.
    ``met_on`` is the day on which it was satisfied, ``met_from`` the first day on which that shows (later than
    ``met_on`` for what was done before the period). ``cap`` ends the validity early. ``missed_from``: a later cycle was
    met, or extended, instead. ``rule`` and ``due`` are those of its last piece; no leave or extension has moved that due day.
    """

    number: int
    begins: int
    pieces: list[Piece]
    base: int
    turn: int
    since: int = 0
    done: list[Done] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    carried: dict[Hours, float] = field(default_factory=dict)
    met_on: int = FOREVER
    met_from: int = FOREVER
    met_by: str = ""
    until: int = FOREVER
    cap: int = FOREVER
    missed_from: int = FOREVER
    rule: Rule = field(init=False)
    due: int = field(init=False)
    steps: list[Step] = field(default_factory=list)

    @property
    def as_turn(self) -> Turn:
        return Turn(self.done, self.since, self.due)

    def __post_init__(self) -> None:
        self.rule, self.due = self.pieces[-1].phase.rule, self.pieces[-1].due

    def governed(self, piece: Piece) -> None:
        """``piece`` governs the cycle from its first day on."""
        self.pieces.append(piece)
        self.rule, self.due = piece.phase.rule, piece.due

    @property
    def closed(self) -> int:
        return self.met_from if self.met_from < self.missed_from else self.missed_from


class Chain:
    """Builds the cycles of one period from what was done, in the order of days."""

    def __init__(self, period: Period, requirement: RequirementFacts, person: PersonFacts, first_number: int) -> None:
        self.period = period
        self.requirement = requirement
        self.phases = requirement.phases
        self.person = person
        self.records: list[Done] = []
        self.cycles: list[Cycle] = []
        self.cycles.append(self._first(first_number))

    def build(self, records: list[Done], all_movers: list[Mover]) -> list[Cycle]:
        """All cycles that have begun or will follow from what is known. ``records`` in order of day."""
        self.records = records
        if records and records[0][0] < self.period.from_day:
            self._look_back()
        for day, event in self._events(records, all_movers):
            self._lay(day)
            if isinstance(event, Phase):
                self._take_over(event)
            elif isinstance(event, Mover):
                self._close_before(event)
            elif isinstance(event, Event):
                self._ask_again(event, day)
            else:
                self._count(event)
        self._lay_rest(all_movers)
        for cycle in self.cycles:
            cycle.steps = _steps(cycle, all_movers)
        return self.cycles

    def _events(self, records: list[Done], all_movers: list[Mover]) -> list[tuple[int, Done | Phase | Mover | Event]]:
        """What happens in the period, in order; on one day versions, then changes that ask again, extensions, what was done."""
        start, end = self.period.from_day, self.period.to_day
        requirement = self.requirement
        done = [(each[0], 3, place, each) for place, each in enumerate(records) if start <= each[0] < end]
        others: list[tuple[int, int, int, Done | Phase | Mover | Event]] = [
            (p.from_day, 0, 0, p) for p in requirement.takes_over if start < p.from_day < end
        ]
        if self.person.extensions:
            others += [
                (m.from_day, 2, place, m)
                for place, m in enumerate(all_movers)
                if m.move == Move.EXTENSION and m.from_day >= start
            ]
        if requirement.again_on:
            others += [
                (self._there(e.day.toordinal()), 1, e.version, e)
                for e in self.person.events
                if e.about in requirement.again_on and start < e.day.toordinal() < end
            ]
        if not others:
            return [(day, each) for day, _, _, each in done]
        return [(day, event) for day, _, _, event in sorted([*others, *done], key=PLACE)]

    # --- the first cycle

    def _first(self, number: int) -> Cycle:
        start = self.period.from_day
        phase = phase_at(self.phases, start)
        rule = phase.rule
        own = own_days(rule, self.person, start)
        due, base, turn, windowed = first_due(phase, start, self.period.incumbent, own)
        due = max(aligned(rule, due), phase.not_before)
        because = f"licence:{own.licence}" if own.licence else self.period.because
        piece = Piece(start, phase, due, first_opens_on(rule, start, due), windowed, because)
        cycle = Cycle(number, start, [piece], base, turn)
        cycle.since = term_begins(rule, own, base, turn, start)
        if rule.again_on and self.person.events:
            for event in self.person.events:  # who comes now acknowledges the policy as it is now
                if (
                    event.about in rule.again_on
                    and event.about.startswith("policy:")
                    and event.day.toordinal() <= start
                ):
                    cycle.versions[event.about] = max(event.version, cycle.versions.get(event.about, 0))
        return cycle

    def _look_back(self) -> None:
        """What was done before the period counts for its first cycle, if it lies near enough and is still valid."""
        first, start = self.cycles[0], self.period.from_day
        rule = first.rule
        since = start
        if rule.look_back is not None:
            anchor = start
            if rule.first == BY_LICENCE:
                issued = own_days(rule, self.person, start).issued
                anchor = issued if issued < FOREVER else start
            since = rule.look_back.after(anchor, -1) + 1
        elif rule.look_back_term:
            since = first.since
        if self.period.returning:
            since = min(since, start - rule.rejoin_within)
        for done in self.records:
            day, _, record = done
            if day >= start:
                break
            if since <= day and good_for(rule, day) >= start and _worth_from(record, start):
                first.done.append(done)
        if first.done:
            if rule.satisfied is None:
                first.done = _latest_of_each(first.done, rule.courses)
            if first.done:
                self._judge(first, start)

    # --- what comes next

    def _lay(self, day: int) -> None:
        """Append the calendar cycles that are open, or have begun, on ``day``."""
        while self.cycles[-1].due < day and self.cycles[-1].rule.calendar:
            following = self._following(self.cycles[-1])
            if following is None or min(following.pieces[0].opens, following.begins) > day:
                return
            self._append(following)

    def _append(self, following: Cycle) -> None:
        before = self.cycles[-1]
        self.cycles.append(following)
        hours = following.rule.hours
        if not hours or not following.rule.calendar:
            return
        self._carry(before, following)
        if following.carried or any(each.average_over > 1 for each in hours):
            self._judge(following, following.begins)

    def _carry(self, before: Cycle, following: Cycle) -> None:
        """What ``before`` has more than it needs is ``following``'s, where the rule lets it be."""
        if before.met_on == FOREVER:
            return
        for hours in following.rule.hours:
            if hours.no_carry_over or hours.average_over > 1:
                continue
            barred = self._barred(before) if hours.no_repeat_next else frozenset()
            had = before.carried.get(hours, 0)
            reached, asked, _ = account(hours, [before.as_turn], before.done, had, barred)
            if reached > asked:
                following.carried[hours] = reached - asked

    def _barred(self, cycle: Cycle) -> frozenset[str]:
        """The courses that counted in the cycle before, and so do not in this one."""
        barred: frozenset[str] = frozenset()
        for each in self.cycles:
            if each is cycle:
                break
            barred = frozenset(record.course for _, _, record in each.done) - barred
        return barred

    def _carry_on(self, cycle: Cycle, day: int) -> None:
        """A cycle that was met late, when others had begun: what it has to spare goes to them in turn."""
        place = self.cycles.index(cycle)
        while cycle.met_on != FOREVER and place + 1 < len(self.cycles):
            following = self.cycles[place + 1]  # not closed: whatever closes a cycle closes those before it
            self._carry(cycle, following)
            if not following.carried:
                return
            self._judge(following, day)
            cycle, place = following, place + 1

    def _lay_rest(self, all_movers: list[Mover]) -> None:
        last = named = 0
        for mover in all_movers:
            last = max(last, mover.from_day if mover.to_day == FOREVER else mover.to_day)
            named = max(named, mover.cycle)
        while True:
            cycle = self.cycles[-1]
            if cycle.met_on == FOREVER and not (cycle.rule.calendar and (cycle.due <= last or cycle.number < named)):
                return
            following = self._following(cycle)
            if following is None or cycle.begins >= self.period.to_day:
                return
            self._append(following)

    def _following(self, cycle: Cycle) -> Cycle | None:
        """The cycle after ``cycle`` as far as it is known: only a calendar cycle follows one that is not met."""
        rule = cycle.rule
        met = cycle.met_on != FOREVER
        begins = cycle.due + 1 if rule.calendar else max(cycle.met_on + 1, self.period.from_day)
        if begins > FOREVER:
            return None
        phase = phase_at(self.phases, begins)
        if rule.recurs == ONCE and phase.rule.recurs == ONCE:
            later = [p for p in self.phases if p.from_day > begins and p.rule.recurs != ONCE]
            if not later:
                return None
            phase, begins = later[0], later[0].from_day
        if phase.rule.recurs == ONCE or (not met and not phase.rule.calendar):
            return None
        due, base, turn = self._next_due(cycle, phase, begins)
        because = cycle.met_by if met and not rule.calendar else f"rule:{phase.version_id}"
        piece = Piece(begins, phase, due, opens_on(phase.rule, begins, due), False, because)
        following = Cycle(cycle.number + 1, begins, [piece], base, turn, begins)
        if cycle.versions and not rule.calendar:
            following.versions = dict(cycle.versions)
        return following

    def _next_due(self, cycle: Cycle, phase: Phase, begins: int) -> tuple[int, int, int]:
        """(own due day, base of the cadence, turn) of the cycle after ``cycle`` that begins on ``begins`` in ``phase``."""
        rule, before = phase.rule, cycle.rule
        if rule.recurs in SERIES:
            own = own_days(rule, self.person, self.period.from_day)
            if (rule.recurs, rule.month, rule.day, rule.every) == (
                before.recurs,
                before.month,
                before.day,
                before.every,
            ):
                base, turn = cycle.base, cycle.turn + 1
                due = series_day(rule, own, base, turn)
            else:
                due, base, turn, _ = first_due(phase, begins, False, own)
        elif before.calendar and rule.recurs == CADENCE:
            same = before.recurs == CADENCE and before.every == rule.every
            base, turn = (cycle.base, cycle.turn + 1) if same else (cycle.due, 1)
            due = rule.every.after(base, turn)
        else:
            due = cycle.until
            if rule.recurs not in (WINDOW, HELD) and rule.every != NO_LENGTH:
                due = min(rule.every.after(cycle.met_on) - 1, cycle.cap)
            base, turn = due, 0
            if before.recurs == ONCE:
                due = max(due, rule.first_within.after(begins))
        due = max(aligned(rule, due), phase.not_before)
        if before.calendar:
            due = max(due, cycle.due + 1 if rule.calendar else cycle.due)
        return min(due, FOREVER), base, turn

    # --- what meets them

    def _count(self, done: Done) -> None:
        day = done[0]
        cycle = self._target(day)
        if cycle is not None:
            cycle.done.append(done)
            self._judge(cycle, day)
            if cycle.rule.calendar and cycle.rule.hours and cycle is not self.cycles[-1]:
                self._carry_on(cycle, day)
        elif self.requirement.counts_hours and self.cycles[-1].rule.calendar:
            for cycle in reversed(self.cycles):
                if cycle.pieces[-1].opens <= day:  # more than was asked: it may be carried over
                    cycle.done.append(done)
                    return

    def _target(self, day: int) -> Cycle | None:
        """The cycle for which something done on ``day`` counts."""
        last = self.cycles[-1]
        if not last.rule.calendar:
            first = last is self.cycles[0]
            early = last.rule.look_back is not None or bool(last.rule.hours) if first else last.rule.early_counts
            counts = last.met_on == FOREVER and (early or last.pieces[-1].opens <= day)
            return last if counts else None
        latest = len(self.cycles) - 1
        while latest > 0 and self.cycles[latest].pieces[-1].opens > day:
            latest -= 1
        rule = self.cycles[latest].rule
        if rule.opens_before is None or rule.hours:
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
        met = self._met_plainly(cycle) if rule.satisfied is None else self._met(cycle)
        if met is None:
            return
        on, by, oldest, until = met
        if rule.recurs in (WINDOW, HELD):
            if rule.recurs == WINDOW:
                on, number, latest = max(cycle.done, key=BY_DAY)
                by = f"{latest.kind}:{number}"
                until = falls_short(rule.hours[0], cycle.done, rule.every.months, max(on, day)) - 1
            if until < max(on, day) or (cycle is not self.cycles[0] and day <= cycle.due and until <= cycle.due):
                return
            cycle.until = until
        elif rule.recurs == ONCE or (rule.calendar and cycle.due >= FOREVER):
            until, oldest = (
                FOREVER,
                self.period.from_day if rule.calendar else oldest,
            )  # nothing falls due again, whatever expires later
        cycle.met_on, cycle.met_by = on, by
        cycle.met_from = max(day, on)
        cycle.cap = min(cycle.cap, until)
        if oldest < self.period.from_day:
            cycle.cap = min(cycle.cap, good_for(rule, oldest))
        for older in reversed(self.cycles[: cycle.number - self.cycles[0].number]):
            if older.closed != FOREVER:
                break  # all before it are closed as well
            older.missed_from = cycle.met_from
        if not rule.calendar:
            following = self._following(cycle)
            if following is not None:
                if following.rule.recurs == WINDOW:
                    following.done = list(cycle.done)
                self.cycles.append(following)

    def _met_plainly(self, cycle: Cycle) -> tuple[int, str, int, int] | None:
        """(day, by, oldest day used, last day of worth) where all or any of some things are to be done once."""
        rule = cycle.rule
        done = cycle.done
        if len(rule.courses) == 1 or not rule.needs_all:
            used = [d for d in done if _counts(d[2], rule.courses, cycle.versions)]
            if not used:
                return None
            if len(used) > 1:
                before = [d for d in used if d[0] < self.period.from_day]
                used = [max(before, key=BY_DAY) if before else min(used, key=BY_DAY)]
            deciding = oldest = used[0]
        else:
            each: dict[str, Done] = {}
            for one in done:
                for name in _names(one[2], rule.courses, cycle.versions):
                    each.setdefault(name, one)
            if len(each) < len(rule.courses):
                return None
            used = list(each.values())
            deciding, oldest = max(used, key=BY_DAY), min(used, key=BY_DAY)
        until = min((r.expires.toordinal() for _, _, r in used if r.expires is not None), default=FOREVER)
        return deciding[0], f"{deciding[2].kind}:{deciding[1]}", oldest[0], until

    def _met(self, cycle: Cycle) -> tuple[int, str, int, int] | None:
        rule = cycle.rule
        assert rule.satisfied is not None
        place = self.cycles.index(cycle) if cycle in self.cycles else len(self.cycles)
        earlier = [each.as_turn for each in self.cycles[:place]]
        turn = cycle.as_turn
        if rule.recurs == WINDOW:
            if not turn.done:
                return None
            latest = max(each[0] for each in turn.done)
            since = rule.every.after(latest, -1)
            turn = Turn([each for each in turn.done if each[0] > since], latest, latest)
        repeats = any(each.no_repeat_next for each in rule.hours)
        barred = self._barred(cycle) if repeats else frozenset()
        return rule.satisfied.met(Ledger(turn, earlier, cycle.carried, barred, cycle.versions))

    # --- changes that ask again

    def _there(self, day: int) -> int:
        """``day``, or the day of return where it falls in a gap."""
        return next((max(day, start) for start, end in self.period.stays if day < end), day)

    def _ask_again(self, event: Event, day: int) -> None:
        """A new version of a policy or course: a cycle that waits is due by it, one that is met is followed by another."""
        cycle = self.cycles[-1]
        phase = phase_at(self.phases, day)
        rule = phase.rule
        if event.about not in rule.again_on or rule.calendar:
            return
        piece = Piece(day, phase, rule.again_within.after(day), day, True, f"event:{event.id}", event=True)
        if cycle.met_on != FOREVER:
            cycle = Cycle(cycle.number + 1, day, [piece], piece.due, 0, day, versions=dict(cycle.versions))
            piece.event = False
            self.cycles.append(cycle)
        else:
            cycle.governed(piece)
        cycle.versions[event.about] = event.version
        cycle.done = [
            d for d in self.records if d[0] <= day and d[2].version >= event.version and d[2].course == event.about
        ]
        if cycle.done and rule.satisfied is None and len(rule.courses) == 1:
            self._judge(cycle, day)

    # --- new versions and extensions

    def _take_over(self, phase: Phase) -> None:
        """A version with ``apply_to_running`` takes over the cycles that are not met."""
        for place, cycle in enumerate(list(self.cycles)):
            if cycle.closed != FOREVER or cycle.begins >= phase.from_day:
                continue
            before = self.cycles[place - 1] if place else None
            windowed = False
            if before is None:
                own = own_days(phase.rule, self.person, self.period.from_day)
                due, cycle.base, cycle.turn, windowed = first_due(phase, cycle.begins, True, own)
                due = aligned(phase.rule, due)
                opens = first_opens_on(phase.rule, cycle.begins, due)
            elif phase.rule.recurs == ONCE:
                due = opens = FOREVER
            else:
                due, cycle.base, cycle.turn = self._next_due(before, phase, cycle.begins)
                opens = opens_on(phase.rule, cycle.begins, due)
            because = f"rule:{phase.version_id}"
            cycle.governed(Piece(phase.from_day, phase, due, opens, windowed, because))
            self._judge(cycle, phase.from_day)

    def _close_before(self, extension: Mover) -> None:
        """Whoever gets more time for a running cycle is no longer asked for the older ones."""
        if extension.cycle > self.cycles[-1].number:
            return
        for cycle in self.cycles:
            if cycle.number < extension.cycle and cycle.closed == FOREVER:
                cycle.missed_from = extension.from_day


def _worth_from(record: Record, start: int) -> bool:
    return record.expires is None or record.expires.toordinal() >= start


def _counts(record: Record, courses: frozenset[str], versions: dict[str, int]) -> bool:
    return (record.course in courses and not versions and not record.counts_as) or bool(
        _names(record, courses, versions)
    )


def _names(record: Record, courses: frozenset[str], versions: dict[str, int]) -> list[str]:
    """As which of ``courses`` the record counts."""
    if not record.counts_as and not versions:
        return [record.course] if record.course in courses else []
    return [
        name
        for name in (record.course, *record.counts_as)
        if name in courses and record.version_as(name) >= versions.get(name, 0)
    ]


def _latest_of_each(done: list[Done], courses: frozenset[str]) -> list[Done]:
    """Of what was done before the period the latest of each course."""
    latest = {name: one for one in done for name in _names(one[2], courses, {})}
    return sorted(set(latest.values()), key=BY_DAY) if len(latest) > 1 else list(latest.values())


def _steps(cycle: Cycle, all_movers: list[Mover]) -> list[Step]:
    """The due days of a cycle over time, spliced where a version took it over while it ran."""
    if not all_movers and len(cycle.pieces) == 1:
        piece = cycle.pieces[0]
        return [Step(cycle.begins, piece.due, piece.due, piece.opens, piece.phase.rule.grace, piece.because)]
    result: list[Step] = []
    for piece in cycle.pieces:
        rule = piece.phase.rule
        start = piece.from_day if piece.event else cycle.begins
        first = Step(start, piece.due, piece.due, piece.opens, rule.grace, piece.because)
        steps = moved(
            first,
            rule,
            cycle=cycle.number,
            begins=start,
            met=cycle.met_from,
            windowed=piece.windowed,
            all_movers=all_movers,
        )
        if not result:
            result = steps
            continue
        now = [step for step in steps if step.from_day <= piece.from_day][-1]
        before = [step for step in result if step.from_day <= piece.from_day][-1]
        if piece.event and before.due < now.due:
            continue  # a newer event keeps the earlier due day
        if now.due < piece.from_day and before.due < piece.from_day:
            continue  # late under both versions: it stays late
        due, valid = max(now.due, piece.phase.not_before), max(now.valid, piece.phase.not_before)
        taken = Step(piece.from_day, due, valid, now.opens, now.grace, now.because)
        result = [s for s in result if s.from_day < piece.from_day]
        result += [taken, *(s for s in steps if s.from_day > piece.from_day)]
    return result
