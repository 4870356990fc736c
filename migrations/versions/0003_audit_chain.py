"""The audit log tells whom it is about, and is sealed into a hash chain.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ABOUT = (
    ("person", "select id from person where id = audit_entry.subject_id"),
    ("account", "select person_id from account where id = audit_entry.subject_id"),
    ("training_record", "select person_id from training_record where id = audit_entry.subject_id"),
    ("certificate", "select person_id from certificate where id = audit_entry.subject_id"),
)


def upgrade() -> None:
    """Existing entries learn whom they are about; a worker seals them when it next runs."""
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("sealed_as", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_audit_entry_about_id"), "person", ["about_id"], ["id"])
        batch_op.create_unique_constraint(batch_op.f("uq_audit_entry_sealed_as"), ["sealed_as"])
        batch_op.create_index(batch_op.f("ix_audit_entry_about_id"), ["about_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(
            "ix_audit_entry_unsealed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("sealed_as is null"),
            postgresql_where=sa.text("sealed_as is null"),
        )
    for kind, person in ABOUT:
        op.execute(f"update audit_entry set about_id = ({person}) where subject_kind = '{kind}'")
    op.create_table(
        "audit_seal",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("values", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_seal_entry_id")),
    )
    op.create_table(
        "audit_key",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_audit_key_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_audit_key")),
    )


def downgrade() -> None:
    """The chain is lost; the entries stay."""
    op.drop_table("audit_key")
    op.drop_table("audit_seal")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_unsealed")
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_about_id"))
        batch_op.drop_constraint(batch_op.f("uq_audit_entry_sealed_as"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_audit_entry_about_id"), type_="foreignkey")
        batch_op.drop_column("sealed_as")
        batch_op.drop_column("about_id")
