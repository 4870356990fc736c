"""The files of one translation of a course. A text that is missing is shown in the language of the course."""

from __future__ import annotations

from lms.catalogue.items import ItemTranslation
from lms.catalogue.parts import Id, Line, Name, Part, Prose
from lms.catalogue.surveys import SurveyTranslation


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
