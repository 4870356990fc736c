"""Policies that people read and acknowledge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.compliance import actions as compliance
from lms.compliance.rulebook import asks_for_policy
from lms.files import StoredFile
from lms.policies import actions as policies
from lms.policies.models import Policy, PolicyVersion


def publish_policy(
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
    """A policy, or its next version; everybody is worked out again where a requirement asks for it.

    Raises:
        Invalid, NotFound, Conflict: see :func:`lms.policies.actions.publish_version`.
    """
    made = policies.publish_version(session, code, title, note, from_day, documents, by, new=new)
    _policy_changed(session, made, by)
    return made


def withdraw_policy(session: Session, version_id: int, by: Actor, reason: str) -> None:
    """A version that nobody acknowledged was published by mistake.

    Raises:
        Invalid, NotFound, Conflict: see :func:`lms.policies.actions.withdraw_version`.
    """
    _policy_changed(session, policies.withdraw_version(session, version_id, by, reason), by)


def _policy_changed(session: Session, version: PolicyVersion, by: Actor) -> None:
    if asks_for_policy(session, session.get_one(Policy, version.policy_id).code):
        compliance.begin_generation(session, "policy", by.now)


def acknowledge_policy(session: Session, version_id: int, language: str, today: date, by: Actor) -> None:
    """Who asks has read and understood a version; their timeline follows in the same transaction.

    Raises:
        NotFound, Conflict, Invalid: see :func:`lms.policies.actions.acknowledge`.
    """
    assert by.person_id is not None
    policies.acknowledge(session, version_id, by.person_id, language, today, by)
    compliance.rebuild(session, [by.person_id], now=by.now)
