"""Lines of notices are found by the mail that told them: taking back a mail that waited read every line there is.

Revision ID: 0037
Revises: 0036
"""

from alembic import op
from sqlalchemy import text

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    told = text("mail_id IS NOT NULL")
    op.create_index("ix_notice_line_mail_id", "notice_line", ["mail_id"], sqlite_where=told, postgresql_where=told)


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_notice_line_mail_id", "notice_line")
