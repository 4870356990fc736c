"""The people of a cell are found and put in order without reading everybody's spans.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS = ["generation_id", "requirement_id", "state", "to_day", "from_day", "due", "person_id", "department_id"]


def upgrade() -> None:
    """Make the change."""
    op.create_index("ix_span_cell", "span", COLUMNS, sqlite_where=sa.text("requirement_id = 0"))


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_span_cell", "span")
