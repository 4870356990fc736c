"""Verbs of learning. Each answer is a row of its own, so that nothing given is lost and nothing is counted twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, exists, insert, select, update
from sqlalchemy.orm import Session

from lms.catalogue.content import CourseContent
from lms.catalogue.steps import PreTestStep, TestStep
from lms.clock import local_day
from lms.errors import N_, Conflict, Invalid
from lms.learning import policy, scoring
from lms.learning import scenario as scenarios
from lms.learning.accommodations import allowances
from lms.learning.models import Answer, Attempt, AttemptKind, Enrolment, ScenePress, StepDone
from lms.learning.policy import standing
from lms.learning.queries import Answerable, attempts, choices, lock_attempt, open_enrolment, pressed, responses
from lms.learning.saving import Saved, save, saved_before
from lms.learning.scene_clock import Press, scene_clock
from lms.organisation import load
from lms.prepared import Changed, New, Prepared


def enrol(
    session: Session, person_id: int, course_id: int, version_id: int, *, now: datetime, by: int | None
) -> Enrolment:
    """The person's open enrolment in the course; a new one in this version when there is none."""
    found = open_enrolment(session, person_id, course_id)
    if found is not None:
        return found
    new = Enrolment(person_id=person_id, course_id=course_id, version_id=version_id, enrolled_at=now, enrolled_by=by)
    session.add(new)
    session.flush()
    return new


HERE = Prepared(
    update(cast(Table, Enrolment.__table__))
    .where(Enrolment.id == bindparam("enrolment_id"))
    .values(last_step=bindparam("step"), last_block=bindparam("block"))
)


def be_at(session: Session, enrolment: Enrolment, step_id: str, block: str | None = None) -> None:
    """Remember where the learner is, for going on elsewhere: the step, and the block of its text (None: the top)."""
    if enrolment.last_step != step_id or (block is not None and enrolment.last_block != block):
        HERE.rows(session, enrolment_id=enrolment.id, step=step_id, block=block)


def mark_done(session: Session, enrolment: Enrolment, step_id: str, *, now: datetime) -> None:
    """The step is finished; saying so again changes nothing."""
    lock(session, enrolment.id)
    DONE_ONCE.rows(session, enrolment_id=enrolment.id, step_id=step_id, done_at=now)


_DONE = cast(Table, StepDone.__table__)
DONE_ONCE = Prepared(
    insert(_DONE).from_select(
        ["enrolment_id", "step_id", "done_at"],
        select(*(bindparam(name, type_=_DONE.c[name].type) for name in ("enrolment_id", "step_id", "done_at"))).where(
            ~exists().where(
                StepDone.enrolment_id == bindparam("enrolment_id"), StepDone.step_id == bindparam("step_id")
            )
        ),
    )
)


BEGUN = New(
    Attempt,
    *("enrolment_id", "step_id", "kind", "number", "seed", "drawn", "started_at", "language", "policy", "deadline"),
    "timed_out",
)


def start(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    step_id: str,
    *,
    language: str,
    seed: str,
    now: datetime,
) -> Attempt:
    """The open attempt at a step, or a new one. The enrolment's row is locked, so two tabs get the same attempt.

    Raises:
        Conflict: the enrolment is closed, the attempts are used up, or the next one opens later.
    """
    lock(session, enrolment.id)
    if enrolment.closed_at is not None:
        raise Conflict(N_("You have already completed this course. Your record is on the transcript."))
    before = attempts(session, enrolment.id, step_id)
    if before and before[-1].finished_at is None:
        return before[-1]
    step = content.step(step_id)
    if isinstance(step, PreTestStep) and before:
        raise Conflict(N_("The pre-test can be taken once, before the course."))
    deadline, in_force = (
        _in_force(session, enrolment, content, step, before, now) if isinstance(step, TestStep) else (None, None)
    )
    kind = AttemptKind(step.kind)
    attempt = Attempt(
        enrolment_id=enrolment.id,
        step_id=step_id,
        kind=kind,
        number=len(before) + 1,
        seed=seed,
        drawn=[] if kind is AttemptKind.SCENARIO else scoring.draw(content, step_id, seed),
        started_at=now,
        language=language,
        policy=in_force,
        deadline=deadline,
        timed_out=False,
    )
    BEGUN.write(session, attempt)
    return attempt


