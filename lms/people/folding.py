"""Text as it is searched: without accents and capitals, so that “munoz” finds Muñoz and “nguyen” finds Nguyễn. Pure."""

from __future__ import annotations

import unicodedata

_LETTERS = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "ħ": "h",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "’": "'",
        "ʼ": "'",
        "‘": "'",
    }
)
"""Letters that Unicode does not take apart into a base letter and a mark, and the apostrophes that are typed for one another."""


def folded(text: str) -> str:
    """Small letters without marks, white space as single blanks."""
    if text.isascii():
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in apart if unicodedata.category(sign) != "Mn")
    return " ".join(bare.translate(_LETTERS).split())


def folded_person(given_name: str, family_name: str, number: str, email: str | None) -> str:
    """What a person is found by."""
    return folded(f"{given_name} {family_name} {number} {email or ''}")
