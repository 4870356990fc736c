"""What the timeline knows of one person: plain, frozen facts, read from people and records.

Every ``to_day`` is exclusive (the day after the last day) and None where it is open. The shell that builds these leaves
out what is not known "as known then": a fact recorded later is not passed in, a record revoked by then is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class LeaveKind(StrEnum):
    """What a leave does to the clock of a duty."""

    STOPS = "stops"
    NONE = "none"
    EXTENDS = "extends"
    FRESH_WINDOW = "fresh_window"


@dataclass(frozen=True, slots=True)
class Membership:
    """A stretch of a membership on which nothing the audience can ask for changes.

    ``departments`` holds the codes of the department and of all it lies under, as the tree stood on these days: a
    membership is cut where the tree above it changes.
    """

    from_day: date
    to_day: date | None
    department_id: int
    departments: frozenset[str]
    job: str | None = None
    profession: str | None = None
    patient_contact: bool = False
    primary: bool = True


@dataclass(frozen=True, slots=True)
class Leave:
    """A leave of absence; ``kind`` None means as the rule says."""

    id: int
    from_day: date
    to_day: date | None
    kind: LeaveKind | None = None


@dataclass(frozen=True, slots=True)
class Exemption:
    """HR excuses the person from one requirement, or from all (``requirement_id`` None)."""

    id: int
    requirement_id: int | None
    from_day: date
    to_day: date | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """HR moves the due day of one cycle (numbered as in its spans) to ``due``, the new last good day, inclusive.

    ``granted_on`` is the day HR decided: a leave or exemption that begins later moves the new day again, one that had
    begun does not.
    """

    id: int
    requirement_id: int
    cycle: int
    due: date
    granted_on: date


@dataclass(frozen=True, slots=True)
class Record:
    """A completion. ``replaces`` names the record that this one corrects; a revoked record counts on no day."""

    id: int
    course: str
    completed_on: date
    version: int = 1
    minutes: int = 0
    topics: tuple[tuple[str, int], ...] = ()
    revoked: bool = False
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Everything about one person that a timeline depends on. The order within each field does not matter."""

    person_id: int
    employments: Sequence[tuple[date, date | None]]
    memberships: Sequence[Membership]
    leaves: Sequence[Leave] = ()
    exemptions: Sequence[Exemption] = ()
    extensions: Sequence[Extension] = ()
    records: Sequence[Record] = ()
