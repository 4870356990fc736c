"""A number, right within a tolerance, written as people of any language write numbers. Pure.

Response: ``{"number": "2.5", "typed": "2,5"}``: the value as a plain decimal, and what was typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol
from pydantic import Field

from lms.catalogue.items.question import (
    Credit,
    Fault,
    Form,
    ItemText,
    Question,
    Reason,
    Response,
    nothing_given,
    unreadable,
)
from lms.catalogue.parts import Line, Part, Prose
from lms.errors import N_, Invalid, Message

MAX_TYPED = 40
_GROUPED = re.compile(r"[0-9]{1,3}([.,])[0-9]{3}(\1[0-9]{3})*")
_PLAIN = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_IGNORED = dict.fromkeys(map(ord, "'’٬_"))
_SIGNS = str.maketrans({"−": "-", "–": "-", "‐": "-", "٫": ",", "．": ".", "，": ","})


def number_of(typed: str, language: str) -> Decimal | None:
    """The number that somebody wrote in a language; None where it is none.

    Digits of every script, spaces and apostrophes between groups, and both decimal signs are understood. Where point and comma both
    occur the last is the decimal sign. One alone is the decimal sign, too, except where it can only be told by the
    language: in ``1,500`` the comma groups for who writes ``1.5``, and is decimal for who writes ``1,5``.
    """
    text = "".join(_digit(char) for char in "".join(typed.split()).translate(_SIGNS)).translate(_IGNORED)
    sign, text = (text[0], text[1:]) if text[:1] in ("-", "+") else ("", text)
    points, commas = text.count("."), text.count(",")
    if points and commas:
        decimal, group = (".", ",") if text.rfind(".") > text.rfind(",") else (",", ".")
        whole, _, rest = text.rpartition(decimal)
        if group in rest or decimal in whole or not _GROUPED.fullmatch(whole):
            return None
        text = f"{whole.replace(group, '')}.{rest}"
    elif points + commas > 1:
        if not _GROUPED.fullmatch(text):
            return None
        text = text.replace(".", "").replace(",", "")
    elif commas or points:
        used = "," if commas else "."
        grouping = _GROUPED.fullmatch(text) and not text.startswith("0") and used != _decimal_sign(language)
        text = text.replace(used, "" if grouping else ".")
    if not _PLAIN.fullmatch(text):
        return None
    try:
        return Decimal(sign + text)
    except InvalidOperation:
        return None


def _digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _decimal_sign(language: str) -> str:
    try:
        return get_decimal_symbol(Locale.parse(language, sep="-"))
    except (ValueError, UnknownLocaleError):
        return "."


class Ranges(Part):
    """Feedback by where the number lies."""

    right: Prose
    low: Prose
    high: Prose


class NumericItem(Question):
    """A number."""

    type: Literal["numeric"]
    answer: Decimal
    tolerance: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    """How far from the answer still earns everything."""
    near: Annotated[Decimal, Field(ge=0)] | None = None
    """How far from the answer earns half; left out: nothing beyond the tolerance earns anything."""
    unit: Line | None = None
    feedback: Ranges
    layout: ClassVar[str] = "number"

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if self.near is not None and self.near <= self.tolerance:
            yield Fault(
                ("near",),
                N_("The near miss of “%(id)s” reaches no farther than its tolerance."),
                N_("Make `near` larger than `tolerance`, or remove it."),
                {"id": self.id},
            )

    def own_texts(self) -> Iterator[ItemText]:
        if self.unit:
            yield ItemText(("unit",), ("unit",), self.unit, False)
        for name in ("right", "low", "high"):
            yield ItemText(("feedback", name), ("feedback", name), getattr(self.feedback, name))

    def parse(self, form: Form, language: str) -> Response:
        typed = (form.get("number") or [""])[0].strip()
        if not typed:
            raise nothing_given()
        value = number_of(typed, language) if len(typed) <= MAX_TYPED else None
        if value is None:
            raise Invalid(
                N_("“%(typed)s” is not a number. Write digits only, such as 12 or 2.5."), typed=typed[:MAX_TYPED]
            )
        return self.checked({"number": f"{value:f}", "typed": typed})

    def fields(self, response: Response) -> dict[str, list[str]]:
        return {"number": [response["typed"]]}

    def checked(self, response: object) -> Response:
        if not isinstance(response, Mapping) or set(response) != {"number", "typed"}:
            raise unreadable()
        number, typed = response["number"], response["typed"]
        if not isinstance(number, str) or not isinstance(typed, str) or max(len(number), len(typed)) > MAX_TYPED:
            raise unreadable()
        if not _PLAIN.fullmatch(number):
            raise unreadable()
        return {"number": number, "typed": typed}

    def key(self) -> Response:
        return {"number": f"{self.answer:f}", "typed": f"{self.answer:f}"}

    def credit(self, response: Response) -> Credit:
        given = self.checked(response)
        number = Decimal(given["number"])
        distance = abs(number - self.answer)
        if distance <= self.tolerance:
            earned = Fraction(1)
        else:
            earned = Fraction(1, 2) if self.near is not None and distance <= self.near else Fraction(0)
        place = "right" if earned == 1 else "low" if number < self.answer else "high"
        return Credit(earned, (Reason(place, given["typed"], earned, (f"{self.answer:f}",)),))

    def rule(self) -> Message:
        if self.near is not None:
            return Message(
                N_("Right within %(tolerance)s; within %(near)s it earns half."),
                {"tolerance": f"{self.tolerance:f}", "near": f"{self.near:f}"},
            )
        if self.tolerance:
            return Message(N_("Right within %(tolerance)s."), {"tolerance": f"{self.tolerance:f}"})
        return Message(N_("The exact number counts."))
