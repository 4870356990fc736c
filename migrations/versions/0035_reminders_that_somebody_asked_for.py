"""A line of a reminder says who asked for it, where somebody did.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("notice_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_by", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_notice_line_asked_by"), "person", ["asked_by"], ["id"])
    filled = sa.text("asked_by IS NOT NULL")
    op.create_index(
        "ix_notice_line_asked_by", "notice_line", ["asked_by"], sqlite_where=filled, postgresql_where=filled
    )


def downgrade() -> None:
    """Take it back. A line that was asked for stays as one of the plan's own."""
    op.execute(
        "update notice_line set reason = case when amount < 0 then 'late' else 'assigned' end where reason = 'asked'"
    )
    op.drop_index("ix_notice_line_asked_by", "notice_line")
    with op.batch_alter_table("notice_line", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_notice_line_asked_by"), type_="foreignkey")
        batch_op.drop_column("asked_by")
