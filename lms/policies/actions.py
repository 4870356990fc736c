"""Verbs of policies: publish a version, withdraw one that nobody acknowledged, acknowledge. Timelines are the flow's business."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.audit import Actor, record
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.files import StoredFile
from lms.policies.models import Acknowledgement, Policy, PolicyDocument, PolicyVersion


def publish_version(
    session: Session,
    code: str,
    title: str,
    note: str,
    from_day: date,
    documents: Mapping[str, StoredFile],
    by: Actor,
    *,
    new: bool | None = None,
) -> PolicyVersion:
    """The first or the next version of a policy, in force from a day. ``documents`` are stored files by language.

    Raises:
        Invalid: no code, title or document, or (``new``) the code is taken.
        NotFound: ``new`` is False and there is no policy with this code.
        Conflict: it would be in force before the version that it follows.
    """
    code, title = "-".join(code.split()), " ".join(title.split())
    if not code or not title or len(code) > 60 or ":" in code:
        raise Invalid(N_("A policy needs a short code without spaces, and a title."))
    if not documents:
        raise Invalid(N_("Choose the document that people are to read."))
    policy = session.scalar(select(Policy).where(func.lower(Policy.code) == code.lower()).with_for_update())
    if policy is not None and new:
        raise Invalid(N_("There is a policy with the code “%(code)s” already."), code=policy.code)
    if policy is None:
        if new is False:
            raise NotFound(N_("There is no such policy."))
        policy = Policy(code=code, created_at=by.now)
        session.add(policy)
        session.flush()
    versions = session.scalars(select(PolicyVersion).where(PolicyVersion.policy_id == policy.id)).all()
    last = max((each.from_day for each in versions if each.superseded_at is None), default=None)
    if last is not None and from_day <= last:
        raise Conflict(N_("The version before is in force from %(day)s. Choose a later day."), day=last)
    made = PolicyVersion(
        policy_id=policy.id, number=max((each.number for each in versions), default=0) + 1, title=title, note=note.strip(),
        from_day=from_day, recorded_at=by.now, recorded_by=by.person_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    for language, stored in documents.items():
        session.add(PolicyDocument(version_id=made.id, language=language, file_id=stored.id))
    session.flush()
    files = {language: stored.sha256 for language, stored in sorted(documents.items())}
    after = {"code": policy.code, "version": made.number, "title": title, "from": from_day.isoformat(), "files": files}
    former = max(
        (each for each in versions if each.superseded_at is None), key=lambda each: each.from_day, default=None
    )
    before = {"version": former.number, "title": former.title, "from": former.from_day.isoformat()} if former else None
    record(session, by, "policy.publish", "policy", policy.id, before=before, after=after)
    return made


def withdraw_version(session: Session, version_id: int, by: Actor, reason: str) -> PolicyVersion:
    """A version was published by mistake: as known now it never was.

    Raises:
        Invalid: no reason.
        NotFound: no such version, or it was withdrawn already.
        Conflict: somebody acknowledged it: publish the next version instead.
    """
    if not reason.strip():
        raise Invalid(N_("Enter a reason; it is kept in the audit log."))
    version = session.get(PolicyVersion, version_id, with_for_update=True, populate_existing=True)
    if version is None or version.superseded_at is not None:
        raise NotFound(N_("There is no such version, or it was withdrawn already."))
    if session.scalar(select(Acknowledgement.id).where(Acknowledgement.version_id == version_id).limit(1)) is not None:
        raise Conflict(N_("People have acknowledged this version already. Publish the next version instead."))
    version.superseded_at, version.superseded_by = by.now, by.person_id
    session.flush()
    record(
        session, by, "policy.withdraw", "policy", version.policy_id, before={"version": version.number}, reason=reason.strip()
    )  # fmt: skip
    return version


def acknowledge(session: Session, version_id: int, person_id: int, language: str, day: date, by: Actor) -> None:
    """Somebody has read and understood a version, in a language; said twice, the first time counts.

    Raises:
        NotFound: no such version, or it was withdrawn.
        Conflict: it is not in force yet, or there is a newer one.
        Invalid: there is no document in this language.
    """
    shared = {"read": True, "key_share": True}
    version = session.get(PolicyVersion, version_id, with_for_update=shared, populate_existing=True)
    if version is None or version.superseded_at is not None:
        raise NotFound(N_("There is no such policy, or it was withdrawn."))
    if version.from_day > day:
        raise Conflict(N_("This version is in force from %(day)s; it can be acknowledged then."), day=version.from_day)
    newer = select(PolicyVersion.id).where(
        PolicyVersion.policy_id == version.policy_id, PolicyVersion.number > version.number,
        PolicyVersion.superseded_at.is_(None), PolicyVersion.from_day <= day,
    )  # fmt: skip
    if session.scalar(newer.limit(1)) is not None:
        raise Conflict(N_("There is a newer version of this policy. Read and acknowledge that one."))
    if session.get(PolicyDocument, (version_id, language)) is None:
        raise Invalid(N_("Open the policy in one of its languages first."))
    same = select(Acknowledgement.id).where(
        Acknowledgement.version_id == version_id, Acknowledgement.person_id == person_id
    )
    if session.scalar(same) is not None:
        return
    made = Acknowledgement(
        version_id=version_id, person_id=person_id, language=language, day=day, acknowledged_at=by.now
    )
    session.add(made)
    session.flush()
    record(
        session, by, "policy.acknowledge", "acknowledgement", made.id, about=person_id,
        after={"policy": version.policy_id, "version": version.number, "language": language},
    )  # fmt: skip
