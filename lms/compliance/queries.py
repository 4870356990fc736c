"""Reads of compliance. Everything about states comes from the spans and tallies of the active generation, for any day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from lms.catalogue.models import Course
from lms.clock import FOR_EVER
from lms.compliance import facts, gathering, spans
from lms.compliance.explain import explain, why_assigned
from lms.compliance.models import (
    COUNTED,
    DUE_SOON,
    OVERALL,
    Exemption,
    Extension,
    Generation,
    Requirement,
    RequirementVersion,
    Span,
)
from lms.compliance.rules import Rule
from lms.compliance.spans import MET, State
from lms.compliance.tallies import active, counted, grouped
from lms.db import day_in, known
from lms.errors import N_, Message, NotFound, Problem
from lms.people.models import Department, DepartmentVersion, Leave, Membership, Person
from lms.records.models import TrainingRecord

CAN_BE_DONE = frozenset({State.OPEN, State.RENEWAL_OPEN, State.IN_GRACE, State.OVERDUE})
LATENESS = (
    State.OVERDUE, State.IN_GRACE, State.OPEN, State.RENEWAL_OPEN, State.UPCOMING, State.COMPLIANT, State.ON_LEAVE, State.EXEMPT,
)  # fmt: skip
"""States in the order in which they need somebody's attention."""


