"""Around the player: the place and the active time, remarks, the printable course, and who is signed in."""

from __future__ import annotations

import secrets

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_time, gettext
from flask_wtf.csrf import generate_csrf

from lms.access import Permission
from lms.catalogue.content import CourseContent
from lms.errors import N_, Invalid
from lms.learning import actions, pace, queries, remarks
from lms.web.learning.reader import Reader
from lms.web.page import commit, keeps_post, needs, now, public, safe_next, say, session, viewer, viewer_or_none

blueprint = Blueprint("study", __name__)


@blueprint.post("/learn/<int:enrolment_id>/<step_id>/beat")
@needs(Permission.LEARN)
def beat(enrolment_id: int, step_id: str) -> ResponseReturnValue:
    """From the page, twice a minute: the active seconds since the last time, and the block that is being read."""
    enrolment = queries.own_enrolment(session(), enrolment_id, viewer().person_id)
    reader = Reader(enrolment)
    reader.content.step(step_id)
    seconds, block = request.form.get("seconds", "0"), request.form.get("block", "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 8) or not _is_block(block):
        raise Invalid(N_("The request could not be understood."))
    pace.beat(session(), enrolment, step_id, int(seconds), now=now())
    if block and enrolment.closed_at is None:
        actions.be_at(session(), enrolment, step_id, block)
    commit()
    return jsonify({"saved": gettext("Place saved %(time)s", time=format_time(now(), "short"))})


def _is_block(block: str) -> bool:
    number = block.removeprefix("block-")
    return not block or (number != block and number.isascii() and number.isdigit() and len(number) < 6)


@blueprint.post("/learn/<int:enrolment_id>/<step_id>/remark")
@needs(Permission.LEARN)
@keeps_post
def remark(enrolment_id: int, step_id: str) -> ResponseReturnValue:
    """Tell the authors that something is wrong with a part or a question."""
    reader = Reader(queries.own_enrolment(session(), enrolment_id, viewer().person_id))
    item_id = request.form.get("item") or None
    remarks.remark(
        session(),
        reader.enrolment,
        reader.content.step(step_id).id,
        _item(reader.content, step_id, item_id) if item_id else None,
        request.form.get("text", ""),
        language=reader.language_shown,
        key=request.form.get("key", "")[:64] or secrets.token_hex(12),
        now=now(),
    )
    commit()
    say(gettext("Thank you. The authors of this course have it on their list, with this place and version."))
    here = url_for("player.step", enrolment_id=enrolment_id, step_id=step_id)
    return redirect(safe_next(request.form.get("next")) or here, 303)


def _item(content: CourseContent, step_id: str, item_id: str) -> str:
    step = content.step(step_id)
    known = (
        {scene.id for scene in content.scenario(step_id).scenes}
        if step.kind == "scenario"
        else {item.id for item in content.items(step_id)}
        if step.id in content.banks
        else set()
    )
    if item_id not in known:
        raise Invalid(N_("This question is not part of that step."))
    return item_id


@blueprint.get("/printable/<int:enrolment_id>")
@needs(Permission.LEARN)
def printable(enrolment_id: int) -> ResponseReturnValue:
    """The whole course on one page, for paper: every lesson, and what else there is by name, without any key."""
    reader = Reader(queries.own_enrolment(session(), enrolment_id, viewer().person_id))
    modules = [
        {
            "title": module.title,
            "steps": [
                {
                    "title": step.title,
                    "kind": step.step.kind,
                    "html": reader.text(reader.course.lesson(step.id), top=4)
                    if step.step.kind in ("lesson", "attestation")
                    else None,
                }
                for step in module.steps
            ],
        }
        for module in reader.course.modules
    ]
    return render_template("player/printable.html", reader=reader, modules=modules, today=now())


@blueprint.get("/session")
@public
def whose() -> ResponseReturnValue:
    """For the player's script: who is signed in now, and a fresh token for the forms of a page that has been open for long."""
    asking = viewer_or_none()
    person = {"person": asking.person_id, "name": asking.display_name} if asking else {"person": None}
    answer = jsonify(person | {"token": generate_csrf()})
    answer.headers["Cache-Control"] = "no-store"
    return answer
