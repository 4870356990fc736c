"""A requirement's rule, as data: plain JSON in, a frozen :class:`Rule` out, every fault named with its field and remedy.

What a rule may say, field by field, is written in ``docs/requirement-format.md``; reading it is :mod:`.rule_reading`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from .audience import Audience
from .calendar import FOREVER, Length, number
from .facts import LeaveKind
from .hours import Hours
from .rule_reading import read_rule
from .rule_words import (
    ANY_TIME,
    CALENDAR_KINDS,
    ENFORCED,
    NO_LENGTH,
    SERIES,
    First,
    GraceCountsAs,
    Recurs,
    Status,
)  # fmt: skip
from .satisfaction import Satisfaction, hours_in

__all__ = [
    "ANY_TIME", "CALENDAR_KINDS", "ENFORCED", "NO_LENGTH", "SERIES", "First", "GraceCountsAs", "Phase", "Recurs",
    "RequirementFacts", "Rule", "RuleVersion", "Status",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """The content of one version of a requirement. Windows and grace are in days; ``every`` is empty for one-time rules.

    ``look_back`` None means that nothing done before the first day counts; ``look_back_term``: what was done in the same term of
    the licence does. ``satisfied`` None: by ``courses``, all or any of them; else ``courses`` are those that it names.
    ``first_exactly``: counted from the licence even if that was before the first day; ``first_before``: due the day before it.
    ``again_on`` names the policies and courses whose new versions ask again, due ``again_within`` later.
    """

    audience: Audience
    courses: frozenset[str]
    first_within: Length
    needs_all: bool = True
    satisfied: Satisfaction | None = None
    first: First = First.ENTERING
    first_exactly: bool = False
    first_before: bool = False
    first_not_before: date | None = None
    licence_kinds: frozenset[str] = frozenset()
    licence_states: frozenset[str] = frozenset()
    incumbents_due: date | None = None
    first_opens_before: int | None = None
    recurs: Recurs = Recurs.ONCE
    every: Length = NO_LENGTH
    early_counts: bool = True
    month: int = 1
    day: int = 1
    minimum_window: int = 30
    again_on: frozenset[str] = frozenset()
    again_within: Length = NO_LENGTH
    opens_before: int | None = None
    grace: int = 0
    grace_counts_as: GraceCountsAs = GraceCountsAs.LATE
    look_back: Length | None = ANY_TIME
    look_back_term: bool = False
    rejoin_within: int = 90
    return_window: int = 30
    leave: LeaveKind = LeaveKind.STOPS
    align_end_of_month: bool = False
    personal: bool = field(init=False, compare=False, repr=False)
    calendar: bool = field(init=False, compare=False, repr=False)
    hours: tuple[Hours, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        own = self.recurs in SERIES - {Recurs.FIXED} or self.first != First.ENTERING
        object.__setattr__(self, "personal", own)
        object.__setattr__(self, "calendar", self.recurs in CALENDAR_KINDS)
        object.__setattr__(self, "hours", hours_in(self.satisfied))

    @staticmethod
    def parse(data: Mapping[str, object]) -> Rule:
        """Read a rule from JSON. Raises :class:`lms.errors.Invalid` that lists every fault with its field and remedy."""
        return Rule(**read_rule(data))


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A rule in force on the days [from_day, to_day); it binds from the day it was adopted if that is later.

    One that is not enforced asks nothing. It still ends the version before it, unless it is only pending.
    """

    id: int
    rule: Rule
    from_day: date
    to_day: date | None
    adopted_on: date
    apply_to_running: bool = False
    status: Status = Status.OWN_POLICY


@dataclass(frozen=True, slots=True)
class Phase:
    """A version on the days [from_day, to_day) on which it binds, as day numbers; ``not_before`` is its earliest due day."""

    from_day: int
    to_day: int
    version_id: int
    rule: Rule
    apply_to_running: bool
    not_before: int


@dataclass(frozen=True, slots=True)
class RequirementFacts:
    """A requirement and its versions, in any order. Where two are in force, the one that began later binds.

    ``phases`` are the days on which each binds, in order; ``courses`` all that any of them names, ``counts_hours`` whether any
    asks for hours; ``names`` are what records that may count are filed under (None: any record may). Make it once for many people.
    """

    requirement_id: int
    versions: Sequence[RuleVersion]
    phases: tuple[Phase, ...] = field(init=False, compare=False, repr=False)
    courses: frozenset[str] = field(init=False, compare=False, repr=False)
    counts_hours: bool = field(init=False, compare=False, repr=False)
    names: frozenset[str] | None = field(init=False, compare=False, repr=False)
    takes_over: tuple[Phase, ...] = field(init=False, compare=False, repr=False)
    again_on: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        phases = _phases([version for version in self.versions if version.status != Status.PENDING])
        object.__setattr__(self, "phases", phases)
        object.__setattr__(self, "courses", frozenset().union(*(phase.rule.courses for phase in phases)))
        hours = [each for phase in phases for each in phase.rule.hours]
        object.__setattr__(self, "counts_hours", bool(hours))
        object.__setattr__(self, "names", _names(self.courses, hours))
        object.__setattr__(self, "takes_over", tuple(phase for phase in phases if phase.apply_to_running))
        object.__setattr__(self, "again_on", frozenset().union(*(phase.rule.again_on for phase in phases)))


def _names(courses: frozenset[str], hours: Sequence[Hours]) -> frozenset[str] | None:
    """What the records that may count are filed under in :meth:`lms.compliance.facts.PersonFacts.done`."""
    if not all(each.courses or each.topics for each in hours):
        return None
    by_course = [each.courses for each in hours if each.courses]
    by_topic = [f"topic:{topic}" for each in hours if not each.courses for topic in each.topics]
    return courses.union(by_topic, *by_course)


def _phases(versions: Sequence[RuleVersion]) -> tuple[Phase, ...]:
    ordered = sorted(versions, key=lambda v: (max(v.from_day, v.adopted_on), v.from_day, v.id))
    phases: list[Phase] = []
    for place, version in enumerate(ordered):
        start = max(version.from_day, version.adopted_on).toordinal()
        following = ordered[place + 1 :]
        succeeded = any(later.from_day == version.to_day for later in following)
        end = FOREVER if succeeded else number(version.to_day)  # a successor adopted late leaves no hole before it
        for later in following:
            end = min(end, max(later.from_day, later.adopted_on).toordinal())
        late = version.adopted_on > version.from_day
        floor = version.adopted_on.toordinal() + version.rule.return_window if late else start
        if start < end and version.status in ENFORCED:
            phases.append(Phase(start, end, version.id, version.rule, version.apply_to_running, floor))
    return tuple(phases)
