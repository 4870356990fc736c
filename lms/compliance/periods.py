"""On which days a requirement applies to a person: the audience, asked day by day, and the periods these days form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .audience import AssignedTo, Audience
from .calendar import Interval, number, united
from .facts import Membership, PersonFacts
from .rules import Phase, RequirementFacts


class Period(NamedTuple):
    """A stretch of applicability on the days [from_day, to_day). ``stays`` are its days; a short gap between two stays does not
    break it.

    ``because`` says how the person came in. ``returning``: there was an earlier period. ``incumbent``: employed before,
    in the audience from the first day of a version.
    """

    from_day: int
    to_day: int
    stays: Sequence[Interval]
    because: str
    returning: bool
    incumbent: bool


def phase_at(phases: tuple[Phase, ...], day: int) -> Phase:
    """The phase in force on ``day``; where none is, the last one before it, or the first of all."""
    found = phases[0]
    for phase in phases:
        if phase.from_day > day:
            break
        found = phase
    return found


def periods(requirement: RequirementFacts, person: PersonFacts) -> list[Period]:
    """The applicability periods of a person, in order; none where the audience never holds.

    The version in force on a day says who is in the audience that day. Only memberships within an employment count.
    """
    phases = requirement.phases
    inside: list[Interval] = []
    for first, last, membership in person.present():
        for phase in phases:
            start = first if first > phase.from_day else phase.from_day
            end = last if last < phase.to_day else phase.to_day
            if start < end and phase.rule.audience.holds(membership):
                inside.append((start, end))
    if not inside:
        return []
    if len(inside) == 1:  # as of most
        return [_period(inside, False, phases, person)]
    groups: list[list[Interval]] = []
    for stay in united(inside):
        if groups and stay[0] - groups[-1][-1][1] <= phase_at(phases, stay[0]).rule.rejoin_within:
            groups[-1].append(stay)
        else:
            groups.append([stay])
    return [_period(stays, place > 0, phases, person) for place, stays in enumerate(groups)]


def _period(stays: list[Interval], returning: bool, phases: tuple[Phase, ...], person: PersonFacts) -> Period:
    start = stays[0][0]
    phase = phase_at(phases, start)
    hired = incumbent = False
    for first, left in person.employed():
        hired = hired or first == start
        incumbent = incumbent or first < start < left
    named = _named(phase.rule.audience, start, person)
    if named:
        because = f"assigned:{named}"
    elif hired:
        because = "hire"
    elif phase.from_day == start:
        because = f"rule:{phase.version_id}"
    else:
        entered = [
            membership.department_id
            for membership in person.memberships
            if membership.from_day.toordinal() == start
            and phase.rule.audience.holds(membership)
            and not any(_goes_on(before, membership) for before in person.memberships)
        ]
        because = f"entered:{min(entered)}" if entered else f"rule:{phase.version_id}"
    return Period(start, stays[-1][1], stays, because, returning, incumbent and phase.from_day == start)


def _named(audience: Audience, start: int, person: PersonFacts) -> int:
    """The assignment by which the person is in the audience on the day ``start``; 0 where it is not for people named one by one."""
    if not isinstance(audience, AssignedTo):
        return 0
    return next(
        (
            each.id
            for each in person.assigned
            if each.name in audience.names and each.from_day.toordinal() <= start < number(each.to_day)
        ),
        0,
    )


def _goes_on(before: Membership, after: Membership) -> bool:
    """Whether ``after`` is the same membership, cut where something about the person changed."""
    return before.to_day == after.from_day and (
        before.department_id, before.departments, before.job, before.profession, before.patient_contact, before.duties,
    ) == (after.department_id, after.departments, after.job, after.profession, after.patient_contact, after.duties)  # fmt: skip
