"""The result of an attempt: what came of it, what to look at again, and what is next."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_time

from lms.access import Permission
from lms.catalogue.localised import LocalItem
from lms.catalogue.steps import TestStep
from lms.evidence.seen import in_words
from lms.learning import queries, scoring
from lms.learning.accommodations import allowances
from lms.learning.models import Answer, AttemptKind
from lms.learning.policy import standing
from lms.learning.progress import waits_for
from lms.web.learning import policy_words, pre_test, stories
from lms.web.learning.attempts import own_attempt
from lms.web.learning.item_view import ItemView
from lms.web.learning.player import blueprint as pages
from lms.web.page import (
    needs,
    now,
    session,
    today,
)


@pages.get("/attempt/<int:attempt_id>/result")
@needs(Permission.LEARN)
def result(attempt_id: int) -> ResponseReturnValue:
    """What came of it, what to look at again, and what is next."""
    found, reader = own_attempt(attempt_id)
    if found.finished_at is None:
        return redirect(url_for("player.attempt", attempt_id=attempt_id))
    if found.kind == AttemptKind.SCENARIO:
        return stories.debrief_page(found, reader)
    if found.kind == AttemptKind.PRE_TEST:
        return pre_test.result_page(found, reader)
    given, late = queries.answers_with_late(session(), found.id)
    items = reader.course.items(found.step_id)
    outcome = scoring.score_attempt(reader.content, found.step_id, found.drawn, given)
    keyed = {item.id: item for item in reader.content.keyed_items(found.step_id)}
    shown = [
        ItemView.judged(
            reader, items[entry["item"]], entry["options"], given.get(entry["item"]), keyed[entry["item"]], f"q{place}-"
        )
        for place, entry in enumerate(found.drawn, 1)
    ]
    test = reader.content.step(found.step_id)
    stands = None
    if isinstance(test, TestStep) and not found.passed:
        tried = queries.attempts(session(), reader.enrolment.id, test.id)
        stands = standing(test, tried, allowances(session(), reader.enrolment, today()), now())
    goals = reader.course.objectives
    weak = {met.objective for met in outcome.objectives if met.percent < 100}
    return reader.page(
        "player/result.html",
        found.step_id,
        attempt=found,
        outcome=outcome,
        shown=shown,
        missed=[place for place, entry in enumerate(found.drawn, 1) if entry["item"] in outcome.critical_missed],
        attempts_left=stands.left if stands else None,
        opens=policy_words.moment_words(stands.opens_at) if stands and stands.opens_at else None,
        may_begin=stands is not None and stands.state == "open",
        rules=policy_words.rules_of(found),
        late={item_id: _late(items[item_id], arrived) for item_id, arrived in late.items()},
        waits_for=[reader.course.step(step.id).title for step in waits_for(reader.content, reader.done)],
        again=[goals[met.objective] for met in outcome.objectives if met.percent < 100],
        can_do=[text for goal, text in goals.items() if goal not in weak],
    )


def _late(local: LocalItem, arrived: Answer) -> dict[str, str]:
    """An answer that arrived too late, in the words of its question."""
    texts = {"/".join(key): str(text) for key, text in local.texts.items()}
    return {
        "words": in_words(texts, arrived.response),
        "given": format_time(arrived.given_at, "medium"),
        "arrived": format_time(arrived.saved_at, "medium"),
    }
