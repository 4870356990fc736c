"""How items do: difficulty and discrimination from the answers of many people. Pure.

Difficulty is the mean share of an item's points that people earned (for items that are right or wrong: the proportion correct).
Discrimination is the corrected item-total correlation: of an item's points with the share of points earned on the *other* items
of the same attempt; 0.4 and more is satisfactory, 0.2 to 0.4 fair, below 0.2 weak, and below 0 somebody should look at the key.
Neither is worked out for fewer than :data:`ENOUGH` people, nor where everybody earned the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

ENOUGH = 30
"""People below whom a statistic says more about chance than about the item."""

Grade = Literal["satisfactory", "fair", "weak", "inspect"]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one item: how many people it was put to and who handed in, difficulty from 0 (hard) to 1 (easy), and discrimination
    from -1 to 1; None where it is not worked out."""

    people: int
    difficulty: float | None
    discrimination: float | None

    @property
    def grade(self) -> Grade | None:
        """Discrimination in a word."""
        if self.discrimination is None:
            return None
        bounds: tuple[tuple[float, Grade], ...] = ((0.4, "satisfactory"), (0.2, "fair"), (0, "weak"))
        return next((grade for least, grade in bounds if self.discrimination >= least), "inspect")


def analysed(attempts: Sequence[Mapping[str, float]]) -> dict[str, Figures]:
    """Figures of each item; every attempt maps the items it asked to what they earned, from 0 to 1."""
    items = dict.fromkeys(item for attempt in attempts for item in attempt)
    whole = [(attempt, sum(attempt.values())) for attempt in attempts]
    return {item: _figures(item, [each for each in whole if item in each[0]]) for item in items}


def _figures(item: str, attempts: Sequence[tuple[Mapping[str, float], float]]) -> Figures:
    """``attempts`` at the item, each with what it earned altogether."""
    if len(attempts) < ENOUGH:
        return Figures(len(attempts), None, None)
    earned = [attempt[item] for attempt, _ in attempts]
    beside = [
        (attempt[item], (total - attempt[item]) / (len(attempt) - 1)) for attempt, total in attempts if len(attempt) > 1
    ]
    return Figures(len(attempts), sum(earned) / len(earned), correlation(beside) if len(beside) >= ENOUGH else None)


def correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's r; None where one side does not vary."""
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    middle, centre = sum(left) / len(left), sum(right) / len(right)
    wide = sum((each - middle) ** 2 for each in left) * sum((each - centre) ** 2 for each in right)
    if wide < 1e-18:
        return None
    return sum((one - middle) * (other - centre) for one, other in pairs) / sqrt(wide)
