"""What waits for a decision: one list of sources, each a count. Who builds something that waits adds one line to :data:`SOURCES`,
and its sentence in ``lms.web.reports.waiting``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.access import Permission, Viewer, may, scope
from lms.compliance import more_time
from lms.compliance import queries as compliance
from lms.compliance.drafts.models import RequirementDraft
from lms.db import known
from lms.notices.models import Mail
from lms.people.models import FeedProblem, Membership
from lms.people.queries import visible_departments, visible_to
from lms.people.tree import Tree
from lms.records.outside.queries import how_many_wait
from lms.reports.attempts import used_up

LOOK_BACK = timedelta(days=14)
"""Mail that could not be delivered is told for so long."""


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks, on which day, at which moment; the ``tree`` of the day, where it was read already."""

    viewer: Viewer
    day: date
    now: datetime
    tree: Tree | None = None
    _reach: dict[frozenset[int] | None, Select[int]] = field(default_factory=dict, init=False, compare=False)

    def visible(self, session: Session, permission: Permission) -> Select[int]:
        """The ids of the people for whom the viewer holds the permission; asked once for permissions that reach equally far."""
        roots = scope(self.viewer, permission)
        if roots not in self._reach:
            self._reach[roots] = visible_to(session, self.viewer, permission, self.day, self.tree)
        return self._reach[roots]


@dataclass(frozen=True, slots=True)
class Source:
    """Something that waits, for whoever holds ``permission``. Either ``select`` (a count, asked together with the others in one
    statement) or ``find`` (which asks for itself)."""

    name: str
    permission: Permission
    select: Callable[[Session, Look], Select[Any]] | None = None
    find: Callable[[Session, Look], int] | None = None


def undelivered(day: date, now: datetime, departments: Collection[int] | None) -> Select[Any]:
    """(person, ``on_day``, here a moment): to whom a mail of the last days could not be delivered, and none of them could."""
    later = select(Mail.person_id).where(Mail.created_at >= now - LOOK_BACK, Mail.sent_at.is_not(None))
    columns: list[Any] = [Mail.person_id, func.max(Mail.failed_at).label("on_day")]
    query = (
        select(*columns)
        .where(
            Mail.created_at >= now - LOOK_BACK,
            Mail.failed_at.is_not(None),
            Mail.sent_at.is_(None),
            Mail.person_id.is_not(None),
            Mail.person_id.not_in(later.where(Mail.person_id.is_not(None))),
        )
        .group_by(Mail.person_id)
    )
    if departments is None:
        return query
    there = select(Membership.person_id).where(
        known(Membership),
        Membership.department_id.in_(departments),
        Membership.from_day <= day,
        Membership.to_day > day,
    )
    return query.where(Mail.person_id.in_(there))


def _outside(session: Session, look: Look) -> Select[Any]:
    visible = look.visible(session, Permission.OUTSIDE_DECIDE)
    return how_many_wait(visible, not_person=look.viewer.person_id)


def _problems(session: Session, look: Look) -> Select[Any]:
    return select(func.count()).select_from(FeedProblem).where(FeedProblem.solved_at.is_(None))


def _drafts(session: Session, look: Look) -> Select[Any]:
    return select(func.count()).select_from(RequirementDraft).where(RequirementDraft.closed_at.is_(None))


def _undelivered(session: Session, look: Look) -> Select[Any]:
    departments = visible_departments(session, look.viewer, Permission.PEOPLE_EDIT, look.day)
    return select(func.count()).select_from(undelivered(look.day, look.now, departments).subquery())


def _more_time(session: Session, look: Look) -> int:
    visible = look.visible(session, Permission.EXTENSION_DECIDE)
    return len(more_time.waiting(session, visible, look.day, not_person=look.viewer.person_id))


def _attempts(session: Session, look: Look) -> int:
    visible = look.visible(session, Permission.ATTEMPT_GRANT)
    return len(used_up(session, visible, look.day, not_person=look.viewer.person_id))


def _sources_to_read(session: Session, look: Look) -> Select[Any]:
    return compliance.sources_to_read(look.day)


SOURCES = (
    Source("more_time", Permission.EXTENSION_DECIDE, find=_more_time),
    Source("attempts", Permission.ATTEMPT_GRANT, find=_attempts),
    Source("outside", Permission.OUTSIDE_DECIDE, _outside),
    Source("problems", Permission.PEOPLE_IMPORT, _problems),
    Source("drafts", Permission.REQUIREMENT_EDIT, _drafts),
    Source("undelivered", Permission.PEOPLE_EDIT, _undelivered),
    Source("sources_to_read", Permission.REQUIREMENT_EDIT, _sources_to_read),
)
"""Everything that can wait, in the order in which it is shown."""


def waiting(session: Session, look: Look) -> dict[str, int]:
    """What waits for this viewer: the name of each source with something in it, and how much."""
    mine = [source for source in SOURCES if may(look.viewer, source.permission)]
    together = {each.name: each.select(session, look).scalar_subquery() for each in mine if each.select is not None}
    found: dict[str, int] = {}
    if together:
        found = dict(zip(together, session.execute(select(*together.values())).one(), strict=True))
    found |= {each.name: each.find(session, look) for each in mine if each.find is not None}
    return {each.name: found[each.name] for each in mine if found[each.name]}
