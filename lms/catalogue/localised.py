"""A course in a reader's language: every text either translated or in the language it was written in, and marked so.

A translation hangs off ids. Each file of a course is seen as a flat list of texts with a key made of ids, so that what
is missing, unknown or stale is a comparison of two lists, whatever the kind of file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from lms.catalogue.content import CourseContent, digest
from lms.catalogue.items import Item
from lms.catalogue.steps import (
    FOLLOW_UP,
    AttestationStep,
    CheckStep,
    EvaluationStep,
    LessonStep,
    PreTestStep,
    ScenarioStep,
    Step,
    TestStep,
)
from lms.catalogue.story import Choice, Scenario, Scene
from lms.catalogue.surveys import Question, Survey
from lms.catalogue.translation import Translation

COURSE_FILE = "course.yaml"
STAMPS_FILE = "stamps.yaml"

Key = tuple[str, ...]
At = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Original:
    """A text as it was written: its file, its key for translators, where it stands in the YAML, and whether
    it is Markdown."""

    file: str
    key: Key
    at: At
    value: str
    markdown: bool = True


def originals(content: CourseContent) -> Iterator[Original]:
    """Every text of the course that can be translated, file by file. Steps without content are passed over."""
    yield from _course_texts(content)
    told: set[str] = set()  # a pre-test may share the file of the test
    for step in content.steps:
        if step.file in told:
            continue
        told.add(step.file)
        if isinstance(step, LessonStep | AttestationStep) and step.id in content.lessons:
            yield Original(step.file, (), (), content.lessons[step.id])
        elif isinstance(step, CheckStep | TestStep | PreTestStep) and step.id in content.banks:
            yield from _item_texts(step.file, content.banks[step.id])
        elif isinstance(step, EvaluationStep) and step.id in content.surveys:
            yield from _survey_texts(step.file, content.surveys[step.id])
        elif isinstance(step, ScenarioStep) and step.id in content.scenarios:
            yield from _scenario_texts(step.file, content.scenarios[step.id])
    if content.follow_up and FOLLOW_UP in content.surveys:
        yield from _survey_texts(content.follow_up.file, content.surveys[FOLLOW_UP])


def _course_texts(content: CourseContent) -> Iterator[Original]:
    for name in ("title", "summary", "audience"):
        yield Original(COURSE_FILE, (name,), (name,), getattr(content, name), markdown=False)
    for n, objective in enumerate(content.objectives):
        yield Original(COURSE_FILE, ("objectives", objective.id), ("objectives", n, "text"), objective.text, False)
    for n, word in enumerate(content.glossary):
        yield Original(COURSE_FILE, ("glossary", word.id, "term"), ("glossary", n, "term"), word.term, False)
        yield Original(COURSE_FILE, ("glossary", word.id, "definition"), ("glossary", n, "definition"), word.definition)
    for m, module in enumerate(content.outline):
        yield Original(COURSE_FILE, ("modules", module.id), ("outline", m, "title"), module.title, False)
        for s, step in enumerate(module.steps):
            yield Original(COURSE_FILE, ("steps", step.id), ("outline", m, "steps", s, "title"), step.title, False)


def _item_texts(file: str, items: tuple[Item, ...]) -> Iterator[Original]:
    for n, item in enumerate(items):
        for text in item.texts():
            yield Original(file, (item.id, *text.key), ("items", n, *text.at), text.value, text.markdown)


def _scenario_texts(file: str, scenario: Scenario) -> Iterator[Original]:
    for name in ("title", "intro", "debrief"):
        yield Original(file, (name,), (name,), getattr(scenario, name), markdown=name != "title")
    for name, variable in scenario.state.items():
        yield Original(file, ("state", name), ("state", name, "label"), variable.label, markdown=False)
    for n, scene in enumerate(scenario.scenes):
        for name in ("speaker", "text"):
            if value := getattr(scene, name):
                yield Original(file, ("scenes", scene.id, name), ("scenes", n, name), value, markdown=name == "text")
        for c, choice in enumerate(scene.choices):
            for name in ("text", "consequence", "why"):
                key = ("scenes", scene.id, "choices", choice.id, name)
                yield Original(file, key, ("scenes", n, "choices", c, name), getattr(choice, name))


def _survey_texts(file: str, survey: Survey) -> Iterator[Original]:
    if survey.intro:
        yield Original(file, ("intro",), ("intro",), survey.intro)
    for n, question in enumerate(survey.questions):
        key: Key = ("questions", question.id)
        yield Original(file, (*key, "text"), ("questions", n, "text"), question.text, False)
        for o, option in enumerate(question.options):
            at: At = ("questions", n, "options", o, "text")
            yield Original(file, (*key, "options", option.id), at, option.text, False)


def translated(content: CourseContent, translation: Translation) -> dict[str, dict[Key, str]]:
    """The texts of a translation by file and key."""
    texts: dict[str, dict[Key, str]] = {COURSE_FILE: dict(_flat(translation.course.model_dump(exclude_none=True)))}
    for step in content.steps:
        if step.id in translation.lessons:
            texts[step.file] = {(): translation.lessons[step.id]}
        elif step.id in translation.items:
            dumped = {key: item.model_dump(exclude_none=True) for key, item in translation.items[step.id].items()}
            texts[step.file] = dict(_flat(dumped))
        elif step.id in translation.scenarios:
            texts[step.file] = dict(_flat(translation.scenarios[step.id].model_dump(exclude_none=True)))
        elif step.id in translation.surveys:
            texts[step.file] = dict(_flat(translation.surveys[step.id].model_dump(exclude_none=True)))
    if content.follow_up and FOLLOW_UP in translation.surveys:
        asked = translation.surveys[FOLLOW_UP].model_dump(exclude_none=True)
        texts[content.follow_up.file] = dict(_flat(asked))
    return texts


def _flat(value: Mapping[str, Any], key: Key = ()) -> Iterator[tuple[Key, str]]:
    for name, inner in value.items():
        if isinstance(inner, str):
            yield (*key, name), inner
        elif isinstance(inner, list | tuple):  # words that count as right, one a line
            yield (*key, name), "\n".join(inner)
        else:
            yield from _flat(inner, (*key, name))


def source_hashes(content: CourseContent) -> dict[str, str]:
    """For each file, the SHA-256 of the texts that translators work from; other edits do not change it."""
    files: dict[str, dict[str, str]] = {}
    for text in originals(content):
        files.setdefault(text.file, {})["/".join(text.key)] = text.value
    return {file: digest(texts) for file, texts in files.items()}


def missing(content: CourseContent, language: str) -> tuple[Original, ...]:
    """What the translation lacks; nothing for the language the course was written in."""
    if language == content.language:
        return ()
    there = translated(content, content.translations.get(language, Translation()))
    return tuple(text for text in originals(content) if text.key not in there.get(text.file, {}))


def stale(content: CourseContent, language: str) -> tuple[str, ...]:
    """Files translated from a text that has changed since they were stamped."""
    translation = content.translations.get(language)
    if translation is None:
        return ()
    now = source_hashes(content)
    return tuple(file for file, stamp in sorted(translation.stamps.items()) if file in now and now[file] != stamp)


# What a page shows


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the language it is in; a page marks it with ``lang`` where that differs from its own."""

    value: str
    language: str

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class LocalStep:
    step: Step
    title: Text

    @property
    def id(self) -> str:
        return self.step.id


