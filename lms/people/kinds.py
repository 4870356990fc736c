"""The words of people and departments, as the database keeps them. Pure, so that reading a file needs no tables."""

from __future__ import annotations

from enum import StrEnum


class DepartmentKind(StrEnum):
    """The levels of the tree, from the top."""

    FACILITY = "facility"
    DIVISION = "division"
    DEPARTMENT = "department"
    UNIT = "unit"


class EmploymentKind(StrEnum):
    """How somebody belongs to the organisation."""

    EMPLOYEE = "employee"
    CONTRACTOR = "contractor"
    AGENCY = "agency"
    STUDENT = "student"
    VOLUNTEER = "volunteer"
    MEDICAL_STAFF = "medical_staff"  # non-employed


class LeaveKind(StrEnum):
    """What a leave does to due days; see ``docs/compliance.md``."""

    STOPS = "stops"
    NONE = "none"
    EXTENDS = "extends"
    FRESH_WINDOW = "fresh_window"


class LicenceBasis(StrEnum):
    """How a term of a licence began."""

    INITIAL = "initial"
    RENEWAL = "renewal"
