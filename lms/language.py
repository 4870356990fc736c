"""Languages outside a request: texts and dates in the language of the person a mail or certificate goes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from lms.errors import Message

TRANSLATIONS = Path(__file__).resolve().parent / "translations"


USUAL_PLACES = {"es": "es-US"}
"""Where a language without a country is spoken, when that changes how numbers and hours are written: 87.5% and 2:05 p.m. here."""


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The locale of a BCP 47 tag; English for one that is not known."""
    try:
        return Locale.parse(USUAL_PLACES.get(language, language), sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")


@cache
def texts(language: str) -> NullTranslations:
    """The translations into a language; English where there are none."""
    return Translations.load(TRANSLATIONS, [str(locale_of(language))])


def gettext_in(language: str) -> Callable[[str], str]:
    """A ``gettext`` for one language."""
    return texts(language).ugettext


def long_day(value: date, language: str) -> str:
    """A day written out in a language."""
    return format_date(value, "long", locale=locale_of(language))


@dataclass(frozen=True, slots=True)
class Voice:
    """Sentences, days and numbers as a reader of ``language`` (BCP 47) writes them; English where a sentence is not translated.

    The methods are called as the extractor of texts knows them: ``_`` and ``ngettext``.
    """

    language: str

    def gettext(self, text: str, **values: object) -> str:
        """A sentence with its ``%(name)s`` places filled; days in it are written out."""
        return self.tell(Message(text, values))

    def ngettext(self, one: str, many: str, num: int, **values: object) -> str:
        """The sentence for a number; ``%(num)s`` is the number as the reader writes it."""
        told = {name: self._told(value) for name, value in values.items()}
        return texts(self.language).ungettext(one, many, num) % {"num": self.number(num), **told}

    def tell(self, message: Message) -> str:
        """A message of the layers below."""
        text = texts(self.language).ugettext(message.msgid) if message.msgid else ""
        return text % {name: self._told(value) for name, value in message.params.items()} if message.params else text

    def day(self, value: date) -> str:
        """A day written out."""
        return long_day(value, self.language)

    def short_day(self, value: date) -> str:
        """A day for a table."""
        return format_date(value, "medium", locale=locale_of(self.language))

    def number(self, value: float) -> str:
        """A number."""
        return format_decimal(value, locale=locale_of(self.language))

    def _told(self, value: object) -> object:
        if isinstance(value, Message):
            return self.tell(value)
        return self.day(value) if isinstance(value, date) else value
