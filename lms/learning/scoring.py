"""Drawing and scoring: pure functions of the frozen version, the seed, and the answers. The same three give the same
result on every machine and in every year.

**Drawing.** Everything that looks random is an order by hash (``lms.catalogue.items.seeded``). A test that draws fewer items
than its bank first draws what its blueprint asks of each kind (topic, objective, difficulty), then takes turns between the
objectives, so that a draw always measures as many of them as it can: the objectives in hash order each give their first
item in hash order, then each its second, until there are enough. What is not scored (Likert items, reflections) is not
drawn but always asked, last.

**Scoring.** What an answer to an item is worth is the business of its type (``lms.catalogue.items``); here the items are added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lms.catalogue.content import CourseContent
from lms.catalogue.items import Credit, Item, Response, by_hash
from lms.catalogue.steps import CheckStep, PreTestStep, Share, TestStep
from lms.errors import N_, Invalid

__all__ = ["by_hash", "check_response", "draw", "draw_items", "score_attempt", "score_item"]

Drawn = Sequence[Mapping[str, Any]]
"""What an attempt asks: ``[{"item": id, "options": [ids in the order shown]}]``."""


def draw_items(items: Sequence[Item], count: int, seed: str, blueprint: Sequence[Share] = ()) -> list[str]:
    """Ids of ``count`` items (all, if there are fewer) in the order to show them: what each row of the blueprint asks for,
    the rest from what is left, objectives taking turns."""
    chosen: list[str] = []
    for row in blueprint:
        chosen += _in_turns([item for item in items if item.id not in chosen and row.fits(item)], seed)[: row.draw]
    chosen += _in_turns([item for item in items if item.id not in chosen], seed)
    return by_hash(chosen[:count], seed, "order")


def _in_turns(items: Sequence[Item], seed: str) -> list[str]:
    turns: list[list[str]] = []
    for objective in by_hash({item.objective for item in items}, seed, "objective"):
        turns.append(by_hash((item.id for item in items if item.objective == objective), seed, "item"))
    ids: list[str] = []
    for turn in range(max(map(len, turns), default=0)):
        ids += [own[turn] for own in turns if turn < len(own)]
    return ids


def draw(content: CourseContent, step_id: str, seed: str) -> list[dict[str, Any]]:
    """What an attempt at a check or test asks, in the order shown.

    A check asks everything in the author's order. A test asks ``draw`` items (or as many as its blueprint says) drawn by the
    seed, or, without either, all of them in the author's order; ``shuffle`` gives every item its own order of options (true
    before false stays; what could only be written in the right order, such as the entries of an ordering item, is shuffled always).

    Raises:
        NotFound: the course has no such check or test.
    """
    step, items = content.step(step_id), content.items(step_id)
    ids = [item.id for item in items]
    if isinstance(step, TestStep) and (count := step.drawn):
        scored = [item for item in items if item.scored]
        ids = draw_items(scored, count, seed, step.blueprint) + [item.id for item in items if not item.scored]
    elif isinstance(step, PreTestStep):
        scored = [item for item in items if item.scored]
        ids = draw_items(scored, step.draw, seed) if step.draw else [item.id for item in scored]
    shuffle = isinstance(step, TestStep | PreTestStep) and step.shuffle
    by_id = {item.id: item for item in items}
    return [{"item": item_id, "options": by_id[item_id].order(seed, shuffle)} for item_id in ids]


def asked(content: CourseContent, step_id: str) -> int:
    """How many questions an attempt asks. Raises NotFound."""
    return len(draw(content, step_id, ""))


def item_of(content: CourseContent, step_id: str, drawn: Drawn, item_id: str) -> Item:
    """The item as it is keyed, if this attempt asks it.

    Raises:
        Invalid: the item is not in this attempt, or not in this version.
        NotFound: the course has no such check or test.
    """
    if item_id not in {each["item"] for each in drawn}:
        raise Invalid(N_("The question “%(item)s” is not in this attempt. Reload the page."), item=item_id[:80])
    item = next((item for item in content.keyed_items(step_id) if item.id == item_id), None)
    if item is None:
        raise Invalid(N_("This version of the course has no question “%(item)s”."), item=item_id)
    return item


def check_response(content: CourseContent, step_id: str, drawn: Drawn, item_id: str, response: object) -> Response:
    """The response in its normal form.

    Raises:
        Invalid: the item is not in this attempt, or the response does not fit it.
        NotFound: the course has no such check or test.
    """
    return item_of(content, step_id, drawn, item_id).checked(response)


def unanswered(content: CourseContent, step_id: str, drawn: Drawn, answers: Mapping[str, Response]) -> list[str]:
    """Ids of the items drawn that are not answered, or not wholly. Something unscored in one's own words may be left out."""
    by_id = {item.id: item for item in content.items(step_id)}
    return [
        each["item"]
        for each in drawn
        if (item := by_id.get(each["item"])) is not None
        and (not item.complete(answers[item.id]) if item.id in answers else item.required)
    ]


