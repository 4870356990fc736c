"""Decide what becomes of everybody in a feed, batch by batch, and put down in temporary tables what must be written."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, and_, exists, func, select, update
from sqlalchemy.orm import Session

from lms.bulk import BATCH, batches, bulk
from lms.clock import FOR_EVER
from lms.db import day_in, known
from lms.errors import N_, AttuneError, Message, Problem
from lms.people.folding import folded_person
from lms.people.models import Employment, Person, display_name
from lms.people.owning import within
from lms.people.plan import Facts, Holding, Placed, Verdict, Wanted, decide, difference, missing
from lms.people.prepared import SAMPLE, Named, Prepared, Progress
from lms.people.queries import facts_of
from lms.people.staging import EMPLOYMENTS, GONE, MEMBERSHIPS, PEOPLE, PLACES, ROWS
from lms.people.tree import Tree


class Decider:
    """Decides about everybody, batch by batch, and puts down what must be written."""

    def __init__(self, session: Session, found: Prepared, tree: Tree, takers: Collection[int]) -> None:
        self.session, self.found, self.tree, self.takers = session, found, tree, takers
        self.as_of = found.options.as_of
        self.first_days: dict[int, date] = dict(
            session.execute(select(PLACES.c.department_id, PLACES.c.first_day)).all()
        )
        self.names = {one.id: one.name for one in found.departments}
        self.kept = found.options.reading.kept()
        self._position = 0
        self._digest = sha256()

    def run(self, progress: Progress) -> None:
        """Everybody in the file, then, if it is to list everybody, those who are missing."""
        self.found.staff = self._staff()
        self._brought()
        last = self.session.scalar(select(func.max(ROWS.c.line))) or 0
        for start in range(0, last + 1, BATCH):
            self._known(and_(ROWS.c.line >= start, ROWS.c.line < start + BATCH, ~ROWS.c.brought))
            progress("deciding", min(start + BATCH, last), last)
        if not self.found.options.partial and not self.found.spares_missing:
            self._missing()
        self.found.digest = self._digest.hexdigest()

    def _staff(self) -> int:
        query = select(func.count(Employment.person_id.distinct())).join(Person, Person.id == Employment.person_id)
        inside = day_in(self.as_of, Employment.from_day, Employment.to_day)
        return (
            self.session.scalar(query.where(known(Employment), Person.source == self.found.options.source, inside)) or 0
        )

    def _brought(self) -> None:
        """New people need no decision: their row is what they are. Only the start and the secondary places are looked at."""
        count = self.session.scalar(select(func.count()).select_from(ROWS).where(ROWS.c.brought)) or 0
        if not count:
            return
        self.found.counts[Verdict.NEW] += count
        c = ROWS.c  # what the file says of them is in the file; what became of it here is this
        became = select(c.line, c.department_id, c.supervisor_ref, c.also).where(c.brought).order_by(c.line)
        for some in batches(self.session.execute(became)):
            self._digest.update(repr([tuple(row) for row in some]).encode())
        shown = self.session.execute(select(ROWS).where(ROWS.c.brought).order_by(ROWS.c.line).limit(SAMPLE)).all()
        self.found.named[Verdict.NEW] = [
            Named(row.number, display_name(row.given_name, row.family_name), self._place(row.department_id))
            for row in shown
        ]
        also = select(ROWS).where(ROWS.c.brought, ROWS.c.also.is_not(None), ROWS.c.also != "")
        for rows in batches(self.session.execute(also).all()):
            bulk(self.session, MEMBERSHIPS, [made for row in rows for made in self._also_of(row)])
        taken = and_(ROWS.c.brought, exists().where(Person.email == ROWS.c.email))
        theirs = self.session.execute(select(ROWS).where(taken)).all()
        bulk(
            self.session, PEOPLE,
            [(-r.line, r.given_name, r.family_name, r.email, r.language, r.zone, r.folded, None) for r in theirs],
        )  # fmt: skip
        if theirs:  # an address that somebody else gives up in this same file: given once both are written
            self.session.execute(update(ROWS).where(taken).values(email=None))

    def _also_of(self, row: Any) -> Iterator[tuple[Any, ...]]:
        start, end = row.hire or self.as_of, row.to_day or FOR_EVER
        for ident in (int(one) for one in row.also.split(",")):
            begins = max(start, self.first_days.get(ident, start))
            if ident != row.department_id and begins < end:
                holding = _holding(row, None)._replace(department_id=ident)
                yield self._membership(-row.line, Placed(holding, False, begins, end))

    def _known(self, where: Any) -> None:
        rows = self.session.execute(select(ROWS).where(where).order_by(ROWS.c.line)).all()
        if not rows:
            return
        people, facts = self._state(select(ROWS.c.person_id).where(where))
        changes: list[tuple[int, Facts, Facts]] = []
        renamed = []
        for row in rows:
            before = facts.get(row.person_id, Facts())
            if self.kept:
                row = self._owned(row, people[row.person_id], before)
            try:
                verdict, after = self._decide(row, before)
            except AttuneError as error:
                self._fault(row, error)
                continue
            change = _own_data(people[row.person_id], row)
            if change is not None:
                renamed.append(change)
                if verdict is Verdict.UNCHANGED:
                    verdict = Verdict.CHANGED
            if verdict is Verdict.REHIRED:
                self.found.rehired.append(row.person_id)
            self._count(verdict, people[row.person_id], before, after, row)
            if after != before:
                changes.append((row.person_id, before, after))
        bulk(self.session, PEOPLE, renamed)
        self._digest.update(repr(renamed).encode())
        self._put_down(changes)

    def _owned(self, row: Any, person: Any, before: Facts) -> Any:
        """The row without what HR owns; where it says otherwise than what is known, that is noted."""
        owned, otherwise = within(row, person, before, self.as_of, self.kept)
        if otherwise:
            self.found.kept_count += 1
            if len(self.found.kept) < SAMPLE:
                name = display_name(person.given_name, person.family_name)
                told = Message(N_("Kept as HR wrote it: %(columns)s."), {"columns": ", ".join(otherwise)})
                self.found.kept.append(Named(person.number, name, told))
        return owned

    def _decide(self, row: Any, before: Facts) -> tuple[Verdict, Facts]:
        employment = before.employment(self.as_of)
        coming = min((e.from_day for e in before.employments if e.from_day > self.as_of), default=self.as_of)
        held = before.primary(self.as_of if employment else coming) or max(
            (m for m in before.memberships if m.primary), key=lambda m: m.to_day, default=None
        )
        also = frozenset(int(one) for one in row.also.split(",") if one) if row.also is not None else None
        wanted = Wanted(row.kind, _holding(row, held.holding if held else None), row.hire, row.to_day, also)
        verdict, after = decide(before, wanted, self.as_of)
        return verdict, self._within_departments(after)

    def _within_departments(self, facts: Facts) -> Facts:
        """No new membership begins before its department does."""
        memberships: list[Placed] = []
        for m in facts.memberships:
            first = self.first_days.get(m.holding.department_id, m.from_day)
            if m.id is None and m.from_day < first:
                m = m._replace(from_day=first)
            if m.from_day < m.to_day:
                memberships.append(m)
        return Facts(facts.employments, tuple(memberships))

    def _missing(self) -> None:
        absent = (
            select(Person.id)
            .join(Employment, Employment.person_id == Person.id)
            .where(
                Person.source == self.found.options.source,
                known(Employment),
                Employment.to_day > self.as_of,
                ~exists().where(ROWS.c.person_id == Person.id),
            )
            .distinct()
            .order_by(Person.id)
        )
        if aside := sorted({number for number in self.found.numbers.values() if number}):
            absent = absent.where(Person.number.not_in(aside))  # their line is there, only not as it should be
        for ids in batches(self.session.scalars(absent).all(), 500):
            people, facts = self._state(ids)
            changes = []
            for ident in ids:
                after = missing(facts[ident], self.as_of)
                self._count(Verdict.ENDED, people[ident], facts[ident], after, None)
                if ident in self.takers:
                    self.found.ends.append(ident)
                changes.append((ident, facts[ident], after))
            self._put_down(changes)

    def _state(self, ids: Any) -> tuple[dict[int, Any], dict[int, Facts]]:
        """People by id, and their known facts."""
        columns = (
            Person.id,
            Person.number,
            Person.given_name,
            Person.family_name,
            Person.email,
            Person.language,
            Person.zone,
        )
        people = {row.id: row for row in self.session.execute(select(*columns).where(Person.id.in_(ids)))}
        return people, facts_of(self.session, ids)

    def _put_down(self, changes: Sequence[tuple[int, Facts, Facts]]) -> None:
        gone: list[tuple[int, str, int]] = []
        employments: list[tuple[Any, ...]] = []
        memberships: list[tuple[Any, ...]] = []
        for person_id, before, after in changes:
            made = difference(before, after)
            gone += [(self._next(), "employment", ident) for ident in made.employments_gone]
            gone += [(self._next(), "membership", ident) for ident in made.memberships_gone]
            employments += [
                (self._next(), person_id, e.kind, e.from_day.isoformat(), e.to_day.isoformat())
                for e in made.employments
            ]
            memberships += [self._membership(person_id, m) for m in made.memberships]
        self._digest.update(repr((gone, employments, memberships)).encode())
        bulk(self.session, GONE, gone)
        bulk(self.session, EMPLOYMENTS, employments)
        bulk(self.session, MEMBERSHIPS, memberships)

    def _membership(self, person_ref: int, m: Placed) -> tuple[Any, ...]:
        h = m.holding
        return (
            self._next(), person_ref, h.department_id, m.primary, h.job, h.profession, h.patient_contact, h.supervisor_id,
            m.from_day.isoformat(), m.to_day.isoformat(),
        )  # fmt: skip

    def _next(self) -> int:
        self._position += 1
        return self._position

    # the report

    def _count(self, verdict: Verdict, person: Any, before: Facts, after: Facts, row: Any) -> None:
        self.found.counts[verdict] += 1
        named = self.found.named.setdefault(verdict, [])
        if verdict is not Verdict.UNCHANGED and len(named) < SAMPLE:
            name = display_name(person.given_name, person.family_name)
            named.append(Named(person.number, name, self._detail(verdict, before, after, row)))

    def _detail(self, verdict: Verdict, before: Facts, after: Facts, row: Any) -> Message | None:
        if verdict is Verdict.ENDED:
            last = max((e.to_day for e in after.employments), default=self.as_of) - timedelta(days=1)
            return Message(N_("Last day %(day)s."), {"day": last})
        if verdict is Verdict.MOVED and (held := before.primary(self.as_of)) is not None:
            old, new = self._name(held.holding.department_id), self._name(row.department_id)
            return Message(N_("From %(old)s to %(new)s."), {"old": old, "new": new})
        return self._place(row.department_id) if row is not None else None

    def _place(self, ident: int) -> Message:
        return Message(N_("In %(department)s."), {"department": self._name(ident)})

    def _name(self, ident: int) -> str:
        node = self.tree.nodes.get(ident)
        return self.names.get(ident) or (node.name if node else str(ident))

    def _fault(self, row: Any, error: AttuneError) -> None:
        remedy = Message(N_("Correct the dates in the file, or correct the person on their page."))
        self.found.numbers[row.line] = row.number
        self.found.fault(Problem(error.message, remedy, "staff", row.line, "hire_date", str(row.hire or "")))
        if self.found.options.good_rows:
            self.found.set_aside([row.line])


def _holding(row: Any, held: Holding | None) -> Holding:
    """What a row says somebody is; what it does not say stays as it is."""
    old = held or Holding(0, "", "", False, None)
    supervisor = old.supervisor_id if row.supervisor is None else row.supervisor_ref
    return Holding(
        row.department_id,
        old.job if row.job is None else row.job,
        old.profession if row.profession is None else row.profession,
        old.patient_contact if row.patient_contact is None else row.patient_contact,
        supervisor,
    )


def _own_data(person: Any, row: Any) -> tuple[Any, ...] | None:
    """The row of ``import_person`` for somebody whose own data change; an empty address, language or zone changes nothing."""
    wanted = {
        "given_name": row.given_name,
        "family_name": row.family_name,
        "email": row.email or person.email,
        "language": row.language or person.language,
        "zone": row.zone or person.zone,
    }
    was = {name: getattr(person, name) for name in wanted}
    if was == wanted:
        return None
    changed = {name: [was[name], wanted[name]] for name in wanted if was[name] != wanted[name]}
    folded = folded_person(row.given_name, row.family_name, person.number, wanted["email"])
    return (person.id, *wanted.values(), folded, json.dumps(changed))


def note_faults(session: Session, found: Prepared, column: str, faulty: Select[Any], message: str, remedy: str) -> None:
    for line, value, other in session.execute(faulty.order_by(ROWS.c.line)):
        found.fault(Problem(Message(message, {"other": other}), Message(remedy), "staff", line, column, str(value)))
    found.problems.sort(key=lambda problem: (problem.file or "", problem.line or 0))
