"""A learner asks for more time for a duty, and somebody else decides: the requests, and what they ask about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Row, Select, case, select
from sqlalchemy.orm import Session

from lms.access import refuse_own
from lms.audit import Actor, record
from lms.compliance import store
from lms.compliance.actions import extend
from lms.compliance.calendar import Length
from lms.compliance.models import OVERALL, Extension, ExtensionDecision, ExtensionRequest, RequirementVersion, Span
from lms.compliance.one_person import CAN_BE_DONE
from lms.compliance.rules import ENFORCED, NO_LENGTH, Rule, Status
from lms.compliance.spans import State
from lms.compliance.tallies import active, within
from lms.db import day_in, known
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.people.models import Person

LONGEST = 500
"""Characters of a reason."""

TURN = Span.cycle + case((Span.state == State.RENEWAL_OPEN, 1), else_=0)
"""The cycle that is asked for on a day of a span. While renewal is open the span names the cycle that is met, and the next one is due."""

BY_VERSION = (RequirementVersion.from_day, RequirementVersion.number)
"""Of several versions that are in force on a day, the one that comes last in this order binds."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is asked of a person on a day and not done yet: ``due`` may move to any day from ``earliest`` to ``latest``."""

    requirement_id: int
    title: str
    cycle: int
    state: str
    due: date
    earliest: date
    latest: date


