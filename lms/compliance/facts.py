"""What the timeline knows of one person: plain, frozen facts, read from people and records.

Every ``to_day`` is exclusive (the day after the last day) and None where it is open. The shell that builds these leaves
out what is not known "as known then": a fact recorded later is not passed in, a record revoked by then is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from lms.people.kinds import LeaveKind as LeaveKind

from .calendar import Interval, Length, number, united


@dataclass(frozen=True, slots=True)
class Membership:
    """A stretch of a membership on which nothing the audience can ask for changes.

    ``departments`` holds the codes of the department and of all it lies under, as the tree stood on these days: a
    membership is cut where the tree above it changes. What else an audience may ask for is filled in, and the membership
    cut where it changes, by :func:`lms.compliance.situations.cut`: ``supervised`` are the memberships of those whom
    the person supervises on these days, ``licences`` what is held, as ``kind`` and as ``kind:state``.
    """

    from_day: date
    to_day: date | None
    department_id: int
    departments: frozenset[str]
    job: str | None = None
    profession: str | None = None
    patient_contact: bool = False
    primary: bool = True
    duties: frozenset[str] = frozenset()
    employment: str | None = None
    hired: date | None = None
    licences: frozenset[str] = frozenset()
    licence_states: frozenset[str] = frozenset()
    supervised: tuple[Membership, ...] = ()
    employer_size: int | None = None
    assigned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Assigned:
    """The person is named for the assignment ``name`` on the days [from_day, to_day); ``reason`` is what the person reads."""

    id: int
    name: str
    from_day: date
    to_day: date | None
    reason: str = ""


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


class Record(NamedTuple):
    """Something done: a completion, or what counts like one. A named tuple, because they are made by the million.

    ``course`` is what was done, as rules name it: a course's slug, ``attestation:<name>``, ``policy:<code>`` (an
    acknowledgement of its ``version``), ``external:<name>`` or ``licence:<kind>``. ``counts_as`` names more of the kind
    (cross-credit). ``topics`` are minutes by topic. ``approved`` holds the provider and the approval lists it stands on.
    ``expires`` is the last day on which it is worth anything. ``kind`` is the word for it in :class:`Span.because`.
    ``replaces`` names the record that this one corrects; a revoked record counts on no day. ``versions_as`` says for each name in
    ``counts_as`` as which version it counts; empty: as its own.
    """

    id: int
    course: str
    completed_on: date
    version: int = 1
    minutes: int = 0
    topics: tuple[tuple[str, int], ...] = ()
    revoked: bool = False
    replaces: int | None = None
    modality: str | None = None
    approved: frozenset[str] = frozenset()
    counts_as: tuple[str, ...] = ()
    expires: date | None = None
    kind: str = "record"
    versions_as: tuple[int, ...] = ()

    def version_as(self, name: str) -> int:
        """As which version of ``name`` it counts."""
        if name == self.course or not self.versions_as:
            return self.version
        return self.versions_as[self.counts_as.index(name)]


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence or certification. ``renewals`` are the last good days on which it was or is to be renewed; after the last of
    them it is renewed ``every`` so often (None: as the rule says). ``expires`` is its last day, None while it goes on."""

    id: int
    kind: str
    state: str | None
    issued: date
    expires: date | None = None
    renewals: tuple[date, ...] = ()
    every: Length | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """From ``day`` there is a new ``version`` of a policy (``policy:<code>``) or a materially changed course (its slug)."""

    id: int
    about: str
    version: int
    day: date


