"""A test as somebody might have taken it: drawn by the seed, answered for a score, and scored by the real rules."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from lms.catalogue.content import CourseContent, Item
from lms.learning.scoring import Result, draw, score_attempt


@dataclass(frozen=True, slots=True)
class Tried:
    """What was asked, what was answered (option ids by item), and what it was worth."""

    seed: str
    drawn: list[dict[str, Any]]
    answers: dict[str, list[str]]
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
    result = score_attempt(content, test.id, drawn, {item: {"options": chosen} for item, chosen in answers.items()})
    if passing and not result.passed:
        return tried(content, f"{seed}+", min(100.0, goal + 10), passing=True)
    return Tried(seed, drawn, answers, result)


def _answer(item: Item, chance: random.Random, wrong: bool) -> list[str]:
    right = [option.id for option in item.options if option.correct]
    if not wrong:
        return right
    if item.type == "multiple":
        return right[:-1] or [next(option.id for option in item.options if not option.correct)]
    return [chance.choice([option.id for option in item.options if not option.correct])]
