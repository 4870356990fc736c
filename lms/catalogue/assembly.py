"""From files that were read to one course: what belongs together, what is missing, what is left over. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from lms.catalogue.checks import At, Proof, Report, has_errors
from lms.catalogue.content import CourseContent, CourseFile, ItemFile, Media
from lms.catalogue.localised import COURSE_FILE, STAMPS_FILE
from lms.catalogue.steps import FOLLOW_UP
from lms.catalogue.story import Scenario
from lms.catalogue.surveys import Survey, SurveyTranslation
from lms.catalogue.translation import CourseTranslation, ScenarioTranslation, Translation
from lms.errors import N_, Problem

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(slots=True)
class Parts:
    """What the files say, by path in the course folder (translations: by language, then by the original's path; media
    by name)."""

    lessons: dict[str, str] = field(default_factory=dict)
    items: dict[str, ItemFile] = field(default_factory=dict)
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    surveys: dict[str, Survey] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    translations: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A folder that was read. ``content`` is None when a file could not be understood; ``media`` gives the pictures' bytes
    by name, as they are when they are asked for, ``proofs`` what is proved of each scenario by its file. Publish only what is
    ``ok``."""

    content: CourseContent | None
    problems: tuple[Problem, ...]
    media: Mapping[str, bytes] = field(default_factory=dict)
    proofs: Mapping[str, Proof] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it may be published: understood, and without errors (warnings are allowed)."""
        return self.content is not None and not has_errors(self.problems)


def assembled(course: CourseFile, parts: Parts, paths: Collection[str], folder: str, report: Report) -> CourseContent:
    """The course with whatever could be read. What the outline names and nobody wrote, and what somebody wrote and the
    outline does not name, is reported. ``paths`` are all files there are; ``folder`` is the folder's name."""
    if course.slug != folder:
        report.error(
            COURSE_FILE,
            ("slug",),
            N_("The slug is “%(slug)s”, but the folder is called “%(folder)s”."),
            N_("Give both the same name."),
            slug=course.slug,
            folder=folder,
        )
    _missing_files(course, paths, report)
    _left_over(course, parts, report)
    return CourseContent(
        **{name: getattr(course, name) for name in CourseFile.model_fields},
        lessons={step.id: parts.lessons[step.file] for step in course.steps if step.file in parts.lessons},
        banks={step.id: parts.items[step.file].items for step in course.steps if step.file in parts.items},
        scenarios={step.id: parts.scenarios[step.file] for step in course.steps if step.file in parts.scenarios},
        surveys={id: parts.surveys[file] for id, file in _files(course) if file in parts.surveys},
        translations={
            language: _translation(course, texts) for language, texts in _languages(course, parts, report).items()
        },
        media=parts.media,
    )


def _files(course: CourseFile) -> list[tuple[str, str]]:
    """Every part of the course with its file: the steps by their ids, and the follow-up."""
    files = [(step.id, step.file) for step in course.steps]
    return [*files, (FOLLOW_UP, course.follow_up.file)] if course.follow_up else files


def _missing_files(course: CourseFile, paths: Collection[str], report: Report) -> None:
    named: list[tuple[At, str]] = [
        (("outline", m, "steps", s, "file"), step.file)
        for m, module in enumerate(course.outline)
        for s, step in enumerate(module.steps)
    ]
    if course.follow_up:
        named.append((("follow_up", "file"), course.follow_up.file))
    for at, file in named:
        if file not in paths:
            message, remedy = N_("There is no file %(path)s."), N_("Write it, or correct the path.")
            report.error(COURSE_FILE, at, message, remedy, path=file)


def _left_over(course: CourseFile, parts: Parts, report: Report) -> None:
    named = {file for _, file in _files(course)}
    for file in sorted({*parts.lessons, *parts.items, *parts.scenarios, *parts.surveys} - named):
        report.warning(file, (), N_("The outline does not name this file."), N_("Add it to the outline, or remove it."))
    for language, texts in parts.translations.items():
        for file in sorted(set(texts) - named - {COURSE_FILE, STAMPS_FILE}):
            report.error(
                f"translations/{language}/{file}",
                (),
                N_("This translates nothing: the outline names no file %(path)s."),
                N_("Give it the name of the original, or remove it."),
                path=file,
            )


def _languages(course: CourseFile, parts: Parts, report: Report) -> Mapping[str, Mapping[str, Any]]:
    """Translations whose folder is named by a language other than the course's own."""
    languages = {}
    for language, texts in parts.translations.items():
        if language != course.language and _LANGUAGE.fullmatch(language):
            languages[language] = texts
            continue
        report.error(
            f"translations/{language}",
            (),
            N_("“%(language)s” is not a language that this course can be translated into."),
            N_("Name the folder by a language code such as es or pt-BR."),
            language=language,
        )
    return languages


def _translation(course: CourseFile, texts: Mapping[str, Any]) -> Translation:
    """The texts of one language by the id of the step, each where its kind belongs."""
    own = {id: texts[file] for id, file in _files(course) if file in texts}
    return Translation(
        course=texts.get(COURSE_FILE, CourseTranslation()),
        lessons={step: value for step, value in own.items() if isinstance(value, str)},
        items={step: value for step, value in own.items() if isinstance(value, dict)},
        scenarios={step: value for step, value in own.items() if isinstance(value, ScenarioTranslation)},
        surveys={id: value for id, value in own.items() if isinstance(value, SurveyTranslation)},
        stamps=texts.get(STAMPS_FILE, {}),
    )
