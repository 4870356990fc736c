"""A scenario as its file says it: variables, scenes, choices and where they lead."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from lms.catalogue.parts import Id, Line, Name, Part, Percent, Prose

Quality = Literal["best", "acceptable", "poor"]
Ending = Literal["good", "mixed", "poor"]


class Bounds(Part):
    """A condition on one variable: at least ``min``, at most ``max``; both inclusive."""

    min: int | None = None
    max: int | None = None


When = dict[Name, Bounds]
"""Bounds by variable. ``score`` is the score so far in whole per cent, unless the state has a variable of that name."""

SCORE = "score"
Visits = Annotated[int, Field(ge=1, le=50)]


class Variable(Part):
    label: Line
    start: int
    min: int
    max: int
    """Values stay between ``min`` and ``max``, whatever the effects."""
    hidden: bool = False
    """Kept from the learner while the story lasts; the debrief shows it."""


class Timed(Part):
    """A clock on a scene. It runs only for learners who start it; they may lengthen it or turn it off."""

    seconds: Annotated[int, Field(ge=30, le=600)]
    timeout: Id
    """The choice that is taken when the time is up: one of the scene's own, without a condition."""


class Choice(Part):
    id: Id
    text: Prose
    quality: Quality
    """The expert key."""
    when: When = {}
    once: bool = False
    """Offered until it has been taken once."""
    effects: dict[Name, int] = {}
    consequence: Prose
    why: Prose
    """Why the experts keyed it so; shown in the debrief."""
    next: Id


class Route(Part):
    when: When = {}
    next: Id


class Scene(Part):
    """One scene: it offers choices, or sends people on by routes, or is an ending.

    Whoever comes when ``when`` does not hold, or more than ``visits`` times, goes to ``otherwise`` instead."""

    id: Id
    when: When = {}
    visits: Visits | None = None
    """How often one person may come here; every loop needs a scene with such a limit, or a choice that is open once."""
    otherwise: Id | None = None
    timed: Timed | None = None
    speaker: Line | None = None
    text: Prose | None = None
    choices: tuple[Choice, ...] = ()
    routes: tuple[Route, ...] = ()
    ending: Ending | None = None


class Scenario(Part):
    """``scenarios/*.yaml``: a story whose choices change what follows."""

    title: Line
    intro: Prose
    state: dict[Name, Variable] = {}
    pass_mark: Percent = 0
    """Per cent of the score needed to count as finished."""
    start: Id
    scenes: Annotated[tuple[Scene, ...], Field(min_length=1)]
    debrief: Prose

    @cached_property
    def by_id(self) -> Mapping[str, Scene]:
        return {scene.id: scene for scene in self.scenes}
