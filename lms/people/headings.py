"""Which heading of an HR export means which column: pure data. Case, spaces and punctuation of a heading do not matter."""

from __future__ import annotations

import re

STAFF: dict[str, tuple[str, ...]] = {
    "number": (
        "number", "employee number", "employee id", "employee no", "emp id", "emp no", "emp number", "empid", "empl id", "emplid",
        "worker", "worker id", "person number", "person id", "personnel number", "personnel no", "pers no", "pernr", "staff id",
        "staff number", "associate id", "badge number", "badge id", "file number", "payroll id", "payroll number", "user id",
    ),
    "given_name": (
        "given name", "first name", "legal first name", "preferred first name", "forename", "first", "fname",
        "legal name first name",
    ),
    "family_name": (
        "family name", "last name", "legal last name", "preferred last name", "surname", "last", "lname",
        "legal name last name",
    ),
    "name": ("name", "full name", "legal name", "employee name", "worker name", "preferred name", "display name"),
    "email": (
        "email", "e mail", "email work", "work email", "e mail work", "email address", "primary work email", "business email",
        "business e mail",
        "email primary work", "work email address", "company email", "internet email", "primary email",
    ),
    "kind": (
        "kind", "worker type", "employee type", "employment type", "person type", "worker category", "employee group",
        "assignment category", "user person type", "contingent worker type", "employee class",
    ),
    "department_code": (
        "department code", "dept code", "department", "dept", "department id", "dept id", "deptid", "cost center", "cost centre",
        "cost center id", "cost center code", "cost center reference id", "organizational unit", "org unit", "org code",
        "org level code", "home department", "home department code", "supervisory organization", "business unit code",
        "labor category department",
    ),
    "job": (
        "job", "job title", "title", "job name", "position", "position title", "business title", "job profile", "job profile name",
        "primary job", "job description", "job code description", "assignment name", "stell text", "job classification title",
    ),
    "profession": (
        "profession", "job family", "job category", "discipline", "license type", "licence type", "job function", "occupation",
        "credential", "job classification", "job family group",
    ),
    "patient_contact": (
        "patient contact", "patient facing", "direct patient care", "direct care", "clinical contact", "patient care",
    ),
    "supervisor_number": (
        "supervisor number", "supervisor id", "supervisor employee id", "manager id", "manager employee id", "manager number",
        "reports to id", "reports to", "reports to number", "line manager number", "supervisor person number", "worker s manager",
        "manager person number", "manager emplid", "supervisor emplid", "supervisor",
    ),
    "hire_date": (
        "hire date", "date of hire", "start date", "original hire date", "latest hire date", "last hire date", "most recent hire date",
        "date hired", "date started", "entry date", "continuous service date", "rehire date", "employment start date",
    ),
    "end_date": (
        "end date", "termination date", "term date", "last day worked", "last day of work", "date terminated", "separation date",
        "leaving date", "actual termination date", "contract end date", "employment end date", "last working day",
    ),
    "language": ("language", "preferred language", "primary language", "correspondence language", "communication language"),
    "time_zone": ("time zone", "timezone", "zone", "tz"),
    "secondary_departments": (
        "secondary departments", "secondary department", "other departments", "additional departments", "secondary cost centers",
        "float departments", "secondary department codes",
    ),
    "facility": ("facility", "facility name", "site", "campus", "hospital", "location", "entity", "company"),
    "division": ("division", "division name", "service line", "business unit"),
    "department_name": (
        "department name", "department", "dept", "dept name", "department description", "dept description",
        "cost center name", "cost center description",
    ),
    "unit": ("unit", "unit name", "ward", "sub department", "section"),
}  # fmt: skip

DEPARTMENTS: dict[str, tuple[str, ...]] = {
    "code": (
        "code", "department code", "dept code", "department id", "dept id", "deptid", "cost center", "cost centre", "cost center id",
        "cost center code", "org unit", "organizational unit", "org code", "id",
    ),
    "name": (
        "name", "department name", "dept name", "description", "department description", "cost center name", "org unit name", "title",
    ),
    "kind": ("kind", "level", "type", "department type", "org level", "organization type"),
    "parent_code": (
        "parent code", "parent", "parent id", "parent department", "parent department code", "parent cost center", "reports to",
        "superior organization", "superior org unit", "higher level", "superior code", "rolls up to",
    ),
}  # fmt: skip

REQUIRED = {
    "staff": ("number", "department_code", "job"),
    "departments": ("code", "name"),
}

_NOISE = re.compile(r"[^0-9a-z]+")


def folded(heading: str) -> str:
    """A heading without case and punctuation: “E-mail – Work” is “e mail work”."""
    return _NOISE.sub(" ", heading.casefold()).strip()


def columns(heading: list[str], aliases: dict[str, tuple[str, ...]]) -> tuple[dict[str, int], list[str]]:
    """(column -> place, headings that are not used).

    Where several headings mean one column, the one named first among the aliases counts: "Department Code" before "Department".
    """
    places: dict[str, int] = {}
    words = [folded(word) for word in heading]
    used: set[int] = set()
    for column, names in aliases.items():
        for name in (folded(column.replace("_", " ")), *names):
            found = next((place for place, word in enumerate(words) if word == name and place not in used), None)
            if found is not None:
                places[column] = found
                used.add(found)
                break
    return places, [text for place, text in enumerate(heading) if place not in used and text.strip()]
