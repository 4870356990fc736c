"""The texts of an item in another language. Types that call their parts options, rows, gaps, answers or scale are covered.

The same names as in the item, keyed by id; words that count as right (``accept``) are lists of their own, because they are
not the same in number.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lms.catalogue.parts import Id, Line, Part, Prose

Accept = Annotated[tuple[Line, ...], Field(min_length=1, max_length=60)]


class OptionTranslation(Part):
    text: Prose | None = None
    alt: Line | None = None
    feedback: Prose | None = None


class AnswerTranslation(Part):
    accept: Accept | None = None
    """Words of this language that count as this answer; those of the other languages count as well."""
    feedback: Prose | None = None


class GapTranslation(AnswerTranslation):
    options: dict[Id, OptionTranslation] = {}


class MediaTranslation(Part):
    alt: Line | None = None
    transcript: Prose | None = None


class RangeTranslation(Part):
    right: Prose | None = None
    low: Prose | None = None
    high: Prose | None = None


class ItemTranslation(Part):
    stem: Prose | None = None
    explanation: Prose | None = None
    media: MediaTranslation = MediaTranslation()
    options: dict[Id, OptionTranslation] = {}
    rows: dict[Id, OptionTranslation] = {}
    answers: dict[Id, AnswerTranslation] = {}
    gaps: dict[Id, GapTranslation] = {}
    scale: dict[Id, Line] = {}
    feedback: RangeTranslation = RangeTranslation()
    text: Prose | None = None
    otherwise: Prose | None = None
    unit: Line | None = None
