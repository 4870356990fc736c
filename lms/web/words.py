"""Translation with types: the same as Flask-Babel's functions, which promise no text. Their names are what the extractor looks for."""

from __future__ import annotations

import flask_babel


def gettext(text: str, **values: object) -> str:
    """The sentence in the reader's language, with its places filled."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The sentence for a number, in the reader's language; ``%(num)s`` is the number as the reader writes it."""
    text: str = flask_babel.get_translations().ungettext(one, many, num)
    return text % {"num": flask_babel.format_decimal(num), **values}
