"""Lists of people by name and by number are read from the index alone: it holds the id by which equal names are put in order.

Revision ID: 0026
Revises: 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ORDERS = {"ix_person_name": ["family_name", "given_name"], "ix_person_number": ["number"]}


def upgrade() -> None:
    """Make the change."""
    for name, columns in ORDERS.items():
        op.drop_index(name, "person")
        op.create_index(name, "person", [*columns, "id"])


def downgrade() -> None:
    """Take it back."""
    for name, columns in ORDERS.items():
        op.drop_index(name, "person")
        op.create_index(name, "person", columns)
