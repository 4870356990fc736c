"""What a timeline is made of: states, and spans of days in one state."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from typing import NamedTuple


class State(IntEnum):
    """State of a person for a requirement on a day. The codes are stored: never renumber. Not applicable is no span."""

    EXEMPT = 1
    ON_LEAVE = 2
    UPCOMING = 3
    OPEN = 4
    COMPLIANT = 5
    RENEWAL_OPEN = 6
    IN_GRACE = 7
    OVERDUE = 8

    __hash__ = int.__hash__  # states are keys by the million; an enum hashes its name


EXEMPT, ON_LEAVE, UPCOMING, OPEN, COMPLIANT, RENEWAL_OPEN, IN_GRACE, OVERDUE = State
"""The states once more as names of the module: to ask the class for one takes ten times as long, and the timeline asks by the million."""

MET = frozenset({COMPLIANT, RENEWAL_OPEN})
CAN_FALL_DUE = frozenset({UPCOMING, OPEN, COMPLIANT, RENEWAL_OPEN})


class Span(NamedTuple):
    """The days [from_day, to_day) on which a person is in one state for one requirement; ``date.max`` is for ever.

    ``beneath`` is the next state that would apply without the exemption or leave, else None. ``due`` is the last good
    day of the cycle that is to be met next (None: nothing falls due), ``valid_until`` the last day of what was last met
    (None: nothing met, or valid for ever). ``cycle`` counts from 1 through all periods of the person. ``because`` names
    the fact: ``hire``, ``entered:<department id>``, ``rule:<version id>``, ``record:<id>``, ``leave:<id>``,
    ``exemption:<id>``, ``extension:<id>``, ``return``; for overall states also ``requirement:<id>``.
    ``lapsed_extended``: open after validity has run out, because the due day was moved. Where a person counts is not in it:
    :mod:`lms.compliance.rows` cuts spans by department. A named tuple, because they are made by the million; change one with ``_replace``.
    """

    from_day: date
    to_day: date
    state: State
    beneath: State | None
    due: date | None
    valid_until: date | None
    cycle: int
    because: str
    lapsed_extended: bool = False
