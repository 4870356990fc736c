"""Checks of what a test asks of those who take it: its time limit, its grace, and the pause between attempts."""

from __future__ import annotations

from datetime import timedelta

from lms.catalogue.checks.finding import At, Report
from lms.catalogue.content import CourseFile
from lms.catalogue.localised import COURSE_FILE
from lms.catalogue.parts import length
from lms.catalogue.steps import TestStep
from lms.errors import N_

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=8)
"""Between these a time limit lies."""

MOST_GRACE, MOST_PAUSE = timedelta(minutes=5), timedelta(days=30)


def check_policy(course: CourseFile, report: Report) -> None:
    """Everything about attempts and time that can be judged from ``course.yaml`` alone."""
    for m, module in enumerate(course.outline):
        for s, step in enumerate(module.steps):
            if isinstance(step, TestStep):
                _time(step, ("outline", m, "steps", s), report)
                _pause(step, ("outline", m, "steps", s), report)


def _time(test: TestStep, at: At, report: Report) -> None:
    limit = test.limit
    if limit is None:
        if test.grace != TestStep.model_fields["grace"].default:
            report.error(
                COURSE_FILE,
                (*at, "grace"),
                N_("`grace` means nothing without a time limit."),
                N_("Remove it, or add `time_limit:`."),
            )
        return
    if not SHORTEST <= limit <= LONGEST:
        report.error(
            COURSE_FILE,
            (*at, "time_limit"),
            N_("A time limit of %(limit)s is not between 1 min and 8 h."),
            N_("Write a length between the two, or remove `time_limit:`."),
            limit=test.time_limit,
        )
    elif limit < timedelta(minutes=test.minutes):
        report.warning(
            COURSE_FILE,
            (*at, "time_limit"),
            N_("The test takes an ordinary learner %(minutes)d minutes, but ends after %(limit)s."),
            N_("Lengthen `time_limit:`; whoever reads slowly, or in a second language, needs more than the ordinary."),
            minutes=test.minutes,
            limit=test.time_limit,
        )
    if length(test.grace) > MOST_GRACE:
        report.error(
            COURSE_FILE,
            (*at, "grace"),
            N_("A grace of %(grace)s is more than 5 min."),
            N_("Keep it short: it is for answers on their way. Lengthen `time_limit:` to give more time to everybody."),
            grace=test.grace,
        )


def _pause(test: TestStep, at: At, report: Report) -> None:
    if test.pause > MOST_PAUSE:
        report.error(
            COURSE_FILE,
            (*at, "cool_down"),
            N_("A cool-down of %(pause)s is more than 30 days."),
            N_("Shorten it; people have due days to keep."),
            pause=test.cool_down,
        )
    elif test.cool_down and test.attempts == 1:
        report.warning(
            COURSE_FILE,
            (*at, "cool_down"),
            N_("There is a cool-down, but only one attempt."),
            N_("Raise `attempts:`, or remove `cool_down:`."),
        )
