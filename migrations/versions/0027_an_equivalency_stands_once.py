"""An equivalency stands once: for everybody, and for each person.

Of several that say the same from the same day the first goes on; the others are superseded now.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

STANDS = "superseded_at is null"
INDEXES = {
    "uq_equivalency_everybody": (["source", "target_id", "from_day"], f"{STANDS} and person_id is null"),
    "uq_equivalency_person": (["source", "target_id", "person_id", "from_day"], STANDS),
}


def upgrade() -> None:
    """Make the change."""
    op.execute(
        "update equivalency set superseded_at = current_timestamp where superseded_at is null and exists ("
        "select 1 from equivalency as first where first.superseded_at is null and first.id < equivalency.id "
        "and first.source = equivalency.source and first.target_id = equivalency.target_id "
        "and first.from_day = equivalency.from_day "
        "and coalesce(first.person_id, 0) = coalesce(equivalency.person_id, 0))"
    )
    for name, (columns, where) in INDEXES.items():
        op.create_index(
            name, "equivalency", columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )


def downgrade() -> None:
    """Undo it."""
    for name in INDEXES:
        op.drop_index(name, table_name="equivalency")