class Equivalency(NamedTuple):
    """HR says: what is completed as ``source`` on the days [from_day, to_day) counts as the course ``target``. One direction, one step.

    It counts as the version of ``target`` that was in force on the day of completion, as far as events tell.
    """

    id: int
    source: str
    target: str
    from_day: date
    to_day: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it speaks of what is completed on ``day``."""
        return self.from_day <= day and (self.to_day is None or day < self.to_day)


Done = tuple[int, int, Record]
"""A record as the cycles need it: day number, id, the record. Lists of them are in order of day."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Everything about one person that a timeline depends on. The order within each field does not matter.

    ``birth_month`` is 1 to 12; more of the birthday is nobody's business here. ``events`` are those of the organisation.
    """

    person_id: int
    employments: Sequence[tuple[date, date | None]]
    memberships: Sequence[Membership]
    leaves: Sequence[Leave] = ()
    exemptions: Sequence[Exemption] = ()
    extensions: Sequence[Extension] = ()
    records: Sequence[Record] = ()
    licences: Sequence[Licence] = ()
    events: Sequence[Event] = ()
    birth_month: int | None = None
    assigned: Sequence[Assigned] = ()
    equivalencies: Sequence[Equivalency] = ()
    _done: list[Mapping[str, list[Done]]] = field(default_factory=list, init=False, repr=False, compare=False)
    _when: list[Mapping[tuple[str, int], date]] = field(default_factory=list, init=False, repr=False, compare=False)
    _employed: list[list[Interval]] = field(default_factory=list, init=False, repr=False, compare=False)
    _present: list[list[tuple[int, int, Membership]]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def employed(self) -> list[Interval]:
        """The days of employment as day numbers, united."""
        if not self._employed:
            self._employed.append(united((start.toordinal(), number(end)) for start, end in self.employments))
        return self._employed[0]

    def present(self) -> list[tuple[int, int, Membership]]:
        """The memberships as day numbers (from, to), cut to the days of employment."""
        if not self._present:
            self._present.append(
                [
                    (start, end, membership)
                    for membership in self.memberships
                    for hired, left in self.employed()
                    if (start := max(membership.from_day.toordinal(), hired))
                    < (end := min(number(membership.to_day), left))
                ]
            )
        return self._present[0]

    def when(self, kind: str, id: int) -> date | None:
        """On which day this was done, of all that was, revoked or not; None: there is no such thing."""
        if not self._when:
            self._when.append({(record.kind, record.id): record.completed_on for record in self.records})
        return self._when[0].get((kind, id))

    def done(self) -> Mapping[str, list[Done]]:
        """What was done and counts, in order of days, by what it counts as and by ``topic:<name>``: neither revoked nor replaced."""
        if not self._done:
            self._done.append(_indexed(credited(self)))
        return self._done[0]


def credited(person: PersonFacts) -> Sequence[Record]:
    """What the person did, with the courses it counts as by an equivalency."""
    if not person.equivalencies:
        return person.records
    return [_credited(record, person.equivalencies, person.events) for record in person.records]


def _credited(record: Record, equivalencies: Sequence[Equivalency], events: Sequence[Event]) -> Record:
    names = (record.course, *record.counts_as)
    day = record.completed_on
    extra = dict.fromkeys(
        e.target for e in equivalencies if e.source in names and e.holds(day) and e.target not in names
    )
    if not extra:
        return record
    versions = [record.version_as(name) for name in record.counts_as]
    for target in extra:
        versions.append(max((e.version for e in events if e.about == target and e.day <= day), default=1))
    return record._replace(counts_as=(*record.counts_as, *extra), versions_as=tuple(versions))


def _indexed(records: Sequence[Record]) -> Mapping[str, list[Done]]:
    replaced = {r.replaces for r in records if r.replaces is not None and not r.revoked}
    found: dict[str, list[Done]] = {}
    for r in sorted(records, key=_place):
        if r.revoked or (replaced and r.kind == "record" and r.id in replaced):
            continue
        if r.expires is not None and r.expires < r.completed_on:
            continue  # it was over before it was shown
        done = (r.completed_on.toordinal(), r.id, r)
        found.setdefault(r.course, []).append(done)
        for other in r.counts_as:
            if other != r.course:
                found.setdefault(other, []).append(done)
        for topic, minutes in r.topics:
            if minutes:
                found.setdefault(f"topic:{topic}", []).append(done)
    return found


def _place(record: Record) -> tuple[date, int, str]:
    return record.completed_on, record.id, record.course
