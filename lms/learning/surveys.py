"""Evaluations, follow-ups and attestations: saving what is said, and which follow-ups are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.catalogue import queries as catalogue
from lms.catalogue.content import CourseContent
from lms.catalogue.steps import FOLLOW_UP, AttestationStep
from lms.catalogue.surveys import Response, commitments, missing
from lms.clock import local_day
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.learning import progress
from lms.learning.actions import lock, mark_done
from lms.learning.models import Attestation, Enrolment, FollowUp, FollowUpChoice, SurveyAnswer
from lms.learning.queries import steps_done

CHANGED_MIND = N_("This has been sent already, so nothing was changed.")


# --- what is said -----------------------------------------------------------------------------------------------------


def said(session: Session, enrolment_id: int, survey: str) -> SurveyAnswer | None:
    """What counts of a survey so far: what was given last, whenever it arrived."""
    return session.scalar(
        select(SurveyAnswer)
        .where(SurveyAnswer.enrolment_id == enrolment_id, SurveyAnswer.survey == survey)
        .order_by(SurveyAnswer.given_at.desc(), SurveyAnswer.sequence.desc())
        .limit(1)
    )


def save(
    session: Session,
    enrolment: Enrolment,
    survey: str,
    response: Response,
    *,
    language: str,
    key: str,
    now: datetime,
    age: timedelta = timedelta(),
) -> SurveyAnswer:
    """Keep what was said so far, whole. The same key again is the same answer; ``age`` is how long it waited in the browser.

    Raises:
        Conflict: the survey has been sent already.
    """
    lock(session, enrolment.id)
    here = (SurveyAnswer.enrolment_id == enrolment.id, SurveyAnswer.survey == survey)
    same = session.scalar(select(SurveyAnswer).where(*here, SurveyAnswer.key == key))
    if same is not None:
        return same
    if is_sent(session, enrolment, survey):
        raise Conflict(CHANGED_MIND)
    last = session.scalar(select(func.max(SurveyAnswer.sequence)).where(*here)) or 0
    row = SurveyAnswer(
        enrolment_id=enrolment.id,
        survey=survey,
        sequence=last + 1,
        response=dict(response),
        language=language,
        key=key,
        saved_at=now,
        given_at=min(now, max(enrolment.enrolled_at, now - age)),
    )
    session.add(row)
    session.flush()
    return row


def is_sent(session: Session, enrolment: Enrolment, survey: str) -> bool:
    """Whether a survey has been sent in."""
    if survey == FOLLOW_UP:
        found = follow_up(session, enrolment.id)
        return found is not None and found.answered_at is not None
    return survey in steps_done(session, [enrolment.id])[enrolment.id]


def send(
    session: Session, enrolment: Enrolment, content: CourseContent, survey: str, *, now: datetime, zone: str
) -> None:
    """Send a survey in, once; again it changes nothing. ``zone`` is the organisation's.

    Raises:
        Invalid: a question that must be answered is not.
        Conflict: a follow-up that is not open.
    """
    lock(session, enrolment.id)
    if is_sent(session, enrolment, survey):
        return
    given = said(session, enrolment.id, survey)
    left = missing(content.survey(survey), given.response if given else {})
    if left:
        raise Invalid(N_("%(count)d questions that are needed are not answered yet."), count=len(left))
    if survey != FOLLOW_UP:
        mark_done(session, enrolment, survey, now=now)
        return
    closes = open_until(enrolment, content, local_day(now, zone), zone)
    if closes is None:
        raise Conflict(N_("This follow-up is not open."))
    row = follow_up(session, enrolment.id)
    if row is None:
        row = FollowUp(enrolment_id=enrolment.id, closes_on=closes, invited_on=None, reminded_on=None, answered_at=None)
        session.add(row)
    row.answered_at = now
    session.flush()


def asked_about(session: Session, enrolment: Enrolment, content: CourseContent) -> dict[str, tuple[str, ...]]:
    """The commitments that a follow-up asks this person about, by its question."""
    if FOLLOW_UP not in content.surveys:
        return {}
    first = content.evaluation
    given = None
    if first is not None and is_sent(session, enrolment, first.id):
        row = said(session, enrolment.id, first.id)
        given = row.response if row else {}
    evaluation = content.surveys.get(first.id) if first else None
    return commitments(content.survey(FOLLOW_UP), evaluation, given)


# --- follow-ups -------------------------------------------------------------------------------------------------------


def follow_up(session: Session, enrolment_id: int) -> FollowUp | None:
    """What is known of the follow-up of an enrolment."""
    return session.scalar(select(FollowUp).where(FollowUp.enrolment_id == enrolment_id))


def window(content: CourseContent, completed_on: date) -> tuple[date, date] | None:
    """The first and the last day on which the follow-up of something completed on a day can be answered. Pure."""
    if content.follow_up is None:
        return None
    opens = completed_on + timedelta(days=content.follow_up.days)
    return opens, opens + timedelta(days=content.follow_up.expires - 1)


def open_until(enrolment: Enrolment, content: CourseContent, day: date, zone: str) -> date | None:
    """The last day of an enrolment's follow-up, if ``day`` lies in its window. Nobody who tested out is asked."""
    if enrolment.completed_at is None:
        return None
    found = window(content, local_day(enrolment.completed_at, zone))
    return found[1] if found and found[0] <= day <= found[1] else None


