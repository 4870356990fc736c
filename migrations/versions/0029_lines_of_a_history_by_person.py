"""Lines of a file of completions are found by state and person, so that a slice costs the same however many are left.

Revision ID: 0029
Revises: 0028
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.drop_index("ix_history_row_state", "history_row")
    op.create_index("ix_history_row_state", "history_row", ["run_id", "state", "person_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_history_row_state", "history_row")
    op.create_index("ix_history_row_state", "history_row", ["run_id", "state"])
