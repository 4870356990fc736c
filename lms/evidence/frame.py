"""What is read once for a pack, and shared by all its people: rules, names, contents of versions; and how days are written in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.catalogue.content import CourseContent
from lms.catalogue.localised import LocalItem, LocalScenario, localised
from lms.catalogue.models import Course, CourseVersion
from lms.catalogue.queries import content as content_of
from lms.clock import FOR_EVER
from lms.compliance import gathering
from lms.compliance.equivalencies.models import Equivalency
from lms.compliance.models import Requirement, RequirementVersion
from lms.compliance.rules import RequirementFacts
from lms.compliance.surroundings import EVERYTHING, Asks, asked_by
from lms.db import known
from lms.evidence.scope import Scope
from lms.people.models import Department, DepartmentVersion, Person

Plain = dict[str, Any]


@dataclass(slots=True)
class Frame:
    """What is read once for a pack: the rules, the names of departments, and the contents of versions as they are met."""

    session: Session
    scope: Scope
    zone: str
    requirement_id: int | None
    rules: dict[int, RequirementFacts] = field(default_factory=dict)
    versions: dict[int, RequirementVersion] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)
    departments: dict[int, str] = field(default_factory=dict)
    courses: dict[int, str] = field(default_factory=dict)
    contents: dict[int, CourseContent] = field(default_factory=dict)
    course_versions: dict[int, CourseVersion] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    department_names: dict[str, str] = field(default_factory=dict)
    course_titles: dict[str, str] = field(default_factory=dict)
    banks: dict[tuple[int, str, str], Mapping[str, LocalItem]] = field(default_factory=dict)
    scenarios: dict[tuple[int, str, str], LocalScenario] = field(default_factory=dict)
    keys: dict[tuple[int, str], Mapping[str, Any]] = field(default_factory=dict)
    equal: frozenset[str] = frozenset()

    def content(self, version_id: int) -> CourseContent:
        """A frozen version."""
        if version_id not in self.contents:
            self.contents[version_id] = content_of(self.session, version_id)
        return self.contents[version_id]

    def bank(self, version_id: int, step_id: str, language: str) -> Mapping[str, LocalItem]:
        """The items of a step in a language; worked out once for a pack."""
        key = (version_id, step_id, language)
        if key not in self.banks:
            self.banks[key] = localised(self.content(version_id), language).items(step_id)
        return self.banks[key]

    def scenario(self, version_id: int, step_id: str, language: str) -> LocalScenario:
        """A scenario in a language; worked out once for a pack."""
        key = (version_id, step_id, language)
        if key not in self.scenarios:
            self.scenarios[key] = localised(self.content(version_id), language).scenario(step_id)
        return self.scenarios[key]

    def keyed(self, version_id: int, step_id: str) -> Mapping[str, Any]:
        """The items of a step for scoring, by id."""
        key = (version_id, step_id)
        if key not in self.keys:
            self.keys[key] = {item.id: item for item in self.content(version_id).keyed_items(step_id)}
        return self.keys[key]

    def version(self, version_id: int) -> CourseVersion:
        """The row of a frozen version."""
        if version_id not in self.course_versions:
            self.course_versions[version_id] = self.session.get_one(CourseVersion, version_id)
        return self.course_versions[version_id]

    def name(self, person_id: int | None) -> str:
        """Who decided something."""
        if person_id is None:
            return "Attune"
        if person_id not in self.names:
            self.names[person_id] = self.session.get_one(Person, person_id).display_name
        return self.names[person_id]

    @property
    def wanted(self) -> frozenset[str] | None:
        """The courses that a pack about one requirement is limited to, and what counts as one of them; None: all."""
        return self.rules[self.requirement_id].courses | self.equal if self.requirement_id in self.rules else None

    @property
    def asks(self) -> Asks:
        """What the rules of the pack ask about people: one about one requirement tells no licences or duties that it does not ask for."""
        return EVERYTHING if self.wanted is None else asked_by([self.rules[self.requirement_id or 0]])


def frame(session: Session, scope: Scope, zone: str, requirement_id: int | None) -> Frame:
    """Read what all people share."""
    rules = gathering.requirements(session, scope.known_at)
    if requirement_id is not None:
        rules = {requirement_id: rules[requirement_id]} if requirement_id in rules else {}
    version = DepartmentVersion
    named = select(version.department_id, version.name).where(known(version, scope.known_at)).order_by(version.from_day)
    ids = [each.id for facts in rules.values() for each in facts.versions]
    found = Frame(session, scope, zone, requirement_id, rules=rules)
    found.departments = dict(session.execute(named).all())
    found.codes = dict(session.execute(select(Requirement.id, Requirement.code)).all())
    found.courses = dict(session.execute(select(Course.id, Course.slug)).all())
    coded = select(Department.id, Department.code)
    found.department_names = {code: found.departments.get(ident, code) for ident, code in session.execute(coded)}
    titled = select(CourseVersion.course_id, CourseVersion.title).order_by(CourseVersion.number)
    found.course_titles = {found.courses[ident]: name for ident, name in session.execute(titled)}
    asked = rules[requirement_id].courses if requirement_id in rules else frozenset()
    counts = select(Equivalency.source).join(Course, Course.id == Equivalency.target_id)
    found.equal = frozenset(session.scalars(counts.where(known(Equivalency, scope.known_at), Course.slug.in_(asked))))
    rows = session.scalars(select(RequirementVersion).where(RequirementVersion.id.in_(ids)))
    found.versions = {row.id: row for row in rows}
    return found


def day_of(value: date | None) -> str | None:
    """A day as JSON; None where there is none, or no end."""
    return None if value is None or value >= FOR_EVER else value.isoformat()


def last_day(to_day: date) -> str | None:
    """The last day of what ends before ``to_day``; None where it has no end."""
    return None if to_day >= FOR_EVER else (to_day - timedelta(days=1)).isoformat()


def moment_of(value: datetime) -> str:
    """A moment as JSON, in UTC."""
    return value.astimezone(UTC).isoformat(timespec="seconds")
