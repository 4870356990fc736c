"""Courses assigned to named people, and documents beside what HR decides about one person.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

DECIDED = ("leave", "exemption", "extension", "record_revocation")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "assignment",
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_assignment_course_id_course")),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["requirement.id"], name=op.f("fk_assignment_requirement_id_requirement")
        ),
        sa.PrimaryKeyConstraint("requirement_id", name=op.f("pk_assignment")),
    )
    op.create_table(
        "assigned_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("withdrawal", sa.String(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("from_day < to_day", name=op.f("ck_assigned_person_days")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_assigned_person_file_id_stored_file")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assigned_person_person_id_person")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_assigned_person_recorded_by_person")),
        sa.ForeignKeyConstraint(
            ["requirement_id"], ["assignment.requirement_id"], name=op.f("fk_assigned_person_requirement_id_assignment")
        ),
        sa.ForeignKeyConstraint(["superseded_by"], ["person.id"], name=op.f("fk_assigned_person_superseded_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assigned_person")),
    )
    op.create_index(op.f("ix_assigned_person_person_id"), "assigned_person", ["person_id"])
    op.create_index(
        "uq_assigned_person_known",
        "assigned_person",
        ["requirement_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("superseded_at is null"),
        postgresql_where=sa.text("superseded_at is null"),
    )
    for table in DECIDED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("file_id", sa.Integer(), nullable=True))
            batch_op.create_foreign_key(
                batch_op.f(f"fk_{table}_file_id_stored_file"), "stored_file", ["file_id"], ["id"]
            )


def downgrade() -> None:
    """Take it back. Requirements that came of assignments lose their versions, which nothing before this could read."""
    named = "requirement_id in (select requirement_id from assignment)"
    op.execute(f"delete from requirement_version where {named}")
    op.execute(f"delete from span where {named}")
    for table in DECIDED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f"fk_{table}_file_id_stored_file"), type_="foreignkey")
            batch_op.drop_column("file_id")
    op.drop_table("assigned_person")
    op.drop_table("assignment")
