"""The leadership rollup: one function whose answer is the page, the document and the export."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from dateutil.relativedelta import relativedelta
from sqlalchemy import Date, and_, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from lms.compliance import queries
from lms.compliance.models import COUNTED, OVERALL, Generation, TallyBase, TallyDay, TallyPending
from lms.compliance.queries import Cell, Lapse
from lms.compliance.tallies import checkpoint
from lms.db import known
from lms.organisation import Organisation
from lms.people.models import Department, DepartmentVersion
from lms.people.tree import Node, Tree
from lms.reports import rollup, suppression
from lms.reports.attention import Attention, attention
from lms.reports.queries import grace_is_compliant
from lms.reports.rollup import Figures, Row
from lms.reports.suppression import Shown

MONTHS = 24
AHEAD = 90


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The overall rate on the last day of a month, or on the day of the report; ``denominator`` is whom it is about."""

    day: date
    rate: float | None
    denominator: int | None


@dataclass(frozen=True, slots=True)
class Week:
    """People who lapse on the days from ``first`` to ``last``, both included; None: suppressed."""

    first: date
    last: date
    people: int | None


@dataclass(frozen=True, slots=True)
class Division:
    """A division as it may be shown; ``change`` of its rate in three months and ``lapsing`` in the next 90 days likewise."""

    shown: Shown
    change: float | None
    lapsing: int | None


@dataclass(frozen=True, slots=True)
class Leadership:
    """Everything that leadership is shown, as of ``day``. Rates and changes are shares (0 to 1); None is suppressed or nobody.

    ``since`` is the day three months earlier with which ``change`` compares. ``grace_is_compliant``: the side of the rate on which
    people in grace stand.
    """

    organisation: str
    day: date
    generated_at: datetime
    overall: Shown
    since: date
    change: float | None
    divisions: tuple[Division, ...]
    trend: tuple[TrendPoint, ...]
    lapses: int | None
    weeks: tuple[Week, ...]
    attention: tuple[Attention, ...]
    grace_is_compliant: bool
    soon_days: int

    @property
    def suppressed(self) -> int:
        """How many figures of the divisions are suppressed."""
        return sum(len(division.shown.suppressed) for division in self.divisions)


def leadership(
    session: Session,
    organisation: Organisation,
    day: date,
    generated_at: datetime,
    roots: Collection[int] | None = None,
    *,
    outside: str = "",
) -> Leadership:
    """The rollup as of ``day``, past or future, in four statements.

    ``roots``: the departments that the viewer may see, with all below them (None: all). Each day of the trend is added up with
    the tree of that day.
    """
    days = trend_days(day)
    since = day - relativedelta(months=3)
    cells = _counts_on(session, [*days, since])
    trees = _trees_on(session, [*days, since])
    lenient = grace_is_compliant(queries.requirements(session, day), OVERALL)
    alone = {at: _alone(cells[at], trees[at], roots) for at in (*days, since)}
    tree, now, before = trees[day], alone[day], alone[since]
    everybody = roots is None
    overall = _whole(rollup.total_row(organisation.name, now, grace_is_compliant=lenient), everybody)
    earlier = _whole(rollup.total_row(organisation.name, before, grace_is_compliant=lenient), everybody)
    ahead = [lapse for lapse in queries.lapsing(session, day, AHEAD) if _seen(tree, roots, lapse.department_id)]
    return Leadership(
        organisation.name,
        day,
        generated_at,
        overall,
        since,
        _change(overall, earlier),
        _divisions(tree, now, trees[since], before, ahead, outside, lenient),
        tuple(_point(at, rollup.total(alone[at]), lenient, everybody) for at in days),
        suppression.count(sum(lapse.people for lapse in ahead)),
        _weeks(day, ahead),
        tuple(
            attention(
                tree,
                rollup.subtrees(tree, now),
                rollup.subtrees(trees[since], before),
                rollup.total(now),
                organisation.due_soon_days,
                grace_is_compliant=lenient,
            )
        ),
        lenient,
        organisation.due_soon_days,
    )


def trend_days(day: date) -> list[date]:
    """The last days of 23 months and the day itself, which stands for its month."""
    first = day.replace(day=1)
    return [*(first - relativedelta(months=back) - timedelta(days=1) for back in range(MONTHS - 2, -1, -1)), day]


