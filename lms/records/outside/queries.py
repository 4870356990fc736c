"""Reads of outside training: what waits, what one person handed in, what is known about one of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.catalogue.models import Course
from lms.db import known
from lms.errors import N_, NotFound
from lms.people.models import Person
from lms.records.models import RecordRevocation, TrainingRecord
from lms.records.outside.judging import NEAR, WAITING, Claim, Other
from lms.records.outside.models import Outcome, OutsideDecision, OutsideStatement, OutsideTraining, seen


@dataclass(frozen=True, slots=True)
class Handed:
    """One outside training as lists show it: the latest statement, the decision that stands about it, who made it and its state."""

    training_id: int
    person_id: int
    number: str
    name: str
    statement: OutsideStatement
    decision: OutsideDecision | None
    decided_by: str
    state: str

    @property
    def title(self) -> str:
        """As it was approved, else as it was handed in."""
        return self.decision.title if self.decision is not None and self.decision.title else self.statement.title

    @property
    def day(self) -> date:
        """When it was finished, as it was approved, else as it was handed in."""
        decided = self.decision.completed_on if self.decision is not None else None
        return decided or self.statement.finished_on

    @property
    def seen(self) -> str:
        """What a reviewer of it has before them."""
        return seen(self.statement, self.decision)

    def over(self, day: date) -> bool:
        """Whether it was approved and its last good day lies before ``day``."""
        return self.decision is not None and self.decision.expires_on is not None and self.decision.expires_on < day


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was said or decided, in order of time; exactly one of the two is there."""

    at: datetime
    by: str
    statement: OutsideStatement | None
    decision: OutsideDecision | None


def waiting(session: Session, visible: Select[int] | None, *, not_person: int | None) -> list[Handed]:
    """What waits for a decision among visible people (None: all), the oldest first; what ``not_person`` handed in is left out. One
    statement."""
    query = _handed().where(_waits())
    if visible is not None:
        query = query.where(OutsideTraining.person_id.in_(visible))
    if not_person is not None:
        query = query.where(OutsideTraining.person_id != not_person)
    return _read(session, query.order_by(OutsideStatement.stated_at, OutsideStatement.id))


def waiting_count(session: Session, visible: Select[int], *, not_person: int | None) -> int:
    """How many submissions wait for a decision among visible people; those of ``not_person`` are left out. One statement."""
    return session.scalar(how_many_wait(visible, not_person=not_person)) or 0


def how_many_wait(visible: Select[int], *, not_person: int | None) -> Select[int]:
    """The statement of :func:`waiting_count`, to be asked together with others."""
    query = (
        select(func.count())
        .select_from(OutsideTraining)
        .join(OutsideStatement, OutsideStatement.training_id == OutsideTraining.id)
        .where(_waits(), OutsideTraining.person_id.in_(visible))
    )
    return query if not_person is None else query.where(OutsideTraining.person_id != not_person)


def handed_in(session: Session, person_id: int) -> list[Handed]:
    """Everything a person handed in, the latest day first. One statement."""
    found = _read(session, _handed().where(OutsideTraining.person_id == person_id))
    return sorted(found, key=lambda one: (one.day, one.training_id), reverse=True)


def approved_of(session: Session, person_id: int) -> list[Handed]:
    """The outside trainings of a person that count, the latest day first. One statement."""
    return [one for one in handed_in(session, person_id) if one.state == Outcome.APPROVED]


def one(session: Session, training_id: int, visible: Select[int] | None = None) -> Handed:
    """One outside training; ``visible`` holds the ids of the people whom the viewer may see. One statement.

    Raises:
        NotFound: there is none, or the viewer may not see it.
    """
    query = _handed().where(OutsideTraining.id == training_id)
    found = _read(session, query if visible is None else query.where(OutsideTraining.person_id.in_(visible)))
    if not found:
        raise NotFound(N_("There is no such outside training, or it is not in the departments you look after."))
    return found[0]


def history(session: Session, training_id: int) -> list[Step]:
    """Everything said and decided about one outside training, the oldest first. Two statements."""
    said = session.execute(
        select(OutsideStatement, Person)
        .outerjoin(Person, Person.id == OutsideStatement.stated_by)
        .where(OutsideStatement.training_id == training_id)
    )
    decided = session.execute(
        select(OutsideDecision, Person)
        .outerjoin(Person, Person.id == OutsideDecision.recorded_by)
        .where(OutsideDecision.training_id == training_id)
    )
    steps = [Step(row.stated_at, by.display_name if by else "", row, None) for row, by in said]
    steps += [Step(row.recorded_at, by.display_name if by else "", None, row) for row, by in decided]
    return sorted(steps, key=lambda step: (step.at, step.decision is not None, (step.decision or step.statement).id))  # type: ignore[union-attr]


def claim_of(said: OutsideStatement) -> Claim:
    """A statement as the learner made it."""
    return Claim(
        said.title, said.provider, said.finished_on, said.minutes, tuple(said.topics), said.certificate_number, said.expires_on,
        said.attested, said.meant_for, said.note,
    )  # fmt: skip