@dataclass(frozen=True, slots=True)
class OpenFollowUp:
    """A follow-up that can be answered now."""

    enrolment: Enrolment
    content: CourseContent
    closes_on: date


def open_follow_ups(session: Session, enrolments: Sequence[Enrolment], day: date, zone: str) -> list[OpenFollowUp]:
    """Those of these enrolments whose follow-up can be answered on ``day`` and is not sent, the first to close first."""
    lately = [e for e in enrolments if e.completed_at and (day - local_day(e.completed_at, zone)).days <= LATEST]
    contents = catalogue.contents(session, {e.version_id for e in lately})
    found = [
        OpenFollowUp(enrolment, contents[enrolment.version_id], closes)
        for enrolment in lately
        if (closes := open_until(enrolment, contents[enrolment.version_id], day, zone)) is not None
    ]
    ids = [each.enrolment.id for each in found]
    if not ids:
        return []
    answered = select(FollowUp.enrolment_id).where(FollowUp.enrolment_id.in_(ids), FollowUp.answered_at.is_not(None))
    sent, done = set(session.scalars(answered)), steps_done(session, ids)
    left = (
        each
        for each in found
        if each.enrolment.id not in sent and not progress.has_tested_out(each.content, done[each.enrolment.id])
    )
    return sorted(left, key=lambda each: (each.closes_on, each.enrolment.id))


EARLIEST, LATEST = 60, 90 + 60
"""Days after completion between which a follow-up can be open, whatever the course says."""


def ask_later(session: Session, person_id: int, wanted: bool, now: datetime) -> None:
    """Keep whether somebody wants to be asked some weeks after a course."""
    row = session.get(FollowUpChoice, person_id)
    if wanted and row is not None:
        session.delete(row)
    elif not wanted and row is None:
        session.add(FollowUpChoice(person_id=person_id, declined_at=now))


def is_asked_later(session: Session, person_id: int) -> bool:
    """Whether somebody is asked some weeks after a course: yes, unless they said otherwise."""
    return session.get(FollowUpChoice, person_id) is None


# --- attestations -----------------------------------------------------------------------------------------------------


def attestation(session: Session, enrolment_id: int, step_id: str) -> Attestation | None:
    """What was attested in a step."""
    return session.scalar(
        select(Attestation).where(Attestation.enrolment_id == enrolment_id, Attestation.step_id == step_id)
    )


def attest(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    step_id: str,
    *,
    statement: str,
    language: str,
    signed_as: str,
    ticked: bool,
    now: datetime,
    day: date,
) -> Attestation:
    """Make the statement, once; again it changes nothing. ``statement`` is the text as it was shown, in ``language``.

    Raises:
        NotFound: the step is no attestation.
        Conflict: the test is not passed yet.
        Invalid: the name is not typed, or the box not ticked.
    """
    lock(session, enrolment.id)
    step = content.step(step_id)
    if not isinstance(step, AttestationStep):
        raise NotFound(N_("This course has no step “%(step)s”."), step=step_id)
    made = attestation(session, enrolment.id, step_id)
    if made is not None:
        return made
    if progress.is_locked(content, step, steps_done(session, [enrolment.id])[enrolment.id]):
        raise Conflict(N_("This opens when the test is passed."))
    name = " ".join(signed_as.replace("\0", "").split())
    if step.sign == "name" and not 2 <= len(name) <= 200:
        raise Invalid(N_("Type your full name to sign."))
    if step.sign == "tick" and not ticked:
        raise Invalid(N_("Tick the box to say so."))
    row = Attestation(
        person_id=enrolment.person_id,
        enrolment_id=enrolment.id,
        version_id=enrolment.version_id,
        step_id=step_id,
        name=step.name,
        statement=statement,
        language=language,
        signed_as=name if step.sign == "name" else "",
        made_on=day,
        made_at=now,
    )
    session.add(row)
    mark_done(session, enrolment, step_id, now=now)
    return row
