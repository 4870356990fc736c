"""What learners say is wrong with a course, and what authors reply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from lms.catalogue.models import Course, CourseVersion
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.learning.models import Enrolment, Remark
from lms.people.models import Person
from lms.prepared import Prepared

LONGEST = 2000
"""Characters of a remark or a reply."""


def remark(
    session: Session,
    enrolment: Enrolment,
    step_id: str,
    item_id: str | None,
    text: str,
    *,
    language: str,
    key: str,
    now: datetime,
) -> Remark:
    """Tell the authors that something is wrong with a step, or one item of it. The same key again is the same remark.

    Raises:
        Invalid: nothing is written, or more than :data:`LONGEST` characters.
    """
    kept = session.scalar(select(Remark).where(Remark.person_id == enrolment.person_id, Remark.key == key))
    if kept is not None:
        return kept
    row = Remark(
        person_id=enrolment.person_id,
        version_id=enrolment.version_id,
        step_id=step_id,
        item_id=item_id,
        language=language,
        text=_written(text, N_("Write what is wrong, then send it.")),
        key=key,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row


def answer_remark(session: Session, remark_id: int, text: str, *, now: datetime, by: int) -> Remark:
    """Reply to a remark, which closes it.

    Raises:
        NotFound: there is no such remark.
        Conflict: somebody has replied already.
        Invalid: nothing is written, or too much.
    """
    row = session.get(Remark, remark_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(N_("There is no such remark."))
    if row.reply is not None:
        raise Conflict(N_("Somebody has replied to this remark already."))
    row.reply = _written(text, N_("Write a reply first; the person who wrote will read it."))
    row.replied_at, row.replied_by = now, by
    return row


def _written(text: str, nothing: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise Invalid(nothing)
    if len(stripped) > LONGEST:
        raise Invalid(N_("Please write at most %(most)s characters."), most=LONGEST)
    return stripped


@dataclass(frozen=True, slots=True)
class Listed:
    """A remark with what an author needs: the version it is about, who wrote it, and who replied."""

    remark: Remark
    slug: str
    title: str
    version: int
    learner: Person
    replier: Person | None


def listed(session: Session, *, answered: bool) -> list[Listed]:
    """The authors' work list: open remarks oldest first, or the 200 answered last."""
    learner, replier = aliased(Person), aliased(Person)
    chosen = (
        select(Remark, Course.slug, CourseVersion.title, CourseVersion.number, learner, replier)
        .join(CourseVersion, CourseVersion.id == Remark.version_id)
        .join(Course, Course.id == CourseVersion.course_id)
        .join(learner, learner.id == Remark.person_id)
        .outerjoin(replier, replier.id == Remark.replied_by)
    )
    if answered:
        chosen = chosen.where(Remark.reply.is_not(None)).order_by(Remark.replied_at.desc(), Remark.id.desc()).limit(200)
    else:
        chosen = chosen.where(Remark.reply.is_(None)).order_by(Remark.made_at, Remark.id)
    return [Listed(*row) for row in session.execute(chosen)]


def count_open(session: Session) -> int:
    """How many remarks wait for a reply."""
    return session.scalar(select(func.count(Remark.id)).where(Remark.reply.is_(None))) or 0


class Said(NamedTuple):
    """A remark of one's own, and the reply once there is one."""

    made_at: datetime
    language: str
    text: str
    reply: str | None
    replied_at: datetime | None


_REMARK = Remark.__table__.c
OWN = Prepared(
    select(_REMARK.made_at, _REMARK.language, _REMARK.text, _REMARK.reply, _REMARK.replied_at)
    .where(*(_REMARK[name] == bindparam(name) for name in ("person_id", "version_id", "step_id")))
    .order_by(_REMARK.id.desc())
)


def own_remarks(session: Session, enrolment: Enrolment, step_id: str) -> list[Said]:
    """What the learner has said about a step, newest first."""
    rows = OWN.rows(session, person_id=enrolment.person_id, version_id=enrolment.version_id, step_id=step_id)
    return [Said(*row) for row in rows]
