"""Spans of a person are found by their last day, so that those of past years are not read for a day of this one.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.drop_index("ix_span_person", "span")
    op.create_index("ix_span_person", "span", ["person_id", "generation_id", "to_day"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_span_person", "span")
    op.create_index("ix_span_person", "span", ["person_id", "generation_id"])
