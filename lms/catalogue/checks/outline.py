"""Checks of ``course.yaml``: ids, minutes, sources, and the outline's one test at the end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from lms.catalogue.checks.finding import At, Report
from lms.catalogue.content import CourseFile
from lms.catalogue.localised import COURSE_FILE
from lms.catalogue.steps import Step, TestStep
from lms.errors import N_

MINUTES_TOLERANCE = 10
"""Per cent by which the steps' minutes may differ from the topics'."""

BESIDE = ("pre_test", "evaluation", "attestation")
"""Kinds of steps whose minutes are told, but are not part of what the course is worth."""


def check_outline(course: CourseFile, report: Report, *, today: date | None) -> None:
    """Everything that can be judged from ``course.yaml`` alone."""
    no_duplicates(report, COURSE_FILE, ((("objectives", n, "id"), o.id) for n, o in enumerate(course.objectives)))
    no_duplicates(report, COURSE_FILE, ((("sources", n, "id"), s.id) for n, s in enumerate(course.sources)))
    no_duplicates(report, COURSE_FILE, ((("outline", n, "module"), m.id) for n, m in enumerate(course.outline)))
    no_duplicates(report, COURSE_FILE, ((at, step.id) for at, step in _steps(course)))
    _files(course, report)
    _minutes(course, report)
    _test(course, report)
    _sources(course, report, today)


def no_duplicates(report: Report, file: str, ids: Iterable[tuple[At, str]]) -> None:
    """Report every id that was used before in the same list."""
    seen: set[str] = set()
    for at, found in ids:
        if found in seen:
            report.error(
                file,
                at,
                N_("The id “%(id)s” is used twice."),
                N_("Give one of the two another id; if one was already published, change the newer."),
                id=found,
            )
        seen.add(found)


def _steps(course: CourseFile) -> Iterable[tuple[At, Step]]:
    for m, module in enumerate(course.outline):
        for s, step in enumerate(module.steps):
            yield ("outline", m, "steps", s), step


def _files(course: CourseFile, report: Report) -> None:
    seen: set[str] = set()
    folders = {
        "lesson": "lessons", "attestation": "attestations", "check": "items", "pre_test": "items", "test": "items",
        "scenario": "scenarios", "evaluation": "surveys",
    }  # fmt: skip
    for at, step in _steps(course):
        if step.file in seen and not _shared_bank(course, step.file):
            report.error(
                COURSE_FILE,
                (*at, "file"),
                N_("Two steps use the file %(path)s."),
                N_("Give each step a file of its own; answers belong to one step."),
                path=step.file,
            )
        seen.add(step.file)
        folder, suffix = folders[step.kind], ".md" if step.kind in ("lesson", "attestation") else ".yaml"
        if not (step.file.startswith(f"{folder}/") and step.file.endswith(suffix)):
            report.error(
                COURSE_FILE,
                (*at, "file"),
                N_("The file %(path)s is not where a step of this kind keeps its content."),
                N_("Write a path such as %(folder)s/%(id)s%(suffix)s."),
                path=step.file,
                folder=folder,
                id=step.id,
                suffix=suffix,
            )


def _shared_bank(course: CourseFile, file: str) -> bool:
    """A pre-test may draw from the bank of the test."""
    return sorted(step.kind for step in course.steps if step.file == file) == ["pre_test", "test"]


def _minutes(course: CourseFile, report: Report) -> None:
    steps = sum(step.minutes for step in course.steps if step.kind not in BESIDE)
    topics = course.total_minutes
    if abs(steps - topics) * 100 > topics * MINUTES_TOLERANCE:
        report.warning(
            COURSE_FILE,
            ("topics",),
            N_("The steps take %(steps)d minutes, the topics claim %(topics)d."),
            N_("Change the minutes until they differ by at most %(tolerance)d%%; records claim the topics' minutes."),
            steps=steps,
            topics=topics,
            tolerance=MINUTES_TOLERANCE,
        )


def _test(course: CourseFile, report: Report) -> None:
    tests = [(at, step) for at, step in _steps(course) if isinstance(step, TestStep)]
    if not tests:
        report.error(
            COURSE_FILE,
            ("outline",),
            N_("The course has no test, so nobody could complete it."),
            N_("Add a step with `test:` as the last step of the last module."),
        )
    for at, _step in tests[1:]:
        report.error(
            COURSE_FILE,
            at,
            N_("The course has more than one test."),
            N_("Keep one test, as the last step; make the others `check:` steps."),
        )
    learning = [step for step in course.steps if step.kind not in BESIDE]
    if tests and tests[0][1] != learning[-1]:
        report.error(
            COURSE_FILE,
            tests[0][0],
            N_("The test is not the last step."),
            N_("Move it to the end; only an evaluation and an attestation come after it."),
        )


def _sources(course: CourseFile, report: Report, today: date | None) -> None:
    for n, source in enumerate(course.sources):
        at: At = ("sources", n)
        if source.kind in ("law", "regulation"):
            for name in ("review_by", "jurisdiction"):
                if getattr(source, name) is None:
                    report.error(
                        COURSE_FILE,
                        at,
                        N_("The source “%(id)s” is a %(kind)s and has no `%(name)s`."),
                        N_("Add `%(name)s:`; laws change, and differ from place to place."),
                        id=source.id,
                        kind=source.kind,
                        name=name,
                    )
        if source.review_by and source.review_by <= source.as_of:
            report.error(
                COURSE_FILE,
                (*at, "review_by"),
                N_("The source “%(id)s” is due for review before it was checked."),
                N_("Set `review_by` to a day after `as_of`."),
                id=source.id,
            )
        if today and source.review_by and source.review_by < today:
            report.warning(
                COURSE_FILE,
                (*at, "review_by"),
                N_("The review of the source “%(id)s” was due by %(day)s."),
                N_("Check that the source still says so, then set `as_of` to that day and `review_by` to the next."),
                id=source.id,
                day=source.review_by,
            )
        if today and source.as_of > today:
            report.warning(
                COURSE_FILE,
                (*at, "as_of"),
                N_("The source “%(id)s” was checked on %(day)s, which is still to come."),
                N_("Set `as_of` to the day on which somebody checked it."),
                id=source.id,
                day=source.as_of,
            )
