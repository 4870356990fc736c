"""Who need not be kept by name any more, found with a constant number of statements for each thousand people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.clock import FOR_EVER, local_day
from lms.compliance.equivalencies.models import Equivalency
from lms.compliance.models import Exemption, Extension
from lms.db import known
from lms.learning.models import Accommodation
from lms.people.models import Employment, Leave, Person
from lms.records.models import RecordRevocation, TrainingRecord
from lms.records.outside.models import OutsideDecision
from lms.retention.clocks import Kept, Verdict, verdict

SOURCE = "pseudonym"
"""The ``source`` of a person whose name and number are gone."""

READ = 1000


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody whose clocks have all run out, and the one that ran longest."""

    person_id: int
    verdict: Verdict


def due(session: Session, day: date, zone: str) -> Iterator[Due]:
    """Everybody who may be pseudonymised on ``day``, by id. ``zone`` tells on which local day a moment was."""
    after = 0
    while True:
        rows = session.execute(
            select(Person.id, Person.created_at, Person.source).where(Person.id > after).order_by(Person.id).limit(READ)
        ).all()
        if not rows:
            return
        kept = _kept(session, {row.id: local_day(row.created_at, zone) for row in rows if row.source != SOURCE}, zone)
        for person_id, facts in kept.items():
            said = verdict(facts)
            if said.due(day):
                yield Due(person_id, said)
        after = rows[-1].id


def _kept(session: Session, since: dict[int, date], zone: str) -> dict[int, Kept]:
    ids = list(since)
    ended = _grouped(
        session.execute(select(Employment.person_id, Employment.to_day).where(Employment.person_id.in_(ids), known(Employment)))
    )  # fmt: skip
    record = TrainingRecord
    done = _grouped(session.execute(select(record.person_id, record.completed_on).where(record.person_id.in_(ids))))
    decided: dict[int, list[Any]] = {}
    outside = OutsideDecision
    about = select(outside.person_id, outside.completed_on, outside.recorded_at).where(outside.person_id.in_(ids))
    for row in session.execute(about):
        decided.setdefault(row.person_id, []).append(local_day(row.recorded_at, zone))
        if row.completed_on is not None:
            done[row.person_id] = (*done.get(row.person_id, ()), row.completed_on)
    alone = select(Equivalency.person_id, Equivalency.recorded_at).where(Equivalency.person_id.in_(ids))
    for equal in session.execute(alone):
        decided.setdefault(equal.person_id or 0, []).append(local_day(equal.recorded_at, zone))
    for fact in (Leave, Exemption, Accommodation):
        rows = session.execute(select(fact.person_id, fact.from_day, fact.to_day).where(fact.person_id.in_(ids)))
        for who, first, end in rows:
            decided.setdefault(who, []).append(first if end >= FOR_EVER else end - timedelta(days=1))
    for who, granted in session.execute(select(Extension.person_id, Extension.due).where(Extension.person_id.in_(ids))):
        decided.setdefault(who, []).append(granted)
    revoked = select(record.person_id, RecordRevocation.revoked_at).join(
        record, record.id == RecordRevocation.record_id
    )
    for who, moment in session.execute(revoked.where(record.person_id.in_(ids))):
        decided.setdefault(who, []).append(local_day(moment, zone))
    return {
        who: Kept(
            day,
            tuple(None if end >= FOR_EVER else end - timedelta(days=1) for end in ended.get(who, ())),
            tuple(done.get(who, ())),
            tuple(decided.get(who, ())),
        )
        for who, day in since.items()
    }


def _grouped(rows: Any) -> dict[int, Sequence[date]]:
    found: dict[int, list[date]] = {}
    for who, day in rows:
        found.setdefault(who, []).append(day)
    return dict(found)
