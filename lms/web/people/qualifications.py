"""What a person holds beside their job: licences and their renewals, duties, birth month, policies acknowledged."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.access import Permission
from lms.compliance.sentence import MONTHS
from lms.errors import N_, Message, NotFound
from lms.people import holdings, qualifications
from lms.people.holdings import STATES, Term
from lms.people.kinds import LicenceBasis
from lms.policies import queries as policies
from lms.web.form_page import days
from lms.web.forms import Form
from lms.web.page import actor, needs, session, tell, today
from lms.web.people.people_forms import DAY_NEEDED, NEEDED, last_of
from lms.web.people.person_page import change, decides_about, found, tabs

blueprint = Blueprint("qualifications", __name__, url_prefix="/people/<int:person_id>/qualifications")

BASES = {LicenceBasis.INITIAL: _l("First issued"), LicenceBasis.RENEWAL: _l("Renewed")}
HERE = "qualifications.index"


class LicenceForm(Form):
    """One term of a licence."""

    kind = StringField(
        _l("Kind"), [InputRequired(NEEDED), Length(max=60)], description=_l("As rules name it: RN, MD, BLS.")
    )
    state = SelectField(_l("State"), choices=[])
    number = StringField(_l("Number"), [Optional(), Length(max=60)])
    basis = SelectField(_l("This term"), choices=[SelectChoice(value.value, name) for value, name in BASES.items()])
    issued = DateField(_l("Issued or renewed on"), [InputRequired(DAY_NEEDED)])
    last_day = DateField(
        _l("Last day"), [Optional()], description=_l("The day on which it expires. Leave empty if it never does.")
    )
    renew_by = DateField(_l("Renew by"), [Optional()], description=_l("Only if that is another day than the last one."))
    every_months = IntegerField(
        _l("Renewed every so many months"), [Optional(), NumberRange(1, 240)],
        description=_l("Such as 24. With it, renewals after the last known one are worked out."),
    )  # fmt: skip

    def offer(self) -> None:
        """The states to choose from."""
        self.state.choices = [
            SelectChoice("", gettext("No state issues it")), *(SelectChoice(code, code) for code in sorted(STATES))
        ]  # fmt: skip

    def show(self, term: Term) -> None:
        """Fill in a term that there is."""
        self.kind.data, self.state.data, self.number.data = term.kind, term.state or "", term.number
        self.basis.data, self.issued.data, self.last_day.data = term.basis, term.from_day, last_of(term.to_day)
        self.renew_by.data, self.every_months.data = term.renew_by, term.every_months

    def term(self) -> Term:
        """What the form says."""
        return holdings.term(
            self.kind.data, self.state.data, self.number.data or "", self.issued.data, self.last_day.data,
            renewal=self.basis.data == LicenceBasis.RENEWAL, renew_by=self.renew_by.data,
            every_months=self.every_months.data,
        )  # fmt: skip


class CorrectLicenceForm(LicenceForm):
    """A term was written down wrongly."""

    reason = StringField(_l("Reason"), [InputRequired(NEEDED), Length(max=500)])


class EndLicenceForm(Form):
    """A licence ends early, or was never held."""

    last_day = DateField(
        _l("Last day"), [InputRequired(DAY_NEEDED)],
        description=_l("A day before its first one takes the entry away: it was never held."),
    )  # fmt: skip
    reason = StringField(_l("Reason"), [InputRequired(NEEDED), Length(max=500)])


class DutyForm(Form):
    """A duty somebody has."""

    tag = StringField(
        _l("Duty"), [InputRequired(NEEDED), Length(max=60)],
        description=_l("As rules name it: perinatal, in-home-care, skilled-nursing."),
    )  # fmt: skip
    from_day = DateField(_l("First day"), [InputRequired(DAY_NEEDED)])
    last_day = DateField(_l("Last day"), [Optional()], description=_l("Leave empty while there is no end."))


class LastDutyDayForm(Form):
    """A duty ends."""

    last_day = DateField(
        _l("Last day"), [InputRequired(DAY_NEEDED)],
        description=_l("A day before its first one takes the entry away."),
    )  # fmt: skip
    reason = StringField(_l("Reason"), [InputRequired(NEEDED), Length(max=500)])


class BirthMonthForm(Form):
    """The month somebody was born in."""

    month = SelectField(_l("Month"), choices=[])


@blueprint.get("/")
@needs(Permission.PEOPLE_VIEW)
def index(person_id: int) -> ResponseReturnValue:
    """Everything that rules may ask of a person beside department and job."""
    one = found(person_id, Permission.PEOPLE_VIEW)
    terms = qualifications.terms(session(), person_id)
    runs = [sorted(run, key=lambda term: term.from_day, reverse=True) for run in holdings.runs(terms)]
    month = qualifications.birth_month(session(), person_id)
    return render_template(
        "people/qualifications.html",
        one=one, tabs=tabs(person_id), runs=sorted(runs, key=lambda run: run[0].to_day, reverse=True), bases=BASES,
        duties=reversed(qualifications.tags(session(), person_id)), today=today(), days=days, last_of=last_of,
        month=tell(Message(MONTHS[month - 1])) if month else None,
        agreed=policies.of_person(session(), person_id),
    )  # fmt: skip


@blueprint.route("/licences/new", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def add_licence(person_id: int) -> ResponseReturnValue:
    """A licence that was issued."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    form = LicenceForm(basis=LicenceBasis.INITIAL.value)
    form.offer()
    return change(
        one, form, gettext("Add a licence or certification"), gettext("Add it"),
        lambda: qualifications.record_licence(session(), person_id, form.term(), actor()), tab=HERE,
    )  # fmt: skip


