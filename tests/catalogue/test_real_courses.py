"""The courses that ship with Attune are fit to be published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lms.catalogue.disk import load_course
from lms.catalogue.localised import localised
from lms.catalogue.markdown import Notes, render
from lms.catalogue.steps import ScenarioStep
from lms.learning.scenario import best_path

COURSES = sorted(path.parent for path in (Path(__file__).resolve().parents[2] / "courses").glob("*/course.yaml"))


@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
def test_a_shipped_course_has_no_errors(folder: Path) -> None:
    loaded = load_course(folder, today=date(2026, 11, 22))
    assert [str(problem) for problem in loaded.problems if problem.level == "error"] == []
    content = loaded.content
    assert content is not None
    for step in content.steps:
        if isinstance(step, ScenarioStep):
            best = best_path(content.scenario(step.id))
            assert (best.score, best.ending) == (100.0, "good")
    for language in content.languages:
        course = localised(content, language)
        for step_id in content.lessons:
            assert render(course.lesson(step_id).value, media_url=str, cite=Notes())


def test_the_two_first_courses_are_there() -> None:
    assert {"cc-101", "la-110"} <= {folder.name for folder in COURSES}
