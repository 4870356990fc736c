"""What is wrong with a draft, and what is strange about it: refused with the remedy, or told so that HR can decide."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.compliance import gathering
from lms.compliance.audience import (
    All,
    Any,
    Audience,
    EmployedAs,
    Everyone,
    HoldsLicence,
    JobIn,
    LicensedIn,
    Not,
    PatientContact,
    ProfessionIn,
    UnderDepartment,
    excludes_itself,
    parts_of,
)  # fmt: skip
from lms.compliance.drafts.sheet import Document
from lms.compliance.models import Requirement, RequirementVersion
from lms.compliance.requirement_file import Stated, read_document
from lms.compliance.rulebook import doubts
from lms.compliance.rules import ENFORCED, Rule, Status
from lms.compliance.satisfaction import AllOf, AnyOf, InHours, Item, Satisfaction
from lms.db import known
from lms.errors import N_, Invalid, Message, Problem

STATES = frozenset({
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME",
    "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI",
    "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "PR", "GU", "VI", "AS", "MP",
})  # fmt: skip
"""Postal codes of the states, the District of Columbia and the territories."""

PLAIN = (All, Any, Not, Everyone, UnderDepartment, JobIn, ProfessionIn, PatientContact, EmployedAs)
"""Conditions that :func:`lms.compliance.gathering.different_memberships` can answer."""

NOBODY = Problem(
    Message(N_("On its first day nobody is in the audience.")),
    Message(N_("Look at the conditions again; two of them may exclude each other.")),
    where="versions[0].rule.audience",
    level="warning",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """``refused`` keeps a draft from being rehearsed and published; ``told`` does not. ``stated`` is its version, where it can be read."""

    stated: Stated | None
    refused: tuple[Problem, ...]
    told: tuple[Problem, ...]


def judge(session: Session, document: Document, requirement_id: int | None, today: date) -> Judged:
    """Read a draft's document and look at what it names and what stands already. At most ten statements."""
    try:
        read = read_document(document)
    except Invalid as wrong:
        return Judged(None, wrong.problems, ())
    stated = read.versions[0]
    if stated.version is None or stated.data is None:
        return Judged(
            None, (_problem(N_("Only what learners have to do can be built here."), None, "requirement"),), ()
        )
    rule = stated.version.rule
    refused = [*_code(session, read.code, requirement_id)] if requirement_id is None else []
    named = doubts(session, stated.data, today)
    unknown = {str(problem.value) for problem in named if problem.where == "courses"}
    if not _can_be_met(rule, {name for name in _courses(rule) if name not in unknown}):
        refused.append(
            _problem(
                N_("Nobody can satisfy this rule: what it asks for is not there."),
                N_("Publish the course first, or ask for one that is there."),
                "versions[0].rule.courses",
            )
        )
    told = [] if _anybody(session, rule.audience, max(stated.from_day, today)) else [NOBODY]
    told += [*_placed(named), *_states(rule), *_rhythm(rule), *_status(stated.about.status)]
    if requirement_id is not None:
        told += _versions(session, requirement_id, stated.from_day)
    if stated.from_day < today:
        told.append(_past(stated.from_day))
    return Judged(stated, tuple(refused), tuple(told))


def _problem(msgid: str, remedy: str | None, where: str, **params: object) -> Problem:
    return Problem(Message(msgid, params), Message(remedy, params) if remedy else None, where=where)


def _placed(named: Sequence[Problem]) -> list[Problem]:
    return [replace(problem, where=f"versions[0].rule.{problem.where}") for problem in named]


def _code(session: Session, code: str, requirement_id: int | None) -> Iterator[Problem]:
    for there in session.scalars(select(Requirement.code)):
        if there.casefold() == code.casefold():
            yield _problem(
                N_("There is a requirement with the code “%(code)s” already."),
                N_("Choose another code, or make a new version of that requirement."),
                "requirement",
                code=there,
            )


def _anybody(session: Session, audience: Audience, day: date) -> bool:
    """Whether somebody is in the audience on ``day``, as known now. True where only the rehearsal, which reads everything, can tell."""
    if excludes_itself(audience):
        return False
    if audience == Everyone() or not all(isinstance(part, PLAIN) for part in parts_of(audience)):
        return True
    return any(map(audience.holds, gathering.different_memberships(session, day)))


def _courses(rule: Rule) -> set[str]:
    return {name for name in rule.courses if ":" not in name}


def _can_be_met(rule: Rule, there: Collection[str]) -> bool:
    """Whether any way to satisfy it is left when only these courses are there. Anything else may come from outside."""
    asked: Satisfaction = rule.satisfied or (AllOf if rule.needs_all else AnyOf)(
        tuple(Item(key) for key in rule.courses)
    )

    def possible(part: Satisfaction) -> bool:
        match part:
            case Item(key):
                return ":" in key or key in there
            case InHours(hours):
                return not hours.courses or any(course in there for course in hours.courses)
            case AllOf(parts):
                return all(possible(each) for each in parts)
            case AnyOf(parts):
                return any(possible(each) for each in parts)

    return possible(asked)


def _states(rule: Rule) -> Iterator[Problem]:
    parts = parts_of(rule.audience)
    named = {state for part in parts if isinstance(part, LicensedIn) for state in part.states}
    named |= {
        name.partition(":")[2] for part in parts if isinstance(part, HoldsLicence) for name in part.names if ":" in name
    }
    for where, names in (("audience", named), ("licence", set(rule.licence_states))):
        for name in sorted(names - STATES):
            yield _problem(
                N_("“%(name)s” is not the postal code of a state."),
                N_("Write two capital letters, such as CA."),
                f"versions[0].rule.{where}",
                name=name,
            )


def _rhythm(rule: Rule) -> Iterator[Problem]:
    period = rule.every.days or rule.every.months * 30
    for name, days, said in (
        (
            "grace",
            rule.grace,
            N_("The grace period is as long as the time between two due days: nobody would ever be late."),
        ),
        ("opens_before", rule.opens_before or 0, N_("Renewal would open before the time before it has begun.")),
    ):
        if period and days >= period:
            yield _problem(said, N_("Use fewer days."), f"versions[0].rule.{name}")


def _status(status: Status) -> Iterator[Problem]:
    if status is Status.PENDING:
        yield _problem(
            N_("A pending version is shown and changes nothing."),
            N_("Choose the status enacted or own policy to have it enforced."),
            "versions[0].status",
        )
    elif status not in ENFORCED:
        yield _problem(
            N_("This version is not enforced: from its first day it ends the version before it and asks nothing."),
            N_("Choose the status enacted or own policy to have it enforced."),
            "versions[0].status",
        )


def _versions(session: Session, requirement_id: int, from_day: date) -> Iterator[Problem]:
    version = RequirementVersion
    rows = session.execute(
        select(version.number, version.from_day, version.about)
        .where(version.requirement_id == requirement_id, known(version), version.from_day >= from_day)
        .order_by(version.from_day)
    )
    for number, day, about in rows:
        if about.get("status") == Status.PENDING:
            continue
        same, later = (
            N_("Version %(number)s begins on the same day; this one would take its place."),
            N_("Version %(number)s takes over on %(day)s already."),
        )
        remedy = N_("Choose another first day if both are to be in force one after the other.")
        yield _problem(same if day == from_day else later, remedy, "versions[0].from", number=number, day=day)


def _past(from_day: date) -> Problem:
    return _problem(
        N_("The first day has passed. It binds from today, and gives everybody time to do it from today."),
        N_("Choose today or a later day if you meant that."),
        "versions[0].from",
        day=from_day,
    )
