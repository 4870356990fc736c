"""Checks of what stands around the test: the pre-test, the evaluation, the attestation, and the follow-up."""

from __future__ import annotations

from collections.abc import Iterator

from lms.catalogue.checks.finding import At, Report
from lms.catalogue.checks.outline import no_duplicates
from lms.catalogue.content import CourseContent
from lms.catalogue.localised import COURSE_FILE
from lms.catalogue.steps import FOLLOW_UP, AttestationStep, EvaluationStep, PreTestStep, Step
from lms.catalogue.surveys import Survey
from lms.errors import N_


def check_surveys(content: CourseContent, report: Report) -> None:
    """Everything about these steps that takes more than one value to decide."""
    _order(content, report)
    for at, step in _steps(content):
        if isinstance(step, PreTestStep) and step.id in content.banks:
            _pre_test(content, step, at, report)
        if isinstance(step, EvaluationStep) and step.id in content.surveys:
            _questions(step.file, content.surveys[step.id], report)
    attestations = ((at, step) for at, step in _steps(content) if isinstance(step, AttestationStep))
    no_duplicates(report, COURSE_FILE, (((*at, "name"), step.name) for at, step in attestations))
    if content.follow_up:
        _follow_up(content, report)


def _steps(content: CourseContent) -> Iterator[tuple[At, Step]]:
    for m, module in enumerate(content.outline):
        for s, step in enumerate(module.steps):
            yield ("outline", m, "steps", s), step


def _order(content: CourseContent, report: Report) -> None:
    """The pre-test comes first, evaluation and attestation after the test; one pre-test and one evaluation at most."""
    seen: set[str] = set()
    for at, step in _steps(content):
        if step.id == FOLLOW_UP:
            report.error(
                COURSE_FILE, at, N_("No step can have the id “follow-up”."), N_("Give it another; the follow-up has this one.")
            )  # fmt: skip
        if isinstance(step, PreTestStep) and step != content.steps[0]:
            report.error(
                COURSE_FILE, at, N_("The pre-test is not the first step."),
                N_("Move it to the beginning; keep one, for it shows what was known before anything else."),
            )  # fmt: skip
        if isinstance(step, EvaluationStep | AttestationStep) and "test" not in seen:
            report.error(
                COURSE_FILE, at, N_("The %(kind)s “%(id)s” stands before the test."), N_("Move it behind the test."),
                kind=step.kind, id=step.id,
            )  # fmt: skip
        if isinstance(step, EvaluationStep) and step.kind in seen:
            report.error(
                COURSE_FILE, at, N_("The course has more than one evaluation."), N_("Put the questions into one.")
            )
        seen.add(step.kind)


def _pre_test(content: CourseContent, step: PreTestStep, at: At, report: Report) -> None:
    bank = [item for item in content.banks[step.id] if item.scored]
    if not bank:
        report.error(
            step.file, ("items",), N_("The pre-test has nothing that is scored."),
            N_("Add items of a type that is scored; Likert items and reflections are not."),
        )  # fmt: skip
    if step.draw is not None and step.draw > len(bank):
        report.error(
            COURSE_FILE, (*at, "draw"), N_("The test draws %(draw)d items, but %(path)s has %(bank)d."),
            N_("Lower `draw`, or write more items."), draw=step.draw, path=step.file, bank=len(bank),
        )  # fmt: skip
    if step.test_out is None:
        return
    if step.test_out.minutes > content.total_minutes:
        report.error(
            COURSE_FILE, (*at, "test_out", "minutes"),
            N_("Testing out is worth %(minutes)d minutes, the whole course %(whole)d."),
            N_("Grant no more than the course is worth; what testing takes is a good measure."),
            minutes=step.test_out.minutes, whole=content.total_minutes,
        )  # fmt: skip
    asked = {item.objective for item in bank}
    left = [objective.id for objective in content.objectives if objective.id not in asked]
    if left or (step.draw is not None and step.draw < len(asked)):
        report.error(
            COURSE_FILE, at, N_("Somebody could test out without being asked about every objective."),
            N_("Give each objective an item in %(path)s, and draw at least one for each."), path=step.file,
        )  # fmt: skip


def _questions(file: str, survey: Survey, report: Report) -> None:
    no_duplicates(report, file, ((("questions", n, "id"), each.id) for n, each in enumerate(survey.questions)))
    for n, question in enumerate(survey.questions):
        at: At = ("questions", n)
        no_duplicates(report, file, (((*at, "options", o, "id"), id) for o, id in enumerate(question.ids)))
        least = {"scale": 2, "choice": 2, "intent": 1}.get(question.type, 0)
        if len(question.options) < least or (not least and question.options):
            report.error(
                file, at, N_("A question of the type %(type)s cannot have %(count)d options."),
                N_("Give `scale` and `choice` two or more, `intent` one or more, the others none."),
                type=question.type, count=len(question.options),
            )  # fmt: skip
        if (question.of is not None) != (question.type == "practice"):
            report.error(
                file, at, N_("`of:` belongs to questions of the type practice, and to them always."),
                N_("Name the intent question of the evaluation that it goes back to."),
            )  # fmt: skip


def _follow_up(content: CourseContent, report: Report) -> None:
    assert content.follow_up is not None
    file = content.follow_up.file
    if not (file.startswith("surveys/") and file.endswith(".yaml")):
        report.error(
            COURSE_FILE, ("follow_up", "file"),
            N_("The file %(path)s is not where a step of this kind keeps its content."),
            N_("Write a path such as %(folder)s/%(id)s%(suffix)s."), path=file, folder="surveys", id=FOLLOW_UP, suffix=".yaml",
        )  # fmt: skip
    survey = content.surveys.get(FOLLOW_UP)
    if survey is None:
        return
    _questions(file, survey, report)
    evaluation = content.surveys.get(content.evaluation.id) if content.evaluation else None
    intents = {each.id for each in evaluation.questions if each.type == "intent"} if evaluation else set()
    for n, question in enumerate(survey.questions):
        if question.of is not None and question.of not in intents:
            report.error(
                file, ("questions", n, "of"), N_("The evaluation has no intent question “%(id)s”."),
                N_("Name one of its questions of the type intent."), id=question.of,
            )  # fmt: skip
