"""What learners answered, counted for authors: nobody is named, and fewer than eleven people are not shown.

Each person counts once in a version, by their first finished attempt at a step: who tries again has read the feedback. In a scenario
the first choice in each scene counts, unless the clock made it. What is written in one's own words is never read here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from lms.catalogue.content import CourseContent
from lms.catalogue.story import Scenario
from lms.learning import scenario as scenarios
from lms.learning.item_analysis import Figures, analysed
from lms.learning.models import Answer, Attempt, Enrolment
from lms.learning.scoring import item_result

FEWEST = 11
"""Answers of fewer people are not shown."""


@dataclass(frozen=True, slots=True)
class Handed:
    """One person's first finished attempt: what was asked, and the answers in the order in which they counted."""

    drawn: Sequence[Mapping[str, Any]]
    answers: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each way of answering was chosen by ``people``; ``shown`` only from :data:`FEWEST` people on."""

    people: int = 0
    chosen: Mapping[str, int] = field(default_factory=dict)

    @property
    def shown(self) -> bool:
        return self.people >= FEWEST

    def share(self, option: str) -> float | None:
        """Of the people, from 0 to 1; None where too few answered."""
        return self.chosen.get(option, 0) / self.people if self.shown else None


@dataclass(frozen=True, slots=True)
class ItemAnswers:
    """Of one item: the options chosen (empty for types without), and how it does (None for what is not scored)."""

    tally: Tally
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class StoryAnswers:
    """Of a scenario: the choices made in each scene, and the endings that ``people`` came to."""

    people: int
    scenes: Mapping[str, Tally]
    endings: Tally


def handed_in(session: Session, version_id: int, step_id: str) -> list[Handed]:
    """The first finished attempt of everybody who took this version, in two statements."""
    connection, read = session.connection(), cache(json.loads)  # thousands of people, who say much the same
    rows = connection.execute(
        select(Attempt.id, cast(Attempt.drawn, String), Enrolment.person_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.version_id == version_id, Attempt.step_id == step_id, Attempt.finished_at.is_not(None))
        .order_by(Attempt.finished_at, Attempt.id)
    ).all()
    first: dict[int, tuple[int, str]] = {}
    for attempt_id, drawn, person_id in rows:
        first.setdefault(person_id, (attempt_id, drawn))
    given: dict[int, list[tuple[str, Mapping[str, Any]]]] = {attempt_id: [] for attempt_id, _ in first.values()}
    answers = (
        select(Answer.attempt_id, Answer.item_id, cast(Answer.response, String))
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.version_id == version_id, Attempt.step_id == step_id, Answer.late.is_(False))
        .order_by(Answer.given_at, Answer.sequence)
    )
    for attempt_id, item_id, response in connection.execute(answers):
        if attempt_id in given:
            given[attempt_id].append((item_id, read(response)))
    return [Handed(read(drawn), tuple(given[attempt_id])) for attempt_id, drawn in first.values()]


def item_answers(content: CourseContent, step_id: str, handed: Sequence[Handed]) -> dict[str, ItemAnswers]:
    """What was answered to each item of a check or test, in the author's order."""
    people: Counter[str] = Counter()
    chosen: dict[str, Counter[str]] = {item.id: Counter() for item in content.items(step_id)}
    by_id = {item.id: item for item in content.keyed_items(step_id)}
    worth: dict[tuple[str, str], float] = {}

    def score(item_id: str, response: Mapping[str, Any] | None) -> float:
        key = item_id, repr(response)
        if key not in worth:
            worth[key] = float(item_result(by_id[item_id], response).score)
        return worth[key]

    earned = []
    for each in handed:
        counting = dict(each.answers)
        for item_id, response in counting.items():
            people[item_id] += 1
            chosen[item_id].update(response.get("options", ()))
        asked = [one["item"] for one in each.drawn]
        earned.append({item_id: score(item_id, counting.get(item_id)) for item_id in asked if by_id[item_id].scored})
    figures = analysed(earned)
    return {
        item.id: ItemAnswers(
            Tally(people[item.id], chosen[item.id]),
            figures.get(item.id, Figures(0, None, None)) if item.scored else None,
        )
        for item in content.items(step_id)
    }


def story_answers(scenario: Scenario, handed: Sequence[Handed]) -> StoryAnswers:
    """What was chosen in each scene, and where the stories ended."""
    chosen: dict[str, Counter[str]] = {scene.id: Counter() for scene in scenario.scenes}
    endings: Counter[str] = Counter()
    end = cache(lambda choices: scenarios.replay(scenario, list(choices)).scene_id)
    for each in handed:
        met: set[str] = set()
        for scene_id, response in each.answers:
            if scene_id not in met and not response.get("timed_out"):
                chosen[scene_id][str(response["choice"])] += 1
            met.add(scene_id)
        endings[end(tuple(str(response["choice"]) for _, response in each.answers))] += 1
    scenes = {scene_id: Tally(counted.total(), counted) for scene_id, counted in chosen.items()}
    return StoryAnswers(len(handed), scenes, Tally(len(handed), endings))
