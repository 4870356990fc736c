"""How the files of each source are read, and what could not be taken in.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "feed_problem",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("column", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.Column("remedy", sa.JSON(), nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved_by", sa.Integer(), nullable=True),
        sa.Column("solved_how", sa.String(), nullable=True),
        sa.Column("remark", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["assigned_to"], ["person.id"], name=op.f("fk_feed_problem_assigned_to")),
        sa.ForeignKeyConstraint(["solved_by"], ["person.id"], name=op.f("fk_feed_problem_solved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_problem")),
    )
    with op.batch_alter_table("feed_problem", schema=None) as batch_op:
        batch_op.create_index("ix_feed_problem_open", ["source", "what", "solved_at"], unique=False)
        batch_op.create_index(
            "uq_feed_problem_mark",
            ["source", "mark"],
            unique=True,
            sqlite_where=sa.text("solved_at is null"),
            postgresql_where=sa.text("solved_at is null"),
        )

    op.create_table(
        "feed_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["saved_by"], ["person.id"], name=op.f("fk_feed_source_saved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_source")),
        sa.UniqueConstraint("name", "what", name=op.f("uq_feed_source_name_what")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("feed_source")
    with op.batch_alter_table("feed_problem", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_feed_problem_mark",
            sqlite_where=sa.text("solved_at is null"),
            postgresql_where=sa.text("solved_at is null"),
        )
        batch_op.drop_index("ix_feed_problem_open")

    op.drop_table("feed_problem")
