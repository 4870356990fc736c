"""What a file would do is kept with the file, so that large ones are looked at beside the pages.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "dry_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("departments_id", sa.Integer(), nullable=True),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("beside", sa.Boolean(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("refused", sa.JSON(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_dry_run_file_id")),
        sa.ForeignKeyConstraint(["departments_id"], ["stored_file.id"], name=op.f("fk_dry_run_departments_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_dry_run_asked_by")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_dry_run_job_id")),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_dry_run_run_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dry_run")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("dry_run")
