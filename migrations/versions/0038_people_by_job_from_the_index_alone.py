"""People of a job or profession are read from the index alone: SQLite asks each row of the table whether it is superseded, although the
index holds only those that are not, unless that stands in the index too.

Revision ID: 0038
Revises: 0037
"""

from alembic import op
from sqlalchemy import text

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

COLUMNS = ("person_id", "to_day", "from_day", "primary")


def upgrade() -> None:
    """Make the change."""
    _indexed(*COLUMNS, "superseded_at")


def downgrade() -> None:
    """Take it back."""
    _indexed(*COLUMNS)


def _indexed(*columns: str) -> None:
    now = text("superseded_at is null")
    for what in ("job", "profession"):
        name = f"ix_membership_{what}"
        op.drop_index(name, "membership")
        op.create_index(name, "membership", [what, *columns], sqlite_where=now, postgresql_where=now)
