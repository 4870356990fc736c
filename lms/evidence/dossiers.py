"""Everything the pack says of each person: who they are, what was asked of them and why, what they did, and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from lms.certificates.models import Certificate
from lms.clock import local_day
from lms.compliance import gathering
from lms.compliance.explain import explain, why_assigned
from lms.compliance.facts import PersonFacts
from lms.compliance.models import AssignedPerson, Exemption, Extension
from lms.compliance.timeline import satisfied_on, timeline
from lms.db import known
from lms.evidence import seen
from lms.evidence.frame import Frame, Plain, day_of, last_day, moment_of
from lms.evidence.holdings import holdings
from lms.evidence.scope import EVERY
from lms.learning.models import Accommodation, Answer, Attempt, Attestation, Enrolment
from lms.people.models import Employment, Leave, Membership, Person
from lms.records.models import ManualCompletion, RecordRevocation, TrainingRecord


def dossiers(frame: Frame, person_ids: Sequence[int]) -> Iterator[Plain]:
    """What the pack says of these people, one after the other; the same number of statements for any number of them."""
    session, then = frame.session, frame.scope.known_at
    facts = gathering.people(session, person_ids, then)
    people = {row.id: row for row in session.scalars(select(Person).where(Person.id.in_(person_ids)))}
    records, certificates = _records(frame, person_ids), _certificates(frame, person_ids)
    attempts, decisions = _attempts(frame, person_ids), _decisions(frame, person_ids)
    places, attested = _places(frame, person_ids), _attestations(frame, person_ids)
    held = holdings(frame, person_ids)
    for ident in person_ids:
        person = people[ident]
        yield {
            "id": ident,
            "number": person.number,
            "source": person.source,
            "name": person.display_name,
            **places[ident],
            "assignments": list(_assignments(frame, facts[ident])),
            "records": records.get(ident, []),
            "certificates": certificates.get(ident, []),
            "attestations": attested.get(ident, []),
            "attempts": attempts.get(ident, []),
            **held[ident],
            "decisions": sorted(decisions.get(ident, []), key=lambda each: (each["recorded_at"], each["kind"])),
        }


def _assignments(frame: Frame, person: PersonFacts) -> Iterator[Plain]:
    """State and reasons on the day, worked out anew from the facts known then."""
    day = frame.scope.as_of
    for requirement_id, rule in sorted(frame.rules.items(), key=lambda pair: frame.codes[pair[0]]):
        spans = timeline(rule, person, day)
        span = next((each for each in spans if each.from_day <= day < each.to_day), None)
        if span is None:
            continue
        governing = next((p for p in reversed(rule.phases) if p.from_day <= day.toordinal() < p.to_day), None)
        version = frame.versions.get(governing.version_id) if governing else None
        satisfied = satisfied_on(rule, person, day)
        why = why_assigned(rule, person, day, frame.departments)
        yield {
            "requirement": frame.codes[requirement_id],
            "title": version.title if version else "",
            "rule_version": version.number if version else None,
            "rule_version_from": version.from_day.isoformat() if version else None,
            "why_assigned": str(why) if why else "",
            "state": span.state.name.lower(),
            "why_this_state": str(explain(span, person)),
            "due": day_of(span.due),
            "satisfied_on": day_of(satisfied),
            "valid_until": day_of(span.valid_until),
            "cycle": span.cycle,
            "because": span.because,
        }


def _places(frame: Frame, ids: Sequence[int]) -> dict[int, Plain]:
    """Employments and memberships that had begun by the day; the one on the day gives department and job."""
    session, day, then = frame.session, frame.scope.as_of, frame.scope.known_at
    found: dict[int, Plain] = {ident: {"on_the_day": None, "employments": [], "memberships": []} for ident in ids}
    for row in session.scalars(
        select(Employment)
        .where(Employment.person_id.in_(ids), known(Employment, then), Employment.from_day <= day)
        .order_by(Employment.from_day, Employment.id)
    ):
        found[row.person_id]["employments"].append(
            {"kind": row.kind, "from": day_of(row.from_day), "to": last_day(row.to_day)}
        )
    for held in session.scalars(
        select(Membership)
        .where(Membership.person_id.in_(ids), known(Membership, then), Membership.from_day <= day)
        .order_by(Membership.from_day, Membership.id)
    ):
        plain = {
            "department": frame.departments.get(held.department_id, ""), "job": held.job, "profession": held.profession,
            "primary": held.primary, "patient_contact": held.patient_contact, "from": day_of(held.from_day), "to": last_day(held.to_day),
        }  # fmt: skip
        found[held.person_id]["memberships"].append(plain)
        if held.to_day > day and (held.primary or found[held.person_id]["on_the_day"] is None):
            found[held.person_id]["on_the_day"] = {name: plain[name] for name in ("department", "job", "profession")}
    return found


def _records(frame: Frame, ids: Sequence[int]) -> dict[int, list[Plain]]:
    record, then = TrainingRecord, frame.scope.known_at
    found: dict[int, list[Plain]] = {}
    rows = frame.session.execute(
        select(record, RecordRevocation)
        .outerjoin(RecordRevocation, (RecordRevocation.record_id == record.id) & (RecordRevocation.revoked_at < then))
        .where(record.person_id.in_(ids), record.recorded_at < then, record.completed_on <= frame.scope.as_of)
        .order_by(record.completed_on, record.id)
    )
    for row, revoked in rows:
        if frame.wanted is not None and frame.courses[row.course_id] not in frame.wanted:
            continue
        found.setdefault(row.person_id, []).append(
            {
                "id": row.id, "course": row.course_code, "title": row.course_title, "version": row.version_number,
                "content_sha256": frame.version(row.version_id).content_hash if row.version_id else None, "language": row.language,
                "completed_on": day_of(row.completed_on), "completed_at": moment_of(row.completed_at), "score": row.score,
                "pass_mark": row.pass_mark, "minutes": row.minutes, "how": row.how, "topics": dict(sorted(row.topics.items())),
                "department_then": row.department_path, "job_then": row.job, "profession_then": row.profession,
                "attempt": row.attempt_id, "recorded_at": moment_of(row.recorded_at),
                "revoked": {"at": moment_of(revoked.revoked_at), "by": frame.name(revoked.revoked_by), "reason": revoked.reason}
                if revoked else None,
            }
        )  # fmt: skip
    return found


def _certificates(frame: Frame, ids: Sequence[int]) -> dict[int, list[Plain]]:
    then = frame.scope.known_at
    found: dict[int, list[Plain]] = {}
    rows = frame.session.execute(
        select(Certificate, RecordRevocation, TrainingRecord.course_id)
        .join(TrainingRecord, TrainingRecord.id == Certificate.record_id)
        .outerjoin(
            RecordRevocation,
            (RecordRevocation.record_id == Certificate.record_id) & (RecordRevocation.revoked_at < then),
        )
        .where(Certificate.person_id.in_(ids), Certificate.issued_at < then, Certificate.issued_on <= frame.scope.as_of)
        .order_by(Certificate.issued_at, Certificate.id)
    )
    numbers: dict[int, str] = {}
    for row, revoked, course_id in rows:
        numbers[row.id] = row.number
        if frame.wanted is not None and frame.courses[course_id] not in frame.wanted:
            continue
        found.setdefault(row.person_id, []).append(
            {
                "number": row.number, "record": row.record_id, "issued_on": day_of(row.issued_on), "valid_until": day_of(row.valid_until),
                "language": row.language, "says": dict(sorted(row.snapshot.items())),
                "replaces": numbers.get(row.supersedes_id or 0),
                "revoked": {"at": moment_of(revoked.revoked_at), "by": frame.name(revoked.revoked_by), "reason": revoked.reason}
                if revoked else None,
            }
        )  # fmt: skip
    return found


def _attestations(frame: Frame, ids: Sequence[int]) -> dict[int, list[Plain]]:
    """The statements they made, whole, as they read them. What was said in surveys is in no pack: it is told without names."""
    then = frame.scope.known_at
    found: dict[int, list[Plain]] = {}
    rows = frame.session.scalars(
        select(Attestation)
        .where(Attestation.person_id.in_(ids), Attestation.made_at < then, Attestation.made_on <= frame.scope.as_of)
        .order_by(Attestation.made_at, Attestation.id)
    )
    for row in rows:
        version = frame.version(row.version_id)
        named = {frame.courses[version.course_id], f"attestation:{row.name}"}
        if frame.wanted is not None and not named & frame.wanted:
            continue
        found.setdefault(row.person_id, []).append(
            {
                "id": row.id, "name": row.name, "course": version.code, "version": version.number,
                "content_sha256": version.content_hash, "language": row.language, "signed_as": row.signed_as,
                "made_on": day_of(row.made_on), "made_at": moment_of(row.made_at), "statement": row.statement,
            }
        )  # fmt: skip
    return found


def _attempts(frame: Frame, ids: Sequence[int]) -> dict[int, list[Plain]]:
    then = frame.scope.known_at
    rows = frame.session.execute(
        select(Attempt, Enrolment)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.person_id.in_(ids), Attempt.started_at < then)
        .order_by(Attempt.started_at, Attempt.id)
    ).all()
    given: dict[int, list[Plain]] = {}
    of_these = [attempt.id for attempt, _ in rows]
    for start in range(0, len(of_these), 500):
        answers = select(Answer).where(Answer.attempt_id.in_(of_these[start : start + 500]), Answer.saved_at < then)
        for row in frame.session.scalars(answers.order_by(Answer.attempt_id, Answer.given_at, Answer.sequence)):
            told = {
                "item": row.item_id, "response": row.response, "language": row.language, "at": moment_of(row.given_at),
                "arrived_late": row.late,
            }  # fmt: skip
            given.setdefault(row.attempt_id, []).append(told)
    found: dict[int, list[Plain]] = {}
    for attempt, enrolment in rows:
        if frame.wanted is not None and frame.courses[enrolment.course_id] not in frame.wanted:
            continue
        if local_day(attempt.started_at, frame.zone) > frame.scope.as_of:
            continue
        plain = _attempt(frame, attempt, enrolment, given.get(attempt.id, []))
        found.setdefault(enrolment.person_id, []).append(plain)
    return found


def _attempt(frame: Frame, attempt: Attempt, enrolment: Enrolment, given: list[Plain]) -> Plain:
    version, step = frame.version(enrolment.version_id), attempt.step_id
    ended = attempt.finished_at if attempt.finished_at and attempt.finished_at < frame.scope.known_at else None
    finished = ended is not None
    told: Plain = {
        "id": attempt.id, "course": version.code, "version": version.number, "content_sha256": version.content_hash,
        "step": attempt.step_id, "kind": attempt.kind, "number": attempt.number, "language": attempt.language,
        "started_at": moment_of(attempt.started_at), "finished_at": moment_of(ended) if ended else None,
        "score": attempt.score if finished else None, "pass_mark": attempt.pass_mark if finished else None,
        "passed": attempt.passed if finished else None, "policy": attempt.policy,
        "deadline": moment_of(attempt.deadline) if attempt.deadline else None,
        "ended_by": ("time" if attempt.timed_out else "learner") if finished else None,
    }  # fmt: skip
    if attempt.kind == "scenario":
        told["scenes"] = seen.story(partial(frame.scenario, version.id, step), given, attempt.language)
    else:
        bank, keyed = partial(frame.bank, version.id, step), frame.keyed(version.id, step)
        told["questions"] = seen.questions(bank, keyed, attempt.drawn, given, attempt.language)
    return told


def _decisions(frame: Frame, ids: Sequence[int]) -> dict[int, list[Plain]]:
    """Exemptions, extensions, leaves, courses assigned by name, completions by hand and attempts given, with who decided and why."""
    session, then, day = frame.session, frame.scope.known_at, frame.scope.as_of
    found: dict[int, list[Plain]] = {}

    def add(who: int, kind: str, by: int | None, at: datetime, reason: str, **more: Any) -> None:
        told = {"kind": kind, **more, "reason": reason, "decided_by": frame.name(by), "recorded_at": moment_of(at)}
        found.setdefault(who, []).append(told)

    for row in session.scalars(
        select(Exemption).where(Exemption.person_id.in_(ids), known(Exemption, then), Exemption.from_day <= day)
    ):
        about = frame.codes.get(row.requirement_id or 0, EVERY)
        span = {"from": day_of(row.from_day), "to": last_day(row.to_day)}
        add(row.person_id, "exemption", row.recorded_by, row.recorded_at, row.reason, requirement=about, **span)
    for given in session.scalars(
        select(Extension).where(Extension.person_id.in_(ids), known(Extension, then), Extension.granted_on <= day)
    ):
        about = frame.codes.get(given.requirement_id, "")
        more = {"requirement": about, "cycle": given.cycle, "due": day_of(given.due), "from": day_of(given.granted_on)}
        add(given.person_id, "extension", given.recorded_by, given.recorded_at, given.reason, **more)
    for asked in session.scalars(
        select(AssignedPerson).where(
            AssignedPerson.person_id.in_(ids), known(AssignedPerson, then), AssignedPerson.from_day <= day
        )
    ):
        about = frame.codes.get(asked.requirement_id, "")
        more = {"requirement": about, "from": day_of(asked.from_day), "to": last_day(asked.to_day)}
        add(asked.person_id, "assignment", asked.recorded_by, asked.recorded_at, asked.reason, **more)
    for vouched, made in session.execute(
        select(ManualCompletion, TrainingRecord)
        .join(TrainingRecord, TrainingRecord.id == ManualCompletion.record_id)
        .where(TrainingRecord.person_id.in_(ids), TrainingRecord.recorded_at < then, TrainingRecord.completed_on <= day)
    ):
        more = {"from": day_of(made.completed_on), "effect": made.course_code}
        add(made.person_id, "completion by hand", made.recorded_by, made.recorded_at, vouched.reason, **more)
    for leave in session.scalars(
        select(Leave).where(Leave.person_id.in_(ids), known(Leave, then), Leave.from_day <= day)
    ):
        more = {"from": day_of(leave.from_day), "to": last_day(leave.to_day), "effect": leave.kind}
        add(leave.person_id, "leave", leave.recorded_by, leave.recorded_at, leave.reason, **more)
    for helped in session.scalars(
        select(Accommodation).where(
            Accommodation.person_id.in_(ids), known(Accommodation, then), Accommodation.from_day <= day
        )
    ):
        kind = "accommodation for tests" if helped.enrolment_id is None else "attempts given"
        more = {
            "id": helped.id, "attempts": helped.extra_attempts, "time_percent": helped.time_percent, "extra_minutes": helped.extra_minutes,
            "without_limit": helped.unlimited, "from": day_of(helped.from_day), "to": last_day(helped.to_day),
        }  # fmt: skip
        add(helped.person_id, kind, helped.recorded_by, helped.recorded_at, helped.reason, **more)
    return found


def rules_used(frame: Frame, people: Sequence[Mapping[str, Any]]) -> list[Plain]:
    """Every version of the rules that the pack speaks of, with its data."""
    asked = {each["requirement"] for person in people for each in person["assignments"]}
    if frame.requirement_id is not None:
        asked.add(frame.codes[frame.requirement_id])
    return [
        {
            "requirement": frame.codes[row.requirement_id], "version": row.number, "title": row.title, "from": day_of(row.from_day),
            "to": last_day(row.to_day), "adopted_on": day_of(row.adopted_on), "recorded_at": moment_of(row.recorded_at),
            "recorded_by": frame.name(row.recorded_by), "rule": row.rule,
        }
        for row in sorted(frame.versions.values(), key=lambda row: (frame.codes[row.requirement_id], row.from_day, row.number))
        if frame.codes[row.requirement_id] in asked
    ]  # fmt: skip
