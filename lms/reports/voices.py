"""What learners say of a course, and what became of their intentions: counts without names, small cells suppressed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.catalogue.content import CourseContent
from lms.catalogue.models import Course
from lms.catalogue.steps import FOLLOW_UP
from lms.catalogue.surveys import HOW, Question, practices
from lms.learning.models import Attempt, AttemptKind, Enrolment, FollowUp, StepDone, SurveyAnswer
from lms.reports.suppression import LIMIT, small

Responses = Mapping[int, Mapping[str, Any]]
"""What was sent, by enrolment."""

FEW = 30
"""Below so many pairs a gain is shown with a warning."""


def covered(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Counts that add up to a total which is shown, as they may be shown: 1 to 10 are suppressed, and further ones, the smallest
    first, until at least two, of together eleven people, are missing. Pure."""
    gone = {name for name, number in counts.items() if small(number)}
    while gone and len(gone) < len(counts) and (len(gone) < 2 or sum(counts[name] for name in gone) < LIMIT):
        left = sorted((number == 0, number, name) for name, number in counts.items() if name not in gone)
        gone.add(left[0][2])
    return {name: None if name in gone else number for name, number in counts.items()}


@dataclass(frozen=True, slots=True)
class Tally:
    """One question: how many answered it (None: too few to say), the counts of its options, what was written."""

    question: Question
    answered: int | None
    counts: Mapping[str, int | None]
    words: Sequence[str] = ()


