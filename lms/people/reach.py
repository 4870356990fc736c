"""Which of some people many viewers may see, asked for all of the viewers at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access import Permission, Viewer, scope
from lms.bulk import batches
from lms.people.models import Membership
from lms.people.queries import seen_there
from lms.people.tree import Tree


class Reach(NamedTuple):
    """Some people, and those of them who are seen through each department: who of them a viewer sees is then asked of no database."""

    tree: Tree
    everybody: frozenset[int]
    by_department: Mapping[int, Set[int]]

    def seen_by(self, viewer: Viewer, permission: Permission) -> Set[int]:
        """Those for whom the viewer holds the permission: of these people the same as :func:`lms.people.queries.visible_to`."""
        roots = scope(viewer, permission)
        if roots is None:
            return self.everybody
        found: set[int] = set()
        for department in self.tree.subtree(roots) & self.by_department.keys():
            found |= self.by_department[department]
        return found


def reach(session: Session, tree: Tree, person_ids: Iterable[int], day: date) -> Reach:
    """What viewers can be asked of about these people on ``day``, whose ``tree`` it is. One statement for some thousands of people."""
    everybody = frozenset(person_ids)
    places: dict[int, set[int]] = {}
    for some in batches(sorted(everybody)):
        where = (Membership.person_id.in_(some), *seen_there(day))
        for department, person_id in session.execute(
            select(Membership.department_id, Membership.person_id).where(*where)
        ):
            places.setdefault(department, set()).add(person_id)
    return Reach(tree, everybody, places)
