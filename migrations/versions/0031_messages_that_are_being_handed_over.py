"""Messages say since when they are being handed to the mail server, so that a crash in between sends none of them twice.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("mail", sa.Column("handing_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("mail", "handing_since")