def tally(question: Question, said: Iterable[Mapping[str, Any]]) -> Tally:
    """Add up one question. Nothing is told of fewer than eleven people. Pure."""
    given = [each[question.id] for each in said if question.id in each]
    if len(given) < LIMIT:
        return Tally(question, None if given else 0, {})
    if question.type == "text":
        words = [each["text"] for each in given]
        # an order that says nothing about when something was written, or by whom
        return Tally(
            question, len(given), {}, sorted(words, key=lambda text: hashlib.sha256(text.encode()).hexdigest())
        )
    if question.type == "intent":
        chosen = {option: sum(option in each for each in given) for option in question.ids}
        pairs = {option: covered({"yes": number, "no": len(given) - number}) for option, number in chosen.items()}
        return Tally(question, len(given), {option: pair["yes"] for option, pair in pairs.items()})
    return Tally(question, len(given), covered({option: given.count(option) for option in question.ids}))


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one commitment: how many made it, how many of these answered the follow-up, and what they say."""

    question: str
    commitment: str
    intended: int | None
    answered: int | None
    counts: Mapping[str, int | None]


def kept(content: CourseContent, said: Responses, later: Responses) -> list[Kept]:
    """Every commitment with its denominators. Pure."""
    first = content.evaluation
    if first is None or FOLLOW_UP not in content.surveys:
        return []
    found = []
    for asked, source in practices(content.survey(FOLLOW_UP), content.surveys.get(first.id)):
        for commitment in source.ids:
            made = {ident for ident, each in said.items() if commitment in each.get(source.id, ())}
            told = [later[ident].get(asked.id, {}).get(commitment) for ident in sorted(made & later.keys())]
            told = [how for how in told if how]
            counts = {how: told.count(how) for how in HOW}
            enough = len(told) >= LIMIT
            found.append(
                Kept(
                    source.id, commitment, None if small(len(made)) else len(made),
                    len(told) if enough or not told else None, covered(counts) if enough else {},
                )
            )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Gain:
    """Pre-test against the first attempt at the test, of the same people: mean scores in per cent, and the normalised gain
    (post − pre) / (100 − pre) of the means (Hake 1998); None where fewer than eleven people took both, or nothing was left to gain."""

    people: int | None
    before: float | None = None
    after: float | None = None
    normalised: float | None = None

    @property
    def few(self) -> bool:
        """Whether it rests on too few people to build on."""
        return self.people is not None and self.people < FEW


def gain(pairs: Sequence[tuple[float, float]]) -> Gain:
    """From the scores (before, after) of each person. Pure."""
    if len(pairs) < LIMIT:
        return Gain(None if pairs else 0)
    before = sum(pre for pre, _ in pairs) / len(pairs)
    after = sum(post for _, post in pairs) / len(pairs)
    return Gain(len(pairs), before, after, (after - before) / (100 - before) if before < 100 else None)


@dataclass(frozen=True, slots=True)
class Voices:
    """All that the page of a course tells. Numbers of people are None where they are too small to be told."""

    completed: int | None
    evaluated: int | None
    asked_later: int | None
    answered_later: int | None
    evaluation: Sequence[Tally]
    follow_up: Sequence[Tally]
    kept: Sequence[Kept]
    gain: Gain


def voices(session: Session, slug: str, content: CourseContent) -> Voices:
    """What was said of all versions of a course; ``content`` has the questions. Questions with the same id are the same."""
    course = select(Course.id).where(Course.slug == slug).scalar_subquery()
    first = content.evaluation
    said = _sent(session, course, first.id) if first else {}
    later = _sent(session, course, FOLLOW_UP)
    completed = session.scalar(
        select(func.count()).where(Enrolment.course_id == course, Enrolment.completed_at.is_not(None))
    )
    asked = session.scalar(
        select(func.count())
        .select_from(FollowUp)
        .join(Enrolment, Enrolment.id == FollowUp.enrolment_id)
        .where(Enrolment.course_id == course)
    )
    evaluation = content.surveys[first.id].questions if first and first.id in content.surveys else ()
    follow_up = content.surveys[FOLLOW_UP].questions if FOLLOW_UP in content.surveys else ()
    return Voices(
        completed=_told(completed or 0),
        evaluated=_told(len(said)),
        asked_later=_told(asked or 0),
        answered_later=_told(len(later)),
        evaluation=[tally(question, said.values()) for question in evaluation],
        follow_up=[tally(question, later.values()) for question in follow_up if question.type != "practice"],
        kept=kept(content, said, later),
        gain=gain(_pairs(session, course)),
    )


def _told(people: int) -> int | None:
    return None if small(people) else people


def _sent(session: Session, course: Any, survey: str) -> dict[int, Mapping[str, Any]]:
    """What counts of every survey that was sent in, by enrolment."""
    done = (
        select(FollowUp.id).where(FollowUp.enrolment_id == Enrolment.id, FollowUp.answered_at.is_not(None))
        if survey == FOLLOW_UP
        else select(StepDone.id).where(StepDone.enrolment_id == Enrolment.id, StepDone.step_id == survey)
    )
    rows = session.execute(
        select(SurveyAnswer.enrolment_id, SurveyAnswer.response)
        .join(Enrolment, Enrolment.id == SurveyAnswer.enrolment_id)
        .where(Enrolment.course_id == course, SurveyAnswer.survey == survey, done.exists())
        .order_by(SurveyAnswer.given_at, SurveyAnswer.sequence)
    )
    return {row.enrolment_id: row.response for row in rows}


def _pairs(session: Session, course: Any) -> list[tuple[float, float]]:
    """Scores of those who took the pre-test and then the test at least once."""
    rows = session.execute(
        select(Attempt.enrolment_id, Attempt.kind, Attempt.score)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(
            Enrolment.course_id == course,
            Attempt.kind.in_([AttemptKind.PRE_TEST, AttemptKind.TEST]),
            Attempt.number == 1,
            Attempt.finished_at.is_not(None),
        )
    )
    found: dict[int, dict[str, float]] = {}
    for enrolment, kind, score in rows:
        if score is not None:
            found.setdefault(enrolment, {})[kind] = score
    both = (each for _, each in sorted(found.items()) if len(each) == 2)
    return [(each[AttemptKind.PRE_TEST], each[AttemptKind.TEST]) for each in both]
