"""What a feed may change of somebody who is known: the rest belongs to HR, and stays as it is written down. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from types import SimpleNamespace
from typing import Any

from lms.people.plan import Facts, Holding

OWN = {"email": "email", "language": "language", "time_zone": "zone"}
"""Columns of the file that are fields of the person."""
HELD = {"job": "job", "profession": "profession", "patient_contact": "patient_contact"}
"""Columns of the file that are fields of a :class:`Holding`."""


def within(row: Any, person: Any, facts: Facts, day: date, kept: Collection[str]) -> tuple[Any, list[str]]:
    """(the row of a file without the columns in ``kept``, those of them in which it says otherwise than what is known).

    ``row`` has the fields of the staging table, ``person`` those of :class:`lms.people.models.Person`. Somebody who is employed
    nowhere on the day is taken as the file says: a return is new.
    """
    held = facts.primary(day)
    employment = facts.employment(day)
    if held is None or employment is None:
        return row, []
    made = SimpleNamespace(**row._mapping)
    otherwise: list[str] = []

    def keep(column: str, known: Any, *fields: str, silent: Any = None) -> None:
        said = getattr(row, fields[0])
        if said is not None and said != "" and said != known:
            otherwise.append(column)
        for field in fields:
            setattr(made, field, silent)

    if "name" in kept:
        if (row.given_name, row.family_name) != (person.given_name, person.family_name):
            otherwise.append("name")
        made.given_name, made.family_name = person.given_name, person.family_name
    for column, field in OWN.items():
        if column in kept:
            keep(column, getattr(person, field), field)
    if "kind" in kept:
        keep("kind", employment.kind, "kind")
    if "hire_date" in kept:
        keep("hire_date", employment.from_day, "hire")
    holding: Holding = held.holding
    for column, field in HELD.items():
        if column in kept:
            keep(column, getattr(holding, field), field)
    if "department_code" in kept:
        keep("department_code", holding.department_id, "department_id", silent=holding.department_id)
    if "supervisor_number" in kept:
        if row.supervisor_ref is not None and row.supervisor_ref != holding.supervisor_id:
            otherwise.append("supervisor_number")
        made.supervisor = made.supervisor_ref = None
    if "secondary_departments" in kept:
        there = ",".join(str(one) for one in sorted(m.holding.department_id for m in facts.secondary(day)))
        keep("secondary_departments", there, "also")
    return made, sorted(otherwise)
