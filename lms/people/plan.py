"""What a change does to somebody's dated facts: pure. Pages and imports change people through these functions and no others.

Each takes the known facts of one person and gives the facts as they should be. A row that stays keeps its id; one that is cut,
moved or new has the id None. :func:`difference` turns two states into rows to supersede and rows to write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from lms.clock import FOR_EVER
from lms.errors import N_, Conflict, Invalid

DAY = timedelta(days=1)


class Holding(NamedTuple):
    """What somebody is and where. ``supervisor_id`` is a person's id; an import uses negative numbers for people it brings."""

    department_id: int
    job: str
    profession: str
    patient_contact: bool
    supervisor_id: int | None


class Employed(NamedTuple):
    """A stretch of belonging, [from_day, to_day)."""

    kind: str
    from_day: date
    to_day: date
    id: int | None = None


class Placed(NamedTuple):
    """A membership, [from_day, to_day)."""

    holding: Holding
    primary: bool
    from_day: date
    to_day: date
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The known employments and memberships of one person."""

    employments: tuple[Employed, ...] = ()
    memberships: tuple[Placed, ...] = ()

    def employment(self, day: date) -> Employed | None:
        """The employment that covers a day."""
        return next((e for e in self.employments if e.from_day <= day < e.to_day), None)

    def primary(self, day: date) -> Placed | None:
        """The primary membership of a day."""
        return next((m for m in self.memberships if m.primary and m.from_day <= day < m.to_day), None)

    def secondary(self, day: date) -> tuple[Placed, ...]:
        """The secondary memberships of a day."""
        return tuple(m for m in self.memberships if not m.primary and m.from_day <= day < m.to_day)


class Difference(NamedTuple):
    """Rows to supersede, by id, and rows to write."""

    employments_gone: list[int]
    memberships_gone: list[int]
    employments: list[Employed]
    memberships: list[Placed]


def difference(before: Facts, after: Facts) -> Difference:
    """What must be written to get from one state to the other."""
    kept_employments = {e.id for e in after.employments}
    kept_memberships = {m.id for m in after.memberships}
    return Difference(
        [e.id for e in before.employments if e.id is not None and e.id not in kept_employments],
        [m.id for m in before.memberships if m.id is not None and m.id not in kept_memberships],
        [e for e in after.employments if e.id is None],
        [m for m in after.memberships if m.id is None],
    )


# --- verbs ------------------------------------------------------------------------------------------------------------


def hired(facts: Facts, kind: str, holding: Holding, from_day: date, to_day: date = FOR_EVER) -> Facts:
    """Somebody begins, or begins again: an employment and a primary membership on [from_day, to_day).

    Raises:
        Conflict: they belong to the organisation on one of these days already.
        Invalid: the last day lies before the first.
    """
    _ordered(from_day, to_day)
    if any(e.from_day < to_day and from_day < e.to_day for e in facts.employments):
        raise Conflict(N_("This person is employed on some of these days already. Nothing was changed."))
    return Facts(
        (*facts.employments, Employed(kind, from_day, to_day)),
        (*facts.memberships, Placed(holding, True, from_day, to_day)),
    )


def moved(facts: Facts, day: date, holding: Holding) -> Facts:
    """From ``day`` on the primary membership is another one, until it would have ended or the next begins.

    Raises:
        Conflict: not employed on that day.
    """
    employment = facts.employment(day)
    if employment is None:
        raise Conflict(N_("This person is not employed on %(day)s. Nothing was changed."), day=day)
    current = facts.primary(day)
    if current is not None and current.holding == holding:
        return facts
    facts = left_also(facts, holding.department_id, day)  # a second place there becomes the first
    if current is not None:
        until = current.to_day
    else:
        later = [m.from_day for m in facts.memberships if m.primary and m.from_day > day]
        until = min([employment.to_day, *later])
    kept = [m for m in facts.memberships if m is not current]
    if current is not None and current.from_day < day:
        kept.append(current._replace(to_day=day, id=None))
    return replace(facts, memberships=(*kept, Placed(holding, True, day, until)))


def corrected(facts: Facts, membership_id: int, holding: Holding, from_day: date, to_day: date) -> Facts:
    """A membership was written down wrongly: it is superseded by what is right, on its right days.

    Raises:
        Conflict: no such membership, or the days overlap another primary one.
        Invalid: the days are not within an employment.
    """
    wrong = next((m for m in facts.memberships if m.id == membership_id), None)
    if wrong is None:
        raise Conflict(N_("This entry has been corrected already. Look at the newer one."))
    _ordered(from_day, to_day)
    if not any(e.from_day <= from_day and to_day <= e.to_day for e in facts.employments):
        raise Invalid(N_("These days are not within an employment. Correct the employment first."))
    rest = tuple(m for m in facts.memberships if m is not wrong)
    if wrong.primary and any(m.primary and m.from_day < to_day and from_day < m.to_day for m in rest):
        raise Conflict(N_("On some of these days another department is the primary one. Nothing was changed."))
    return replace(facts, memberships=(*rest, Placed(holding, wrong.primary, from_day, to_day)))


def joined_also(facts: Facts, holding: Holding, from_day: date, to_day: date = FOR_EVER) -> Facts:
    """A secondary membership beside the primary one, at most until the employment ends.

    Raises:
        Conflict: not employed on the first day, or there already.
    """
    employment = facts.employment(from_day)
    if employment is None:
        raise Conflict(N_("This person is not employed on %(day)s. Nothing was changed."), day=from_day)
    until = min(to_day, employment.to_day)
    _ordered(from_day, until)
    for other in facts.memberships:
        same = other.holding.department_id == holding.department_id
        if same and other.from_day < until and from_day < other.to_day:
            raise Conflict(N_("This person works in that department on some of these days already."))
    return replace(facts, memberships=(*facts.memberships, Placed(holding, False, from_day, until)))


def left_also(facts: Facts, department_id: int, to_day: date) -> Facts:
    """Secondary memberships in a department end before ``to_day``; those that would begin later never do."""
    return replace(
        facts,
        memberships=tuple(
            cut
            for m in facts.memberships
            if (cut := _cut(m, m.from_day, to_day) if _is_also(m, department_id) else m) is not None
        ),
    )


def until(facts: Facts, employment: Employed, to_day: date) -> Facts:
    """An employment ends before ``to_day``: earlier, and its memberships end with it; or later, and those that ended with it go on.

    An employment that would end before it began never was.

    Raises:
        Conflict: it would run into the next one.
    """
    if to_day == employment.to_day:
        return facts
    rest = tuple(e for e in facts.employments if e is not employment)
    if any(e.from_day < to_day and employment.from_day < e.to_day for e in rest):
        raise Conflict(N_("This person is employed again on one of these days already. Nothing was changed."))
    memberships: list[Placed | None] = []
    for m in facts.memberships:
        inside = employment.from_day <= m.from_day < employment.to_day
        if inside and m.to_day > to_day:
            memberships.append(_cut(m, m.from_day, to_day))
        elif inside and m.to_day == employment.to_day < to_day:
            memberships.append(m._replace(to_day=to_day, id=None))
        else:
            memberships.append(m)
    changed = () if to_day <= employment.from_day else (employment._replace(to_day=to_day, id=None),)
    return Facts((*rest, *changed), tuple(m for m in memberships if m is not None))


def began(facts: Facts, employment: Employed, from_day: date) -> Facts:
    """The first day of an employment was another one; what began with it moves along.

    Raises:
        Conflict: it would run into the one before.
        Invalid: it would begin after its end.
    """
    if from_day == employment.from_day:
        return facts
    _ordered(from_day, employment.to_day)
    rest = tuple(e for e in facts.employments if e is not employment)
    if any(e.from_day < employment.to_day and from_day < e.to_day for e in rest):
        raise Conflict(N_("This person was employed on one of these days already. Nothing was changed."))
    memberships: list[Placed | None] = []
    for m in facts.memberships:
        inside = employment.from_day <= m.from_day < employment.to_day
        if inside and (m.from_day < from_day or m.from_day == employment.from_day):
            memberships.append(_cut(m, from_day, m.to_day))
        else:
            memberships.append(m)
    return Facts(
        (*rest, employment._replace(from_day=from_day, id=None)), tuple(m for m in memberships if m is not None)
    )


def ended(facts: Facts, last_day: date) -> Facts:
    """Somebody leaves; ``last_day`` is the last one on which they belong here.

    Raises:
        Conflict: not employed on that day.
    """
    employment = facts.employment(last_day)
    if employment is None:
        raise Conflict(N_("This person is not employed on %(day)s. Nothing was changed."), day=last_day)
    return until(facts, employment, last_day + DAY)


def renamed_kind(facts: Facts, employment: Employed, kind: str) -> Facts:
    """The kind of an employment was written down wrongly; the days stay."""
    return replace(
        facts,
        employments=tuple(e._replace(kind=kind, id=None) if e is employment else e for e in facts.employments),
    )


def _is_also(m: Placed, department_id: int) -> bool:
    return not m.primary and m.holding.department_id == department_id


def _cut(m: Placed, from_day: date, to_day: date) -> Placed | None:
    start, end = from_day, min(m.to_day, to_day)
    if start >= end:
        return None
    return m if (start, end) == (m.from_day, m.to_day) else m._replace(from_day=start, to_day=end, id=None)


def _ordered(from_day: date, to_day: date) -> None:
    if from_day >= to_day:
        raise Invalid(N_("The last day lies before the first. Correct one of them."))


# --- a row of a feed --------------------------------------------------------------------------------------------------


class Verdict(StrEnum):
    """What a feed says about somebody, the gravest word first."""

    ENDED = "ended"
    NEW = "new"
    REHIRED = "rehired"
    MOVED = "moved"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Wanted(NamedTuple):
    """One row of a feed. ``hire`` None: the file has no such day; ``to_day`` FOR_EVER: no end, None: the file does not say.

    ``also`` are the secondary departments, None where the file does not say.
    """

    kind: str | None
    holding: Holding
    hire: date | None
    to_day: date | None
    also: frozenset[int] | None = None


def decide(facts: Facts, wanted: Wanted, as_of: date) -> tuple[Verdict, Facts]:
    """What the facts of somebody who is known become by their row in the feed of a day.

    Raises:
        AttuneError: the row contradicts what is known; the message says how.
    """
    verdict = Verdict.UNCHANGED
    employment = _meant(facts, wanted, as_of)
    if employment is None:
        start = _return_day(facts, wanted, as_of)
        end = wanted.to_day or FOR_EVER
        if end <= start and facts.employments:
            return Verdict.UNCHANGED, facts  # a leaver that the file still lists
        again = hired(facts, wanted.kind or "employee", wanted.holding, start, end)
        after = _with_also(again, wanted, max(start, as_of))
        return (Verdict.REHIRED if facts.employments else Verdict.NEW), after
    after = facts
    if wanted.hire is not None and wanted.hire != employment.from_day and not _known_hire(facts, wanted.hire):
        after = began(after, employment, wanted.hire)
        employment = after.employments[-1]
    if wanted.kind is not None and wanted.kind != employment.kind:
        after = renamed_kind(after, employment, wanted.kind)
        employment = next(e for e in after.employments if e.from_day == employment.from_day)
    if wanted.to_day is not None and wanted.to_day != employment.to_day:
        if wanted.to_day < employment.to_day:
            verdict = Verdict.ENDED
        after = until(after, employment, wanted.to_day)
    day = max(as_of, employment.from_day)
    if after.employment(day) is not None:
        held = after.primary(day)
        after = moved(after, day, wanted.holding)
        if verdict is Verdict.UNCHANGED and held and held.holding.department_id != wanted.holding.department_id:
            verdict = Verdict.MOVED
        after = _with_also(after, wanted, day)
    if verdict is Verdict.UNCHANGED and after != facts:
        verdict = Verdict.CHANGED
    return verdict, after


def missing(facts: Facts, as_of: date) -> Facts:
    """Somebody whom a full feed no longer lists: from its day on they do not belong here."""
    after = facts
    for employment in facts.employments:
        if employment.to_day > as_of:
            after = until(after, employment, as_of)
    return after


def _meant(facts: Facts, wanted: Wanted, as_of: date) -> Employed | None:
    """The employment a row speaks of: the one of the day, else the next, else the last one if the row describes it."""
    current = facts.employment(as_of)
    if current is not None:
        return current
    coming = sorted((e for e in facts.employments if e.from_day > as_of), key=lambda e: e.from_day)
    if coming:
        return coming[0]
    past = max(facts.employments, key=lambda e: e.to_day, default=None)
    if past is not None and wanted.to_day is not None and wanted.to_day <= as_of:
        begun = wanted.hire is None or wanted.hire < past.to_day
        return past if begun else None
    return None


def _return_day(facts: Facts, wanted: Wanted, as_of: date) -> date:
    """A rehire begins on the hire day of the file if that lies after the last employment (HR systems often keep the first one)."""
    last = max((e.to_day for e in facts.employments), default=date.min)
    if wanted.hire is not None and wanted.hire >= last:
        return wanted.hire
    return max(as_of, last) if facts.employments else as_of


def _known_hire(facts: Facts, day: date) -> bool:
    return any(e.from_day == day for e in facts.employments)


def _with_also(facts: Facts, wanted: Wanted, day: date) -> Facts:
    if wanted.also is None:
        return facts
    there = {m.holding.department_id for m in facts.secondary(day)}
    for gone in sorted(there - wanted.also):
        facts = left_also(facts, gone, day)
    for new in sorted(wanted.also - there - {wanted.holding.department_id}):
        facts = joined_also(facts, wanted.holding._replace(department_id=new), day)
    return facts
