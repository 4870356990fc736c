"""Secondary memberships are few, and a page of completion asks for all of a day: they have an index of their own.

Revision ID: 0039
Revises: 0038
"""

from alembic import op
from sqlalchemy import text

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

NAME = "ix_membership_secondary"


def upgrade() -> None:
    """Make the change."""
    op.create_index(
        NAME, "membership", ["department_id", "person_id", "to_day", "from_day", "primary", "superseded_at"],
        sqlite_where=text('superseded_at is null and "primary" = 0'),
        postgresql_where=text('superseded_at is null and not "primary"'),
    )  # fmt: skip


def downgrade() -> None:
    """Take it back."""
    op.drop_index(NAME, "membership")
