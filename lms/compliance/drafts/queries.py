"""Reads of drafts and rehearsals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.compliance.drafts.doubting import NOBODY
from lms.compliance.drafts.models import Rehearsal, RehearsalLine, RequirementDraft
from lms.compliance.drafts.rehearsing import people_in
from lms.compliance.spans import State
from lms.errors import N_, Message, NotFound, Problem
from lms.people.models import Person

MOVES = ("enters", "changes", "leaves", "stays")


def draft(session: Session, draft_id: int) -> RequirementDraft:
    """A draft that is still open.

    Raises:
        NotFound: there is none, or it was published or thrown away.
    """
    found = session.get(RequirementDraft, draft_id)
    if found is None or found.closed_at is not None:
        raise NotFound(N_("There is no such draft; it may have been published or thrown away."))
    return found


def open_drafts(session: Session, requirement_id: int | None = None) -> Sequence[RequirementDraft]:
    """The drafts that are not published, those that were changed last first; only those of a requirement if it is named."""
    query = select(RequirementDraft).where(RequirementDraft.closed_at.is_(None))
    if requirement_id is not None:
        query = query.where(RequirementDraft.requirement_id == requirement_id)
    return session.scalars(query.order_by(RequirementDraft.changed_at.desc(), RequirementDraft.id.desc())).all()


def rehearsal_of(session: Session, draft_id: int) -> Rehearsal | None:
    """The latest rehearsal of a draft."""
    query = select(Rehearsal).where(Rehearsal.draft_id == draft_id).order_by(Rehearsal.id.desc()).limit(1)
    return session.scalar(query.execution_options(populate_existing=True))


def strange(rehearsal: Rehearsal) -> list[Problem]:
    """What the figures themselves say that HR should see before it goes live."""
    figures, found = rehearsal.figures, []
    if not people_in(figures, "becomes"):
        found.append(NOBODY)
    late = people_in(figures, "becomes", {State.OVERDUE, State.IN_GRACE})
    before = people_in(figures, "was", {State.OVERDUE, State.IN_GRACE})
    if late > before:
        found.append(
            Problem(
                Message(N_("On its first day %(more)s more people are late than without it."), {"more": late - before}),
                Message(N_("Give more time to those who are here already.")),
                where="versions[0].rule.first.within",
            )
        )
    return found


class Named(NamedTuple):
    """Somebody whom a rehearsal concerns."""

    person_id: int
    name: str
    number: str
    department_id: int
    was: State | None
    becomes: State | None
    due: date | None


def names(
    session: Session,
    rehearsal_id: int,
    *,
    move: str = "",
    department_id: int | None = None,
    late: bool = False,
    page: int = 1,
    size: int = 50,
) -> tuple[list[Named], int]:
    """One page (from 1) of the people behind a rehearsal's figures by name, and how many there are. Two statements.

    ``move`` is one of :data:`MOVES`; empty: everybody who is in the audience with the draft.
    """
    line = RehearsalLine
    where = [line.rehearsal_id == rehearsal_id, line.move == move if move else line.becomes.is_not(None)]
    if department_id is not None:
        where.append(line.department_id == department_id)
    if late:
        where.append(line.becomes.in_([int(State.OVERDUE), int(State.IN_GRACE)]))
    total = session.scalar(select(func.count()).select_from(line).where(*where)) or 0
    rows = session.execute(
        select(Person, line)
        .join(line, line.person_id == Person.id)
        .where(*where)
        .order_by(Person.family_name, Person.given_name, Person.id)
        .offset((page - 1) * size)
        .limit(size)
    )
    return [
        Named(
            person.id, person.display_name, person.number, found.department_id, _state(found.was), _state(found.becomes),
            found.due,
        )
        for person, found in rows
    ], total  # fmt: skip


def display_names(session: Session, person_ids: Sequence[int]) -> dict[int, str]:
    """What these people are called."""
    people = session.scalars(select(Person).where(Person.id.in_(person_ids)))
    return {person.id: person.display_name for person in people}


def _state(code: int | None) -> State | None:
    return None if code is None else State(code)
