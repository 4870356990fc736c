"""Drawing and scoring: pure functions of the frozen version, the seed, and the answers. The same three give the same
result on every machine and in every year.

**Drawing.** Everything that looks random is an order by hash: ids sorted by SHA-256 of ``seed NUL purpose NUL id``
(UTF-8, hexadecimal), ties by id. A library's shuffle may change between versions of Python; this cannot. A test that
draws fewer items than its bank takes turns between the objectives, so that a draw always measures as many of them as it
can: the objectives in hash order each give their first item in hash order, then each its second, until there are enough.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lms.catalogue.content import CheckStep, CourseContent, Item, MultipleItem, TestStep, TrueFalseItem
from lms.errors import N_, Invalid

Response = Mapping[str, Any]
"""What a learner answered: ``{"options": [ids]}`` for items with options."""

Drawn = Sequence[Mapping[str, Any]]
"""What an attempt asks: ``[{"item": id, "options": [ids in the order shown]}]``."""


def by_hash(ids: Iterable[str], seed: str, purpose: str) -> list[str]:
    """The ids in the order that the seed gives for this purpose."""

    def key(each: str) -> tuple[str, str]:
        return hashlib.sha256(f"{seed}\0{purpose}\0{each}".encode()).hexdigest(), each

    return sorted(ids, key=key)


def draw_items(items: Sequence[Item], count: int, seed: str) -> list[str]:
    """Ids of ``count`` items (all, if there are fewer), objectives taking turns, in the order to show them."""
    turns: list[list[str]] = []
    for objective in by_hash({item.objective for item in items}, seed, "objective"):
        turns.append(by_hash((item.id for item in items if item.objective == objective), seed, "item"))
    chosen: list[str] = []
    for turn in range(max(map(len, turns), default=0)):
        chosen += [ids[turn] for ids in turns if turn < len(ids)]
    return by_hash(chosen[:count], seed, "order")


def draw(content: CourseContent, step_id: str, seed: str) -> list[dict[str, Any]]:
    """What an attempt at a check or test asks, in the order shown.

    A check asks everything in the author's order. A test asks ``draw`` items drawn by the seed, or, without ``draw``,
    all of them in the author's order; ``shuffle`` gives every item its own order of options (true before false stays).

    Raises:
        NotFound: the course has no such check or test.
    """
    step, items = content.step(step_id), content.items(step_id)
    ids = [item.id for item in items]
    if isinstance(step, TestStep) and step.draw is not None:
        ids = draw_items(items, step.draw, seed)
    shuffle = isinstance(step, TestStep) and step.shuffle
    by_id = {item.id: item for item in items}
    return [{"item": item_id, "options": _options(by_id[item_id], seed, shuffle)} for item_id in ids]


def _options(item: Item, seed: str, shuffle: bool) -> list[str]:
    ids = [option.id for option in item.options]
    if not shuffle or isinstance(item, TrueFalseItem):
        return ids
    return by_hash(ids, seed, f"options of {item.id}")


def check_response(content: CourseContent, step_id: str, drawn: Drawn, item_id: str, response: Response) -> list[str]:
    """The ids of the options chosen, in the author's order.

    Raises:
        Invalid: the item is not in this attempt, or the response does not fit it.
        NotFound: the course has no such check or test.
    """
    if item_id not in {each["item"] for each in drawn}:
        raise Invalid(N_("The question “%(item)s” is not in this attempt. Reload the page."), item=item_id)
    item = next((item for item in content.items(step_id) if item.id == item_id), None)
    if item is None:
        raise Invalid(N_("This version of the course has no question “%(item)s”."), item=item_id)
    return list(_chosen(item, response))


def _chosen(item: Item, response: Response) -> tuple[str, ...]:
    """The options of a well-formed response. Raises Invalid for any other."""
    given = response.get("options") if isinstance(response, Mapping) and set(response) == {"options"} else None
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        raise Invalid(N_("The answer could not be read. Reload the page and answer again."))
    known = [option.id for option in item.options]
    for each in given:
        if each not in known:
            raise Invalid(N_("The question has no option “%(option)s”. Reload the page."), option=each)
    if not given:
        raise Invalid(N_("Choose an answer."))
    if len(set(given)) != len(given):
        raise Invalid(N_("An option was chosen twice. Reload the page and answer again."))
    if len(given) > 1 and not isinstance(item, MultipleItem):
        raise Invalid(N_("Choose one answer only."))
    return tuple(each for each in known if each in given)


def score_item(item: Item, response: Response | None) -> Fraction:
    """What a response is worth, from 0 to 1; no response is worth 0, and nothing is worth less.

    One right option: all or nothing. Several: (right options chosen − wrong options chosen) ÷ right options, never
    below 0 (docs/course-format.md).

    Raises:
        Invalid: the response does not fit the item.
    """
    if response is None:
        return Fraction(0)
    chosen = set(_chosen(item, response))
    if isinstance(item, MultipleItem):
        right = len(chosen & item.right)
        return max(Fraction(0), Fraction(2 * right - len(chosen), len(item.right)))
    return Fraction(int(chosen <= item.right))


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item of an attempt. ``score`` is from 0 to 1; ``chosen`` are option ids, empty where nothing was answered."""

    item_id: str
    objective: str
    chosen: tuple[str, ...]
    score: Fraction
    critical: bool

    @property
    def right(self) -> bool:
        """Whether it was answered fully right."""
        return self.score == 1


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """How far one objective was met: points of the items drawn for it, and how many these were."""

    objective: str
    points: Fraction
    items: int

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down."""
        return int(self.points * 100 / self.items)


@dataclass(frozen=True, slots=True)
class Result:
    """An attempt scored. ``score`` and ``pass_mark`` are in per cent; ``passed`` was decided on the exact fraction, so a
    score of 79.99… never passes a mark of 80 by rounding. A check has no pass mark (0) and is passed by answering."""

    score: float
    pass_mark: float
    passed: bool
    items: tuple[ItemResult, ...]
    critical_missed: tuple[str, ...]
    objectives: tuple[ObjectiveResult, ...]

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: what a page shows never claims a mark that was not reached."""
        return int(self.score + 1e-9)

    @property
    def right(self) -> int:
        """How many items were answered fully right."""
        return sum(item.right for item in self.items)


