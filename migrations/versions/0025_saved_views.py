"""Saved views, the days on which they are mailed, and what was sent.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("shared_role", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_saved_view_owner_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_owner_id"), "saved_view", ["owner_id"])
    op.create_index(
        "uq_saved_view_name",
        "saved_view",
        ["owner_id", "name"],
        unique=True,
        sqlite_where=sa.text("removed_at is null"),
        postgresql_where=sa.text("removed_at is null"),
    )
    op.create_table(
        "export_schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("view_id", sa.Integer(), nullable=False),
        sa.Column("every", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("stopped_at", MOMENT, nullable=True),
        sa.Column("stopped_why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["view_id"], ["saved_view.id"], name=op.f("fk_export_schedule_view_id_saved_view")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_schedule")),
    )
    op.create_index(op.f("ix_export_schedule_view_id"), "export_schedule", ["view_id"])
    op.create_index(
        "uq_export_schedule_view",
        "export_schedule",
        ["view_id"],
        unique=True,
        sqlite_where=sa.text("stopped_at is null"),
        postgresql_where=sa.text("stopped_at is null"),
    )
    op.create_table(
        "export_sending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_export_sending_file_id_stored_file")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_export_sending_mail_id_mail")),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["export_schedule.id"], name=op.f("fk_export_sending_schedule_id_export_schedule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_sending")),
        sa.UniqueConstraint("schedule_id", "day", name=op.f("uq_export_sending_schedule_id_day")),
    )
    op.create_index(op.f("ix_export_sending_day"), "export_sending", ["day"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("export_sending")
    op.drop_table("export_schedule")
    op.drop_table("saved_view")
