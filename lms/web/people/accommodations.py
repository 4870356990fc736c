"""Accommodations for tests: what a person is given beyond what courses allow, why, and by whom. For those who decide, and auditors."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.access import Permission, may
from lms.errors import N_, AttuneError, Message
from lms.flows import allowing
from lms.learning import accommodations
from lms.learning.accommodations import LONGEST, Given
from lms.learning.models import Accommodation
from lms.people.models import Person
from lms.web.forms import Form
from lms.web.page import actor, commit, needs, roll_back, say, session, tell, today, viewer
from lms.web.people.people_forms import last_of
from lms.web.people.person_page import decides_about, found
from lms.web.words import gettext, ngettext

blueprint = Blueprint("accommodations", __name__, url_prefix="/accommodations")

TIMES = {
    "": _l("No more time"),
    "125": _l("A quarter more (1.25 times the limit)"),
    "150": _l("Half as much again (1.5 times)"),
    "200": _l("Twice the time"),
    "minutes": _l("A number of minutes more"),
    "unlimited": _l("No time limit"),
}
ATTEMPTS = {"0": _l("No more"), "1": "1", "2": "2", "3": "3", "4": "4", "5": "5"}


class GiveForm(Form):
    """What is given, when, and why."""

    time = RadioField(_l("More time"), choices=[SelectChoice(*each) for each in TIMES.items()], default="")
    minutes = IntegerField(
        _l("Minutes more"), [Optional(), NumberRange(1, 480)], description=_l("Only with “a number of minutes more”.")
    )
    attempts = SelectField(
        _l("More attempts at each test"), choices=[SelectChoice(*each) for each in ATTEMPTS.items()], default="0"
    )
    from_day = DateField(_l("First day"), [InputRequired(_l("Enter a day."))])
    last_day = DateField(_l("Last day"), [Optional()], description=_l("Leave empty if it goes on until it is ended."))
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Fill this in.")), Length(max=LONGEST)],
        description=_l(
            "Managers and HR of this person and auditors read it, nobody else. Write what was agreed, never a diagnosis."
        ),
    )

    def given(self) -> Given:
        """What was chosen."""
        time = self.time.data or ""
        return Given(
            percent=int(time) if time.isdecimal() else None,
            minutes=(self.minutes.data or 0) if time == "minutes" else None,
            unlimited=time == "unlimited",
            attempts=int(self.attempts.data),
        )


class EndForm(Form):
    """The last day on which it holds."""

    last_day = DateField(_l("Last day"), [InputRequired(_l("Enter a day."))])


def words(row: Accommodation) -> list[str]:
    """What somebody is given, as phrases."""
    said = []
    if row.unlimited:
        said.append(gettext("no time limit"))
    elif row.time_percent:
        said.append(gettext("%(factor)s times the time", factor=f"{row.time_percent / 100:g}"))
    elif row.extra_minutes:
        said.append(ngettext("%(num)s minute more", "%(num)s minutes more", row.extra_minutes))
    if row.extra_attempts:
        said.append(ngettext("%(num)s more attempt", "%(num)s more attempts", row.extra_attempts))
    return said


@blueprint.get("/<int:person_id>")
@needs(Permission.ACCOMMODATION_VIEW)
def show(person_id: int) -> ResponseReturnValue:
    """What holds for one person, what held, and a form to give more."""
    return _page(found(person_id, Permission.ACCOMMODATION_VIEW), GiveForm(formdata=None, from_day=today()))


@blueprint.post("/<int:person_id>")
@needs(Permission.ATTEMPT_GRANT)
def give(person_id: int) -> ResponseReturnValue:
    """Give more time or attempts; a running attempt is lengthened at once."""
    one = decides_about(person_id, Permission.ATTEMPT_GRANT)
    form = GiveForm()
    if not form.validate():
        return _page(one, form, status=422)
    try:
        allowing.accommodate(
            session(),
            person_id,
            form.given(),
            first_day=form.from_day.data,
            last_day=form.last_day.data,
            reason=form.reason.data,
            actor=actor(),
        )
    except AttuneError as refused:
        roll_back()
        return _page(found(person_id, Permission.ATTEMPT_GRANT), form, refused.message, refused.status)
    commit()
    say(
        gettext(
            "It holds for %(name)s from the first day on, also for an attempt that is running.", name=one.display_name
        )
    )
    return redirect(url_for("accommodations.show", person_id=person_id), 303)


@blueprint.post("/<int:person_id>/<int:accommodation_id>/end")
@needs(Permission.ATTEMPT_GRANT)
def end(person_id: int, accommodation_id: int) -> ResponseReturnValue:
    """It holds through a day and no longer."""
    one = decides_about(person_id, Permission.ATTEMPT_GRANT)
    form = EndForm()
    row = accommodations.one(session(), person_id, accommodation_id)
    if not form.validate():
        return _page(one, GiveForm(formdata=None, from_day=today()), Message(N_("Enter a day.")), 422)
    try:
        allowing.end_accommodation(session(), row, form.last_day.data, actor())
    except AttuneError as refused:
        roll_back()
        blank = GiveForm(formdata=None, from_day=today())
        return _page(found(person_id, Permission.ATTEMPT_GRANT), blank, refused.message, refused.status)
    commit()
    say(gettext("The last day is set. Attempts that are running keep the time they have."))
    return redirect(url_for("accommodations.show", person_id=person_id), 303)


def _page(one: Person, form: GiveForm, refused: Message | None = None, status: int = 200) -> ResponseReturnValue:
    rows = accommodations.of_person(session(), one.id)
    return render_template(
        "accommodations/show.html",
        one=one,
        form=form,
        refused=[(tell(refused), None)] if refused else [],
        rows=[(each, words(each.row), _standing(each.row, today())) for each in rows],
        may_decide=may(viewer(), Permission.ATTEMPT_GRANT) and one.id != viewer().person_id,
        from_people=may(viewer(), Permission.PEOPLE_VIEW),
        today=today(),
        last_of=last_of,
    ), status


def _standing(row: Accommodation, day: date) -> str:
    if row.to_day <= day:
        return "over"
    return "coming" if row.from_day > day else "now"
