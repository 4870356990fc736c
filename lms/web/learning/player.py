"""The player: lessons, knowledge checks, scenarios and the test. Every answer is saved as it is given; every form works alone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_time, gettext

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.catalogue.items import Form
from lms.catalogue.localised import LocalItem, Text
from lms.catalogue.steps import AttestationStep, EvaluationStep, LessonStep, PreTestStep, TestStep
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.evidence.seen import in_words
from lms.flows import assessing
from lms.learning import actions, queries, scoring
from lms.learning.accommodations import allowances
from lms.learning.models import Answer, Attempt, AttemptKind
from lms.learning.policy import limit_for, standing
from lms.learning.progress import has_tested_out, is_locked, progress, waits_for
from lms.learning.saving import Saved
from lms.web.learning import policy_words, pre_test, stories, surveys
from lms.web.learning.item_view import ItemView, writing
from lms.web.learning.posting import answer_age as _age
from lms.web.learning.posting import answer_key as _key
from lms.web.learning.posting import by_script as _by_script
from lms.web.learning.posting import lead_on
from lms.web.learning.reader import Reader
from lms.web.page import (
    READING,
    actor,
    commit,
    house,
    is_kept,
    keeps_post,
    needs,
    now,
    organisation,
    roll_back,
    say,
    session,
    tell,
    today,
    viewer,
)

blueprint = Blueprint("player", __name__)

OUR_FIELDS = frozenset({"csrf_token", "item", "key", "language", "age"})
"""Fields of an answer's form that are not the answer."""


def _own(enrolment_id: int) -> Reader:
    return Reader(queries.own_enrolment(session(), enrolment_id, viewer().person_id))


def _own_attempt(attempt_id: int) -> tuple[Attempt, Reader]:
    """An attempt of the viewer's; one whose time is over is ended first, with what was saved."""
    reading = request.method in READING
    try:
        attempt, enrolment = queries.own_attempt(session(), attempt_id, viewer().person_id, lock=not reading)
    except NotFound:
        if not reading:
            assessing.note_meddling(session(), attempt_id, actor())
            commit()
        raise
    if attempt.finished_at is None and actions.is_over(attempt, now()):
        if reading:
            with house().database.transaction() as own:
                assessing.close_when_over(own, attempt_id, actor())
            roll_back()
            session().expire_all()
            attempt, enrolment = queries.own_attempt(session(), attempt_id, viewer().person_id)
        else:
            assessing.close_when_over(session(), attempt_id, actor())
    return attempt, Reader(enrolment)


def _saved(at: datetime | None) -> str:
    return str(gettext("Saved %(time)s", time=format_time(at, "short"))) if at else ""


def _receipt(saved: Saved) -> dict[str, str]:
    """What a script is told of an answer that has arrived."""
    said = {"saved": _saved(saved.saved_at)}
    if not saved.counts:
        said["note"] = gettext("You gave a newer answer in another window or on another device; that one counts.")
    return said


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


# --- attempts ---------------------------------------------------------------------------------------------------------


@blueprint.get("/attempt/<int:attempt_id>")
@needs(Permission.LEARN)
def attempt(attempt_id: int) -> ResponseReturnValue:
    """The question or scene where the learner is."""
    found, reader = _own_attempt(attempt_id)
    if found.finished_at is not None:
        return redirect(url_for("player.result", attempt_id=attempt_id))
    return stories.scene_page(found, reader) if found.kind == AttemptKind.SCENARIO else _item(found, reader)


def _item(
    found: Attempt, reader: Reader, asked: int | None = None, draft: Form | None = None, problem: str | None = None
) -> ResponseReturnValue:
    """One question; with a ``draft`` and its ``problem``, as it was filled in and could not be taken."""
    given = queries.responses(session(), found.id)
    drawn = [entry["item"] for entry in found.drawn]
    asked = asked or request.args.get("item", type=int)
    if asked is None or not 1 <= asked <= len(drawn):
        open_ids = scoring.unanswered(reader.content, found.step_id, found.drawn, given)
        asked = next((place for place, item_id in enumerate(drawn, 1) if item_id in open_ids), None)
        if asked is None:
            return redirect(url_for("player.review", attempt_id=found.id))
    local, order = reader.course.items(found.step_id)[drawn[asked - 1]], found.drawn[asked - 1]["options"]
    response = given.get(local.id)
    if found.kind == AttemptKind.CHECK and response is not None:
        keyed = scoring.item_of(reader.content, found.step_id, found.drawn, local.id)
        view = ItemView.judged(reader, local, order, response, keyed)
    else:
        filled = draft if draft is not None else local.item.fields(response) if response else {}
        view = ItemView(reader, local, order, filled, problem=problem)
    return reader.page(
        "player/item.html",
        found.step_id,
        attempt=found,
        number=asked,
        count=len(drawn),
        item=view,
        key=secrets.token_hex(12),
        saved=_saved(queries.saved_at(session(), found.id, local.id)) if response and not problem else "",
        time=policy_words.time_left(found, now()),
    )


