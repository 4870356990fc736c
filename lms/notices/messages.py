"""The words of a mail: a text template for each kind in ``templates/email/``, in the language of the person it goes to.

The first line of a template is the subject, the rest after a blank line is the body. Mails are plain text: they arrive
everywhere, and a link in them is the link that is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_time
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from lms.language import locale_of, long_day, texts

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "email"


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says."""

    subject: str
    body: str


def compose(kind: str, language: str, zone: str, **values: object) -> Words:
    """The subject and body of a mail of this kind in a language (BCP 47); English where there is no translation.

    Templates may use ``|day`` (dates) and ``|moment`` (moments, shown in the IANA time zone ``zone``).
    """
    text = _template(kind, language, zone).render(**values)
    subject, _, body = text.strip().partition("\n")
    return Words(" ".join(subject.split()), body.strip() + "\n")


@cache
def _template(kind: str, language: str, zone: str) -> Template:
    """A template, with what all of them know in a plain dictionary: it is copied for each mail."""
    found = _environment(language, zone).get_template(f"{kind}.txt")
    found.globals = dict(found.globals)
    return found


@cache
def _environment(language: str, zone: str) -> Environment:
    """The templates in a language and a time zone, each read once."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= _gettext(texts(language))
    days = lru_cache(maxsize=1000)(lambda value: long_day(value, language))
    made.filters |= {"day": days, "moment": lambda value: _moment(value, language, zone)}
    return made


def _gettext(words: NullTranslations) -> dict[str, Callable[..., str]]:
    """What templates call, as plain functions: those that the extension installs ask the template's context three times for each text."""

    def one(message: str, /, **values: object) -> str:
        return words.gettext(message) % values

    def counted(singular: str, plural: str, num: int, /, **values: object) -> str:
        return words.ngettext(singular, plural, num) % {"num": num, **values}

    return {"_": one, "gettext": one, "ngettext": counted}


def _moment(value: datetime, language: str, zone: str) -> str:
    here = value.astimezone(ZoneInfo(zone))
    return f"{long_day(here, language)}, {format_time(here, 'short', locale=locale_of(language))}"
