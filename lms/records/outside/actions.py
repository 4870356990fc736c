"""Verbs of outside training: hand in, answer, decide. Every step is a row; timelines and mails are the flow's business."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access import refuse_own
from lms.audit import Actor, record
from lms.catalogue.models import Course, CourseVersion
from lms.clock import local_day
from lms.errors import N_, Conflict, Denied, Invalid, NotFound
from lms.files import StoredFile
from lms.organisation import load
from lms.records.outside.judging import WAITING, Claim, Counting, check_claim, check_counting, check_step
from lms.records.outside.models import Outcome, OutsideDecision, OutsideStatement, OutsideTraining
from lms.records.outside.models import seen as seen_of

PURPOSE = "outside training"
"""What the stored documents are for."""


def hand_in(session: Session, person_id: int, claim: Claim, paper: StoredFile | None, actor: Actor) -> OutsideTraining:
    """Somebody hands in a training that they did elsewhere, with a document or in their own words.

    Raises:
        Invalid: see :func:`lms.records.outside.judging.check_claim`.
    """
    check_claim(claim, with_paper=paper is not None, today=_today(session, actor))
    training = OutsideTraining(person_id=person_id, created_at=actor.now)
    session.add(training)
    session.flush()
    said = _state(session, training, 1, claim, paper, actor)
    record(session, actor, "outside.hand_in", "outside_training", training.id, about=person_id, after=_told(said))
    return training


def answer(
    session: Session, training_id: int, claim: Claim, paper: StoredFile | None, actor: Actor
) -> OutsideStatement:
    """The learner answers a question of the reviewer, on the same submission. Without a new document the one before stands.

    Raises:
        NotFound: there is none of theirs with this id.
        Conflict: nothing was asked.
        Invalid: see :func:`lms.records.outside.judging.check_claim`.
    """
    training, before, standing = _locked(session, training_id)
    if training.person_id != actor.person_id:
        raise NotFound(N_("There is no such outside training of yours."))
    check_step("answered", standing.outcome if standing else WAITING, "")
    kept = paper or (session.get(StoredFile, before.paper_id) if before.paper_id is not None else None)
    check_claim(claim, with_paper=kept is not None, today=_today(session, actor))
    said = _state(session, training, before.number + 1, claim, kept, actor)
    record(
        session, actor, "outside.answer", "outside_training", training.id,
        about=training.person_id, before=_told(before), after=_told(said),
    )  # fmt: skip
    return said


def decide(
    session: Session,
    training_id: int,
    outcome: Outcome,
    reason: str,
    actor: Actor,
    counting: Counting | None = None,
    *,
    seen: str | None = None,
) -> OutsideDecision:
    """Approve (with what it counts for), reject, ask for more, revoke, or (the learner) withdraw.

    ``seen``: what the one who decides has read (:func:`lms.records.outside.models.seen`); None: what stands now.

    Raises:
        NotFound: there is none with this id.
        Denied: it is one's own and one does not withdraw it, or somebody else's and one does.
        Conflict: somebody has decided, or the learner has answered, meanwhile.
        Invalid: no reason where one is owed, or an approval that cannot be.
    """
    training, statement, standing = _locked(session, training_id)
    if seen is not None and seen != seen_of(statement, standing):
        raise Conflict(N_("Something was decided about this meanwhile. Look at it again."))
    if outcome is not Outcome.WITHDRAWN:
        refuse_own(actor.person_id, training.person_id)
    elif training.person_id != actor.person_id:
        raise Denied(N_("Only who handed it in can withdraw it."))
    check_step(outcome, standing.outcome if standing else WAITING, reason)
    if standing is not None:
        standing.superseded_at, standing.superseded_by = actor.now, actor.person_id
        session.flush()
    row = OutsideDecision(
        training_id=training.id,
        statement_id=statement.id,
        person_id=training.person_id,
        outcome=outcome,
        reason=reason.strip(),
        completed_on=None,
        expires_on=None,
        recorded_at=actor.now,
        recorded_by=actor.person_id,
    )
    if outcome is Outcome.APPROVED:
        if counting is None:
            raise Invalid(
                N_("Say what it counts for: minutes, a course, or outside training that a requirement asks for.")
            )
        check_counting(counting, today=_today(session, actor))
        for name, value in asdict(counting).items():
            setattr(row, name, list(value) if isinstance(value, tuple) else value)
        row.version = _version(session, counting.courses, counting.completed_on)
    session.add(row)
    session.flush()
    record(
        session, actor, f"outside.{VERBS[outcome]}", "outside_training", training.id, about=training.person_id,
        before=_decided(standing) if standing else None, after=_decided(row), reason=row.reason or None,
    )  # fmt: skip
    return row


VERBS = {
    Outcome.APPROVED: "approve",
    Outcome.REJECTED: "reject",
    Outcome.ASKED: "ask",
    Outcome.REVOKED: "revoke",
    Outcome.WITHDRAWN: "withdraw",
}


def statement_of(session: Session, decision: OutsideDecision) -> OutsideStatement:
    """What a decision is about."""
    return session.get_one(OutsideStatement, decision.statement_id)


def _locked(session: Session, training_id: int) -> tuple[OutsideTraining, OutsideStatement, OutsideDecision | None]:
    training = session.get(OutsideTraining, training_id, with_for_update=True, populate_existing=True)
    if training is None:
        raise NotFound(N_("There is no such outside training."))
    latest = select(OutsideStatement).where(OutsideStatement.training_id == training_id)
    statement = session.scalars(latest.order_by(OutsideStatement.number.desc()).limit(1)).one()
    standing = session.scalar(
        select(OutsideDecision).where(
            OutsideDecision.statement_id == statement.id, OutsideDecision.superseded_at.is_(None)
        )
    )
    return training, statement, standing


def _state(
    session: Session, training: OutsideTraining, number: int, claim: Claim, paper: StoredFile | None, actor: Actor
) -> OutsideStatement:
    said = OutsideStatement(
        training_id=training.id,
        number=number,
        title=" ".join(claim.title.split()),
        provider=" ".join(claim.provider.split()),
        finished_on=claim.finished_on,
        minutes=claim.minutes,
        topics=list(claim.topics),
        certificate_number=claim.certificate_number.strip(),
        expires_on=claim.expires_on,
        attested=claim.attested.strip(),
        meant_for=claim.meant_for,
        note=claim.note.strip(),
        paper_id=paper.id if paper else None,
        paper_sha256=paper.sha256 if paper else None,
        stated_at=actor.now,
        stated_by=actor.person_id,
    )
    session.add(said)
    session.flush()
    return said


def _version(session: Session, courses: tuple[str, ...], day: date) -> int:
    """As which version of these courses it counts: that in force on the day it was finished, the lowest of them; else the first."""
    own = load(session)
    rows = session.execute(
        select(Course.slug, CourseVersion.number, CourseVersion.published_at)
        .join(CourseVersion, CourseVersion.course_id == Course.id)
        .where(Course.slug.in_(courses))
    )
    found = dict.fromkeys(courses, 1)
    for slug, number, moment in rows:
        if local_day(moment, own.zone if own else "UTC") <= day:
            found[slug] = max(found[slug], number)
    return min(found.values(), default=1)


def _told(said: OutsideStatement) -> dict[str, Any]:
    return {
        "title": said.title, "provider": said.provider, "finished_on": said.finished_on.isoformat(), "minutes": said.minutes,
        "certificate_number": said.certificate_number, "expires_on": said.expires_on.isoformat() if said.expires_on else None,
        "meant_for": said.meant_for, "document": said.paper_sha256,
    }  # fmt: skip


def _decided(row: OutsideDecision) -> dict[str, Any]:
    told: dict[str, Any] = {"outcome": row.outcome}
    if row.completed_on is not None:
        told |= {
            "title": row.title, "provider": row.provider, "completed_on": row.completed_on.isoformat(), "minutes": row.minutes,
            "topics": dict(row.topics), "modality": row.modality, "courses": list(row.courses), "names": list(row.names),
            "lists": list(row.lists), "expires_on": row.expires_on.isoformat() if row.expires_on else None,
        }  # fmt: skip
    return told


def _today(session: Session, actor: Actor) -> date:
    own = load(session)
    return local_day(actor.now, own.zone if own else "UTC")
