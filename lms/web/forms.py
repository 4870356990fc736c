"""The base of every form. What WTForms finds wrong is said in our words: what to enter, in the language of the page."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.i18n import translations

from lms.web.words import ngettext

SAID = {
    "This field is required.": _l("Fill this in."),
    "Not a valid choice.": _l("Choose one of the entries of the list."),
    "Invalid Choice: could not coerce.": _l("Choose one of the entries of the list."),
    "Invalid choice(s): one or more data inputs could not be coerced.": _l("Choose from the entries of the list."),
    "'%(value)s' is not a valid choice for this field.": _l("Choose from the entries of the list."),
    "Not a valid date value.": _l("Write it as year-month-day: 2026-06-30."),
    "Not a valid integer value.": _l("Write digits only."),
    "Not a valid decimal value.": _l("Enter a number."),
    "Number must be at least %(min)s.": _l("Enter a number of %(min)s or more."),
    "Number must be at most %(max)s.": _l("Enter a number of %(max)s or less."),
    "Number must be between %(min)s and %(max)s.": _l("Enter a number from %(min)s to %(max)s."),
}
"""What WTForms says, and what we say instead; the places in it are filled by WTForms."""


class _Messages:
    """The translations that WTForms asks for its own messages."""

    def gettext(self, text: str) -> str:
        return str(SAID[text]) if text in SAID else str(translations.gettext(text))

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        if singular == "Field cannot be longer than %(max)d character.":  # WTForms fills the place that we leave for it
            place = "%(max)d"
            return ngettext("Write at most %(max)s character.", "Write at most %(max)s characters.", number, max=place)
        return str(SAID[singular]) if singular in SAID else str(translations.ngettext(singular, plural, number))


class Form(FlaskForm):
    """A form of this program."""

    class Meta(FlaskForm.Meta):
        """Where the messages come from."""

        def get_translations(self, form: object) -> _Messages:
            """Ours, whatever the form."""
            return _Messages()