@dataclass(frozen=True, slots=True)
class LocalModule:
    id: str
    title: Text
    steps: tuple[LocalStep, ...]


@dataclass(frozen=True, slots=True)
class LocalItem:
    """An item: ``item`` has what does not depend on the language (type, objective, critical), ``texts`` every text by its
    key for translators, from the item on: ``texts["options", "ask", "feedback"]``."""

    item: Item
    texts: Mapping[Key, Text]

    @property
    def id(self) -> str:
        return self.item.id

    @property
    def stem(self) -> Text:
        return self.texts["stem",]

    @property
    def explanation(self) -> Text:
        return self.texts["explanation",]


@dataclass(frozen=True, slots=True)
class LocalChoice:
    choice: Choice
    text: Text
    consequence: Text
    why: Text

    @property
    def id(self) -> str:
        return self.choice.id


@dataclass(frozen=True, slots=True)
class LocalScene:
    scene: Scene
    speaker: Text | None
    text: Text | None
    choices: Mapping[str, LocalChoice]

    @property
    def id(self) -> str:
        return self.scene.id


@dataclass(frozen=True, slots=True)
class LocalScenario:
    """A scenario: ``state`` maps variables to their labels, ``scenes`` ids to scenes."""

    scenario: Scenario
    title: Text
    intro: Text
    debrief: Text
    state: Mapping[str, Text]
    scenes: Mapping[str, LocalScene]


@dataclass(frozen=True, slots=True)
class LocalQuestion:
    """A question of a survey; ``options`` maps the ids of its options to their texts."""

    question: Question
    text: Text
    options: Mapping[str, Text]

    @property
    def id(self) -> str:
        return self.question.id


@dataclass(frozen=True, slots=True)
class LocalSurvey:
    survey: Survey
    intro: Text | None
    questions: Mapping[str, LocalQuestion]


