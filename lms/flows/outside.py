"""Training done elsewhere, and what counts as a course though it is another: decided, and timelines follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.catalogue import queries as catalogue
from lms.clock import local_day
from lms.compliance import actions as compliance
from lms.compliance import queries as requirements
from lms.compliance.elsewhere import Wanted, wanted
from lms.compliance.equivalencies import actions as equivalencies
from lms.compliance.equivalencies.actions import Stated
from lms.compliance.equivalencies.models import Equivalency
from lms.compliance.equivalencies.queries import touched
from lms.compliance.rules import Rule
from lms.errors import N_, Invalid
from lms.files import StoredFile
from lms.notices.actions import write_mail
from lms.organisation import load
from lms.people import queries as people
from lms.records.outside import actions, queries
from lms.records.outside.judging import Counting
from lms.records.outside.models import Outcome, OutsideDecision


@dataclass(frozen=True, slots=True)
class Offer:
    """What an approval can choose from: courses by slug with their titles, topics, and what rules ask for by name."""

    courses: dict[str, str]
    topics: frozenset[str]
    asked: Wanted


def offer(session: Session, rules: Iterable[Rule], said: Iterable[str]) -> Offer:
    """What there is to choose from under these rules; ``said`` are the topics that the learner named. Two statements."""
    offered = catalogue.offered(session)
    contents = catalogue.contents(session, [course.version_id for course in offered])
    asked = wanted(rules)
    topics = {topic for content in contents.values() for topic in content.topics} | set(asked.topics) | set(said)
    return Offer({course.slug: course.title for course in offered}, frozenset(topics), asked)


def decide_outside(
    session: Session,
    training_id: int,
    outcome: Outcome,
    *,
    reason: str,
    link: str,
    actor: Actor,
    counting: Counting | None = None,
    seen: str | None = None,
) -> OutsideDecision:
    """Approve, reject, ask again or revoke; the person's timeline follows in the same transaction, and they are told by mail.

    ``link`` leads the learner to what they handed in; ``seen``: see :func:`lms.records.outside.actions.decide`.

    Raises:
        NotFound, Denied, Conflict, Invalid: see :func:`lms.records.outside.actions.decide`.
    """
    if counting is not None:
        _choose(session, training_id, counting, actor)
    made = actions.decide(session, training_id, outcome, reason, actor, counting, seen=seen)
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


def _choose(session: Session, training_id: int, counting: Counting, actor: Actor) -> None:
    """Refuse what is neither offered nor approved already.

    Raises:
        NotFound: there is no such training.
        Invalid: a course, topic, name or approval that nobody knows.
    """
    handed = queries.one(session, training_id)
    own = load(session)
    day = local_day(actor.now, own.zone if own else "UTC")
    rules = [Rule.parse(version.rule) for version, _ in requirements.requirements(session, day)]
    offered, before = offer(session, rules, handed.statement.topics), handed.decision
    chosen = {
        "courses": (counting.courses, offered.courses.keys()),
        "topics": (counting.topics.keys(), offered.topics),
        "names": (counting.names, offered.asked.names),
        "lists": (counting.lists, offered.asked.lists),
    }
    for name, (wished, there) in chosen.items():
        standing = (getattr(before, name) or ()) if before is not None else ()
        unknown = sorted(set(wished) - set(there) - set(standing))
        if unknown:
            raise Invalid(
                N_("“%(name)s” is not among what can be chosen here. Open the page again and choose from it."),
                name=unknown[0],
            )


def state_equivalency(session: Session, said: Stated, paper: StoredFile | None, by: Actor) -> Equivalency:
    """What is completed as one thing counts as a course from now on; the timelines of those who did it follow.

    Raises:
        Invalid, NotFound, Conflict: see :func:`lms.compliance.equivalencies.actions.state`.
    """
    made = equivalencies.state(session, said, paper, by)
    _follow(session, made, by)
    return made


def end_equivalency(session: Session, ident: int, last_day: date | None, reason: str, by: Actor) -> None:
    """It ends with a last day, or (None) is withdrawn as if it had never been said; timelines follow.

    Raises:
        NotFound, Conflict, Invalid: see :func:`lms.compliance.equivalencies.actions.end` and ``withdraw``.
    """
    if last_day is not None:
        _follow(session, equivalencies.end(session, ident, last_day, reason, by), by)
    else:
        _follow(session, equivalencies.withdraw(session, ident, reason, by), by)


def _follow(session: Session, row: Equivalency, by: Actor) -> None:
    """A few people are worked out at once; for more a generation is opened."""
    compliance.work_in(session, touched(session, row, compliance.AT_ONCE + 1), "equivalency", now=by.now)
