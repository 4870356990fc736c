"""What people of a pack hold beside what they completed: licences and certifications, duties, policies they acknowledged.

Each part is one function (frame, person ids) -> rows by person, and one line in :data:`PARTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select

from lms.db import known
from lms.evidence.elsewhere import equivalencies, outside_training
from lms.evidence.frame import Frame, Plain, day_of, last_day, moment_of
from lms.files import StoredFile
from lms.people.models import DutyTag, Licence
from lms.policies.models import Acknowledgement, Policy, PolicyDocument, PolicyVersion

Rows = dict[int, list[Plain]]


def holdings(frame: Frame, ids: Sequence[int]) -> dict[int, dict[str, list[Plain]]]:
    """Every part of :data:`PARTS` for each of these people; one statement for each part."""
    parts = {name: read(frame, ids) for name, read in PARTS.items()}
    return {ident: {name: rows.get(ident, []) for name, rows in parts.items()} for ident in ids}


def licences(frame: Frame, ids: Sequence[int]) -> Rows:
    """Every term of a licence or certification that had begun by the day; one that is over says so by its last day."""
    found: Rows = {}
    if not frame.asks.licences:
        return found
    rows = frame.session.scalars(
        select(Licence)
        .where(Licence.person_id.in_(ids), known(Licence, frame.scope.known_at), Licence.from_day <= frame.scope.as_of)
        .order_by(Licence.from_day, Licence.id)
    )
    for row in rows:
        found.setdefault(row.person_id, []).append(
            {
                "id": row.id, "kind": row.kind, "state": row.state, "licence_number": row.number, "term": row.basis,
                "from": day_of(row.from_day), "to": last_day(row.to_day), "renew_by": day_of(row.renew_by),
                "held_on_the_day": row.to_day > frame.scope.as_of,
                "recorded_at": moment_of(row.recorded_at), "recorded_by": frame.name(row.recorded_by),
            }
        )  # fmt: skip
    return found


def duties(frame: Frame, ids: Sequence[int]) -> Rows:
    """The duties that rules ask for (``perinatal-care``), from when to when."""
    found: Rows = {}
    if not frame.asks.duties:
        return found
    rows = frame.session.scalars(
        select(DutyTag)
        .where(DutyTag.person_id.in_(ids), known(DutyTag, frame.scope.known_at), DutyTag.from_day <= frame.scope.as_of)
        .order_by(DutyTag.from_day, DutyTag.id)
    )
    for row in rows:
        found.setdefault(row.person_id, []).append(
            {
                "id": row.id, "duty": row.tag, "from": day_of(row.from_day), "to": last_day(row.to_day),
                "recorded_at": moment_of(row.recorded_at), "recorded_by": frame.name(row.recorded_by),
            }
        )  # fmt: skip
    return found


def acknowledgements(frame: Frame, ids: Sequence[int]) -> Rows:
    """The policies they acknowledged: which version, in which language, and the SHA-256 of the very document that they read."""
    found: Rows = {}
    given = Acknowledgement
    rows = frame.session.execute(
        select(given, PolicyVersion, Policy.code, StoredFile)
        .join(PolicyVersion, PolicyVersion.id == given.version_id)
        .join(Policy, Policy.id == PolicyVersion.policy_id)
        .outerjoin(
            PolicyDocument,
            (PolicyDocument.version_id == given.version_id) & (PolicyDocument.language == given.language),
        )
        .outerjoin(StoredFile, StoredFile.id == PolicyDocument.file_id)
        .where(given.person_id.in_(ids), given.acknowledged_at < frame.scope.known_at, given.day <= frame.scope.as_of)
        .order_by(given.acknowledged_at, given.id)
    )
    for row, version, code, document in rows:
        if frame.wanted is not None and f"policy:{code}" not in frame.wanted:
            continue
        found.setdefault(row.person_id, []).append(
            {
                "id": row.id, "policy": code, "title": version.title, "version": version.number, "version_from": day_of(version.from_day),
                "language": row.language, "document_sha256": document.sha256 if document else None,
                "document": document.name if document else None, "acknowledged_on": day_of(row.day),
                "acknowledged_at": moment_of(row.acknowledged_at),
            }
        )  # fmt: skip
    return found


PARTS: dict[str, Callable[[Frame, Sequence[int]], Rows]] = {
    "licences": licences,
    "duties": duties,
    "acknowledgements": acknowledgements,
    "outside_training": outside_training,
    "equivalencies": equivalencies,
}
"""What a pack tells of each person by name of the part; ``tables.HELD`` names the columns of the same part as CSV."""
