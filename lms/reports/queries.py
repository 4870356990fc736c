"""Figures for pages, exports and documents: one function each, so that they can never differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lms.compliance import facts, queries, spans
from lms.compliance.causes import causes
from lms.compliance.explain import explain
from lms.compliance.models import OVERALL, RequirementVersion
from lms.compliance.queries import Found
from lms.compliance.rules import GraceCountsAs
from lms.compliance.spans import State
from lms.db import day_in, known
from lms.errors import N_, Message, NotFound
from lms.people.models import Membership
from lms.people.queries import tree as tree_of
from lms.people.tree import Tree
from lms.reports import rollup
from lms.reports.rollup import COLUMN_OF, Figures, Row

LENIENT = GraceCountsAs.COMPLIANT.value


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: a requirement (0: overall), a department with all below it, jobs and professions (empty: any).

    ``supervisor_id``: only the people whom this person supervises on the day (None: everybody).
    """

    requirement_id: int = OVERALL
    department_id: int | None = None
    jobs: tuple[str, ...] = ()
    professions: tuple[str, ...] = ()
    supervisor_id: int | None = None

    @property
    def narrowed(self) -> bool:
        """Whether people are asked for by what they do or whom they report to, so that spans must be read."""
        return bool(self.jobs or self.professions) or self.supervisor_id is not None


@dataclass(frozen=True, slots=True)
class Completion:
    """Completion by department on ``day``: ``rows`` in tree order, ``total`` of everybody whom the viewer may see and the wish covers.

    ``requirements`` are those in force on the day: (version, code). ``alone`` are the figures of single departments.
    ``grace_is_compliant``: on which side of the rate people in grace stand.
    """

    day: date
    wish: Wish
    tree: Tree
    rows: tuple[Row, ...]
    total: Row
    requirements: tuple[tuple[RequirementVersion, str], ...]
    alone: Mapping[int, Figures]
    grace_is_compliant: bool


def completion(
    session: Session, name: str, day: date, wish: Wish, roots: Collection[int] | None = None, *, outside: str = ""
) -> Completion:
    """Completion by department, in four statements; without *also here* where the wish narrows the people.

    ``roots``: the departments that the viewer may see, with all below them (None: all).

    ``name`` is that of the total (the organisation), ``outside`` of the row of people whose department does not exist on the day.

    Raises:
        NotFound: the department is not there on this day, the viewer may not see it, or the requirement is not in force.
    """
    tree = tree_of(session, day)
    seen = covered(tree, roots, wish.department_id)
    required = tuple(queries.requirements(session, day, settled=wish.requirement_id != OVERALL))
    lenient = grace_is_compliant(required, wish.requirement_id)
    if wish.narrowed:
        cells = queries.filtered_counts(session, people_of(wish, day, seen))
    else:
        cells = queries.counts(session, day, requirement_id=wish.requirement_id)
    kept = (cell for cell in cells if seen is None or cell.department_id in seen)
    alone = rollup.by_department(kept).get(wish.requirement_id, {})
    beside: Mapping[int, int] = {}
    if not wish.narrowed:
        found = queries.also_here(session, day, seen, requirement_id=wish.requirement_id)
        beside = rollup.also_here(tree, found)
    heads = [wish.department_id] if wish.department_id is not None else roots
    rows = rollup.rows(
        tree, alone, wish.requirement_id, roots=heads, outside=outside, grace_is_compliant=lenient, also_here=beside
    )
    total = rollup.total_row(name, alone, wish.requirement_id, grace_is_compliant=lenient)
    return Completion(day, wish, tree, tuple(rows), total, required, alone, lenient)


def reporting_to(supervisor_id: int, day: date) -> Select[int]:
    """The ids of the people whom somebody supervises on a day, by any of their memberships, as a subquery."""
    return select(Membership.person_id).where(
        known(Membership),
        Membership.supervisor_id == supervisor_id,
        day_in(day, Membership.from_day, Membership.to_day),
    )


def only(wish: Wish, day: date) -> Select[int] | None:
    """The ids of the people to whom a wish is narrowed by whom they report to; None: everybody."""
    return None if wish.supervisor_id is None else reporting_to(wish.supervisor_id, day)


def people_of(wish: Wish, day: date, departments: Collection[int] | None) -> queries.Who:
    """The people whom a wish is about on a day, in these departments (None: all), whatever their state."""
    return queries.Who(
        day, wish.requirement_id, departments, jobs=wish.jobs, professions=wish.professions, visible=only(wish, day)
    )


