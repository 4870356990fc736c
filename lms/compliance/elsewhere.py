"""What was learnt elsewhere, and what counts as something else, read for the timeline: one statement each, however many people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from lms.catalogue.models import Course
from lms.clock import FOR_EVER
from lms.compliance import facts
from lms.compliance.equivalencies.models import Equivalency
from lms.compliance.hours import Hours
from lms.compliance.rules import Rule
from lms.compliance.satisfaction import AllOf, AnyOf, InHours, Satisfaction
from lms.db import known
from lms.people.folding import folded
from lms.prepared import AsKnown, among
from lms.records.outside.judging import outside_name
from lms.records.outside.models import Outcome, OutsideDecision

_DECISION = OutsideDecision
APPROVED = AsKnown(
    lambda at: (
        select(*OutsideDecision.__table__.c)
        .where(
            *(among(_DECISION.person_id, "people"), _DECISION.outcome == Outcome.APPROVED),
            true() if at is None else _DECISION.recorded_at < at,
        )
        .order_by(_DECISION.id)
    )
)


def outside(
    session: Session, person_ids: Collection[int], known_at: datetime | None = None
) -> dict[int, list[facts.Record]]:
    """The outside trainings that reviewers approved, as something done. One whose approval was superseded is a revoked record."""
    found: dict[int, list[facts.Record]] = {}
    for row in APPROVED.rows(session, known_at, people=person_ids):
        assert row.completed_on is not None
        gone = row.superseded_at is not None and (known_at is None or row.superseded_at < known_at)
        found.setdefault(row.person_id, []).append(
            facts.Record(
                row.id, outside_name(row.provider, row.title), row.completed_on, row.version, row.minutes,
                tuple((topic, int(minutes)) for topic, minutes in row.topics.items()), gone, None, row.modality or None,
                frozenset({row.provider, folded(row.provider), *row.lists}),
                (*row.courses, *(f"external:{name}" for name in row.names)), row.expires_on, "external",
            )
        )  # fmt: skip
    return found


_COUNTS = Equivalency
COUNTS_AS = AsKnown(
    lambda at: (
        select(_COUNTS.id, _COUNTS.source, Course.slug, _COUNTS.from_day, _COUNTS.to_day, _COUNTS.person_id)
        .join(Course, Course.id == _COUNTS.target_id)
        .where(known(_COUNTS, at), or_(_COUNTS.person_id.is_(None), among(_COUNTS.person_id, "people")))
        .order_by(_COUNTS.id)
    )
)


def equivalencies(
    session: Session, person_ids: Collection[int], known_at: datetime | None = None
) -> tuple[list[facts.Equivalency], dict[int, list[facts.Equivalency]]]:
    """What counts as which course: for everybody, and for each of these people alone."""
    everybody: list[facts.Equivalency] = []
    alone: dict[int, list[facts.Equivalency]] = {}
    for ident, source, target, start, end, person in COUNTS_AS.rows(session, known_at, people=person_ids):
        one = facts.Equivalency(ident, source, target, start, None if end >= FOR_EVER else end)
        (everybody if person is None else alone.setdefault(person, [])).append(one)
    return everybody, alone


@dataclass(frozen=True, slots=True)
class Wanted:
    """What requirements say that outside training may be good for: what they call it, topics of hours, approvals that are asked."""

    names: tuple[str, ...]
    topics: tuple[str, ...]
    lists: tuple[str, ...]


def wanted(rules: Iterable[Rule]) -> Wanted:
    """What these rules ask of training, by name."""
    names: set[str] = set()
    topics: set[str] = set()
    lists: set[str] = set()
    for rule in rules:
        names |= {name.removeprefix("external:") for name in rule.courses if name.startswith("external:")}
        for hours in _hours(rule.satisfied):
            topics |= hours.topics.union(*(share.topics for share in (*hours.at_least, *hours.at_most)))
            lists |= hours.approved
    return Wanted(tuple(sorted(names)), tuple(sorted(topics)), tuple(sorted(lists)))


def _hours(satisfaction: Satisfaction | None) -> Iterator[Hours]:
    match satisfaction:
        case InHours(hours):
            yield hours
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _hours(part)
