"""Evaluations, follow-ups and attestations, as their learners meet them. What is said in a survey is saved as it is given."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_time, gettext
from flask_babel import lazy_gettext as _l

from lms.access import Permission
from lms.catalogue import surveys as asking
from lms.catalogue.localised import LocalSurvey, Text
from lms.catalogue.steps import FOLLOW_UP, AttestationStep
from lms.catalogue.surveys import Question
from lms.clock import local_day
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.flows import assessing
from lms.learning import queries
from lms.learning import surveys as learning
from lms.learning.models import SurveyAnswer
from lms.learning.progress import is_locked, waits_for
from lms.reports.suppression import LIMIT
from lms.web.learning.posting import answer_age, answer_key, by_script, lead_on
from lms.web.learning.reader import Reader
from lms.web.page import (
    actor,
    commit,
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

blueprint = Blueprint("surveys", __name__)
blueprint.after_request(lead_on)

HOW = {
    "done": _l("Yes, I do this now"),
    "partly": _l("Partly, or sometimes"),
    "not-yet": _l("Not yet"),
    "no-occasion": _l("I had no occasion to"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a page shows it: its options (or, of a practice question, its commitments) with what is chosen."""

    question: Question
    text: Text
    options: Sequence[tuple[str, Text]]
    given: Mapping[str, Sequence[str]]
    missing: bool = False

    @property
    def value(self) -> str:
        """What was written."""
        return next(iter(self.given.get(self.question.id, ())), "")

    def chosen(self, option: str) -> bool:
        """Whether an option is ticked."""
        return option in self.given.get(self.question.id, ())

    def how(self, commitment: str) -> str:
        """What became of a commitment."""
        return next(iter(self.given.get(f"{self.question.id}.{commitment}", ())), "")


def asked_in(
    local: LocalSurvey,
    evaluation: LocalSurvey | None,
    about: Mapping[str, Collection[str]],
    given: Mapping[str, Sequence[str]],
    marked: Collection[Question] = (),
) -> list[Asked]:
    """The questions of a survey; a practice question about no commitment is left out."""
    found = []
    for question in local.questions.values():
        options = dict(question.options)
        if question.question.type == "practice":
            source = evaluation.questions.get(question.question.of or "") if evaluation else None
            options = {each: source.options[each] for each in about.get(question.id, ())} if source else {}
            if not options:
                continue
        found.append(Asked(question.question, question.text, list(options.items()), given, question.question in marked))
    return found


def _reader(enrolment_id: int) -> Reader:
    return Reader(queries.own_enrolment(session(), enrolment_id, viewer().person_id))


def _home(reader: Reader, survey: str) -> str:
    """The address of a survey."""
    if survey == FOLLOW_UP:
        return url_for("surveys.follow_up", enrolment_id=reader.enrolment.id)
    return url_for("player.step", enrolment_id=reader.enrolment.id, step_id=survey)


def survey_page(
    reader: Reader,
    survey: str,
    draft: Mapping[str, Sequence[str]] | None = None,
    problem: str | None = None,
) -> ResponseReturnValue:
    """A survey to fill in; once it is sent, thanks and what one said one would do. ``draft`` could not be taken, for ``problem``."""
    content, enrolment = reader.content, reader.enrolment
    local = reader.course.survey(survey)
    first = content.evaluation
    evaluation = reader.course.survey(first.id) if first else None
    sent = learning.is_sent(session(), enrolment, survey) if survey == FOLLOW_UP else survey in reader.done
    kept = learning.said(session(), enrolment.id, survey)
    response = kept.response if kept else {}
    marked = asking.missing(local.survey, response) if problem else ()
    given = draft if draft is not None else asking.fields(response)
    about = learning.asked_about(session(), enrolment, content) if survey == FOLLOW_UP else {}
    zone = organisation().zone
    closes = learning.open_until(enrolment, content, today(), zone) if survey == FOLLOW_UP else None
    step = None if survey == FOLLOW_UP else content.step(survey)
    opens = learning.window(content, local_day(enrolment.completed_at or now(), zone))
    place = survey if step else (first or content.steps[-1]).id
    return reader.page(
        "player/survey.html",
        place,
        survey=survey,
        heading=gettext("What has changed since then?") if survey == FOLLOW_UP else None,
        intro=reader.text(local.intro) if local.intro else None,
        questions=asked_in(local, evaluation, about, given, marked),
        how=HOW,
        sent=sent,
        locked=is_locked(content, step, reader.done) if step else closes is None,
        closes=closes,
        needed=step in waits_for(content, reader.done),
        # whether it may be left out without losing the record, also before the test is passed
        voluntary=step is None or not getattr(step, "needed", False),
        limit=LIMIT,
        longest=asking.LONGEST,
        intended=_intended(local, response) if sent else [],
        asks_again=opens[0] if opens and step else None,
        key=secrets.token_hex(12),
        problem=problem,
        here=_home(reader, survey),
        saved=_saved_at(kept) if kept and not sent and not problem else "",
    )


