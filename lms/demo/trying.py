"""A test as somebody might have taken it: drawn by the seed, answered for a score, and scored by the real rules."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from lms.catalogue.content import CourseContent
from lms.catalogue.items import Item, MultipleItem, Question, Response, SingleItem, TrueFalseItem
from lms.learning.scoring import Result, draw, score_attempt


@dataclass(frozen=True, slots=True)
class Tried:
    """What was asked, what was answered (responses by item), and what it was worth."""

    seed: str
    drawn: list[dict[str, Any]]
    answers: dict[str, Response]
    result: Result


def tried(content: CourseContent, seed: str, goal: float, *, passing: bool) -> Tried:
    """An attempt that scores about ``goal`` per cent, and passes or fails as asked."""
    test = content.test
    assert test is not None
    drawn = draw(content, test.id, seed)
    items = {item.id: item for item in content.items(test.id)}
    chance = random.Random(seed)
    safe = [entry["item"] for entry in drawn if items[entry["item"]].critical]
    others = [entry["item"] for entry in drawn if not items[entry["item"]].critical]
    chance.shuffle(others)
    wrong = set(others[: max(0, round(len(drawn) * (100 - goal) / 100))])
    if passing:
        wrong -= set(safe)
    answers = {entry["item"]: _answer(items[entry["item"]], chance, entry["item"] in wrong) for entry in drawn}
    result = score_attempt(content, test.id, drawn, answers)
    if passing and not result.passed:
        return tried(content, f"{seed}+", min(100.0, goal + 10), passing=True)
    return Tried(seed, drawn, answers, result)


def _answer(item: Item, chance: random.Random, wrong: bool) -> Response:
    if not wrong or not item.scored:
        return item.key()
    if isinstance(item, SingleItem | MultipleItem | TrueFalseItem):
        right = [option.id for option in item.options if option.correct]
        others = [option.id for option in item.options if not option.correct]
        if isinstance(item, MultipleItem):
            return {"options": right[:-1] or others[:1]}
        return {"options": [chance.choice(others)]}
    return _half(item)


def _half(item: Question) -> Response:
    """The key with the values of its first and last part exchanged; for an answer of one piece, something else."""
    key = item.key()
    name, values = next(iter(key.items()))
    if isinstance(values, dict):
        first, *_, last = values
        return {name: {**values, first: values[last], last: values[first]}}
    return {**key, "number": "-1", "typed": "-1"} if "number" in key else {name: "-"}
