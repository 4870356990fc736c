"""Attempts from beginning to end: what a passed test, a survey or a statement completes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import throttle
from lms.audit import Actor
from lms.catalogue.content import CourseContent
from lms.catalogue.localised import localised
from lms.catalogue.queries import content as content_of
from lms.catalogue.steps import FOLLOW_UP
from lms.clock import local_day
from lms.compliance import actions as compliance
from lms.errors import N_, Conflict
from lms.flows.certifying import certify
from lms.learning import actions as learning
from lms.learning import surveys
from lms.learning.models import Attempt, AttemptKind, Attestation, Enrolment
from lms.learning.policy import closes_at
from lms.learning.progress import has_tested_out, is_locked, waits_for
from lms.learning.queries import passed_attempt, steps_done
from lms.learning.scenario import State
from lms.learning.scoring import Result
from lms.organisation import Organisation, load
from lms.outbox import enqueue
from lms.people import queries as people
from lms.records import actions as records
from lms.records.models import TrainingRecord

CLOSE = "attempt.close"


def start_attempt(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    step_id: str,
    *,
    language: str,
    seed: str,
    now: datetime,
) -> Attempt:
    """Begin or go on with a check, scenario or test.

    Raises:
        Conflict: the test is not open yet, the course is completed, the attempts are used up, or the next one opens later.
    """
    done = steps_done(session, [enrolment.id])[enrolment.id]
    if is_locked(content, content.step(step_id), done):
        raise Conflict(
            N_("The pre-test can be taken once, before the course.")
            if content.step(step_id).kind == "pre_test"
            else N_("The test opens when all other parts of the course are done.")
        )
    if content.step(step_id).kind == "test" and step_id in done and enrolment.closed_at is None:
        raise Conflict(N_("You have passed this test. What is still to do stands on the page of the course."))
    attempt = learning.start(session, enrolment, content, step_id, language=language, seed=seed, now=now)
    _close_in_time(session, attempt, now)
    return attempt


def _close_in_time(session: Session, attempt: Attempt, now: datetime) -> None:
    """Have the worker end an attempt when its time is over, if nobody has come to look before."""
    closes = closes_at(attempt.deadline, attempt.policy)
    if closes is not None and attempt.finished_at is None:
        enqueue(session, CLOSE, {"attempt": attempt.id}, now, key=str(attempt.id), run_at=closes + timedelta(seconds=1))


def note_meddling(session: Session, attempt_id: int, actor: Actor) -> None:
    """Write down that somebody tried to change somebody else's attempt, the first times in an hour; one that does not exist is no
    matter."""
    owners = select(Enrolment.person_id).join(Attempt, Attempt.enrolment_id == Enrolment.id)
    owner = session.scalar(owners.where(Attempt.id == attempt_id))
    if owner is None:
        return
    if throttle.hit(session, f"refused:{actor.person_id}", throttle.REFUSED_PER_PERSON, actor.now):
        audit.record(session, actor, "attempt.refused", "attempt", attempt_id, about=owner)


def close_when_over(session: Session, attempt_id: int, actor: Actor) -> bool:
    """End an attempt whose time is over, with what was saved; gives whether it is over. One that was given more time in the meantime
    is looked at again when that is over; asked again it changes nothing."""
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
    if attempt.finished_at is None and not learning.is_over(attempt, actor.now):
        _close_in_time(session, attempt, actor.now)
        return False
    if attempt.finished_at is None:
        enrolment = session.get_one(Enrolment, attempt.enrolment_id)
        own = load(session) or Organisation(name="Attune")
        finish_attempt(session, attempt, enrolment, content_of(session, enrolment.version_id), own, actor)
    return attempt.timed_out


def finish_attempt(
    session: Session,
    attempt: Attempt,
    enrolment: Enrolment,
    content: CourseContent,
    organisation: Organisation,
    actor: Actor,
) -> Result | State:
    """Hand in. A passed test completes the course: record, certificate, the person's timeline, and the PDF by mail."""
    outcome = learning.finish(session, attempt, content, now=actor.now)
    if attempt.kind == AttemptKind.TEST and attempt.passed and enrolment.closed_at is None:
        settle(session, enrolment, content, organisation, actor, passed=attempt)
    return outcome


