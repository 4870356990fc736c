"""Reads about learning, shaped for a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from lms.catalogue.models import Course, CourseVersion
from lms.catalogue.queries import note_hash
from lms.errors import N_, NotFound
from lms.learning.models import Answer, Attempt, AttemptKind, Enrolment, ScenePress, StepDone
from lms.learning.scene_clock import Press, Pressed
from lms.prepared import Prepared, among

OWN_ENROLMENT = (
    select(Enrolment, CourseVersion.content_hash)
    .join(CourseVersion, CourseVersion.id == Enrolment.version_id)
    .where(Enrolment.id == bindparam("enrolment_id"))
)


def own_enrolment(session: Session, enrolment_id: int, person_id: int) -> Enrolment:
    """An enrolment of this person.

    Raises:
        NotFound: there is none, or it is somebody else's (which is not said).
    """
    row = session.execute(OWN_ENROLMENT, {"enrolment_id": enrolment_id}).one_or_none()
    if row is None or row[0].person_id != person_id:
        raise NotFound(N_("There is no such enrolment of yours."))
    note_hash(session, row[0].version_id, row[1])
    return row[0]


def require_enrolled(session: Session, person_id: int, version_id: int) -> None:
    """Nothing, where this person has ever taken this version.

    Raises:
        NotFound: they have not, or there is no such version (which is not said).
    """
    taken = select(Enrolment.id).where(Enrolment.person_id == person_id, Enrolment.version_id == version_id).limit(1)
    if session.scalar(taken) is None:
        raise NotFound(N_("There is no such version of a course."))


OWN_ATTEMPT = (
    select(Attempt, Enrolment, CourseVersion.content_hash)
    .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
    .join(CourseVersion, CourseVersion.id == Enrolment.version_id)
    .where(Attempt.id == bindparam("attempt_id"))
)
OWN_ATTEMPT_LOCKED = OWN_ATTEMPT.with_for_update(of=Attempt).execution_options(populate_existing=True)


def own_attempt(session: Session, attempt_id: int, person_id: int, *, lock: bool = False) -> tuple[Attempt, Enrolment]:
    """An attempt of this person with its enrolment; to change it, ``lock`` it, so that one request at a time decides about it.

    Raises:
        NotFound: there is none, or it is somebody else's (which is not said).
    """
    row = session.execute(OWN_ATTEMPT_LOCKED if lock else OWN_ATTEMPT, {"attempt_id": attempt_id}).one_or_none()
    if row is None or row[1].person_id != person_id:
        raise NotFound(N_("There is no such attempt of yours."))
    note_hash(session, row[1].version_id, row[2])
    if lock:
        session.info[LOCKED] = (session.get_transaction(), attempt_id)
    return row[0], row[1]


class Answerable(NamedTuple):
    """An attempt as an answer to it needs it: read and locked, and no object that the session keeps."""

    id: int
    version_id: int
    step_id: str
    kind: str
    drawn: list[dict[str, Any]]
    started_at: datetime
    finished_at: datetime | None
    policy: dict[str, Any] | None
    deadline: datetime | None
    timed_out: bool


_ATTEMPT, _ENROLMENT, _VERSION = Attempt.__table__.c, Enrolment.__table__.c, CourseVersion.__table__.c
ANSWERABLE = Prepared(
    select(
        *(_ATTEMPT.id, _ENROLMENT.version_id, _ATTEMPT.step_id, _ATTEMPT.kind, _ATTEMPT.drawn, _ATTEMPT.started_at),
        *(_ATTEMPT.finished_at, _ATTEMPT.policy, _ATTEMPT.deadline, _ATTEMPT.timed_out),
        *(_ENROLMENT.person_id, _VERSION.content_hash),
    )
    .join_from(Attempt.__table__, Enrolment.__table__, _ENROLMENT.id == _ATTEMPT.enrolment_id)
    .join(CourseVersion.__table__, _VERSION.id == _ENROLMENT.version_id)
    .where(_ATTEMPT.id == bindparam("attempt_id"))
    .with_for_update(of=Attempt.__table__)
)


def answerable(session: Session, attempt_id: int, person_id: int) -> Answerable:
    """An attempt of this person, locked, so that one answer at a time is taken.

    Raises:
        NotFound: there is none, or it is somebody else's (which is not said).
    """
    row = ANSWERABLE.row(session, attempt_id=attempt_id)
    if row is None or row.person_id != person_id:
        raise NotFound(N_("There is no such attempt of yours."))
    note_hash(session, row.version_id, row.content_hash)
    session.info[LOCKED] = (session.get_transaction(), attempt_id)
    return Answerable(*row[:-2])


LOCKED = "locked attempt"
"""In a session's info: the transaction that holds the lock on an attempt, and which."""


