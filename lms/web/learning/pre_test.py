"""The pre-test: before it begins, what it shows afterwards, and completing the course by it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lms.access import Permission
from lms.catalogue.steps import PreTestStep
from lms.flows import assessing
from lms.learning import queries, scoring
from lms.learning.models import Attempt
from lms.learning.progress import has_tested_out, is_locked, progress, waits_for
from lms.web.learning.reader import Reader
from lms.web.page import actor, commit, keeps_post, needs, organisation, say, session, viewer

blueprint = Blueprint("pre_test", __name__)


def door(reader: Reader, step: PreTestStep, tried: Sequence[Attempt]) -> ResponseReturnValue:
    """What it is for, that it is voluntary, and what passing it means."""
    over = tried or is_locked(reader.content, step, reader.done)
    return reader.page(
        "player/pre_test.html",
        step.id,
        asked=scoring.asked(reader.content, step.id),
        test_out=step.test_out,
        whole=reader.content.total_minutes,
        tried=tried,
        over=over,
        onward=_onward(reader, step),
    )


def _onward(reader: Reader, step: PreTestStep) -> str:
    """Where the course goes on without it."""
    following = reader.content.next(step.id)
    left = progress(reader.content, reader.done | {step.id}).next_step or following
    return url_for("player.step", enrolment_id=reader.enrolment.id, step_id=left.id if left else step.id)


def result_page(found: Attempt, reader: Reader) -> ResponseReturnValue:
    """Objective by objective what is known already and what is worth reading; never which answers were right."""
    given = queries.responses(session(), found.id)
    outcome = scoring.score_attempt(reader.content, found.step_id, found.drawn, given)
    step = reader.content.step(found.step_id)
    assert isinstance(step, PreTestStep)
    goals = reader.course.objectives
    met = {each.objective: each for each in outcome.objectives}
    passed = step.test_out is not None and bool(found.passed)
    return reader.page(
        "player/pre_test_result.html",
        found.step_id,
        attempt=found,
        goals=[(text, met.get(goal)) for goal, text in goals.items()],
        test_out=step.test_out,
        passed=passed,
        whole=reader.content.total_minutes,
        done=has_tested_out(reader.content, reader.done),
        closed=reader.enrolment.closed_at is not None,
        waits_for=waits_for(reader.content, reader.done),
        onward=_onward(reader, step),
    )


@blueprint.post("/attempt/<int:attempt_id>/test-out")
@needs(Permission.LEARN)
@keeps_post
def test_out(attempt_id: int) -> ResponseReturnValue:
    """Complete the course by the pre-test that was passed."""
    found, enrolment = queries.own_attempt(session(), attempt_id, viewer().person_id)
    reader = Reader(enrolment)
    assessing.test_out(session(), found, enrolment, reader.content, organisation(), actor())
    commit()
    left = waits_for(reader.content, Reader(enrolment).done)
    if left:
        return redirect(url_for("player.step", enrolment_id=enrolment.id, step_id=left[0].id), 303)
    say(gettext("You have tested out of this course. Your record is written."))
    return redirect(url_for("learner.transcript"), 303)
