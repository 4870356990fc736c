"""Live sessions, and completions that were recorded elsewhere.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "history_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("numbers_of", sa.String(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("dates", sa.String(), nullable=True),
        sa.Column("encoding", sa.String(), nullable=True),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("undo_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_history_run_asked_by")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_history_run_file_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["person.id"], name=op.f("fk_history_run_taken_by")),
        sa.ForeignKeyConstraint(["undone_by"], ["person.id"], name=op.f("fk_history_run_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_run")),
    )
    op.create_table(
        "live_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("modality", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("teacher", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("called_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_off_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["called_off_by"], ["person.id"], name=op.f("fk_live_session_called_off_by")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_live_session_course_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_live_session_recorded_by")),
        sa.ForeignKeyConstraint(["version_id"], ["course_version.id"], name=op.f("fk_live_session_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_session")),
    )
    with op.batch_alter_table("live_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_live_session_day"), ["day"], unique=False)

    op.create_table(
        "history_row",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("course_name", sa.String(), nullable=False),
        sa.Column("course_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.String(), nullable=True),
        sa.Column("expires", sa.Date(), nullable=True),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("department_path", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("profession", sa.String(), nullable=False),
        sa.Column("column", sa.String(), nullable=True),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("message", sa.JSON(), nullable=True),
        sa.Column("remedy", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_history_row_course_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_history_row_department_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_history_row_person_id")),
        sa.ForeignKeyConstraint(["run_id"], ["history_run.id"], name=op.f("fk_history_row_run_id")),
        sa.PrimaryKeyConstraint("run_id", "line", name=op.f("pk_history_row")),
    )
    with op.batch_alter_table("history_row", schema=None) as batch_op:
        batch_op.create_index("ix_history_row_course", ["run_id", "course_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_history_row_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_history_row_same", ["run_id", "person_id", "day"], unique=False)
        batch_op.create_index("ix_history_row_state", ["run_id", "state"], unique=False)

    op.create_table(
        "session_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_session_sheet_added_by")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_session_sheet_file_id")),
        sa.ForeignKeyConstraint(["session_id"], ["live_session.id"], name=op.f("fk_session_sheet_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_sheet")),
    )
    with op.batch_alter_table("session_sheet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_sheet_session_id"), ["session_id"], unique=False)

    with op.batch_alter_table("training_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("modality", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("expires", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("provider", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("outside_number", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("session_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("import_id", sa.Integer(), nullable=True))
        batch_op.alter_column("version_id", existing_type=sa.INTEGER(), nullable=True)
        batch_op.alter_column("version_number", existing_type=sa.INTEGER(), nullable=True)
        batch_op.create_index(batch_op.f("ix_training_record_import_id"), ["import_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_record_session_id"), ["session_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_training_record_import_id"), "history_run", ["import_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_training_record_session_id"), "live_session", ["session_id"], ["id"])


def downgrade() -> None:
    """Undo it. What was recorded elsewhere has no version of a course, so the older schema cannot hold it."""
    elsewhere = "(select id from training_record where version_id is null)"
    certified = f"(select id from certificate where record_id in {elsewhere})"
    op.execute(f"delete from certificate_revocation where certificate_id in {certified}")
    op.execute(f"delete from certificate where record_id in {elsewhere}")
    op.execute(f"delete from record_revocation where record_id in {elsewhere}")
    op.execute("delete from training_record where version_id is null")
    with op.batch_alter_table("training_record", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_training_record_session_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_training_record_import_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_training_record_session_id"))
        batch_op.drop_index(batch_op.f("ix_training_record_import_id"))
        batch_op.alter_column("version_number", existing_type=sa.INTEGER(), nullable=False)
        batch_op.alter_column("version_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("import_id")
        batch_op.drop_column("session_id")
        batch_op.drop_column("outside_number")
        batch_op.drop_column("provider")
        batch_op.drop_column("expires")
        batch_op.drop_column("modality")

    with op.batch_alter_table("session_sheet", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_sheet_session_id"))

    op.drop_table("session_sheet")
    with op.batch_alter_table("history_row", schema=None) as batch_op:
        batch_op.drop_index("ix_history_row_state")
        batch_op.drop_index("ix_history_row_same")
        batch_op.drop_index(batch_op.f("ix_history_row_person_id"))
        batch_op.drop_index("ix_history_row_course")

    op.drop_table("history_row")
    with op.batch_alter_table("live_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_live_session_day"))

    op.drop_table("live_session")
    op.drop_table("history_run")
