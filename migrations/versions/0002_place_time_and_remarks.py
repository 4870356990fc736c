"""The place in a lesson, when an answer was given, time on task, remarks.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change. Answers of before were given when they arrived."""
    op.add_column("enrolment", sa.Column("last_block", sa.String(), nullable=True))
    op.add_column("answer", sa.Column("given_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("update answer set given_at = saved_at")
    with op.batch_alter_table("answer") as table:
        table.alter_column("given_at", existing_type=sa.DateTime(timezone=True), nullable=False)
    op.create_table(
        "study_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("last_beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_study_time_seconds")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_study_time_enrolment_id_enrolment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_time")),
        sa.UniqueConstraint("enrolment_id", "step_id", name=op.f("uq_study_time_enrolment_id_step_id")),
    )
    op.create_table(
        "remark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply", sa.String(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(reply is null) = (replied_at is null)", name=op.f("ck_remark_reply")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_remark_person_id_person")),
        sa.ForeignKeyConstraint(["replied_by"], ["person.id"], name=op.f("fk_remark_replied_by_person")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["course_version.id"], name=op.f("fk_remark_version_id_course_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_remark_person_id_key")),
    )
    op.create_index(op.f("ix_remark_person_id"), "remark", ["person_id"])
    op.create_index(op.f("ix_remark_version_id"), "remark", ["version_id"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("remark")
    op.drop_table("study_time")
    op.drop_column("answer", "given_at")
    op.drop_column("enrolment", "last_block")
