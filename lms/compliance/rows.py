"""From a person's facts to the rows that are stored, and from changed rows to changed counts: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from lms.compliance.departments import due_soon, split_by_department
from lms.compliance.facts import PersonFacts
from lms.compliance.overall import overall
from lms.compliance.rules import RequirementFacts
from lms.compliance.spans import Span
from lms.compliance.timeline import timeline

OVERALL = 0
DUE_SOON = 9
FOR_EVER = date.max


class Row(NamedTuple):
    """A span as it is stored; the fields are columns of ``compliance.models.Span``."""

    person_id: int
    requirement_id: int
    from_day: date
    to_day: date
    department_id: int
    state: int
    beneath: int | None
    due: date | None
    valid_until: date | None
    soon_from: date | None
    cycle: int
    because: str
    lapsed_extended: bool


Place = tuple[date, int, int]
"""A day, a requirement, a department."""


def rows_of(requirements: Iterable[RequirementFacts], person: PersonFacts, soon_days: int) -> list[Row]:
    """Everything that is stored of a person: the spans of each requirement and the overall ones, to the end of time."""
    lines: dict[int, tuple[Span, ...]] = {}
    for requirement in requirements:
        spans = timeline(requirement, person, FOR_EVER)
        if spans:
            lines[requirement.requirement_id] = spans
    if not lines:
        return []
    homes = {membership.department_id for membership in person.memberships}
    home = homes.pop() if len(homes) == 1 else None
    found: list[Row] = []
    for requirement_id, spans in ((OVERALL, overall(lines)), *lines.items()):
        if home is None:
            spans = split_by_department(spans, person.memberships)
        for span in spans:
            found += _rows(person.person_id, requirement_id, span, home, soon_days)
    return found


def _rows(person_id: int, requirement_id: int, span: Span, home: int | None, soon_days: int) -> Iterable[Row]:
    """One row; two where a span outlasts its being due soon."""
    soon = due_soon(span, soon_days)
    ends = [span.to_day] if soon is None or soon[1] == span.to_day else [soon[1], span.to_day]
    start = span.from_day
    for end in ends:
        yield Row(
            person_id,
            requirement_id,
            start,
            end,
            home if home is not None else span.department_id or 0,
            int(span.state),
            None if span.beneath is None else int(span.beneath),
            span.due,
            span.valid_until,
            soon[0] if soon is not None and start < soon[1] else None,
            span.cycle,
            span.because,
            span.lapsed_extended,
        )
        start = end


def changes(removed: Iterable[Row], added: Iterable[Row]) -> Mapping[Place, list[int]]:
    """By how much each count changes (in the order of the codes, from 1) on each day; nothing where it cancels out."""
    found: dict[Place, list[int]] = {}
    for sign, rows in ((-1, removed), (1, added)):
        for row in rows:
            for start, code in ((row.from_day, row.state), (row.soon_from, DUE_SOON)):
                if start is None:
                    continue
                for day, change in ((start, sign), (row.to_day, -sign)):
                    if day < FOR_EVER:
                        place = (day, row.requirement_id, row.department_id)
                        found.setdefault(place, [0] * 9)[code - 1] += change
    return {place: counts for place, counts in found.items() if any(counts)}