def _in_force(
    session: Session,
    enrolment: Enrolment,
    content: CourseContent,
    test: TestStep,
    before: Sequence[Attempt],
    now: datetime,
) -> tuple[datetime | None, dict[str, Any]]:
    """The deadline and the policy of a new attempt at the test.

    Raises:
        Conflict: there is none left, or the next one opens later.
    """
    own = load(session)
    given = allowances(session, enrolment, local_day(now, own.zone if own else "UTC"))
    stands = standing(test, before, given, now)
    if stands.state == "used_up":
        raise Conflict(N_("Your attempts at this test are used up. Your manager or HR can give you another one."))
    if stands.opens_at is not None:
        raise Conflict(
            N_("The next attempt opens on %(when)s. Until then, look again at what you missed."), when=stands.opens_at
        )
    return policy.in_force(content, test, given, now)


def is_over(attempt: Attempt | Answerable, now: datetime) -> bool:
    """Whether the time of an attempt is over and its grace, too: nothing that arrives from now on is scored."""
    return attempt.timed_out or (attempt.finished_at is None and policy.is_over(attempt.deadline, attempt.policy, now))


def answer(
    session: Session,
    attempt: Attempt | Answerable,
    content: CourseContent,
    item_id: str,
    response: Mapping[str, Any],
    *,
    language: str,
    key: str,
    now: datetime,
    age: timedelta = timedelta(),
) -> Saved:
    """Save an answer to an item of a check or test. The same key again is the same answer.

    ``age`` is how long it waited in the browser for a connection, by the browser's own stopwatch: an answer that was given
    before another but arrives after it does not take its place.

    After the attempt's time is over, an answer is kept as ``late``, whenever it says it was given: what counts is what reached the
    server in time.

    Raises:
        Conflict: the attempt has been handed in.
        Invalid: the item is not in this attempt, or the response does not fit it.
    """
    lock_attempt(session, attempt)
    late = is_over(attempt, now)
    saved = None
    if attempt.finished_at is None or late:
        fitting = scoring.check_response(content, attempt.step_id, attempt.drawn, item_id, response)
        given = min(now, max(attempt.started_at, now - age))
        saved = save(session, attempt.id, item_id, fitting, language=language, key=key, now=now, given=given, late=late)
    saved = saved or saved_before(session, attempt.id, item_id, key)
    if saved is None:
        raise Conflict(N_("This attempt has been handed in, so the answer was not changed."))
    return saved


def choose(
    session: Session,
    attempt: Attempt,
    content: CourseContent,
    scene_id: str,
    choice_id: str,
    *,
    turn: int | None = None,
    language: str,
    key: str,
    now: datetime,
) -> scenarios.State:
    """Take a choice in a scenario; gives the state after it. The same choice in the same scene again changes nothing.

    ``turn`` is the number of choices that had been made when the scene was shown: a story may come back to a scene. When
    the clock of a timed scene has run out, the choice for that case is taken instead.

    Raises:
        Conflict: the story has already gone on from that scene with another choice.
        Invalid: the scene or choice is unknown, or its condition does not hold.
    """
    lock_attempt(session, attempt)
    scenario = content.scenario(attempt.step_id)
    path = choices(session, attempt.id)
    state = scenarios.replay(scenario, path)
    if saved_before(session, attempt.id, scene_id, key) is not None:
        return state
    if attempt.finished_at is not None or state.scene_id != scene_id or turn not in (None, len(path)):
        repeated = select(Answer.response).where(Answer.attempt_id == attempt.id, Answer.item_id == scene_id)
        if {"choice": choice_id} in session.scalars(repeated).all():
            return state
        raise Conflict(N_("The story has already gone on from there. Here is where you are now."))
    after = scenarios.replay(scenario, [*path, choice_id])
    response: dict[str, Any] = {"choice": choice_id}
    timed = scenario.by_id[scene_id].timed
    if timed is not None and scene_clock(timed, len(path), pressed(session, attempt.id), now).state == "over":
        after = scenarios.replay(scenario, [*path, timed.timeout])
        response = {"choice": timed.timeout, "timed_out": True}
    save(session, attempt.id, scene_id, response, language=language, key=key, now=now, given=now)
    return after


