"""Training done elsewhere: a learner hands it in, reads what became of it, and answers when asked."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import DateField, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.compliance import queries as compliance
from lms.compliance.elsewhere import wanted
from lms.compliance.rules import Rule
from lms.errors import N_, NotFound
from lms.files import StoredFile
from lms.records.outside import actions, queries
from lms.records.outside.judging import Claim
from lms.records.outside.models import Outcome, OutsideStatement
from lms.records.outside.papers import ENDINGS, MOST
from lms.records.outside.queries import Handed
from lms.web.form_page import form_page
from lms.web.forms import Form
from lms.web.page import actor, commit, needs, say, session, today, viewer
from lms.web.people import documents
from lms.web.people.people_forms import DAY_NEEDED, NEEDED
from lms.web.sending import send_kept
from lms.web.topics import topic_name
from lms.web.words import gettext

blueprint = Blueprint("outside", __name__, url_prefix="/outside-training")

STATES = {
    "waiting": (_l("Waiting for a decision"), "info", "clock"),
    Outcome.APPROVED: (_l("Approved"), "ok", "circle-check"),
    Outcome.REJECTED: (_l("Not approved"), "quiet", "circle-minus"),
    Outcome.ASKED: (_l("A question for you"), "soon", "message-circle"),
    Outcome.REVOKED: (_l("Approval taken back"), "late", "ban"),
    Outcome.WITHDRAWN: (_l("Withdrawn"), "quiet", "circle-minus"),
}
"""What each state is called, its tone and its icon."""


class HandInForm(Form):
    """What somebody did elsewhere."""

    title = StringField(
        _l("Title of the training"), [InputRequired(NEEDED), Length(max=200)], description=_l("As it stands on the certificate.")
    )  # fmt: skip
    provider = StringField(_l("Who held it"), [InputRequired(NEEDED), Length(max=200)])
    finished_on = DateField(_l("Finished on"), [InputRequired(DAY_NEEDED)])
    hours = IntegerField(_l("Hours"), [Optional(), NumberRange(0, 1000)])
    minutes = IntegerField(
        _l("Minutes"), [Optional(), NumberRange(0, 60_000)], description=_l("Beside the hours, if there are any.")
    )  # fmt: skip
    topics = SelectMultipleField(
        _l("Topics"), [Optional()], option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False),
        description=_l("Those you know of; a reviewer looks again."),
    )  # fmt: skip
    meant_for = SelectField(_l("What it should count for"), [Optional()])
    certificate_number = StringField(_l("Number of the certificate"), [Optional(), Length(max=100)])
    expires_on = DateField(
        _l("Valid until"), [Optional()], description=_l("Only if the certificate says so. It counts through this day.")
    )  # fmt: skip
    paper = FileField(
        _l("Certificate"),
        [Optional()],
        description=_l("A PDF or a picture (JPEG, PNG), at most %(megabytes)s MB.", megabytes=MOST >> 20),
    )
    attested = TextAreaField(
        _l("If you have no certificate: in your own words"),
        [Optional(), Length(max=2000)],
        description=_l("Say what you did, where and when. You say so upon your word, and it is kept with your name."),
    )

    def claim(self, note: str = "") -> Claim:
        """What was said."""
        return Claim(
            self.title.data, self.provider.data, self.finished_on.data, 60 * (self.hours.data or 0) + (self.minutes.data or 0),
            tuple(self.topics.data or ()), self.certificate_number.data or "", self.expires_on.data, self.attested.data or "",
            self.meant_for.data or "", note,
        )  # fmt: skip

    def document(self) -> StoredFile | None:
        """The file that was chosen, checked and stored; None without one.

        Raises:
            Invalid: it is no document, or too large.
        """
        return documents.proof(self.paper.data, actions.PURPOSE, viewer().person_id)


class AnswerForm(HandInForm):
    """The same once more, with an answer to what was asked."""

    note = TextAreaField(_l("Your answer"), [InputRequired(NEEDED), Length(max=2000)])


@blueprint.get("/")
@needs(Permission.LEARN)
def index() -> ResponseReturnValue:
    """What one has handed in, and what became of it."""
    found = queries.handed_in(session(), viewer().person_id)
    return render_template("outside/index.html", found=found, states=STATES, today=today())


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.LEARN)
def new() -> ResponseReturnValue:
    """Hand in a training that was done elsewhere."""
    form = HandInForm()
    _offer(form)

    def act() -> str:
        made = actions.hand_in(session(), viewer().person_id, form.claim(), form.document(), actor())
        return url_for("outside.show", training_id=made.id)

    return form_page(
        form, act, gettext("Hand in outside training"), gettext("Hand it in"), url_for("outside.index"), top=_top(), files=True,
        lede=gettext("Training that you did elsewhere can count here. A reviewer looks at it, and you are told what was decided."),
    )  # fmt: skip


@blueprint.get("/<int:training_id>")
@needs(Permission.LEARN)
def show(training_id: int) -> ResponseReturnValue:
    """What was said and decided about one of one's own."""
    handed = _own(training_id)
    return render_template(
        "outside/show.html", one=handed, states=STATES, steps=queries.history(session(), training_id), today=today()
    )


