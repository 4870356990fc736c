"""The forms of the organisation's settings, for set-up and for the administration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    DecimalField,
    EmailField,
    Field,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional, Regexp, ValidationError

from lms.organisation import MailServer, Organisation
from lms.web.accounts.account import ADDRESS
from lms.web.forms import Form
from lms.web.page import LANGUAGES

ZONES = sorted(
    zone
    for zone in available_timezones()
    if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/", "SystemV/"))
)
OTHER_ZONES = ["UTC"]


class OrganisationForm(Form):
    """Who, where, in which language, and under which address."""

    name = StringField(_l("Name of the organisation"), [DataRequired(_l("Enter the name.")), Length(max=200)])
    zone = SelectField(
        _l("Time zone"),
        choices=[SelectChoice(zone, zone.replace("_", " ")) for zone in [*OTHER_ZONES, *ZONES]],
        description=_l("Due days end at midnight here."),
    )
    language = SelectField(
        _l("Language"),
        choices=[SelectChoice(tag, name) for tag, name in LANGUAGES.items()],
        description=_l("For mails and pages where somebody has not chosen another one."),
    )
    base_url = URLField(
        _l("Address of this site"),
        [DataRequired(_l("Enter the address.")), Length(max=300)],
        description=_l(
            "As people type it, such as https://training.example.org. Links in mails and on certificates begin with it."
        ),
    )
    contact = TextAreaField(
        _l("Whom to ask for help"),
        [Optional(), Length(max=500)],
        description=_l("Shown on every page and in every mail, such as “Education office, ext. 4455”."),
    )

    def validate_base_url(self, field: Field) -> None:
        """Only an address that a browser can open from elsewhere."""
        parts = urlsplit((field.data or "").strip())
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValidationError(gettext("Begin with https:// and the name of the site."))

    def fill(self, own: Organisation) -> None:
        """Show what is set."""
        self.name.data, self.zone.data, self.base_url.data, self.contact.data = (
            own.name,
            own.zone,
            own.base_url,
            own.contact,
        )
        self.language.data = own.languages[0] if own.languages else "en"

    def changed(self, own: Organisation) -> Organisation:
        """The organisation with what the form says."""
        first = self.language.data
        return replace(
            own,
            name=(self.name.data or "").strip(),
            zone=self.zone.data,
            languages=(first, *(tag for tag in LANGUAGES if tag != first)),
            base_url=(self.base_url.data or "").strip().rstrip("/"),
            contact=(self.contact.data or "").strip(),
        )


class SettingsForm(OrganisationForm):
    """All settings."""

    due_soon_days = IntegerField(
        _l("“Due soon” begins so many days before the due day"),
        [DataRequired(_l("Enter a number of days.")), NumberRange(1, 180, _l("Enter a number from 1 to 180."))],
    )
    fuse = DecimalField(
        _l("An import stops and asks when it would end or move more than this share of staff (per cent)"),
        [DataRequired(_l("Enter a share.")), NumberRange(0.1, 100, _l("Enter a number from 0.1 to 100."))],
    )
    mail_host = StringField(
        _l("Mail server (SMTP)"),
        [
            Optional(),
            Length(max=200),
            Regexp(r"^[A-Za-z0-9.\-:]+$", message=_l("Enter a host name, such as smtp.example.org.")),
        ],
        description=_l("Leave empty while there is none: messages then wait."),
    )
    mail_port = IntegerField(
        _l("Port"), [Optional(), NumberRange(1, 65535, _l("Enter a number from 1 to 65535."))], default=587
    )
    mail_security = SelectField(
        _l("Encryption"),
        choices=[
            SelectChoice("starttls", _l("STARTTLS (usual with port 587)")),
            SelectChoice("tls", _l("TLS from the start (usual with port 465)")),
            SelectChoice("none", _l("None (only inside a trusted network)")),
        ],
    )
    mail_username = StringField(_l("User name"), [Optional(), Length(max=200)])
    mail_password = PasswordField(
        _l("Password of the mail server"),
        [Optional(), Length(max=500)],
        description=_l("Leave empty to keep the one that is set."),
    )
    mail_sender = EmailField(
        _l("Sender's address"),
        [
            Optional(),
            Length(max=254),
            Regexp(ADDRESS, message=_l("This is not an e-mail address, such as name@example.org.")),
        ],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """A mail server needs a sender."""
        good: bool = super().validate(extra_validators)
        if good and self.mail_host.data and not self.mail_sender.data:
            self.mail_sender.errors = [gettext("Enter the address that mails come from.")]
            return False
        return good

    def fill(self, own: Organisation) -> None:
        """Show what is set; never the password."""
        super().fill(own)
        self.due_soon_days.data, self.fuse.data = own.due_soon_days, round(own.import_fuse * 100, 1)
        if own.mail is not None:
            self.mail_host.data, self.mail_port.data, self.mail_security.data = (
                own.mail.host,
                own.mail.port,
                own.mail.security,
            )
            self.mail_username.data, self.mail_sender.data = own.mail.username, own.mail.sender

    def changed(self, own: Organisation) -> Organisation:
        """The organisation with what the form says; an empty password keeps the one that was set, for the same server only."""
        mail = None
        if self.mail_host.data:
            kept = own.mail.password if own.mail is not None and own.mail.host == self.mail_host.data else ""
            mail = MailServer(
                host=self.mail_host.data,
                port=self.mail_port.data or 587,
                username=self.mail_username.data or "",
                password=self.mail_password.data or kept,
                security=self.mail_security.data,
                sender=self.mail_sender.data or "",
            )
        fuse = float(self.fuse.data) / 100
        return replace(super().changed(own), due_soon_days=self.due_soon_days.data, import_fuse=fuse, mail=mail)


class SetupForm(OrganisationForm):
    """First run: the organisation, its first administrator, and the proof that one may."""

    code = StringField(
        _l("Set-up code"),
        [DataRequired(_l("Enter the code."))],
        description=_l("Attune prints it where it was started (in the terminal or the service's log)."),
    )
    number = StringField(
        _l("Your employee number"),
        [DataRequired(_l("Enter your number.")), Length(max=100)],
        description=_l("As HR writes it, so that the staff import finds you."),
    )
    given_name = StringField(_l("Given name"), [DataRequired(_l("Enter your name.")), Length(max=200)])
    family_name = StringField(_l("Family name"), [DataRequired(_l("Enter your name.")), Length(max=200)])
    email = EmailField(
        _l("E-mail address"),
        [
            Optional(),
            Length(max=254),
            Regexp(ADDRESS, message=_l("This is not an e-mail address, such as name@example.org.")),
        ],
    )
