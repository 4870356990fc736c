"""People are found whether or not accents and capitals are typed: what the search looks through is kept beside the name.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

from lms.people.folding import folded_person

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BATCH = 5_000


def upgrade() -> None:
    """Make the change."""
    op.add_column("person", sa.Column("folded", sa.String(), nullable=False, server_default=sa.text("''")))
    own = ("id", "given_name", "family_name", "number", "email", "folded")
    person = sa.table("person", *(sa.column(name) for name in own))
    connection = op.get_bind()
    last = 0
    some = sa.select(*(person.c[name] for name in own[:-1])).order_by(person.c.id).limit(BATCH)
    while rows := connection.execute(some.where(person.c.id > last)).all():
        last = rows[-1].id
        connection.execute(
            person.update().where(person.c.id == sa.bindparam("one")).values(folded=sa.bindparam("text")),
            [{"one": one, "text": folded_person(*rest)} for one, *rest in rows],
        )


def downgrade() -> None:
    """Take it back."""
    op.drop_column("person", "folded")
