"""The requirements that are in force, their versions, and what a rule names that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import and_, literal, select
from sqlalchemy.orm import Session

from lms.catalogue.models import Course
from lms.compliance.audience import EmployerSize, HasDuty, HoldsLicence, LicensedIn, parts_of
from lms.compliance.models import Requirement, RequirementVersion
from lms.compliance.rules import Recurs, Rule
from lms.db import day_in, known
from lms.errors import N_, Message, NotFound, Problem
from lms.people.models import Department, Membership


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


def doubts(session: Session, rule: Mapping[str, Any], day: date) -> tuple[Problem, ...]:
    """What a rule names and nobody knows on ``day``: courses, departments, jobs, professions. Warnings, for it may be known later.

    Raises:
        Invalid: the rule cannot be used at all.
    """
    parsed = Rule.parse(rule)
    named: dict[str, set[str]] = {"course": {name for name in parsed.courses if ":" not in name}}
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
        if field not in sources:
            continue
        column, condition, msgid = sources[field]
        there = set(session.scalars(select(column).where(column.in_(names), condition).distinct()))
        for name in sorted(names - there):
            where = "courses" if field == "course" else "audience"
            remedy = Message(N_("Check the spelling; the requirement applies as it is written."))
            found.append(Problem(Message(msgid, {"name": name}), remedy, where=where, value=name, level="warning"))
    return (*found, *_unheld(parsed))


def _unheld(rule: Rule) -> list[Problem]:
    """What the rule asks for and the database does not hold yet, so that it can neither apply nor be met by it."""
    parts = {type(part) for part in parts_of(rule.audience)}
    unheld = {
        N_("Licences are not kept yet."): not parts.isdisjoint({LicensedIn, HoldsLicence})
        or (rule.personal and rule.recurs is not Recurs.ANNIVERSARY and rule.recurs is not Recurs.BIRTH_MONTH)
        or any(name.startswith("licence:") for name in rule.courses),
        N_("Duties of people are not kept yet."): HasDuty in parts,
        N_("The size of the employer is not kept yet."): EmployerSize in parts,
        N_("Birth months are not kept yet."): rule.recurs is Recurs.BIRTH_MONTH,
        N_("Attestations, acknowledgements and outside training are not kept yet."): any(
            name.startswith(("attestation:", "policy:", "external:")) for name in rule.courses
        ),
    }
    remedy = Message(N_("Publish it when they are, or try it on files with lms requirements explain."))
    return [Problem(Message(msgid), remedy, where="rule", level="warning") for msgid, asked in unheld.items() if asked]


def _named(audience: Any, named: dict[str, set[str]]) -> None:
    if not isinstance(audience, Mapping):
        return
    if "in" in audience and "field" in audience:
        named.setdefault(str(audience["field"]), set()).update(audience["in"])
    for part in (*audience.get("all", ()), *audience.get("any", ()), audience.get("not"), audience.get("supervises")):
        _named(part, named)
