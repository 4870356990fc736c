"""Memberships cut where anything changes that an audience can ask for, with what held on each stretch filled in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from .facts import Assigned, Licence, Membership


class Employment(NamedTuple):
    """Employed on the days [from_day, to_day) as an employee, a contractor, a volunteer..."""

    from_day: date
    to_day: date | None
    kind: str | None = None


class Tag(NamedTuple):
    """A duty on the days [from_day, to_day)."""

    from_day: date
    to_day: date | None
    name: str


class Size(NamedTuple):
    """So many people work for the employer from a day on; in one facility, where ``department`` is its code."""

    from_day: date
    people: int
    department: str | None = None


def cut(
    memberships: Iterable[Membership],
    employments: Sequence[Employment],
    licences: Sequence[Licence] = (),
    supervised: Sequence[Membership] = (),
    sizes: Sequence[Size] = (),
    duties: Sequence[Tag] = (),
    assigned: Sequence[Assigned] = (),
) -> list[Membership]:
    """The same days of membership, as stretches on which nothing an audience can ask for changes."""
    edges = {day for e in employments for day in (e.from_day, e.to_day)}
    edges |= {day for held in licences for day in (held.issued, _after(held))}
    edges |= {day for m in supervised for day in (m.from_day, m.to_day)} | {size.from_day for size in sizes}
    edges |= {day for duty in duties for day in (duty.from_day, duty.to_day)}
    edges |= {day for named in assigned for day in (named.from_day, named.to_day)}
    days = {day for day in edges if day is not None}
    found = []
    for membership in memberships:
        first, last = membership.from_day, membership.to_day or date.max
        for start, end in pairwise(sorted({first, last, *(day for day in days if first < day < last)})):
            found.append(
                replace(
                    membership,
                    from_day=start,
                    to_day=membership.to_day if end == last else end,
                    **_held(start, employments, licences),
                    supervised=tuple(m for m in supervised if m.from_day <= start < (m.to_day or date.max)),
                    duties=membership.duties | _tags(start, duties),
                    employer_size=_size(start, sizes, membership),
                    assigned=_tags(start, assigned),
                )
            )
    return found


def _held(day: date, employments: Sequence[Employment], licences: Sequence[Licence]) -> dict[str, Any]:
    running = [e for e in employments if e.from_day <= day < (e.to_day or date.max)]
    employment = min(running, key=lambda e: e.from_day, default=None)
    held = [licence for licence in licences if licence.issued <= day < (_after(licence) or date.max)]
    names = {licence.kind for licence in held} | {f"{each.kind}:{each.state}" for each in held if each.state}
    return {
        "employment": employment.kind if employment else None,
        "hired": employment.from_day if employment else None,
        "licences": frozenset(names),
        "licence_states": frozenset(licence.state for licence in held if licence.state),
    }


def _after(licence: Licence) -> date | None:
    """The first day on which it is no longer held."""
    if licence.expires is None or licence.expires == date.max:
        return None
    return date.fromordinal(licence.expires.toordinal() + 1)


def _tags(day: date, named: Sequence[Tag] | Sequence[Assigned]) -> frozenset[str]:
    return frozenset(each.name for each in named if each.from_day <= day < (each.to_day or date.max))


def _size(day: date, sizes: Sequence[Size], membership: Membership) -> int | None:
    """The size on a day: that of the facility where it is known, else that of the organisation."""
    past = [size for size in sizes if size.from_day <= day]
    own = [size for size in past if size.department is not None and size.department in membership.departments]
    counted = own or [size for size in past if size.department is None]
    return max(counted, key=lambda size: size.from_day).people if counted else membership.employer_size
