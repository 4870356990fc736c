"""Reads about policies: what stands on a day, who acknowledged it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from lms.db import known
from lms.errors import N_, NotFound
from lms.files import StoredFile
from lms.people.models import Person
from lms.policies.models import Acknowledgement, Policy, PolicyDocument, PolicyVersion


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy as it stands on a day. ``acknowledged_on``: the day on which the person asked about acknowledged this version."""

    code: str
    version: PolicyVersion
    acknowledged_on: date | None = None


def standing(session: Session, day: date, person_id: int | None = None) -> list[Standing]:
    """The version of each policy that is in force on ``day``, by title. Two statements at most."""
    found: dict[int, tuple[str, PolicyVersion]] = {}
    for version, code in session.execute(
        select(PolicyVersion, Policy.code)
        .join(Policy, Policy.id == PolicyVersion.policy_id)
        .where(known(PolicyVersion), PolicyVersion.from_day <= day)
        .order_by(PolicyVersion.number)
    ):
        found[version.policy_id] = (code, version)
    days: dict[int, date] = {}
    if person_id is not None and found:
        own = select(Acknowledgement.version_id, Acknowledgement.day).where(Acknowledgement.person_id == person_id)
        days = dict(session.execute(own).all())
    rows = [Standing(code, version, days.get(version.id)) for code, version in found.values()]
    return sorted(rows, key=lambda each: (each.version.title.casefold(), each.code))


def policy(session: Session, code: str) -> tuple[Policy, Sequence[PolicyVersion]]:
    """A policy and its versions, the newest first.

    Raises:
        NotFound: there is none with this code.
    """
    found = session.scalar(select(Policy).where(Policy.code == code))
    if found is None:
        raise NotFound(N_("There is no such policy."))
    versions = session.scalars(
        select(PolicyVersion)
        .where(PolicyVersion.policy_id == found.id, known(PolicyVersion))
        .order_by(PolicyVersion.number.desc())
    )
    return found, versions.all()


def documents(session: Session, version_id: int) -> dict[str, StoredFile]:
    """The documents of a version by language."""
    rows = session.execute(
        select(PolicyDocument.language, StoredFile)
        .join(StoredFile, StoredFile.id == PolicyDocument.file_id)
        .where(PolicyDocument.version_id == version_id)
        .order_by(PolicyDocument.language)
    )
    return dict(rows.all())


def acknowledged(session: Session, version_ids: Sequence[int], visible: Any) -> dict[int, int]:
    """How many of the people in ``visible`` acknowledged each of these versions."""
    rows = session.execute(
        select(Acknowledgement.version_id, func.count())
        .where(Acknowledgement.version_id.in_(version_ids), Acknowledgement.person_id.in_(visible))
        .group_by(Acknowledgement.version_id)
    )
    return dict(rows.all())


def who_acknowledged(
    session: Session, version_ids: Sequence[int], visible: Any, page: int, size: int
) -> Sequence[Row[Acknowledgement, Person]]:
    """Acknowledgements of these versions by people in ``visible``, the newest first, one more than ``size`` if there is a next page."""
    return session.execute(
        select(Acknowledgement, Person)
        .join(Person, Person.id == Acknowledgement.person_id)
        .where(Acknowledgement.version_id.in_(version_ids), Acknowledgement.person_id.in_(visible))
        .order_by(Acknowledgement.id.desc())
        .offset((page - 1) * size)
        .limit(size + 1)
    ).all()


def of_person(session: Session, person_id: int) -> Sequence[Row[Acknowledgement, PolicyVersion, str]]:
    """What a person acknowledged, the newest first, with the version and the code of the policy."""
    return session.execute(
        select(Acknowledgement, PolicyVersion, Policy.code)
        .join(PolicyVersion, PolicyVersion.id == Acknowledgement.version_id)
        .join(Policy, Policy.id == PolicyVersion.policy_id)
        .where(Acknowledgement.person_id == person_id)
        .order_by(Acknowledgement.id.desc())
    ).all()