@blueprint.route("/licences/<int:licence_id>/renew", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def renew_licence(person_id: int, licence_id: int) -> ResponseReturnValue:
    """The next term of a licence."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    term = _term(person_id, licence_id)
    last = last_of(term.to_day)
    begins = date.fromordinal(last.toordinal() + 1) if last else None
    fresh = term._replace(basis=LicenceBasis.RENEWAL.value, from_day=begins or today(), to_day=date.max, renew_by=None)
    form = LicenceForm()
    form.offer()
    if not form.is_submitted():
        form.show(fresh)
    return change(
        one, form, gettext("Renew a licence"), gettext("Record the renewal"),
        lambda: qualifications.record_licence(session(), person_id, form.term(), actor()), tab=HERE,
    )  # fmt: skip


@blueprint.route("/licences/<int:licence_id>", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def correct_licence(person_id: int, licence_id: int) -> ResponseReturnValue:
    """A term was written down wrongly."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    term = _term(person_id, licence_id)
    form = CorrectLicenceForm()
    form.offer()
    if not form.is_submitted():
        form.show(term)
    return change(
        one, form, gettext("Correct a licence"), gettext("Save the correction"),
        lambda: qualifications.correct_licence(
            session(), person_id, licence_id, form.term(), actor(), form.reason.data
        ),
        tab=HERE,
    )  # fmt: skip


@blueprint.route("/licences/<int:licence_id>/end", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def end_licence(person_id: int, licence_id: int) -> ResponseReturnValue:
    """A licence ends early, or was never held."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    _term(person_id, licence_id)
    form = EndLicenceForm(last_day=today())
    return change(
        one, form, gettext("End a licence"), gettext("End it"),
        lambda: qualifications.end_licence(
            session(), person_id, licence_id, form.last_day.data, actor(), form.reason.data
        ),
        tab=HERE, kind="danger",
    )  # fmt: skip


@blueprint.route("/duties/new", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def add_duty(person_id: int) -> ResponseReturnValue:
    """A duty from a day on."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    form = DutyForm(from_day=today())
    return change(
        one, form, gettext("Add a duty"), gettext("Add it"),
        lambda: qualifications.give_duty(
            session(), person_id, form.tag.data, form.from_day.data, form.last_day.data, actor()
        ),
        tab=HERE,
    )  # fmt: skip


@blueprint.route("/duties/<int:duty_id>/end", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def end_duty(person_id: int, duty_id: int) -> ResponseReturnValue:
    """A duty ends."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    if duty_id not in {tag.id for tag in qualifications.tags(session(), person_id)}:
        raise NotFound(N_("This entry has been corrected already. Look at the newer one."))
    form = LastDutyDayForm(last_day=today())
    return change(
        one, form, gettext("End a duty"), gettext("End it"),
        lambda: qualifications.end_duty(session(), person_id, duty_id, form.last_day.data, actor(), form.reason.data), tab=HERE,
    )  # fmt: skip


@blueprint.route("/birth-month", methods=["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def set_birth_month(person_id: int) -> ResponseReturnValue:
    """The month somebody was born in, for rules that fall due in it."""
    one = decides_about(person_id, Permission.PEOPLE_EDIT)
    known = qualifications.birth_month(session(), person_id)
    form = BirthMonthForm(month=str(known) if known else "")
    form.month.choices = [
        SelectChoice("", gettext("Not kept")),
        *(SelectChoice(str(number), tell(Message(name))) for number, name in enumerate(MONTHS, 1)),
    ]
    return change(
        one, form, gettext("Birth month"), gettext("Save"),
        lambda: qualifications.set_birth_month(
            session(), person_id, int(form.month.data) if form.month.data else None, actor()
        ),
        tab=HERE,
        lede=gettext("Only some rules ask for it, and only for the month. Day and year are never kept."),
    )  # fmt: skip


def _term(person_id: int, licence_id: int) -> Term:
    term = next((each for each in qualifications.terms(session(), person_id) if each.id == licence_id), None)
    if term is None:
        raise NotFound(N_("This entry has been corrected already. Look at the newer one."))
    return term