def press_clock(
    session: Session, attempt: Attempt, content: CourseContent, press: str, *, turn: int | None, now: datetime
) -> None:
    """Start the clock of the scene where the learner is, lengthen it, or do without clocks. What was pressed in a scene that
    the story has left changes nothing.

    Raises:
        Invalid: there is no such button, or the scene has no clock.
    """
    lock_attempt(session, attempt)
    if press not in set(Press):
        raise Invalid(N_("The clock has no button “%(press)s”. Reload the page."), press=press)
    path = choices(session, attempt.id)
    scenario = content.scenario(attempt.step_id)
    if attempt.finished_at is not None or turn not in (None, len(path)):
        return
    if scenario.by_id[scenarios.replay(scenario, path).scene_id].timed is None:
        raise Invalid(N_("This scene has no clock."))
    session.add(ScenePress(attempt_id=attempt.id, turn=len(path), press=press, pressed_at=now))
    session.flush()


ENDED = Changed(Attempt, "finished_at", "timed_out", "score", "pass_mark", "passed")
CLOSED = Changed(Enrolment, "closed_at", "completed_at")


def finish(
    session: Session, attempt: Attempt, content: CourseContent, *, now: datetime
) -> scoring.Result | scenarios.State:
    """Hand in: score the attempt by the frozen version, and write the result down once.

    A check or scenario is then done whatever its score (a scenario needs its pass mark, if it has one); a test is done when passed.
    A test whose time is over is scored as it was saved, and ended when it closed, not when somebody came to look.

    Raises:
        Conflict: a scenario that has not reached an ending; a check or test with unanswered items and time left.
    """
    lock_attempt(session, attempt)
    over = is_over(attempt, now)
    outcome: scoring.Result | scenarios.State
    if attempt.kind == AttemptKind.SCENARIO:
        scenario = content.scenario(attempt.step_id)
        outcome = scenarios.replay(scenario, choices(session, attempt.id))
        if outcome.ending is None:
            raise Conflict(N_("The story is not over yet."))
        score, mark = outcome.score, float(scenario.pass_mark)
        passed = score >= mark
    else:
        given = responses(session, attempt.id)
        missing = scoring.unanswered(content, attempt.step_id, attempt.drawn, given)
        if missing and attempt.finished_at is None and not over:
            raise Conflict(N_("%(count)s questions are not answered yet."), count=len(missing))
        outcome = scoring.score_attempt(content, attempt.step_id, attempt.drawn, given)
        score, mark, passed = outcome.score, outcome.pass_mark, outcome.passed
    if attempt.finished_at is None:
        ended = (policy.closes_at(attempt.deadline, attempt.policy) or now) if over else now
        ENDED.write(session, attempt, finished_at=ended, timed_out=over, score=score, pass_mark=mark, passed=passed)
        enrolment = session.get_one(Enrolment, attempt.enrolment_id)
        if passed or attempt.kind == AttemptKind.PRE_TEST:
            mark_done(session, enrolment, attempt.step_id, now=now)
    return outcome


def close(session: Session, enrolment: Enrolment, *, now: datetime, completed: bool) -> None:
    """End an enrolment: by completion, or by leaving it."""
    if enrolment.closed_at is None:
        CLOSED.write(session, enrolment, closed_at=now, completed_at=now if completed else None)


LOCK = Prepared(select(Enrolment.id).where(Enrolment.id == bindparam("enrolment_id")).with_for_update())


def lock(session: Session, enrolment_id: int) -> None:
    """Let one request at a time decide about this enrolment (PostgreSQL locks the row; an SQLite writer is alone anyway)."""
    LOCK.rows(session, enrolment_id=enrolment_id)
