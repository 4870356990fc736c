"""Languages outside a request: texts and dates in the language of the person a mail or certificate goes to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.support import NullTranslations, Translations

TRANSLATIONS = Path(__file__).resolve().parent / "translations"


USUAL_PLACES = {"es": "es-US"}
"""Where a language without a country is spoken, when that changes how numbers and hours are written: 87.5% and 2:05 p.m. here."""


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
