"""What every part of a course is made of: the base of all models, and the kinds of words that authors write. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"\S")]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=20_000, pattern=r"\S")]
Percent = Annotated[int, Field(ge=0, le=100)]

Difficulty = Literal["easy", "medium", "hard"]


class Part(BaseModel):
    """Base of everything in a course: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
