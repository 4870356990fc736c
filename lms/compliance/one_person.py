"""What is asked of one person, and their whole timeline, read from the spans."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from lms.clock import FOR_EVER
from lms.compliance import facts, spans
from lms.compliance.assignments import PREFIX
from lms.compliance.audience import AssignedTo, UnderDepartment, parts_of
from lms.compliance.causes import causes
from lms.compliance.credit import done_as, with_credit
from lms.compliance.explain import explain
from lms.compliance.models import OVERALL, Exemption, Requirement, RequirementVersion, Span
from lms.compliance.rules import Rule, Status
from lms.compliance.sentence import whom
from lms.compliance.spans import State
from lms.compliance.tallies import active, within
from lms.db import day_in, known
from lms.errors import N_, Message
from lms.people.models import Department, DepartmentVersion, Person
from lms.records.models import TrainingRecord

CAN_BE_DONE = frozenset({State.OPEN, State.RENEWAL_OPEN, State.IN_GRACE, State.OVERDUE})
LATENESS = (
    State.OVERDUE, State.IN_GRACE, State.OPEN, State.RENEWAL_OPEN, State.UPCOMING, State.COMPLIANT, State.ON_LEAVE, State.EXEMPT,
)  # fmt: skip
"""States in the order in which they need somebody's attention."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What a requirement asks of a person on a day. ``courses`` are slugs in the rule's order; ``state`` is a name in small letters.

    ``due`` is the last good day; ``can_be_done``: a completion now would count. ``needs_all``: all of the courses, not one of them.
    ``counts_from``: of several courses, those completed on this day or later need not be done again. The timeline alone decides
    when the duty is met; this day is for showing what is left, and errs on the side of showing too much. ``policies`` are the codes
    of policies to acknowledge, ``attestations`` the names of statements that courses ask for.
    """

    requirement_id: int
    code: str
    title: str
    courses: tuple[str, ...]
    state: str
    due: date | None
    valid_until: date | None
    can_be_done: bool
    why: Message
    needs_all: bool
    counts_from: date
    policies: tuple[str, ...] = ()
    attestations: tuple[str, ...] = ()


def duties(session: Session, person_id: int, day: date) -> list[Duty]:
    """What is asked of a person on ``day``, what is latest first, then by due day. Three statements, one more where a rule
    names departments."""
    rows = session.scalars(
        select(Span).where(
            within(active()),
            Span.person_id == person_id,
            Span.requirement_id != OVERALL,
            day_in(day, Span.from_day, Span.to_day),
        )
    ).all()
    if not rows:
        return []
    versions = _in_force(session, {row.requirement_id for row in rows}, day)
    person = causes(session, [(person_id, row.because) for row in rows])[person_id]
    rules = {requirement_id: Rule.parse(version.rule) for requirement_id, (version, _) in versions.items()}
    names = _departments(session, rules.values(), day)
    called = _called(session, [(_span(row), rules[row.requirement_id]) for row in rows], person)
    found = []
    for row in rows:
        version, code = versions[row.requirement_id]
        span, rule = _span(row), rules[row.requirement_id]
        found.append(
            Duty(
                row.requirement_id,
                code,
                version.title,
                tuple(version.rule.get("courses") or sorted(name for name in rule.courses if ":" not in name)),
                span.state.name.lower(),
                span.due,
                span.valid_until,
                span.state in CAN_BE_DONE,
                _asked(rule, names, with_credit(explain(span, person), span, person, rule, called)),
                rule.needs_all,
                _counts_from(rule, span, day),
                _called_by(rule, "policy:"),
                _called_by(rule, "attestation:"),
            )
        )
    rank = {state.name.lower(): place for place, state in enumerate(LATENESS)}
    return sorted(found, key=lambda duty: (rank[duty.state], duty.due or FOR_EVER, duty.code))


def _called_by(rule: Rule, kind: str) -> tuple[str, ...]:
    """The names of one kind that a rule asks for, without the kind."""
    return tuple(sorted(name.removeprefix(kind) for name in rule.courses if name.startswith(kind)))


def _asked(rule: Rule, departments: Mapping[str, str], why: Message) -> Message:
    """Why the requirement concerns the person at all, and why it stands as it does."""
    if isinstance(rule.audience, AssignedTo):
        return why  # nobody else is asked, and the reason is in it
    who = whom(rule.audience, departments)
    if who is None:
        return Message(N_("Asked of everyone. %(why)s"), {"why": why})
    return Message(N_("Asked of everyone %(who)s. %(why)s"), {"who": who, "why": why})


def _called(session: Session, pairs: Iterable[tuple[spans.Span, Rule]], person: facts.PersonFacts) -> dict[str, str]:
    """What the courses and outside trainings are called that met duties without being named by them. One statement, where there are any."""
    found = [(span.because, each) for span, rule in pairs if (each := done_as(span, person, rule)) is not None]
    called = {because: each.course for because, each in found if each.kind == "external"}
    records = {each.id for _, each in found if each.kind == "record"}
    if records:
        query = select(TrainingRecord.id, TrainingRecord.course_title).where(TrainingRecord.id.in_(records))
        called |= {f"record:{ident}": title for ident, title in session.execute(query)}
    return called


def _departments(session: Session, rules: Iterable[Rule], day: date) -> dict[str, str]:
    """What the departments that these rules name are called on ``day``. One statement, where any is named."""
    parts = [part for rule in rules for part in parts_of(rule.audience)]
    named = {code for part in parts if isinstance(part, UnderDepartment) for code in part.codes}
    if not named:
        return {}
    version = DepartmentVersion
    query = (
        select(Department.code, version.name)
        .join(version, version.department_id == Department.id)
        .where(Department.code.in_(named), known(version), day_in(day, version.from_day, version.to_day))
    )
    return dict(session.execute(query).all())


def _counts_from(rule: Rule, span: spans.Span, day: date) -> date:
    """When the cycle of this span opened: a renewal some days before it is due, a first one as far back as the rule looks."""
    if span.valid_until is not None and span.due is not None:
        return span.due - timedelta(days=90 if rule.opens_before is None else rule.opens_before)
    if rule.look_back is None:
        return day
    return date.fromordinal(max(1, rule.look_back.after(day.toordinal(), -1)))


@dataclass(frozen=True, slots=True)
class Line:
    """The timeline of a person for one requirement (:data:`OVERALL`: code and title are empty), cut where the department changes.

    ``sentences`` say of each span why it has its state, that of the day also who is asked at all; an overall one has none.
    """

    requirement_id: int
    code: str
    title: str
    spans: tuple[spans.Span, ...]
    sentences: tuple[Message | None, ...]


def timeline_of(session: Session, person_id: int, day: date) -> list[Line]:
    """All spans of a person, past and future, the overall ones first, then by code, assignments last; titles are those of ``day``. Three
    statements, one more where a rule names departments."""
    query = select(Span).where(within(active()), Span.person_id == person_id)
    found: dict[int, list[spans.Span]] = {}
    for row in session.scalars(query.order_by(Span.requirement_id, Span.from_day)):
        found.setdefault(row.requirement_id, []).append(_span(row))
    versions = _in_force(session, found.keys() - {OVERALL}, day)
    named = [(person_id, span.because) for line in found.values() for span in line]
    person = causes(session, named).get(person_id, facts.PersonFacts(person_id, (), ()))
    rules = {requirement_id: Rule.parse(version.rule) for requirement_id, (version, _) in versions.items()}
    names = _departments(session, rules.values(), day)
    pairs = [(span, rules[ident]) for ident, line in found.items() if ident != OVERALL for span in line]
    called = _called(session, pairs, person)
    lines = []
    for requirement_id, line in found.items():
        code, title = "", ""
        said: tuple[Message | None, ...] = tuple(None for _ in line)
        if requirement_id != OVERALL:
            version, code = versions[requirement_id]
            title = version.title
            rule = rules[requirement_id]
            why = [with_credit(explain(span, person), span, person, rule, called) for span in line]
            said = tuple(
                _asked(rule, names, told) if span.from_day <= day < span.to_day else told
                for span, told in zip(line, why, strict=True)
            )
        lines.append(Line(requirement_id, code, title, tuple(line), said))
    return sorted(lines, key=lambda line: (line.code.startswith(PREFIX), line.code))


def exemptions(session: Session, person_id: int) -> Sequence[Row[Exemption, Person | None]]:
    """The exemptions of a person that stand, newest first, and who granted each. One statement."""
    query = select(Exemption, Person).outerjoin(Person, Person.id == Exemption.recorded_by)
    query = query.where(Exemption.person_id == person_id, known(Exemption))
    return session.execute(query.order_by(Exemption.from_day.desc(), Exemption.id.desc())).all()


def exempt_on(session: Session, person_id: int, requirement_id: int | None, day: date) -> bool:
    """Whether an exemption from this requirement (None: from all) stands on ``day``."""
    which: ColumnElement[bool] = Exemption.requirement_id.is_(None)
    if requirement_id is not None:
        which = which | (Exemption.requirement_id == requirement_id)
    query = select(Exemption.id).where(
        Exemption.person_id == person_id, known(Exemption), day_in(day, Exemption.from_day, Exemption.to_day), which
    )
    return session.scalar(query.limit(1)) is not None


def concerned(session: Session, person_id: int, requirement_id: int | None, first_day: date, to_day: date) -> bool:
    """Whether a requirement (None: any) applies to the person on one of the days [first_day, to_day), as known now. One statement."""
    query = select(Span.person_id).where(
        within(active()),
        Span.person_id == person_id,
        Span.requirement_id == (OVERALL if requirement_id is None else requirement_id),
        Span.from_day < to_day,
        Span.to_day > first_day,
    )
    return session.scalar(query.limit(1)) is not None


def _span(row: Span) -> spans.Span:
    return spans.Span(
        row.from_day,
        row.to_day,
        State(row.state),
        None if row.beneath is None else State(row.beneath),
        row.due,
        row.valid_until,
        row.cycle,
        row.because,
        row.lapsed_extended,
    )


def _in_force(
    session: Session, requirement_ids: Collection[int], day: date
) -> Mapping[int, tuple[RequirementVersion, str]]:
    """Version and code of these requirements: the version in force on ``day``, else the nearest one."""
    found: dict[int, tuple[RequirementVersion, str]] = {}
    for version, code in session.execute(
        select(RequirementVersion, Requirement.code)
        .join(Requirement, Requirement.id == RequirementVersion.requirement_id)
        .where(RequirementVersion.requirement_id.in_(requirement_ids), known(RequirementVersion))
        .order_by(RequirementVersion.from_day, RequirementVersion.number)
    ):
        pending = version.about.get("status") == Status.PENDING
        if version.requirement_id not in found or (version.from_day <= day and not pending):
            found[version.requirement_id] = (version, code)
    return found
