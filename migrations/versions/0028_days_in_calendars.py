"""Messages keep the last day that they put into a calendar, so that the night finds whose calendar is not right any more.

Revision ID: 0028
Revises: 0027
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BATCH = 5000


def upgrade() -> None:
    """Make the change."""
    op.add_column("mail", sa.Column("events_until", sa.Date(), nullable=True))
    op.create_index("ix_mail_events_until", "mail", ["events_until"])
    mail = sa.table(
        "mail", sa.column("id", sa.Integer), sa.column("events", sa.JSON(none_as_null=True)), sa.column("events_until", sa.Date)
    )  # fmt: skip
    connection = op.get_bind()
    wrote = sa.select(mail.c.id, mail.c.events).where(mail.c.events.is_not(None)).order_by(mail.c.id).limit(BATCH)
    into = (
        sa.update(mail).where(mail.c.id == sa.bindparam("mail")).values(events_until=sa.bindparam("until", type_=sa.Date()))
    )  # fmt: skip
    last = 0
    while rows := connection.execute(wrote.where(mail.c.id > last)).all():
        last = rows[-1].id
        connection.execute(into, [{"mail": row.id, "until": _until(row.events)} for row in rows])


def _until(events: Iterable[Any] | None) -> date | None:
    """The last due day of those that are not taken back: an event is (requirement, cycle, title, due day, whether it is taken back)."""
    days = [date.fromisoformat(event[3]) for event in events or () if not event[4]]
    return max(days, default=None)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_mail_events_until", "mail")
    op.drop_column("mail", "events_until")
