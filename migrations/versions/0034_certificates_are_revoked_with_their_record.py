"""A certificate is revoked with its training record, and only so: nothing ever wrote a revocation of its own.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.drop_table("certificate_revocation")


def downgrade() -> None:
    """Take it back."""
    filled = sa.text("revoked_by IS NOT NULL")
    op.create_table(
        "certificate_revocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_revocation_certificate_id")
        ),
        sa.ForeignKeyConstraint(["revoked_by"], ["person.id"], name=op.f("fk_certificate_revocation_revoked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_revocation")),
        sa.UniqueConstraint("certificate_id", name=op.f("uq_certificate_revocation_certificate_id")),
    )
    op.create_index(
        "ix_certificate_revocation_revoked_by", "certificate_revocation", ["revoked_by"],
        sqlite_where=filled, postgresql_where=filled,
    )  # fmt: skip
