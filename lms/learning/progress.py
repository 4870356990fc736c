"""How far somebody is in a course: pure, from the frozen content and the steps that are done."""

from __future__ import annotations

from dataclasses import dataclass

from lms.catalogue.content import CourseContent, Step, TestStep


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
    left = [step for step in content.steps if step.id not in done]
    here = next((step for step in left if step.id == last_step and not is_locked(content, step, done)), None)
    return Progress(
        done=len(content.steps) - len(left),
        total=len(content.steps),
        minutes_left=sum(step.minutes for step in left),
        next_step=here or (left[0] if left else None),
    )


def is_locked(content: CourseContent, step: Step, done: frozenset[str]) -> bool:
    """The test opens when every other step is done; all other steps are open in any order."""
    return isinstance(step, TestStep) and any(other.id not in done for other in content.steps if other.id != step.id)
