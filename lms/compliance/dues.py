"""How the due day of one cycle moves: leave, exemption, extension, and coming back after a gap.

A cycle's dues are *steps*: from a day on, this is the due day. A second step exists only where the first due day had
already passed when something moved it: the days before keep their state.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from .calendar import FOREVER, number, united
from .facts import Leave, LeaveKind, PersonFacts
from .periods import Period, phase_at
from .rules import RequirementFacts, Rule


class Move(IntEnum):
    """What moves a due day. Of those that begin on one day, the lower comes first."""

    GAP = 1
    EXEMPTION = 2
    LEAVE = 3
    EXTENSION = 4


class Mover(NamedTuple):
    """Something that moves due days; day numbers. An extension moves ``cycle`` to ``due``, and counts from ``from_day``."""

    from_day: int
    move: Move
    to_day: int
    because: str
    kind: LeaveKind = LeaveKind.STOPS
    cycle: int = 0
    due: int = 0


class Step(NamedTuple):
    """From ``from_day`` on the cycle is due on ``due``. ``valid`` is the last day of the validity that it renews."""

    from_day: int
    due: int
    valid: int
    opens: int
    grace: int
    because: str


def movers(requirement: RequirementFacts, person: PersonFacts, period: Period) -> list[Mover]:
    """All that may move due days of this requirement in this period, in the order in which it takes effect."""
    found = [Mover(left, Move.GAP, back, "return") for (_, left), (back, _) in pairwise(period.stays)]
    for exemption in person.exemptions:
        if exemption.requirement_id in (None, requirement.requirement_id):
            start, end = exemption.from_day.toordinal(), number(exemption.to_day)
            found.append(Mover(start, Move.EXEMPTION, end, f"exemption:{exemption.id}"))
    for extension in person.extensions:
        if extension.requirement_id == requirement.requirement_id:
            granted, due = extension.granted_on.toordinal(), extension.due.toordinal()
            because = f"extension:{extension.id}"
            found.append(Mover(granted, Move.EXTENSION, FOREVER, because, cycle=extension.cycle, due=due))
    found += leaves(requirement, person.leaves)
    return sorted(found)


def leaves(requirement: RequirementFacts, taken: Sequence[Leave]) -> list[Mover]:
    """The leaves that matter to the requirement, overlapping and touching ones of one kind united under the first id."""
    by_kind: dict[LeaveKind, list[tuple[int, int, int]]] = {}
    for leave in taken:
        start = leave.from_day.toordinal()
        kind = LeaveKind(leave.kind or phase_at(requirement.phases, start).rule.leave)
        if kind != LeaveKind.NONE:
            by_kind.setdefault(kind, []).append((start, number(leave.to_day), leave.id))
    found = []
    for kind, group in by_kind.items():
        for start, end in united((start, end) for start, end, _ in group):
            first = min((begin, leave_id) for begin, _, leave_id in group if start <= begin < end)
            found.append(Mover(start, Move.LEAVE, end, f"leave:{first[1]}", kind))
    return found


def moved(
    first: Step, rule: Rule, *, cycle: int, begins: int, met: int, windowed: bool, all_movers: Sequence[Mover]
) -> list[Step]:
    """The steps of a cycle that begins on ``begins`` and is met from day ``met`` (``FOREVER``: not met).

    ``windowed``: a first cycle due some days after an anchor, of which a leave takes the days it lasted.
    """
    steps = [first]
    for mover in all_movers:
        if mover.move == Move.EXTENSION:
            if mover.cycle == cycle:
                due = max(mover.due, begins)  # nothing is due before it begins
                steps = [Step(begins, due, first.valid, first.opens, first.grace, mover.because)]
            continue
        if mover.from_day >= met or mover.to_day <= begins:
            continue
        last = steps[-1]
        due, valid = _moved_due(last, rule, mover, begins, windowed)
        if due == last.due and valid == last.valid:
            continue
        late = last.due < mover.from_day
        if late and mover.to_day == FOREVER:
            continue
        step = Step(mover.to_day if late else last.from_day, due, valid, last.opens, last.grace, mover.because)
        steps = [*steps, step] if late else [*steps[:-1], step]
    return steps


def _moved_due(last: Step, rule: Rule, mover: Mover, begins: int, windowed: bool) -> tuple[int, int]:
    due, start, end = last.due, mover.from_day, mover.to_day
    late = due < start
    back = min(end + rule.return_window, FOREVER)
    if mover.move == Move.GAP:
        return (back if start <= due < end else due), last.valid
    if mover.move == Move.EXEMPTION:
        return max(due, back), last.valid
    days = end - max(start, begins)
    if mover.kind == LeaveKind.EXTENDS:
        return min(due + days, FOREVER), last.valid if late else min(last.valid + days, FOREVER)
    if mover.kind == LeaveKind.FRESH_WINDOW:
        return max(due, rule.first_within.after(end)), last.valid
    if late:
        return back, last.valid
    if windowed:
        return min(max(due + days, back), FOREVER), last.valid
    return (back if due < end + rule.return_window else due), last.valid