def score_attempt(content: CourseContent, step_id: str, drawn: Drawn, answers: Mapping[str, Response]) -> Result:
    """Score what was drawn by what was answered; every item weighs the same, answers to other items count nothing.

    Raises:
        Invalid: a response does not fit its item, or an item drawn is not in this version.
        NotFound: the course has no such check or test.
    """
    step = content.step(step_id)
    if not isinstance(step, CheckStep | TestStep):
        raise Invalid(N_("The step “%(step)s” has no questions."), step=step_id)
    by_id = {item.id: item for item in content.items(step_id)}
    results = []
    for each in drawn:
        item = by_id.get(each["item"])
        if item is None:
            raise Invalid(N_("This version of the course has no question “%(item)s”."), item=each["item"])
        results.append(_item_result(item, answers.get(item.id)))
    share = sum((result.score for result in results), Fraction(0)) / len(results) if results else Fraction(0)
    missed = tuple(result.item_id for result in results if result.critical and not result.right)
    test = isinstance(step, TestStep)
    mark = step.pass_mark if isinstance(step, TestStep) else 0
    return Result(
        score=float(share * 100),
        pass_mark=float(mark),
        passed=share * 100 >= mark and not (test and missed),
        items=tuple(results),
        critical_missed=missed,
        objectives=_objectives(content, results),
    )


def _item_result(item: Item, response: Response | None) -> ItemResult:
    score = score_item(item, response)
    chosen = _chosen(item, response) if response is not None else ()
    return ItemResult(item.id, item.objective, chosen, score, item.critical)


def _objectives(content: CourseContent, results: Sequence[ItemResult]) -> tuple[ObjectiveResult, ...]:
    """The objectives that were measured, in the course's order."""
    found = []
    for objective in content.objectives:
        own = [result.score for result in results if result.objective == objective.id]
        if own:
            found.append(ObjectiveResult(objective.id, sum(own, Fraction(0)), len(own)))
    return tuple(found)