@blueprint.post("/attempt/<int:attempt_id>/answer")
@needs(Permission.LEARN)
@keeps_post
def answer(attempt_id: int) -> ResponseReturnValue:
    """Save an answer, the moment it is given (by script) or with the button (without)."""
    found, reader = _own_attempt(attempt_id)
    form = request.form.to_dict(flat=False)
    item = scoring.item_of(reader.content, found.step_id, found.drawn, request.form.get("item", ""))
    place = _place(found, item.id)
    try:
        response = item.parse(form, writing())
        if found.kind == AttemptKind.CHECK and not item.complete(response):
            raise item.incomplete()
        saved = actions.answer(
            session(),
            found,
            reader.content,
            item.id,
            response,
            language=reader.language_shown,
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
        return make_response(_item(found, reader, place, form, tell(refused.message)), refused.status)
    receipt = _receipt(saved) if _by_script() and found.kind != AttemptKind.CHECK and not saved.late else None
    commit()
    if saved.late:
        return _too_late(found)
    if receipt is not None:
        return jsonify(receipt)
    if found.kind == AttemptKind.CHECK or is_kept():
        return redirect(url_for("player.attempt", attempt_id=attempt_id, item=place), 303)
    return _onward(found, place)


def _too_late(found: Attempt) -> ResponseReturnValue:
    """An answer that arrived when the time was over: it is kept, and the learner is told so."""
    told = gettext("The time was over when this answer arrived. It is kept with your attempt and is not scored.")
    result_url = url_for("player.result", attempt_id=found.id)
    if _by_script():
        return make_response(jsonify({"error": told, "next": result_url}), 409)
    say(told, "note")
    return redirect(result_url, 303)


def _onward(found: Attempt, place: int) -> ResponseReturnValue:
    """The question after this one, or the look at all of them."""
    if place < len(found.drawn):
        return redirect(url_for("player.attempt", attempt_id=found.id, item=place + 1), 303)
    return redirect(url_for("player.review", attempt_id=found.id), 303)


def _place(found: Attempt, item_id: str) -> int:
    drawn = [entry["item"] for entry in found.drawn]
    return drawn.index(item_id) + 1 if item_id in drawn else 1


@blueprint.get("/attempt/<int:attempt_id>/review")
@needs(Permission.LEARN)
def review(attempt_id: int) -> ResponseReturnValue:
    """Before handing in: what is answered, what is not."""
    found, reader = _own_attempt(attempt_id)
    if found.finished_at is not None or found.kind == AttemptKind.SCENARIO:
        return redirect(url_for("player.attempt", attempt_id=attempt_id))
    given = queries.responses(session(), found.id)
    missing = scoring.unanswered(reader.content, found.step_id, found.drawn, given)
    items = reader.course.items(found.step_id)
    rows = [
        {
            "number": place,
            "stem": reader.text(items[entry["item"]].stem, inline=True).striptags(),
            "begun": entry["item"] in given,
            "open": entry["item"] in missing,
        }
        for place, entry in enumerate(found.drawn, 1)
    ]
    return reader.page(
        "player/review.html", found.step_id, attempt=found, rows=rows, missing=len(missing), time=policy_words.time_left(found, now()),
    )  # fmt: skip


@blueprint.post("/attempt/<int:attempt_id>/finish")
@needs(Permission.LEARN)
@keeps_post
def finish(attempt_id: int) -> ResponseReturnValue:
    """Hand in; handing in twice is handing in once."""
    found, reader = _own_attempt(attempt_id)
    try:
        assessing.finish_attempt(session(), found, reader.enrolment, reader.content, organisation(), actor())
    except Conflict as conflict:
        say(tell(conflict.message), "error")
        return redirect(url_for("player.attempt", attempt_id=attempt_id), 303)
    commit()
    return redirect(url_for("player.result", attempt_id=attempt_id), 303)


@blueprint.get("/attempt/<int:attempt_id>/result")
@needs(Permission.LEARN)
def result(attempt_id: int) -> ResponseReturnValue:
    """What came of it, what to look at again, and what is next."""
    found, reader = _own_attempt(attempt_id)
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


# --- scenarios --------------------------------------------------------------------------------------------------------


@blueprint.post("/attempt/<int:attempt_id>/choose")
@needs(Permission.LEARN)
@keeps_post
def choose(attempt_id: int) -> ResponseReturnValue:
    """Take a choice in a scenario; reaching an ending finishes it."""
    found, reader = _own_attempt(attempt_id)
    choice = request.form.get("options")
    if found.kind != AttemptKind.SCENARIO:
        raise Invalid(N_("This part has no scenes."))
    if not choice:
        say(gettext("Choose what you would do, then go on."), "error")
        return redirect(url_for("player.attempt", attempt_id=attempt_id), 303)
    scene_id, language = request.form.get("scene", ""), reader.language_shown
    try:
        state = actions.choose(
            session(),
            found,
            reader.content,
            scene_id,
            choice,
            turn=request.form.get("turn", type=int),
            language=language,
            key=_key(),
            now=now(),
        )
    except Conflict as conflict:
        say(tell(conflict.message), "info")
        return redirect(url_for("player.attempt", attempt_id=attempt_id), 303)
    if state.path and state.path[-1].choice.id != choice and state.path[-1].scene_id == scene_id:
        say(gettext("The time was up before you chose, so the story went on without you."), "info")
    if state.ending is not None and found.finished_at is None:
        assessing.finish_attempt(session(), found, reader.enrolment, reader.content, organisation(), actor())
    commit()
    return redirect(url_for("player.attempt", attempt_id=attempt_id), 303)


@blueprint.post("/attempt/<int:attempt_id>/clock")
@needs(Permission.LEARN)
@keeps_post
def clock(attempt_id: int) -> ResponseReturnValue:
    """Start the clock of a timed scene, lengthen it, or do without clocks."""
    found, reader = _own_attempt(attempt_id)
    if found.kind != AttemptKind.SCENARIO:
        raise Invalid(N_("This part has no scenes."))
    press, turn = request.form.get("press", ""), request.form.get("turn", type=int)
    actions.press_clock(session(), found, reader.content, press, turn=turn, now=now())
    commit()
    return redirect(url_for("player.attempt", attempt_id=attempt_id), 303)


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
