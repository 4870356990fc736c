"""What people of a pack learnt elsewhere, with what was decided about it, and what counts as something else, with who said so."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from lms.catalogue.models import Course
from lms.compliance.equivalencies.models import Equivalency
from lms.db import known
from lms.evidence.frame import Frame, Plain, day_of, last_day, moment_of
from lms.records.outside.judging import outside_name
from lms.records.outside.queries import Evidence, evidence_of

Rows = dict[int, list[Plain]]


def outside_training(frame: Frame, ids: Sequence[int]) -> Rows:
    """Every training handed in that was finished by the day: what was said last, the SHA-256 of its document, and the decision."""
    told = evidence_of(frame.session, ids, frame.scope.as_of, frame.scope.known_at)
    found: Rows = {}
    for person, rows in told.items():
        found[person] = [_plain(frame, each) for each in rows if _is_wanted(frame, each)]
    return found


def _plain(frame: Frame, each: Evidence) -> Plain:
    said, decided = each.statement, each.decision
    approved = decided if decided is not None and decided.completed_on is not None else None
    return {
        "id": each.training_id, "state": each.state, "title": approved.title if approved else said.title,
        "provider": approved.provider if approved else said.provider,
        "finished_on": day_of(approved.completed_on if approved else said.finished_on),
        "minutes": approved.minutes if approved else said.minutes, "topics": dict(sorted(approved.topics.items())) if approved else {},
        "counts_as_courses": list(approved.courses) if approved else [], "counts_as_outside": list(approved.names) if approved else [],
        "approved_by_lists": list(approved.lists) if approved else [], "modality": approved.modality if approved else "",
        "expires_on": day_of(approved.expires_on if approved else said.expires_on), "certificate_number": said.certificate_number,
        "document_sha256": said.paper_sha256, "attested": said.attested, "handed_in_at": moment_of(said.stated_at),
        "statements": said.number, "cause": f"external:{decided.id}" if approved and decided else None,
        "reason": decided.reason if decided else None,
        "decided_by": frame.name(decided.recorded_by) if decided else None,
        "decided_at": moment_of(decided.recorded_at) if decided else None,
    }  # fmt: skip


def _is_wanted(frame: Frame, each: Evidence) -> bool:
    """Whether a pack about one requirement tells it: it may count for it, or is meant for it."""
    wanted = frame.wanted
    if wanted is None or frame.rules[frame.requirement_id or 0].counts_hours:
        return True
    kind, _, name = each.statement.meant_for.partition(":")
    if (kind == "course" and name in wanted) or (
        kind == "requirement" and name == frame.codes.get(frame.requirement_id or 0)
    ):
        return True
    decided = each.decision
    if decided is None or decided.completed_on is None:
        return False
    names = {
        outside_name(decided.provider, decided.title),
        *decided.courses,
        *(f"external:{each}" for each in decided.names),
    }
    return bool(names & wanted)


def equivalencies(frame: Frame, ids: Sequence[int]) -> Rows:
    """What counted for each person as a course though it was another, by the day: for everybody, or for them alone."""
    own = Equivalency
    rows = frame.session.execute(
        select(own, Course.slug)
        .join(Course, Course.id == own.target_id)
        .where(
            known(own, frame.scope.known_at),
            own.from_day <= frame.scope.as_of,
            or_(own.person_id.is_(None), own.person_id.in_(ids)),
        )
        .order_by(own.from_day, own.id)
    ).all()
    found: Rows = {}
    for row, target in rows:
        if frame.wanted is not None and target not in frame.wanted:
            continue
        told = {
            "id": row.id, "done_as": row.source if row.course_id is not None else f"{row.title} ({row.provider})", "counts_as": target,
            "for": "everybody" if row.person_id is None else "this person", "from": day_of(row.from_day), "to": last_day(row.to_day),
            "reason": row.reason, "rests_on": row.rests_on, "document_sha256": row.paper_sha256,
            "recorded_at": moment_of(row.recorded_at), "recorded_by": frame.name(row.recorded_by),
        }  # fmt: skip
        for person in ids if row.person_id is None else (row.person_id,):
            found.setdefault(person, []).append(told)
    return found
