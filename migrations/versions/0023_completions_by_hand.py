"""Why HR wrote a completion down by hand.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "manual_completion",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_manual_completion_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["training_record.id"], name=op.f("fk_manual_completion_record_id_training_record")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_manual_completion")),
    )


def downgrade() -> None:
    """Take it back. The records stay."""
    op.drop_table("manual_completion")
