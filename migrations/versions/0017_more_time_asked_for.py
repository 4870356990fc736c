"""Learners ask for more time, and somebody decides.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "extension_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("wished", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_extension_request_person_id_person")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_extension_request_recorded_by_person")),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirement.id"], name=op.f("fk_extension_request_requirement_id_requirement")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by"], ["person.id"], name=op.f("fk_extension_request_superseded_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension_request")),
    )
    op.create_index(op.f("ix_extension_request_person_id"), "extension_request", ["person_id"])
    op.create_index(
        "uq_extension_request_open",
        "extension_request",
        ["person_id", "requirement_id", "cycle"],
        unique=True,
        sqlite_where=sa.text("superseded_at is null"),
        postgresql_where=sa.text("superseded_at is null"),
    )
    op.create_table(
        "extension_decision",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("extension_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["extension_id"], ["extension.id"], name=op.f("fk_extension_decision_extension_id_extension")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["extension_request.id"], name=op.f("fk_extension_decision_request_id_extension_request")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_extension_decision")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("extension_decision")
    op.drop_table("extension_request")