@dataclass(frozen=True)
class LocalCourse:
    """A course for one reader. ``language`` is the one that is shown as far as it goes: the one asked for, its main
    language (``es`` for ``es-MX``), or else the one the course was written in."""

    content: CourseContent
    language: str

    @cached_property
    def _texts(self) -> Mapping[str, Mapping[Key, str]]:
        translation = self.content.translations.get(self.language)
        return translated(self.content, translation) if translation else MappingProxyType({})

    @cached_property
    def missing(self) -> int:
        """How many texts are shown in the language the course was written in."""
        return len(missing(self.content, self.language))

    @property
    def complete(self) -> bool:
        return self.missing == 0

    def _text(self, file: str, key: Key, original: str) -> Text:
        value = self._texts.get(file, {}).get(key)
        return Text(original, self.content.language) if value is None else Text(value, self.language)

    @property
    def title(self) -> Text:
        return self._text(COURSE_FILE, ("title",), self.content.title)

    @property
    def summary(self) -> Text:
        return self._text(COURSE_FILE, ("summary",), self.content.summary)

    @property
    def audience(self) -> Text:
        return self._text(COURSE_FILE, ("audience",), self.content.audience)

    @property
    def objectives(self) -> Mapping[str, Text]:
        """Texts by id, in the author's order."""
        return {o.id: self._text(COURSE_FILE, ("objectives", o.id), o.text) for o in self.content.objectives}

    @property
    def glossary(self) -> Mapping[str, tuple[Text, Text]]:
        """Term and definition by id, in the author's order."""
        return {
            word.id: (
                self._text(COURSE_FILE, ("glossary", word.id, "term"), word.term),
                self._text(COURSE_FILE, ("glossary", word.id, "definition"), word.definition),
            )
            for word in self.content.glossary
        }

    @property
    def modules(self) -> tuple[LocalModule, ...]:
        return tuple(
            LocalModule(
                module.id,
                self._text(COURSE_FILE, ("modules", module.id), module.title),
                tuple(self.step(step.id) for step in module.steps),
            )
            for module in self.content.outline
        )

    def step(self, step_id: str) -> LocalStep:
        """Raises NotFound."""
        step = self.content.step(step_id)
        return LocalStep(step, self._text(COURSE_FILE, ("steps", step_id), step.title))

    def lesson(self, step_id: str) -> Text:
        """Markdown. Raises NotFound."""
        original = self.content.lesson(step_id)
        return self._text(self.content.step(step_id).file, (), original)

    def items(self, step_id: str) -> Mapping[str, LocalItem]:
        """The items of a bank by id, in the author's order. Raises NotFound."""
        file = self.content.step(step_id).file
        return {item.id: self._item(file, item) for item in self.content.items(step_id)}

    def _item(self, file: str, item: Item) -> LocalItem:
        return LocalItem(item, {text.key: self._text(file, (item.id, *text.key), text.value) for text in item.texts()})

    def survey(self, survey_id: str) -> LocalSurvey:
        """An evaluation by the id of its step, or the follow-up. Raises NotFound."""
        survey, follow_up = self.content.survey(survey_id), self.content.follow_up
        file = follow_up.file if follow_up and survey_id == FOLLOW_UP else self.content.step(survey_id).file
        questions = {}
        for question in survey.questions:
            key: Key = ("questions", question.id)
            options = {o.id: self._text(file, (*key, "options", o.id), o.text) for o in question.options}
            text = self._text(file, (*key, "text"), question.text)
            questions[question.id] = LocalQuestion(question, text, options)
        return LocalSurvey(survey, self._text(file, ("intro",), survey.intro) if survey.intro else None, questions)

    def scenario(self, step_id: str) -> LocalScenario:
        """Raises NotFound."""
        file, scenario = self.content.step(step_id).file, self.content.scenario(step_id)
        return LocalScenario(
            scenario,
            self._text(file, ("title",), scenario.title),
            self._text(file, ("intro",), scenario.intro),
            self._text(file, ("debrief",), scenario.debrief),
            {name: self._text(file, ("state", name), variable.label) for name, variable in scenario.state.items()},
            {scene.id: self._scene(file, scene) for scene in scenario.scenes},
        )

    def _scene(self, file: str, scene: Scene) -> LocalScene:
        key = ("scenes", scene.id)
        choices = {
            choice.id: LocalChoice(
                choice,
                self._text(file, (*key, "choices", choice.id, "text"), choice.text),
                self._text(file, (*key, "choices", choice.id, "consequence"), choice.consequence),
                self._text(file, (*key, "choices", choice.id, "why"), choice.why),
            )
            for choice in scene.choices
        }
        return LocalScene(
            scene,
            self._text(file, (*key, "speaker"), scene.speaker) if scene.speaker else None,
            self._text(file, (*key, "text"), scene.text) if scene.text else None,
            choices,
        )


def localised(content: CourseContent, language: str) -> LocalCourse:
    """The course as a reader of ``language`` sees it."""
    for candidate in (language, language.split("-")[0]):
        if candidate == content.language or candidate in content.translations:
            return LocalCourse(content, candidate)
    return LocalCourse(content, content.language)