# --- one person ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Duty:
    """What a requirement asks of a person on a day. ``courses`` are slugs in the rule's order; ``state`` is a name in small letters.

    ``due`` is the last good day; ``can_be_done``: a completion now would count.
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


def duties(session: Session, person_id: int, day: date) -> list[Duty]:
    """What is asked of a person on ``day``, what is latest first, then by due day. Three statements."""
    rows = session.scalars(
        select(Span).where(
            Span.generation_id == active(),
            Span.person_id == person_id,
            Span.requirement_id != OVERALL,
            day_in(day, Span.from_day, Span.to_day),
        )
    ).all()
    if not rows:
        return []
    versions = _in_force(session, {row.requirement_id for row in rows}, day)
    person = _causes(session, person_id)
    found = []
    for row in rows:
        version, code = versions[row.requirement_id]
        span = _span(row)
        found.append(
            Duty(
                row.requirement_id,
                code,
                version.title,
                tuple(version.rule["courses"]),
                span.state.name.lower(),
                span.due,
                span.valid_until,
                span.state in CAN_BE_DONE,
                explain(span, person),
            )
        )
    rank = {state.name.lower(): place for place, state in enumerate(LATENESS)}
    return sorted(found, key=lambda duty: (rank[duty.state], duty.due or FOR_EVER, duty.code))


@dataclass(frozen=True, slots=True)
class Line:
    """The timeline of a person for one requirement (:data:`OVERALL`: code and title are empty), cut where the department changes.

    ``sentences`` say of each span why it has its state; an overall one has none.
    """

    requirement_id: int
    code: str
    title: str
    spans: tuple[spans.Span, ...]
    sentences: tuple[Message | None, ...]


def timeline_of(session: Session, person_id: int, day: date) -> list[Line]:
    """All spans of a person, past and future, the overall ones first, then by code; titles are those of ``day``. Three statements."""
    query = select(Span).where(Span.generation_id == active(), Span.person_id == person_id)
    found: dict[int, list[spans.Span]] = {}
    for row in session.scalars(query.order_by(Span.requirement_id, Span.from_day)):
        found.setdefault(row.requirement_id, []).append(_span(row))
    versions = _in_force(session, found.keys() - {OVERALL}, day)
    person = _causes(session, person_id)
    lines = []
    for requirement_id, line in found.items():
        code, title = "", ""
        if requirement_id != OVERALL:
            version, code = versions[requirement_id]
            title = version.title
        said = tuple(None if requirement_id == OVERALL else explain(span, person) for span in line)
        lines.append(Line(requirement_id, code, title, tuple(line), said))
    return sorted(lines, key=lambda line: line.code)


def why_required(session: Session, person_id: int, requirement_id: int, day: date) -> Message | None:
    """Why a requirement applies to a person on ``day``; None where it does not. Worked out from the facts, not from spans."""
    requirement = gathering.requirements(session).get(requirement_id)
    if requirement is None:
        return None
    person = gathering.people(session, [person_id])[person_id]
    version = DepartmentVersion
    names = session.execute(
        select(version.department_id, version.name).where(known(version)).order_by(version.from_day)
    )
    return why_assigned(requirement, person, day, dict(names.all()))


def exemptions(session: Session, person_id: int) -> Sequence[Exemption]:
    """The exemptions of a person that stand, newest first."""
    query = select(Exemption).where(Exemption.person_id == person_id, known(Exemption))
    return session.scalars(query.order_by(Exemption.from_day.desc(), Exemption.id.desc())).all()


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
        row.department_id,
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
        if version.from_day <= day or version.requirement_id not in found:
            found[version.requirement_id] = (version, code)
    return found


def _causes(session: Session, person_id: int) -> facts.PersonFacts:
    """The facts that spans of a person can name as their cause, in one statement: records, leaves, exemptions, extensions.

    Superseded ones as well: while a generation is being built, spans may still name them.
    """
    day = TrainingRecord.completed_on
    found = union_all(
        select(literal("record").label("kind"), TrainingRecord.id, day, day, literal("")).where(
            TrainingRecord.person_id == person_id
        ),
        select(literal("leave"), Leave.id, Leave.from_day, Leave.to_day, literal("")).where(
            Leave.person_id == person_id
        ),
        select(literal("exemption"), Exemption.id, Exemption.from_day, Exemption.to_day, Exemption.reason).where(
            Exemption.person_id == person_id
        ),
        select(literal("extension"), Extension.id, Extension.granted_on, Extension.due, literal("")).where(
            Extension.person_id == person_id
        ),
    ).subquery()
    by_kind: dict[str, list[Any]] = {}
    for row in session.execute(select(*found.c)):
        by_kind.setdefault(row[0], []).append(row[1:])
    return facts.PersonFacts(
        person_id,
        employments=(),
        memberships=(),
        leaves=[facts.Leave(id, day, until) for id, day, until, _ in by_kind.get("leave", ())],
        exemptions=[
            facts.Exemption(id, None, day, until, reason) for id, day, until, reason in by_kind.get("exemption", ())
        ],
        extensions=[facts.Extension(id, 0, 0, until, day) for id, day, until, _ in by_kind.get("extension", ())],
        records=[facts.Record(id, "", day) for id, day, _, _ in by_kind.get("record", ())],
    )


# --- numbers ------------------------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    """So many people of a department (not of its subtree) are in a state (a code of ``State``, or :data:`DUE_SOON`) for a requirement."""

    requirement_id: int
    department_id: int
    state: int
    people: int


def counts(session: Session, day: date, *, requirement_id: int | None = None) -> list[Cell]:
    """Department × requirement × state on any day, :data:`OVERALL` among the requirements; cells without people are left out.

    One statement over the tallies. Each person stands in one state and one department for each requirement; those who are due
    soon are counted again under :data:`DUE_SOON`.
    """
    return _cells(counted(session, day, requirement_id))


def filtered_counts(
    session: Session,
    day: date,
    *,
    jobs: Collection[str] = (),
    professions: Collection[str] = (),
    requirement_id: int | None = None,
    departments: Collection[int] | None = None,
) -> list[Cell]:
    """The same cells for people with these jobs and professions on ``day`` (empty: any) in these departments (None: all).

    This reads spans. Job and profession are those of the primary membership.
    """
    where: list[ColumnElement[bool]] = []
    if jobs or professions:
        where.append(Span.person_id.in_(_with_job(day, jobs, professions)))
    if requirement_id is not None:
        where.append(Span.requirement_id == requirement_id)
    if departments is not None:
        where.append(Span.department_id.in_(departments))
    return _cells(session.execute(grouped(day, active(), and_(*where) if where else None)))


def _with_job(day: date, jobs: Collection[str], professions: Collection[str]) -> Select[int]:
    query = select(Membership.person_id).where(
        known(Membership), Membership.primary, day_in(day, Membership.from_day, Membership.to_day)
    )
    if jobs:
        query = query.where(Membership.job.in_(jobs))
    return query.where(Membership.profession.in_(professions)) if professions else query


def _cells(rows: Iterable[tuple[Any, ...]]) -> list[Cell]:
    return [
        Cell(requirement, department, code, int(people))
        for requirement, department, *counted_people in rows
        for code, people in enumerate(counted_people, 1)
        if people
    ]


class AlsoHere(NamedTuple):
    """So many people whose primary membership is in ``home_id`` hold a secondary one in ``department_id``."""

    department_id: int
    home_id: int
    people: int


def also_here(
    session: Session, day: date, departments: Collection[int] | None = None, *, requirement_id: int = OVERALL
) -> list[AlsoHere]:
    """People for whom the requirement applies and who are in a department by a secondary membership on ``day``.

    A row of the tree adds up those of its subtree whose home lies outside it.
    """
    query = (
        select(Membership.department_id, Span.department_id, func.count(func.distinct(Membership.person_id)))
        .join(Span, Span.person_id == Membership.person_id)
        .where(
            known(Membership),
            ~Membership.primary,
            day_in(day, Membership.from_day, Membership.to_day),
            Span.generation_id == active(),
            Span.requirement_id == requirement_id,
            day_in(day, Span.from_day, Span.to_day),
            Span.department_id != Membership.department_id,
        )
        .group_by(Membership.department_id, Span.department_id)
    )
    if departments is not None:
        query = query.where(Membership.department_id.in_(departments))
    return [AlsoHere(*row) for row in session.execute(query)]


class Lapse(NamedTuple):
    """So many people of a department stop being compliant in the week of seven days that begins on ``week``."""

    week: date
    department_id: int
    people: int


def lapsing(session: Session, day: date, days: int, *, requirement_id: int = OVERALL) -> list[Lapse]:
    """Who is compliant on ``day`` and will no longer be within ``days`` days if nothing is done, by week and department.

    The first week begins on the day after ``day``. Those who leave, go on leave or become exempt do not lapse.
    """
    after, before = aliased(Span), aliased(Span)
    met = [int(state) for state in MET]
    query = (
        select(after.from_day, after.department_id, func.count())
        .select_from(Span)
        .join(
            after,
            and_(
                after.generation_id == Span.generation_id,
                after.person_id == Span.person_id,
                after.requirement_id == Span.requirement_id,
                after.from_day == Span.to_day,
            ),
        )
        .where(
            Span.generation_id == active(),
            Span.requirement_id == requirement_id,
            Span.to_day > day,
            Span.to_day <= day + timedelta(days=days),
            Span.state.in_(met),
            after.state.in_([int(State.OPEN), int(State.IN_GRACE), int(State.OVERDUE)]),
            select(literal(1))
            .where(
                before.generation_id == Span.generation_id,
                before.person_id == Span.person_id,
                before.requirement_id == Span.requirement_id,
                day_in(day, before.from_day, before.to_day),
                before.state.in_(met),
            )
            .exists(),
        )
        .group_by(after.from_day, after.department_id)
    )
    first = day + timedelta(days=1)
    found: dict[tuple[date, int], int] = {}
    for lapsed_on, department, people in session.execute(query):
        week = first + timedelta(days=(lapsed_on - first).days // 7 * 7)
        found[week, department] = found.get((week, department), 0) + people
    return [Lapse(*key, people) for key, people in sorted(found.items())]


# --- the people behind a number ------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """One person behind a number."""

    person_id: int
    number: str
    name: str
    department_id: int
    job: str
    profession: str
    state: State
    beneath: State | None
    due: date | None
    valid_until: date | None
    because: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of people, and how many there are altogether."""

    rows: tuple[Found, ...]
    total: int


