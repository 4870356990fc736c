"""How far somebody is in a course: pure, from the frozen content and the steps that are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lms.catalogue.content import CourseContent
from lms.catalogue.steps import AttestationStep, EvaluationStep, PreTestStep, Step, TestStep


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps done and in all, minutes of the steps still to do, and the step to go on with (None: nothing is left)."""

    done: int
    total: int
    minutes_left: int
    next_step: Step | None

    @property
    def started(self) -> bool:
        """Whether anything is done."""
        return self.done > 0


def progress(content: CourseContent, done: frozenset[str], last_step: str | None = None) -> Progress:
    """Where to go on: the step where the learner was, if it is not done; else the first that is not done."""
    left = to_do(content, done)
    finished = sum(step.id in done for step in content.steps)
    here = next((step for step in left if step.id == last_step and not is_locked(content, step, done)), None)
    return Progress(
        done=finished,
        total=finished + len(left),
        minutes_left=sum(step.minutes for step in left),
        next_step=here or (left[0] if left else None),
    )


def to_do(content: CourseContent, done: frozenset[str]) -> list[Step]:
    """The steps that are left. A pre-test is passed over once anything else is done; whoever has the test behind them, or has
    tested out, has only what comes after it before them."""
    left = [step for step in content.steps if step.id not in done]
    if content.test is not None and content.test.id in done:
        return [step for step in left if _comes_after(step)]
    return [step for step in left if not isinstance(step, PreTestStep) or not done]


def is_locked(content: CourseContent, step: Step, done: frozenset[str]) -> bool:
    """The test opens when everything before it is done but a pre-test; evaluation and attestation open when the test is passed. All
    other steps are open in any order, a pre-test only before any other."""
    if isinstance(step, TestStep):
        return any(other.id not in done for other in _before_test(content))
    if _comes_after(step):
        return content.test is None or content.test.id not in done
    return isinstance(step, PreTestStep) and bool(done) and step.id not in done


def has_tested_out(content: CourseContent, done: frozenset[str]) -> bool:
    """Whether the test is behind somebody who did not do what comes before it."""
    return (
        content.test is not None
        and content.test.id in done
        and any(step.id not in done for step in _before_test(content))
    )


def waits_for(content: CourseContent, done: frozenset[str]) -> list[Step]:
    """The steps after the test for which the record still waits. Who tested out has no course to evaluate."""
    out = has_tested_out(content, done)
    return [
        step
        for step in content.steps
        if step.id not in done
        and (
            (isinstance(step, AttestationStep) and step.needed)
            or (isinstance(step, EvaluationStep) and step.needed and not out)
        )
    ]


def _comes_after(step: Step) -> bool:
    return isinstance(step, EvaluationStep | AttestationStep)


def _before_test(content: CourseContent) -> Sequence[Step]:
    return [step for step in content.steps if not isinstance(step, TestStep | PreTestStep) and not _comes_after(step)]
