"""The forms by which HR decides: what they ask for, for one person and for a list alike."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.people.kinds import LeaveKind
from lms.web.forms import Form
from lms.web.people.people_forms import NEEDED, choices_of, day_field, reason_field

LEAVE_NAMES = {
    LeaveKind.STOPS: _l("Due days wait until the return (usual)"),
    LeaveKind.EXTENDS: _l("Due days and validity move by the days of leave"),
    LeaveKind.FRESH_WINDOW: _l("The first-time window begins anew on return"),
    LeaveKind.NONE: _l("Due days stay as they are"),
}

LONGEST = 500
"""Characters of a reason."""


class ExemptionForm(Form):
    """HR excuses somebody."""

    requirement = SelectField(_l("Requirement"))
    from_day = day_field(_l("First day"))
    last_day = day_field(_l("Last day"), _l("Leave empty if it goes on until it is ended."), needed=False)
    reason = reason_field(_l("Auditors read it. Never a diagnosis."))


class LeaveForm(Form):
    """A leave of absence."""

    from_day = day_field(_l("First day"))
    last_day = day_field(_l("Last day"), _l("Leave empty while it is not known."), needed=False)
    kind = SelectField(_l("What it does to due days"), choices=choices_of(LEAVE_NAMES.items()))
    reason = reason_field(_l("A word such as “family leave”. Never a diagnosis."))


class MoreTimeForm(Form):
    """HR moves a due day without being asked."""

    requirement = SelectField(_l("What is due"))
    until = day_field(
        _l("New due day"),
        _l("The last good day. It lies after the due day that stands, and before the next one would come."),
    )
    reason = reason_field(_l("Auditors read it. Never a diagnosis."))


class CompletionForm(Form):
    """HR vouches that somebody completed a course."""

    course = SelectField(_l("Course"))
    day = day_field(_l("Completed on"))
    reason = reason_field(_l("How you know, such as “signed sheet of the skills lab”. Auditors read it."))


class RevokeForm(Form):
    """Why a record no longer counts."""

    reason = TextAreaField(_l("Reason"), [InputRequired(NEEDED), Length(max=LONGEST)])


class RevocationForm(RevokeForm):
    """Which records of a course no longer count, and why."""

    course = SelectField(_l("Course"))
    first_day = day_field(_l("Completed from"))
    last_day = day_field(_l("Completed until"), _l("Included."))


class AssignForm(Form):
    """What is asked, until when and why."""

    course = SelectField(_l("Course"))
    due = day_field(_l("Due by"), _l("The last good day."))
    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(NEEDED), Length(max=LONGEST)],
        description=_l("For HR and auditors. Never a diagnosis, and no patient’s name."),
    )
    shown = StringField(
        _l("What the person reads"),
        [Optional(), Length(max=LONGEST)],
        description=_l("Stands on their page as the reason. Managers see it as well."),
    )


class AttendanceForm(Form):
    """The live session somebody was at."""

    live = SelectField(_l("Session"))


class EndForm(Form):
    """With which day something ends, and why."""

    last_day = day_field(
        _l("Last day"), _l("A day before the first one withdraws it: as known from now on, it never was.")
    )
    reason = reason_field(_l("Why it ends or is withdrawn. Auditors read it."))


class CertificateForm(Form):
    """The name as it should stand on a certificate, and why it is issued again."""

    name = StringField(_l("Name on the certificate"), [InputRequired(NEEDED), Length(max=200)])
    reason = TextAreaField(_l("Reason"), [InputRequired(NEEDED), Length(max=LONGEST)])


class Documented(Form):
    """What may stand behind a decision about one person. It is the last field, because it is made last."""

    document = FileField(
        _l("Document"),
        [Optional()],
        description=_l("A PDF, a picture or plain text that stands behind it; at most 10 MB. Never a diagnosis."),
    )


class RevokeOneForm(RevokeForm, Documented):
    """Why one record no longer counts."""