def lock_attempt(session: Session, attempt: Attempt | Answerable) -> None:
    """Let one request at a time decide about this attempt, which is read anew; once in a transaction is enough."""
    if session.info.get(LOCKED) != (session.get_transaction(), attempt.id):
        assert isinstance(attempt, Attempt), "an attempt to answer is locked when it is read"
        session.refresh(attempt, with_for_update=True)
        session.info[LOCKED] = (session.get_transaction(), attempt.id)


def open_enrolment(session: Session, person_id: int, course_id: int) -> Enrolment | None:
    """The enrolment under way in this course, or None."""
    return session.scalar(
        select(Enrolment).where(
            Enrolment.person_id == person_id, Enrolment.course_id == course_id, Enrolment.closed_at.is_(None)
        )
    )


def enrolments(session: Session, person_id: int) -> Sequence[Enrolment]:
    """Every enrolment of a person, newest first."""
    return session.scalars(
        select(Enrolment)
        .where(Enrolment.person_id == person_id)
        .order_by(Enrolment.enrolled_at.desc(), Enrolment.id.desc())
    ).all()


DONE = Prepared(select(StepDone.enrolment_id, StepDone.step_id).where(among(StepDone.enrolment_id, "enrolments")))


def steps_done(session: Session, enrolment_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """The finished steps of each enrolment."""
    found: dict[int, set[str]] = {enrolment_id: set() for enrolment_id in enrolment_ids}
    if not found:
        return {}
    for enrolment_id, step_id in DONE.rows(session, enrolments=list(found)):
        found[enrolment_id].add(step_id)
    return {enrolment_id: frozenset(steps) for enrolment_id, steps in found.items()}


ATTEMPTS = (
    select(Attempt)
    .where(Attempt.enrolment_id == bindparam("enrolment_id"), Attempt.step_id == bindparam("step_id"))
    .order_by(Attempt.number)
)


def attempts(session: Session, enrolment_id: int, step_id: str) -> Sequence[Attempt]:
    """Every attempt at a step, first to last."""
    return session.scalars(ATTEMPTS, {"enrolment_id": enrolment_id, "step_id": step_id}).all()


def latest_enrolment(session: Session, person_id: int, slug: str) -> Enrolment | None:
    """The person's enrolment in a course by its slug: the one under way, else the last."""
    return session.scalar(
        select(Enrolment)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.person_id == person_id, Course.slug == slug)
        .order_by(Enrolment.closed_at.is_not(None), Enrolment.enrolled_at.desc(), Enrolment.id.desc())
        .limit(1)
    )


RESPONSES = Prepared(
    select(Answer.item_id, Answer.response)
    .where(Answer.attempt_id == bindparam("attempt_id"), Answer.late.is_(False))
    .order_by(Answer.given_at, Answer.sequence)
)


def responses(session: Session, attempt_id: int) -> dict[str, dict[str, Any]]:
    """The response that counts for each answered item: the last one given, whenever it arrived before the attempt closed."""
    return {row.item_id: row.response for row in RESPONSES.rows(session, attempt_id=attempt_id)}


def answers_with_late(session: Session, attempt_id: int) -> tuple[dict[str, dict[str, Any]], dict[str, Answer]]:
    """The responses that count, as :func:`responses` gives them, and for each item the last answer that arrived after the attempt had
    closed: kept, never scored."""
    rows = session.scalars(
        select(Answer).where(Answer.attempt_id == attempt_id).order_by(Answer.given_at, Answer.sequence)
    ).all()
    return {row.item_id: row.response for row in rows if not row.late}, {row.item_id: row for row in rows if row.late}


def saved_at(session: Session, attempt_id: int, item_id: str) -> datetime | None:
    """When the last answer to an item arrived."""
    return session.scalar(
        select(func.max(Answer.saved_at)).where(Answer.attempt_id == attempt_id, Answer.item_id == item_id)
    )


def choices(session: Session, attempt_id: int) -> list[str]:
    """The choices made in a scenario, in order."""
    rows = session.scalars(select(Answer.response).where(Answer.attempt_id == attempt_id).order_by(Answer.sequence))
    return [str(row["choice"]) for row in rows]


def pressed(session: Session, attempt_id: int) -> list[Pressed]:
    """What was pressed on the clocks of timed scenes, in order."""
    rows = session.scalars(select(ScenePress).where(ScenePress.attempt_id == attempt_id).order_by(ScenePress.id))
    return [Pressed(row.turn, Press(row.press), row.pressed_at) for row in rows]


def timed_out(session: Session, attempt_id: int) -> int:
    """How many choices of a scenario were taken because the time was up."""
    rows = session.scalars(select(Answer.response).where(Answer.attempt_id == attempt_id))
    return sum(bool(row.get("timed_out")) for row in rows)


def passed_attempt(session: Session, enrolment_id: int, kind: AttemptKind) -> Attempt:
    """The attempt of this kind that was passed, the last of several. There must be one."""
    found = select(Attempt).where(Attempt.enrolment_id == enrolment_id, Attempt.kind == kind, Attempt.passed.is_(True))
    return session.scalars(found.order_by(Attempt.number.desc()).limit(1)).one()
