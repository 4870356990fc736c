"""Which departments need attention, and why: pure, and never about fewer than eleven people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lms.errors import N_, Message
from lms.people.tree import Node, Tree
from lms.reports.rollup import NOBODY, Figures
from lms.reports.suppression import LIMIT, safe_rate, small, telling

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


class AboutShare(Share):
    """A share that is rounded so that it tells no small number: the edge says so."""


class AboutPoints(Points):
    """A difference of rounded shares: the edge says so."""


@dataclass(frozen=True, slots=True)
class Attention:
    """A department that needs attention. ``rate`` is as it may be shown (``rounded``: so that it tells no
    small number); ``reasons`` hold :class:`Share` and :class:`Points`."""

    department_id: int
    code: str
    name: str
    path: str
    rate: float | None
    rounded: bool
    reasons: tuple[Message, ...]


def attention(
    tree: Tree,
    now: Mapping[int, Figures],
    before: Mapping[int, Figures],
    overall: Figures,
    soon_days: int,
    *,
    grace_is_compliant: bool = False,
) -> list[Attention]:
    """The departments in most need, worst first; ``now`` and ``before`` (three months earlier) are figures of subtrees by id.

    Considered are the departments right below a division or facility, with all their units, where the rate is about at least
    eleven people. The order is by people: how many more are late than if the department were like the whole, how many fewer
    are compliant than three months ago, and a quarter of those about to lapse. Reasons are told from rates as they may be
    shown, and with a number only where neither it nor what it leaves of the department above is a small one.
    """
    lenient = grace_is_compliant
    whole = _Seen.of(overall, overall.rate(lenient), exact=True)
    found: list[tuple[float, str, Attention]] = []
    for node in candidates(tree):
        figures, earlier = now.get(node.id, NOBODY), before.get(node.id, NOBODY)
        if figures.denominator < LIMIT:
            continue
        above = now.get(node.parent_id, overall) if node.parent_id is not None else overall
        seen = _Seen.of(figures, figures.rate(lenient), above)
        then = _Seen.of(earlier, earlier.rate(lenient))
        reasons = tuple(_reasons(seen, then, whole, soon_days))
        if reasons:
            entry = Attention(node.id, node.code, node.name, tree.path(node.id), seen.rate, seen.rounded, reasons)
            found.append((-_weight(seen, then, whole), node.name, entry))
    return [entry for _, _, entry in sorted(found, key=lambda each: each[:2])[:AT_MOST]]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A department as it may be spoken of: ``rate`` rounded where it would tell a small number, ``overdue`` and ``soon`` or None."""

    figures: Figures
    exact: float
    rate: float | None
    rounded: bool
    overdue: int | None
    soon: int | None

    @staticmethod
    def of(figures: Figures, rate: float | None, above: Figures = NOBODY, *, exact: bool = False) -> _Seen:
        rest = (above.late - figures.late, above.compliant - figures.compliant)
        coarse = not exact and (telling(figures) or any(small(number) for number in rest))
        told = [
            number if number >= LIMIT and not small(all_ - number) else None
            for number, all_ in ((figures.overdue, above.overdue), (figures.due_soon, above.due_soon))
        ]
        return _Seen(figures, rate or 0.0, safe_rate(figures, rate, coarse=coarse), coarse, *told)


def candidates(tree: Tree) -> Sequence[Node]:
    """The departments right below a division or facility, or at the top without being one."""
    high = {node.id for node in tree.nodes.values() if node.kind in ("facility", "division")}
    return [
        node for _, node in tree.walk() if node.id not in high and (node.parent_id is None or node.parent_id in high)
    ]


def _fall(now: _Seen, before: _Seen) -> float:
    """By how much the rate has fallen, a share from 0 to 1; 0 where one of the two is about too few."""
    return 0.0 if now.rate is None or before.rate is None else max(before.exact - now.exact, 0.0)


def _weight(now: _Seen, before: _Seen, overall: _Seen) -> float:
    people = max(overall.exact - now.exact, 0.0) + _fall(now, before)
    return people * now.figures.denominator + now.figures.due_soon / 4


def _reasons(now: _Seen, before: _Seen, overall: _Seen, soon_days: int) -> Iterator[Message]:
    if now.rate is not None and overall.exact - now.exact >= BELOW and overall.exact > now.rate:
        share, points = (AboutShare, AboutPoints) if now.rounded else (Share, Points)
        yield Message(
            N_(
                "%(rate)s compliant of %(people)s people whose training has come due: %(points)s points below the whole."
            ),
            {"rate": share(now.rate), "people": now.figures.denominator, "points": points(overall.exact - now.rate)},
        )
    if now.rate is not None and before.rate is not None and _fall(now, before) >= FALL and before.rate > now.rate:
        about = now.rounded or before.rounded
        yield Message(
            N_("Down %(points)s points in three months, from %(before)s."),
            {
                "points": (AboutPoints if about else Points)(before.rate - now.rate),
                "before": (AboutShare if before.rounded else Share)(before.rate),
            },
        )
    late, all_late = now.overdue, overall.figures.overdue
    if late is not None and late >= OVERDUE_SHARE * all_late:
        yield Message(
            N_("%(people)s people are overdue: %(share)s of everybody who is."),
            {"people": late, "share": Share(late / all_late)},
        )
    if now.soon is not None and now.soon >= SOON_SHARE * now.figures.required:
        yield Message(
            N_("%(people)s people fall due within %(days)s days: %(share)s of the department."),
            {"people": now.soon, "days": soon_days, "share": Share(now.soon / now.figures.required)},
        )
