"""People are found by their profession as they are by their job: lists narrowed to one read every membership there is.

Revision ID: 0036
Revises: 0035
"""

from alembic import op
from sqlalchemy import text

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    now = text("superseded_at is null")
    op.create_index(
        "ix_membership_profession", "membership", ["profession", "person_id", "to_day", "from_day", "primary"],
        sqlite_where=now, postgresql_where=now,
    )  # fmt: skip


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_membership_profession", "membership")
