"""What becomes of somebody's licences and duties when HR or a feed says something about them: pure.

Pages and feeds change these facts through the same functions. Each takes what is known and gives what should be known; a row that
stays keeps its id, one that is new or different has the id None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple, Protocol, TypeVar

from lms.clock import FOR_EVER
from lms.errors import N_, Conflict, Invalid
from lms.people.kinds import LicenceBasis

DAY = timedelta(days=1)

_POSTAL = """
AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX
UT VT VA WA WV WI WY AS GU MP PR VI
"""
STATES = frozenset(_POSTAL.split())
"""States, the District and territories of the United States, as their postal abbreviations."""

LONGEST = 60
"""Characters of a kind, a number or a tag."""


class Term(NamedTuple):
    """One term of a licence, [from_day, to_day). See :class:`lms.people.models.Licence`."""

    kind: str
    state: str | None
    number: str
    basis: str
    from_day: date
    to_day: date
    renew_by: date | None = None
    every_months: int | None = None
    id: int | None = None

    @property
    def licence(self) -> tuple[str, str, str]:
        """Which licence it is a term of."""
        return self.kind.casefold(), self.state or "", self.number.casefold()


class Tagged(NamedTuple):
    """A duty, [from_day, to_day)."""

    tag: str
    from_day: date
    to_day: date
    id: int | None = None


class Stretch(Protocol):
    """What has an id once it is stored."""

    @property
    def id(self) -> int | None: ...


S = TypeVar("S", bound=Stretch)


def difference(before: Sequence[S], after: Sequence[S]) -> tuple[list[int], list[S]]:
    """(ids to supersede, rows to write) that lead from one state to the other."""
    kept = {one.id for one in after}
    return [one.id for one in before if one.id is not None and one.id not in kept], [o for o in after if o.id is None]


# --- licences ---------------------------------------------------------------------------------------------------------


def term(
    kind: str,
    state: str | None,
    number: str,
    issued: date,
    last_day: date | None,
    *,
    renewal: bool = False,
    renew_by: date | None = None,
    every_months: int | None = None,
) -> Term:
    """A term as people say it, checked; ``last_day`` and ``renew_by`` are inclusive.

    Raises:
        Invalid: no kind, a state that there is not, days in the wrong order, or a length that none has.
    """
    kind, number = " ".join(kind.split()), " ".join(number.split())
    if not kind or len(kind) > LONGEST or len(number) > LONGEST:
        raise Invalid(N_("Enter the kind of the licence, such as RN, in %(most)s characters at most."), most=LONGEST)
    state = (state or "").strip().upper() or None
    if state is not None and state not in STATES:
        raise Invalid(
            N_("There is no state “%(state)s”. Write its two letters, such as MI, or leave it empty."), state=state
        )
    if last_day is not None and last_day < issued:
        raise Invalid(N_("The last day lies before the first. Correct one of them."))
    if renew_by is not None and renew_by < issued:
        raise Invalid(N_("The day of renewal lies before the issue. Correct one of them."))
    if every_months is not None and not 1 <= every_months <= 240:
        raise Invalid(N_("A licence is renewed every 1 to 240 months. Correct the number, or leave it empty."))
    basis = LicenceBasis.RENEWAL if renewal else LicenceBasis.INITIAL
    end = FOR_EVER if last_day is None else last_day + DAY
    return Term(kind, state, number, basis.value, issued, end, renew_by, every_months)


def issued(terms: Sequence[Term], new: Term) -> tuple[Term, ...]:
    """A term is written down.

    Raises:
        Conflict: this licence has a term on some of these days already, and it is no renewal.
    """
    for other in terms:
        if other.licence != new.licence:
            continue
        overlaps = other.from_day < new.to_day and new.from_day < other.to_day
        if other.from_day == new.from_day or (overlaps and new.basis == LicenceBasis.INITIAL):
            raise Conflict(
                N_("This licence is written down for some of these days already. Correct or renew it instead.")
            )
    return (*terms, new)


def corrected(terms: Sequence[Term], ident: int, new: Term) -> tuple[Term, ...]:
    """A term was written down wrongly: what is right takes its place.

    Raises:
        Conflict: there is none (it was corrected already), or another term is on these days.
    """
    wrong = _found(terms, ident)
    if wrong._replace(id=None) == new:
        return tuple(terms)
    return issued([each for each in terms if each is not wrong], new)


def ended(terms: Sequence[Term], ident: int, last_day: date) -> tuple[Term, ...]:
    """A term ends with a last day, earlier or later than was known; one that would end before its first day never was.

    Raises:
        Conflict: there is none.
    """
    old = _found(terms, ident)
    rest = tuple(each for each in terms if each is not old)
    if last_day < old.from_day:
        return rest
    return (*rest, old._replace(to_day=last_day + DAY, id=None)) if last_day + DAY != old.to_day else tuple(terms)


def told(terms: Sequence[Term], row: Term) -> tuple[Term, ...]:
    """What a line of a feed makes of somebody's terms. Many systems keep the first issue and move the last day: that is a renewal.

    Raises:
        Conflict: the line contradicts what is known.
    """
    same = sorted((each for each in terms if each.licence == row.licence), key=lambda each: each.from_day)
    if not same:
        return (*terms, row)
    first, last = same[0], same[-1]
    if row.from_day > last.from_day:
        return (*terms, row._replace(basis=LicenceBasis.RENEWAL.value))
    there = next((each for each in same if each.from_day == row.from_day), None)
    if there is None:
        raise Conflict(N_("This licence is written down with another issue. Correct it on the person's page."))
    if there is first and row.to_day > last.to_day:
        return (*terms, row._replace(basis=LicenceBasis.RENEWAL.value, from_day=last.to_day))
    meant = last if there is first else there
    if row.to_day <= meant.from_day:
        raise Conflict(N_("This licence ends before its last renewal. Correct it on the person's page."))
    right = meant._replace(
        to_day=row.to_day,
        renew_by=row.renew_by or meant.renew_by,
        every_months=row.every_months or meant.every_months,
        id=None,
    )
    if right == meant._replace(id=None):
        return tuple(terms)
    return (*(each for each in terms if each is not meant), right)


def runs(terms: Iterable[Term]) -> list[list[Term]]:
    """The terms of each licence, those together that follow each other without a day between, by their first day."""
    found: list[list[Term]] = []
    for each in sorted(terms, key=lambda t: (t.licence, t.from_day, t.to_day)):
        last = found[-1] if found else None
        if last and last[0].licence == each.licence and each.from_day <= max(t.to_day for t in last):
            last.append(each)
        else:
            found.append([each])
    return sorted(found, key=lambda run: (run[0].from_day, run[0].licence))


def _found(terms: Sequence[Term], ident: int) -> Term:
    found = next((each for each in terms if each.id == ident), None)
    if found is None:
        raise Conflict(N_("This entry has been corrected already. Look at the newer one."))
    return found


# --- duties -----------------------------------------------------------------------------------------------------------


def tag(text: str) -> str:
    """A duty's name as rules write it: small letters and hyphens.

    Raises:
        Invalid: nothing is left, or it is too long.
    """
    made = re.sub(r"[^\w]+", "-", text.casefold()).strip("-_")
    if not made or len(made) > LONGEST:
        raise Invalid(N_("Enter the duty, such as perinatal-care, in %(most)s characters at most."), most=LONGEST)
    return made


def given(tags: Sequence[Tagged], name: str, from_day: date, to_day: date) -> tuple[Tagged, ...]:
    """Somebody has a duty on these days.

    Raises:
        Invalid: the last day lies before the first.
        Conflict: they have it on some of these days already.
    """
    if to_day <= from_day:
        raise Invalid(N_("The last day lies before the first. Correct one of them."))
    if any(each.tag == name and each.from_day < to_day and from_day < each.to_day for each in tags):
        raise Conflict(N_("This duty is written down for some of these days already. Nothing was changed."))
    return (*tags, Tagged(name, from_day, to_day))


def laid_down(tags: Sequence[Tagged], ident: int, last_day: date) -> tuple[Tagged, ...]:
    """A duty ends with a last day; one that would end before its first day never was.

    Raises:
        Conflict: there is none (its end was changed already).
    """
    old = next((each for each in tags if each.id == ident), None)
    if old is None:
        raise Conflict(N_("This entry has been corrected already. Look at the newer one."))
    rest = tuple(each for each in tags if each is not old)
    if last_day < old.from_day:
        return rest
    return (*rest, old._replace(to_day=last_day + DAY, id=None)) if last_day + DAY != old.to_day else tuple(tags)