SORTS = ("name", "number", "department", "job", "state", "due")


def people_in(
    session: Session,
    day: date,
    *,
    requirement_id: int = OVERALL,
    departments: Collection[int] | None = None,
    states: Collection[State] | None = None,
    due_soon: bool = False,
    job: str | None = None,
    profession: str | None = None,
    search: str | None = None,
    visible: Select[int] | None = None,
    sort: str = "name",
    page: int = 1,
    size: int = 50,
) -> Page:
    """The people who are in these states (None: any) for a requirement on ``day``, in these departments (None: all).

    ``search`` looks for each of its words in names and number. ``visible`` (see ``people.queries.visible_to``) holds the ids
    that the viewer may see. ``sort`` is one of :data:`SORTS`, with ``-`` before it for descending; ``page`` counts from 1. Two
    statements.
    """
    held = aliased(Membership)
    where: list[ColumnElement[bool]] = [
        Span.generation_id == active(),
        Span.requirement_id == requirement_id,
        day_in(day, Span.from_day, Span.to_day),
    ]
    if departments is not None:
        where.append(Span.department_id.in_(departments))
    if states is not None:
        where.append(Span.state.in_([int(state) for state in states]))
    if due_soon:
        where.append(Span.soon_from <= day)
    if job is not None or profession is not None:
        where.append(Span.person_id.in_(_with_job(day, [job] if job else (), [profession] if profession else ())))
    if visible is not None:
        where.append(Span.person_id.in_(visible))
    for word in (search or "").split():
        names = (Person.given_name, Person.family_name, Person.number)
        where.append(or_(*(name.icontains(word, autoescape=True) for name in names)))
    total = select(func.count()).select_from(Span).where(*where)
    if search and search.split():
        total = total.join(Person, Person.id == Span.person_id)
    # one membership for each person: the primary one, where there is one
    home = (
        select(held.id)
        .where(held.person_id == Span.person_id, known(held), day_in(day, held.from_day, held.to_day))
        .order_by(held.primary.desc(), held.id)
        .limit(1)
        .correlate(Span)
        .scalar_subquery()
    )
    columns = (Span.department_id, Membership.job, Membership.profession, Span.state, Span.beneath, Span.due)
    query = (
        select(
            Person.id,
            Person.number,
            Person.given_name,
            Person.family_name,
            *columns,
            Span.valid_until,
            Span.because,
        )
        .select_from(Span)
        .join(Person, Person.id == Span.person_id)
        .outerjoin(Membership, Membership.id == home)
        .where(*where)
        .order_by(*_order(sort))
        .offset((page - 1) * size)
        .limit(size)
    )
    rows = tuple(
        Found(
            id,
            number,
            f"{given} {family}".strip(),
            department,
            job or "",
            profession or "",
            State(state),
            None if beneath is None else State(beneath),
            *rest,
        )
        for id, number, given, family, department, job, profession, state, beneath, *rest in session.execute(query)
    )
    return Page(rows, session.scalar(total) or 0)


