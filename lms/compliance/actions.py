"""Verbs of compliance: rebuild people's timelines, decide requirements, exemptions and extensions.

What is decided about one person is worked out in the same transaction; what concerns everybody opens a generation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.access import refuse_own
from lms.audit import Actor, record
from lms.clock import FOR_EVER, local_day
from lms.compliance import store, tallies
from lms.compliance.assignments import PREFIX
from lms.compliance.building import BUILD, DROP, FOLD, begin_generation, build_step, drop_step, written
from lms.compliance.models import Exemption, Extension, Generation, Requirement, RequirementVersion
from lms.compliance.rules import Rule
from lms.compliance.surroundings import supervisors_of
from lms.db import known
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.organisation import load
from lms.outbox import enqueue
from lms.people.models import Person

__all__ = [
    "BUILD", "DROP", "FOLD", "begin_generation", "build_step", "drop_step", "end_exemption", "exempt", "extend",
    "fold_pending", "publish_requirement", "rebuild", "retire_requirement", "work_in",
]  # fmt: skip

AT_ONCE = 200
"""How many people one call of :func:`rebuild` takes."""

FOLD_FROM = 5000
"""So many pending changes are worth a job that folds them."""


def rebuild(session: Session, person_ids: Sequence[int], *, now: datetime) -> None:
    """Work out the spans of these people again, in the caller's transaction, after a fact about them was written.

    At most 200 people; for more, open a generation. A concurrent change of the same person waits for this transaction, one of
    somebody else does not. Unchanged spans stay as they are. The number of statements does not depend on the number of
    people.

    Raises:
        ValueError: more than 200 people.
    """
    ids = sorted(set(person_ids))
    if len(ids) > AT_ONCE:
        raise ValueError(f"{len(ids)} people at once: open a generation instead")
    if not ids:
        return
    session.flush()
    ids = sorted({*ids, *list(supervisors_of(session, ids))[:AT_ONCE]})
    store.lock(session, ids)
    generations = written(session, now)
    fresh = store.work_out(session, ids)
    noted = [store.replace(session, generation, fresh) for generation in generations]
    if any(noted) and tallies.waiting(session) > FOLD_FROM:
        enqueue(session, FOLD, {}, now, key="fold")


def work_in(session: Session, person_ids: Iterable[int], reason: str, *, now: datetime) -> None:
    """Facts about these people were written: a few are worked out in the caller's transaction; more than 200 open a generation for
    everybody, named by ``reason``."""
    ids = set(person_ids)
    if len(ids) > AT_ONCE:
        begin_generation(session, reason, now)
    else:
        rebuild(session, sorted(ids), now=now)


def fold_pending(session: Session, now: datetime, limit: int = 5000) -> bool:
    """Fold some of the pending changes of the active generation into its tallies; True when none were left."""
    generation = session.scalar(
        select(Generation).where(Generation.active).with_for_update().execution_options(populate_existing=True)
    )
    return generation is None or tallies.fold(session, generation, limit) < limit


# --- requirements -------------------------------------------------------------------------------------------------------


def publish_requirement(
    session: Session,
    code: str,
    title: str,
    rule: dict[str, Any],
    from_day: date,
    actor: Actor,
    *,
    new: bool | None = None,
    apply_to_running: bool = False,
    about: dict[str, Any] | None = None,
) -> RequirementVersion:
    """A requirement, or a new version of the one with this code, in force from a day; everybody is worked out again.

    ``new`` True: there must be none with this code yet; False: there must be one. Adopted today for a past day, it binds from
    today. What a rule names but nobody knows is no error: ask ``queries.doubts`` first. ``about`` says what stands behind it
    (authority, citation, status, source, as_of, as text); own policy when left out.

    Raises:
        Invalid: the rule cannot be used (every fault with its field), there is no code or title, or the code is taken.
        NotFound: ``new`` is False and there is no requirement with this code.
    """
    Rule.parse(rule)
    code, title = code.strip(), title.strip()
    if not code or not title:
        raise Invalid(N_("A requirement needs a code and a title."))
    if code.upper().startswith(PREFIX):
        raise Invalid(N_("Codes that begin with %(prefix)s belong to assignments. Choose another one."), prefix=PREFIX)
    requirement = session.scalar(select(Requirement).where(func.lower(Requirement.code) == code.lower()))
    if requirement is not None and new:
        raise Invalid(N_("There is a requirement with the code “%(code)s” already."), code=requirement.code)
    if requirement is None:
        if new is False:
            raise NotFound(N_("There is no such requirement."))
        requirement = Requirement(code=code, created_at=actor.now)
        session.add(requirement)
        session.flush()
    own = RequirementVersion.requirement_id == requirement.id
    last = session.scalar(select(func.max(RequirementVersion.number)).where(own))
    former = session.scalar(
        select(RequirementVersion)
        .where(own, known(RequirementVersion), RequirementVersion.from_day <= from_day)
        .order_by(RequirementVersion.from_day.desc(), RequirementVersion.number.desc())
        .limit(1)
    )
    version = RequirementVersion(
        requirement_id=requirement.id,
        number=(last or 0) + 1,
        title=title,
        rule=rule,
        adopted_on=_today(session, actor),
        apply_to_running=apply_to_running,
        about=about or {},
        from_day=from_day,
        to_day=FOR_EVER,
        recorded_at=actor.now,
        recorded_by=actor.person_id,
    )
    session.add(version)
    session.flush()
    after = {"code": requirement.code, "title": title, "from": from_day.isoformat(), "rule": rule}
    before = (
        {"title": former.title, "from": former.from_day.isoformat(), "rule": former.rule}
        if former is not None
        else None
    )
    record(session, actor, "requirement.publish", "requirement", requirement.id, before=before, after=after)
    begin_generation(session, "requirement", actor.now)
    return version


def retire_requirement(
    session: Session, requirement_id: int, last_day: date, actor: Actor, *, reason: str = ""
) -> None:
    """No longer required after ``last_day`` (inclusive); the past stays as it was.

    Raises:
        NotFound: there is no such requirement.
        Invalid: it would end before it begins.
        Conflict: it has ended by then already.
    """
    requirement = session.get(Requirement, requirement_id)
    if requirement is None:
        raise NotFound(N_("There is no such requirement."))
    if requirement.code.startswith(PREFIX):
        raise Conflict(N_("This came of an assignment. Withdraw it there."))
    to_day = last_day + timedelta(days=1)
    versions = session.scalars(
        select(RequirementVersion)
        .where(RequirementVersion.requirement_id == requirement_id, known(RequirementVersion))
        .with_for_update()
    ).all()
    if not any(version.to_day > to_day for version in versions):
        raise Conflict(N_("This requirement has ended by that day already."))
    if all(version.from_day >= to_day for version in versions):
        raise Invalid(N_("A requirement cannot end before it begins."))
    ends = max(version.to_day for version in versions)
    for version in versions:
        if version.to_day > to_day:
            _supersede(version, actor)
            session.flush()
            if version.from_day < to_day:
                copied = (
                    "requirement_id",
                    "number",
                    "title",
                    "rule",
                    "adopted_on",
                    "apply_to_running",
                    "about",
                    "from_day",
                )
                fields = {name: getattr(version, name) for name in copied}
                session.add(
                    RequirementVersion(**fields, to_day=to_day, recorded_at=actor.now, recorded_by=actor.person_id)
                )
    session.flush()
    record(
        session,
        actor,
        "requirement.retire",
        "requirement",
        requirement_id,
        before={"last_day": None if ends >= FOR_EVER else (ends - timedelta(days=1)).isoformat()},
        after={"code": requirement.code, "last_day": last_day.isoformat()},
        reason=reason.strip() or None,
    )
    begin_generation(session, "requirement", actor.now)


# --- exemptions and extensions ------------------------------------------------------------------------------------------


def exempt(
    session: Session,
    person_id: int,
    requirement_id: int | None,
    first_day: date,
    last_day: date | None,
    reason: str,
    actor: Actor,
    *,
    file_id: int | None = None,
    follow: bool = True,
) -> Exemption:
    """Excuse a person from a requirement (None: from all) from ``first_day`` to ``last_day``, inclusive (None: until it is ended).

    ``file_id`` is a document that stands behind it. ``follow`` False: the caller works the timeline out, for many people at once.

    Raises:
        Denied: it is one's own.
        Invalid: no reason, or it ends before it begins.
        NotFound: no such person or requirement.
        Conflict: the same stands already: the form was sent twice.
    """
    refuse_own(actor.person_id, person_id)
    _must_exist(session, person_id, requirement_id)
    to_day = FOR_EVER if last_day is None else last_day + timedelta(days=1)
    if to_day <= first_day:
        raise Invalid(N_("The last day lies before the first day."))
    store.lock(session, [person_id])
    same = (Exemption.person_id == person_id, Exemption.requirement_id == requirement_id)
    days = (Exemption.from_day == first_day, Exemption.to_day == to_day)
    if session.scalar(select(Exemption.id).where(known(Exemption), *same, *days).limit(1)) is not None:
        raise Conflict(N_("Exempt on the first of these days already."))
    row = Exemption(
        person_id=person_id,
        requirement_id=requirement_id,
        from_day=first_day,
        to_day=to_day,
        reason=_reason(reason),
        file_id=file_id,
        recorded_at=actor.now,
        recorded_by=actor.person_id,
    )
    session.add(row)
    session.flush()
    after = {
        "requirement": requirement_id,
        "from": first_day.isoformat(),
        "last": last_day.isoformat() if last_day else None,
        "document": file_id,
    }
    record(session, actor, "exemption.grant", "person", person_id, after=after, reason=row.reason)
    if follow:
        rebuild(session, [person_id], now=actor.now)
    return row


def end_exemption(session: Session, exemption_id: int, last_day: date, reason: str, actor: Actor) -> None:
    """An exemption ends after ``last_day``; one that would end before it began is withdrawn: it never was, as known now.

    Raises:
        NotFound: there is none with this id.
        Denied: it is one's own.
        Conflict: it ends by then already.
        Invalid: no reason.
    """
    row = session.get(Exemption, exemption_id, with_for_update=True, populate_existing=True)
    if row is None or row.superseded_at is not None:
        raise NotFound(N_("There is no such exemption."))
    refuse_own(actor.person_id, row.person_id)
    said = _reason(reason)
    to_day = last_day + timedelta(days=1)
    if to_day >= row.to_day:
        raise Conflict(N_("This exemption ends by that day already."))
    _supersede(row, actor)
    withdrawn = to_day <= row.from_day
    if not withdrawn:
        session.add(
            Exemption(
                person_id=row.person_id,
                requirement_id=row.requirement_id,
                from_day=row.from_day,
                to_day=to_day,
                reason=row.reason,
                file_id=row.file_id,
                recorded_at=actor.now,
                recorded_by=actor.person_id,
            )
        )
    before = {
        "requirement": row.requirement_id,
        "from": row.from_day.isoformat(),
        "last": _last(row.to_day),
        "reason": row.reason,
    }
    after = None if withdrawn else {"from": row.from_day.isoformat(), "last": last_day.isoformat()}
    action = "exemption.withdraw" if withdrawn else "exemption.end"
    record(session, actor, action, "person", row.person_id, before=before, after=after, reason=said)
    rebuild(session, [row.person_id], now=actor.now)


def extend(
    session: Session,
    person_id: int,
    requirement_id: int,
    cycle: int,
    due: date,
    reason: str,
    actor: Actor,
    *,
    file_id: int | None = None,
    follow: bool = True,
) -> Extension:
    """Another due day, the last good one, for one cycle of a person (numbered as in the spans); it replaces an earlier extension.

    ``file_id`` is a document that stands behind it. ``follow`` False: the caller works the timeline out, for many people at once.

    Raises:
        Denied: it is one's own.
        Invalid: no reason.
        NotFound: no such person or requirement.
    """
    refuse_own(actor.person_id, person_id)
    _must_exist(session, person_id, requirement_id)
    earlier = session.scalars(
        select(Extension).where(
            Extension.person_id == person_id,
            Extension.requirement_id == requirement_id,
            Extension.cycle == cycle,
            known(Extension),
        )
    )
    for row in earlier:
        _supersede(row, actor)
    row = Extension(
        person_id=person_id,
        requirement_id=requirement_id,
        cycle=cycle,
        due=due,
        granted_on=_today(session, actor),
        reason=_reason(reason),
        file_id=file_id,
        recorded_at=actor.now,
        recorded_by=actor.person_id,
    )
    session.add(row)
    session.flush()
    after = {"requirement": requirement_id, "cycle": cycle, "due": due.isoformat(), "document": file_id}
    record(session, actor, "extension.grant", "person", person_id, after=after, reason=row.reason)
    if follow:
        rebuild(session, [person_id], now=actor.now)
    return row


def _supersede(row: RequirementVersion | Exemption | Extension, actor: Actor) -> None:
    row.superseded_at, row.superseded_by = actor.now, actor.person_id


def _last(to_day: date) -> str | None:
    return None if to_day >= FOR_EVER else (to_day - timedelta(days=1)).isoformat()


def _reason(text: str) -> str:
    if not text.strip():
        raise Invalid(N_("Give a reason."))
    return text.strip()


def _must_exist(session: Session, person_id: int, requirement_id: int | None) -> None:
    if session.get(Person, person_id) is None:
        raise NotFound(N_("There is no such person."))
    if requirement_id is not None and session.get(Requirement, requirement_id) is None:
        raise NotFound(N_("There is no such requirement."))


def _today(session: Session, actor: Actor) -> date:
    organisation = load(session)
    return local_day(actor.now, organisation.zone if organisation else "UTC")
