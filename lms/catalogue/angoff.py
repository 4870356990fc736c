"""Setting a pass mark with a panel, by the modified Angoff method. Pure.

Each judge says of each question how likely a minimally competent person, somebody who should just pass, is to answer it right: from 0 to
1. A judge's sum over all questions is the score which that judge expects of such a person; the mean of the sums over the judges is the
*cut score*. With SD the standard deviation of the judges' sums (n − 1) and J judges, its standard error is SD / √J.

The source is :data:`SOURCE`. *Modified*: the judges talk about questions on which they differ, then judge once more; the last round counts.

Sums are exact fractions of what was written, so that 65 % is 65 % and no hair less. The pass mark is the cut score in per cent of the
questions judged, rounded *up* to a whole per cent: rounding down would pass people whom the panel expects to fail. A test that draws some
of the questions keeps to the same mark, since the panel judged the bank as a whole.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import stdev

from lms.catalogue.steps import PanelMark
from lms.errors import N_, Invalid, Message, Problem

Ratings = Mapping[str, Mapping[str, str]]
"""What was written, by question and judge: ``{"ask-first": {"Judge 1": "0.65"}}``. What is not there was not judged."""

WIDE = Fraction(3, 10)
"""From this distance between the highest and the lowest judge on, a question is worth talking about: our own choice."""

USUAL = 8
"""Panels of about so many judges and more are usual."""

MOST_JUDGES = 30

SOURCE = (
    "Angoff WH. Scales, norms, and equivalent scores. In: Thorndike RL, ed. Educational Measurement. 2nd ed. "
    "American Council on Education; 1971:508-600."
)


@dataclass(frozen=True, slots=True)
class JudgedItem:
    """How a question was judged: mean, lowest and highest."""

    item_id: str
    mean: Fraction
    low: Fraction
    high: Fraction

    @property
    def wide(self) -> bool:
        """Whether the judges differ much."""
        return self.high - self.low >= WIDE


@dataclass(frozen=True, slots=True)
class Cut:
    """What a panel says. ``sums`` are by judge, in the panel's order; ``score`` is in questions; spread and error, in questions, are
    None with one judge, of whom nobody can say how far another would differ."""

    items: tuple[JudgedItem, ...]
    sums: Mapping[str, Fraction]
    score: Fraction
    sd: float | None
    se: float | None

    @property
    def percent(self) -> Fraction:
        """The cut score in per cent of the questions judged."""
        return self.score * 100 / len(self.items)

    @property
    def mark(self) -> int:
        """The pass mark: whole per cent, rounded up."""
        return math.ceil(self.percent)


def cut_score(item_ids: Sequence[str], judges: Sequence[str], ratings: Ratings) -> Cut | None:
    """The cut score of a round; None while a judgement is missing.

    Raises:
        Invalid: a judgement is no number from 0 to 1.
    """
    if not item_ids or not judges or missing(item_ids, judges, ratings):
        return None
    read = {item: {judge: probability(ratings[item][judge]) for judge in judges} for item in item_ids}
    sums = {judge: sum((read[item][judge] for item in item_ids), Fraction(0)) for judge in judges}
    items = tuple(
        JudgedItem(item, sum(own.values(), Fraction(0)) / len(judges), min(own.values()), max(own.values()))
        for item, own in read.items()
    )
    sd = float(stdev(float(each) for each in sums.values())) if len(judges) > 1 else None
    return Cut(
        items,
        sums,
        sum(sums.values(), Fraction(0)) / len(judges),
        sd,
        None if sd is None else sd / math.sqrt(len(judges)),
    )


def missing(item_ids: Sequence[str], judges: Sequence[str], ratings: Ratings) -> int:
    """How many judgements are still to be entered."""
    return sum(not ratings.get(item, {}).get(judge, "") for item in item_ids for judge in judges)


def probability(written: str) -> Fraction:
    """A judgement as it was written, with a point or a comma: 0.65, 0,65, .65, 1.

    Raises:
        Invalid: it is no number from 0 to 1.
    """
    text = written.strip().replace(",", ".")
    digits = text.replace(".", "", 1)
    if not digits or not digits.isascii() or not digits.isdigit() or len(text) > 8:
        raise Invalid(N_("“%(value)s” is not a number from 0 to 1, such as 0.65."), value=written.strip()[:20])
    found = Fraction(text if not text.startswith(".") else f"0{text}")
    if found > 1:
        raise Invalid(
            N_("“%(value)s” is more than 1. Write 0.65 for “65 of 100 would answer it right”."),
            value=written.strip()[:20],
        )
    return found


def read_sheet(text: str, item_ids: Sequence[str]) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Judges and judgements of a sheet that was pasted or uploaded: a heading ``item, Judge 1, Judge 2, …``, then a line for each
    question with its id. Columns are parted by tabs, semicolons or commas. Empty cells are judgements still to come.

    Raises:
        Invalid: with every fault by its line: no heading, a judge twice, an unknown or repeated question, a number that is none.
    """
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    between = max(("\t", ";", ","), key=first.count)
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=between))
    judges = [cell.strip() for cell in rows[0][1:]] if rows else []
    problems: list[Problem] = []

    def fault(line: int, message: str, **params: object) -> None:
        problems.append(Problem(Message(message, params), line=line))

    if not judges or not all(judges) or len(set(judges)) < len(judges) or len(judges) > MOST_JUDGES:
        fault(1, N_("The first line must name each judge once: item, Judge 1, Judge 2."))
    ratings: dict[str, dict[str, str]] = {}
    for line, row in enumerate(rows[1:], 2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        item = cells[0]
        if item not in item_ids:
            fault(line, N_("The test has no scored question “%(item)s”."), item=item[:80])
        elif item in ratings:
            fault(line, N_("The question “%(item)s” stands here twice."), item=item)
        elif len(cells) > len(judges) + 1:
            fault(line, N_("There are more numbers than judges."))
        else:
            ratings[item] = {}
            for judge, cell in zip(judges, cells[1:], strict=False):
                try:
                    if cell:
                        probability(cell)
                        ratings[item][judge] = cell.replace(",", ".")
                except Invalid as wrong:
                    problems.append(Problem(wrong.message, line=line))
    if problems:
        raise Invalid(N_("The sheet cannot be used. Nothing was changed."), problems=problems)
    return judges, ratings


def panel_mark(panel: str, round: int, cut: Cut) -> PanelMark:
    """The result as it is frozen with a version."""
    return PanelMark(
        panel=panel,
        mark=cut.mark,
        cut=round_to(cut.percent, 2),
        judges=len(cut.sums),
        round=round,
        sd=None if cut.sd is None else round_to(cut.sd, 4),
        se=None if cut.se is None else round_to(cut.se, 4),
        items={item.item_id: round_to(item.mean, 4) for item in cut.items},
    )


def round_to(value: Fraction | float, places: int) -> float:
    """A number as it is kept, with so many decimals."""
    return float(f"{float(value):.{places}f}")
