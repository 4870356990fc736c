"""Who holds a role that decides, as viewers whose reach can be asked: of all of them at once, however many they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lms.access import Grant, Permission, Role, Viewer, scope
from lms.accounts.models import Account, RoleGrant
from lms.people import queries as people
from lms.people.models import Membership
from lms.people.reach import Reach, reach


class Holders:
    """Everybody with an open account who holds a role on ``day``, and the departments of that day. Two statements."""

    def __init__(self, session: Session, day: date) -> None:
        self.session, self.day, self._tree = session, day, people.tree(session, day)
        self._grants: dict[tuple[int, int], set[Grant]] = {}
        query = (
            select(Account.person_id, Account.id, RoleGrant.role, RoleGrant.department_id)
            .join(RoleGrant, RoleGrant.account_id == Account.id)
            .where(RoleGrant.revoked_at.is_(None), Account.closed_at.is_(None))
            .order_by(Account.person_id)
        )
        for person_id, account_id, role, department_id in session.execute(query):
            self._grants.setdefault((person_id, account_id), set()).add(Grant(Role(role), department_id))

    def of(self, roles: Collection[Role]) -> list[Viewer]:
        """Those who hold one of these roles, with these grants alone, by person."""
        held = {
            who: frozenset(grant for grant in grants if grant.role in roles) for who, grants in self._grants.items()
        }
        return [Viewer(person, account, "", grants) for (person, account), grants in held.items() if grants]

    def reach(self, person_ids: Iterable[int]) -> Reach:
        """Whom of these people each of them sees. One statement for some thousands of people."""
        return reach(self.session, self._tree, person_ids, self.day)

    def visible_to(self, viewers: Mapping[Viewer, Permission]) -> Select[int] | None:
        """The ids of the people whom one of these sees with their permission, as a subquery; None: of everybody."""
        roots: set[int] = set()
        for viewer, permission in viewers.items():
            own = scope(viewer, permission)
            if own is None:
                return None
            roots |= own
        departments = self._tree.subtree(roots)
        return select(Membership.person_id).where(
            Membership.department_id.in_(departments), *people.seen_there(self.day)
        )