@dataclass(frozen=True, slots=True)
class Told:
    """A request, and what became of it: ``outcome`` is ``waiting``, ``granted`` (until ``until``), ``refused`` or ``taken_back``."""

    request: ExtensionRequest
    outcome: str
    until: date | None
    reason: str
    decided_by: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that nobody has decided, whose duty is still to be done."""

    request: ExtensionRequest
    number: str
    name: str
    turn: Turn


def bounds(rule: Rule, due: date, today: date) -> tuple[date, date]:
    """The first and last day to which a due day may move: later than it stands and not past; before the next cycle would be due.

    A rule that asks only once, or whose period is not its own, gives a year.
    """
    period = rule.every if rule.every != NO_LENGTH else Length(months=12)
    times = 1
    while (following := period.after(due.toordinal(), times)) <= today.toordinal():
        times += 1
    return max(date.fromordinal(due.toordinal() + 1), today), date.fromordinal(following - 1)


def turns(session: Session, person_id: int, day: date) -> list[Turn]:
    """What a person may ask more time for on ``day``, by due day. One statement."""
    query = select(Span, RequirementVersion).join(RequirementVersion, _in_force(day))
    rows = session.execute(query.where(_to_do(day), Span.person_id == person_id).order_by(*BY_VERSION))
    found = {span.requirement_id: _turn(span, version, day) for span, version in rows if _is_enforced(version)}
    return sorted(found.values(), key=lambda turn: (turn.due, turn.title))


def waiting(session: Session, visible: Select[int] | None, day: date, *, not_person: int | None) -> list[Waiting]:
    """The requests of visible people (None: of all) that wait for a decision, the oldest first; those of ``not_person`` are left out. One
    statement.

    One whose duty was met or ended meanwhile waits for nobody.
    """
    request = ExtensionRequest
    asked_by = select(request.person_id).where(
        known(request)
    )  # without it SQLite, where nobody asks, reads every span there is
    query = (
        select(request, Person, Span, RequirementVersion)
        .join(Person, Person.id == request.person_id)
        .join(Span, (Span.person_id == request.person_id) & (Span.requirement_id == request.requirement_id))
        .join(RequirementVersion, _in_force(day))
        .where(known(request), Span.person_id.in_(asked_by), _to_do(day), request.cycle == TURN)
        .order_by(request.recorded_at, request.id, *BY_VERSION)
    )
    if visible is not None:
        query = query.where(request.person_id.in_(visible))
    rows = session.execute(query if not_person is None else query.where(request.person_id != not_person))
    found = {
        asked.id: Waiting(asked, person.number, person.display_name, _turn(span, version, day))
        for asked, person, span, version in rows
        if _is_enforced(version)
    }
    return list(found.values())


def history(session: Session, person_id: int) -> list[Told]:
    """Everything a person asked for and what became of it, the latest first. One statement."""
    request = ExtensionRequest
    query = _asked(person_id).order_by(request.recorded_at.desc(), request.id.desc())
    return [_told(*row) for row in session.execute(query)]


def moved(session: Session, person_id: int) -> Sequence[Row[Extension, Person | None]]:
    """Every due day that was moved for a person and who moved it, the latest decision first, replaced ones too. One statement."""
    query = select(Extension, Person).outerjoin(Person, Person.id == Extension.recorded_by)
    query = query.where(Extension.person_id == person_id)
    return session.execute(query.order_by(Extension.recorded_at.desc(), Extension.id.desc())).all()


def answers(session: Session, person_id: int, day: date) -> list[tuple[Turn, Told]]:
    """What was last asked and answered about each duty that is still to be done on ``day``, by due day. One statement."""
    request = ExtensionRequest
    stands = known(request) | ExtensionDecision.request_id.is_not(None)
    query = (
        _asked(person_id)
        .where(stands)  # what was taken back was never asked, as far as the learner is concerned
        .add_columns(Span, RequirementVersion)
        .join(Span, (Span.person_id == request.person_id) & (Span.requirement_id == request.requirement_id))
        .join(RequirementVersion, _in_force(day))
        .where(_to_do(day), request.cycle == TURN)
        .order_by(request.recorded_at, request.id, *BY_VERSION)
    )
    found = {
        span.requirement_id: (_turn(span, version, day), _told(*row))
        for *row, span, version in session.execute(query)
        if _is_enforced(version)
    }
    return sorted(found.values(), key=lambda pair: (pair[0].due, pair[0].title))


def _asked(person_id: int) -> Select[ExtensionRequest, ExtensionDecision, date, Person]:
    request = ExtensionRequest
    return (
        select(request, ExtensionDecision, Extension.due, Person)
        .select_from(request)
        .outerjoin(ExtensionDecision, ExtensionDecision.request_id == request.id)
        .outerjoin(Extension, Extension.id == ExtensionDecision.extension_id)
        .outerjoin(Person, Person.id == request.superseded_by)
        .where(request.person_id == person_id)
    )


def _told(
    asked: ExtensionRequest, decided: ExtensionDecision | None, until: date | None, decider: Person | None
) -> Told:
    if decided is None:
        outcome = "waiting" if asked.superseded_at is None else "taken_back"
    else:
        outcome = "refused" if decided.extension_id is None else "granted"
    reason = decided.reason if decided is not None else ""
    name = decider.display_name if decider is not None else ""
    return Told(asked, outcome, until, reason, name, asked.superseded_at)


def ask(
    session: Session, person_id: int, requirement_id: int, wished: date, reason: str, today: date, actor: Actor
) -> ExtensionRequest:
    """A learner asks for another due day for a duty, also after the due day.

    Raises:
        NotFound: the duty is not asked of them now, or is met.
        Conflict: they have asked already and nobody has decided yet.
        Invalid: no reason, or a day out of bounds.
    """
    store.lock(session, [person_id])
    turn = next((each for each in turns(session, person_id, today) if each.requirement_id == requirement_id), None)
    if turn is None:
        raise NotFound(N_("There is nothing to do for this now, so there is no due day to move."))
    _within(turn, wished)
    if not reason.strip():
        raise Invalid(N_("Give a reason."))
    open_one = select(ExtensionRequest.id).where(
        ExtensionRequest.person_id == person_id,
        ExtensionRequest.requirement_id == requirement_id,
        ExtensionRequest.cycle == turn.cycle,
        known(ExtensionRequest),
    )
    if session.scalar(open_one) is not None:
        raise Conflict(N_("You have asked already. Your manager or HR will decide."))
    asked = ExtensionRequest(
        person_id=person_id,
        requirement_id=requirement_id,
        cycle=turn.cycle,
        due=turn.due,
        wished=wished,
        reason=reason.strip()[:LONGEST],
        recorded_at=actor.now,
        recorded_by=actor.person_id,
    )
    session.add(asked)
    session.flush()
    record(
        session,
        actor,
        "extension.ask",
        "person",
        person_id,
        before={"requirement": requirement_id, "cycle": turn.cycle, "due": turn.due.isoformat()},
        after={"wished": wished.isoformat()},
        reason=asked.reason,
    )
    return asked


def take_back(session: Session, person_id: int, request_id: int, actor: Actor) -> None:
    """The learner no longer asks, while nobody has decided.

    Raises:
        NotFound: they asked no such thing.
        Conflict: it is decided, or taken back already.
    """
    store.lock(session, [person_id])
    asked = session.get(ExtensionRequest, request_id, populate_existing=True)
    if asked is None or asked.person_id != person_id:
        raise NotFound(N_("You have not asked for this."))
    if asked.superseded_at is not None:
        raise Conflict(N_("Somebody has decided this meanwhile, or you have taken it back already."))
    asked.superseded_at, asked.superseded_by = actor.now, actor.person_id
    session.flush()
    before = {"requirement": asked.requirement_id, "cycle": asked.cycle, "wished": asked.wished.isoformat()}
    record(session, actor, "extension.take_back", "person", person_id, before=before)


def give(
    session: Session,
    person_id: int,
    requirement_id: int,
    until: date,
    reason: str,
    today: date,
    actor: Actor,
    *,
    file_id: int | None = None,
    follow: bool = True,
) -> Turn:
    """Another due day for a duty that is still to be done, without being asked. A request that waits for it is granted by this.

    ``follow`` False: the caller works the timeline out, for many people at once.

    Raises:
        Denied: it is one's own.
        NotFound: the duty is not asked of them now, or is met.
        Invalid: no reason, or a day out of bounds.
    """
    refuse_own(actor.person_id, person_id)
    store.lock(session, [person_id])
    turn = next((each for each in turns(session, person_id, today) if each.requirement_id == requirement_id), None)
    if turn is None:
        raise NotFound(N_("There is nothing to do for this now, so there is no due day to move."))
    _within(turn, until)
    waits = session.scalar(
        select(ExtensionRequest).where(
            ExtensionRequest.person_id == person_id,
            ExtensionRequest.requirement_id == requirement_id,
            ExtensionRequest.cycle == turn.cycle,
            known(ExtensionRequest),
        )
    )
    given = extend(
        session, person_id, requirement_id, turn.cycle, until, reason[:LONGEST], actor, file_id=file_id, follow=follow
    )
    if waits is not None:
        waits.superseded_at, waits.superseded_by = actor.now, actor.person_id
        session.add(ExtensionDecision(request_id=waits.id, extension_id=given.id, reason=given.reason))
    session.flush()
    return turn


def grant(session: Session, one: Waiting, until: date, reason: str, actor: Actor) -> None:
    """Another due day; timelines follow. Without a reason of the one who decides, the learner's stands.

    Raises:
        Denied: it is one's own.
        Conflict: somebody has decided meanwhile.
        Invalid: a day out of bounds.
    """
    asked = _to_decide(session, one, actor)
    _within(one.turn, until)
    reason = reason.strip()[:LONGEST]
    given = extend(session, asked.person_id, asked.requirement_id, asked.cycle, until, reason or asked.reason, actor)
    session.add(ExtensionDecision(request_id=asked.id, extension_id=given.id, reason=reason))
    session.flush()


def refuse(session: Session, one: Waiting, reason: str, actor: Actor) -> None:
    """The due day stays as it is.

    Raises:
        Denied: it is one's own.
        Conflict: somebody has decided meanwhile.
        Invalid: no reason.
    """
    asked = _to_decide(session, one, actor)
    reason = reason.strip()[:LONGEST]
    if not reason:
        raise Invalid(N_("Say why not. The learner will read it."))
    session.add(ExtensionDecision(request_id=asked.id, extension_id=None, reason=reason))
    before = {"requirement": asked.requirement_id, "cycle": asked.cycle, "wished": asked.wished.isoformat()}
    record(session, actor, "extension.refuse", "person", asked.person_id, before=before, reason=reason)


def _to_decide(session: Session, one: Waiting, actor: Actor) -> ExtensionRequest:
    refuse_own(actor.person_id, one.request.person_id)
    store.lock(session, [one.request.person_id])
    asked = session.get_one(ExtensionRequest, one.request.id, populate_existing=True)
    if asked.superseded_at is not None:
        raise Conflict(N_("Somebody has decided this meanwhile."))
    asked.superseded_at, asked.superseded_by = actor.now, actor.person_id
    return asked


def _within(turn: Turn, day: date) -> None:
    if not turn.earliest <= day <= turn.latest:
        raise Invalid(
            N_(
                "Choose a day from %(first)s to %(last)s: after the due day, not in the past, and before it is due the next time."
            ),
            first=turn.earliest,
            last=turn.latest,
        )


def _to_do(day: date) -> ColumnElement[bool]:
    doable: ColumnElement[bool] = (
        within(active())
        & (Span.requirement_id != OVERALL)
        & day_in(day, Span.from_day, Span.to_day)
        & Span.state.in_(CAN_BE_DONE)
        & Span.due.is_not(None)
    )
    return doable


def _in_force(day: date) -> ColumnElement[bool]:
    version = RequirementVersion
    joined: ColumnElement[bool] = (
        (version.requirement_id == Span.requirement_id) & known(version) & day_in(day, version.from_day, version.to_day)
    )
    return joined


def _is_enforced(version: RequirementVersion) -> bool:
    return Status(version.about.get("status", Status.OWN_POLICY)) in ENFORCED


def _turn(span: Span, version: RequirementVersion, day: date) -> Turn:
    assert span.due is not None
    state = State(span.state)
    cycle = span.cycle + (state is State.RENEWAL_OPEN)
    earliest, latest = bounds(Rule.parse(version.rule), span.due, day)
    return Turn(span.requirement_id, version.title, cycle, state.name.lower(), span.due, earliest, latest)
