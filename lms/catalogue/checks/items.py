"""Checks of questions: options, right answers, objectives, and whether a bank is big enough for its test."""

from __future__ import annotations

from collections.abc import Collection

from lms.catalogue.checks.finding import At, Report
from lms.catalogue.checks.outline import no_duplicates
from lms.catalogue.content import CourseContent, Item, MultipleItem, SingleItem, TestStep, TrueFalseItem
from lms.catalogue.localised import COURSE_FILE
from lms.errors import N_


def check_items(file: str, items: tuple[Item, ...], report: Report) -> None:
    """Everything that can be judged from one bank alone."""
    no_duplicates(report, file, ((("items", n, "id"), item.id) for n, item in enumerate(items)))
    for n, item in enumerate(items):
        at: At = ("items", n)
        options = ((*at, "options", o, "id") for o in range(len(item.options)))
        no_duplicates(report, file, zip(options, (option.id for option in item.options), strict=True))
        _right_answers(file, at, item, report)


def _right_answers(file: str, at: At, item: Item, report: Report) -> None:
    right = sum(option.correct for option in item.options)
    if isinstance(item, SingleItem | TrueFalseItem) and right != 1:
        report.error(
            file,
            (*at, "options"),
            N_("The item “%(id)s” has %(right)d right options; its type needs exactly one."),
            N_("Put `correct: true` on one option, or make the item `type: multiple`."),
            id=item.id,
            right=right,
        )
    if isinstance(item, MultipleItem) and right == 0:
        report.error(
            file,
            (*at, "options"),
            N_("The item “%(id)s” has no right option."),
            N_("Put `correct: true` on every option that is right."),
            id=item.id,
        )
    if isinstance(item, MultipleItem) and right == len(item.options):
        report.warning(
            file,
            (*at, "options"),
            N_("Every option of “%(id)s” is right, so ticking all of them always scores."),
            N_("Add an option that people without the skill would choose."),
            id=item.id,
        )
    if isinstance(item, TrueFalseItem) and sorted(option.id for option in item.options) != ["false", "true"]:
        report.error(
            file,
            (*at, "options"),
            N_("The true-or-false item “%(id)s” must have the options `true` and `false`."),
            N_("Name the two options `true` and `false`, or make the item `type: single`."),
            id=item.id,
        )


def check_banks(content: CourseContent, report: Report) -> None:
    """What an item owes to the rest of the course: its objective, and enough items to draw from."""
    objectives = {objective.id for objective in content.objectives}
    for step in content.steps:
        for n, item in enumerate(content.banks.get(step.id, ())):
            if item.objective not in objectives:
                report.error(
                    step.file,
                    ("items", n, "objective"),
                    N_("The course has no objective “%(id)s”."),
                    N_("Use one of %(known)s, or add the objective to course.yaml."),
                    id=item.objective,
                    known=", ".join(sorted(objectives)),
                )
        if isinstance(step, TestStep) and step.id in content.banks:
            _draw(content, step, objectives, report)


def _draw(content: CourseContent, step: TestStep, objectives: Collection[str], report: Report) -> None:
    bank = content.banks[step.id]
    at = _place(content, step)
    if step.draw is not None and step.draw > len(bank):
        report.error(
            COURSE_FILE,
            (*at, "draw"),
            N_("The test draws %(draw)d items, but %(path)s has %(bank)d."),
            N_("Lower `draw`, or write more items."),
            draw=step.draw,
            path=step.file,
            bank=len(bank),
        )
    for objective in sorted(set(objectives) - {item.objective for item in bank}):
        report.warning(
            COURSE_FILE,
            at,
            N_("The test has no item for the objective “%(id)s”."),
            N_("Add an item with `objective: %(id)s` to %(path)s, or drop the objective."),
            id=objective,
            path=step.file,
        )


def _place(content: CourseContent, wanted: TestStep) -> At:
    return next(
        ("outline", m, "steps", s)
        for m, module in enumerate(content.outline)
        for s, step in enumerate(module.steps)
        if step is wanted
    )
