"""What an import changed on a row is found by the row: looking through all it changed for each person took minutes.

Revision ID: 0032
Revises: 0031
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_index("ix_import_change_row", "import_change", ["import_id", "table_name", "row_id"])
    op.drop_index("ix_import_change_import_id", "import_change")


def downgrade() -> None:
    """Take it back."""
    op.create_index("ix_import_change_import_id", "import_change", ["import_id"])
    op.drop_index("ix_import_change_row", "import_change")
