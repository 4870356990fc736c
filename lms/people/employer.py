"""How many people work for the organisation or one of its facilities: a fact that some rules ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.db import known
from lms.errors import N_, Invalid, NotFound
from lms.people.models import Department, EmployerSize


def sizes(session: Session) -> Sequence[EmployerSize]:
    """The known sizes, the newest first."""
    return session.scalars(
        select(EmployerSize).where(known(EmployerSize)).order_by(EmployerSize.from_day.desc(), EmployerSize.id.desc())
    ).all()


def record_size(session: Session, department_id: int | None, from_day: date, people: int, by: Actor) -> None:
    """So many people from a day on (None: the whole organisation); what was said for the same day is corrected by it.

    Raises:
        Invalid: fewer than one person.
        NotFound: no such department.
    """
    if not 1 <= people <= 10_000_000:
        raise Invalid(N_("Enter how many people there are: a whole number from 1."))
    if department_id is not None and session.get(Department, department_id) is None:
        raise NotFound(N_("There is no such department."))
    same = select(EmployerSize).where(known(EmployerSize), EmployerSize.from_day == from_day)
    here = (
        EmployerSize.department_id.is_(None) if department_id is None else EmployerSize.department_id == department_id
    )
    old = session.scalar(same.where(here))
    if old is not None:
        if old.people == people:
            return
        old.superseded_at, old.superseded_by = by.now, by.person_id
    made = EmployerSize(
        department_id=department_id, from_day=from_day, people=people, recorded_at=by.now, recorded_by=by.person_id
    )
    session.add(made)
    session.flush()
    record(
        session, by, "employer_size.record", "employer_size", made.id,
        before={"people": old.people} if old else None,
        after={"department": department_id, "from": from_day.isoformat(), "people": people},
    )  # fmt: skip


def remove_size(session: Session, ident: int, by: Actor) -> None:
    """A size was written down wrongly, and nothing takes its place.

    Raises:
        NotFound: there is none, or it was corrected already.
    """
    row = session.get(EmployerSize, ident)
    if row is None or row.superseded_at is not None:
        raise NotFound(N_("This entry has been corrected already. Look at the newer one."))
    row.superseded_at, row.superseded_by = by.now, by.person_id
    session.flush()
    record(
        session, by, "employer_size.remove", "employer_size", ident,
        before={"department": row.department_id, "from": row.from_day.isoformat(), "people": row.people},
    )  # fmt: skip
