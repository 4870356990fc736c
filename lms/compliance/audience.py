"""Whom a rule is for: a predicate over one membership, written as data and read once.

Shapes of the JSON: ``{"everyone": true}``, ``{"all": [...]}``, ``{"any": [...]}``, ``{"not": {...}}`` and a test of one
field, ``{"field": "department", "in": ["ED", "ICU"]}`` or ``{"field": "patient_contact", "is": true}``. A department
code means that department and everything below it.
"""

from __future__ import annotations

from dataclasses import dataclass
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


EVERYONE = Everyone()

FIELDS = ("department", "job", "profession", "patient_contact")


def read_audience(reader: Reader) -> Audience:
    """The audience in ``reader``, whose faults it notes; :data:`EVERYONE` where it cannot be read."""
    shapes = [shape for shape in ("everyone", "all", "any", "not", "field") if reader.has(shape)]
    if len(shapes) != 1:
        reader.fault(
            None,
            N_("An audience is exactly one of everyone, all, any, not, or a test of one field."),
            N_('Write for example {"field": "department", "in": ["ED"]}, or wrap several tests in {"all": [...]}.'),
        )
        reader.ignore_rest()
        return EVERYONE
    match shapes[0]:
        case "everyone":
            reader.flag("everyone", True)
            return EVERYONE
        case "not":
            part = reader.group("not")
            return Not(read_audience(part)) if part else EVERYONE
        case "field":
            return _test(reader)
        case shape:
            parts = tuple(read_audience(part) for part in reader.groups(shape))
            return All(parts) if shape == "all" else Any(parts)


def _test(reader: Reader) -> Audience:
    field = reader.choice("field", list(FIELDS), "job")
    if field == "patient_contact":
        return PatientContact(reader.flag("is", True))
    codes = frozenset(reader.names("in"))
    match field:
        case "department":
            return UnderDepartment(codes)
        case "profession":
            return ProfessionIn(codes)
        case _:
            return JobIn(codes)
