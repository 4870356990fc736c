"""Lists of people by number and by job are read along an index, page by page.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KNOWN = sa.text("superseded_at is null")


def upgrade() -> None:
    """Make the change."""
    op.create_index("ix_person_number", "person", ["number"])
    op.create_index(
        "ix_membership_job",
        "membership",
        ["job", "person_id", "to_day", "from_day", "primary"],
        sqlite_where=KNOWN,
        postgresql_where=KNOWN,
    )


def downgrade() -> None:
    """Take them back."""
    op.drop_index("ix_membership_job", "membership")
    op.drop_index("ix_person_number", "person")