def _order(sort: str) -> list[Any]:
    by: dict[str, list[Any]] = {
        "name": [Person.family_name, Person.given_name],
        "number": [Person.number],
        "department": [Span.department_id],
        "job": [Membership.job],
        "state": [Span.state],
        "due": [func.coalesce(Span.due, FOR_EVER)],
    }
    columns = by.get(sort.removeprefix("-"), by["name"])
    return [*(column.desc() if sort.startswith("-") else column for column in columns), Person.id]


# --- requirements -------------------------------------------------------------------------------------------------------


def requirements(session: Session, day: date) -> list[tuple[RequirementVersion, str]]:
    """The version in force on ``day`` and the code of each requirement that is in force then, by code. One statement."""
    found: dict[int, tuple[RequirementVersion, str]] = {}
    for version, code in session.execute(
        select(RequirementVersion, Requirement.code)
        .join(Requirement, Requirement.id == RequirementVersion.requirement_id)
        .where(known(RequirementVersion), day_in(day, RequirementVersion.from_day, RequirementVersion.to_day))
        .order_by(RequirementVersion.from_day, RequirementVersion.number)
    ):
        found[version.requirement_id] = (version, code)
    return sorted(found.values(), key=lambda pair: pair[1].casefold())


def requirement_versions(session: Session, requirement_id: int) -> tuple[str, list[RequirementVersion]]:
    """The code of a requirement and its versions that stand, newest first.

    Raises:
        NotFound: there is none with this id.
    """
    requirement = session.get(Requirement, requirement_id)
    if requirement is None:
        raise NotFound(N_("There is no such requirement."))
    query = select(RequirementVersion).where(
        RequirementVersion.requirement_id == requirement_id, known(RequirementVersion)
    )
    versions = session.scalars(query.order_by(RequirementVersion.from_day.desc(), RequirementVersion.number.desc()))
    return requirement.code, list(versions)


