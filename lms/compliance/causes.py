"""The facts that spans name as their cause, as much of them as a sentence needs (see :mod:`.explain`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import Session

from lms.catalogue.models import Course
from lms.compliance import facts
from lms.compliance.models import AssignedPerson, Exemption, Extension
from lms.compliance.surroundings import change_days
from lms.learning.models import Attestation
from lms.people.models import Leave, Licence
from lms.policies.models import Acknowledgement
from lms.records.models import TrainingRecord
from lms.records.outside.models import OutsideDecision

Named = tuple[int, str]
"""A person's id and what one of their spans names: ``record:7``."""

NO_TEXT: Any = literal("")
TAKEN: Any = select(Course.slug).where(Course.id == TrainingRecord.course_id).scalar_subquery()
"""The slug of the course of a record."""

SOURCES: dict[str, tuple[Any, Any, Any, Any]] = {
    "record": (TrainingRecord, TrainingRecord.completed_on, TrainingRecord.completed_on, TAKEN),
    "leave": (Leave, Leave.from_day, Leave.to_day, NO_TEXT),
    "exemption": (Exemption, Exemption.from_day, Exemption.to_day, Exemption.reason),
    "extension": (Extension, Extension.granted_on, Extension.due, NO_TEXT),
    "licence": (Licence, Licence.from_day, Licence.to_day, NO_TEXT),
    "assigned": (AssignedPerson, AssignedPerson.from_day, AssignedPerson.to_day, AssignedPerson.shown),
    "acknowledgement": (Acknowledgement, Acknowledgement.day, Acknowledgement.day, NO_TEXT),
    "attestation": (Attestation, Attestation.made_on, Attestation.made_on, NO_TEXT),
    "external": (OutsideDecision, OutsideDecision.completed_on, OutsideDecision.completed_on, OutsideDecision.title),
}
"""The table of each kind of cause, two days of it, and its words."""

DONE = ("record", "acknowledgement", "attestation", "external")


def causes(session: Session, named: Iterable[Named]) -> dict[int, facts.PersonFacts]:
    """What is named, by person. One statement, and up to three more where a change of a course or a policy is named.

    Superseded facts as well: while a generation is being built, spans may still name them. Of somebody with a leave all leaves,
    because those that touch are told as one.
    """
    by_person: dict[int, dict[str, list[Any]]] = {}
    ids: dict[str, set[int]] = {}
    away: set[int] = set()
    for person, because in named:
        by_person.setdefault(person, {})
        kind, _, subject = because.partition(":")
        if kind == "leave":
            away.add(person)
        if kind in SOURCES or kind == "event":
            ids.setdefault(kind, set()).add(int(subject))
    parts = [_part(kind, ids[kind], away) for kind in SOURCES if kind in ids]
    if parts:
        for kind, person, *rest in session.execute(union_all(*parts)):
            by_person.setdefault(person, {}).setdefault(kind, []).append(rest)
    changes = [facts.Event(id, "", 0, day) for id, day in change_days(session, sorted(ids.get("event", ()))).items()]
    return {person: _facts(person, kinds, changes) for person, kinds in by_person.items()}


def _part(kind: str, ids: set[int], away: set[int]) -> Select[Any]:
    model, first, last, words = SOURCES[kind]
    which = model.person_id.in_(away) if kind == "leave" else model.id.in_(ids)
    return select(literal(kind).label("kind"), model.person_id, model.id, first, last, words).where(which)


def _facts(person_id: int, kinds: Mapping[str, Sequence[Any]], changes: Sequence[facts.Event]) -> facts.PersonFacts:
    done = [(kind, row) for kind in DONE for row in kinds.get(kind, ())]
    return facts.PersonFacts(
        person_id,
        employments=(),
        memberships=(),
        leaves=[facts.Leave(id, _day(day), _day(until)) for id, day, until, _ in kinds.get("leave", ())],
        exemptions=[
            facts.Exemption(id, None, _day(day), _day(until), reason)
            for id, day, until, reason in kinds.get("exemption", ())
        ],
        extensions=[
            facts.Extension(id, 0, 0, _day(until), _day(day)) for id, day, until, _ in kinds.get("extension", ())
        ],
        records=[facts.Record(id, words, _day(day), kind=kind) for kind, (id, day, _, words) in done],
        licences=[facts.Licence(id, "", None, _day(day)) for id, day, _, _ in kinds.get("licence", ())],
        events=changes,
        assigned=[
            facts.Assigned(id, "", _day(day), _day(until), shown) for id, day, until, shown in kinds.get("assigned", ())
        ],
    )


def _day(value: Any) -> Any:
    """A union forgets the type of its columns on SQLite, which keeps days as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
