"""What a course is: the outline, the lessons, the questions, the scenarios and their translations, as frozen values.

The models have the shape that authors write (``docs/course-format.md``), so one definition serves the checker, the
exported JSON Schema and the frozen version. What can only be judged by looking at several parts together (an unknown
id, a dead end) is in ``checks``; here is only what a part needs in order to be that part.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints, TypeAdapter

from lms.catalogue.items import Item, ItemTranslation
from lms.catalogue.parts import Id, Line, Name, Part, Prose
from lms.catalogue.steps import (
    ANGOFF,
    EvaluationStep,
    FollowUp,
    Minutes,
    PanelMark,
    PreTestStep,
    Step,
    TestStep,
)
from lms.catalogue.story import Scenario
from lms.catalogue.surveys import Survey, SurveyTranslation
from lms.catalogue.translation import CourseTranslation, ScenarioTranslation, Translation
from lms.errors import N_, Invalid, NotFound

LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Change = Literal["typo", "minor", "material"]


# course.yaml


class Objective(Part):
    id: Id
    text: Line
    """What somebody can do after the course, beginning with a verb."""


class Standard(Part):
    framework: Line
    edition: Line
    number: Line


class Source(Part):
    id: Id
    cite: Prose
    """The reference as it is printed."""
    kind: Literal["research", "guidance", "law", "regulation", "accreditor", "data"]
    as_of: date
    """The day somebody last checked the source."""
    review_by: date | None = None
    """The day by which somebody must check again; required for law and regulation."""
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    jurisdiction: Line | None = None
    """Country or state; required for law and regulation."""


class Term(Part):
    """A word of the glossary. A text links to it as ``[the word](glossary:id)``."""

    id: Id
    term: Line
    definition: Prose
    """What it means, in plain language."""


class Certificate(Part):
    valid_months: Annotated[int, Field(ge=1, le=120)] | None = None
    """Months of validity from the day of completion; without it the certificate does not expire."""


class Module(Part):
    module: Id
    title: Line
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @property
    def id(self) -> str:
        return self.module


class CourseFile(Part):
    """``course.yaml``: what the course is, and its outline."""

    format: Literal[1]
    slug: Id
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=40)]
    title: Line
    summary: Prose
    language: LanguageTag
    audience: Prose
    change: Change
    """What this edit is against the last published version; only a material one can open new obligations."""
    change_note: Prose
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1)]
    topics: Annotated[dict[Name, Minutes], Field(min_length=1)]
    """Minutes per topic; their sum is what the course is worth."""
    standards: tuple[Standard, ...] = ()
    enrolment: Literal["open", "assigned"] = "open"
    certificate: Certificate | None = None
    sources: tuple[Source, ...] = ()
    glossary: tuple[Term, ...] = ()
    """Words that a reader may not know; texts link to them as ``[word](glossary:id)``."""
    outline: Annotated[tuple[Module, ...], Field(min_length=1)]
    follow_up: FollowUp | None = None

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every step in the order in which it is learnt."""
        return tuple(step for module in self.outline for step in module.steps)

    @property
    def total_minutes(self) -> int:
        """What the course is worth in minutes: the sum of its topics."""
        return sum(self.topics.values())


# items/*.yaml


class ItemFile(Part):
    """``items/*.yaml``: a bank of questions for one knowledge check or test."""

    items: Annotated[tuple[Item, ...], Field(min_length=1)]


# The whole course


class Media(Part):
    """A picture, recording, film or captions: what it is, not its bytes. ``size`` is in bytes."""

    sha256: str
    size: int
    type: str
    width: int | None = None
    """Pixels, of pictures whose file says so: a page keeps their place free while they load."""
    height: int | None = None


