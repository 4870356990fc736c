"""Translation with types: the same as Flask-Babel's functions, which promise no text. Their names are what the extractor looks for."""

from __future__ import annotations

from functools import lru_cache

import flask_babel
from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal


def gettext(text: str, **values: object) -> str:
    """The sentence in the reader's language, with its places filled."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The sentence for a number, in the reader's language; ``%(num)s`` is the number as the reader writes it."""
    text: str = flask_babel.get_translations().ungettext(one, many, num)
    return text % {"num": number(num), **values}


def number(value: int) -> str:
    """A whole number as the reader writes it: 1,218."""
    return _number(value, str(flask_babel.get_locale()))


@lru_cache(maxsize=4096)
def _number(value: int, locale: str) -> str:
    return format_decimal(value, locale=locale)


def language_words(code: str | None) -> str | None:
    """A language by its name in the reader's language, with the code: "Spanish (es)"; a code that nobody knows stands alone."""
    if not code:
        return code
    try:
        name = Locale.parse(code, sep="-").get_display_name(flask_babel.get_locale())
    except (UnknownLocaleError, ValueError):
        return code
    return f"{name} ({code})" if name else code
