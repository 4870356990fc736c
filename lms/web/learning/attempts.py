"""An attempt: the question or scene where the learner is, the look back over all of them, and handing in."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_time
from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from lms.access import Permission
from lms.catalogue.items import Form
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.flows import assessing
from lms.learning import actions, queries, scoring
from lms.learning.models import Attempt, AttemptKind
from lms.web.learning import policy_words, stories
from lms.web.learning.item_view import ItemView
from lms.web.learning.player import blueprint as pages
from lms.web.learning.posting import answer_key as _key
from lms.web.learning.reader import Reader
from lms.web.page import (
    READING,
    actor,
    babel_locale,
    commit,
    house,
    keeps_post,
    needs,
    now,
    organisation,
    roll_back,
    say,
    session,
    tell,
    viewer,
    zone,
)


@contextmanager
def meddling_noted(attempt_id: int) -> Iterator[None]:
    """Who tries to change an attempt that is not theirs is written down before they are told that there is none."""
    try:
        yield
    except NotFound:
        if request.method not in READING:
            assessing.note_meddling(session(), attempt_id, actor())
            commit()
        raise


def own_attempt(attempt_id: int) -> tuple[Attempt, Reader]:
    """An attempt of the viewer's; one whose time is over is ended first, with what was saved."""
    reading = request.method in READING
    with meddling_noted(attempt_id):
        attempt, enrolment = queries.own_attempt(session(), attempt_id, viewer().person_id, lock=not reading)
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


def saved_words(at: datetime | None) -> str:
    """When an answer was saved, as the reader writes the time of day."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone()))
    return str(gettext("Saved %(time)s", time=_short_time(babel_locale(), local.hour, local.minute)))


@lru_cache(maxsize=2 * 24 * 60)
def _short_time(locale: str, hour: int, minute: int) -> str:
    return format_time(time(hour, minute), "short", locale=locale)


@pages.get("/attempt/<int:attempt_id>")
@needs(Permission.LEARN)
def attempt(attempt_id: int) -> ResponseReturnValue:
    """The question or scene where the learner is."""
    found, reader = own_attempt(attempt_id)
    if found.finished_at is not None:
        return redirect(url_for("player.result", attempt_id=attempt_id))
    return stories.scene_page(found, reader) if found.kind == AttemptKind.SCENARIO else item_page(found, reader)


def item_page(
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
        saved=saved_words(queries.saved_at(session(), found.id, local.id)) if response and not problem else "",
        time=policy_words.time_left(found, now()),
    )


@pages.get("/attempt/<int:attempt_id>/review")
@needs(Permission.LEARN)
def review(attempt_id: int) -> ResponseReturnValue:
    """Before handing in: what is answered, what is not."""
    found, reader = own_attempt(attempt_id)
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


@pages.post("/attempt/<int:attempt_id>/finish")
@needs(Permission.LEARN)
@keeps_post
def finish(attempt_id: int) -> ResponseReturnValue:
    """Hand in; handing in twice is handing in once."""
    found, reader = own_attempt(attempt_id)
    try:
        assessing.finish_attempt(session(), found, reader.enrolment, reader.content, organisation(), actor())
    except Conflict as conflict:
        say(tell(conflict.message), "error")
        return redirect(url_for("player.attempt", attempt_id=attempt_id), 303)
    commit()
    return redirect(url_for("player.result", attempt_id=attempt_id), 303)


@pages.post("/attempt/<int:attempt_id>/choose")
@needs(Permission.LEARN)
@keeps_post
def choose(attempt_id: int) -> ResponseReturnValue:
    """Take a choice in a scenario; reaching an ending finishes it."""
    found, reader = own_attempt(attempt_id)
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


@pages.post("/attempt/<int:attempt_id>/clock")
@needs(Permission.LEARN)
@keeps_post
def clock(attempt_id: int) -> ResponseReturnValue:
    """Start the clock of a timed scene, lengthen it, or do without clocks."""
    found, reader = own_attempt(attempt_id)
    if found.kind != AttemptKind.SCENARIO:
        raise Invalid(N_("This part has no scenes."))
    press, turn = request.form.get("press", ""), request.form.get("turn", type=int)
    actions.press_clock(session(), found, reader.content, press, turn=turn, now=now())
    commit()
    return redirect(url_for("player.attempt", attempt_id=attempt_id), 303)
