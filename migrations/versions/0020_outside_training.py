"""Training done elsewhere is handed in and decided; HR says what counts as which course.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["person.id"], name=op.f(f"fk_{table}_{column}_person"))


def _recorded() -> list[sa.Column]:
    return [
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("superseded_at", MOMENT, nullable=True),
        sa.Column("superseded_by", sa.Integer(), nullable=True),
    ]


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "outside_training",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _person("outside_training", "person_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_training")),
    )
    op.create_index(op.f("ix_outside_training_person_id"), "outside_training", ["person_id"])
    op.create_table(
        "outside_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("finished_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("certificate_number", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("attested", sa.String(), nullable=False),
        sa.Column("meant_for", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=True),
        sa.Column("paper_sha256", sa.String(), nullable=True),
        sa.Column("stated_at", MOMENT, nullable=False),
        sa.Column("stated_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["training_id"], ["outside_training.id"], name=op.f("fk_outside_statement_training_id_outside_training")
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["stored_file.id"], name=op.f("fk_outside_statement_paper_id_stored_file")
        ),
        _person("outside_statement", "stated_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_statement")),
        sa.UniqueConstraint("training_id", "number", name=op.f("uq_outside_statement_training_id_number")),
    )
    op.create_index(op.f("ix_outside_statement_paper_sha256"), "outside_statement", ["paper_sha256"])
    op.create_table(
        "outside_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("modality", sa.String(), nullable=False),
        sa.Column("courses", sa.JSON(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("lists", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        *_recorded(),
        sa.ForeignKeyConstraint(
            ["training_id"], ["outside_training.id"], name=op.f("fk_outside_decision_training_id_outside_training")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["outside_statement.id"], name=op.f("fk_outside_decision_statement_id_outside_statement")
        ),
        _person("outside_decision", "person_id"),
        _person("outside_decision", "recorded_by"),
        _person("outside_decision", "superseded_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_decision")),
    )
    op.create_index(op.f("ix_outside_decision_training_id"), "outside_decision", ["training_id"])
    op.create_index("ix_outside_decision_person", "outside_decision", ["person_id", "outcome"])
    op.create_index(
        "uq_outside_decision_standing",
        "outside_decision",
        ["statement_id"],
        unique=True,
        sqlite_where=sa.text("superseded_at is null"),
        postgresql_where=sa.text("superseded_at is null"),
    )
    op.create_table(
        "equivalency",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("rests_on", sa.String(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=True),
        sa.Column("paper_sha256", sa.String(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        *_recorded(),
        sa.CheckConstraint("from_day < to_day", name=op.f("ck_equivalency_days")),
        sa.CheckConstraint("course_id is null or course_id <> target_id", name=op.f("ck_equivalency_two_courses")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_equivalency_course_id_course")),
        sa.ForeignKeyConstraint(["target_id"], ["course.id"], name=op.f("fk_equivalency_target_id_course")),
        sa.ForeignKeyConstraint(["paper_id"], ["stored_file.id"], name=op.f("fk_equivalency_paper_id_stored_file")),
        _person("equivalency", "person_id"),
        _person("equivalency", "recorded_by"),
        _person("equivalency", "superseded_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equivalency")),
    )
    op.create_index(op.f("ix_equivalency_person_id"), "equivalency", ["person_id"])


def downgrade() -> None:
    """Undo it."""
    for table in ("equivalency", "outside_decision", "outside_statement", "outside_training"):
        op.drop_table(table)
