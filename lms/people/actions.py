"""Verbs that change one person. What becomes of the dated facts is decided in :mod:`lms.people.plan`, as it is for imports.

A fact that changes is superseded, never rewritten; last days that people type are inclusive. Every change is in the audit log.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.access import refuse_own
from lms.audit import Actor, record
from lms.clock import FOR_EVER
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.people import plan, queries
from lms.people.csv_text import Unusable
from lms.people.importing import parse_email, parse_language
from lms.people.kinds import EmploymentKind, LeaveKind
from lms.people.models import Employment, Leave, Membership, Person
from lms.people.plan import DAY, Facts, Holding
from lms.people.supervisors import chain_up


@dataclass(frozen=True, slots=True)
class OwnData:
    """What a person is called and how they are reached. An empty address, language or zone is None."""

    given_name: str
    family_name: str
    email: str | None = None
    language: str | None = None
    zone: str | None = None


def add_person(
    session: Session,
    source: str,
    number: str,
    own: OwnData,
    kind: str,
    holding: Holding,
    from_day: date,
    by: Actor,
    last_day: date | None = None,
) -> Person:
    """Somebody new, employed from a day on.

    Raises:
        Invalid: no number or name, an address or language that is none, an unknown kind.
        Conflict: the number or address is somebody else's, or the department does not exist on that day.
    """
    source, number = source.strip(), number.strip()
    if not source or not number:
        raise Invalid(N_("Enter the employee number and where it comes from."))
    taken = select(Person).where(Person.source == source, func.lower(Person.number) == number.lower())
    if (other := session.scalar(taken)) is not None:
        raise Conflict(
            N_("%(name)s has this number already. If they come back, choose “Rehire” on their page."),
            name=other.display_name,
        )
    own = _checked(session, own, None)
    person = Person(source=source, number=number, created_at=by.now, **asdict(own))
    session.add(person)
    session.flush()
    after = plan.hired(Facts(), _kind(kind), holding, from_day, _after(last_day))
    _change(
        session, person.id, Facts(), after, "person.add", by, from_day=from_day, said={"number": number, **asdict(own)}
    )
    return person


def change_person(session: Session, person_id: int, own: OwnData, by: Actor) -> None:
    """Correct a name, address, language or time zone.

    Raises:
        Invalid: no name, an address or language that is none.
        Conflict: the address is somebody else's.
    """
    person = _locked(session, person_id)
    own = _checked(session, own, person_id)
    before = {name: getattr(person, name) for name in asdict(own)}
    after = asdict(own)
    if before == after:
        return
    for name, value in after.items():
        setattr(person, name, value)
    record(session, by, "person.change", "person", person_id, before=before, after=after)


def move(session: Session, person_id: int, day: date, holding: Holding, by: Actor, reason: str = "") -> None:
    """Another department, job, profession, patient contact or supervisor from a day on.

    Raises:
        Conflict: not employed on that day, or the department does not exist on it.
    """
    _decided(session, person_id, by)
    before = _facts(session, person_id)
    after = plan.moved(before, day, holding)
    _change(session, person_id, before, after, "membership.move", by, from_day=day, reason=reason)


def add_secondary(
    session: Session, person_id: int, holding: Holding, from_day: date, by: Actor, last_day: date | None = None
) -> None:
    """A second place beside the primary one.

    Raises:
        Conflict: not employed on that day, there already, or the department does not exist on it.
    """
    _decided(session, person_id, by)
    before = _facts(session, person_id)
    after = plan.joined_also(before, holding, from_day, _after(last_day))
    _change(session, person_id, before, after, "membership.add", by, from_day=from_day)


def end_secondary(session: Session, person_id: int, department_id: int, last_day: date, by: Actor) -> None:
    """A second place ends with a last day.

    Raises:
        Conflict: there is none.
    """
    _decided(session, person_id, by)
    before = _facts(session, person_id)
    after = plan.left_also(before, department_id, last_day + DAY)
    if after == before:
        raise Conflict(N_("This second place has ended already. Nothing was changed."))
    _change(session, person_id, before, after, "membership.end", by)


def correct_membership(
    session: Session,
    person_id: int,
    membership_id: int,
    holding: Holding,
    from_day: date,
    last_day: date | None,
    by: Actor,
    reason: str,
) -> None:
    """A membership was written down wrongly: what is right takes its place, and figures follow, past ones too.

    Raises:
        Invalid: no reason, or days outside an employment.
        Conflict: it was corrected already, or overlaps another one.
    """
    _reasoned(reason)
    _decided(session, person_id, by)
    before = _facts(session, person_id)
    end = _after(last_day)
    if last_day is None and (employment := before.employment(from_day)) is not None:
        end = employment.to_day
    after = plan.corrected(before, membership_id, holding, from_day, end)
    _change(session, person_id, before, after, "membership.correct", by, from_day=from_day, reason=reason)


def correct_employment(
    session: Session,
    person_id: int,
    employment_id: int,
    kind: str,
    from_day: date,
    last_day: date | None,
    by: Actor,
    reason: str,
) -> None:
    """An employment was written down wrongly: other days, or another kind. Its memberships follow.

    Raises:
        Invalid: no reason, an unknown kind, days in the wrong order.
        Conflict: it was corrected already, or overlaps another one.
    """
    _reasoned(reason)
    _decided(session, person_id, by)
    before = _facts(session, person_id)
    wrong = next((e for e in before.employments if e.id == employment_id), None)
    if wrong is None:
        raise Conflict(N_("This entry has been corrected already. Look at the newer one."))
    end = _after(last_day)
    if end <= from_day:
        raise Invalid(N_("The last day lies before the first. Correct one of them."))
    after = plan.until(before, wrong, max(end, wrong.from_day + DAY))
    current = wrong if wrong in after.employments else after.employments[-1]
    after = plan.began(after, current, from_day)
    current = next(e for e in after.employments if e.from_day == from_day)
    if current.to_day != end:
        after = plan.until(after, current, end)
        current = next(e for e in after.employments if e.from_day == from_day)
    if current.kind != _kind(kind):
        after = plan.renamed_kind(after, current, kind)
    _change(session, person_id, before, after, "employment.correct", by, reason=reason)


def end_employment(session: Session, person_id: int, last_day: date, by: Actor, reason: str = "") -> None:
    """Somebody leaves; ``last_day`` is the last one on which they belong here. Their memberships end with it.

    Raises:
        Conflict: not employed on that day.
    """
    _decided(session, person_id, by)
    before = _facts(session, person_id)
    _change(session, person_id, before, plan.ended(before, last_day), "employment.end", by, reason=reason)


def rehire(
    session: Session,
    person_id: int,
    kind: str,
    holding: Holding,
    from_day: date,
    by: Actor,
    last_day: date | None = None,
) -> None:
    """Somebody comes back: the same person with everything they did, employed anew.

    Raises:
        Conflict: employed on one of these days already, or the department does not exist on the first.
    """
    _decided(session, person_id, by)
    before = _facts(session, person_id)
    after = plan.hired(before, _kind(kind), holding, from_day, _after(last_day))
    _change(session, person_id, before, after, "employment.rehire", by, from_day=from_day)


def record_leave(
    session: Session,
    person_id: int,
    kind: str,
    reason: str,
    from_day: date,
    last_day: date | None,
    by: Actor,
    *,
    file_id: int | None = None,
) -> Leave:
    """A leave of absence; without a last day it goes on until it is ended. ``file_id`` is a document that stands behind it.

    Raises:
        Invalid: no reason, an unknown kind, or a last day before the first.
        Conflict: a leave is written down for one of these days already.
    """
    _reasoned(reason)
    if kind not in set(LeaveKind):
        raise Invalid(N_("There is no such kind of leave."))
    _decided(session, person_id, by)
    end = _after(last_day)
    if end <= from_day:
        raise Invalid(N_("The last day lies before the first. Correct one of them."))
    _refuse_overlap(session, person_id, from_day, end)
    leave = Leave(
        person_id=person_id, kind=kind, reason=reason.strip(), file_id=file_id, from_day=from_day, to_day=end,
        recorded_at=by.now, recorded_by=by.person_id,
    )  # fmt: skip
    session.add(leave)
    session.flush()
    record(session, by, "leave.record", "person", person_id, after=_leave(leave), reason=reason)
    return leave


def end_leave(session: Session, person_id: int, leave_id: int, last_day: date, reason: str, by: Actor) -> None:
    """A leave ends, or ended, with a last day; one that never began (a last day before its first) is withdrawn.

    Raises:
        Denied: it is one's own.
        NotFound: no such leave of this person.
        Invalid: no reason.
        Conflict: it ends on that day already, or would reach into the next leave.
    """
    _reasoned(reason)
    _decided(session, person_id, by)
    leave = session.get(Leave, leave_id)
    if leave is None or leave.person_id != person_id or leave.superseded_at is not None:
        raise NotFound(N_("There is no such leave, or it was corrected already."))
    if leave.to_day == last_day + DAY:
        raise Conflict(N_("This leave ends on that day already."))
    withdrawn = last_day < leave.from_day
    if not withdrawn:
        _refuse_overlap(session, person_id, leave.from_day, last_day + DAY, but=leave_id)
    leave.superseded_at, leave.superseded_by = by.now, by.person_id
    if not withdrawn:
        session.add(
            Leave(
                person_id=person_id, kind=leave.kind, reason=leave.reason, file_id=leave.file_id, from_day=leave.from_day,
                to_day=last_day + DAY, recorded_at=by.now, recorded_by=by.person_id,
            )
        )  # fmt: skip
    session.flush()
    after = None if withdrawn else {**_leave(leave), "to": (last_day + DAY).isoformat()}
    action = "leave.withdraw" if withdrawn else "leave.end"
    record(session, by, action, "person", person_id, before=_leave(leave), after=after, reason=reason.strip())


def _refuse_overlap(session: Session, person_id: int, from_day: date, end: date, *, but: int | None = None) -> None:
    """No two leaves on one day: their kinds could say different things of the due days."""
    for other in queries.leaves(session, person_id):
        if other.id != but and other.from_day < end and from_day < other.to_day:
            raise Conflict(
                N_(
                    "A leave from %(first)s is written down for some of these days already. End that one, or choose other days."
                ),
                first=other.from_day,
            )


def write_facts(session: Session, person_id: int, before: Facts, after: Facts, by: Actor) -> plan.Difference:
    """Supersede and write the rows in which two states differ."""
    made = plan.difference(before, after)
    for model, ids in ((Employment, made.employments_gone), (Membership, made.memberships_gone)):
        for ident in ids:
            row: Any = session.get_one(model, ident)
            row.superseded_at, row.superseded_by = by.now, by.person_id
    for e in made.employments:
        session.add(
            Employment(
                person_id=person_id, kind=e.kind, from_day=e.from_day, to_day=e.to_day, recorded_at=by.now,
                recorded_by=by.person_id,
            )
        )  # fmt: skip
    for m in made.memberships:
        session.add(
            Membership(
                person_id=person_id, primary=m.primary, from_day=m.from_day, to_day=m.to_day, recorded_at=by.now,
                recorded_by=by.person_id, **m.holding._asdict(),
            )
        )  # fmt: skip
    session.flush()
    return made


# --- small parts ------------------------------------------------------------------------------------------------------


def _change(
    session: Session,
    person_id: int,
    before: Facts,
    after: Facts,
    action: str,
    by: Actor,
    *,
    from_day: date | None = None,
    reason: str = "",
    said: dict[str, Any] | None = None,
) -> None:
    if from_day is not None:
        _refuse_departments(session, person_id, after, from_day)
    if after == before:
        return
    made = write_facts(session, person_id, before, after, by)
    gone_employments = [_stretch(e) for e in before.employments if e.id in made.employments_gone]
    gone_memberships = [_stretch(m) for m in before.memberships if m.id in made.memberships_gone]
    record(
        session, by, action, "person", person_id,
        before={"employments": gone_employments, "memberships": gone_memberships} if before != Facts() else None,
        after={
            **(said or {}),
            "employments": [_stretch(e) for e in made.employments],
            "memberships": [_stretch(m) for m in made.memberships],
        },
        reason=reason.strip() or None,
    )  # fmt: skip


def _refuse_departments(session: Session, person_id: int, facts: Facts, day: date) -> None:
    """New memberships need a department that is there on their first day, and somebody else as supervisor."""
    for m in facts.memberships:
        if m.id is not None or m.from_day != day:
            continue
        if m.holding.department_id not in queries.tree(session, day).nodes:
            raise Conflict(N_("The department does not exist on %(day)s. Nothing was changed."), day=day)
        if m.holding.supervisor_id is not None:
            _refuse_circle(session, person_id, m.holding.supervisor_id, day)


def _refuse_circle(session: Session, person_id: int, supervisor_id: int, day: date) -> None:
    if supervisor_id == person_id:
        raise Invalid(N_("Nobody is their own supervisor."))
    above = chain_up(session, supervisor_id, day)
    step = next((step for step, one in enumerate(above) if one.id == person_id), None)
    if step is not None:
        chain = " → ".join(one.display_name for one in [above[step], *above[: step + 1]])
        raise Invalid(
            N_(
                "This would make a circle of supervisors: %(chain)s. Choose somebody else, or change one of them first."
            ),
            chain=chain,
        )


def _facts(session: Session, person_id: int) -> Facts:
    return queries.facts_of(session, [person_id])[person_id]


def _decided(session: Session, person_id: int, by: Actor) -> None:
    """The person's row, locked for a decision of somebody else."""
    refuse_own(by.person_id, person_id)
    _locked(session, person_id)


