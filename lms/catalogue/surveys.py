"""Surveys: an evaluation after the test, and a follow-up some weeks later. Nothing in them is right or wrong. Pure.

A response to a survey is ``{question: answer}``; questions that were left out are not in it. An answer is the id of an option
(``scale``, ``choice``), a list of ids (``intent``), ``{"text": "..."}`` (``text``), or ``{commitment: how}`` (``practice``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from lms.catalogue.parts import Id, Line, Part, Prose
from lms.errors import N_, Invalid

Form = Mapping[str, Sequence[str]]
"""The fields of a form: every value of each name."""

Response = Mapping[str, Any]

HOW = ("done", "partly", "not-yet", "no-occasion")
"""What became of something that somebody had intended."""

LONGEST = 2000
"""Characters of an answer in one's own words."""


class SurveyOption(Part):
    id: Id
    text: Line


class Question(Part):
    """One question. ``scale``: one point from one end to the other; ``choice``: one of several; ``text``: in one's own words;
    ``intent``: what one will do, any number of commitments; ``practice``: what became of the commitments of an ``intent``."""

    id: Id
    type: Literal["scale", "choice", "text", "intent", "practice"]
    text: Line
    options: Annotated[tuple[SurveyOption, ...], Field(max_length=11)] = ()
    """Of ``scale``, ``choice`` and ``intent``."""
    of: Id | None = None
    """Of ``practice``: the question of the evaluation whose commitments are asked about."""
    required: bool = False
    """Whether the survey can only be sent with an answer to it."""

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of its options."""
        return tuple(option.id for option in self.options)


class Survey(Part):
    """``surveys/*.yaml``: what is asked, in this order."""

    intro: Prose | None = None
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=30)]


class QuestionTranslation(Part):
    text: Line | None = None
    options: dict[Id, Line] = {}


class SurveyTranslation(Part):
    """``translations/*/surveys/*.yaml``: texts by the id of the question."""

    intro: Prose | None = None
    questions: dict[Id, QuestionTranslation] = {}


def parse(survey: Survey, form: Form, commitments: Mapping[str, Collection[str]]) -> Response:
    """What a form says, as far as it is filled in. ``commitments``: those asked about, by ``practice`` question.

    Raises:
        Invalid: it names what the survey has not, or a text is too long.
    """
    found: dict[str, Any] = {}
    for question in survey.questions:
        answer = _answer(question, form, commitments.get(question.id, ()))
        if answer:
            found[question.id] = answer
    return found


def _answer(question: Question, form: Form, commitments: Collection[str]) -> Any:
    if question.type == "practice":
        told = {each: next(iter(form.get(f"{question.id}.{each}", ())), "") for each in sorted(commitments)}
        if not set(told.values()) <= {"", *HOW}:
            raise _unreadable()
        return {each: how for each, how in told.items() if how}
    given = [value for value in form.get(question.id, ()) if value.strip()]
    if question.type == "text":
        text = given[0].replace("\r\n", "\n").replace("\0", "").strip() if given else ""
        if len(text) > LONGEST:
            raise Invalid(N_("This is too long: at most %(most)d characters can be kept."), most=LONGEST)
        return {"text": text} if text else None
    if not set(given) <= set(question.ids) or (question.type != "intent" and len(given) > 1):
        raise _unreadable()
    if question.type == "intent":
        return [each for each in question.ids if each in given]
    return given[0] if given else None


def _unreadable() -> Invalid:
    return Invalid(N_("The answer could not be read. Reload the page and answer again."))


def fields(response: Response) -> dict[str, list[str]]:
    """The form's fields for a response: what :func:`parse` would read it from."""
    found: dict[str, list[str]] = {}
    for question, answer in response.items():
        if isinstance(answer, Mapping):
            if set(answer) == {"text"}:
                found[question] = [answer["text"]]
            else:
                found |= {f"{question}.{each}": [how] for each, how in answer.items()}
        else:
            found[question] = [answer] if isinstance(answer, str) else list(answer)
    return found


def missing(survey: Survey, response: Response) -> tuple[Question, ...]:
    """The required questions that are not answered."""
    return tuple(question for question in survey.questions if question.required and question.id not in response)


def commitments(survey: Survey, evaluation: Survey | None, intended: Response | None) -> dict[str, tuple[str, ...]]:
    """Which commitments each ``practice`` question of a follow-up asks about: those that were made in the evaluation; all there are
    where it was not answered."""
    asked: dict[str, tuple[str, ...]] = {}
    for question, source in practices(survey, evaluation):
        made = (intended or {}).get(source.id)
        asked[question.id] = tuple(each for each in source.ids if intended is None or each in (made or ()))
    return asked


def practices(survey: Survey, evaluation: Survey | None) -> Iterator[tuple[Question, Question]]:
    """Every ``practice`` question of a follow-up with the ``intent`` question it goes back to."""
    known = {question.id: question for question in evaluation.questions} if evaluation else {}
    for question in survey.questions:
        if question.type == "practice" and question.of in known:
            yield question, known[question.of]
