"""The steps of a course as its outline lists them: lesson, check, scenario, pre-test, test, evaluation, attestation; and its follow-up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from lms.catalogue.items import Item
from lms.catalogue.parts import Difficulty, Duration, Id, Line, Name, Part, Percent, length

Minutes = Annotated[int, Field(ge=1, le=600)]
StepKind = Literal["lesson", "pre_test", "check", "scenario", "test", "evaluation", "attestation"]
STEP_KINDS: tuple[StepKind, ...] = ("lesson", "pre_test", "check", "scenario", "test", "evaluation", "attestation")
FOLLOW_UP = "follow-up"
"""The name under which the survey of a follow-up is kept; no step may have it as its id."""


class _Step(Part):
    title: Line
    file: Line
    """Path inside the course folder."""
    minutes: Minutes
    """Minutes an ordinary learner needs."""


class LessonStep(_Step):
    lesson: Id

    @property
    def id(self) -> str:
        return self.lesson

    @property
    def kind(self) -> StepKind:
        return "lesson"


class CheckStep(_Step):
    check: Id

    @property
    def id(self) -> str:
        return self.check

    @property
    def kind(self) -> StepKind:
        return "check"


class ScenarioStep(_Step):
    scenario: Id

    @property
    def id(self) -> str:
        return self.scenario

    @property
    def kind(self) -> StepKind:
        return "scenario"


class Share(Part):
    """A row of a test's blueprint: how many items of what kind are drawn."""

    topic: Name | None = None
    objective: Id | None = None
    difficulty: Difficulty | None = None
    draw: Annotated[int, Field(ge=1)]

    def fits(self, item: Item) -> bool:
        """Whether an item is of this kind."""
        return all(
            wanted is None or wanted == found
            for wanted, found in (
                (self.topic, item.topic),
                (self.objective, item.objective),
                (self.difficulty, item.difficulty),
            )
        )


def _mark_tag(value: Any) -> str:
    return "panel" if isinstance(value, str) and not value.isdigit() else "number"


ANGOFF: Literal["angoff"] = "angoff"
PassMark = Annotated[
    Annotated[Percent, Tag("number")] | Annotated[Literal["angoff"], Tag("panel")], Discriminator(_mark_tag)
]
"""Per cent, or ``angoff``: what the panel says whose result is adopted when the course is published."""


class PanelMark(Part):
    """What an Angoff panel said of a test, frozen with the version (``lms.catalogue.angoff``). No judge is named."""

    panel: Line
    """What the panel is called."""
    mark: Percent
    """The pass mark: the cut score, rounded up to a whole per cent."""
    cut: float
    """Per cent."""
    judges: Annotated[int, Field(ge=1)]
    round: Annotated[int, Field(ge=1)]
    sd: float | None
    """Spread between the judges' sums, in questions; None with one judge."""
    se: float | None
    """Standard error of the cut score, in questions; None with one judge."""
    items: dict[Id, float]
    """For each question judged, the mean of what the judges expected: from 0 to 1."""


class TestStep(_Step):
    __test__ = False  # not a test case, whatever the test runner thinks of its name

    test: Id
    draw: Annotated[int, Field(ge=1)] | None = None
    """How many scored items are drawn for an attempt; left out: all of them, or as many as the blueprint says."""
    blueprint: tuple[Share, ...] = ()
    """How many of them are of which topic, objective and difficulty."""
    shuffle: bool = False
    """Whether every attempt has its own order of options."""
    pass_mark: PassMark = 80
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """How many attempts a person has before a manager or HR grants another."""
    cool_down: Duration | None = None
    """How long after an attempt that was not passed the next one opens; left out: at once."""
    time_limit: Duration | None = None
    """How long an attempt lasts from its beginning, by the server's clock; left out: as long as one likes."""
    grace: Duration = "30 s"
    """How long after the time limit an answer that is still on its way counts."""

    @property
    def pause(self) -> timedelta:
        """The cool-down as a length of time; none is zero."""
        return length(self.cool_down) if self.cool_down else timedelta()

    @property
    def limit(self) -> timedelta | None:
        """The time limit as a length of time."""
        return length(self.time_limit) if self.time_limit else None

    @property
    def drawn(self) -> int | None:
        """How many scored items are drawn; None for all of them."""
        return self.draw or sum(row.draw for row in self.blueprint) or None

    @property
    def id(self) -> str:
        return self.test

    @property
    def kind(self) -> StepKind:
        return "test"


class TestOut(Part):
    """Passing the pre-test completes the course. Leave it out where an authority asks for hours of training."""

    __test__ = False

    pass_mark: Percent = 80
    minutes: Annotated[int, Field(ge=0, le=600)]
    """Minutes that a record by testing out is worth; rules that count hours count no more than these."""


class PreTestStep(_Step):
    """What somebody knows already: asked once, before anything else, never counted as the test. It may draw from the bank of the
    test by naming the same file."""

    pre_test: Id
    draw: Annotated[int, Field(ge=1)] | None = None
    """How many scored items are drawn, objectives taking turns; left out: all."""
    shuffle: bool = False
    test_out: TestOut | None = None

    @property
    def id(self) -> str:
        return self.pre_test

    @property
    def kind(self) -> StepKind:
        return "pre_test"


class EvaluationStep(_Step):
    """What the learner says of the course, and means to do, after the test."""

    evaluation: Id
    needed: bool = False
    """Whether the record and the certificate wait for it."""

    @property
    def id(self) -> str:
        return self.evaluation

    @property
    def kind(self) -> StepKind:
        return "evaluation"


class AttestationStep(_Step):
    """A statement the learner makes after the test, "I have read and will follow …"; its text is Markdown."""

    attestation: Id
    name: Id
    """What a requirement calls it: ``attestation:<name>``."""
    sign: Literal["name", "tick"] = "name"
    """By typing one's own name, or by ticking a box."""
    needed: bool = True
    """Whether the record and the certificate wait for it."""

    @property
    def id(self) -> str:
        return self.attestation

    @property
    def kind(self) -> StepKind:
        return "attestation"


class FollowUp(Part):
    """A survey that is sent some weeks after completion and asks what has changed in practice."""

    file: Line
    minutes: Minutes = 2
    days: Annotated[int, Field(ge=60, le=90)] = 75
    """Days after completion on which it is sent."""
    expires: Annotated[int, Field(ge=7, le=60)] = 30
    """Days for which it can then be answered."""


def _step_tag(value: Any) -> str | None:
    """The kind of a step is the key that carries its id."""
    if isinstance(value, _Step):
        return f"{value.kind}-step"  # type: ignore[attr-defined]
    found = [kind for kind in STEP_KINDS if isinstance(value, Mapping) and kind in value]
    return f"{found[0]}-step" if len(found) == 1 else None


# The tags differ from the keys on purpose: an error's location then never confuses a tag with a key of that name.
Step = Annotated[
    Annotated[LessonStep, Tag("lesson-step")]
    | Annotated[CheckStep, Tag("check-step")]
    | Annotated[ScenarioStep, Tag("scenario-step")]
    | Annotated[TestStep, Tag("test-step")]
    | Annotated[PreTestStep, Tag("pre_test-step")]
    | Annotated[EvaluationStep, Tag("evaluation-step")]
    | Annotated[AttestationStep, Tag("attestation-step")],
    Discriminator(_step_tag),
]
