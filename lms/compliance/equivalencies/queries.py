"""Reads of equivalencies: those that stand, and whom they touch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from lms.catalogue.models import Course, CourseVersion
from lms.compliance.equivalencies.models import Equivalency
from lms.db import known
from lms.errors import N_, NotFound
from lms.people.models import Person
from lms.records.models import TrainingRecord
from lms.records.outside.judging import outside_name
from lms.records.outside.models import Outcome, OutsideDecision


@dataclass(frozen=True, slots=True)
class Shown:
    """An equivalency as a page shows it: ``source`` and ``target`` are titles; ``person`` is the name, empty for everybody."""

    row: Equivalency
    source: str
    target: str
    person: str
    stated_by: str

    def over(self, day: date) -> bool:
        """Whether what is completed on ``day`` counts no longer by it."""
        return self.row.to_day <= day


def standing(session: Session, visible: Select[int]) -> list[Shown]:
    """The equivalencies that stand for everybody, and those for visible people, the newest first. Two statements."""
    own = Equivalency
    query = select(own).where(known(own), or_(own.person_id.is_(None), own.person_id.in_(visible)))
    return _shown(session, query)


def of_person(session: Session, person_id: int) -> list[Shown]:
    """The equivalencies that stand for one person alone, the newest first. Two statements."""
    return _shown(session, select(Equivalency).where(known(Equivalency), Equivalency.person_id == person_id))


def one(session: Session, ident: int, visible: Select[int]) -> Shown:
    """One that stands.

    Raises:
        NotFound: there is none, or the viewer may not see whom it is for.
    """
    found = next((each for each in standing(session, visible) if each.row.id == ident), None)
    if found is None:
        raise NotFound(N_("There is no such equivalency, or it was ended or withdrawn meanwhile."))
    return found


def touched(session: Session, row: Equivalency, most: int) -> list[int]:
    """The ids of up to ``most`` people whose timelines it may change: who did what it speaks of, here or (as a reviewer
    approved) elsewhere."""
    if row.person_id is not None:
        return [row.person_id]
    approved = select(OutsideDecision).where(OutsideDecision.outcome == Outcome.APPROVED, known(OutsideDecision))
    same = {
        each.person_id
        for each in session.scalars(approved)
        if row.source in (outside_name(each.provider, each.title), *each.courses)
    }
    if row.course_id is not None:
        did = select(TrainingRecord.person_id).where(TrainingRecord.course_id == row.course_id)
        same.update(session.scalars(did.distinct().limit(most)))
    return sorted(same)[:most]


def _shown(session: Session, query: Select[Equivalency]) -> list[Shown]:
    person, by = aliased(Person), aliased(Person)
    target = aliased(Course)
    rows = session.execute(
        query.add_columns(target.slug, person, by)
        .join(target, target.id == Equivalency.target_id)
        .outerjoin(person, person.id == Equivalency.person_id)
        .outerjoin(by, by.id == Equivalency.recorded_by)
        .order_by(Equivalency.recorded_at.desc(), Equivalency.id.desc())
    ).all()
    titles = dict(
        session.execute(
            select(Course.slug, CourseVersion.title)
            .join(CourseVersion, CourseVersion.course_id == Course.id)
            .order_by(CourseVersion.number)
        ).all()
    )
    return [
        Shown(
            row,
            titles.get(row.source, row.source) if row.course_id is not None else f"{row.title} ({row.provider})",
            titles.get(slug, slug),
            whose.display_name if whose else "",
            stater.display_name if stater else "",
        )
        for row, slug, whose, stater in rows
    ]
