"""The player: the steps of a course, the doors to its checks, scenarios and tests, and its media. Every form works alone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.catalogue.localised import Text
from lms.catalogue.steps import AttestationStep, EvaluationStep, LessonStep, PreTestStep, TestStep
from lms.errors import N_, Invalid
from lms.flows import assessing
from lms.learning import actions, queries, scoring
from lms.learning.accommodations import allowances
from lms.learning.models import Attempt, AttemptKind
from lms.learning.policy import limit_for, standing
from lms.learning.progress import has_tested_out, is_locked, progress
from lms.web.learning import policy_words, pre_test, surveys
from lms.web.learning.posting import lead_on
from lms.web.learning.reader import Reader
from lms.web.page import (
    commit,
    house,
    keeps_post,
    needs,
    now,
    session,
    today,
    viewer,
)

blueprint = Blueprint("player", __name__)
"""Also of what happens in an attempt: ``attempts``, ``answering`` and ``results``."""


def _own(enrolment_id: int) -> Reader:
    return Reader(queries.own_enrolment(session(), enrolment_id, viewer().person_id))


blueprint.after_request(lead_on)


# --- steps ------------------------------------------------------------------------------------------------------------


@blueprint.get("/learn/<int:enrolment_id>")
@needs(Permission.LEARN)
def resume(enrolment_id: int) -> ResponseReturnValue:
    """Go on where the learner was, on whatever device."""
    reader = _own(enrolment_id)
    onward = progress(reader.content, reader.done, reader.enrolment.last_step).next_step
    if onward is None or reader.enrolment.closed_at is not None:
        return redirect(url_for("learner.course", slug=reader.content.slug))
    block = reader.enrolment.last_block if onward.id == reader.enrolment.last_step else None
    return redirect(url_for("player.step", enrolment_id=enrolment_id, step_id=onward.id, _anchor=block))


@blueprint.get("/learn/<int:enrolment_id>/<step_id>")
@needs(Permission.LEARN)
def step(enrolment_id: int, step_id: str) -> ResponseReturnValue:
    """A lesson, or the door to a check, scenario or test."""
    reader = _own(enrolment_id)
    found = reader.content.step(step_id)
    _remember_place(reader, step_id)
    if isinstance(found, LessonStep):
        return reader.page("player/lesson.html", step_id, html=reader.text(reader.course.lesson(step_id), blocks=True))
    if isinstance(found, EvaluationStep):
        return surveys.survey_page(reader, step_id)
    if isinstance(found, AttestationStep):
        return surveys.attestation_page(reader, found)
    tried = queries.attempts(session(), enrolment_id, step_id)
    if tried and tried[-1].finished_at is None:
        return redirect(url_for("player.attempt", attempt_id=tried[-1].id))
    if isinstance(found, PreTestStep):
        return pre_test.door(reader, found, tried)
    if isinstance(found, TestStep) and step_id in reader.done and reader.enrolment.closed_at is None:
        out = has_tested_out(reader.content, reader.done)
        passed = queries.passed_attempt(session(), enrolment_id, AttemptKind.PRE_TEST if out else AttemptKind.TEST)
        return redirect(url_for("player.result", attempt_id=passed.id))
    terms = _terms(found, reader, tried) if isinstance(found, TestStep) else {"attempts_left": None}
    return reader.page(
        "player/door.html",
        step_id,
        kind=found.kind,
        asked=0 if found.kind == "scenario" else scoring.asked(reader.content, step_id),
        locked=is_locked(reader.content, found, reader.done),
        onward=progress(reader.content, reader.done).next_step,
        tried=tried,
        **terms,
        intro=reader.text(reader.course.scenario(step_id).intro) if found.kind == "scenario" else None,
        closed=reader.enrolment.closed_at is not None,
    )


def _terms(test: TestStep, reader: Reader, tried: Sequence[Attempt]) -> dict[str, Any]:
    """What the door of a test says: what holds for this learner now, and in a pause what to look at again meanwhile."""
    given = allowances(session(), reader.enrolment, today())
    stands = standing(test, tried, given, now())
    again: list[Text] = []
    if stands.opens_at is not None:
        last = tried[-1]
        outcome = scoring.score_attempt(reader.content, test.id, last.drawn, queries.responses(session(), last.id))
        again = [reader.course.objectives[met.objective] for met in outcome.objectives if met.percent < 100]
    limit = limit_for(test.limit, given)
    return {
        "attempts_left": stands.left,
        "opens": policy_words.moment_words(stands.opens_at) if stands.opens_at else None,
        "again": again,
        "first_lesson": next((each for each in reader.content.steps if isinstance(each, LessonStep)), None),
        "limit": policy_words.span_words(limit) if limit is not None else None,
        "limit_words": policy_words.limit_words(test, given),
        "mark_words": policy_words.mark_words(reader.content, test),
        "pause_words": policy_words.span_words(test.pause) if test.cool_down else None,
    }


def _remember_place(reader: Reader, step_id: str) -> None:
    """Where the learner is, written in a transaction of its own because the page itself only reads."""
    if reader.enrolment.last_step == step_id or reader.enrolment.closed_at is not None:
        return
    with house().database.transaction() as own:
        actions.be_at(own, reader.enrolment, step_id)


@blueprint.post("/learn/<int:enrolment_id>/<step_id>/done")
@needs(Permission.LEARN)
@keeps_post
def done(enrolment_id: int, step_id: str) -> ResponseReturnValue:
    """A lesson is read: note it and go on."""
    reader = _own(enrolment_id)
    if not isinstance(reader.content.step(step_id), LessonStep):
        raise Invalid(N_("This part is finished by answering it."))
    actions.mark_done(session(), reader.enrolment, step_id, now=now())
    commit()
    onward = reader.content.next(step_id)
    if onward is None:
        return redirect(url_for("learner.course", slug=reader.content.slug), 303)
    return redirect(url_for("player.step", enrolment_id=enrolment_id, step_id=onward.id), 303)


@blueprint.post("/learn/<int:enrolment_id>/<step_id>/start")
@needs(Permission.LEARN)
@keeps_post
def start(enrolment_id: int, step_id: str) -> ResponseReturnValue:
    """Begin an attempt, or go on with the open one."""
    reader = _own(enrolment_id)
    seed, language = secrets.token_hex(8), reader.language_shown
    new = assessing.start_attempt(
        session(), reader.enrolment, reader.content, step_id, language=language, seed=seed, now=now()
    )
    commit()
    return redirect(url_for("player.attempt", attempt_id=new.id), 303)


@blueprint.get("/media/<int:version_id>/<path:path>")
@needs(Permission.LEARN)
def media(version_id: int, path: str) -> ResponseReturnValue:
    """A picture or film of a course, for those who take it. Its version never changes, so browsers may keep it."""
    queries.require_enrolled(session(), viewer().person_id, version_id)
    stored = catalogue.media(session(), version_id, path)
    answer = Response(house().files.read(stored), mimetype=stored.media_type)
    answer.make_conditional(request, accept_ranges=True, complete_length=stored.size)  # to wind a recording
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer
