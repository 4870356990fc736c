"""The forms by which HR changes people and departments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.people import listing
from lms.people.actions import OwnData
from lms.people.kinds import DepartmentKind, EmploymentKind
from lms.people.models import Membership, Person
from lms.people.plan import Holding
from lms.people.tree import Tree
from lms.web.forms import Form
from lms.web.page import session

KIND_NAMES = {
    EmploymentKind.EMPLOYEE: _l("Employee"),
    EmploymentKind.CONTRACTOR: _l("Contractor"),
    EmploymentKind.AGENCY: _l("Agency staff"),
    EmploymentKind.STUDENT: _l("Student"),
    EmploymentKind.VOLUNTEER: _l("Volunteer"),
    EmploymentKind.MEDICAL_STAFF: _l("Medical staff, not employed"),
}
LEVEL_NAMES = {
    DepartmentKind.FACILITY: _l("Facility"),
    DepartmentKind.DIVISION: _l("Division"),
    DepartmentKind.DEPARTMENT: _l("Department"),
    DepartmentKind.UNIT: _l("Unit"),
}

NEEDED = _l("Fill this in.")
DAY_NEEDED = _l("Enter a day.")


def department_names(tree: Tree, allowed: frozenset[int] | None) -> list[tuple[str, str]]:
    """(id, name indented by depth) of the departments that may be chosen, in tree order."""
    indent = "\u2003"
    return [
        (str(node.id), indent * level + node.name)
        for level, node in tree.walk()
        if allowed is None or node.id in allowed
    ]


def department_choices(tree: Tree, allowed: frozenset[int] | None) -> list[SelectChoice]:
    """The same for a form."""
    return choices_of(department_names(tree, allowed))


def choices_of(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """(value, label) as a form takes them."""
    return [SelectChoice(value, label) for value, label in pairs]


def day_field(label: Any, description: Any = "", *, needed: bool = True) -> DateField:
    """A day that must be given, or may be left out."""
    rule = InputRequired(DAY_NEEDED) if needed else Optional()
    return DateField(label, [rule], description=description)


def reason_field(description: Any = "") -> StringField:
    """Why: never left out."""
    return StringField(_l("Reason"), [InputRequired(NEEDED), Length(max=500)], description=description)


class OwnDataForm(Form):
    """What a person is called and how they are reached."""

    given_name = StringField(_l("Given name"), [Length(max=200)])
    family_name = StringField(_l("Family name"), [InputRequired(NEEDED), Length(max=200)])
    email = StringField(_l("E-mail address"), [Optional(), Length(max=254)])
    language = StringField(
        _l("Preferred language"), [Optional(), Length(max=35)], description=_l("A code such as en, es or vi.")
    )
    zone = StringField(
        _l("Time zone"),
        [Optional(), Length(max=60)],
        description=_l("Such as America/Chicago; only for people elsewhere."),
    )

    def validate_zone(self, field: Field) -> None:
        """Only a zone that exists."""
        if field.data and field.data not in available_timezones():
            raise ValidationError(gettext("This time zone is not known."))

    def own(self) -> OwnData:
        """What the form says."""
        return OwnData(
            self.given_name.data or "", self.family_name.data or "", self.email.data or None,
            self.language.data or None, self.zone.data or None,
        )  # fmt: skip

    def show(self, person: Person) -> None:
        """Show what is known."""
        for name in ("given_name", "family_name", "email", "language", "zone"):
            getattr(self, name).data = getattr(person, name)


class HoldingForm(Form):
    """What somebody is and where."""

    department = SelectField(_l("Department"))
    job = StringField(_l("Job"), [InputRequired(NEEDED), Length(max=200)])
    profession = StringField(_l("Profession"), [Optional(), Length(max=200)])
    patient_contact = BooleanField(_l("Has contact with patients"))
    supervisor = StringField(_l("Supervisor’s employee number"), [Optional(), Length(max=200)])
    _supervisor_id: int | None = None

    def offer(self, choices: list[SelectChoice]) -> None:
        """Set the departments that may be chosen."""
        self.department.choices = choices

    def validate_supervisor(self, field: Field) -> None:
        """Somebody must have the number."""
        if (field.data or "").strip():
            found = listing.by_number(session(), field.data)
            if found is None:
                raise ValidationError(gettext("Nobody has this employee number."))
            self._supervisor_id = found.id

    def holding(self) -> Holding:
        """What the form says."""
        return Holding(
            int(self.department.data), (self.job.data or "").strip(), (self.profession.data or "").strip(),
            bool(self.patient_contact.data), self._supervisor_id,
        )  # fmt: skip

    def show_held(self, held: Membership, supervisor: Person | None) -> None:
        """Show what is held."""
        self.department.data = str(held.department_id)
        self.job.data, self.profession.data = held.job, held.profession
        self.patient_contact.data = held.patient_contact
        self.supervisor.data = supervisor.number if supervisor else ""


class MoveForm(HoldingForm):
    """Another department or job from a day on."""

    from_day = day_field(_l("From"), _l("The first day in the new place. Figures for earlier days stay as they are."))
    reason = StringField(_l("Reason"), [Optional(), Length(max=500)])


class AlsoForm(HoldingForm):
    """A second place beside the primary one."""

    from_day = day_field(_l("From"))
    last_day = day_field(_l("Last day"), needed=False)


class CorrectMembershipForm(HoldingForm):
    """What was written down wrongly, right."""

    from_day = day_field(_l("First day"))
    last_day = day_field(
        _l("Last day"), _l("Included. Leave empty while it goes on until the employment ends."), needed=False
    )
    reason = reason_field(_l("Kept in the audit log. Figures follow, also those of past days."))


class CorrectEmploymentForm(Form):
    """An employment that was written down wrongly."""

    kind = SelectField(_l("Kind"), choices=choices_of(KIND_NAMES.items()))
    from_day = day_field(_l("First day"))
    last_day = day_field(_l("Last day"), _l("Included. Leave empty while there is no end."), needed=False)
    reason = reason_field(_l("Kept in the audit log. Figures follow, also those of past days."))


class EndForm(Form):
    """Somebody leaves."""

    last_day = day_field(
        _l("Last day"), _l("The last day on which they belong here. The account closes the day after.")
    )
    reason = StringField(_l("Reason"), [Optional(), Length(max=500)])


class RehireForm(HoldingForm):
    """Somebody comes back."""

    kind = SelectField(_l("Kind"), choices=choices_of(KIND_NAMES.items()))
    from_day = day_field(_l("First day"))
    last_day = day_field(_l("Last day"), _l("Leave empty while there is no end."), needed=False)


class AddForm(OwnDataForm, HoldingForm):
    """Somebody new."""

    number = StringField(_l("Employee number"), [InputRequired(NEEDED), Length(max=200)])
    source = StringField(
        _l("System the number comes from"),
        [InputRequired(NEEDED), Length(max=60)],
        description=_l("As in imports, so that the next file finds this person."),
    )
    kind = SelectField(_l("Kind"), choices=choices_of(KIND_NAMES.items()))
    from_day = day_field(_l("First day"))
    last_day = day_field(_l("Last day"), _l("Leave empty while there is no end."), needed=False)


class LastDayForm(Form):
    """A second place ends."""

    last_day = day_field(_l("Last day"))


class DepartmentForm(Form):
    """A department as it is from a day on."""

    name = StringField(_l("Name"), [InputRequired(NEEDED), Length(max=200)])
    kind = SelectField(_l("Level"), choices=choices_of(LEVEL_NAMES.items()))
    parent = SelectField(_l("Below"))
    from_day = day_field(_l("From"), _l("Figures for earlier days stay as they are."))

    @property
    def parent_id(self) -> int | None:
        """The department above; None at the top."""
        return int(self.parent.data) if self.parent.data else None


class NewDepartmentForm(DepartmentForm):
    """A new department."""

    code = StringField(
        _l("Code"),
        [InputRequired(NEEDED), Length(max=60)],
        description=_l("As the HR system writes it. It never changes."),
    )


class MergeForm(Form):
    """One department becomes part of another."""

    into = SelectField(_l("Into"))
    from_day = day_field(
        _l("From"), _l("From this day its people and the departments below it belong to the other one.")
    )


class CloseForm(Form):
    """A department is no more."""

    from_day = day_field(_l("From"), _l("The first day on which it no longer exists."))


def last_of(to_day: date) -> date | None:
    """The inclusive last day of a stretch, as people say it; None without an end."""
    return None if to_day.year == 9999 else date.fromordinal(to_day.toordinal() - 1)