def others_like(session: Session, handed: Handed) -> tuple[list[Other], dict[int, str]]:
    """What may be the same as an outside training, and the names of the people it belongs to. Two statements.

    It is the caller's to ask :func:`lms.records.outside.judging.likenesses` which of them are alike, and whose names may be shown.
    """
    said, latest = handed.statement, aliased(OutsideStatement)
    newer = exists().where(latest.training_id == OutsideStatement.training_id, latest.number > OutsideStatement.number)
    alike: list[ColumnElement[bool]] = [OutsideTraining.person_id == handed.person_id]
    if said.paper_sha256:
        alike.append(OutsideStatement.paper_sha256 == said.paper_sha256)
    if said.certificate_number:
        alike.append(func.lower(OutsideStatement.certificate_number) == said.certificate_number.lower())
    rows = session.execute(
        select(OutsideStatement, Person)
        .join(OutsideTraining, OutsideTraining.id == OutsideStatement.training_id)
        .join(Person, Person.id == OutsideTraining.person_id)
        .where(or_(*alike), OutsideTraining.id != handed.training_id, ~newer)
    ).all()
    found = [
        Other(row.training_id, person.id, row.title, row.finished_on, row.paper_sha256, row.certificate_number)
        for row, person in rows
    ]
    revoked = exists().where(RecordRevocation.record_id == TrainingRecord.id)
    near = TrainingRecord.completed_on.between(_earlier(said.finished_on), said.finished_on + NEAR)
    records = session.execute(
        select(TrainingRecord.course_title, TrainingRecord.completed_on, Course.slug)
        .join(Course, Course.id == TrainingRecord.course_id)
        .where(TrainingRecord.person_id == handed.person_id, near, ~revoked)
    )
    found += [Other(None, handed.person_id, title, day, course=slug) for title, day, slug in records]
    return found, {person.id: person.display_name for _, person in rows}


def _earlier(day: date) -> date:
    return day - NEAR if day - date.min > timedelta(days=62) else day


@dataclass(frozen=True, slots=True)
class Evidence:
    """One outside training as a surveyor may see it, as known just before a moment: what was said last, the document's hash, and the
    decision that stood with who made it."""

    person_id: int
    training_id: int
    statement: OutsideStatement
    decision: OutsideDecision | None

    @property
    def state(self) -> str:
        """``waiting`` or an :class:`Outcome`."""
        return self.decision.outcome if self.decision is not None else WAITING


def evidence_of(
    session: Session, person_ids: Collection[int], day: date, known_at: datetime | None = None
) -> dict[int, list[Evidence]]:
    """The outside trainings of people that were finished by ``day``, as known now or just before ``known_at``, by person. One statement."""
    said, decided = OutsideStatement, OutsideDecision
    query = (
        select(OutsideTraining.person_id, said, decided)
        .select_from(OutsideTraining)
        .join(said, said.training_id == OutsideTraining.id)
        .outerjoin(decided, and_(decided.statement_id == said.id, known(decided, known_at)))
        .where(OutsideTraining.person_id.in_(person_ids))
        .order_by(said.training_id, said.number)
    )
    if known_at is not None:
        query = query.where(said.stated_at < known_at)
    latest = {
        row.training_id: Evidence(person, row.training_id, row, standing)
        for person, row, standing in session.execute(query)
    }
    found: dict[int, list[Evidence]] = {}
    for each in latest.values():
        finished = (
            each.decision.completed_on
            if each.decision is not None and each.decision.completed_on
            else each.statement.finished_on
        )
        if finished <= day:
            found.setdefault(each.person_id, []).append(each)
    return found


def _waits() -> ColumnElement[bool]:
    """A statement waits until a decision about it stands; one that was answered has the decision that asked."""
    standing = aliased(OutsideDecision)
    stands = exists().where(standing.statement_id == OutsideStatement.id, known(standing))
    waits: ColumnElement[bool] = ~stands
    return waits


def _handed() -> Select[OutsideTraining, Person, OutsideStatement, OutsideDecision | None, Person | None]:
    latest, decider = aliased(OutsideStatement), aliased(Person)
    newer = exists().where(latest.training_id == OutsideStatement.training_id, latest.number > OutsideStatement.number)
    return (
        select(OutsideTraining, Person, OutsideStatement, OutsideDecision, decider)
        .join(Person, Person.id == OutsideTraining.person_id)
        .join(OutsideStatement, and_(OutsideStatement.training_id == OutsideTraining.id, ~newer))
        .outerjoin(OutsideDecision, and_(OutsideDecision.statement_id == OutsideStatement.id, known(OutsideDecision)))
        .outerjoin(decider, decider.id == OutsideDecision.recorded_by)
    )


def _read(
    session: Session, query: Select[OutsideTraining, Person, OutsideStatement, OutsideDecision | None, Person | None]
) -> list[Handed]:
    return [
        Handed(
            training.id, person.id, person.number, person.display_name, said, decided,
            decider.display_name if decider else "", decided.outcome if decided else WAITING,
        )
        for training, person, said, decided, decider in session.execute(query)
    ]  # fmt: skip
