"""The words of rules: kinds of recurrence, what a first due day is counted from, status. Pure."""

from __future__ import annotations

from enum import StrEnum

from .calendar import FOREVER, Length


class Recurs(StrEnum):
    """How the next due day follows."""

    ONCE = "once"
    ROLLING = "rolling"
    CADENCE = "cadence"
    FIXED = "fixed"
    ANNIVERSARY = "anniversary_of_hire"
    BIRTH_MONTH = "birth_month"
    LICENCE = "licence_renewal"
    WINDOW = "look_back_window"
    HELD = "while_valid"


ONCE, ROLLING, CADENCE, FIXED, ANNIVERSARY, BIRTH_MONTH, LICENCE_RENEWAL, WINDOW, HELD = Recurs
"""The kinds once more as names of the module, as for :class:`lms.compliance.spans.State`."""

SERIES = frozenset({FIXED, ANNIVERSARY, BIRTH_MONTH, LICENCE_RENEWAL})
"""Rules whose due days come from a calendar or from the person, whatever is done."""

CALENDAR_KINDS = SERIES | {CADENCE}
"""Rules whose next cycle begins the day after a due day, met or not; the others' next begins when one is met."""


class First(StrEnum):
    """From what a first due day is counted. ``ENTERING`` is the first day of the period: the later of hire and entering."""

    ENTERING = "entering"
    LICENCE = "licence"
    RENEWAL = "licence_renewal"


ENTERING, BY_LICENCE, BY_RENEWAL = First


class Status(StrEnum):
    """What stands behind a version of a rule. Only the first two are enforced; the others are shown."""

    ENACTED = "enacted"
    OWN_POLICY = "own_policy"
    PENDING = "pending"
    PERMISSIVE = "permissive"
    SUPERSEDED = "superseded"
    LITIGATED = "litigated"


ENFORCED = frozenset({Status.ENACTED, Status.OWN_POLICY})


class GraceCountsAs(StrEnum):
    """On which side of the compliance rate the grace period stands."""

    LATE = "late"
    COMPLIANT = "compliant"


ANY_TIME = Length(days=FOREVER)
NO_LENGTH = Length()