def _counts_on(session: Session, days: Sequence[date]) -> dict[date, list[Cell]]:
    """The overall cells of many days in one statement, so that they all show the same moment.

    As :mod:`lms.compliance.tallies` keeps them: the count at a checkpoint, plus the days since, plus what is pending.
    """
    asked = union_all(
        *(
            select(
                literal(place).label("place"),
                literal(day, Date).label("day"),
                literal(checkpoint(day), Date).label("at"),
            )
            for place, day in enumerate(days)
        )
    ).cte("asked")
    started = case(
        (Generation.first_checkpoint > asked.c.at, literal(date.min, Date)),
        (Generation.last_checkpoint < asked.c.at, Generation.last_checkpoint),
        else_=asked.c.at,
    )
    columns = (asked.c.place, asked.c.day, started.label("started"), Generation.id)
    at = select(*columns).select_from(asked.join(Generation.__table__, Generation.active.is_(True))).cte("at")
    parts = []
    for table, since in (
        (TallyBase, TallyBase.checkpoint == at.c.started),
        (TallyDay, and_(TallyDay.day > at.c.started, TallyDay.day <= at.c.day)),
        (TallyPending, TallyPending.day <= at.c.day),
    ):
        query = select(at.c.place, table.department_id, *(getattr(table, name) for name in COUNTED))
        parts.append(query.where(table.generation_id == at.c.id, table.requirement_id == OVERALL, since))
    each = union_all(*parts).subquery()
    sums = [func.sum(each.c[name]) for name in COUNTED]
    query = select(each.c.place, each.c.department_id, *sums).group_by(each.c.place, each.c.department_id)
    found: dict[date, list[Cell]] = {day: [] for day in days}
    for place, department, *people in session.execute(query):
        found[days[place]] += [
            Cell(OVERALL, department, code, int(number)) for code, number in enumerate(people, 1) if number
        ]
    return found


def _trees_on(session: Session, days: Sequence[date]) -> dict[date, Tree]:
    """The trees of many days in one statement."""
    version = DepartmentVersion
    rows = session.execute(
        select(
            Department.id,
            Department.code,
            version.name,
            version.kind,
            version.parent_id,
            version.from_day,
            version.to_day,
        )
        .join(version, version.department_id == Department.id)
        .where(known(version))
    ).all()
    return {
        day: Tree(
            {
                row.id: Node(row.id, row.code, row.name, row.kind, row.parent_id)
                for row in rows
                if row.from_day <= day < row.to_day
            }
        )
        for day in days
    }


def _seen(tree: Tree, roots: Collection[int] | None, department_id: int) -> bool:
    return roots is None or any(node.id in roots for node in tree.ancestors(department_id))


def _alone(cells: Sequence[Cell], tree: Tree, roots: Collection[int] | None) -> Mapping[int, Figures]:
    kept = [cell for cell in cells if _seen(tree, roots, cell.department_id)]
    return rollup.by_department(kept).get(OVERALL, {})


def _whole(row: Row, everybody: bool) -> Shown:
    """The row of all that the viewer may see: that of the whole organisation is shown as it is, a part of it like a division."""
    return suppression.whole(row) if everybody else suppression.part(row)


def _point(day: date, figures: Figures, lenient: bool, everybody: bool) -> TrendPoint:
    coarse = not everybody and suppression.telling(figures)
    rate = suppression.safe_rate(figures, figures.rate(lenient), coarse=coarse)
    return TrendPoint(day, rate, suppression.count(figures.denominator))


def _change(now: Shown, before: Shown | None) -> float | None:
    if before is None or now.rate is None or before.rate is None or now.rounded or before.rounded:
        return None  # a difference of rounded rates would say more than is known, and less
    return now.rate - before.rate


def _divisions(
    tree: Tree,
    now: Mapping[int, Figures],
    old_tree: Tree,
    before: Mapping[int, Figures],
    ahead: Sequence[Lapse],
    outside: str,
    lenient: bool,
) -> tuple[Division, ...]:
    rows = rollup.divisions(tree, now, outside=outside, grace_is_compliant=lenient)
    old_rows = rollup.divisions(old_tree, before, outside=outside, grace_is_compliant=lenient)
    earlier = {shown.department_id: shown for shown in suppression.suppress(old_rows)}
    lapsing: dict[int, int] = {}
    for lapse in ahead:
        node = rollup.division_of(tree, lapse.department_id)
        place = node.id if node else rollup.OUTSIDE
        lapsing[place] = lapsing.get(place, 0) + lapse.people
    counts = suppression.cover_list([lapsing.get(row.department_id or 0, 0) for row in rows])
    return tuple(
        Division(shown, _change(shown, earlier.get(shown.department_id)), None if shown.hidden else people)
        for shown, people in zip(suppression.suppress(rows), counts, strict=True)
    )


def _weeks(day: date, ahead: Sequence[Lapse]) -> tuple[Week, ...]:
    """Thirteen weeks from the day after; the last one is shorter."""
    starts = [day + timedelta(days=1 + back) for back in range(0, AHEAD, 7)]
    ends = [*starts, day + timedelta(days=AHEAD + 1)]
    people = suppression.cover_list([sum(lapse.people for lapse in ahead if lapse.week == start) for start in starts])
    return tuple(
        Week(first, until - timedelta(days=1), number)
        for (first, until), number in zip(pairwise(ends), people, strict=True)
    )


__all__ = ["Attention", "Division", "Leadership", "TrendPoint", "Week", "leadership", "trend_days"]
