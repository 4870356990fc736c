"""A learner asks for more time for a duty, and reads here what became of it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import lazy_gettext as _l
from wtforms import DateField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.access import Permission
from lms.compliance import more_time
from lms.errors import N_, Conflict, NotFound
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.page import actor, commit, needs, say, session, tell, today, viewer
from lms.web.words import gettext

blueprint = Blueprint("more_time", __name__, url_prefix="/more-time")


class AskForm(Form):
    """Until when, and why."""

    wished = DateField(_l("I need until"), [InputRequired(_l("Enter a day."))])
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Fill this in.")), Length(max=more_time.LONGEST)],
        description=_l("Your manager, HR and auditors read it. Say what keeps you; never a diagnosis."),
    )


@blueprint.get("/")
@needs(Permission.LEARN)
def index() -> ResponseReturnValue:
    """What is still to be done, with its due day, and what was asked and answered."""
    turns = more_time.turns(session(), viewer().person_id, today())
    answered = more_time.answers(session(), viewer().person_id, today())
    told = {turn.requirement_id: what for turn, what in answered}
    return render_template("learner/more_time.html", turns=turns, answers=told)


@blueprint.post("/<int:request_id>/take-back")
@needs(Permission.LEARN)
def take_back(request_id: int) -> ResponseReturnValue:
    """One's own request that nobody has decided."""
    try:
        more_time.take_back(session(), viewer().person_id, request_id, actor())
        commit()
    except Conflict as refused:
        session().rollback()
        say(tell(refused.message), "error")
    else:
        say(gettext("You no longer ask for more time."))
    return redirect(url_for("more_time.index"), 303)


@blueprint.route("/<int:requirement_id>", methods=["GET", "POST"])
@needs(Permission.LEARN)
def ask(requirement_id: int) -> ResponseReturnValue:
    """Ask for another due day for one duty."""
    turns = more_time.turns(session(), viewer().person_id, today())
    turn = next((each for each in turns if each.requirement_id == requirement_id), None)
    if turn is None:
        raise NotFound(N_("There is nothing to do for this now, so there is no due day to move."))
    form = AskForm()
    form.wished.description = gettext(
        "It is due by %(due)s. You can ask for a day from %(first)s to %(last)s.",
        due=format_date(turn.due),
        first=format_date(turn.earliest),
        last=format_date(turn.latest),
    )

    def act() -> str:
        wished, reason = form.wished.data, form.reason.data
        more_time.ask(session(), viewer().person_id, requirement_id, wished, reason, today(), actor())
        return url_for("more_time.index")

    return form_page(
        form,
        act,
        gettext("Ask for more time"),
        gettext("Ask"),
        url_for("more_time.index"),
        lede=turn.title,
        top=(gettext("My learning"), url_for("learner.home")),
    )
