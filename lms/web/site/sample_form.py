"""The form of the style page: one field of each kind, some of them filled in wrongly on purpose."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    Form,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Optional


class SampleForm(Form):
    """Fields as the pages use them. It is never sent anywhere."""

    name = StringField(_l("Full name"), [DataRequired(_l("Give the name as it should stand on the certificate."))])
    number = StringField(_l("Employee number"), [DataRequired()], description=_l("On the badge, such as RB-20417."))
    email = EmailField(_l("E-mail"), [Optional()])
    password = PasswordField(_l("Password"), [DataRequired(_l("Enter your password."))])
    hired = DateField(_l("Hired on"), [DataRequired()])
    language = SelectField(
        _l("Language"),
        choices=[SelectChoice("en", "English"), SelectChoice("es", "Español"), SelectChoice("vi", "Tiếng Việt")],
    )
    contact = RadioField(
        _l("Patient contact"),
        [DataRequired(_l("Say whether this person meets patients."))],
        choices=[SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No"))],
    )
    note = TextAreaField(_l("Reason"), [Optional()], description=_l("Whoever reads the record later will see it."))
    paper = FileField(_l("Certificate from elsewhere"), [Optional()], description=_l("PDF or picture, up to 10 MB."))
    agreed = BooleanField(_l("Send an invitation now"))


def sample_form() -> SampleForm:
    """The form as it looks after having been sent with mistakes."""
    form = SampleForm(MultiDict({"number": "RB-20417", "hired": "2025-06-02", "language": "es", "name": ""}))
    form.validate()
    return form
