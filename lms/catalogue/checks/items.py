"""Checks of questions: what each type asks of its definition, objectives, media, and whether a bank is big enough for its test."""

from __future__ import annotations

from collections.abc import Collection

from lms.catalogue.checks.finding import At, Report
from lms.catalogue.checks.outline import no_duplicates
from lms.catalogue.content import CourseContent
from lms.catalogue.items import Item
from lms.catalogue.items.question import Fault
from lms.catalogue.localised import COURSE_FILE
from lms.catalogue.steps import TestStep
from lms.errors import N_


def check_items(file: str, items: tuple[Item, ...], report: Report) -> None:
    """Everything that can be judged from one bank alone."""
    no_duplicates(report, file, ((("items", n, "id"), item.id) for n, item in enumerate(items)))
    for n, item in enumerate(items):
        for fault in item.faults():
            _note(fault, file, ("items", n, *fault.at), report)


def _note(fault: Fault, file: str, at: At, report: Report) -> None:
    note = report.error if fault.level == "error" else report.warning
    note(file, at, fault.message, fault.remedy, **fault.params)


def check_banks(content: CourseContent, report: Report) -> None:
    """What an item owes to the rest of the course: its objective, its media, its translations, and enough items to draw from."""
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
            for language, translation in content.translations.items():
                if found := translation.items.get(step.id, {}).get(item.id):
                    for fault in item.translation_faults(found):
                        _note(fault, f"translations/{language}/{step.file}", (item.id, *fault.at), report)
        if isinstance(step, TestStep) and step.id in content.banks:
            _draw(content, step, objectives, report)


def _draw(content: CourseContent, step: TestStep, objectives: Collection[str], report: Report) -> None:
    bank = [item for item in content.banks[step.id] if item.scored]
    at = _place(content, step)
    if not bank:
        report.error(
            step.file,
            ("items",),
            N_("The test has nothing that is scored."),
            N_("Add items of a type that is scored; Likert items and reflections are not."),
        )
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
    _blueprint(step, bank, (*at, "blueprint"), report)


def _blueprint(step: TestStep, bank: list[Item], at: At, report: Report) -> None:
    """Every row can be filled, and no item could fill two, so that each draw keeps to the blueprint."""
    asked = sum(row.draw for row in step.blueprint)
    if step.draw is not None and asked > step.draw:
        report.error(
            COURSE_FILE,
            at,
            N_("The blueprint asks for %(asked)d items, but the test draws %(draw)d."),
            N_("Raise `draw`, or lower the rows."),
            asked=asked,
            draw=step.draw,
        )
    for n, row in enumerate(step.blueprint):
        fitting = sum(row.fits(item) for item in bank)
        if fitting < row.draw:
            report.error(
                COURSE_FILE,
                (*at, n),
                N_("This row draws %(draw)d items, but %(path)s has %(fitting)d of this kind."),
                N_("Lower `draw`, or write more items with this topic, objective or difficulty."),
                draw=row.draw,
                path=step.file,
                fitting=fitting,
            )
    for item in bank:
        if sum(row.fits(item) for row in step.blueprint) > 1:
            report.error(
                COURSE_FILE,
                at,
                N_("The item “%(id)s” fits two rows of the blueprint."),
                N_("Make the rows exclude each other, for instance by naming the difficulty in each."),
                id=item.id,
            )
            return


def _place(content: CourseContent, wanted: TestStep) -> At:
    return next(
        ("outline", m, "steps", s)
        for m, module in enumerate(content.outline)
        for s, step in enumerate(module.steps)
        if step is wanted
    )
