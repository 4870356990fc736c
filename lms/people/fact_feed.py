"""Files of licences, duties, leaves and birth months, compared with what is known; :mod:`lms.people.fact_taking` takes them in.

What is decided about one person's facts is decided by the same pure functions as on the pages (:mod:`lms.people.holdings`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.bulk import BATCH, batches
from lms.db import known
from lms.errors import N_, AttuneError, Conflict, Invalid, Message, Problem
from lms.people import holdings
from lms.people.fact_files import Away, FactReader, Line, Month
from lms.people.holdings import Tagged, Term
from lms.people.importing import PROBLEMS_KEPT, Options
from lms.people.models import BirthMonth, DutyTag, Leave, Licence, Person, display_name
from lms.people.plan import Verdict
from lms.people.prepared import SAMPLE, Named, Progress
from lms.people.preparing import last_change, open_table


class Kind(NamedTuple):
    """A kind of file: its table, how a row is a fact, and what a line makes of somebody's facts."""

    model: Any
    fact: type[Any]
    fields: tuple[str, ...]
    told: Callable[[Sequence[Any], Any], Sequence[Any]]


@dataclass
class FactPlan:
    """What a file of facts would do. ``listed``: the employee numbers in it; ``by_feed``: how many facts of the feed run on."""

    what: str
    options: Options
    encoding: str = ""
    rows: int = 0
    unused: tuple[str, ...] = ()
    counts: Counter[Verdict] = field(default_factory=Counter)
    named: dict[Verdict, list[Named]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    aside: list[Problem] = field(default_factory=list)
    numbers: dict[int, str] = field(default_factory=dict)
    faults: int = 0
    listed: set[str] = field(default_factory=set)
    changes: list[tuple[int, list[int], list[Any]]] = field(default_factory=list)
    by_feed: int = 0
    fuse: float = 0.1
    seen: int = 0

    @property
    def touched(self) -> list[int]:
        """Whose facts would change."""
        return sorted({person for person, _, _ in self.changes})

    @property
    def digest(self) -> str:
        """The same for plans that would change the same facts in the same way, in the same order."""
        return sha256(repr((self.what, self.changes)).encode()).hexdigest()


def look(
    session: Session,
    file: BinaryIO,
    what: str,
    options: Options,
    fuse: float,
    progress: Progress = lambda phase, done, total: None,
) -> FactPlan:
    """Read a file and compare it with what is known; writes nothing.

    Raises:
        Invalid: a file that cannot be read at all; single faults stand in ``problems`` instead.
    """
    table, encoding = open_table(file, what, options.encoding)
    reader = FactReader(table, what, options)
    plan = FactPlan(what, options, encoding, fuse=fuse, seen=last_change(session), unused=tuple(reader.unused))
    lines: dict[str, list[Line]] = {}
    for count, line in enumerate(reader.lines(), 1):
        lines.setdefault(line.number, []).append(line)
        if count % BATCH == 0:
            progress("reading", count, None)
    plan.rows, plan.faults = reader.rows, reader.faults
    plan.problems, plan.numbers = reader.problems, reader.numbers
    plan.listed = set(lines) | {number for number in reader.numbers.values() if number}
    if not plan.rows:
        raise Invalid(N_("The file holds no people, only a heading. Nothing was changed."))
    people = _people(session, options.source, lines)
    for number in sorted(lines.keys() - people.keys()):
        for line in lines[number]:
            _fault(
                plan, line, "number", number, Message(N_("Nobody of this source has this number.")),
                Message(N_("Take in the staff file first, or correct the number.")),
            )  # fmt: skip
    ids = {ident: number for number, (ident, _) in people.items()}
    doubtful = set(plan.numbers.values())
    for place, some in enumerate(batches(sorted(ids), 500)):
        if place % 10 == 0:
            progress("deciding", place * 500, len(ids))
        facts, by_hand = _known(session, what, some)
        for ident in some:
            number = ids[ident]
            whole = not options.partial and number not in doubtful
            _decide(plan, ident, Named(number, people[number][1]), lines[number], facts.get(ident, ()), by_hand, whole)
    if not options.partial and not any(not number for number in plan.numbers.values()):
        _missing(session, plan)
    if options.good_rows and plan.faults <= PROBLEMS_KEPT:
        plan.aside, plan.problems, plan.faults = plan.problems, [], 0
    return plan


# --- comparing --------------------------------------------------------------------------------------------------------


def _decide(
    plan: FactPlan, ident: int, who: Named, lines: Sequence[Line], before: Sequence[Any], by_hand: set[int], whole: bool
) -> None:
    kind = KINDS[plan.what]
    after: Sequence[Any] = before
    for line in lines:
        try:
            after = kind.told(after, line.fact)
        except AttuneError as error:
            _fault(
                plan, line, "", "", error.message, Message(N_("Correct the line, or correct the person on their page."))
            )
    if whole:
        said = {_about(line.fact) for line in lines}
        ended = [
            _ended(f, plan.options.as_of) if _runs(f, plan, by_hand) and _about(f) not in said else f for f in after
        ]
        for old, new in zip(after, ended, strict=True):
            if new is not old:
                _count(plan, Verdict.ENDED, who)
        after = [f for f in ended if f is not None]
        plan.by_feed += sum(_runs(f, plan, by_hand) for f in before)
    gone, new = holdings.difference(before, after)
    if not gone and not new:
        _count(plan, Verdict.UNCHANGED, who)
        return
    kept_ids = {f.id for f in after}
    if (new and any(f.id in kept_ids for f in before) and not gone) or (new and not before):
        _count(plan, Verdict.NEW, who)
    elif new:
        _count(plan, Verdict.CHANGED, who)
    plan.changes.append((ident, gone, list(new)))


def _missing(session: Session, plan: FactPlan) -> None:
    """Facts of the feed about people whom the file does not list: from its day on they are no more."""
    model = KINDS[plan.what].model
    query = (
        select(Person.id, Person.number, Person.given_name, Person.family_name)
        .join(model, model.person_id == Person.id)
        .where(Person.source == plan.options.source, known(model), model.import_id.is_not(None))
        .distinct()
    )
    absent = {row.id: row for row in session.execute(query) if row.number not in plan.listed}
    for some in batches(sorted(absent), 500):
        facts, by_hand = _known(session, plan.what, some)
        for ident in some:
            row = absent[ident]
            name = display_name(row.given_name, row.family_name)
            _decide(plan, ident, Named(row.number, name), (), facts[ident], by_hand, True)


def _runs(fact: Any, plan: FactPlan, by_hand: set[int]) -> bool:
    """Whether a fact came from a feed and goes on after the file's day: what HR wrote by hand never ends by being absent."""
    if fact.id is None or fact.id in by_hand:
        return False
    return isinstance(fact, Month) or fact.to_day > plan.options.as_of


def _ended(fact: Any, as_of: date) -> Any:
    """The fact until the day before; None where it had not begun."""
    if isinstance(fact, Month) or fact.from_day >= as_of:
        return None
    return fact._replace(to_day=as_of, id=None)


def _about(fact: Any) -> Any:
    match fact:
        case Term():
            return fact.licence
        case Tagged():
            return fact.tag
        case Away():
            return fact.from_day
        case _:
            return "month"


def _tagged(known_tags: Sequence[Tagged], row: Tagged) -> Sequence[Tagged]:
    """The same duty from the same day has another end; running on from an earlier day it is the same, else it is new."""
    same = [each for each in known_tags if each.tag == row.tag and each.from_day <= row.from_day < each.to_day]
    if not same:
        return holdings.given(known_tags, row.tag, row.from_day, row.to_day)
    (there,) = same
    return (
        tuple(known_tags)
        if there.to_day == row.to_day
        else _instead(known_tags, there, there._replace(to_day=row.to_day, id=None))
    )


def _away(known_leaves: Sequence[Away], row: Away) -> Sequence[Away]:
    there = next((each for each in known_leaves if each.from_day == row.from_day), None)
    if there is not None:
        return tuple(known_leaves) if there._replace(id=None) == row else _instead(known_leaves, there, row)
    if any(each.from_day < row.to_day and row.from_day < each.to_day for each in known_leaves):
        raise Conflict(N_("A leave is written down for some of these days already. Nothing was changed."))
    return (*known_leaves, row)


def _month(known_months: Sequence[Month], row: Month) -> Sequence[Month]:
    return tuple(known_months) if known_months and known_months[0].month == row.month else (row,)


def _instead(facts: Sequence[Any], old: Any, new: Any) -> Sequence[Any]:
    return (*(each for each in facts if each is not old), new)


TERM = ("kind", "state", "number", "basis", "from_day", "to_day", "renew_by", "every_months")
KINDS = {
    "licences": Kind(Licence, Term, TERM, holdings.told),
    "duties": Kind(DutyTag, Tagged, ("tag", "from_day", "to_day"), _tagged),
    "leaves": Kind(Leave, Away, ("kind", "reason", "from_day", "to_day"), _away),
    "birth_months": Kind(BirthMonth, Month, ("month",), _month),
}


# --- reading ----------------------------------------------------------------------------------------------------------


def _people(session: Session, source: str, numbers: Any) -> dict[str, tuple[int, str]]:
    found = {}
    for some in batches(sorted(numbers), 500):
        rows = session.execute(
            select(Person.number, Person.id, Person.given_name, Person.family_name).where(
                Person.source == source, Person.number.in_(some)
            )
        )
        found.update({number: (ident, f"{given} {family}".strip()) for number, ident, given, family in rows})
    return found


def _known(session: Session, what: str, ids: Sequence[int]) -> tuple[dict[int, list[Any]], set[int]]:
    """The known facts of these people by id, and the ids of those that HR wrote by hand."""
    kind = KINDS[what]
    model = kind.model
    columns = [getattr(model, name) for name in kind.fields]
    facts: dict[int, list[Any]] = {}
    by_hand: set[int] = set()
    rows = session.execute(
        select(model.person_id, model.id, model.import_id, *columns)
        .where(model.person_id.in_(ids), known(model))
        .order_by(model.id)
    )
    for person, ident, import_id, *values in rows:
        facts.setdefault(person, []).append(kind.fact(**dict(zip(kind.fields, values, strict=True)), id=ident))
        if import_id is None:
            by_hand.add(ident)
    return facts, by_hand


def _count(plan: FactPlan, verdict: Verdict, who: Named) -> None:
    plan.counts[verdict] += 1
    named = plan.named.setdefault(verdict, [])
    if verdict is not Verdict.UNCHANGED and len(named) < SAMPLE:
        named.append(who)


def _fault(plan: FactPlan, line: Line, column: str, value: str, message: Message, remedy: Message) -> None:
    plan.faults += 1
    if len(plan.problems) < PROBLEMS_KEPT:
        plan.problems.append(Problem(message, remedy, plan.what, line.line, column, value[:200]))
        plan.numbers[line.line] = line.number
