"""What a course is: the outline, the lessons, the questions, the scenarios and their translations, as frozen values.

The models have the shape that authors write (``docs/course-format.md``), so one definition serves the checker, the
exported JSON Schema and the frozen version. What can only be judged by looking at several parts together (an unknown
id, a dead end) is in ``checks``; here is only what a part needs in order to be that part.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Discriminator, Field, StringConstraints, Tag, TypeAdapter

from lms.catalogue.items import Item, ItemTranslation
from lms.catalogue.parts import Difficulty, Duration, Id, Line, Name, Part, Percent, Prose, length
from lms.catalogue.surveys import Survey, SurveyTranslation
from lms.errors import N_, Invalid, NotFound

LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Minutes = Annotated[int, Field(ge=1, le=600)]

Change = Literal["typo", "minor", "material"]
StepKind = Literal["lesson", "pre_test", "check", "scenario", "test", "evaluation", "attestation"]
Quality = Literal["best", "acceptable", "poor"]
Ending = Literal["good", "mixed", "poor"]

STEP_KINDS: tuple[StepKind, ...] = ("lesson", "pre_test", "check", "scenario", "test", "evaluation", "attestation")

FOLLOW_UP = "follow-up"
"""The name under which the survey of a follow-up is kept; no step may have it as its id."""


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


# scenarios/*.yaml


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


# translations/<language>/


class TermTranslation(Part):
    term: Line | None = None
    definition: Prose | None = None


class CourseTranslation(Part):
    title: Line | None = None
    summary: Prose | None = None
    audience: Prose | None = None
    objectives: dict[Id, Line] = {}
    modules: dict[Id, Line] = {}
    steps: dict[Id, Line] = {}
    glossary: dict[Id, TermTranslation] = {}


class ChoiceTranslation(Part):
    text: Prose | None = None
    consequence: Prose | None = None
    why: Prose | None = None


class SceneTranslation(Part):
    speaker: Line | None = None
    text: Prose | None = None
    choices: dict[Id, ChoiceTranslation] = {}


class ScenarioTranslation(Part):
    title: Line | None = None
    intro: Prose | None = None
    debrief: Prose | None = None
    state: dict[Name, Line] = {}
    scenes: dict[Id, SceneTranslation] = {}


class Translation(Part):
    """One language of a course. Lessons, items and scenarios are keyed by the id of their step."""

    course: CourseTranslation = CourseTranslation()
    lessons: dict[Id, str] = {}
    items: dict[Id, dict[Id, ItemTranslation]] = {}
    scenarios: dict[Id, ScenarioTranslation] = {}
    surveys: dict[Id, SurveyTranslation] = {}
    stamps: dict[str, str] = {}
    """For each translated file, the SHA-256 of the texts it was made from."""


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


def to_json(content: CourseContent) -> str:
    """Canonical JSON: sorted keys, no spaces, every default written out, so that a frozen version means the same for
    ever, even if a default changes."""
    return _canonical(to_data(content))


def from_json(text: str) -> CourseContent:
    """The content that ``to_json`` wrote."""
    return CourseContent.model_validate_json(text)


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
