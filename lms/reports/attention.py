"""Which departments need attention, and why: pure, and never about fewer than eleven people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lms.errors import N_, Message
from lms.people.tree import Node, Tree
from lms.reports.rollup import NOBODY, Figures
from lms.reports.suppression import LIMIT, safe_rate

AT_MOST = 5
BELOW = 0.05
"""So far below the overall rate is worth a sentence (share, 0 to 1)."""
FALL = 0.05
"""So large a fall in three months is worth a sentence (share, 0 to 1)."""
OVERDUE_SHARE = 0.15
"""Holding so large a part of everybody who is overdue is worth a sentence."""
SOON_SHARE = 0.25
"""So large a part of a department falling due soon is worth a sentence."""


class Share(float):
    """A share (0 to 1) inside a message: the edge writes it as whole per cent."""


class Points(float):
    """A difference of shares inside a message: the edge writes it as whole points."""


@dataclass(frozen=True, slots=True)
class Attention:
    """A department that needs attention. ``rate`` is as it may be shown; ``reasons`` hold :class:`Share` and :class:`Points`."""

    department_id: int
    code: str
    name: str
    path: str
    rate: float | None
    reasons: tuple[Message, ...]


def attention(
    tree: Tree, now: Mapping[int, Figures], before: Mapping[int, Figures], overall: Figures, soon_days: int
) -> list[Attention]:
    """The departments in most need, worst first; ``now`` and ``before`` (three months earlier) are figures of subtrees by id.

    Considered are the departments right below a division or facility, with all their units, where the rate is about at least
    eleven people. The order is by people: how many more are late than if the department were like the whole, how many fewer
    are compliant than three months ago, and a quarter of those about to lapse.
    """
    found: list[tuple[float, str, Attention]] = []
    for node in candidates(tree):
        figures, earlier = now.get(node.id, NOBODY), before.get(node.id, NOBODY)
        if figures.denominator < LIMIT:
            continue
        reasons = tuple(_reasons(figures, earlier, overall, soon_days))
        if reasons:
            rate = safe_rate(figures, figures.rate(), coarse=figures.late < LIMIT or figures.compliant < LIMIT)
            entry = Attention(node.id, node.code, node.name, tree.path(node.id), rate, reasons)
            found.append((-_weight(figures, earlier, overall), node.name, entry))
    return [entry for _, _, entry in sorted(found, key=lambda each: each[:2])[:AT_MOST]]


def candidates(tree: Tree) -> Sequence[Node]:
    """The departments right below a division or facility, or at the top without being one."""
    high = {node.id for node in tree.nodes.values() if node.kind in ("facility", "division")}
    return [
        node for _, node in tree.walk() if node.id not in high and (node.parent_id is None or node.parent_id in high)
    ]


def _drop(now: Figures, before: Figures) -> float:
    rate, earlier = now.rate(), before.rate()
    if rate is None or earlier is None or before.denominator < LIMIT:
        return 0.0
    return earlier - rate


def _weight(now: Figures, before: Figures, overall: Figures) -> float:
    short = (overall.rate() or 0.0) - (now.rate() or 0.0)
    people = max(short, 0.0) * now.denominator + max(_drop(now, before), 0.0) * now.denominator
    return people + now.due_soon / 4


def _reasons(now: Figures, before: Figures, overall: Figures, soon_days: int) -> Iterator[Message]:
    rate, whole = now.rate() or 0.0, overall.rate() or 0.0
    if whole - rate >= BELOW:
        yield Message(
            N_(
                "%(rate)s compliant of %(people)s people whose training has come due: %(points)s points below the whole."
            ),
            {"rate": Share(rate), "people": now.denominator, "points": Points(whole - rate)},
        )
    if (drop := _drop(now, before)) >= FALL:
        yield Message(
            N_("Down %(points)s points in three months, from %(before)s."),
            {"points": Points(drop), "before": Share(before.rate() or 0.0)},
        )
    if now.overdue >= LIMIT and now.overdue >= OVERDUE_SHARE * overall.overdue:
        yield Message(
            N_("%(people)s people are overdue: %(share)s of everybody who is."),
            {"people": now.overdue, "share": Share(now.overdue / overall.overdue)},
        )
    if now.due_soon >= LIMIT and now.due_soon >= SOON_SHARE * now.required:
        yield Message(
            N_("%(people)s people fall due within %(days)s days: %(share)s of the department."),
            {"people": now.due_soon, "days": soon_days, "share": Share(now.due_soon / now.required)},
        )
