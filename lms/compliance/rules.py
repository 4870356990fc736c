"""A requirement's rule, as data: plain JSON in, a frozen :class:`Rule` out, every fault named with its field and remedy.

A rule in full (only ``courses`` and ``first`` are needed; what is left out has the value shown or explained)::

    {"audience": {"everyone": true},            # see lms.compliance.audience
     "courses": ["cc-101"], "needs": "all",     # or "any"
     "first": {"within": {"days": 90},          # or months, years; runs from the later of hire and entering
               "incumbents_due": "2026-06-30",  # who is here when the rule begins is due on this day
               "opens_before": 30},             # the first cycle is "upcoming" until 30 days before due
     "recurs": {"kind": "once"},
            #  {"kind": "rolling", "every": {"months": 12}, "early_counts": true}
            #  {"kind": "cadence", "every": {"years": 2}}
            #  {"kind": "fixed", "every": {"years": 1}, "month": 1, "day": 31, "minimum_window": 30}
     "opens_before": 90,                        # days; rolling rules only: 90 when left out
     "grace": 0, "grace_counts_as": "late",     # days; or "compliant"
     "look_back": {"months": 12},               # or "any" or "none"; the recurrence period when left out
     "rejoin_within": 90, "return_window": 30,  # days
     "leave": "stops",                          # or "none", "extends", "fresh_window"
     "align": "end_of_month"}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from lms.errors import N_

from .audience import EVERYONE, Audience, read_audience
from .calendar import FOREVER, Length, number
from .facts import LeaveKind
from .reading import Reader


class Recurs(StrEnum):
    """How the next due day follows."""

    ONCE = "once"
    ROLLING = "rolling"
    CADENCE = "cadence"
    FIXED = "fixed"


CALENDAR_KINDS = frozenset({Recurs.CADENCE, Recurs.FIXED})
"""Rules whose next cycle begins the day after a due day, met or not; the others' next begins when one is met."""


class GraceCountsAs(StrEnum):
    """On which side of the compliance rate the grace period stands."""

    LATE = "late"
    COMPLIANT = "compliant"


ANY_TIME = Length(days=FOREVER)
NO_LENGTH = Length()
DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Rule:
    """The content of one version of a requirement. Windows and grace are in days; ``every`` is empty for one-time rules.

    ``look_back`` None means that nothing done before the first day counts.
    """

    audience: Audience
    courses: frozenset[str]
    first_within: Length
    needs_all: bool = True
    incumbents_due: date | None = None
    first_opens_before: int | None = None
    recurs: Recurs = Recurs.ONCE
    every: Length = NO_LENGTH
    early_counts: bool = True
    month: int = 1
    day: int = 1
    minimum_window: int = 30
    opens_before: int | None = None
    grace: int = 0
    grace_counts_as: GraceCountsAs = GraceCountsAs.LATE
    look_back: Length | None = ANY_TIME
    rejoin_within: int = 90
    return_window: int = 30
    leave: LeaveKind = LeaveKind.STOPS
    align_end_of_month: bool = False

    @staticmethod
    def parse(data: Mapping[str, object]) -> Rule:
        """Read a rule from JSON. Raises :class:`lms.errors.Invalid` that lists every fault with its field and remedy."""
        return _rule(Reader.of(data))


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A rule in force on the days [from_day, to_day); it binds from the day it was adopted if that is later."""

    id: int
    rule: Rule
    from_day: date
    to_day: date | None
    adopted_on: date
    apply_to_running: bool = False


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

    ``phases`` are the days on which each binds, in order; ``courses`` all that any of them asks for. Make it once for
    many people.
    """

    requirement_id: int
    versions: Sequence[RuleVersion]
    phases: tuple[Phase, ...] = field(init=False, compare=False, repr=False)
    courses: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "phases", _phases(self.versions))
        object.__setattr__(self, "courses", frozenset().union(*(phase.rule.courses for phase in self.phases)))


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
        if start < end:
            phases.append(Phase(start, end, version.id, version.rule, version.apply_to_running, floor))
    return tuple(phases)


def _rule(reader: Reader) -> Rule:
    first = reader.group("first")
    recurs = reader.group("recurs", optional=True)
    kind = Recurs(recurs.choice("kind", list(Recurs), Recurs.ONCE)) if recurs else Recurs.ONCE
    every = _length(recurs, "every") if recurs and kind != Recurs.ONCE else None
    audience = reader.group("audience", optional=True)
    rule = Rule(
        audience=read_audience(audience) if audience else EVERYONE,
        courses=frozenset(reader.names("courses")),
        needs_all=reader.choice("needs", ["all", "any"], "all") == "all",
        first_within=(_length(first, "within") if first else None) or NO_LENGTH,
        incumbents_due=first.day("incumbents_due") if first else None,
        first_opens_before=first.count("opens_before", None) if first else None,
        recurs=kind,
        every=every or NO_LENGTH,
        early_counts=recurs.flag("early_counts", True) if recurs and kind == Recurs.ROLLING else True,
        month=recurs.number("month", 1, 12) if recurs and kind == Recurs.FIXED else 1,
        day=recurs.number("day", 1, 31) if recurs and kind == Recurs.FIXED else 1,
        minimum_window=(recurs.count("minimum_window", 30) or 0) if recurs and kind == Recurs.FIXED else 30,
        opens_before=reader.count("opens_before", None),
        grace=reader.count("grace", 0) or 0,
        grace_counts_as=GraceCountsAs(reader.choice("grace_counts_as", list(GraceCountsAs), GraceCountsAs.LATE)),
        look_back=_look_back(reader, every),
        rejoin_within=reader.count("rejoin_within", 90) or 0,
        return_window=reader.count("return_window", 30) or 0,
        leave=LeaveKind(reader.choice("leave", list(LeaveKind), LeaveKind.STOPS)),
        align_end_of_month=reader.choice("align", ["none", "end_of_month"], "none") == "end_of_month",
    )
    if rule.day > DAYS_OF_MONTH[rule.month - 1]:
        (recurs or reader).fault(
            "day", N_("This month has no such day."), N_("Write the last day that the month can have.")
        )
    if kind == Recurs.FIXED and recurs and rule.every.days:
        recurs.fault("every", N_("A fixed calendar date comes back after months or years."), N_('Write {"years": 1}.'))
    if rule.incumbents_due and kind == Recurs.FIXED and first:
        first.fault(
            "incumbents_due",
            N_("A rule with a fixed calendar date has no other date for those who are here already."),
            N_("Leave out incumbents_due, or use the recurrence “cadence”."),
        )
    reader.finish()
    return rule


def _length(reader: Reader, name: str) -> Length | None:
    group = reader.group(name)
    if group is None:
        return None
    months = (group.count("months", 0) or 0) + 12 * (group.count("years", 0) or 0)
    days = group.count("days", 0) or 0
    if bool(months) == bool(days):
        reader.fault(
            name,
            N_("A length of time needs days, months or years."),
            N_('Write one of them, for example {"months": 12}.'),
        )
    return Length(months, days)


def _look_back(reader: Reader, every: Length | None) -> Length | None:
    if not reader.has("look_back"):
        return every or ANY_TIME
    if reader.is_text("look_back"):
        return ANY_TIME if reader.choice("look_back", ["any", "none"], "any") == "any" else None
    return _length(reader, "look_back")
