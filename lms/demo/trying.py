"""A test or a scenario as somebody might have taken it: drawn by the seed, answered for a score, and scored by the real rules."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from lms.catalogue.content import CourseContent
from lms.catalogue.items import Item, MultipleItem, PictureChoiceItem, Question, Response, SingleItem, TrueFalseItem
from lms.catalogue.items.parted import PartedQuestion
from lms.catalogue.story import Scenario
from lms.learning import scenario as scenarios
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
    if not passing and result.passed and goal > 0:
        return tried(content, f"{seed}+", max(0.0, goal - 10), passing=False)
    return Tried(seed, drawn, answers, result)


def played(scenario: Scenario, seed: str) -> scenarios.State:
    """A story played to its end: mostly as the experts would, sometimes otherwise."""
    chance = random.Random(seed)
    weight = {"best": 8, "acceptable": 3, "poor": 1}
    state = scenarios.start(scenario)
    while state.ending is None:
        open_now = scenarios.available(scenario, state)
        choice = chance.choices(open_now, [weight[choice.quality] for choice in open_now])[0]
        state = scenarios.choose(scenario, state, choice.id)
    return state


def _answer(item: Item, chance: random.Random, wrong: bool) -> Response:
    if not wrong or not item.scored:
        return item.key()
    if isinstance(item, SingleItem | MultipleItem | TrueFalseItem | PictureChoiceItem):
        right = [option.id for option in item.options if option.correct]
        others = [option.id for option in item.options if not option.correct]
        if isinstance(item, MultipleItem):
            return {"options": right[:-1] or others[:1]}
        return {"options": [chance.choice(others)]}
    return _half(item)


def _half(item: Question) -> Response:
    """An answer that is partly right; for one of a single piece, something else than the key."""
    key = item.key()
    if not isinstance(item, PartedQuestion):
        return {**key, "number": "-1", "typed": "-1"} if "number" in key else {"text": "-"}
    values = dict(key[item.field])
    first, last = item.part_ids[0], item.part_ids[-1]
    if item.field == "places":
        values[first], values[last] = values[last], values[first]
    else:
        values[first] = next((value for value in item.allowed(first) or ("-",) if value != values[first]), "-")
    return {item.field: values}
