"""Panels that set pass marks.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "angoff_panel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("judges", sa.JSON(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("ratings", sa.JSON(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adopted_by", sa.Integer(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.CheckConstraint("(adopted_at is null) = (result is null)", name=op.f("ck_angoff_panel_result")),
        sa.ForeignKeyConstraint(["begun_by"], ["person.id"], name=op.f("fk_angoff_panel_begun_by_person")),
        sa.ForeignKeyConstraint(["adopted_by"], ["person.id"], name=op.f("fk_angoff_panel_adopted_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_angoff_panel")),
    )
    op.create_index(op.f("ix_angoff_panel_slug"), "angoff_panel", ["slug"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index(op.f("ix_angoff_panel_slug"), table_name="angoff_panel")
    op.drop_table("angoff_panel")
