"""Whom a rule is for: a predicate over one membership, written as data and read once.

Shapes of the JSON: ``{"everyone": true}``, ``{"all": [...]}``, ``{"any": [...]}``, ``{"not": {...}}`` and a test of one
field, ``{"field": "department", "in": ["ED", "ICU"]}`` or ``{"field": "patient_contact", "is": true}``. A department
code means that department and everything below it. ``{"supervises": {...}}`` asks whether the person supervises somebody
who is in an audience. The fields are listed in ``docs/requirement-format.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from lms.errors import N_

from .facts import Membership
from .reading import Reader


class Audience(Protocol):
    """Anything that can say whether a membership is in the audience."""

    def holds(self, membership: Membership) -> bool: ...


@dataclass(frozen=True, slots=True)
class Everyone:
    def holds(self, membership: Membership) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Audience, ...]

    def holds(self, membership: Membership) -> bool:
        for part in self.parts:  # noqa: SIM110  asked by the million: a loop takes half the time of a generator
            if not part.holds(membership):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Audience, ...]

    def holds(self, membership: Membership) -> bool:
        for part in self.parts:  # noqa: SIM110
            if part.holds(membership):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Not:
    part: Audience

    def holds(self, membership: Membership) -> bool:
        return not self.part.holds(membership)


@dataclass(frozen=True, slots=True)
class UnderDepartment:
    codes: frozenset[str]

    def holds(self, membership: Membership) -> bool:
        return not self.codes.isdisjoint(membership.departments)


@dataclass(frozen=True, slots=True)
class JobIn:
    codes: frozenset[str]

    def holds(self, membership: Membership) -> bool:
        return membership.job in self.codes


@dataclass(frozen=True, slots=True)
class ProfessionIn:
    codes: frozenset[str]

    def holds(self, membership: Membership) -> bool:
        return membership.profession in self.codes


@dataclass(frozen=True, slots=True)
class PatientContact:
    value: bool

    def holds(self, membership: Membership) -> bool:
        return membership.patient_contact is self.value


@dataclass(frozen=True, slots=True)
class HasDuty:
    tags: frozenset[str]

    def holds(self, membership: Membership) -> bool:
        return not self.tags.isdisjoint(membership.duties)


@dataclass(frozen=True, slots=True)
class AssignedTo:
    """Named one by one for an assignment, on the days on which it stands for them."""

    names: frozenset[str]

    def holds(self, membership: Membership) -> bool:
        return not self.names.isdisjoint(membership.assigned)


@dataclass(frozen=True, slots=True)
class EmployedAs:
    kinds: frozenset[str]

    def holds(self, membership: Membership) -> bool:
        return membership.employment in self.kinds


@dataclass(frozen=True, slots=True)
class LicensedIn:
    states: frozenset[str]

    def holds(self, membership: Membership) -> bool:
        return not self.states.isdisjoint(membership.licence_states)


@dataclass(frozen=True, slots=True)
class HoldsLicence:
    names: frozenset[str]

    def holds(self, membership: Membership) -> bool:
        return not self.names.isdisjoint(membership.licences)


@dataclass(frozen=True, slots=True)
class HiredBetween:
    """Hired on a day of [first, before); an unknown hire day is in no stretch."""

    first: date
    before: date

    def holds(self, membership: Membership) -> bool:
        return membership.hired is not None and self.first <= membership.hired < self.before


@dataclass(frozen=True, slots=True)
class EmployerSize:
    least: int
    most: int | None

    def holds(self, membership: Membership) -> bool:
        size = membership.employer_size
        return size is not None and size >= self.least and (self.most is None or size <= self.most)


@dataclass(frozen=True, slots=True)
class Supervises:
    part: Audience

    def holds(self, membership: Membership) -> bool:
        return any(self.part.holds(other) for other in membership.supervised)


EVERYONE = Everyone()

NAMED = {
    "department": UnderDepartment,
    "job": JobIn,
    "profession": ProfessionIn,
    "duty": HasDuty,
    "assigned": AssignedTo,
    "employment": EmployedAs,
    "licence_state": LicensedIn,
    "licence": HoldsLicence,
}
"""Fields that are tested against a list of names."""

FIELDS = (*NAMED, "patient_contact", "hired", "employer_size")


def parts_of(audience: Audience) -> list[Audience]:
    """The audience and everything inside it."""
    match audience:
        case All(parts) | Any(parts):
            return [audience, *(below for part in parts for below in parts_of(part))]
        case Not(part) | Supervises(part):
            return [audience, *parts_of(part)]
        case _:
            return [audience]


def excludes_itself(audience: Audience) -> bool:
    """Whether nobody can ever be in it, because what it asks for it also takes out."""
    match audience:
        case All(parts):
            flat = _all_of(audience)
            return any(Not(part) in flat for part in flat) or any(map(excludes_itself, parts))
        case Any(parts):
            return bool(parts) and all(map(excludes_itself, parts))
        case Not(part):
            return part == EVERYONE
        case Supervises(part):
            return excludes_itself(part)
        case _:
            return False


def _all_of(audience: Audience) -> list[Audience]:
    """What holds of everybody in it, with that which stands in an "all" within an "all"."""
    return [below for part in audience.parts for below in _all_of(part)] if isinstance(audience, All) else [audience]


def read_audience(reader: Reader) -> Audience:
    """The audience in ``reader``, whose faults it notes; :data:`EVERYONE` where it cannot be read."""
    shapes = [shape for shape in ("everyone", "all", "any", "not", "supervises", "field") if reader.has(shape)]
    if len(shapes) != 1:
        reader.fault(
            None,
            N_("An audience is exactly one of everyone, all, any, not, supervises, or a test of one field."),
            N_('Write for example {"field": "department", "in": ["ED"]}, or wrap several tests in {"all": [...]}.'),
        )
        reader.ignore_rest()
        return EVERYONE
    match shapes[0]:
        case "everyone":
            reader.flag("everyone", True)
            return EVERYONE
        case "not" | "supervises" as shape:
            part = reader.group(shape)
            inner = read_audience(part) if part else EVERYONE
            return Not(inner) if shape == "not" else Supervises(inner)
        case "field":
            return _test(reader)
        case shape:
            parts = tuple(read_audience(part) for part in reader.groups(shape))
            return All(parts) if shape == "all" else Any(parts)


def _test(reader: Reader) -> Audience:
    field = reader.choice("field", list(FIELDS), "job")
    match field:
        case "patient_contact":
            return PatientContact(reader.flag("is", True))
        case "hired":
            first, before = reader.day("from"), reader.day("before")
            if first is None and before is None:
                reader.fault(
                    None,
                    N_("A test of the hire date needs a day."),
                    N_('Write {"field": "hired", "from": "2024-01-01"} or "before".'),
                )
            return HiredBetween(first or date.min, before or date.max)
        case "employer_size":
            return EmployerSize(reader.count("at_least", 0) or 0, reader.count("at_most", None))
        case _:
            return _named(field, frozenset(reader.names("in")))


def _named(field: str, names: frozenset[str]) -> Audience:
    made: Mapping[str, type[UnderDepartment]] = NAMED  # type: ignore[assignment]  # all take one set of names
    return made[field](names)
