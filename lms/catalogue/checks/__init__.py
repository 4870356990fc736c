"""What makes a course fit to be published: every check that takes more than one value to decide. Pure.

``check`` looks at a whole course; the parts can be called alone for a file whose course could not be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from lms.catalogue.checks.finding import At, Lines, Report, dotted
from lms.catalogue.checks.items import check_banks, check_items
from lms.catalogue.checks.outline import check_outline
from lms.catalogue.checks.policy import check_policy
from lms.catalogue.checks.proof import Proof
from lms.catalogue.checks.scenario import check_scenario
from lms.catalogue.checks.surveys import check_surveys
from lms.catalogue.checks.texts import check_texts
from lms.catalogue.checks.translations import check_translations
from lms.catalogue.content import CourseContent
from lms.catalogue.steps import Step
from lms.errors import N_, Problem

NO_LINES = Lines()

__all__ = [
    "At",
    "Lines",
    "Proof",
    "Report",
    "check",
    "check_items",
    "check_scenario",
    "check_whole",
    "dotted",
    "has_errors",
    "in_order",
    "unwritten",
]


def check(content: CourseContent, *, lines: Lines = NO_LINES, today: date | None = None) -> list[Problem]:
    """All problems of a course, by file and line. ``today`` decides which reviews of sources are late; without it none
    is. A course with an error in it must not be published."""
    report = Report(lines)
    for step in content.steps:
        if step.id in content.banks:
            check_items(step.file, content.banks[step.id], report)
        if step.id in content.scenarios:
            check_scenario(step.file, content.scenarios[step.id], report)
    check_whole(content, report, today=today)
    _nothing_left_out(content, report)
    return in_order(report.problems)


def check_whole(content: CourseContent, report: Report, *, today: date | None, partial: bool = False) -> None:
    """The checks that look across files. ``partial``: some files could not be read, so what seems unused may not be."""
    check_outline(content, report, today=today)
    check_policy(content, report)
    check_banks(content, report)
    check_surveys(content, report)
    check_texts(content, report, unused=not partial)
    check_translations(content, report)


def unwritten(content: CourseContent) -> list[Step]:
    """The steps that have no content."""
    written = {*content.lessons, *content.banks, *content.scenarios, *content.surveys}
    return [step for step in content.steps if step.id not in written]


def _nothing_left_out(content: CourseContent, report: Report) -> None:
    for step in unwritten(content):
        report.error(
            step.file,
            (),
            N_("The step “%(id)s” has no content."),
            N_("Write the file %(path)s."),
            id=step.id,
            path=step.file,
        )


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """By file and line, as an author works through them."""
    return sorted(problems, key=lambda problem: (problem.file or "", problem.line or 0))


def has_errors(problems: Sequence[Problem]) -> bool:
    """Whether anything forbids publishing; warnings do not."""
    return any(problem.level == "error" for problem in problems)