def settle(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    organisation: Organisation,
    actor: Actor,
    *,
    passed: Attempt | None = None,
) -> TrainingRecord | None:
    """Complete the course when its test is behind the learner and nothing is left for which the record waits; else nothing.

    ``passed``: the attempt at the test that was the last of it; left out: something else was, and is done now.
    """
    done = steps_done(session, [enrolment.id])[enrolment.id]
    if (
        enrolment.closed_at is not None
        or content.test is None
        or content.test.id not in done
        or waits_for(content, done)
    ):
        return None
    out, ended = has_tested_out(content, done), passed.finished_at if passed is not None else None
    if out or passed is None:
        passed = passed_attempt(session, enrolment.id, AttemptKind.PRE_TEST if out else AttemptKind.TEST)
    return complete(session, passed, enrolment, content, organisation, actor, ended=ended or actor.now)


def test_out(
    session: Session,
    attempt: Attempt,
    enrolment: Enrolment,
    content: CourseContent,
    organisation: Organisation,
    actor: Actor,
) -> None:
    """Complete the course by the pre-test that was passed; an attestation may still be waited for. Again it changes nothing.

    Raises:
        Conflict: the pre-test is not passed, or the course has no testing out.
    """
    step = content.pre_test
    if (
        step is None
        or step.id != attempt.step_id
        or step.test_out is None
        or not attempt.passed
        or content.test is None
    ):
        raise Conflict(N_("This pre-test cannot complete the course."))
    learning.mark_done(session, enrolment, content.test.id, now=actor.now)
    settle(session, enrolment, content, organisation, actor)


def send_survey(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    survey: str,
    organisation: Organisation,
    actor: Actor,
) -> None:
    """Send an evaluation or a follow-up in; if the record waited for it, the course is completed.

    Raises:
        Invalid: a question that must be answered is not.
        Conflict: it is not open.
    """
    if survey != FOLLOW_UP and is_locked(
        content, content.step(survey), steps_done(session, [enrolment.id])[enrolment.id]
    ):
        raise Conflict(N_("This opens when the test is passed."))
    surveys.send(session, enrolment, content, survey, now=actor.now, zone=organisation.zone)
    settle(session, enrolment, content, organisation, actor)


def attest(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    step_id: str,
    organisation: Organisation,
    actor: Actor,
    *,
    language: str,
    signed_as: str,
    ticked: bool,
) -> Attestation:
    """Make a statement; it counts as a fact from today on, and completes the course if that waited for it.

    Raises:
        Conflict: the test is not passed yet.
        Invalid: it is not signed.
    """
    before = surveys.attestation(session, enrolment.id, step_id)
    if before is not None:
        return before
    shown = localised(content, language).lesson(step_id)
    made = surveys.attest(
        session, enrolment, content, step_id, statement=shown.value, language=shown.language, signed_as=signed_as,
        ticked=ticked, now=actor.now, day=local_day(actor.now, organisation.zone),
    )  # fmt: skip
    after = {"attestation": made.id, "name": made.name, "course": content.code, "language": made.language}
    audit.record(session, actor, "attestation.make", "attestation", made.id, about=made.person_id, after=after)
    if settle(session, enrolment, content, organisation, actor) is None:
        compliance.rebuild(session, [made.person_id], now=actor.now)
    return made


def complete(
    session: Session,
    attempt: Attempt,
    enrolment: Enrolment,
    content: CourseContent,
    organisation: Organisation,
    actor: Actor,
    *,
    ended: datetime,
) -> TrainingRecord:
    """Passed, therefore: record, certificate, timeline, mail; all in the caller's transaction. The day is that on which the last of
    it was done; that is earlier than now where the time of an attempt was over before somebody looked."""
    today = local_day(ended, organisation.zone)
    held = people.held(session, enrolment.person_id, today)
    record = records.award(session, held, enrolment, attempt, content, completed_on=today, now=actor.now)
    learning.close(session, enrolment, now=ended, completed=True)
    audit.record(
        session,
        actor,
        "record.award",
        "training_record",
        record.id,
        about=record.person_id,
        after={"course": content.code, "score": attempt.score},
    )
    certify(session, record, content, organisation, today, actor)
    compliance.rebuild(session, [record.person_id], now=actor.now)
    return record
