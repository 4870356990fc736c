"""Verbs of comparisons: ask for one, and work some more people into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.compliance import known_then
from lms.compliance.comparing import queries
from lms.compliance.comparing.models import Comparison, ComparisonCell, ComparisonLine, ComparisonPerson
from lms.compliance.known_then import Side
from lms.compliance.models import OVERALL
from lms.errors import Message
from lms.outbox import enqueue
from lms.people.models import Person

COMPARE = "compliance.compare"

BATCH = 200
"""So many people are worked in at once: about a second."""


def end_of(day: date, zone: str) -> datetime:
    """The moment at which a local day is over: what is known on it is known until then."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


def ask(session: Session, day: date, known_on: date, zone: str, by: Actor, *, again: bool = False) -> Comparison:
    """The comparison that answers this question: the one that is kept or under way, or else a new one, to be worked out.

    ``again``: a new one all the same, with what is known at this moment, unless one is under way.
    """
    kept = queries.answering(session, day, known_on)
    if kept is not None and not (again and kept.finished_at):
        return kept
    known_at = min(end_of(known_on, zone), by.now)
    made = Comparison(
        day=day, known_on=known_on, known_at=known_at, asked_at=by.now, asked_by=by.person_id,
        people=session.scalar(select(func.count()).select_from(Person)) or 0, worked=0, position=0, changed_rules=[],
        finished_at=None,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def ask_worker(session: Session, comparison: Comparison, by: Actor) -> None:
    """Have a worker go through everybody."""
    enqueue(session, COMPARE, {"comparison": comparison.id}, by.now, key=str(comparison.id))


class Worked(NamedTuple):
    """What came out for the people after ``position``, up to ``last`` (None: there are none left)."""

    comparison_id: int
    position: int
    last: int | None
    people: int
    cells: list[dict[str, Any]]
    moved: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    changed_rules: list[int]


def work_out(session: Session, comparison_id: int, batch: int = BATCH) -> Worked | None:
    """Compare the next people; None when everybody is. It only reads, so that nobody waits for it; :func:`keep` writes it down.

    Both states of knowledge are those of fixed moments, so what is written down meanwhile changes nothing.
    """
    kept = session.get(Comparison, comparison_id, populate_existing=True)
    if kept is None or kept.finished_at is not None:
        return None
    query = select(Person.id).where(Person.id > kept.position).order_by(Person.id).limit(batch)
    person_ids = list(session.scalars(query))
    if not person_ids:
        return Worked(kept.id, kept.position, None, 0, [], [], [], list(kept.changed_rules))
    now = kept.asked_at + timedelta(microseconds=1)  # with what was written down at that moment
    found = known_then.Comparison(session, person_ids, kept.day, kept.known_at, now)
    counted: Counter[tuple[int, int, int, str]] = Counter()
    moved: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for person_id in person_ids:
        standing = found.standing(person_id)
        for requirement_id, sides in standing.items():
            for side, name in zip(sides, ("then", "now"), strict=True):
                if side.state is not None:
                    counted[requirement_id, side.department_id or 0, int(side.state), name] += 1
        mine = {"comparison_id": kept.id, "person_id": person_id}
        differing = [(id, *sides) for id, sides in standing.items() if id != OVERALL and sides[0] != sides[1]]
        if differing:
            moved.append(mine | _moved(standing[OVERALL], found.learnt(person_id)))
            lines += [mine | _line(*each) for each in differing]
    cells = _cells(kept.id, counted)
    return Worked(
        kept.id, kept.position, person_ids[-1], len(person_ids), cells, moved, lines, sorted(found.changed_rules)
    )


def keep(session: Session, worked: Worked, now: datetime) -> None:
    """Write down what came out, in one short transaction of the caller; what another worker has written down is left."""
    kept = session.get(Comparison, worked.comparison_id, with_for_update=True, populate_existing=True)
    if kept is None or kept.finished_at is not None or kept.position != worked.position:
        return
    if worked.last is None:
        kept.finished_at = now
        return
    if worked.cells:
        new = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(ComparisonCell)
        added = {"then": ComparisonCell.then + new.excluded.then, "now": ComparisonCell.now + new.excluded.now}
        once = new.on_conflict_do_update(index_elements=list(ComparisonCell.__table__.primary_key), set_=added)
        session.execute(once, worked.cells)
    for model, rows in ((ComparisonPerson, worked.moved), (ComparisonLine, worked.lines)):
        if rows:
            session.execute(insert(model), rows)
    kept.changed_rules = worked.changed_rules
    kept.position, kept.worked = worked.last, kept.worked + worked.people


def _moved(overall: tuple[Side, Side], learnt: Sequence[Message]) -> dict[str, Any]:
    then, now = overall
    where = {"then_department": then.department_id, "now_department": now.department_id}
    return where | {"learnt": queries.written(learnt)}


def _line(requirement_id: int, then: Side, now: Side) -> dict[str, Any]:
    return {
        "requirement_id": requirement_id,
        "then_state": None if then.state is None else int(then.state),
        "then_due": then.due,
        "now_state": None if now.state is None else int(now.state),
        "now_due": now.due,
    }


def _cells(comparison_id: int, counted: Counter[tuple[int, int, int, str]]) -> list[dict[str, Any]]:
    """What these people add to the cells."""
    cells: dict[tuple[int, int, int], dict[str, int]] = {}
    for (requirement_id, department_id, state, name), people in counted.items():
        cells.setdefault((requirement_id, department_id, state), {"then": 0, "now": 0})[name] = people
    return [
        {"comparison_id": comparison_id, "requirement_id": requirement, "department_id": department, "state": state} | counts
        for (requirement, department, state), counts in sorted(cells.items())
    ]  # fmt: skip
