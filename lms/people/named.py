"""Finds the people of a pasted list, by employee number or e-mail address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from lms.db import day_in, known
from lms.people.models import Membership, Person

AT_ONCE = 500
"""Entries of one statement."""


@dataclass(frozen=True, slots=True)
class Named:
    """Each entry with those who have that number or address, in the order of the list. Leavers are found like everybody else."""

    matches: tuple[tuple[str, tuple[Person, ...]], ...]

    @property
    def people(self) -> list[Person]:
        """Everybody whom an entry names beyond doubt, each once, in the order of the list."""
        return list({who[0].id: who[0] for _, who in self.matches if len(who) == 1}.values())

    @property
    def unknown(self) -> tuple[str, ...]:
        """The entries that name nobody, or nobody whom the asker may see."""
        return tuple(entry for entry, who in self.matches if not who)

    @property
    def doubtful(self) -> tuple[tuple[str, tuple[Person, ...]], ...]:
        """The entries that several people have: the same number from two sources."""
        return tuple((entry, who) for entry, who in self.matches if len(who) > 1)


def named(session: Session, wanted: Sequence[str], among: Select[int] | None = None) -> Named:
    """Whom these entries name. ``among`` holds the ids of those who may be found; None: anybody. A statement for each 500 entries."""
    found: dict[str, dict[int, Person]] = {}
    folded = [entry.casefold() for entry in wanted]
    for start in range(0, len(folded), AT_ONCE):
        batch = folded[start : start + AT_ONCE]
        query = select(Person).where(or_(func.lower(Person.number).in_(batch), Person.email.in_(batch)))
        if among is not None:
            query = query.where(Person.id.in_(among))
        for person in session.scalars(query.order_by(Person.id)):
            for key in (person.number.casefold(), person.email):
                if key:
                    found.setdefault(key, {})[person.id] = person
    return Named(tuple((entry, tuple(found.get(entry.casefold(), {}).values())) for entry in wanted))


def homes(session: Session, person_ids: Collection[int], day: date) -> dict[int, int]:
    """The primary department of each of these people on a day, where they have one. A statement for each 500."""
    found: dict[int, int] = {}
    ids = list(person_ids)
    for start in range(0, len(ids), AT_ONCE):
        query = select(Membership.person_id, Membership.department_id).where(
            Membership.person_id.in_(ids[start : start + AT_ONCE]), Membership.primary, known(Membership),
            day_in(day, Membership.from_day, Membership.to_day),
        )  # fmt: skip
        found.update(dict(session.execute(query).all()))
    return found
