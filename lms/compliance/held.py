"""What people hold and have acknowledged, read for the timeline: licences, duties, birth months, policies, the employer's size.

Each function takes one statement, however many people; ``known_at`` asks for what was known just before a moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from lms.catalogue.models import CourseVersion
from lms.clock import FOR_EVER
from lms.compliance import facts
from lms.compliance.calendar import Length
from lms.compliance.models import AssignedPerson, Requirement
from lms.compliance.situations import Size, Tag
from lms.db import known
from lms.learning.models import Attestation
from lms.people.holdings import Term, runs
from lms.people.models import BirthMonth, Department, DutyTag, EmployerSize, Licence
from lms.policies.models import Acknowledgement, Policy, PolicyVersion

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """What was read: licences and duties by person, and the sizes of the employer."""

    licences: Mapping[int, Sequence[facts.Licence]] = field(default_factory=dict)
    duties: Mapping[int, Sequence[Tag]] = field(default_factory=dict)
    sizes: Sequence[Size] = ()

    def of(self, person_id: int) -> tuple[Sequence[facts.Licence], Sequence[Tag]]:
        """The licences and duties of one person."""
        return self.licences.get(person_id, ()), self.duties.get(person_id, ())


NOTHING = Held()


def licences(
    session: Session, person_ids: Collection[int], known_at: datetime | None = None
) -> dict[int, list[facts.Licence]]:
    """The licences of these people: terms that follow each other are one licence, with the last day of each as a renewal."""
    rows = session.scalars(
        select(Licence).where(Licence.person_id.in_(person_ids), known(Licence, known_at)).order_by(Licence.id)
    )
    terms: dict[int, list[Term]] = {}
    for row in rows:
        terms.setdefault(row.person_id, []).append(
            Term(
                row.kind, row.state, row.number, row.basis, row.from_day, row.to_day, row.renew_by, row.every_months, row.id
            )
        )  # fmt: skip
    return {person: [_licence(run) for run in runs(of_one)] for person, of_one in terms.items()}


def _licence(run: Sequence[Term]) -> facts.Licence:
    first, last = run[0], max(run, key=lambda term: (term.to_day, term.from_day))
    renewals = {term.renew_by or _last_day(term.to_day) for term in run}
    every = next((term.every_months for term in reversed(run) if term.every_months), None)
    return facts.Licence(
        first.id or 0, first.kind, first.state, first.from_day, _last_day(last.to_day),
        tuple(sorted(day for day in renewals if day is not None)), Length(months=every) if every else None,
    )  # fmt: skip


def _last_day(to_day: date) -> date | None:
    return None if to_day >= FOR_EVER else to_day - DAY


def shown(licence: facts.Licence) -> facts.Record:
    """A licence that is held counts like something done."""
    return facts.Record(licence.id, f"licence:{licence.kind}", licence.issued, expires=licence.expires, kind="licence")


def duties(session: Session, person_ids: Collection[int], known_at: datetime | None = None) -> dict[int, list[Tag]]:
    """The duties of these people."""
    found: dict[int, list[Tag]] = {}
    rows = session.execute(
        select(DutyTag.person_id, DutyTag.from_day, DutyTag.to_day, DutyTag.tag)
        .where(DutyTag.person_id.in_(person_ids), known(DutyTag, known_at))
        .order_by(DutyTag.id)
    )
    for person, start, end, tag in rows:
        found.setdefault(person, []).append(Tag(start, None if end >= FOR_EVER else end, tag))
    return found


def assigned(
    session: Session, person_ids: Collection[int], known_at: datetime | None = None
) -> dict[int, list[facts.Assigned]]:
    """The assignments that name these people."""
    found: dict[int, list[facts.Assigned]] = {}
    row = AssignedPerson
    rows = session.execute(
        select(row.person_id, row.id, Requirement.code, row.from_day, row.to_day, row.shown)
        .join(Requirement, Requirement.id == row.requirement_id)
        .where(row.person_id.in_(person_ids), known(row, known_at))
        .order_by(row.id)
    )
    for person, ident, code, start, end, shown in rows:
        until = None if end >= FOR_EVER else end
        found.setdefault(person, []).append(facts.Assigned(ident, code, start, until, shown))
    return found


def birth_months(session: Session, person_ids: Collection[int], known_at: datetime | None = None) -> dict[int, int]:
    """The months in which these people were born, where they are kept."""
    rows = select(BirthMonth.person_id, BirthMonth.month).where(
        BirthMonth.person_id.in_(person_ids), known(BirthMonth, known_at)
    )
    return dict(session.execute(rows).all())


def sizes(session: Session, known_at: datetime | None = None) -> list[Size]:
    """How many people the organisation and its facilities had from when on."""
    rows = session.execute(
        select(EmployerSize.from_day, EmployerSize.people, Department.code)
        .outerjoin(Department, Department.id == EmployerSize.department_id)
        .where(known(EmployerSize, known_at))
        .order_by(EmployerSize.id)
    )
    return [Size(day, people, code) for day, people, code in rows]


def acknowledgements(
    session: Session, person_ids: Collection[int], known_at: datetime | None = None
) -> dict[int, list[facts.Record]]:
    """What these people acknowledged, as something done."""
    found: dict[int, list[facts.Record]] = {}
    then = true() if known_at is None else Acknowledgement.acknowledged_at < known_at
    rows = session.execute(
        select(Acknowledgement.person_id, Acknowledgement.id, Policy.code, Acknowledgement.day, PolicyVersion.number)
        .join(PolicyVersion, PolicyVersion.id == Acknowledgement.version_id)
        .join(Policy, Policy.id == PolicyVersion.policy_id)
        .where(Acknowledgement.person_id.in_(person_ids), then)
    )
    for person, ident, code, day, number in rows:
        found.setdefault(person, []).append(
            facts.Record(ident, f"policy:{code}", day, version=number, kind="acknowledgement")
        )
    return found


def attestations(
    session: Session, person_ids: Collection[int], known_at: datetime | None = None
) -> dict[int, list[facts.Record]]:
    """The statements that these people made in courses, as something done."""
    found: dict[int, list[facts.Record]] = {}
    then = true() if known_at is None else Attestation.made_at < known_at
    rows = session.execute(
        select(Attestation.person_id, Attestation.id, Attestation.name, Attestation.made_on, CourseVersion.number)
        .join(CourseVersion, CourseVersion.id == Attestation.version_id)
        .where(Attestation.person_id.in_(person_ids), then)
    )
    for person, ident, name, day, number in rows:
        told = facts.Record(ident, f"attestation:{name}", day, version=number, kind="attestation")
        found.setdefault(person, []).append(told)
    return found


def policy_versions(session: Session, known_at: datetime | None = None) -> list[facts.Event]:
    """The versions of policies as events. Their ids are below zero: those of course versions are above."""
    rows = session.execute(
        select(PolicyVersion.id, Policy.code, PolicyVersion.number, PolicyVersion.from_day)
        .join(Policy, Policy.id == PolicyVersion.policy_id)
        .where(known(PolicyVersion, known_at))
    )
    return [facts.Event(-ident, f"policy:{code}", number, day) for ident, code, number, day in rows]


def policy_days(session: Session, version_ids: Collection[int]) -> dict[int, date]:
    """The days from which these policy versions are in force, by id."""
    if not version_ids:
        return {}
    rows = select(PolicyVersion.id, PolicyVersion.from_day).where(PolicyVersion.id.in_(version_ids))
    return dict(session.execute(rows).all())
