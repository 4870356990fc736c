"""What a language tag means for a document: the direction it runs in, and how it writes dates and numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError

_RTL_LANGUAGES: Final = {"ar", "ckb", "dv", "fa", "he", "ps", "rhg", "syr", "ur", "yi"}


def runs_rtl(tag: str) -> bool:
    """Whether a document in the language of this BCP 47 tag runs right to left."""
    return tag.replace("_", "-").split("-")[0].lower() in _RTL_LANGUAGES


@lru_cache(maxsize=64)
def locale_of(tag: str) -> Locale:
    """The locale of a BCP 47 tag, that of its language alone, else English."""
    dashed = tag.replace("_", "-")
    for attempt in (dashed, dashed.split("-")[0]):
        try:
            return Locale.parse(attempt, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    return Locale("en")
