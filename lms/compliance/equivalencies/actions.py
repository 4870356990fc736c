"""Verbs of equivalencies: state one, end it, withdraw it. Timelines are the flow's business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access import refuse_own
from lms.audit import Actor, record
from lms.catalogue.models import Course
from lms.clock import FOR_EVER
from lms.compliance.equivalencies.models import Equivalency
from lms.db import known
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.files import StoredFile
from lms.people.models import Person
from lms.records.outside.judging import outside_name

PURPOSE = "equivalency"
"""What the stored documents are for."""

KEPT = (
    "source",
    "course_id",
    "provider",
    "title",
    "target_id",
    "person_id",
    "reason",
    "rests_on",
    "paper_id",
    "paper_sha256",
    "from_day",
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What HR says. ``course`` is the slug of the other course; without it ``provider`` and ``title`` name an outside training.
    ``last_day`` (None: open) and ``first_day`` are days of completion, both included; ``person_id`` None: for everybody."""

    target: str
    first_day: date
    reason: str
    course: str = ""
    provider: str = ""
    title: str = ""
    last_day: date | None = None
    person_id: int | None = None
    rests_on: str = ""


def state(session: Session, said: Stated, paper: StoredFile | None, actor: Actor) -> Equivalency:
    """What is completed as one thing counts as a course; not the other way round, and no further than one step.

    Raises:
        Denied: it is for oneself alone.
        Invalid: no reason, no such course, a course that counts as itself, no source to rest on, a last day before the first.
        NotFound: no such person.
        Conflict: the same is said already for some of these days.
    """
    refuse_own(actor.person_id, said.person_id)
    target = _course(session, said.target, alone=True)  # two who say the same at once come after each other
    other = _course(session, said.course) if said.course else None
    provider, title = " ".join(said.provider.split()), " ".join(said.title.split())
    if other is None and not (provider and title):
        raise Invalid(N_("Choose the course, or give the title of the outside training and who held it."))
    if other is not None and other.id == target.id:
        raise Invalid(N_("A course counts as itself anyway. Choose two courses."))
    if not said.reason.strip():
        raise Invalid(N_("Give a reason."))
    if not said.rests_on.strip() and paper is None:
        raise Invalid(N_("Say what it rests on, such as a comparison of the contents, or choose the document."))
    to_day = FOR_EVER if said.last_day is None else said.last_day + timedelta(days=1)
    if to_day <= said.first_day:
        raise Invalid(N_("The last day lies before the first day."))
    if said.person_id is not None and session.get(Person, said.person_id) is None:
        raise NotFound(N_("There is no such person."))
    row = Equivalency(
        source=other.slug if other is not None else outside_name(provider, title),
        course_id=other.id if other is not None else None,
        provider="" if other is not None else provider,
        title="" if other is not None else title,
        target_id=target.id,
        person_id=said.person_id,
        reason=said.reason.strip(),
        rests_on=said.rests_on.strip(),
        paper_id=paper.id if paper else None,
        paper_sha256=paper.sha256 if paper else None,
        from_day=said.first_day,
        to_day=to_day,
        recorded_at=actor.now,
        recorded_by=actor.person_id,
    )
    same = select(Equivalency.id).where(
        known(Equivalency), Equivalency.source == row.source, Equivalency.target_id == row.target_id,
        Equivalency.from_day < to_day, Equivalency.to_day > row.from_day,
        Equivalency.person_id.is_(None) if row.person_id is None else Equivalency.person_id == row.person_id,
    )  # fmt: skip
    if session.scalar(same.limit(1)) is not None:
        raise Conflict(N_("This is said already for some of these days. End or withdraw that first."))
    session.add(row)
    session.flush()
    record(
        session, actor, "equivalency.state", "equivalency", row.id, about=row.person_id, after=_told(session, row), reason=row.reason
    )  # fmt: skip
    return row


def end(session: Session, ident: int, last_day: date, reason: str, actor: Actor) -> Equivalency:
    """What is completed after ``last_day`` counts no longer; what was completed until then goes on counting.

    Raises:
        NotFound: there is none with this id that stands.
        Denied: it is for oneself alone.
        Conflict: it ends by then already.
        Invalid: no reason, or it would end before it begins.
    """
    row = _standing(session, ident, reason, actor)
    to_day = last_day + timedelta(days=1)
    if to_day >= row.to_day:
        raise Conflict(N_("It ends by that day already."))
    if to_day <= row.from_day:
        raise Invalid(N_("It would end before it begins. Withdraw it instead."))
    before = _told(session, row)
    _supersede(row, actor)
    session.flush()  # the one that stands is gone before the next one is written
    shorter = Equivalency(
        **{name: getattr(row, name) for name in KEPT}, to_day=to_day, recorded_at=actor.now, recorded_by=actor.person_id
    )
    session.add(shorter)
    session.flush()
    record(
        session, actor, "equivalency.end", "equivalency", shorter.id, about=row.person_id,
        before=before, after=_told(session, shorter), reason=reason.strip(),
    )  # fmt: skip
    return shorter


def withdraw(session: Session, ident: int, reason: str, actor: Actor) -> Equivalency:
    """It never should have been said: as known now nothing ever counted by it.

    Raises:
        NotFound: there is none with this id that stands.
        Denied: it is for oneself alone.
        Invalid: no reason.
    """
    row = _standing(session, ident, reason, actor)
    _supersede(row, actor)
    session.flush()
    record(
        session, actor, "equivalency.withdraw", "equivalency", row.id, about=row.person_id,
        before=_told(session, row), reason=reason.strip(),
    )  # fmt: skip
    return row


def _standing(session: Session, ident: int, reason: str, actor: Actor) -> Equivalency:
    row = session.get(Equivalency, ident, with_for_update=True, populate_existing=True)
    if row is None or row.superseded_at is not None:
        raise NotFound(N_("There is no such equivalency, or it was ended or withdrawn meanwhile."))
    refuse_own(actor.person_id, row.person_id)
    if not reason.strip():
        raise Invalid(N_("Give a reason."))
    return row


def _supersede(row: Equivalency, actor: Actor) -> None:
    row.superseded_at, row.superseded_by = actor.now, actor.person_id


def _course(session: Session, slug: str, *, alone: bool = False) -> Course:
    """A course; ``alone``: until the transaction ends nobody else says what counts as it."""
    query = select(Course).where(Course.slug == slug)
    found = session.scalar(query.with_for_update(key_share=True) if alone else query)
    if found is None:
        raise Invalid(N_("Choose a course from the list."))
    return found


def _told(session: Session, row: Equivalency) -> dict[str, Any]:
    return {
        "source": row.source, "provider": row.provider or None, "title": row.title or None,
        "counts_as": session.get_one(Course, row.target_id).slug, "from": row.from_day.isoformat(),
        "last": None if row.to_day >= FOR_EVER else (row.to_day - timedelta(days=1)).isoformat(),
        "rests_on": row.rests_on or None, "document": row.paper_sha256,
    }  # fmt: skip