def score_item(item: Item, response: Response | None) -> Fraction:
    """What a response is worth, from 0 to 1; no response is worth 0, and nothing is worth less.

    Raises:
        Invalid: the response does not fit the item.
    """
    return Fraction(0) if response is None else item.credit(response).score


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item of an attempt. ``credit`` is None where nothing was answered. What is not ``scored`` counts nowhere."""

    item_id: str
    objective: str
    credit: Credit | None
    critical: bool
    scored: bool = True

    @property
    def score(self) -> Fraction:
        """From 0 to 1."""
        return self.credit.score if self.credit else Fraction(0)

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
    """Score what was drawn by what was answered; every scored item weighs the same, answers to other items count nothing.
    A test is failed, whatever the score, when a critical item is not fully right; so is testing out. A pre-test without testing
    out has no pass mark (0).

    Raises:
        Invalid: a response does not fit its item, or an item drawn is not in this version.
        NotFound: the course has no such check or test.
    """
    step = content.step(step_id)
    if not isinstance(step, CheckStep | TestStep | PreTestStep):
        raise Invalid(N_("The step “%(step)s” has no questions."), step=step_id)
    by_id = {item.id: item for item in content.keyed_items(step_id)}
    results = []
    for each in drawn:
        item = by_id.get(each["item"])
        if item is None:
            raise Invalid(N_("This version of the course has no question “%(item)s”."), item=each["item"])
        results.append(item_result(item, answers.get(item.id)))
    scores = [result.score for result in results if result.scored]
    share = sum(scores, Fraction(0)) / len(scores) if scores else Fraction(0)
    missed = tuple(result.item_id for result in results if result.critical and not result.right)
    out = step.test_out if isinstance(step, PreTestStep) else None
    test = isinstance(step, TestStep) or out is not None
    mark = content.mark(step) if isinstance(step, TestStep) else out.pass_mark if out else 0
    return Result(
        score=float(share * 100),
        pass_mark=float(mark),
        passed=share * 100 >= mark and not (test and missed),
        items=tuple(results),
        critical_missed=missed,
        objectives=_objectives(content, results),
    )


def item_result(item: Item, response: Response | None) -> ItemResult:
    """What an answer to one item (None: none was given) earns. Raises Invalid for a response that does not fit."""
    credit = item.credit(response) if response is not None else None
    return ItemResult(item.id, item.objective, credit, item.critical, item.scored)


def _objectives(content: CourseContent, results: Sequence[ItemResult]) -> tuple[ObjectiveResult, ...]:
    """The objectives that were measured, in the course's order."""
    found = []
    for objective in content.objectives:
        own = [result.score for result in results if result.objective == objective.id and result.scored]
        if own:
            found.append(ObjectiveResult(objective.id, sum(own, Fraction(0)), len(own)))
    return tuple(found)
