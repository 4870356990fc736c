"""What learners press on the clocks of timed scenes.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "scene_press",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("press", sa.String(), nullable=False),
        sa.Column("pressed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_scene_press_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scene_press")),
    )
    op.create_index(op.f("ix_scene_press_attempt_id"), "scene_press", ["attempt_id"])


def downgrade() -> None:
    """Undo the change."""
    op.drop_index(op.f("ix_scene_press_attempt_id"), table_name="scene_press")
    op.drop_table("scene_press")
