"""Saving an answer, the moment it is given: what everybody waits for."""

from __future__ import annotations

from flask import jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.errors import Invalid
from lms.flows import assessing
from lms.learning import actions, queries, scoring
from lms.learning.models import AttemptKind
from lms.learning.queries import Answerable
from lms.learning.saving import Saved
from lms.web.learning.attempts import item_page, meddling_noted, own_attempt, saved_words
from lms.web.learning.item_view import writing
from lms.web.learning.player import blueprint as pages
from lms.web.learning.posting import answer_age as _age
from lms.web.learning.posting import answer_key as _key
from lms.web.learning.posting import by_script as _by_script
from lms.web.learning.reader import Course
from lms.web.page import (
    actor,
    commit,
    is_kept,
    keeps_post,
    needs,
    now,
    roll_back,
    say,
    session,
    tell,
    viewer,
)

OUR_FIELDS = frozenset({"csrf_token", "item", "key", "language", "age"})
"""Fields of an answer's form that are not the answer."""


def _receipt(saved: Saved) -> dict[str, str]:
    """What a script is told of an answer that has arrived."""
    said = {"saved": saved_words(saved.saved_at)}
    if not saved.counts:
        said["note"] = gettext("You gave a newer answer in another window or on another device; that one counts.")
    return said


@pages.post("/attempt/<int:attempt_id>/answer")
@needs(Permission.LEARN)
@keeps_post
def answer(attempt_id: int) -> ResponseReturnValue:
    """Save an answer, the moment it is given (by script) or with the button (without)."""
    found = _to_answer(attempt_id)
    course = Course(catalogue.content(session(), found.version_id))
    form = request.form.to_dict(flat=False)
    item = scoring.item_of(course.content, found.step_id, found.drawn, request.form.get("item", ""))
    place = _place(found, item.id)
    try:
        response = item.parse(form, writing())
        if found.kind == AttemptKind.CHECK and not item.complete(response):
            raise item.incomplete()
        saved = actions.answer(
            session(),
            found,
            course.content,
            item.id,
            response,
            language=course.language_shown,
            key=_key(),
            now=now(),
            age=_age(),
        )
    except Invalid as refused:
        if _by_script() or is_kept() or found.finished_at is not None:
            raise
        roll_back()
        if not item.required and not any(any(values) for name, values in form.items() if name not in OUR_FIELDS):
            return _onward(found, place)
        return make_response(item_page(*own_attempt(attempt_id), place, form, tell(refused.message)), refused.status)
    receipt = _receipt(saved) if _by_script() and found.kind != AttemptKind.CHECK and not saved.late else None
    commit()
    if saved.late:
        return _too_late(found)
    if receipt is not None:
        return jsonify(receipt)
    if found.kind == AttemptKind.CHECK or is_kept():
        return redirect(url_for("player.attempt", attempt_id=attempt_id, item=place), 303)
    return _onward(found, place)


def _to_answer(attempt_id: int) -> Answerable:
    """An attempt of the viewer's that an answer is for; one whose time is over is ended first, with what was saved."""
    with meddling_noted(attempt_id):
        found = queries.answerable(session(), attempt_id, viewer().person_id)
    if found.finished_at is None and actions.is_over(found, now()):
        assessing.close_when_over(session(), attempt_id, actor())
        found = queries.answerable(session(), attempt_id, viewer().person_id)
    return found


def _too_late(found: Answerable) -> ResponseReturnValue:
    """An answer that arrived when the time was over: it is kept, and the learner is told so."""
    told = gettext("The time was over when this answer arrived. It is kept with your attempt and is not scored.")
    result_url = url_for("player.result", attempt_id=found.id)
    if _by_script():
        return make_response(jsonify({"error": told, "next": result_url}), 409)
    say(told, "note")
    return redirect(result_url, 303)


def _onward(found: Answerable, place: int) -> ResponseReturnValue:
    """The question after this one, or the look at all of them."""
    if place < len(found.drawn):
        return redirect(url_for("player.attempt", attempt_id=found.id, item=place + 1), 303)
    return redirect(url_for("player.review", attempt_id=found.id), 303)


def _place(found: Answerable, item_id: str) -> int:
    drawn = [entry["item"] for entry in found.drawn]
    return drawn.index(item_id) + 1 if item_id in drawn else 1