def covered(tree: Tree, roots: Collection[int] | None, department_id: int | None) -> frozenset[int] | None:
    """The departments that a wish is about; None: all of them, and people whose department is not in the tree.

    Raises:
        NotFound: the department is not there on this day, or the viewer may not see it.
    """
    seen = None if roots is None else tree.subtree(roots)
    if department_id is None:
        return seen
    if department_id == rollup.OUTSIDE and roots is None:
        raise NotFound(N_("These people have no department on this day; choose everybody and a state."))
    if department_id not in tree.nodes or (seen is not None and department_id not in seen):
        raise NotFound(N_("There is no such department on this day."))
    return tree.subtree([department_id])


def grace_is_compliant(required: Iterable[tuple[RequirementVersion, str]], requirement_id: int) -> bool:
    """Whether people in grace count as compliant in the rate; overall only where every requirement says so."""
    says = [
        version.rule.get("grace_counts_as") == LENIENT
        for version, _ in required
        if requirement_id in (OVERALL, version.requirement_id)
    ]
    return bool(says) and all(says)


@dataclass(frozen=True, slots=True)
class Report:
    """Every department × requirement on a day, the overall rows first; ``total`` counts each person once over everything.

    ``by_requirement``: the total of each requirement, named by its code; a person is in the row of each duty that they have.
    """

    day: date
    rows: tuple[Row, ...]
    total: Row
    by_requirement: tuple[Row, ...]
    codes: Mapping[int, str]
    lenient: tuple[str, ...]


def report(session: Session, name: str, day: date, *, outside: str = "") -> Report:
    """The whole completion report, in three statements."""
    tree = tree_of(session, day)
    required = queries.requirements(session, day)
    by_requirement = rollup.by_department(queries.counts(session, day))
    codes = {OVERALL: ""} | {version.requirement_id: code for version, code in required}
    rows: list[Row] = []
    totals: list[Row] = []
    for requirement_id in codes:
        lenient = grace_is_compliant(required, requirement_id)
        alone = by_requirement.get(requirement_id, {})
        rows += rollup.rows(tree, alone, requirement_id, outside=outside, grace_is_compliant=lenient)
        totals.append(rollup.total_row(codes[requirement_id], alone, requirement_id, grace_is_compliant=lenient))
    overall = grace_is_compliant(required, OVERALL)
    total = rollup.total_row(name, by_requirement.get(OVERALL, {}), grace_is_compliant=overall)
    forgiving = tuple(code for version, code in required if version.rule.get("grace_counts_as") == LENIENT)
    return Report(day, tuple(rows), total, tuple(totals[1:]), codes, forgiving)


# --- people behind a number -------------------------------------------------------------------------------------------


def states_of(column: str) -> tuple[frozenset[State] | None, bool]:
    """The states that a column counts, and whether it is *due soon*; ``required`` and anything unknown mean every state."""
    states = frozenset(State(code) for code, name in COLUMN_OF.items() if name == column and code in list(State))
    return (states or None, column == "due_soon")


def reasons(session: Session, found: Sequence[Found], titles: Mapping[int, str]) -> list[Message]:
    """One sentence for each person on a page of people: why this state. ``titles`` of requirements by id. One statement."""
    named = causes(session, [(row.person_id, row.because) for row in found])
    return [_reason(row, named, titles) for row in found]


def _reason(row: Found, named: Mapping[int, facts.PersonFacts], titles: Mapping[int, str]) -> Message:
    kind, _, subject = row.because.partition(":")
    if kind == "requirement":
        return Message(titles.get(int(subject), subject))
    if row.state == State.UPCOMING:
        return Message(N_("Due on %(due)s; it cannot be done yet."), {"due": row.due})
    span = spans.Span(date.min, date.max, row.state, row.beneath, row.due, row.valid_until, 0, row.because)
    return explain(span, named[row.person_id])


def jobs(session: Session, day: date) -> tuple[list[str], list[str]]:
    """The jobs and the professions that somebody holds on a day, in alphabetical order. One statement."""
    rows = session.execute(
        select(Membership.job, Membership.profession)
        .where(known(Membership), day_in(day, Membership.from_day, Membership.to_day))
        .distinct()
    ).all()
    return sorted({job for job, _ in rows if job}), sorted({profession for _, profession in rows if profession})
