"""The requirements that are in force, their versions, and what a rule names that nobody knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, literal, select, union
from sqlalchemy.orm import Session, aliased

from lms.catalogue.models import Course, CourseVersion
from lms.compliance.assignments import PREFIX
from lms.compliance.audience import EmployerSize, parts_of
from lms.compliance.models import Assignment, Requirement, RequirementVersion, Span
from lms.compliance.rules import Rule, Status
from lms.compliance.spans import MET
from lms.compliance.tallies import active
from lms.db import day_in, known
from lms.errors import N_, Message, NotFound, Problem
from lms.people.models import Department, DutyTag, Licence, Membership
from lms.people.models import EmployerSize as StoredSize
from lms.policies.models import Policy

STAYS = timedelta(days=90)
"""For so long after its due day an assignment that everybody has done is still worth a column."""


def requirements(session: Session, day: date, *, settled: bool = True) -> list[tuple[RequirementVersion, str]]:
    """The version in force on ``day`` and the code of each requirement that is in force then, by code, assignments last. One statement.

    A pending version is in force on no day; one of another status that is not enforced is, and asks nothing. Without ``settled``
    old assignments that everybody has done are left out: they are worth no column any more.
    """
    found: dict[int, tuple[RequirementVersion, str]] = {}
    query = (
        select(RequirementVersion, Requirement.code)
        .join(Requirement, Requirement.id == RequirementVersion.requirement_id)
        .where(known(RequirementVersion), day_in(day, RequirementVersion.from_day, RequirementVersion.to_day))
        .order_by(RequirementVersion.from_day, RequirementVersion.number)
    )
    if not settled:
        query = query.where(RequirementVersion.requirement_id.not_in(_settled(day)))
    for version, code in session.execute(query):
        if version.about.get("status") != Status.PENDING:
            found[version.requirement_id] = (version, code)
    return sorted(found.values(), key=lambda pair: (pair[1].startswith(PREFIX), pair[1].casefold()))


def sources_to_read(day: date) -> Select[int]:
    """How many requirements in force on ``day`` name a source that was to be read again before it."""
    version, later = RequirementVersion, aliased(RequirementVersion)
    since = (later.from_day > version.from_day) | (
        (later.from_day == version.from_day) & (later.number > version.number)
    )
    overtaken = select(later.id).where(*_stands(later, day), later.requirement_id == version.requirement_id, since)
    review_by = func.coalesce(version.about["review_by"].as_string(), "9999")
    return (
        select(func.count())
        .select_from(version)
        .where(*_stands(version, day), review_by != "", review_by < day.isoformat(), ~overtaken.exists())
    )


def _stands(version: Any, day: date) -> tuple[ColumnElement[bool], ...]:
    status = func.coalesce(version.about["status"].as_string(), "")
    return known(version), day_in(day, version.from_day, version.to_day), status != Status.PENDING.value


def assigned(session: Session) -> set[int]:
    """The requirements that came of assignments to people by name; they are no part of the rules that HR builds. One statement."""
    return set(session.scalars(select(Assignment.requirement_id)))


def _settled(day: date) -> Select[int]:
    """The assignments that were due more than 90 days before ``day`` and are done by everybody they stand for."""
    span = Span
    open_still = (
        select(span.person_id)
        .where(
            span.generation_id == active(),
            span.requirement_id == Assignment.requirement_id,
            day_in(day, span.from_day, span.to_day),
            span.state.not_in([int(state) for state in MET]),
        )
        .exists()
    )
    return select(Assignment.requirement_id).where(Assignment.due < day - STAYS, ~open_still)


def codes(session: Session) -> set[str]:
    """The codes of all requirements there are or were, case folded."""
    return {code.casefold() for code in session.scalars(select(Requirement.code))}


def not_in_force(session: Session, day: date) -> list[tuple[RequirementVersion, str]]:
    """The newest version and the code of each requirement that is not in force on ``day``: it begins later, or has ended."""
    running = {version.requirement_id for version, _ in requirements(session, day)}
    query = (
        select(RequirementVersion, Requirement.code)
        .join(Requirement, Requirement.id == RequirementVersion.requirement_id)
        .where(known(RequirementVersion))
        .order_by(RequirementVersion.from_day, RequirementVersion.number)
    )
    found = {version.requirement_id: (version, code) for version, code in session.execute(query)}
    others = (pair for requirement_id, pair in found.items() if requirement_id not in running)
    return sorted(others, key=lambda pair: pair[1].casefold())


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


def asks_for_policy(session: Session, code: str) -> bool:
    """Whether a requirement that stands names a policy, so that a new version of it concerns everybody."""
    rules = session.scalars(
        select(RequirementVersion.rule).where(
            known(RequirementVersion), cast(RequirementVersion.rule, String).contains(json.dumps(code), autoescape=True)
        )
    )
    name = f"policy:{code}"
    return any(name in parsed.courses | parsed.again_on for parsed in map(Rule.parse, rules))


def doubts(session: Session, rule: Mapping[str, Any], day: date) -> tuple[Problem, ...]:
    """What a rule names and nobody knows on ``day``: courses, departments, jobs, professions and more. Warnings, for it may be
    known later. Three statements at most.

    Raises:
        Invalid: the rule cannot be used at all.
    """
    parsed = Rule.parse(rule)
    named: dict[str, set[str]] = {"course": {name for name in parsed.courses if ":" not in name}}
    _named(rule.get("audience"), named)
    for kind in ("policy", "licence"):
        asked = {name.removeprefix(f"{kind}:") for name in parsed.courses if name.startswith(f"{kind}:")}
        named.setdefault(kind, set()).update(asked)
    named["licence"] = {name.partition(":")[0] for name in named["licence"] | parsed.licence_kinds}
    named.setdefault("licence_state", set()).update(parsed.licence_states)
    held = and_(known(Membership), day_in(day, Membership.from_day, Membership.to_day))
    of_names = Requirement.id.in_(select(Assignment.requirement_id))
    sources: dict[str, tuple[Any, Any, str]] = {
        "course": (Course.slug, Course.retired_at.is_(None), N_("There is no course “%(name)s”.")),
        "department": (Department.code, literal(True), N_("There is no department with the code “%(name)s”.")),
        "job": (Membership.job, held, N_("Nobody has the job “%(name)s”.")),
        "profession": (Membership.profession, held, N_("Nobody has the profession “%(name)s”.")),
        "assigned": (Requirement.code, of_names, N_("There is no assignment with the code “%(name)s”.")),
        "duty": (DutyTag.tag, known(DutyTag), N_("Nobody has the duty “%(name)s”.")),
        "licence": (Licence.kind, known(Licence), N_("Nobody holds a licence of the kind “%(name)s”.")),
        "licence_state": (Licence.state, known(Licence), N_("Nobody holds a licence of the state “%(name)s”.")),
        "policy": (Policy.code, literal(True), N_("There is no policy with the code “%(name)s”.")),
    }
    asked_for = {field: names for field, names in named.items() if field in sources and names}
    looks: list[Any] = [
        select(literal(field).label("field"), sources[field][0]).where(sources[field][0].in_(names), sources[field][1])
        for field, names in asked_for.items()
    ]
    there = {tuple(row) for row in session.execute(union(*looks))} if looks else set()
    found = []
    for field, names in asked_for.items():
        msgid = sources[field][2]
        for name in sorted(name for name in names if (field, name) not in there):
            where = "courses" if field in {"course", "policy"} else "audience"
            remedy = Message(N_("Check the spelling; the requirement applies as it is written."))
            found.append(Problem(Message(msgid, {"name": name}), remedy, where=where, value=name, level="warning"))
    found += _topics(session, parsed)
    parts = {type(part) for part in parts_of(parsed.audience)}
    if EmployerSize in parts and session.scalar(select(StoredSize.id).where(known(StoredSize)).limit(1)) is None:
        told = Message(N_("The size of the employer is not written down, so the requirement applies to nobody."))
        remedy = Message(N_("Write it down under People, Size of the employer."))
        found.append(Problem(told, remedy, where="audience", level="warning"))
    return tuple(found)


def _topics(session: Session, rule: Rule) -> Iterator[Problem]:
    """Topics of hours on which no course counted any minutes in any version that stands: only training done elsewhere can satisfy
    them."""
    asked = {topic for hours in rule.hours for topic in hours.topics}
    asked |= {topic for hours in rule.hours for share in hours.at_least for topic in share.topics}
    if not asked:
        return
    counted = session.scalars(select(CourseVersion.content["topics"]).where(CourseVersion.withdrawn_at.is_(None)))
    for topic in sorted(asked.difference(*counted)):
        told = Message(
            N_("No course counts minutes on “%(name)s”: only outside training can satisfy this."), {"name": topic}
        )
        remedy = Message(N_("Check the spelling against the topics of the courses."))
        yield Problem(told, remedy, where="satisfied_by", value=topic, level="warning")


def _named(audience: Any, named: dict[str, set[str]]) -> None:
    if not isinstance(audience, Mapping):
        return
    if "in" in audience and "field" in audience:
        named.setdefault(str(audience["field"]), set()).update(audience["in"])
    for part in (*audience.get("all", ()), *audience.get("any", ()), audience.get("not"), audience.get("supervises")):
        _named(part, named)
