"""What HR decides about one person: more time without being asked, a completion written down by hand; and who decided what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from wtforms.fields.choices import SelectChoice

from lms.access import Permission
from lms.catalogue import queries as catalogue
from lms.compliance import assignments, more_time
from lms.errors import N_, NotFound
from lms.flows import allowing, completing
from lms.records import queries as records
from lms.web.page import actor, needs, organisation, session, today
from lms.web.people import documents
from lms.web.people.people_forms import CompletionForm, MoreTimeForm
from lms.web.people.person_page import change, found
from lms.web.words import gettext

blueprint = Blueprint("decided", __name__, url_prefix="/people")


@dataclass(frozen=True, slots=True)
class About:
    """What was decided about a person, each with who decided it: moved due days, assignments by name, completions by hand (by record)."""

    extensions: Sequence[Any]
    assigned: Sequence[Any]
    by_hand: Mapping[int, Any]


def about(person_id: int) -> About:
    """Everything that was decided about a person beside exemptions and leaves. Three statements."""
    return About(
        more_time.moved(session(), person_id),
        assignments.of_person(session(), person_id),
        records.by_hand(session(), person_id),
    )


@blueprint.route("/<int:person_id>/more-time", methods=["GET", "POST"], endpoint="more_time")
@needs(Permission.EXTENSION_DECIDE)
def give_more_time(person_id: int) -> ResponseReturnValue:
    """Another due day for something that is still to be done."""
    one = found(person_id, Permission.EXTENSION_DECIDE)
    turns = more_time.turns(session(), person_id, today())
    if not turns and request.method == "GET":
        raise NotFound(N_("This person has nothing to do by a day now, so there is no due day to move."))
    form = MoreTimeForm()
    form.requirement.choices = [
        SelectChoice(
            str(turn.requirement_id), gettext("%(title)s, due by %(day)s", title=turn.title, day=format_date(turn.due))
        )
        for turn in turns
    ]

    def act() -> None:
        allowing.give_more_time(
            session(), person_id, int(form.requirement.data), form.until.data, reason=form.reason.data, link=learning(),
            actor=actor(), file_id=documents.kept_for(form, person_id),
        )  # fmt: skip

    return change(
        one, form, gettext("Give more time"), gettext("Move the due day"), act, tab="people.training", files=True,
        lede=gettext("The person is told by e-mail. A request that waits for the same is granted by this."),
    )  # fmt: skip


@blueprint.route("/<int:person_id>/completions/new", methods=["GET", "POST"])
@needs(Permission.RECORD_ADD)
def completion(person_id: int) -> ResponseReturnValue:
    """A completion for which HR vouches."""
    one = found(person_id, Permission.RECORD_ADD)
    form = CompletionForm(day=today())
    form.course.choices = course_choices()

    def act() -> None:
        completing.complete_by_hand(
            session(), one, int(form.course.data), form.day.data, form.reason.data, actor(),
            file_id=documents.kept_for(form, person_id),
        )  # fmt: skip

    return change(
        one, form, gettext("Record a completion"), gettext("Record it"), act, tab="people.training", files=True,
        lede=gettext("For what was done on paper or shown to you. It counts like a passed course of that day."),
    )  # fmt: skip


def course_choices() -> list[SelectChoice]:
    """The courses, by title."""
    return [SelectChoice(str(course.course_id), course.title) for course in catalogue.offered(session())]


def learning() -> str:
    """The address of one's own learning page, for mails."""
    return organisation().base_url.rstrip("/") + url_for("learner.home")