def _locked(session: Session, person_id: int) -> Person:
    """The person's row, locked so that two changes of one person come after each other (an SQLite writer is alone anyway)."""
    person = session.scalar(select(Person).where(Person.id == person_id).with_for_update())
    if person is None:
        raise NotFound(N_("There is no such person."))
    return person


def _checked(session: Session, own: OwnData, person_id: int | None) -> OwnData:
    given, family = " ".join(own.given_name.split()), " ".join(own.family_name.split())
    if not given and not family:
        raise Invalid(N_("Enter the name."))
    try:
        email = parse_email(own.email.strip()) if own.email and own.email.strip() else None
        language = parse_language(own.language.strip()) if own.language and own.language.strip() else None
    except Unusable as error:
        raise Invalid(error.message.msgid, (), **error.message.params) from None
    if email is not None:
        other = session.scalar(select(Person).where(Person.email == email, Person.id != (person_id or 0)))
        if other is not None:
            raise Conflict(N_("%(name)s has this e-mail address already."), name=other.display_name)
    return OwnData(given, family, email, language, own.zone or None)


def _kind(kind: str) -> str:
    if kind not in set(EmploymentKind):
        raise Invalid(N_("There is no such kind of employment."))
    return kind


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise Invalid(N_("Enter a reason; it is kept in the audit log."))


def _after(last_day: date | None) -> date:
    return FOR_EVER if last_day is None else last_day + DAY


def _stretch(fact: plan.Employed | plan.Placed) -> dict[str, Any]:
    days = {"from": fact.from_day.isoformat(), "to": fact.to_day.isoformat()}
    if isinstance(fact, plan.Employed):
        return {"kind": fact.kind, **days}
    return {**fact.holding._asdict(), "primary": fact.primary, **days}


def _leave(leave: Leave) -> dict[str, Any]:
    return {
        "kind": leave.kind,
        "from": leave.from_day.isoformat(),
        "to": leave.to_day.isoformat(),
        "reason": leave.reason,
        "document": leave.file_id,
    }