@blueprint.route("/<int:training_id>/answer", methods=["GET", "POST"])
@needs(Permission.LEARN)
def answer(training_id: int) -> ResponseReturnValue:
    """Answer what the reviewer asked; everything that was said is filled in."""
    handed = _own(training_id)
    if handed.state != Outcome.ASKED or handed.decision is None:
        raise NotFound(N_("Nothing is asked of you about this training."))
    said = handed.statement
    form = AnswerForm(
        title=said.title, provider=said.provider, finished_on=said.finished_on, hours=said.minutes // 60 or None,
        minutes=said.minutes % 60 or None, topics=said.topics, meant_for=said.meant_for, certificate_number=said.certificate_number,
        expires_on=said.expires_on, attested=said.attested,
    )  # fmt: skip
    _offer(form, said)
    if said.paper_id is not None:
        form.paper.description = gettext("The one you handed in is kept. Choose another only if it is better.")
    asked = handed.decision.reason

    def act() -> str:
        actions.answer(session(), training_id, form.claim(form.note.data), form.document(), actor())
        return url_for("outside.show", training_id=training_id)

    order = ("note", *(f.name for f in form if f.name not in ("note", "csrf_token")))
    return form_page(
        form, act, gettext("Answer the reviewer"), gettext("Send the answer"), url_for("outside.show", training_id=training_id),
        lede=asked, top=_top(), order=order, files=True,
    )  # fmt: skip


@blueprint.post("/<int:training_id>/withdraw")
@needs(Permission.LEARN)
def withdraw(training_id: int) -> ResponseReturnValue:
    """Take back what nobody has decided yet."""
    _own(training_id)
    actions.decide(session(), training_id, Outcome.WITHDRAWN, "", actor())
    commit()
    say(gettext("Withdrawn. It stays in your list, and nobody needs to decide."))
    return redirect(url_for("outside.index"), 303)


@blueprint.get("/<int:training_id>/documents/<int:number>")
@needs(Permission.LEARN)
def document(training_id: int, number: int) -> ResponseReturnValue:
    """A document that one handed in."""
    _own(training_id)
    return paper(training_id, number)


def paper(training_id: int, number: int) -> Response:
    """The document of a statement; the caller has checked who asks.

    Raises:
        NotFound: there is none.
    """
    found = next(
        (s.statement for s in queries.history(session(), training_id) if s.statement and s.statement.number == number),
        None,
    )
    stored = session().get(StoredFile, found.paper_id) if found is not None and found.paper_id is not None else None
    if stored is None:
        raise NotFound(N_("There is no such document."))
    return send_kept(stored, f"outside-training-{training_id}-{number}.{ENDINGS[stored.media_type]}", inline=True)


def topic_choices(rules: list[Rule], said: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The topics of courses and of hours that rules ask for, and those that were said. Two statements."""
    offered = catalogue.contents(session(), [course.version_id for course in catalogue.offered(session())])
    known = {topic for content in offered.values() for topic in content.topics} | set(wanted(rules).topics) | set(said)
    return sorted(((topic, topic_name(topic)) for topic in known), key=lambda pair: pair[1])


def _offer(form: HandInForm, said: OutsideStatement | None = None) -> None:
    """What there is to choose from: one's duties, the courses, the topics."""
    asked = compliance.duties(session(), viewer().person_id, today())
    rules = [Rule.parse(version.rule) for version, _ in compliance.requirements(session(), today())]
    form.topics.choices = topic_choices(rules, tuple(said.topics) if said else ())
    meant: list[tuple[str, str]] = [("", gettext("I do not know; the reviewer decides"))]
    meant += [(f"requirement:{duty.code}", gettext("Requirement: %(title)s", title=duty.title)) for duty in asked]
    meant += [
        (f"course:{course.slug}", gettext("Course: %(title)s", title=course.title))
        for course in catalogue.offered(session())
    ]
    if said is not None and said.meant_for not in dict(meant):
        meant.append((said.meant_for, said.meant_for.partition(":")[2]))
    form.meant_for.choices = meant


def _own(training_id: int) -> Handed:
    handed = queries.one(session(), training_id)
    if handed.person_id != viewer().person_id:
        raise NotFound(N_("There is no such outside training of yours."))
    return handed


def _top() -> tuple[str, str]:
    return gettext("Outside training"), url_for("outside.index")
