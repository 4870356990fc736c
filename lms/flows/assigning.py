"""A course assigned to people by name: what is asked, and their timelines, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy.orm import Session

from lms.audit import Actor
from lms.compliance import assignments
from lms.compliance.assignments import Wanted
from lms.compliance.models import Assignment
from lms.flows.staffing import people_changed


def assign_course(
    session: Session,
    wanted: Wanted,
    title: str,
    person_ids: Collection[int],
    actor: Actor,
    *,
    files: Mapping[int, int] | None = None,
) -> Assignment:
    """Ask a course of these people by a day; only their timelines are worked out again.

    Raises:
        Invalid, NotFound: see :func:`lms.compliance.assignments.assign`.
    """
    made = assignments.assign(session, wanted, title, person_ids, actor, files=files)
    people_changed(session, person_ids, actor)
    return made


def withdraw_assignment(
    session: Session,
    requirement_id: int,
    person_ids: Collection[int],
    reason: str,
    actor: Actor,
    *,
    mistake: bool = False,
) -> list[int]:
    """It is no longer asked of these people, or never should have been; their timelines follow. Gives whom it concerned.

    Raises:
        Invalid, Conflict: see :func:`lms.compliance.assignments.withdraw`.
    """
    gone = assignments.withdraw(session, requirement_id, person_ids, reason, actor, mistake=mistake)
    people_changed(session, gone, actor)
    return gone
