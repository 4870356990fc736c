"""What stands behind a version of a requirement: authority, citation, status, source. Versions that are there are own policy.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    with op.batch_alter_table("requirement_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    with op.batch_alter_table("requirement_version", schema=None) as batch_op:
        batch_op.alter_column("about", server_default=None)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("requirement_version", schema=None) as batch_op:
        batch_op.drop_column("about")
