"""How an answer is written down: by one statement that is put together once, for this is what everybody waits for.

The attempt must be locked (:func:`lms.learning.queries.lock_attempt`): then nobody else takes the next number, or sends the same key,
at the same moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, exists, false, func, insert, select
from sqlalchemy.orm import Session

from lms.learning.models import Answer
from lms.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Saved:
    """An answer that is kept: when it arrived, when it was given, whether it came too late to be scored.

    ``newest_at`` is when the newest answer in time to the same item was given, as it was known before this one or with it; None: there
    is none.
    """

    id: int
    saved_at: datetime
    given_at: datetime
    late: bool
    newest_at: datetime | None

    @property
    def counts(self) -> bool:
        """Whether it is the one that counts for its item: none was given after it, and it arrived in time."""
        return not self.late and (self.newest_at is None or self.newest_at <= self.given_at)


TABLE = cast(Table, Answer.__table__)
EARLIER = TABLE.alias("earlier")
OF_ATTEMPT = EARLIER.c.attempt_id == bindparam("attempt_id")
NEXT = select(func.coalesce(func.max(EARLIER.c.sequence), 0) + 1).where(OF_ATTEMPT).scalar_subquery()
NEWEST = (
    select(func.max(EARLIER.c.given_at))
    .where(OF_ATTEMPT, EARLIER.c.item_id == bindparam("item_id"), EARLIER.c.late == false())
    .scalar_subquery()
)
GIVEN = ("attempt_id", "item_id", "response", "language", "key", "saved_at", "given_at", "late")
SAVE = Prepared(
    insert(TABLE)
    .from_select(
        ["sequence", *GIVEN],
        select(NEXT, *(bindparam(name, type_=TABLE.c[name].type) for name in GIVEN)).where(
            ~exists().where(OF_ATTEMPT, EARLIER.c.key == bindparam("key"))
        ),
    )
    .returning(TABLE.c.id, NEWEST.label("newest_at"))
)
"""Writes the next answer of an attempt, unless one has come with its key."""

KEPT = Prepared(
    select(TABLE.c.id, TABLE.c.saved_at, TABLE.c.given_at, TABLE.c.late, NEWEST.label("newest_at")).where(
        TABLE.c.attempt_id == bindparam("attempt_id"), TABLE.c.key == bindparam("key")
    )
)


def save(
    session: Session,
    attempt_id: int,
    item_id: str,
    response: Mapping[str, Any],
    *,
    language: str,
    key: str,
    now: datetime,
    given: datetime,
    late: bool = False,
) -> Saved | None:
    """Write an answer down; None, and nothing written, where one has come with its key before."""
    written = SAVE.row(
        session, attempt_id=attempt_id, item_id=item_id, response=dict(response), language=language, key=key, saved_at=now,
        given_at=given, late=late,
    )  # fmt: skip
    return Saved(written.id, now, given, late, written.newest_at) if written is not None else None


def saved_before(session: Session, attempt_id: int, item_id: str, key: str) -> Saved | None:
    """The answer of an attempt that came with this key, if one did."""
    row = KEPT.row(session, attempt_id=attempt_id, item_id=item_id, key=key)
    return Saved(*row) if row is not None else None