class CourseContent(CourseFile):
    """A whole course. Lessons, banks of items and scenarios are keyed by the id of their step, media by name."""

    lessons: dict[Id, str] = {}
    banks: dict[Id, tuple[Item, ...]] = {}
    scenarios: dict[Id, Scenario] = {}
    surveys: dict[Id, Survey] = {}
    """Evaluations by the id of their step; that of the follow-up as :data:`FOLLOW_UP`."""
    translations: dict[LanguageTag, Translation] = {}
    media: dict[str, Media] = {}
    panels: dict[Id, PanelMark] = {}
    """By the id of the test: where its pass mark comes from, if from a panel. Put in when a version is frozen."""

    def mark(self, test: TestStep) -> int:
        """The pass mark of the test, in per cent.

        Raises:
            Invalid: it is to come from a panel, and none has been frozen into this content (a draft).
        """
        if test.pass_mark != ANGOFF:
            return test.pass_mark
        if test.id not in self.panels:
            raise Invalid(N_("The pass mark of “%(test)s” comes from a panel, and none is adopted yet."), test=test.id)
        return self.panels[test.id].mark

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {step.id: place for place, step in enumerate(self.steps)}

    def step(self, step_id: str) -> Step:
        """The step with this id. Raises NotFound."""
        try:
            return self.steps[self._places[step_id]]
        except KeyError:
            raise NotFound(N_("This course has no step “%(step)s”."), step=step_id) from None

    def module_of(self, step_id: str) -> Module:
        """The module that holds the step. Raises NotFound."""
        self.step(step_id)
        return next(module for module in self.outline if any(step.id == step_id for step in module.steps))

    def previous(self, step_id: str) -> Step | None:
        """The step before this one; None for the first."""
        self.step(step_id)
        place = self._places[step_id]
        return self.steps[place - 1] if place else None

    def next(self, step_id: str) -> Step | None:
        """The step after this one; None for the last."""
        self.step(step_id)
        place = self._places[step_id] + 1
        return self.steps[place] if place < len(self.steps) else None

    @property
    def test(self) -> TestStep | None:
        """The step that completes the course."""
        return next((step for step in self.steps if isinstance(step, TestStep)), None)

    @property
    def pre_test(self) -> PreTestStep | None:
        """What is asked before anything else."""
        return next((step for step in self.steps if isinstance(step, PreTestStep)), None)

    @property
    def evaluation(self) -> EvaluationStep | None:
        """The survey after the test."""
        return next((step for step in self.steps if isinstance(step, EvaluationStep)), None)

    def granted_by_test_out(self) -> tuple[int, dict[str, int]]:
        """Minutes, and minutes by topic, of a record by testing out: what the course says, shared out as its topics are, in whole
        minutes; what is left over goes to the largest remainders."""
        step = self.pre_test
        minutes = step.test_out.minutes if step and step.test_out else 0
        whole = self.total_minutes
        shares = {topic: minutes * own // whole for topic, own in self.topics.items()}
        order = sorted(self.topics, key=lambda topic: (-(minutes * self.topics[topic] % whole), topic))
        for topic in order[: minutes - sum(shares.values())]:
            shares[topic] += 1
        return minutes, shares

    def survey(self, survey_id: str) -> Survey:
        """An evaluation, or the follow-up. Raises NotFound."""
        return _found(self.surveys, survey_id)

    def lesson(self, step_id: str) -> str:
        """Markdown of a lesson, or of an attestation. Raises NotFound."""
        return _found(self.lessons, step_id)

    def items(self, step_id: str) -> tuple[Item, ...]:
        """The bank of a check or test, in the author's order. Raises NotFound."""
        return _found(self.banks, step_id)

    @cached_property
    def _keyed(self) -> Mapping[str, tuple[Item, ...]]:
        return {
            step_id: tuple(self._in_every_language(step_id, item) for item in bank)
            for step_id, bank in self.banks.items()
        }

    def _in_every_language(self, step_id: str, item: Item) -> Item:
        found = [translation.items.get(step_id, {}).get(item.id) for translation in self.translations.values()]
        return item.in_languages([each for each in found if each is not None])  # type: ignore[return-value]

    def keyed_items(self, step_id: str) -> tuple[Item, ...]:
        """The same bank for scoring: the words that count are those of every language. Raises NotFound."""
        return _found(self._keyed, step_id)

    def scenario(self, step_id: str) -> Scenario:
        """The scenario of a step. Raises NotFound."""
        return _found(self.scenarios, step_id)

    @property
    def languages(self) -> tuple[str, ...]:
        """The source language first, then those it is translated into, by code."""
        return (self.language, *sorted(self.translations))


T = TypeVar("T")


def _found(parts: Mapping[str, T], step_id: str) -> T:
    try:
        return parts[step_id]
    except KeyError:
        raise NotFound(N_("This course has no step “%(step)s”."), step=step_id) from None


def to_data(content: CourseContent) -> dict[str, Any]:
    """The same as a JSON object, for a JSON column."""
    return content.model_dump(mode="json")


def from_data(data: Mapping[str, Any]) -> CourseContent:
    """The content that ``to_data`` wrote."""
    return CourseContent.model_validate(data)


def content_hash(content: CourseContent) -> str:
    """SHA-256 (hex) of what a learner can meet. The order of keys, defaults written or left out, and the note about the
    edit itself (``change``, ``change_note``) make no difference."""
    met = content.model_dump(
        mode="json",
        exclude_defaults=True,
        exclude={"change": True, "change_note": True, "media": {"__all__": {"width", "height"}}},
    )
    return digest(met)


def digest(value: object) -> str:
    """SHA-256 (hex) of a JSON value in canonical form."""
    return hashlib.sha256(_canonical(value).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


ItemTranslations = TypeAdapter(dict[Id, ItemTranslation])
"""``translations/*/items/*.yaml``: texts by the id of the item."""


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema by name of each kind of file an author writes, so that editors complete and check it."""
    written = {
        "course": CourseFile.model_json_schema(),
        "items": ItemFile.model_json_schema(),
        "scenario": Scenario.model_json_schema(),
        "survey": Survey.model_json_schema(),
        "course-translation": CourseTranslation.model_json_schema(),
        "items-translation": ItemTranslations.json_schema(),
        "scenario-translation": ScenarioTranslation.model_json_schema(),
        "survey-translation": SurveyTranslation.model_json_schema(),
    }
    return {
        name: {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema} for name, schema in written.items()
    }
