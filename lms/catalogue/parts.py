"""What every part of a course is made of: the base of all models, and the kinds of words that authors write. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"\S")]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=20_000, pattern=r"\S")]
Percent = Annotated[int, Field(ge=0, le=100)]

Duration = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3} (s|min|h|days?)$", coerce_numbers_to_str=True)]
"""A length of time as authors write it: ``30 s``, ``20 min``, ``24 h``, ``7 days``."""

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "day": "days", "days": "days"}


def length(duration: str) -> timedelta:
    """The length of a :data:`Duration`; a day is 24 hours."""
    number, unit = duration.split(" ")
    return timedelta(**{_UNITS[unit]: int(number)})


Difficulty = Literal["easy", "medium", "hard"]


class Part(BaseModel):
    """Base of everything in a course: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
