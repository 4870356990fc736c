"""Licences, duties, birth months, the size of the employer, policies and who acknowledged them.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("code", name=op.f("uq_policy_code")),
    )
    op.create_table(
        "employer_size",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_employer_size_department_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_employer_size_recorded_by")),
        sa.ForeignKeyConstraint(["superseded_by"], ["person.id"], name=op.f("fk_employer_size_superseded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer_size")),
    )
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_policy_version_number")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_policy_version_policy_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_policy_version_recorded_by")),
        sa.ForeignKeyConstraint(["superseded_by"], ["person.id"], name=op.f("fk_policy_version_superseded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
        sa.UniqueConstraint("policy_id", "number", name=op.f("uq_policy_version_policy_id_number")),
    )
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acknowledgement_person_id")),
        sa.ForeignKeyConstraint(["version_id"], ["policy_version.id"], name=op.f("fk_acknowledgement_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint("version_id", "person_id", name=op.f("uq_acknowledgement_version_id_person_id")),
    )
    with op.batch_alter_table("acknowledgement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acknowledgement_person_id"), ["person_id"], unique=False)

    op.create_table(
        "policy_document",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_policy_document_file_id")),
        sa.ForeignKeyConstraint(["version_id"], ["policy_version.id"], name=op.f("fk_policy_document_version_id")),
        sa.PrimaryKeyConstraint("version_id", "language", name=op.f("pk_policy_document")),
    )
    op.create_table(
        "birth_month",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("month between 1 and 12", name=op.f("ck_birth_month_month")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_birth_month_import_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_birth_month_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_birth_month_recorded_by")),
        sa.ForeignKeyConstraint(["superseded_by"], ["person.id"], name=op.f("fk_birth_month_superseded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_birth_month")),
    )
    with op.batch_alter_table("birth_month", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_birth_month_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_birth_month_person",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("superseded_at is null"),
            postgresql_where=sa.text("superseded_at is null"),
        )

    op.create_table(
        "duty_tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("from_day < to_day", name=op.f("ck_duty_tag_days")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_duty_tag_import_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_duty_tag_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_duty_tag_recorded_by")),
        sa.ForeignKeyConstraint(["superseded_by"], ["person.id"], name=op.f("fk_duty_tag_superseded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_tag")),
    )
    with op.batch_alter_table("duty_tag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duty_tag_person_id"), ["person_id"], unique=False)

    op.create_table(
        "licence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("renew_by", sa.Date(), nullable=True),
        sa.Column("every_months", sa.Integer(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("from_day < to_day", name=op.f("ck_licence_days")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_licence_import_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_licence_person_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_licence_recorded_by")),
        sa.ForeignKeyConstraint(["superseded_by"], ["person.id"], name=op.f("fk_licence_superseded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence")),
    )
    with op.batch_alter_table("licence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licence_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("leave", schema=None) as batch_op:
        batch_op.add_column(sa.Column("import_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_leave_import_id"), "import_run", ["import_id"], ["id"])


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("leave", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_leave_import_id"), type_="foreignkey")
        batch_op.drop_column("import_id")

    with op.batch_alter_table("licence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_licence_person_id"))

    op.drop_table("licence")
    with op.batch_alter_table("duty_tag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_tag_person_id"))

    op.drop_table("duty_tag")
    with op.batch_alter_table("birth_month", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_birth_month_person",
            sqlite_where=sa.text("superseded_at is null"),
            postgresql_where=sa.text("superseded_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_birth_month_person_id"))

    op.drop_table("birth_month")
    op.drop_table("policy_document")
    with op.batch_alter_table("acknowledgement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acknowledgement_person_id"))

    op.drop_table("acknowledgement")
    op.drop_table("policy_version")
    op.drop_table("employer_size")
    op.drop_table("policy")