def doubts(session: Session, rule: Mapping[str, Any], day: date) -> tuple[Problem, ...]:
    """What a rule names and nobody knows on ``day``: courses, departments, jobs, professions. Warnings, for it may be known later.

    Raises:
        Invalid: the rule cannot be used at all.
    """
    Rule.parse(rule)
    named: dict[str, set[str]] = {"course": set(rule["courses"])}
    _named(rule.get("audience"), named)
    held = and_(known(Membership), day_in(day, Membership.from_day, Membership.to_day))
    sources: dict[str, tuple[Any, Any, str]] = {
        "course": (Course.slug, Course.retired_at.is_(None), N_("There is no course “%(name)s”.")),
        "department": (Department.code, literal(True), N_("There is no department with the code “%(name)s”.")),
        "job": (Membership.job, held, N_("Nobody has the job “%(name)s”.")),
        "profession": (Membership.profession, held, N_("Nobody has the profession “%(name)s”.")),
    }
    found = []
    for field, names in named.items():
        column, condition, msgid = sources[field]
        there = set(session.scalars(select(column).where(column.in_(names), condition).distinct()))
        for name in sorted(names - there):
            where = "courses" if field == "course" else "audience"
            remedy = Message(N_("Check the spelling; the requirement applies as it is written."))
            found.append(Problem(Message(msgid, {"name": name}), remedy, where=where, value=name, level="warning"))
    return tuple(found)


def _named(audience: Any, named: dict[str, set[str]]) -> None:
    if not isinstance(audience, Mapping):
        return
    if "in" in audience:
        named.setdefault(str(audience["field"]), set()).update(audience["in"])
    for part in (*audience.get("all", ()), *audience.get("any", ()), audience.get("not")):
        _named(part, named)


@dataclass(frozen=True, slots=True)
class Status:
    """What is being worked in, since when, and for how many people it is still to be done."""

    reason: str
    started_at: datetime
    people_left: int


def rebuild_status(session: Session) -> Status | None:
    """What the figures do not show yet; None when they show everything. One statement, two while a build is under way."""
    generation = session.scalar(select(Generation).where(Generation.building))
    if generation is None:
        return None
    left = 0
    if generation.phase == "people":
        query = select(func.count()).select_from(Person).where(Person.id > generation.position)
        left = session.scalar(query) or 0
    return Status(generation.reason, generation.started_at, left)


__all__ = [
    "COUNTED", "DUE_SOON", "OVERALL", "AlsoHere", "Cell", "Duty", "Found", "Lapse", "Line", "Page", "Status", "also_here",
    "counts", "doubts", "duties", "exemptions", "filtered_counts", "lapsing", "people_in", "rebuild_status",
    "requirement_versions", "requirements", "timeline_of", "why_required",
]  # fmt: skip
