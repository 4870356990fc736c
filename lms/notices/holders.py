"""Who holds a role, as viewers whose reach can be asked."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access import Grant, Role, Viewer
from lms.accounts.models import Account, RoleGrant


def holders(session: Session, roles: Collection[Role]) -> list[Viewer]:
    """Everybody with an open account who holds one of these roles, with these grants alone, by person. One statement."""
    grants: dict[tuple[int, int], set[Grant]] = {}
    query = (
        select(Account.person_id, Account.id, RoleGrant.role, RoleGrant.department_id)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(RoleGrant.revoked_at.is_(None), Account.closed_at.is_(None), RoleGrant.role.in_(roles))
        .order_by(Account.person_id)
    )
    for person_id, account_id, role, department_id in session.execute(query):
        grants.setdefault((person_id, account_id), set()).add(Grant(Role(role), department_id))
    return [Viewer(person_id, account_id, "", frozenset(held)) for (person_id, account_id), held in grants.items()]
