"""Messages that come back, addresses at which nothing arrives, one-click refusal, and due days that a calendar can follow.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("mail", sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mail", sa.Column("unsubscribe", sa.String(), nullable=True))
    op.add_column("mail", sa.Column("events", sa.JSON(), nullable=True))
    op.create_index(op.f("ix_mail_unsubscribe"), "mail", ["unsubscribe"], unique=True)
    op.add_column("notice_line", sa.Column("cycle", sa.Integer(), nullable=True))
    op.create_table(
        "mail_bounce",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("ident", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_mail_bounce_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_bounce")),
        sa.UniqueConstraint("ident", name=op.f("uq_mail_bounce_ident")),
    )
    with op.batch_alter_table("mail_bounce", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_bounce_mail_id"), ["mail_id"], unique=False)
    op.create_table(
        "failing_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["cleared_by"], ["person.id"], name=op.f("fk_failing_address_cleared_by")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_failing_address_mail_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_failing_address_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failing_address")),
    )
    with op.batch_alter_table("failing_address", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_failing_address_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_failing_address", ["address"], unique=True, sqlite_where=sa.text("cleared_at is null"),
            postgresql_where=sa.text("cleared_at is null"),
        )  # fmt: skip


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("failing_address", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_failing_address",
            sqlite_where=sa.text("cleared_at is null"),
            postgresql_where=sa.text("cleared_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_failing_address_person_id"))
    op.drop_table("failing_address")
    with op.batch_alter_table("mail_bounce", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_bounce_mail_id"))
    op.drop_table("mail_bounce")
    op.drop_column("notice_line", "cycle")
    op.drop_index(op.f("ix_mail_unsubscribe"), "mail")
    op.drop_column("mail", "events")
    op.drop_column("mail", "unsubscribe")
    op.drop_column("mail", "bounced_at")
