"""Training done elsewhere, and what counts as a course though it is another: decided, and timelines follow."""

from __future__ import annotations

from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.compliance import actions as compliance
from lms.notices.actions import write_mail
from lms.people import queries as people
from lms.records.outside import actions
from lms.records.outside.judging import Counting
from lms.records.outside.models import Outcome, OutsideDecision


def decide_outside(
    session: Session,
    training_id: int,
    outcome: Outcome,
    *,
    reason: str,
    link: str,
    actor: Actor,
    counting: Counting | None = None,
) -> OutsideDecision:
    """Approve, reject, ask again or revoke; the person's timeline follows in the same transaction, and they are told by mail.

    ``link`` leads the learner to what they handed in.

    Raises:
        NotFound, Denied, Conflict, Invalid: see :func:`lms.records.outside.actions.decide`.
    """
    if counting is not None:
        actions.known_courses(session, counting.courses)
    made = actions.decide(session, training_id, outcome, reason, actor, counting)
    if outcome in (Outcome.APPROVED, Outcome.REVOKED):
        compliance.rebuild(session, [made.person_id], now=actor.now)
    said = actions.statement_of(session, made)
    write_mail(
        session,
        f"outside_{outcome}",
        people.person(session, made.person_id),
        actor.now,
        title=said.title,
        provider=said.provider,
        reason=made.reason,
        expires=made.expires_on,
        link=link,
    )
    return made
