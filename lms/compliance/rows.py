"""From a person's facts to the rows that are stored, and from changed rows to changed counts: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from lms.compliance.departments import Home, due_soon, homes
from lms.compliance.facts import PersonFacts
from lms.compliance.overall import overall
from lms.compliance.rules import RequirementFacts
from lms.compliance.spans import CAN_FALL_DUE, Span
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
    where = homes(person.memberships)
    where = [each for each in where if each[2] is not None] if _one_home(where, lines) else where
    found: list[Row] = []
    for requirement_id, spans in ((OVERALL, overall(lines)), *lines.items()):
        for span in spans:
            soon = due_soon(span, soon_days) if span.state in CAN_FALL_DUE else None
            if len(where) == 1 and (soon is None or soon[1] >= span.to_day):
                found.append(_whole(person.person_id, requirement_id, span, where[0][2] or 0, soon))
            else:
                found += _cut(person.person_id, requirement_id, span, where, soon)
    return found


def _one_home(where: list[Home], lines: Mapping[int, tuple[Span, ...]]) -> bool:
    """Whether all spans lie within the one stretch in which the person counts in a department."""
    there = [each for each in where if each[2] is not None]
    return len(there) == 1 and all(
        there[0][0] <= spans[0].from_day and spans[-1].to_day <= there[0][1] for spans in lines.values()
    )


def _whole(person_id: int, requirement_id: int, span: Span, department_id: int, soon: tuple[date, date] | None) -> Row:
    """The row of a span that nothing cuts, as most."""
    from_day, to_day, state, beneath, due, valid_until, cycle, because, lapsed = span
    since = None if soon is None else soon[0]
    whole = (
        person_id, requirement_id, from_day, to_day, department_id, state, beneath, due, valid_until, since, cycle, because, lapsed
    )  # fmt: skip
    return tuple.__new__(Row, whole)  # made by the million: past the constructor with its thirteen names


def _cut(
    person_id: int, requirement_id: int, span: Span, where: list[Home], soon: tuple[date, date] | None
) -> list[Row]:
    """The rows of a span: cut where the department changes, and where the span outlasts its being due soon."""
    from_day, to_day, state, beneath, due, valid_until, cycle, because, lapsed = span
    found: list[Row] = []
    for first, last, home in where:
        if last <= from_day:
            continue
        if first >= to_day:
            break
        start, end = first if first > from_day else from_day, last if last < to_day else to_day
        pieces: tuple[tuple[date, date, date | None], ...] = ((start, end, None),)
        if soon is not None and soon[0] < end and soon[1] > start:
            since = max(start, soon[0])
            pieces = ((start, end, since),) if soon[1] >= end else ((start, soon[1], since), (soon[1], end, None))
        for begins, ends, soon_from in pieces:
            row = Row(
                person_id, requirement_id, begins, ends, home or 0, state, beneath, due, valid_until, soon_from, cycle,
                because, lapsed,
            )  # fmt: skip
            found.append(row)
    return found


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
