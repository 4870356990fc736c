"""The same decision for a pasted list of people: each through the action of the form for one person, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import lazy_gettext as _l
from wtforms import DateField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from lms.access import Permission
from lms.compliance import actions as compliance
from lms.compliance import more_time, store
from lms.compliance import queries as requirements
from lms.compliance.one_person import exempt_on
from lms.errors import N_, AttuneError, Conflict, Invalid
from lms.flows import allowing, certifying, completing, staffing
from lms.people import actions as people
from lms.people.models import Person
from lms.records import queries as records
from lms.records.models import TrainingRecord
from lms.web.page import actor, needs, session, today
from lms.web.people import documents, several
from lms.web.people.decided import course_choices, learning
from lms.web.people.people_forms import DAY_NEEDED, CompletionForm, ExemptionForm, LeaveForm, MoreTimeForm, ReasonForm
from lms.web.people.several import ListForm, Outcome, Task, attempted
from lms.web.words import gettext, ngettext

blueprint = Blueprint("many", __name__, url_prefix="/people/list")

EVERY = "all"

One = Callable[[Person, int | None], object]
"""What is done for one person, with the id of the document that stands behind it."""


class ExemptionsForm(ExemptionForm, ListForm):
    """An exemption for several; the document is chosen when everybody has been looked at."""

    document = None


class LeavesForm(LeaveForm, ListForm):
    """A leave for several."""

    document = None


class MoreTimesForm(MoreTimeForm, ListForm):
    """Another due day for several."""

    document = None


class CompletionsForm(CompletionForm, ListForm):
    """A completion of several."""

    document = None


class RevocationsForm(ReasonForm, ListForm):
    """Records of several that no longer count."""

    course = CompletionForm.course
    first_day = DateField(_l("Completed from"), [InputRequired(DAY_NEEDED)])
    last_day = DateField(_l("Completed until"), [InputRequired(DAY_NEEDED)], description=_l("Included."))


@blueprint.get("/")
@needs(Permission.EXEMPTION_EDIT)
def index() -> ResponseReturnValue:
    """What can be done for a list of people."""
    return render_template("people/list.html")


@blueprint.route("/exemption", methods=["GET", "POST"])
@needs(Permission.EXEMPTION_EDIT)
def exemption() -> ResponseReturnValue:
    """Excuse several people from a requirement, or from all."""
    form = ExemptionsForm(from_day=today())
    titles = _titles()
    form.requirement.choices = [
        *(SelectChoice(str(ident), title) for ident, title in titles.items()),
        SelectChoice(EVERY, gettext("All requirements")),
    ]

    def which() -> int | None:
        return None if form.requirement.data == EVERY else int(form.requirement.data)

    def one(person: Person, file_id: int | None) -> None:
        compliance.exempt(
            session(), person.id, which(), form.from_day.data, form.last_day.data, form.reason.data, actor(),
            file_id=file_id, follow=False,
        )  # fmt: skip

    def attempt(person: Person) -> Outcome:
        covered = exempt_on(session(), person.id, which(), form.from_day.data)
        found = attempted(lambda: one(person, None), gettext("Exempt %(days)s", days=_days(form)))
        if covered and not found.problem:
            return Outcome(found.words, warning=gettext("Exempt on the first of these days already."))
        return found

    def said() -> str:
        title = titles.get(which() or 0, gettext("All requirements"))
        return gettext(
            "Exempt from “%(title)s” %(days)s. Reason: %(reason)s",
            title=title,
            days=_days(form),
            reason=form.reason.data,
        )

    return _page(
        form,
        one,
        attempt,
        said,
        gettext("Exemptions for a list"),
        gettext("Grant the exemption"),
        Permission.EXEMPTION_EDIT,
    )


@blueprint.route("/leave", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def leave() -> ResponseReturnValue:
    """A leave of absence of several people on the same days."""
    form = LeavesForm(from_day=today())

    def one(person: Person, file_id: int | None) -> None:
        people.record_leave(
            session(), person.id, form.kind.data, form.reason.data, form.from_day.data, form.last_day.data, actor(),
            file_id=file_id,
        )  # fmt: skip

    def attempt(person: Person) -> Outcome:
        return attempted(lambda: one(person, None), gettext("On leave %(days)s", days=_days(form)))

    def said() -> str:
        return gettext("On leave %(days)s. Reason: %(reason)s", days=_days(form), reason=form.reason.data)

    return _page(
        form, one, attempt, said, gettext("A leave for a list"), gettext("Record the leave"), Permission.PEOPLE_EDIT
    )


@blueprint.route("/more-time", methods=["GET", "POST"], endpoint="more_time")
@needs(Permission.EXTENSION_DECIDE)
def give_more_time() -> ResponseReturnValue:
    """Another due day for several people."""
    form = MoreTimesForm()
    titles = _titles()
    form.requirement.choices = [SelectChoice(str(ident), title) for ident, title in titles.items()]

    def one(person: Person, file_id: int | None) -> None:
        allowing.give_more_time(
            session(), person.id, int(form.requirement.data), form.until.data, reason=form.reason.data, link=learning(),
            actor=actor(), file_id=file_id, follow=False,
        )  # fmt: skip

    def attempt(person: Person) -> Outcome:
        turns: list[more_time.Turn] = []

        def act() -> None:
            given = more_time.give(
                session(), person.id, int(form.requirement.data), form.until.data, form.reason.data, today(), actor(),
                follow=False,
            )  # fmt: skip
            turns.append(given)

        return attempted(
            act,
            lambda: gettext(
                "Due by %(until)s instead of %(due)s", until=format_date(form.until.data), due=format_date(turns[0].due)
            ),
        )

    def said() -> str:
        return gettext(
            "“%(title)s” due by %(day)s. Reason: %(reason)s",
            title=titles[int(form.requirement.data)], day=format_date(form.until.data), reason=form.reason.data,
        )  # fmt: skip

    return _page(
        form,
        one,
        attempt,
        said,
        gettext("More time for a list"),
        gettext("Move the due day"),
        Permission.EXTENSION_DECIDE,
    )


@blueprint.route("/completion", methods=["GET", "POST"])
@needs(Permission.RECORD_ADD)
def completion() -> ResponseReturnValue:
    """Several people completed a course on the same day, as HR vouches."""
    form = CompletionsForm(day=today())
    form.course.choices = course_choices()

    def one(person: Person, file_id: int | None) -> None:
        completing.complete_by_hand(
            session(),
            person,
            int(form.course.data),
            form.day.data,
            form.reason.data,
            actor(),
            file_id=file_id,
            follow=False,
        )

    def attempt(person: Person) -> Outcome:
        return attempted(lambda: one(person, None), gettext("Completed on %(day)s", day=format_date(form.day.data)))

    def said() -> str:
        return gettext(
            "“%(title)s” completed on %(day)s. Reason: %(reason)s",
            title=_course(form), day=format_date(form.day.data), reason=form.reason.data,
        )  # fmt: skip

    return _page(
        form,
        one,
        attempt,
        said,
        gettext("Completions for a list"),
        gettext("Record the completion"),
        Permission.RECORD_ADD,
    )


@blueprint.route("/revocation", methods=["GET", "POST"])
@needs(Permission.RECORD_REVOKE)
def revocation() -> ResponseReturnValue:
    """Records of several people of the same course no longer count."""
    form = RevocationsForm(last_day=today())
    form.course.choices = course_choices()

    def wrong(person: Person) -> Sequence[TrainingRecord]:
        return records.standing(session(), person.id, int(form.course.data), form.first_day.data, form.last_day.data)

    def one(person: Person, file_id: int | None) -> None:
        found = wrong(person)
        if not found:
            raise Conflict(N_("Has no record of this course from these days that counts."))
        for record in found:
            certifying.revoke_record(
                session(), record, reason=form.reason.data, actor=actor(), file_id=file_id, follow=False
            )

    def attempt(person: Person) -> Outcome:
        days = ", ".join(format_date(record.completed_on) for record in wrong(person))
        return attempted(lambda: one(person, None), gettext("Revokes what was completed on %(days)s", days=days))

    def said() -> str:
        return gettext(
            "“%(title)s”, completed from %(first)s to %(last)s, no longer counts. Reason: %(reason)s",
            title=_course(form), first=format_date(form.first_day.data),
            last=format_date(form.last_day.data), reason=form.reason.data,
        )  # fmt: skip

    return _page(
        form,
        one,
        attempt,
        said,
        gettext("Revoke records of a list"),
        gettext("Revoke the records"),
        Permission.RECORD_REVOKE,
    )


# --- what they share --------------------------------------------------------------------------------------------------


def _page(
    form: Any,
    one: One,
    attempt: Callable[[Person], Outcome],
    said: Callable[[], str],
    title: str,
    label: str,
    permission: Permission,
) -> ResponseReturnValue:
    def act(chosen: Sequence[Person]) -> str:
        ids = [person.id for person in chosen]
        store.lock(session(), ids)  # all at once and in one order, so that two lists never wait for each other
        files = documents.kept(documents.sent(), ids)
        for person in chosen:
            try:
                one(person, files.get(person.id))
            except AttuneError as error:
                raise Conflict(
                    N_("%(name)s: %(why)s Nothing was changed for anybody."),
                    name=person.display_name,
                    why=error.message,
                ) from None
        staffing.people_changed(session(), ids, actor())
        return url_for("many.index")

    def check() -> None:
        first, last = form.data.get("from_day") or form.data.get("first_day"), form.data.get("last_day")
        if isinstance(first, date) and isinstance(last, date) and last < first:
            raise Invalid(N_("The last day lies before the first day."))

    if request.method == "GET":
        form.people.data = request.args.get("people", "").strip()[:200]
    return several.page(
        Task(
            form, title, label, permission, attempt, act, said, url_for("many.index"),
            [(gettext("People"), url_for("people.index")), (gettext("For a list of people"), url_for("many.index"))],
            done=lambda number: ngettext("Done for %(num)s person.", "Done for %(num)s people.", number), check=check, document=True,
        )
    )  # fmt: skip


def _titles() -> dict[int, str]:
    return {
        version.requirement_id: version.title
        for version, _ in requirements.requirements(session(), today(), settled=False)
    }


def _days(form: Any) -> str:
    first, last = form.from_day.data, form.last_day.data
    if last is None:
        return gettext("from %(first)s on, without an end", first=format_date(first))
    return gettext("from %(first)s to %(last)s", first=format_date(first), last=format_date(last))


def _course(form: Any) -> str:
    """The title of the course that was chosen."""
    return next(str(choice.label) for choice in form.course.choices if choice.value == form.course.data)