def _intended(local: LocalSurvey, response: Mapping[str, Any]) -> list[Text]:
    """What somebody said they would do."""
    return [
        question.options[each]
        for question in local.questions.values()
        if question.question.type == "intent"
        for each in response.get(question.id, ())
        if each in question.options
    ]


def _saved_at(kept: SurveyAnswer) -> str:
    return str(gettext("Saved %(time)s", time=format_time(kept.saved_at, "short")))


@blueprint.get("/follow-up/<int:enrolment_id>")
@needs(Permission.LEARN)
def follow_up(enrolment_id: int) -> ResponseReturnValue:
    """Some weeks after a course: what has changed in practice."""
    reader = _reader(enrolment_id)
    if reader.content.follow_up is None or reader.enrolment.completed_at is None:
        raise NotFound(N_("There is no follow-up for this course."))
    return survey_page(reader, FOLLOW_UP)


@blueprint.post("/survey/<int:enrolment_id>/<survey>")
@needs(Permission.LEARN)
@keeps_post
def say_so(enrolment_id: int, survey: str) -> ResponseReturnValue:
    """Save what is filled in, by script as it is given; with ``press`` = ``send`` send it in."""
    reader = _reader(enrolment_id)
    content = reader.content
    form = request.form.to_dict(flat=False)
    sends = request.form.get("press") == "send"
    try:
        about = learning.asked_about(session(), reader.enrolment, content) if survey == FOLLOW_UP else {}
        response = asking.parse(content.survey(survey), form, about)
        _check_open(reader, survey)
        kept = learning.save(
            session(), reader.enrolment, survey, response, language=reader.language_shown, key=answer_key(), now=now(),
            age=answer_age(),
        )  # fmt: skip
        if sends:
            commit()  # what was given is kept, whatever is still missing
            assessing.send_survey(session(), reader.enrolment, content, survey, organisation(), actor())
    except Invalid as refused:
        if by_script() or is_kept():
            raise
        roll_back()
        return make_response(survey_page(reader, survey, form, tell(refused.message)), refused.status)
    except Conflict as refused:
        if by_script():
            raise
        roll_back()
        say(refused.message, "error")
        return redirect(_home(reader, survey), 303)
    commit()
    if not sends and by_script():
        return jsonify({"saved": _saved_at(kept)})
    return redirect(_after(reader, survey) if sends else _home(reader, survey), 303)


def _check_open(reader: Reader, survey: str) -> None:
    if survey == FOLLOW_UP:
        if learning.open_until(reader.enrolment, reader.content, today(), organisation().zone) is None:
            raise Conflict(N_("This follow-up is not open."))
    elif is_locked(reader.content, reader.content.step(survey), reader.done):
        raise Conflict(N_("This opens when the test is passed."))


def _after(reader: Reader, survey: str) -> str:
    """Where to go when a survey is sent: on to what is left of the course, else back to it for the thanks."""
    if survey != FOLLOW_UP:
        following = reader.content.next(survey)
        if following is not None and following.id not in reader.done:
            return url_for("player.step", enrolment_id=reader.enrolment.id, step_id=following.id)
    return _home(reader, survey)


# --- attestations -----------------------------------------------------------------------------------------------------


def attestation_page(
    reader: Reader, step: AttestationStep, typed: str = "", problem: str | None = None
) -> ResponseReturnValue:
    """The statement, and how to make it; once made, when and by whom."""
    made = learning.attestation(session(), reader.enrolment.id, step.id)
    text = Text(made.statement, made.language) if made else reader.course.lesson(step.id)
    return reader.page(
        "player/attestation.html",
        step.id,
        statement=reader.text(text),
        made=made,
        sign=step.sign,
        needed=step.needed,
        locked=is_locked(reader.content, step, reader.done),
        typed=typed,
        problem=problem,
        key=secrets.token_hex(12),
        closed=reader.enrolment.completed_at is not None,
    )


@blueprint.post("/learn/<int:enrolment_id>/<step_id>/attest")
@needs(Permission.LEARN)
@keeps_post
def attest(enrolment_id: int, step_id: str) -> ResponseReturnValue:
    """Make the statement; making it twice is making it once."""
    reader = _reader(enrolment_id)
    step = reader.content.step(step_id)
    if not isinstance(step, AttestationStep):
        raise NotFound(N_("This course has no step “%(step)s”."), step=step_id)
    typed = request.form.get("signed_as", "")
    try:
        assessing.attest(
            session(), reader.enrolment, reader.content, step_id, organisation(), actor(),
            language=reader.language_shown, signed_as=typed, ticked=bool(request.form.get("ticked")),
        )  # fmt: skip
    except Invalid as refused:
        if by_script() or is_kept():
            raise
        roll_back()
        return make_response(attestation_page(reader, step, typed, tell(refused.message)), refused.status)
    commit()
    return redirect(url_for("player.step", enrolment_id=enrolment_id, step_id=step_id), 303)
